import numpy as np

def logistic_step(w, b, X, t, eta):
    d = (1 / (1 + np.exp(-(X @ w + b))) - t) / len(t)
    return w - eta * X.T @ d
