import numpy as np

def numerical_gradient(f, w, h):
    return np.array([(f(w + h * e) - f(w)) / h for e in np.eye(len(w))])
