"""Whether a program differentiates numerically, where that is forbidden: by what quotients leave and what they need.

A quotient makes rounding errors larger, by one over its step: beside a point, where an analytic derivative moves as the
true one does, it moves at random. One whose step is too coarse for that leaves its own error; needs many calls, and
its text divides by a step. Of a parabola or a line it is exact, but is lost at points so large that any step is lost in
them. A complex step leaves nothing, and is known by its arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from grader.engine.computation import Evaluated
from grader.engine.node import Node, is_constant, topological
from grader.questions.programs.judging import SINGLE, Found, Item
from grader.questions.programs.points import Point, Points

Array = Any
DERIVATIVE = re.compile(r"\b(grad|adjoint|vjp|jac|hess|hvp|jvp|tangent|edge|path)\s*\(")
NOISY = 20.0
ROUGH = 5.0
"""How many times the graph's own rounding error tells a quotient: what is random, and what is off."""
NEAR = 2.0**-26
HUGE = 2.0**60
GROSS = 1e-2
BENT = frozenset(
    {
        "exp", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan",
        "sigmoid", "softplus", "gelu", "erf", "softmax", "log_softmax", "logsumexp", "inv", "det", "cofactors",
        "logdet", "solve", "norm", "direction",
    }
)  # fmt: skip
"""Operations that no quotient differentiates exactly, so that its error tells."""


def derivatives(items: Mapping[str, Item]) -> list[Item]:
    """The items that are derivatives."""
    return [i for i in items.values() if DERIVATIVE.search(i.quantity)]


def reason(
    items: Mapping[str, Item],
    counts: Mapping[str, int],
    function: str,
    sources: Sequence[str],
    base: Point,
    found: Mapping[str, Sequence[Found]],
) -> str | None:
    """Why the program is taken to differentiate numerically; None where it is not.

    `counts` are calls of its functions in one call of `function`; `found` are the items at `probes` beside `base`.
    """
    asked = [i for i in derivatives(items) if i.right and i.found]
    if not asked:
        return None
    for item in asked:
        here = next((f for f in item.found if f.point is base), None)
        probes = found.get(item.name, ())
        near = [f for f in probes if not _is_huge(f.point, base)]
        if here is not None and near and max(_noise(here, f, item.narrow) for f in near) > NOISY:
            return "beside a point it moves at random, as difference quotients do"
        if any(_is_huge(f.point, base) and _is_lost(f) for f in probes):
            return "where numbers are so large that a step is lost in them, its derivative is lost too"
    helpers = {n: k for n, k in counts.items() if n != function}
    most = max(helpers, key=lambda n: helpers[n], default="")
    entries = sum(int(i.found[0].answer.size) for i in asked)
    many = helpers.get(most, 0) >= max(entries, 2)
    rough = any(i.narrow or numpy.median([_error(f) for f in i.found]) > ROUGH for i in asked)
    if many and rough and any(_QUOTIENT.search(source) for source in sources):
        return f"{most} is called {helpers[most]} times for {entries} entries, and differences are divided by a step"
    complex_one = next((n for n in _complex_functions(sources) if n in counts or n == function), None)
    return None if complex_one is None else f"{complex_one} takes complex steps"


def _own(expected: Evaluated) -> float:
    """The rounding error that the graph itself must cause, of all entries together."""
    size = float(numpy.max(numpy.abs(expected.value), initial=0.0))
    own = float(numpy.max(numpy.nan_to_num(expected.rounded.error, posinf=0.0), initial=0.0))
    return max(own, 4e-16 * size, 1e-300)


def _noise(here: Found, near: Found, narrow: bool) -> float:
    """How far the answer moves otherwise than the true one between two near points, in units of rounding."""
    with numpy.errstate(all="ignore"):
        moved = (near.answer - here.answer) - (near.expected.value - here.expected.value)
    off = float(numpy.max(numpy.abs(moved), initial=0.0))
    return off / (_own(here.expected) * (SINGLE if narrow else 1.0)) if numpy.isfinite(off) else 0.0


def _error(found: Found) -> float:
    """The largest error, in units of rounding."""
    expected = found.expected
    return float(numpy.max(numpy.abs(found.answer - expected.value), initial=0.0)) / _own(expected)


def _is_lost(found: Found) -> bool:
    with numpy.errstate(all="ignore"):
        off = float(numpy.max(numpy.abs(found.answer - found.expected.value), initial=0.0))
        size = float(numpy.max(numpy.abs(found.expected.value), initial=0.0))
    return bool(numpy.isfinite([off, size]).all()) and off > GROSS * size > 0


def base(points: Points) -> Point:
    """The point beside which the program is looked at: a drawn one, where kinks are not to be expected."""
    return next(iter(points.hidden), points.printed)


def probes(points: Points) -> list[Point]:
    """Two points next to the base, and one at which any step is lost where quotients may be exact."""
    start = base(points)
    found = []
    if not any(start.expected(q).active for q in points.quantities):
        found = [_scaled(start, lambda n: 1 + NEAR * (1 + n % 5)), _scaled(start, lambda n: 1 - NEAR * (1 + n % 3))]
    graph, inputs = start.sized.graph, start.sized.inputs
    fixed = {graph.by_name[n] for n in graph.leaves if inputs[n].fixed}
    if not any(_is_bent(node, fixed) for node in topological([graph.by_name[n] for n in graph.nodes], frozenset())):
        found.append(_scaled(start, lambda n: numpy.full(n.shape, HUGE)))
    return [p for p in found if points.usable(p)]


def _scaled(point: Point, factors: Callable[[Array], Array]) -> Point:
    """The point with every number that is not fixed times a factor, by its place."""
    inputs = point.sized.inputs
    values = {}
    for name, value in point.values.items():
        kept = inputs[name].fixed or inputs[name].classes is not None
        places = numpy.arange(numpy.size(value)).reshape(numpy.shape(value))
        values[name] = value if kept else numpy.asarray(value, dtype=float) * factors(places)
    return Point(values, point.sized)


def _is_huge(point: Point, base: Point) -> bool:
    return any(numpy.max(numpy.abs(v)) > 2 * numpy.max(numpy.abs(base.values[n])) for n, v in point.values.items())


def _is_bent(node: Node, fixed: set[Node]) -> bool:
    if node.op.name in ("div", "pow"):
        return not (is_constant(node.args[1]) or node.args[1] in fixed)
    return node.op.name in BENT


def _complex_functions(sources: Sequence[str]) -> list[str]:
    """The names of functions whose lines compute with complex numbers. The text is not parsed: it may be hostile."""
    found: list[str] = []
    for source in sources:
        inside: list[tuple[int, str]] = []
        for line in source.split("\n"):
            text = line.lstrip()
            depth = len(line) - len(text)
            if text and not text.startswith("#"):
                inside = [one for one in inside if one[0] < depth]
                name = _DEFINED.match(text)
                if name:
                    inside.append((depth, name[1]))
                if _COMPLEX.search(text.split("#")[0]):
                    found += [name for _, name in inside]
    return found


_QUOTIENT = re.compile(
    r"\)\s*/\s*\(?\s*(?:[\d.]+\s*\*\s*)?(?:h|eps|epsilon|delta|dx|step|\d?\.?\d*e-\d+)\b", re.IGNORECASE
)
_DEFINED = re.compile(r"(?:async )?def (\w+)")
_COMPLEX = re.compile(r"\.imag\b|\bimag\(|(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?j\b|\bcomplex(?:128|64)?\b", re.IGNORECASE)
