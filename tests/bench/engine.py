"""Compiled graphs beside the same thing written by hand, how long they take to build, and what a key costs.

Ours and the hand-written function run in turns, a few milliseconds each; a ratio is the median over the pairs. Before
that their results are compared. Times are processor time of one thread.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import math
import os
import pathlib
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # NumPy reads them when it is loaded

import numpy  # noqa: E402

from grader import Graph  # noqa: E402
from grader.marking.marks import prepare  # noqa: E402
from grader.questions import KINDS, load_problem  # noqa: E402

Array = Any
TURN = 0.004
PROBLEMS = pathlib.Path(__file__).parents[2] / "problems"
RNG = numpy.random.default_rng(5)


@dataclass(frozen=True)
class Work:
    """A graph with the quantities asked of it, the same by hand, and arguments; `goal` is the ratio to stay below."""

    name: str
    goal: float
    nodes: Mapping[str, str]
    quantities: Sequence[str]
    shapes: Mapping[str, tuple[int, ...]]
    hand: Callable[..., Any]
    points: Sequence[tuple[Any, ...]]
    batch: Sequence[str] = field(default=())

    def build(self) -> Any:
        """The compiled function, from the text of the formulas."""
        return Graph(self.nodes, **self.shapes).compile(*self.quantities, batch=list(self.batch))


def main() -> int:
    """Print the tables; exits with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25, help="how many pairs of turns (default 25)")
    parser.add_argument("--match", default="", help="only works whose name contains this")
    options = parser.parse_args()
    works = [work for work in all_works() if options.match in work.name]
    missed = 0
    print(f"{'value and derivatives':42s} {'by hand':>10s} {'ours':>10s} {'ratio':>6s}  goal")
    for work in works:
        hand, ours, ratio = race(work, options.rounds)
        missed += said(f"{work.name:42s} {duration(hand)} {duration(ours)}", ratio, work.goal)
    print(f"\n{'building':42s} {'unit':>10s} {'ours':>10s} {'ratio':>6s}  goal")
    for work in works:
        if work.name.startswith("chain"):
            build, unit = build_times(work)
            line = f"{work.name + ', unit: compile(source)':42s} {duration(unit)} {duration(build)}"
            missed += said(line, build / unit, 2)
        if work.name == "net 4-5-3":
            build, unit = fastest(work.build, 20), jax_first_call()
            line = f"{work.name + ', unit: first call of jax.jit':42s} {duration(unit)} {duration(build)}"
            missed += said(line, build / unit, 0.1)
    if not options.match:
        missed += certification()
    return 1 if missed else 0


def said(line: str, ratio: float, goal: float) -> bool:
    """Print a line of the table; whether its goal is missed."""
    missed = ratio > goal
    print(f"{line} {ratio:6.2f}  {goal:g}{'  missed' if missed else ''}", flush=True)
    return missed


def duration(seconds: float) -> str:
    """A time with its unit."""
    if math.isnan(seconds):
        return f"{'none here':>10s}"
    unit, factor = next(((u, f) for u, f in (("s", 1), ("ms", 1e3), ("µs", 1e6)) if seconds * f >= 1), ("ns", 1e9))
    return f"{f'{seconds * factor:.3g} {unit}':>10s}"


# ---- running in turns ---------------------------------------------------------------------------------------------


def race(work: Work, rounds: int) -> tuple[float, float, float]:
    """Seconds by hand and of ours for one call, and the median ratio of the pairs."""
    run = work.build()
    for point in work.points:
        for found, expected in zip(run(*point), work.hand(*point), strict=True):
            size = float(numpy.max(numpy.abs(expected)))
            numpy.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * size, err_msg=work.name)
    loop = loop_for(len(work.points[0]))
    for function in (run, work.hand):
        loop(function, work.points, 10)  # Python learns which forms of its instructions fit
    once = max(min(loop(work.hand, work.points, 1) for _ in range(5)), 2e-8)
    times = max(1, round(TURN / once))
    if once > 0.01:
        rounds = max(3, rounds // 5)
    gc.collect()
    gc.disable()
    pairs = []
    for k in range(rounds):
        order = (work.hand, run) if k % 2 else (run, work.hand)
        spent = {f: loop(f, work.points, times) / (times * len(work.points)) for f in order}
        pairs.append((spent[work.hand], spent[run]))
    gc.enable()
    hand, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    return hand, ours, statistics.median(b / a for a, b in pairs)


def loop_for(arity: int) -> Callable[..., float]:
    """A loop that calls a function plainly: unpacking arguments in the call would blur small differences."""
    names = ", ".join(f"a{i}" for i in range(arity))
    scope: dict[str, Any] = {"clock": time.process_time}
    exec(
        f"def loop(f, points, times):\n    start = clock()\n    for _ in range(times):\n"
        f"        for {names}, in points:\n            f({names})\n    return clock() - start\n",
        scope,
    )
    made: Callable[..., float] = scope["loop"]
    return made


def fastest(function: Callable[[], Any], times: int) -> float:
    """The least processor time of some calls."""
    spent = []
    for _ in range(times):
        start = time.process_time()
        function()
        spent.append(time.process_time() - start)
    return min(spent)


def build_times(work: Work) -> tuple[float, float]:
    """The time from formulas to a function, and Python's own for compiling the source that is written."""
    source = work.build().source
    times = 3 if len(source) > 1e6 else 20
    return fastest(work.build, times), fastest(lambda: compile(source, "<bench>", "exec"), times)


def jax_first_call() -> float:
    """The time until the net with its gradient came out of jax.jit for the first time; nan where jax is not there."""
    if importlib.util.find_spec("jax") is None:
        return math.nan
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)

    def loss(W: Any, x: Any, b: Any, V: Any, c: Any) -> Any:
        return -jax.nn.log_softmax(V @ jax.numpy.tanh(W @ x + b) + c)[1]

    start = time.process_time()
    jax.block_until_ready(jax.jit(jax.value_and_grad(loss, (0, 2, 3, 4)))(*net_points((4, 5, 3), 1)[0]))
    return time.process_time() - start


# ---- the key ------------------------------------------------------------------------------------------------------


def certification() -> int:
    """What it costs that keys certify themselves, beside solving their questions; how many goals are missed."""
    print(f"\n{'certifying a key':42s} {'solving':>10s} {'ours':>10s} {'ratio':>6s}  goal")
    missed = 0
    solving, certifying = 0.0, 0.0
    for path in sorted(PROBLEMS.glob("*.yaml")):
        if path.stem == "assignment":
            continue
        problem = load_problem(str(path))
        solved = fastest(lambda p=problem: solve(p), 5)  # type: ignore[misc]
        certified = fastest(lambda p=problem: prepare(p), 5) - fastest(lambda p=problem: ask(p), 5)  # type: ignore[misc]
        solving, certifying = solving + solved, certifying + certified
        missed += said(f"{path.stem:42s} {duration(solved)} {duration(certified)}", certified / solved, 1)
    said(f"{'all of them':42s} {duration(solving)} {duration(certifying)}", certifying / solving, 1)
    return missed


def ask(problem: Any) -> list[Any]:
    """The questions of a problem made ready, without the certificate."""
    kinds = [(KINDS[q.options.ask].prepare, q) for q in problem.questions]
    return [ready(problem, question) for ready, question in kinds if ready is not None]


def solve(problem: Any) -> None:
    """The expected answers of all questions."""
    for asked in ask(problem):
        asked.expected()


# ---- the works ----------------------------------------------------------------------------------------------------


def all_works() -> list[Work]:
    """What the goals are about."""
    return [*scalar_works(), *net_works(), *(chain(n) for n in (1_000, 100_000)), *second_order_works(), variants()]


TWO_PATHS = {"u3": "u1 * u2", "u4": "u1 + u2", "u5": "2 * u3 * u4"}
TWO_PATHS_ASKED = ["u5", "grad(u5, u1)", "grad(u5, u2)"]


def two_paths(u1: Any, u2: Any) -> Any:
    u3 = u1 * u2
    d3 = 2.0 * (u1 + u2)
    d4 = 2.0 * u3
    return u3 * d3, d3 * u2 + d4, d3 * u1 + d4


def neuron(w0: float, x0: float, w1: float, x1: float, w2: float) -> Any:
    z = w0 * x0 + w1 * x1 + w2
    if z >= 0:
        s = 1.0 / (1.0 + math.exp(-z))
    else:
        e = math.exp(z)
        s = e / (1.0 + e)
    d = s * (1.0 - s)
    return s, d * x0, d * w0, d * x1, d * w1, d


def scalar_works() -> list[Work]:
    inputs = ["w0", "x0", "w1", "x1", "w2"]
    points = [(2.0, -1.0, -3.0, -2.0, -3.0), (0.5, 1.2, -0.4, 2.0, -1.1)]
    nodes = {"z": "w0 * x0 + w1 * x1 + w2", "s": "sigmoid(z)"}
    asked = ["s", *(f"grad(s, {x})" for x in inputs)]
    return [
        Work("scalar graph of 5 nodes", 1.25, TWO_PATHS, TWO_PATHS_ASKED, {"u1": (), "u2": ()}, two_paths,
             [(3.0, 4.0), (-1.5, 0.7)]),
        Work("sigmoid neuron", 1.25, nodes, asked, dict.fromkeys(inputs, ()), neuron, points),
    ]  # fmt: skip


def variants() -> Work:
    points = [(RNG.normal(size=1000), RNG.normal(size=1000)) for _ in range(2)]
    shapes: dict[str, tuple[int, ...]] = {"u1": (), "u2": ()}
    return Work("1,000 variants at once", 1.2, TWO_PATHS, TWO_PATHS_ASKED, shapes, two_paths, points, ["u1", "u2"])


NET = {"z": "W @ x + b", "h": "tanh(z)", "l": "V @ h + c", "q": "log_softmax(l)", "o": "-q[1]"}
NET_OF_MANY = {
    "z": "x @ W.T + b",
    "h": "tanh(z)",
    "l": "h @ V.T + c",
    "q": "log_softmax(l)",
    "o": "-mean(sum(Y * q, axis=1))",
}
NET_ASKED = ["o", "grad(o, W)", "grad(o, b)", "grad(o, V)", "grad(o, c)"]


def net(W: Array, x: Array, b: Array, V: Array, c: Array) -> Any:
    h = numpy.tanh(W @ x + b)
    scores = V @ h + c
    scores -= scores.max()
    e = numpy.exp(scores)
    s = e.sum()
    dl = e / s
    dl[1] -= 1.0
    dz = (dl @ V) * (1.0 - h * h)
    return math.log(s) - scores[1], dz[:, None] * x, dz, dl[:, None] * h, dl


def net_of_many(W: Array, x: Array, b: Array, V: Array, c: Array, Y: Array) -> Any:
    h = numpy.tanh(x @ W.T + b)
    scores = h @ V.T + c
    scores -= scores.max(axis=1, keepdims=True)
    e = numpy.exp(scores)
    s = e.sum(axis=1, keepdims=True)
    q = scores - numpy.log(s)
    n = len(x)
    dl = ((e / s) * Y.sum(axis=1, keepdims=True) - Y) / n
    dz = (dl @ V) * (1.0 - h * h)
    return -(Y * q).sum() / n, dz.T @ x, dz.sum(axis=0), dl.T @ h, dl.sum(axis=0)


def net_of_each(W: Array, x: Array, b: Array, V: Array, c: Array) -> Any:
    h = numpy.tanh(x @ W.T + b)
    scores = h @ V.T + c
    scores -= scores.max(axis=1, keepdims=True)
    e = numpy.exp(scores)
    s = e.sum(axis=1, keepdims=True)
    o = numpy.log(s[:, 0]) - scores[:, 1]
    e /= s
    e[:, 1] -= 1.0
    dz = (e @ V) * (1.0 - h * h)
    return o, dz[:, :, None] * x[:, None, :], dz, e[:, :, None] * h[:, None, :], e


def net_points(sizes: tuple[int, int, int], count: int, examples: int | None = None) -> list[tuple[Array, ...]]:
    n, m, k = sizes
    normal = RNG.normal
    return [
        (
            normal(size=(m, n)) / math.sqrt(n),
            normal(size=n if examples is None else (examples, n)),
            normal(size=m) * 0.1,
            normal(size=(k, m)) / math.sqrt(m),
            normal(size=k) * 0.1,
        )
        for _ in range(count)
    ]


def net_works() -> list[Work]:
    small, big = (4, 5, 3), (784, 256, 10)
    shapes = {s: {"W": s[1::-1], "x": s[:1], "b": s[1:2], "V": s[:0:-1], "c": s[2:]} for s in (small, big)}
    labelled = [(*point, numpy.eye(10)[RNG.integers(10, size=128)]) for point in net_points(big, 2, 128)]
    many = {**shapes[big], "x": (128, 784), "Y": (128, 10)}
    return [
        Work("net 4-5-3", 1.05, NET, NET_ASKED, shapes[small], net, net_points(small, 3)),
        Work("net 784-256-10", 1.05, NET, NET_ASKED, shapes[big], net, net_points(big, 2)),
        Work("net 784-256-10, batch of 128", 1.1, NET_OF_MANY, NET_ASKED, many, net_of_many, labelled),
        Work("net 4-5-3, gradients of 128 examples", 1.1, NET, NET_ASKED, shapes[small], net_of_each,
             net_points(small, 2, 128), ["x"]),
    ]  # fmt: skip


def chain(n: int) -> Work:
    sin, cos, tanh = math.sin, math.cos, math.tanh

    def by_hand(u: float) -> Any:
        values = [u]
        keep = values.append
        for _ in range(n // 2):
            u = sin(u)
            keep(u)
            u = tanh(u)
            keep(u)
        slope = 1.0
        for i in range(n - 2, -1, -2):
            h = values[i + 2]
            slope = slope * (1.0 - h * h) * cos(values[i])
        return u, slope

    nodes = {f"u{i}": f"{'sin' if i % 2 else 'tanh'}(u{i - 1})" for i in range(1, n + 1)}
    asked = [f"u{n}", f"grad(u{n}, u0)"]
    return Work(f"chain of {n:,}", 1.0, nodes, asked, {"u0": ()}, by_hand, [(0.7,), (-0.4,)])


def layers_points(rows: int, *more: int) -> list[tuple[Array, ...]]:
    normal = RNG.normal
    return [
        (
            normal(size=(64, 50)) / 7,
            normal(size=50),
            normal(size=64) * 0.1,
            normal(size=(rows, 64)) / 8,
            normal(size=rows) * 0.1,
            *(normal(size=n) for n in more),
        )
        for _ in range(2)
    ]


def jacobian(W1: Array, x: Array, b1: Array, W2: Array, b2: Array) -> Any:
    h = numpy.tanh(W1 @ x + b1)
    y = numpy.tanh(W2 @ h + b2)
    return y, ((1.0 - y * y)[:, None] * W2 * (1.0 - h * h)) @ W1


def hessian(W1: Array, x: Array, b1: Array, W2: Array, b2: Array, v: Array) -> Any:
    h1 = numpy.tanh(W1 @ x + b1)
    h2 = numpy.tanh(W2 @ h1 + b2)
    s1 = 1.0 - h1 * h1
    g2 = v * (1.0 - h2 * h2)
    g1 = (g2 @ W2) * s1
    J = (W2 * s1) @ W1
    H = J.T @ ((-2.0 * h2 * g2)[:, None] * J)
    H += W1.T @ ((-2.0 * h1 * g1)[:, None] * W1)
    return v @ h2, g1 @ W1, H


def hessian_vector(W1: Array, x: Array, b1: Array, W2: Array, b2: Array, v: Array, p: Array) -> Any:
    h1 = numpy.tanh(W1 @ x + b1)
    h2 = numpy.tanh(W2 @ h1 + b2)
    s1 = 1.0 - h1 * h1
    g2 = v * (1.0 - h2 * h2)
    g1 = (g2 @ W2) * s1
    t1 = W1 @ p
    t2 = W2 @ (s1 * t1)
    r = ((-2.0 * h2 * g2 * t2) @ W2) * s1 - 2.0 * h1 * g1 * t1
    return v @ h2, g1 @ W1, r @ W1


def second_order_works() -> list[Work]:
    layers = {"h1": "tanh(W1 @ x + b1)", "h2": "tanh(W2 @ h1 + b2)"}
    number = {**layers, "o": "dot(v, h2)"}
    wide = {"W1": (64, 50), "x": (50,), "b1": (64,), "W2": (50, 64), "b2": (50,)}
    shapes = {**wide, "W2": (32, 64), "b2": (32,), "v": (32,)}
    asked = ["o", "grad(o, x)"]
    return [
        Work("Jacobian 50-64-50", 1.2, layers, ["h2", "jac(h2, x)"], wide, jacobian, layers_points(50)),
        Work("Hessian in 50 dimensions", 1.5, number, [*asked, "hess(o, x)"], shapes, hessian, layers_points(32, 32)),
        Work("Hessian-vector product", 1.1, number, [*asked, "hvp(o, x, p)"], {**shapes, "p": (50,)}, hessian_vector,
             layers_points(32, 32, 50)),
    ]  # fmt: skip
