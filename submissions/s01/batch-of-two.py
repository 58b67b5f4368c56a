import numpy as np


def batch_loss(W, x1, x2, b, V, gamma, y1, y2):
    X = np.column_stack([x1, x2])
    H = np.tanh(W @ X + b)
    L = V @ H + gamma
    Q = L - np.log(np.exp(L).sum(axis=0))
    dL = np.exp(Q)
    dL[y1, 0] -= 1
    dL[y2, 1] -= 1
    dZ = V.T @ dL * (1 - H ** 2)
    o = -Q[y1, 0] - Q[y2, 1]
    return o, dZ @ X.T, dZ.sum(axis=1, keepdims=True), dL @ H.T, dL.sum(axis=1, keepdims=True)
