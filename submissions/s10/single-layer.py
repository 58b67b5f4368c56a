import numpy as np

class Network:
    def __init__(self, W, b, V, gamma):
        self.W, self.b, self.V, self.gamma = W, b, V, gamma

    def loss(self, x, y):
        self.h = 1 / (1 + np.exp(-(self.W @ x + self.b)))
        l = self.V @ self.h + self.gamma
        self.q = l - np.log(np.sum(np.exp(l)))
        return -self.q[y]

    def step(self, x, y, eta):
        self.loss(x, y)
        dl = np.exp(self.q)
        dl[y] -= 1
        self.V = self.V - eta * np.outer(dl, self.h)
        self.gamma = self.gamma - eta * dl
