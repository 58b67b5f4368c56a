import numpy as np

def three_gradients(x, W1, W2, W3, y):
    h1 = np.maximum(W1 @ x, 0)
    h2 = np.maximum(W2 @ h1, 0)
    e = W3 @ h2 - y
    dz2 = W3.T @ (2 * e)
    dz1 = W2.T @ dz2
    return np.sum(e ** 2), np.outer(dz1, x), np.outer(dz2, h1), np.outer(2 * e, h2)
