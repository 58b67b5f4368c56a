"""How the rows of the table are made: functions of entries from their slopes, linear ones from their transpose.

The table itself is `ops`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from grader.engine.node import OPS, Node, Number, Op, apply
from grader.engine.rules import gated
from grader.engine.shapes import broadcast_shape

Slope = Callable[..., Number] | None


def row(op: Op) -> Op:
    """Put a row into the table."""
    OPS[op.name] = op
    return op


def elementwise(
    name: str, source: str, slopes: list[Slope], latex: str, at: list[Any], gates: bool = False, **more: Any
) -> Op:
    """A row for a function of entries: `source` is NumPy with {0}, {1} for the arguments.

    With `gates`, a slope of 0 says that the argument is not looked at: nothing of it passes, not even nan.
    """

    def rule(slope: Slope) -> Callable[..., Node] | None:
        if slope is None:
            return None
        if gates:
            return lambda p, y, *x: through(p, slope(y, *x))
        return lambda p, y, *x: _scaled(p, slope(y, *x))

    points = tuple(a if isinstance(a, tuple) else (a,) for a in at)
    rules = tuple(rule(s) for s in slopes)
    return row(
        Op(
            name,
            lambda args, node: source.format(*args, **node.params),
            broadcast_shape,
            rules,
            rules,
            latex,
            points,
            elementwise=True,
            slopes=tuple(slopes),
            **more,
        )
    )


def _scaled(p: Node, slope: Number) -> Node:
    if isinstance(slope, Node):
        return p * slope
    return p if slope == 1 else -p if slope == -1 else p * slope


def through(p: Node, share: Number) -> Node:
    """What passes of `p` where only a share of it does: nothing at all where the share is 0."""
    return gated(share, p * share) if isinstance(share, Node) else _scaled(p, share)


def linear(name: str, emit: Any, shape: Any, transpose: Callable[..., Node], latex: str, at: list[Any]) -> Op:
    """A row for a linear function of one array: forward mode is the function itself, reverse mode its transpose."""
    write = emit if callable(emit) else (lambda args, node: emit.format(*args, **node.params))
    return row(
        Op(
            name,
            write,
            shape,
            (transpose,),
            (lambda t, y, x: apply(name, t, **y.params),),
            latex,
            tuple((numpy.asarray(a[0], dtype=float), a[1]) for a in at),
            linear=True,
        )
    )
