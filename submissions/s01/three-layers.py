import numpy as np


def three_gradients(x, W1, W2, W3, y):
    z1 = W1 @ x
    h1 = np.maximum(z1, 0)
    z2 = W2 @ h1
    h2 = np.maximum(z2, 0)
    e = W3 @ h2 - y
    dz2 = (W3.T @ (2 * e)) * (z2 > 0)
    dz1 = (W2.T @ dz2) * (z1 > 0)
    return np.sum(e ** 2), np.outer(dz1, x), np.outer(dz2, h1), np.outer(2 * e, h2)
