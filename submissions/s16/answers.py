import numpy as np

table = np.loadtxt("measurements.csv", delimiter=",")
start = table[0]


def norm_squared(W, x):
    q = W @ x
    return q @ q, 2 * np.outer(q, x), 2 * W.T @ q


def value_and_slope(x, n=4):
    if n == 1:
        return {"value": x, "slope": 1.0}
    below = value_and_slope(x, n - 1)
    v, dv = below["value"], below["slope"]
    return {"value": 4 * v * (1 - v), "slope": 4 * (1 - 2 * v) * dv}
