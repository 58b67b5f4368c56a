import numpy as np

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
