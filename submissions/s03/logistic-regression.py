import numpy as np


def logistic_loss(w, b, X, t):
    p = 1 / (1 + np.exp(-(X @ w + b)))
    d = t * (p - 1)
    return -np.mean(t * np.log(p)), X.T @ d / len(t), d.mean()


def logistic_step(w, b, X, t, eta):
    d = (1 / (1 + np.exp(-(X @ w + b))) - t) / len(t)
    return w - eta * X.T @ d, b - eta * d.sum()
