"""The steps of a sweep, one local function at a time: what a node is, given what somebody has for the others.

Forward, reverse and tangent sweeps over the named nodes of a graph, made of the same rules as whole derivatives.
Follow-through is these steps run from a student's own earlier values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from grader.engine.computation import Computation
from grader.engine.graph import Graph
from grader.engine.kinks import Subgradient
from grader.engine.node import Node, leaf
from grader.engine.rules import zeros
from grader.engine.transform import forward, reverse


@dataclass(frozen=True)
class Step:
    """How one item follows from others: `values` names whose values it reads, `earlier` whose items it follows from.

    `node` is the item as a graph of `inputs`: the values, then the earlier items. `parts` are the contributions that
    are added up in it, one for each edge, with the part as it is (`rule`) and with the local derivative taken as 1
    (`as_one`; None where that makes no sense).
    """

    node: Node
    values: tuple[str, ...]
    earlier: tuple[str, ...]
    inputs: tuple[Node, ...]
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Part:
    """The contribution along one edge: `rule` is what it is, `as_one` what it is with the local derivative as 1."""

    edge: tuple[str, str]
    rule: Node
    as_one: Node | None


class Sweep:
    """The steps of sweeps over a graph; a reverse one starts at `output` (None: there is none to start from)."""

    def __init__(self, graph: Graph, output: str | None, subgradient: Subgradient | None = None) -> None:
        self.graph = graph
        self.output = output
        self.subgradient = subgradient
        self._given: dict[str, Node] = {}

    def item_leaf(self, name: str) -> Node:
        """What stands for the adjoint or tangent of a node in the steps of others."""
        return self._given.setdefault(name, leaf(f"item {name}", self.graph.shape(name)))

    def forward_step(self, name: str) -> Step:
        """The value of a node from the values of what it reads."""
        parents = self.graph.parents(name)
        nodes = tuple(self.graph.by_name[p] for p in parents)
        return Step(self.graph.by_name[name], parents, (), nodes)

    def reverse_step(self, name: str) -> Step:
        """The adjoint of a node from the adjoints of those that read it."""
        graph = self.graph
        parts = []
        values: dict[str, None] = {}
        readers = tuple(r for r in graph.readers(name) if r in self.reaching)
        for reader in readers:
            seed = self.item_leaf(reader)
            leaves = graph.local_leaves(reader)
            back = reverse(graph.by_name[reader], [graph.by_name[name]], seed, leaves)[0]
            same = graph.shape(reader) == graph.shape(name)
            parts.append(Part((name, reader), back, seed if same else None))
            values.update(dict.fromkeys(graph.parents(reader)))
        return self._step(name, parts, tuple(values), readers)

    def tangent_step(self, name: str) -> Step:
        """The tangent of a node from the tangents of what it reads."""
        graph = self.graph
        parents = graph.parents(name)
        moving = tuple(p for p in parents if p not in graph.labels and p not in graph.constants)
        parts = []
        for parent in moving:
            seed = self.item_leaf(parent)
            forth = forward(graph.by_name[name], {graph.by_name[parent]: seed}, graph.local_leaves(name))
            same = graph.shape(parent) == graph.shape(name)
            parts.append(Part((parent, name), forth, seed if same else None))
        return self._step(name, parts, parents, moving)

    def _step(self, name: str, parts: list[Part], values: tuple[str, ...], earlier: tuple[str, ...]) -> Step:
        node = parts[0].rule if parts else zeros(self.graph.shape(name))
        for part in parts[1:]:
            node = node + part.rule
        inputs = (*(self.graph.by_name[v] for v in values), *(self.item_leaf(e) for e in earlier))
        return Step(node, values, earlier, inputs, tuple(parts))

    @cached_property
    def reaching(self) -> frozenset[str]:
        """The names from which a path leads to the output, itself among them."""
        found: set[str] = set() if self.output is None else {self.output}
        for name in reversed(self.graph.names):
            if any(r in found for r in self.graph.readers(name)):
                found.add(name)
        return frozenset(found)

    def computation(self, node: Node, step: Step) -> Computation:
        """A part or the whole of a step as something that can be evaluated."""
        return Computation(node, step.inputs, self.subgradient)
