import numpy as np

def pair_loss(x1, x2, y1, y2, W, b, V, gamma):
    o, dV, dW = 0, 0, 0
    for x, y in [(x1, y1), (x2, y2)]:
        h = np.tanh(W @ x + b)
        l = V @ h + gamma
        p = np.exp(l) / np.exp(l).sum()
        o += -np.log(p[y]) / 2
        p[y] -= 1
        dV += np.outer(p, h) / 2
        dW += np.outer((V.T @ p) * (1 - h ** 2), x) / 2
    return o, dV, dW
