def norm_squared(W, x):
    m, n = W.shape
    q = [sum(W[i, j] * x[j] for j in range(n)) for i in range(m)]
    f = sum(v ** 2 for v in q)
    dW = [[2 * q[i] * x[j] for j in range(n)] for i in range(m)]
    dx = [sum(2 * q[i] * W[i, j] for i in range(m)) for j in range(n)]
    return {"f": f, "dW": dW, "dx": dx}
