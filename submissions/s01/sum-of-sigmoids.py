import numpy as np


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def partials(W, b, x, y):
    s = sigmoid(W @ x + b)
    r = y - s.sum()
    dz = -2 * r * s * (1 - s)
    return r ** 2, np.outer(dz, x), dz


def sigmoid_update(W, b, x, y, eta):
    s = 1 / (1 + np.exp(-(W @ x + b)))
    dz = 2 * (s.sum() - y) * s * (1 - s)
    return W - eta * np.outer(dz, x), b - eta * dz
