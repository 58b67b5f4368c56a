import numpy as np

def descend(W1, W2, x, b, y, eta):
    u = W1 @ x + b
    r = W2 @ u - y
    return W1 + eta * np.outer(W2.T @ r, x), W2 + eta * np.outer(r, u)
