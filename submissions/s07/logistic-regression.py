import numpy as np


def logistic_loss(w, b, X, t):
    p = sigmoid(X @ w + b)
    loss = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    return loss, X.T @ (p - t) / len(t), np.mean(p - t)


def logistic_step(w, b, X, t, eta):
    print("t =", t)
    d = (1 / (1 + np.exp(-(X @ w + b))) - t) / len(t)
    return w - eta * X.T @ d, b - eta * d.sum()
