"""All the Python of this sheet."""

import numpy
import numpy as np
from math import exp
from numpy import matmul, newaxis


def norm_squared(W, x):
    m, n = W.shape
    q = [sum(W[i, j] * x[j] for j in range(n)) for i in range(m)]
    f = sum(v ** 2 for v in q)
    dW = [[2 * q[i] * x[j] for j in range(n)] for i in range(m)]
    dx = [sum(2 * q[i] * W[i, j] for i in range(m)) for j in range(n)]
    return {"f": f, "dW": dW, "dx": dx}


def value_and_slope(x, n=4):
    if n == 1:
        return {"value": x, "slope": 1.0}
    below = value_and_slope(x, n - 1)
    v, dv = below["value"], below["slope"]
    return {"value": 4 * v * (1 - v), "slope": 4 * (1 - 2 * v) * dv}


def numerical_gradient(f, w, h):
    grad = np.zeros(w.shape)
    it = np.nditer(w, flags=["multi_index"])
    while not it.finished:
        ix = it.multi_index
        old = w[ix]
        w[ix] = old + h
        above = f(w)
        w[ix] = old - h
        below = f(w)
        w[ix] = old
        grad[ix] = (above - below) / (2 * h)
        it.iternext()
    return grad


def logistic_loss(w, b, X, t):
    a = X @ w + b
    d = 1 / (1 + np.exp(-a)) - t
    return {"loss": np.sum(np.logaddexp(0, a) - t * a), "dw": d @ X, "db": d.sum()}


def logistic_step(w, b, X, t, eta):
    n, d = X.shape
    design = np.hstack([X, np.ones((n, 1))])
    theta = np.append(w, b)
    theta = theta - eta / n * design.T.dot(1 / (1 + np.exp(-design.dot(theta))) - t)
    return {"w": theta[:d], "b": theta[d]}


def partials(W, b, x, y):
    s = [1 / (1 + exp(-(sum(w * v for w, v in zip(row, x)) + c))) for row, c in zip(W, b)]
    r = y - sum(s)
    db = [-2 * r * p * (1 - p) for p in s]
    dW = [[d * v for v in x] for d in db]
    return {"f": r * r, "dW": dW, "db": db}


def sigmoid_update(W, b, x, y, eta):
    s = 1 / (1 + np.exp(-(W.dot(x) + b)))
    dz = 2 * (s.sum() - y) * s * (1 - s)
    W -= eta * dz[:, None] * x
    b -= eta * dz
    return {"W": W, "b": b}


def forward(x, W1, b, W2):
    x1 = np.matmul(W1, x) + b
    return x1, np.matmul(W2, np.tanh(x1))


def two_matrix_gradients(x, W1, b, W2, y):
    x, b, y = np.c_[x], np.c_[b], np.c_[y]
    x1, x3 = forward(x, W1, b, W2)
    delta3 = x3 - y
    delta1 = np.matmul(W2.T, delta3) / np.cosh(x1) ** 2
    return {
        "loss": np.linalg.norm(delta3) ** 2 / 2,
        "dW2": np.matmul(delta3, np.tanh(x1).T),
        "dW1": np.matmul(delta1, x.T),
        "dx": np.matmul(W1.T, delta1).ravel(),
        "db": delta1.ravel(),
    }


def descend(W1, W2, x, b, y, eta):
    x, b, y = x[:, newaxis], b[:, newaxis], y[:, newaxis]
    error = matmul(W2, matmul(W1, x) + b) - y
    new1 = W1 - eta * matmul(matmul(W2.T, error), x.T)
    new2 = W2 - eta * matmul(error, (matmul(W1, x) + b).T)
    return {"W1": new1, "W2": new2}


def affine_forward(x, W, b):
    out = np.array([row.dot(W) + b for row in x])
    return out, {"x": x, "W": W}


def affine_backward(dout, cache):
    x, W = cache["x"], cache["W"]
    dx, dW, db = np.zeros(x.shape), np.zeros(W.shape), 0
    for n, up in enumerate(dout):
        dx[n] = W.dot(up)
        dW += np.outer(x[n], up)
        db = db + up
    return dx, dW, db


def relu_forward(x):
    out = x.copy()
    out[out < 0] = 0
    return out, out


def relu_backward(dout, cache):
    return np.where(cache > 0, dout, 0.0)


def mse_loss(s, t):
    n = len(s)
    return {"loss": sum((p - q) ** 2 for p, q in zip(s, t)) / n, "ds": [2 / n * (p - q) for p, q in zip(s, t)]}


def three_gradients(x, *rest):
    *weights, y = rest
    inputs, outputs = [x], []
    for n, W in enumerate(weights):
        outputs.append(W @ inputs[-1])
        inputs.append(outputs[-1].clip(min=0) if n < 2 else outputs[-1])
    error = inputs[-1] - y
    back, gradients = 2 * error, []
    for n in reversed(range(3)):
        gradients.insert(0, np.outer(back, inputs[n]))
        back = weights[n].T @ back
        if n:
            back[outputs[n - 1] <= 0] = 0
    return error @ error, *gradients


class Network:
    def __init__(self, W, b, V, gamma):
        self.theta = {"W": W.copy(), "b": b.copy(), "V": V.copy(), "gamma": gamma.copy()}

    def __getattr__(self, name):
        try:
            return self.__dict__["theta"][name]
        except KeyError:
            raise AttributeError(name)

    def _forward(self, x):
        h = 1.0 / (1.0 + np.exp(-self.W.dot(x) - self.b))
        l = self.V.dot(h) + self.gamma
        p = np.exp(l - l.max())
        return h, p / p.sum()

    def loss(self, x, y):
        return float(-np.log(self._forward(x)[1][y]))

    def gradients(self, x, y):
        h, p = self._forward(x)
        p[y] -= 1
        dz = self.V.T.dot(p) * h * (1 - h)
        return {"W": dz[:, None] * x, "b": dz, "V": p[:, None] * h, "gamma": p}

    def step(self, x, y, eta):
        for name, gradient in self.gradients(x, y).items():
            self.theta[name] -= eta * gradient


def loss_and_gradients(x, y, W1, b1, W2, b2, V, gamma):
    column = lambda v: v.reshape(-1, 1)
    h1 = numpy.tanh(W1.dot(column(x)) + column(b1))
    z2 = W2.dot(h1) + column(b2)
    h2 = z2 / (1 + abs(z2))
    l = V.dot(h2) + column(gamma)
    p = numpy.exp(l - l.max())
    p /= p.sum()
    loss = -numpy.log(p[y, 0])
    p[y] -= 1
    back2 = V.T.dot(p) * (1 + abs(z2)) ** -2.0
    back1 = W2.T.dot(back2) * (1 - h1 * h1)
    return loss, back1.dot(column(x).T), back2.dot(h1.T), p.dot(h2.T)


def pair_loss(x1, x2, y1, y2, W, b, V, gamma):
    X = np.column_stack([x1, x2])
    H = np.tanh(W @ X + b[:, None])
    L = V @ H + gamma[:, None]
    P = np.exp(L) / np.exp(L).sum(axis=0)
    columns = [0, 1]
    o = -np.log(P[[y1, y2], columns]).sum()
    P[[y1, y2], columns] -= 1
    return {"o": o, "dV": P @ H.T, "dW": (V.T @ P * (1 - H ** 2)) @ X.T}


def f_z(W, x1, x2, b):
    return np.dot(W, np.hstack([x1[:, None], x2[:, None]])) + b


def f_q(l):
    shifted = l - np.max(l, axis=0)
    return shifted - np.log(np.sum(np.exp(shifted), axis=0))


def onehot(K, *labels):
    return np.eye(K)[:, list(labels)]


def batch_loss(W, x1, x2, b, V, gamma, y1, y2):
    z = f_z(W, x1, x2, b)
    h = np.tanh(z)
    q = f_q(np.dot(V, h) + gamma)
    target = onehot(len(gamma), y1, y2)
    back = np.exp(q) - target
    below = np.dot(V.T, back) / np.cosh(z) ** 2
    ones = np.ones((2, 1))
    return {
        "o": -np.sum(q * target),
        "dV": np.dot(back, h.T),
        "dgamma": np.dot(back, ones),
        "dW": np.outer(below[:, 0], x1) + np.outer(below[:, 1], x2),
        "db": np.dot(below, ones),
    }
