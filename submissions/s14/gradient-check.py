import numpy as np

def numerical_gradient(f, w, h):
    slopes = []
    for i in range(len(w)):
        w[i] += h
        above = f(w)
        w[i] -= 2 * h
        slopes.append((above - f(w)) / (2 * h))
    return np.array(slopes)
