import numpy as np


class Network:
    def __init__(self, W, b, V, gamma):
        self.W, self.b, self.V, self.gamma = W, b, V, gamma

    def forward(self, x):
        h = 1 / (1 + np.exp(-(self.W @ x + self.b)))
        l = self.V @ h + self.gamma
        return h, l - np.log(np.sum(np.exp(l)))

    def loss(self, x, y):
        return -self.forward(x)[1][y]

    def step(self, x, y, eta):
        h, q = self.forward(x)
        dl = np.exp(q)
        dl[y] -= 1
        dz = (self.V.T @ dl) * h * (1 - h)
        self.W = self.W - eta * np.outer(dz, x)
        self.b = self.b - eta * dz
        self.V = self.V - eta * np.outer(dl, h)
        self.gamma = self.gamma - eta * dl
