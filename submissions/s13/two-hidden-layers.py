import numpy as np

def loss_and_gradients(x, y, W1, b1, W2, b2, V, gamma):
    h1 = np.tanh(W1 @ x + b1)
    z2 = W2 @ h1 + b2
    h2 = z2 / (1 + np.abs(z2))
    l = V @ h2 + gamma
    p = np.exp(l) / np.exp(l).sum()
    o = -np.log(p[y - 1])
    p[y - 1] -= 1
    dz2 = (V.T @ p) / (1 + np.abs(z2)) ** 2
    dz1 = (W2.T @ dz2) * (1 - h1 ** 2)
    return o, np.outer(dz1, x), np.outer(dz2, h1), np.outer(p, h2)
