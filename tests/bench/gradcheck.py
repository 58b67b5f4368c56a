"""Verdicts of check_gradient on random hard cases, beside the checkers that courses use.

Each draw is a function, a point, and a right or a wrong gradient that values of f can tell apart by three orders of
magnitude. A wrong verdict is a right gradient that failed or a wrong one that passed; undecided is neither.
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import grader

EPS = float(np.finfo(float).eps)
DIMENSIONS = (1, 2, 3, 5, 12, 40, 200, 1000)


@dataclass(frozen=True)
class Case:
    """A function and its gradient at x (None: nothing is); `noise` is that of a value of f.

    `wrongs` are wrong gradients that belong to this case; where there are none, the usual kinds are taken.
    """

    f: Callable[[Any], Any]
    x: Any
    right: Any
    noise: float = 0.0
    wrongs: dict[str, Any] | None = None


# -- functions of every kind, of any size and scale


def _scales(rng) -> tuple[int, float, float]:
    return int(rng.choice(DIMENSIONS)), 10.0 ** rng.integers(-8, 9), 10.0 ** rng.integers(-8, 9)


def polynomial(rng) -> Case:
    n, a, b = _scales(rng)
    x, c = rng.normal(size=n), rng.normal(size=(4, n))

    def p(u):
        return c[0] @ u + c[1] @ u**2 + c[2] @ u**3 + 0.1 * c[3] @ u**5

    right = c[0] + 2 * c[1] * x + 3 * c[2] * x**2 + 0.5 * c[3] * x**4
    noise = 4 * EPS * float(np.abs(c[:3]).sum(0) @ (1 + np.abs(x)) ** 3) * b
    return Case(lambda u: b * float(p(u / a)), a * x, b / a * right, noise)


def exponentials(rng) -> Case:
    n, a, b = _scales(rng)
    x, c, k = rng.normal(size=n), rng.normal(size=n), rng.uniform(-3, 3, size=n)
    noise = 4 * EPS * b * float(np.abs(c) @ np.exp(k * x))
    return Case(lambda u: b * float(c @ np.exp(k * (u / a))), a * x, b / a * c * k * np.exp(k * x), noise)


def quotient(rng) -> Case:
    n, a, b = _scales(rng)
    x, p, q = rng.uniform(0.5, 2, size=n), rng.normal(size=n), rng.uniform(0.5, 1.5, size=n)
    top, bottom = p @ x, 1 + q @ x
    right = b / a * (p / bottom - top * q / bottom**2)
    return Case(
        lambda u: b * float(p @ (u / a) / (1 + q @ (u / a))), a * x, right, 4 * EPS * b * float(np.abs(p) @ x) / bottom
    )


def norm(rng) -> Case:
    n, a, b = _scales(rng)
    x = rng.normal(size=n)
    size = float(np.linalg.norm(x))
    return Case(lambda u: b * float(np.linalg.norm(u / a)), a * x, b / a * x / size, 4 * EPS * b * size)


def softmax_loss(rng) -> Case:
    n, _, b = _scales(rng)
    x = 3 * rng.normal(size=n + 1)
    y = int(rng.integers(n + 1))

    def f(u):
        m = u.max()
        return b * float(m + np.log(np.exp(u - m).sum()) - u[y])

    q = np.exp(x - x.max())
    right = q / q.sum()
    right[y] -= 1
    return Case(f, x, b * right, 4 * EPS * b * float(np.abs(x).max() + abs(f(x)) / b))


def ill_conditioned(rng) -> Case:
    n, a, b = int(rng.integers(2, 60)), *_scales(rng)[1:]
    q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    A = (q * np.logspace(0, -8, n)) @ q.T
    A = (A + A.T) / 2
    x = rng.normal(size=n)
    noise = 4 * EPS * b * float(np.abs(x) @ np.abs(A) @ np.abs(x))
    return Case(lambda u: b * 0.5 * float((u / a) @ A @ (u / a)), a * x, b / a * (A @ x), noise)


def product(rng) -> Case:
    n, a, b = int(rng.integers(2, 60)), *_scales(rng)[1:]
    x = rng.uniform(0.5, 1.6, size=n) * rng.choice([-1.0, 1.0], size=n)
    value = b * float(np.prod(x))
    return Case(lambda u: b * float(np.prod(u / a)), a * x, value / x / a, n * EPS * abs(value))


def matrices(rng) -> Case:
    m, n = int(rng.integers(2, 9)), int(rng.integers(2, 9))
    a, b = _scales(rng)[1:]
    A, B, X = rng.normal(size=(4, m)), rng.normal(size=(n, 4)), rng.normal(size=(m, n))
    right = A.T @ (1 - np.tanh(A @ X @ B) ** 2) @ B.T
    return Case(lambda U: b * float(np.tanh(A @ (U / a) @ B).sum()), a * X, b / a * right, 100 * EPS * b)


def net(rng, n: int | None = None, hidden: int = 8) -> tuple[Any, Any, Any, Any]:
    n = n or int(rng.choice(DIMENSIONS))
    W, v, x = rng.normal(size=(hidden, n)) / np.sqrt(n), rng.normal(size=hidden), rng.normal(size=n)
    return W, v, x, (v * (1 - np.tanh(W @ x) ** 2)) @ W


def different_sizes(rng) -> Case:
    n = int(rng.integers(2, 12))
    s = 10.0 ** rng.integers(-6, 7, size=n)
    x = rng.uniform(0.5, 2, size=n)
    return Case(lambda u: float(np.sin(u / s).sum()), x * s, np.cos(x) / s, 8 * EPS * n)


# -- the cases that popular checkers get wrong


def value_offset(rng) -> Case:
    W, v, x, g = net(rng, int(rng.choice([1, 3, 12, 50])))
    return Case(lambda u: 1e8 + float(v @ np.tanh(W @ u)), x, g, 1.5e-8)


def hidden_offset(rng) -> Case:
    W, v, x, g = net(rng, int(rng.choice([1, 3, 12, 50])))
    return Case(lambda u: (1e8 + float(v @ np.tanh(W @ u))) - 1e8, x, g, 1.5e-8)


def log_near_zero(rng) -> Case:
    x = 10.0 ** rng.uniform(-7, -4) * (1 + rng.random(int(rng.choice([1, 2, 6, 100]))))
    wrongs = {"1e-8 added inside": 1 / (x + 1e-8)} if x.max() < 1e-4 else {}
    return Case(lambda u: float(np.log(u).sum()), x, 1 / x, 20 * EPS * x.size, wrongs | _wrongs(rng, 1 / x))


def float32_inside(rng) -> Case:
    W, v, x, g = net(rng, int(rng.choice([2, 10, 60])))
    w32, v32 = W.astype(np.float32), v.astype(np.float32)
    kind = rng.integers(4)
    if kind == 0:
        return Case(lambda u: v32 @ np.tanh(w32 @ u.astype(np.float32)), x, g, 3e-7)
    if kind == 1:
        return Case(lambda u: float(np.float32(v @ np.tanh(W @ u))), x, g, 3e-7)
    if kind == 2:  # a penalty in float64 beside it
        g2 = g + 0.2 * x
        return Case(lambda u: float(v32 @ np.tanh(w32 @ u.astype(np.float32))) + 0.1 * float(u @ u), x, g2, 3e-7)
    return Case(lambda u: float(v32 @ np.tanh(w32 @ u.astype(np.float32))), x, g, 3e-7)


def fast_wave(rng) -> Case:
    k, n = 10.0 ** rng.integers(2, 6), int(rng.choice([1, 6, 30]))
    x = (2 * np.pi * rng.integers(800, 1500, size=n) + rng.uniform(-1, 1, size=n)) / k
    g = np.cos(k * x)
    wrongs = {"inner factor": g / k} | _wrongs(rng, g)
    return Case(lambda u: float(np.sin(k * u).sum() / k), x, g, 1e-12 * n / k, wrongs)


def kink_nearby(rng) -> Case:
    distance = 10.0 ** rng.uniform(-8, -2)
    A, c, x = rng.normal(size=(8, 10)) / np.sqrt(10), rng.normal(size=8), rng.normal(size=10)
    c[:2] = 1.0, rng.choice([-1.0, 1.0])
    b = np.sign(rng.normal(size=8)) * rng.uniform(0.3, 1, size=8)
    b[0], b[1] = distance, -distance
    b -= A @ x
    g = (c * (A @ x + b > 0)) @ A
    wrongs = {"the other side": g + c[1] * A[1]} | _wrongs(rng, g)
    return Case(lambda u: float(c @ np.maximum(A @ u + b, 0)), x, g, 1e-15, wrongs)


def kink_at(rng) -> Case:
    """Entries of sum |x| and of relu at 0, or a whole layer of relu; any slope between the sides is right."""
    n = int(rng.integers(1, 40))
    c, x = rng.uniform(0.5, 2, size=n), rng.normal(size=n)
    x[rng.random(n) < 0.3] = 0.0
    x[0] = 0.0
    if rng.random() < 0.5:
        inside = np.where(x == 0, rng.uniform(-1, 1, size=n), np.sign(x))
        outside = inside.copy()
        outside[0] = rng.choice([-1, 1]) * rng.uniform(1.05, 3)
        return Case(lambda u: float(c @ np.abs(u)), x, c * inside, 1e-15 * n, {"outside": c * outside})
    A, z = rng.normal(size=(4, n)), rng.normal(size=n)
    b = -A @ z
    b[1:] += rng.choice([-1, 1], size=3) * rng.uniform(0.5, 2, size=3)
    active = A @ z + b > 0.1

    def f(u):
        return float(np.maximum(A @ u + b, 0).sum())

    base = active[1:] @ A[1:]
    right = base + rng.choice([0.0, 0.5, 1.0]) * A[0]
    return Case(f, z, right, 1e-14 * n, {"outside": base - A[0], "twice": base + 2 * A[0]})


def one_of_many(rng) -> Case:
    n = int(rng.choice([2000, 10000]))
    a, x = rng.uniform(0.5, 1.5, size=n), rng.normal(size=n)
    g = a * x + 0.2 * x**3

    def f(u):
        y = u * u
        return 0.5 * float(a @ y) + 0.05 * float(y @ y)

    order = np.argsort(np.abs(g))
    i = int(order[rng.integers(n // 3, n)])
    return Case(f, x, g, 20 * EPS * f(x), {"1e-4 off": _changed(g, i, g[i] * (1 + rng.choice([-1e-4, 1e-4])))})


def tiny_entry(rng) -> Case:
    W, v, x, _ = net(rng, int(rng.choice([2, 20, 300])))
    i = int(rng.integers(x.size))
    W[:, i] *= 10.0 ** rng.uniform(-8, -3)
    g = (v * (1 - np.tanh(W @ x) ** 2)) @ W
    wrongs = {"sign": _changed(g, i, -g[i]), "zero there": _changed(g, i, 0.0)}
    return Case(lambda u: float(v @ np.tanh(W @ u)), x, g, 1e-15, wrongs)


def ignored_inputs(rng) -> Case:
    W, v, x, _ = net(rng, 10)
    W[:, 5:] = 0
    g = (v * (1 - np.tanh(W @ x) ** 2)) @ W
    return Case(lambda u: float(v @ np.tanh(W @ u)), x, g, 1e-15, {"1e-3 at one": _changed(g, 6, 1e-3)})


def at_a_minimum(rng) -> Case:
    n = int(rng.choice([1, 4, 30]))
    x, c = rng.normal(size=n), 10.0 ** rng.integers(-3, 4)
    g = np.zeros(n)
    wrongs = {"not zero": c * 1e-3 * rng.normal(size=n), "one": _changed(g, 0, c * 1e-3)}
    return Case(lambda u: c * (1 + float((u - x) @ (u - x))), x, g, c * 1e-15, wrongs)


def not_a_number(rng) -> Case:
    W, v, x, g = net(rng, 8)
    bad = float(rng.choice([np.nan, np.inf, -np.inf]))
    if rng.random() < 0.5:
        return Case(lambda u: bad, x, None, 0.0, {"any": g, "zero": 0 * g, "itself": g * np.nan})
    return Case(
        lambda u: float(v @ np.tanh(W @ u)), x, g, 1e-15, {"one": _changed(g, 3, bad), "all": np.full(8, np.nan)}
    )


def edge_of_domain(rng) -> Case:
    n = int(rng.choice([1, 3, 20]))
    x = rng.uniform(0.5, 2, size=n)
    x[0] = 0.0
    g = 1.5 * np.sqrt(x) + 1
    return Case(lambda u: float((u**1.5 + u).sum()), x, g, 4e-15 * n, {"1 % off": g * 1.01, "zero there": g * (x > 0)})


def dropout(rng) -> Case:
    W, v, x, g = net(rng, 10)
    drop = np.random.default_rng(rng.integers(2**32))
    return Case(
        lambda u: float(v @ np.tanh(W @ (2 * u * (drop.random(10) < 0.5)))), x, None, 0.0, {"any": g, "zero": 0 * g}
    )


def jitter(rng) -> Case:
    W, v, x, g = net(rng, 10)
    level, noise = 10.0 ** rng.uniform(-13, -8), np.random.default_rng(rng.integers(2**32))
    value = abs(float(v @ np.tanh(W @ x)))
    return Case(lambda u: float(v @ np.tanh(W @ u)) * (1 + level * noise.normal()), x, g, level * value)


def changes_its_input(rng) -> Case:
    W, v, x, _ = net(rng, 10)
    g = 0.5 * (v * (1 - np.tanh(W @ (0.5 * x)) ** 2)) @ W

    def f(u):
        u *= 0.5
        return float(v @ np.tanh(W @ u))

    return Case(f, x, g, 1e-15, {"without the factor": 2 * g} | _wrongs(rng, g))


def whole_numbers(rng) -> Case:
    x = rng.normal(size=4)
    if rng.random() < 0.5:
        return Case(lambda u: int((u > 0).sum()), x, np.zeros(4), 0.0, {"not zero": rng.normal(size=4)})
    return Case(lambda u: int(100 * u @ u), x, None, 0.0, {"of the unrounded": 200 * x, "any": rng.normal(size=4)})


def wrong_shape(rng) -> Case:
    W, v, x, g = net(rng, 6)
    if rng.random() < 0.5:
        return Case(lambda u: np.tanh(W @ u), x, None, 0.0, {"of a vector": g})
    shapes = {"column": g[:, None], "row": g[None, :], "number": g[0], "short": g[:-1], "Jacobian": np.outer(g, g)}
    return Case(lambda u: float(v @ np.tanh(W @ u)), x, g, 1e-15, shapes)


CASES = (
    polynomial, exponentials, quotient, norm, softmax_loss, ill_conditioned, product, matrices, different_sizes,
    value_offset, hidden_offset, log_near_zero, float32_inside, fast_wave, kink_nearby, kink_at, one_of_many,
    tiny_entry, ignored_inputs, at_a_minimum, not_a_number, edge_of_domain, dropout, jitter, changes_its_input,
    whole_numbers, wrong_shape,
)  # fmt: skip


# -- wrong gradients of every kind


def _changed(g, i: int, value: float):
    out = np.array(g)
    out.reshape(-1)[i] = value
    return out


def _wrongs(rng, g) -> dict[str, Any]:
    flat = g.reshape(-1)
    i = int(rng.choice(np.flatnonzero(np.abs(flat) >= np.median(np.abs(flat)))))
    kinds = {
        "twice": 2 * g,
        "sign": -g,
        "zero": 0 * g,
        "a term missing": _changed(g, i, 0.0),
        "one sign": _changed(g, i, -flat[i]),
        "1e-2 at one": _changed(g, i, flat[i] * 1.01),
        "1e-3 at one": _changed(g, i, flat[i] * 1.001),
        "1e-4 at one": _changed(g, i, flat[i] * (1 - 1e-4)),
    }
    if g.size > 1:
        kinds["shifted"] = np.roll(flat, 1).reshape(g.shape)
    if g.ndim == 2:
        kinds["transposed"] = g.T.reshape(g.shape)
    return kinds


def _decidable(case: Case, wrong) -> bool:
    """Whether a quotient with a step of a tenth shows the difference a thousand times above the noise."""
    if case.right is None or wrong.shape != case.right.shape or not np.isfinite(wrong).all() or case.noise == 0:
        return True
    sizes = np.where(case.x == 0, 1.0, np.abs(case.x))
    off = np.abs(wrong - case.right) * sizes
    relative = np.abs(wrong - case.right) > 5e-5 * np.maximum(np.abs(wrong), np.abs(case.right))
    return bool(np.max(off * relative, initial=0.0) * 0.1 > 1000 * case.noise)


def draws(count: int, seed: int) -> Iterator[tuple[str, str, Case, Any, bool]]:
    """Name, kind of gradient, case, gradient, and whether it is right; as many right ones as wrong ones."""
    number = 0
    while number < count:
        rng = np.random.default_rng([seed, number])
        build = CASES[number % len(CASES)]
        number += 1
        case = build(rng)
        name = build.__name__.replace("_", " ")
        if case.right is not None and rng.random() < 0.5:
            yield name, "right", case, np.array(case.right), True
            continue
        kinds = _wrongs(rng, case.right) if case.wrongs is None else case.wrongs
        left = {k: w for k, w in kinds.items() if _decidable(case, w)}
        if left:
            kind = str(rng.choice(list(left)))
            yield name, kind, case, left[kind], False
        else:
            yield name, "right", case, np.array(case.right), True


# -- who judges


def by_grader(f, gradient, x) -> str:
    return grader.check_gradient(f, gradient, x).verdict


def by_naive_loop(f, gradient, x, step: float = 1e-5) -> str:
    """The loop of course notes: central differences, relative error at most 1e-4."""
    x = np.array(x, dtype=float)
    flat, numerical = x.reshape(-1), np.empty(x.size)
    for i in range(flat.size):
        old = flat[i]
        flat[i] = old + step
        plus = f(x)
        flat[i] = old - step
        numerical[i] = (plus - f(x)) / (2 * step)
        flat[i] = old
    claimed = np.ravel(gradient)
    error = np.abs(claimed - numerical) / np.maximum(1e-8, np.abs(claimed) + np.abs(numerical))
    return "passed" if np.max(error) < 1e-4 else "failed"


def by_forward_norm(f, gradient, x, step: float = 1.4901161193847656e-08) -> str:
    """As scipy.optimize.check_grad: the norm of the error of forward differences, relative to that of the gradient."""
    start, shape = np.ravel(np.array(x, dtype=float)), np.shape(x)
    base = f(start.reshape(shape).copy())
    numerical = np.empty(start.size)
    for i in range(start.size):
        moved = start.copy()
        moved[i] += step
        numerical[i] = (f(moved.reshape(shape)) - base) / step
    error = np.linalg.norm(numerical - np.ravel(gradient))
    return "passed" if error <= 1e-5 * max(1.0, float(np.linalg.norm(gradient))) else "failed"


JUDGES = {"grader": by_grader, "naive central loop": by_naive_loop, "forward, by norm": by_forward_norm}
COLUMNS = ("right passed", "right undecided", "wrong failed", "wrong undecided", "WRONG VERDICT")


def outcome(judge, case: Case, gradient, right: bool) -> str:
    """One of COLUMNS; where a simple checker raises, it has accepted nothing."""
    with np.errstate(all="ignore"):
        try:
            verdict = judge(case.f, np.array(gradient), np.array(case.x))
        except Exception:
            if judge is by_grader:
                raise
            verdict = "failed"
    if verdict == "undecided":
        return "right undecided" if right else "wrong undecided"
    if right:
        return "right passed" if verdict == "passed" else "WRONG VERDICT"
    return "wrong failed" if verdict == "failed" else "WRONG VERDICT"


def main() -> int:
    """Print the tables; exits with 1 where grader gives a wrong verdict or 0.1 of the naive evaluations is exceeded."""
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--alone", action="store_true", help="leave the other checkers out")
    parser.add_argument("--show", action="store_true", help="print the draws that grader does not decide rightly")
    options = parser.parse_args()
    judges = dict(list(JUDGES.items())[: 1 if options.alone else None])
    counts = {name: collections.defaultdict(collections.Counter) for name in judges}
    for index, (name, kind, case, gradient, right) in enumerate(draws(options.draws, options.seed)):
        for label, judge in judges.items():
            found = outcome(judge, case, gradient, right)
            counts[label][name][found] += 1
            expected = found in ("right passed", "wrong failed") or (case.right is None and found == "wrong undecided")
            if options.show and label == "grader" and not expected:
                print(index, name, kind, found, grader.check_gradient(case.f, gradient, case.x).reason)
    wrong = _print_table(counts)
    return 1 if wrong or not _cost() else 0


def _print_table(counts) -> int:
    ours = counts["grader"]
    print(f"{'':20}" + "".join(f"{c:>17}" for c in COLUMNS))
    for name, row in ours.items():
        print(f"{name:20}" + "".join(f"{row[c] or '.':>17}" for c in COLUMNS))
    print()
    for label, rows in counts.items():
        total = sum(rows.values(), collections.Counter())
        print(f"{label:20}" + "".join(f"{total[c] or '.':>17}" for c in COLUMNS))
    total = sum(ours.values(), collections.Counter())
    judgeable = sum(
        (row for name, row in ours.items() if name not in ("dropout", "whole numbers")), collections.Counter()
    )
    undecided = judgeable["right undecided"] + judgeable["wrong undecided"]
    print(f"\nundecided, apart from dropout and whole numbers: {undecided} of {judgeable.total()}")
    return total["WRONG VERDICT"]


def _cost() -> bool:
    """Evaluations and time for a right gradient of 1,000 entries, beside the naive loop."""
    W, v, x, g = net(np.random.default_rng(0), 1000, hidden=32)

    def f(u):
        return float(v @ np.tanh(W @ u))

    seconds = {}
    for label, judge in list(JUDGES.items())[:2]:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            judge(f, g, x)
            times.append(time.perf_counter() - start)
        seconds[label] = min(times)
    evaluations = grader.check_gradient(f, g, x).evaluations
    share = seconds["grader"] / seconds["naive central loop"]
    print(
        f"n = 1,000: {evaluations} evaluations of f, {evaluations / 2000:.3f} of the naive loop; time {share:.3f} of it"
    )
    return evaluations <= 200
