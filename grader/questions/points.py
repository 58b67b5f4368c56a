"""Where a program is tried: the printed point, hidden points of every size asked for, and small ones for examples.

Each point has the arguments of the call and the expected value of every item, worked out by the engine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy

from grader.engine import Graph
from grader.engine.computation import Computation, Evaluated
from grader.engine.node import Node
from grader.spec.checking import rebuilt, resized
from grader.spec.draw import generator
from grader.spec.inputs import Input
from grader.spec.problem import Problem, Question

Array = Any
MOST_DRAWS = 30
SMALL_POINTS = 12


@dataclass(frozen=True, eq=False)
class Point:
    """A point: its values by name, the size it has, whether it is the printed one, and what is expected there."""

    values: Mapping[str, Array]
    sized: Sized
    printed: bool

    def expected(self, item: str, quantity: str) -> Evaluated:
        """The expected value of an item."""
        return self.sized.computation(quantity).at([self.values[n] for n in self.sized.graph.leaves])

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
    """All points of a question. `printed` and `hidden` are tried for every student, `small` look for an example."""

    def __init__(self, problem: Problem, question: Question, quantities: list[str], shapes: list[Mapping[str, Any]]):
        self.problem, self.question, self.quantities = problem, question, quantities
        inputs = {**problem.inputs, **question.given}
        self.sizes = [self._sized(inputs, {})] + [self._sized(inputs, s) for s in shapes]
        self.rng = generator(f"{problem.id} {question.name}", "hidden points")
        values = {**problem.point, **question.given_point}
        self.printed = Point(values, self.sizes[0], True)
        self.hidden = tuple(self._drawn(len(shapes)))

    def _sized(self, inputs: Mapping[str, Input], shapes: Mapping[str, Any]) -> Sized:
        sized = {n: resized(one, tuple(shapes[n])) if n in shapes else one for n, one in inputs.items()}
        graph = rebuilt(self.problem.graph, sized, self.problem.functions)
        return Sized(graph, inputs, self.question.options.subgradient)

    def _drawn(self, others: int) -> Iterator[Point]:
        """Each other size at least once, and the printed size in turn with them."""
        for n in range(max(self.question.options.draws, others)):
            sized = self.sizes[(n + 1) % len(self.sizes)] if others else self.sizes[0]
            point = self._draw(sized)
            if point is not None:
                yield point

    def _draw(self, sized: Sized) -> Point | None:
        for _ in range(MOST_DRAWS):
            values = {n: one.draw(self.rng, sized.graph.shape(n)) for n, one in sized.inputs.items()}
            point = Point(values, sized, False)
            if all(numpy.all(numpy.isfinite(point.expected(q, q).value)) for q in self.quantities):
                return point
        return None

    @cached_property
    def small(self) -> tuple[Point, ...]:
        """Points of small whole numbers, few of them not 0, at the smallest size; drawn like inputs may be."""
        sized = min(self.sizes, key=lambda s: s.entries)
        rng = generator(f"{self.problem.id} {self.question.name}", "small points")
        found = []
        for n in range(SMALL_POINTS):
            values = {name: _small(one, sized.graph.shape(name), rng, n) for name, one in sized.inputs.items()}
            point = Point(values, sized, False)
            if all(numpy.all(numpy.isfinite(point.expected(q, q).value)) for q in self.quantities):
                found.append(point)
        return tuple(found)


def _small(one: Input, shape: tuple[int, ...], rng: numpy.random.Generator, n: int) -> Array:
    """Small whole numbers like those that an input is drawn as; the first points have entries that are 0."""
    if one.fixed or one.classes is not None:
        return one.draw(rng, shape)
    values = rng.integers(1, 3 + n // 4, size=shape).astype(float)
    if numpy.all(one.draw(rng, (16,)) > 0):
        return values
    signs = rng.choice([-1.0, 1.0], size=shape)
    kept = rng.random(shape) < 0.6 if n < SMALL_POINTS // 2 else 1.0
    return numpy.asarray(values * signs * kept)
