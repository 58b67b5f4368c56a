"""Where finite differences are forbidden: no way to differentiate numerically passes, no analytic one is refused."""

from __future__ import annotations

import functools

import pytest

from tests.programs import asked, verdicts

FUNCTIONS = {
    "quadratic": ("sum(x ** 2)", "(x**2).sum()", "2*x"),
    "linear": ("sum(3 * x)", "(3*x).sum()", "3*np.ones(3)"),
    "quartic": ("sum(x ** 4) + x[0] * x[1]", "(x**4).sum()+x[0]*x[1]", "4*x**3+np.array([x[1],x[0],0])"),
    "swish": ("sum(sigmoid(x) * x)", "(x/(1+np.exp(-x))).sum()", "1/(1+np.exp(-x))+x*np.exp(-x)/(1+np.exp(-x))**2"),
    "softmax": ("logsumexp(x) - x[0]", "np.log(np.exp(x).sum())-x[0]", "np.exp(x)/np.exp(x).sum()-np.array([1,0,0])"),
    "relu": ("sum(relu(x - 0.3) * x)", "(np.maximum(x-.3,0)*x).sum()", "(x>.3)*(2*x-.3)"),
    "large": ("1000 + sum(tanh(x))", "1000+np.tanh(x).sum()", "1-np.tanh(x)**2"),
}
QUOTIENTS = {
    "forward": ("(f(x + e) - f(x)) / h", (1.0, 1e-4, 1e-6, 1e-8)),
    "central": ("(f(x + e) - f(x - e)) / (2 * h)", (1.0, 1e-3, 1e-5, 1e-7)),
    "five points": ("(8 * f(x + e) - 8 * f(x - e) - f(x + 2 * e) + f(x - 2 * e)) / (12 * h)", (0.5, 1e-2, 1e-3, 1e-5)),
    "complex": ("f(x + 1j * e).imag / h", (1e-8, 1e-20)),
}
HEAD = "import numpy as np\ndef f(x):\n    return {}\n"


@functools.cache
def question(name: str):
    graph = f'inputs: {{x: [0.5, -1.2, 0.8]}}\n  nodes: {{y: "{FUNCTIONS[name][0]}"}}'
    return asked("function: g\narguments: [x]\nreturns: grad(y, x)\nforbid: [finite_differences]", graph)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_analytic_derivatives_pass_in_any_style(name):
    _, value, gradient = FUNCTIONS[name]
    head = HEAD.format(value)
    for body in (
        f"def g(x):\n    return {gradient}\n",
        f"def one(x, i):\n    return ({gradient})[i]\n"
        "def g(x):\n    return [one(x, i) for i in range(3) for _ in '12345'][::5]\n",
        f"def g(x):\n    x = x.astype(np.float32)\n    return ({gradient}).astype(np.float32)\n",
        f"def g(x, h=1e-9):\n    return ({gradient}) * (1 + h)\n",
        "def check(x):\n    return [(f(x + h) - f(x - h)) / (2 * h) for h in np.eye(3) * 1e-5]\n"
        f"def g(x):\n    return {gradient}\n",
    ):
        assert verdicts(question(name), head + body) == ["correct"], body


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("way", QUOTIENTS)
def test_quotients_are_refused_at_any_step_and_in_any_style(name, way):
    quotient, steps = QUOTIENTS[way]
    for step in steps:
        loop = f"    for i in range(3):\n        e = np.zeros(3); e[i] = h = {step}\n        g[i] = {quotient}\n"
        source = HEAD.format(FUNCTIONS[name][1]) + f"def g(x):\n    g = np.zeros(3)\n{loop}    return g\n"
        assert verdicts(question(name), source) == ["wrong"], source
        hidden = source.replace("def f(x):\n    return", "f = lambda x:")
        assert verdicts(question(name), hidden) == ["wrong"], hidden
        single = source.replace("return g\n", "return g.astype(np.float32)\n")
        assert verdicts(question(name), single) == ["wrong"], single
