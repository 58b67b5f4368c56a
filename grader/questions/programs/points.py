"""Where a program is tried: the printed point, and hidden points of every size asked for.

Each point has the arguments of the call and the expected value of every item, worked out by the engine once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy

from grader.engine import Graph
from grader.engine.computation import Computation, Evaluated
from grader.engine.node import Node
from grader.sandbox import Argument
from grader.spec.checking import rebuilt, resized
from grader.spec.draw import generator
from grader.spec.inputs import Input
from grader.spec.problem import Problem, Question

Array = Any
MOST_DRAWS = 30


@dataclass(frozen=True, eq=False)
class Point:
    """A point: its values by name, the size it has, whether it is the printed one, and what is expected there."""

    values: Mapping[str, Array]
    sized: Sized
    printed: bool = False
    _known: dict[str, Evaluated] = field(default_factory=dict)

    def expected(self, quantity: str) -> Evaluated:
        """The expected value of a quantity."""
        if quantity not in self._known:
            leaves = [self.values[n] for n in self.sized.graph.leaves]
            self._known[quantity] = self.sized.computation(quantity).at(leaves)
        return self._known[quantity]

    def arguments(self, names: tuple[str, ...] | None = None) -> dict[str, Argument]:
        """What a call is given: numbers as floats, labels as integers, all else as arrays of float64."""
        labels = self.sized.graph.labels
        return {n: _argument(self.values[n], n in labels) for n in (self.values if names is None else names)}

    @property
    def entries(self) -> int:
        """How many numbers the point consists of."""
        return sum(int(numpy.size(v)) for v in self.values.values())


class Sized:
    """The problem's graph at one choice of sizes, with its quantities compiled once."""

    def __init__(self, graph: Graph, inputs: Mapping[str, Input], subgradient: Any) -> None:
        self.graph = graph
        self.inputs = inputs
        self.subgradient = subgradient
        self.entries = sum(math.prod(graph.shape(n)) for n in graph.leaves)
        self._computations: dict[str, Computation] = {}

    def computation(self, quantity: str) -> Computation:
        """A quantity as a function of the leaves."""
        if quantity not in self._computations:
            node = self.graph.quantity(quantity)
            self._computations[quantity] = Computation(node, self.leaves, self.subgradient)
        return self._computations[quantity]

    @cached_property
    def leaves(self) -> list[Node]:
        """The nodes of all inputs, constants and given arguments."""
        return [self.graph.by_name[n] for n in self.graph.leaves]


class Points:
    """All points of a question: the printed one and hidden ones of the sizes asked for."""

    def __init__(self, problem: Problem, question: Question, quantities: list[str], shapes: list[Mapping[str, Any]]):
        self.problem, self.question, self.quantities = problem, question, quantities
        inputs = {**problem.inputs, **question.given}
        self.sizes = [self._sized(inputs, {})] + [self._sized(inputs, s) for s in shapes]
        self.seed = f"{problem.id} {question.name}"
        self.printed = Point({**problem.point, **question.given_point}, self.sizes[0], True)
        self.hidden = tuple(self._drawn(len(shapes)))

    def usable(self, point: Point) -> bool:
        """Whether every quantity is a finite number there."""
        return all(numpy.all(numpy.isfinite(point.expected(q).value)) for q in self.quantities)

    def is_plain(self, point: Point) -> bool:
        """Whether values there are finite and have one derivative: a kink shows nobody what is wrong elsewhere."""
        return self.usable(point) and not any(point.expected(q).active for q in self.quantities)

    def _sized(self, inputs: Mapping[str, Input], shapes: Mapping[str, Any]) -> Sized:
        sized = {n: resized(one, tuple(shapes[n])) if n in shapes else one for n, one in inputs.items()}
        graph = rebuilt(self.problem.graph, sized, self.problem.functions)
        return Sized(graph, inputs, self.question.options.subgradient)

    def _drawn(self, others: int) -> Iterator[Point]:
        """Each other size at least once, and the printed size in turn with them."""
        rng = generator(self.seed, "hidden points")
        for n in range(max(self.question.options.draws, others)):
            point = self._draw(self.sizes[(n + 1) % len(self.sizes)], rng)
            if point is not None:
                yield point

    def _draw(self, sized: Sized, rng: numpy.random.Generator) -> Point | None:
        for _ in range(MOST_DRAWS):
            values = {n: one.draw(rng, sized.graph.shape(n)) for n, one in sized.inputs.items()}
            point = Point(values, sized)
            if self.usable(point):
                return point
        return None


def _argument(value: Array, label: bool) -> Argument:
    array = numpy.asarray(value)
    if label:
        return int(array) if array.shape == () else array.astype(numpy.int64)
    return float(array) if array.shape == () else array.astype(float)
