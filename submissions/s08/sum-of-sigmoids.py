import numpy as np


def partials(W, b, x, y):
    s = 1 / (1 + np.exp(-(W @ x + b)))
    r = y - s.sum()
    dz = (-2 * r * s * (1 - s)).reshape(-1, 1)
    return r ** 2, dz @ x.reshape(1, -1), dz


def sigmoid_update(W, b, x, y, eta):
    s = 1 / (1 + np.exp(-(W.dot(x) + b)))
    dz = 2 * (s.sum() - y) * s * (1 - s)
    W -= eta * dz[:, None] * x
    b -= eta * dz
    return {"W": W, "b": b}
