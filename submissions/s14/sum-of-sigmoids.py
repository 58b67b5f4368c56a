import numpy as np


def partials(W, b, x, y):
    s = 1 / (1 + np.exp(-(W @ x + b)))
    r = y - s.sum()
    dz = -2 * r * np.ones(len(b))
    return r ** 2, np.outer(dz, x), dz


def slopes(W, b, x, y):
    s = 1 / (1 + np.exp(-(W @ x + b)))
    return 2 * (s.sum() - y) * s * (1 - s)


def sigmoid_update(W, b, x, y, eta):
    W = W - eta * np.outer(slopes(W, b, x, y), x)
    b = b - eta * slopes(W, b, x, y)
    return W, b
