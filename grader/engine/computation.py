"""One value that is asked for, as a function of given nodes: its number, how sure it is, and what is free at kinks.

This is what expected answers and follow-through are made of. Analyses and kinks are worked out only when somebody
asks for them, which right answers never do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy

from grader.engine.compile import compile_nodes, prepared
from grader.engine.kinks import Key, Kink, Kinks, Subgradient, key_of
from grader.engine.node import Node
from grader.engine.rounding import Analysis, Rounded

Array = Any


class Computation:
    """`output` as a function of `inputs`; compiled at the first call of `at`."""

    def __init__(self, output: Node, inputs: Sequence[Node], subgradient: Subgradient | None = None) -> None:
        self.output = output
        self.inputs = tuple(inputs)
        self.subgradient = subgradient

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return self.output.shape

    @cached_property
    def run(self) -> Any:
        """The compiled computation."""
        return compile_nodes([self.output], self.inputs)

    @cached_property
    def analysis(self) -> Analysis:
        """The running error analysis."""
        return Analysis([self.output], self.inputs)

    @cached_property
    def kinks(self) -> Kinks:
        """The slopes that may be free."""
        return Kinks([self.output], self.inputs)

    def at(self, values: Sequence[Array], chosen: Mapping[Key, Array] | None = None) -> Evaluated:
        """The value where the inputs have these values, with the choices made so far at kinks."""
        return Evaluated(self, tuple(prepared(v) for v in values), dict(chosen or {}))


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A computation at a point, under the choices made at its kinks."""

    computation: Computation
    values: tuple[Array, ...]
    chosen: dict[Key, Array] = field(default_factory=dict)

    @cached_property
    def value(self) -> Array:
        """The value itself, an array of float64."""
        if self.active:
            return self.under({**self._defaults, **self.chosen})
        return numpy.asarray(self.computation.run(*self.values)[0], dtype=float)

    @cached_property
    def rounded(self) -> Rounded:
        """The value with its rounding error and the largest term that cancels."""
        return self.computation.analysis.at(self.values)[0]

    @cached_property
    def active(self) -> tuple[Kink, ...]:
        """The kinks at this point."""
        return tuple(self.computation.kinks.active(self.values))

    @cached_property
    def _defaults(self) -> dict[Key, Array]:
        how = self.computation.subgradient
        return {k.key: k.default if how is None else k.fixed(how) for k in self.active}

    @cached_property
    def free(self) -> tuple[Kink, ...]:
        """The kinks where a choice is still open."""
        if self.computation.subgradient is not None:
            return ()
        return tuple(k for k in self.active if k.key not in self.chosen)

    def under(self, chosen: Mapping[Key, Array]) -> Array:
        """The value under other choices at the kinks."""
        return numpy.asarray(self.computation.kinks.evaluate(self.values, chosen)[0], dtype=float)

    def choosing(self, chosen: Mapping[Key, Array]) -> Evaluated:
        """The same with more choices made; itself where none of them is about its kinks."""
        if not any(kink.key in chosen for kink in self.active):
            return self
        return Evaluated(self.computation, self.values, {**self.chosen, **chosen})


__all__ = ["Computation", "Evaluated", "Key", "Kink", "key_of"]
