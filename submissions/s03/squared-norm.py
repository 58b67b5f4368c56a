from numpy import einsum

def norm_squared(W, x):
    q = einsum("ij,j->i", W, x)
    return einsum("i,i", q, q), einsum("i,j->ij", 2 * q, x), einsum("i,ij->j", 2 * q, W)
