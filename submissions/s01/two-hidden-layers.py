import numpy as np


def loss_and_gradients(x, y, W1, b1, W2, b2, V, gamma):
    z1 = W1 @ x + b1
    h1 = np.tanh(z1)
    z2 = W2 @ h1 + b2
    h2 = z2 / (1 + np.abs(z2))
    l = V @ h2 + gamma
    q = l - np.log(np.exp(l).sum())
    dl = np.exp(q)
    dl[y] -= 1
    dz2 = (V.T @ dl) / (1 + np.abs(z2)) ** 2
    dz1 = (W2.T @ dz2) * (1 - h1 ** 2)
    return {"o": -q[y], "dW1": np.outer(dz1, x), "dW2": np.outer(dz2, h1), "dV": np.outer(dl, h2)}
