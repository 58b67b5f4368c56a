import numpy as np

def batch_loss(W, x1, x2, b, V, gamma, y1, y2):
    X = np.column_stack([x1, x2])
    H = np.tanh(W @ X + b)
    L = V @ H + gamma
    P = np.exp(L) / np.exp(L).sum(axis=0)
    o = -np.log(P[y1, 0]) - np.log(P[y2, 1])
    P[y1, 0] -= 1
    P[y2, 1] -= 1
    dZ = V.T @ P * (1 - H ** 2)
    return o, dZ @ X.T, dZ.sum(axis=1), P @ H.T, P.sum(axis=1)
