"""Whether a program differentiates numerically: by the errors that quotients leave and the calls that they need.

Asked only where that is forbidden. An error is large or small beside the rounding error that the graph itself must
cause: analytic derivatives stay within a few times that, difference quotients do not. A quotient is exact where a
function is a parabola or a line; there, points so large that any step is lost in them tell. Arithmetic with complex
numbers is a complex step, which leaves no error at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy

from grader.engine.node import Node, is_constant, topological
from grader.questions.programs.judging import SINGLE, Found, Item
from grader.questions.programs.points import Point, Points

Array = Any
DERIVATIVE = re.compile(r"\b(grad|adjoint|vjp|jac|hess|hvp|jvp|tangent|edge|path)\s*\(")
MANY_CALLS = 5.0
ANYHOW = 200.0
"""How many times the graph's own rounding error tells a quotient, with many calls of a helper and without."""
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
    sources: Sequence[str],
    huge: Mapping[str, Found],
    called: Collection[str],
) -> str | None:
    """Why the program is taken to differentiate numerically; None where it is not.

    `counts` are calls of its own helpers in one call, `called` the names of all that ran, `huge` what it returned where
    steps are lost.
    """
    asked = [i for i in derivatives(items) if i.right and i.found]
    if not asked:
        return None
    entries = sum(int(i.found[0].answer.size) for i in asked)
    most = max(counts, key=lambda n: counts[n], default="")
    many = counts.get(most, 0) >= entries > 0 and counts.get(most, 0) > 1
    error = max(float(numpy.median([_error(f, i.narrow) for f in i.found])) for i in asked)
    if error > (MANY_CALLS if many else ANYHOW):
        often = f" (and {most} is called {counts[most]} times for {entries} entries)" if many else ""
        return f"its errors are those of difference quotients{often}"
    if any(_is_lost(huge[i.name]) for i in asked if i.name in huge):
        return "where numbers are so large that a step is lost in them, its derivative is lost too"
    complex_one = next((n for n in _complex_functions(sources) if n in called), None)
    if complex_one is not None:
        return f"{complex_one} takes complex steps"
    return None


def _error(found: Found, narrow: bool) -> float:
    """The largest error in units of the rounding error that the graph itself must cause."""
    expected = found.expected
    size = float(numpy.max(numpy.abs(expected.value), initial=0.0))
    own = float(numpy.max(numpy.nan_to_num(expected.rounded.error, posinf=0.0), initial=0.0))
    own = max(own, 4e-16 * size, 1e-300) * (SINGLE if narrow else 1.0)
    return float(numpy.max(numpy.abs(found.answer - expected.value), initial=0.0)) / own


def _is_lost(found: Found) -> bool:
    with numpy.errstate(all="ignore"):
        off = float(numpy.max(numpy.abs(found.answer - found.expected.value), initial=0.0))
        size = float(numpy.max(numpy.abs(found.expected.value), initial=0.0))
    return bool(numpy.isfinite([off, size]).all()) and off > GROSS * size > 0


def huge_point(points: Points) -> Point | None:
    """A point at which any step is lost; None where quotients are nowhere exact, or numbers are too large there."""
    base = next(iter(points.hidden), points.printed)
    graph, inputs = base.sized.graph, base.sized.inputs
    fixed = {graph.by_name[n] for n in graph.leaves if inputs[n].fixed}
    if any(_is_bent(node, fixed) for node in topological([graph.by_name[n] for n in graph.nodes], frozenset())):
        return None
    grown = {
        n: v if inputs[n].fixed or inputs[n].classes is not None else numpy.asarray(v, dtype=float) * HUGE
        for n, v in base.values.items()
    }
    point = Point(grown, base.sized)
    return point if points.usable(point) else None


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


_DEFINED = re.compile(r"(?:async )?def (\w+)")
_COMPLEX = re.compile(r"\.imag\b|\bimag\(|(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?j\b|\bcomplex(?:128|64)?\b", re.IGNORECASE)
