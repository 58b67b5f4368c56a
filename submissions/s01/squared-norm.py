import numpy as np


def norm_squared(W, x):
    q = W @ x
    return q @ q, 2 * np.outer(q, x), 2 * W.T @ q
