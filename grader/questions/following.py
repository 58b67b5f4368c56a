"""Follow-through: what an item would be by the right local rule from a student's own earlier values.

Runs the engine's steps of a sweep from what was given. Also decides whether following proves anything: where a wrong
local rule gives the same numbers from the student's values, though not from the expected ones, it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy

from grader.comparing import widths
from grader.engine import Graph
from grader.engine.computation import Computation, Evaluated
from grader.engine.kinks import Key, Subgradient
from grader.engine.node import Node, constant, topological
from grader.engine.rules import broadcast, total, zeros
from grader.engine.sweep import Part, Step, Sweep
from grader.engine.transform import jacobian, reverse
from grader.questions.evidence import Carries, Given
from grader.spec.models import Tolerance
from grader.spec.problem import Problem, Question

Array = Any
Values = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class State:
    """One way to see what a student had before an item: values of the forward pass, items of the sweep, what is theirs.

    `own` are the names (items or values) that differ from the expected ones.
    """

    values: Values
    items: dict[str, Array]
    own: set[str]
    uncertain: dict[str, Array]


class Following:
    """The steps of one sweep over a graph at one point, for all students.

    `true_values` are those of the forward pass, `true_items` those of the sweep, for every name that has one;
    `order` is the order in which the items are worked out. `steps` are those of items that belong to no sweep of the
    engine.
    """

    def __init__(
        self,
        graph: Graph,
        mode: Carries,
        true_values: Values,
        true_items: Values,
        order: tuple[str, ...],
        output: str | None = None,
        subgradient: Subgradient | None = None,
        steps: Mapping[str, Step] | None = None,
    ) -> None:
        self.graph = graph
        self.mode = mode
        self.true_values = true_values
        self.true_items = true_items
        self.order = order
        self.sweep = Sweep(graph, output, subgradient)
        self._steps: dict[str, Step | None] = dict(steps or {})
        self._computations: dict[tuple[Node, int], Computation] = {}
        self._slopes: dict[tuple[Node, Node], Node] = {}
        self._factor_runs: dict[str, list[Computation]] = {}

    def step(self, name: str) -> Step | None:
        """How the item of `name` follows from others; None where it follows from nothing (an input, the output's 1)."""
        if name not in self._steps:
            self._steps[name] = self._made(name)
        return self._steps[name]

    def _made(self, name: str) -> Step | None:
        if self.mode == "reverse":
            at_end = name == self.sweep.output or name not in self.sweep.reaching
            return None if at_end else self.sweep.reverse_step(name)
        if name not in self.graph.nodes:
            return None
        return self.sweep.forward_step(name) if self.mode == "forward" else self.sweep.tangent_step(name)

    def states(
        self, given: Mapping[str, Given], asked: frozenset[str], upto: str, values: Mapping[str, Given] | None
    ) -> Iterator[State]:
        """The ways to see what came before the item `upto`, each to be tried once.

        What was right may stand for the exact value or for the digits that were typed; the forward pass for the
        expected values or, where a question depends on it, for the student's own (`values`).
        """
        wrong = {n: g for n, g in given.items() if not g.right}
        seen: list[State] = []
        for passed in ({}, dict(values or {})):
            if values is None and seen:
                break
            forward = self._carried_values(passed)
            for kept in (wrong, dict(given)):
                state = self._state(kept, asked, upto, forward, {n for n in passed if not passed[n].right})
                if state is not None:
                    seen.append(state)
                    yield state

    def _carried_values(self, passed: Mapping[str, Given]) -> tuple[Values, set[str]]:
        """The forward pass from what a student gave for some names; names not given follow from the others."""
        if not passed:
            return self.true_values, set()
        plain = Following(self.graph, "forward", self.true_values, self.true_values, self.graph.nodes)
        state = plain._state(passed, frozenset(passed), None, (self.true_values, set()), set())
        return ({**self.true_values, **state.items}, state.own) if state else (self.true_values, set())

    def _state(
        self,
        given: Mapping[str, Given],
        asked: frozenset[str],
        upto: str | None,
        forward: tuple[Values, set[str]],
        own_values: set[str],
    ) -> State | None:
        values, moved = forward
        state = State(values, dict(self.true_items), set(), {})
        for name in self.order:
            if name == upto:
                break
            if name in given:
                if not numpy.array_equal(given[name].values, self.true_items[name]):
                    state.items[name] = given[name].values
                    state.own.add(name)
                    if not given[name].right:
                        state.uncertain[name] = given[name].half_unit
            elif name not in asked and self._touched(name, state, moved):
                state.items[name] = self.follow(name, state).value
                state.own.add(name)
        touched = upto is None or self._touched(upto, state, moved)
        return state if touched else None

    def _touched(self, name: str, state: State, moved: set[str]) -> bool:
        step = self.step(name)
        if step is None:
            return False
        read = step.values if self.mode == "forward" else step.earlier
        return any(n in state.own for n in read) or any(n in moved for n in step.values)

    def follow(self, name: str, state: State, chosen: Mapping[Key, Array] | None = None) -> Evaluated:
        """The item of `name` by the right rule from a state."""
        step = self.step(name)
        assert step is not None  # noqa: S101 - states are only made for such items
        return self._computation(step.node, step).at(self._inputs(step, state), chosen)

    def _inputs(self, step: Step, state: State) -> list[Array]:
        values = state.items if self.mode == "forward" else state.values
        read = [values[v] if v in values else state.values[v] for v in step.values]
        return [*read, *(state.items[e] for e in step.earlier)]

    def _computation(self, node: Node, step: Step) -> Computation:
        key = (node, id(step))
        if key not in self._computations:
            self._computations[key] = self.sweep.computation(node, step)
        return self._computations[key]

    def rounding_of_typed(self, name: str, state: State) -> Array:
        """How far the item may move with the digits that the student's own wrong values were rounded to."""
        step = self.step(name)
        assert step is not None  # noqa: S101
        width = numpy.zeros(self.graph.shape(name))
        read = step.values if self.mode == "forward" else step.earlier
        nodes = step.inputs if self.mode == "forward" else step.inputs[len(step.values) :]
        for earlier, node in zip(read, nodes, strict=True):
            half = state.uncertain.get(earlier)
            if half is not None and numpy.any(half):
                slope = self._computation(self._slope(step, node), step).at(self._inputs(step, state)).value
                width = width + (numpy.abs(numpy.nan_to_num(slope)) @ half.reshape(-1)).reshape(width.shape)
        return width

    def _slope(self, step: Step, node: Node) -> Node:
        key = (step.node, node)
        if key not in self._slopes:
            self._slopes[key] = jacobian(step.node, node, frozenset(step.inputs) - {node})
        return self._slopes[key]

    # ---- is following a proof? ------------------------------------------------------------------------------------

    @cached_property
    def _truth(self) -> State:
        return State(self.true_values, dict(self.true_items), set(), {})

    def hides(self, name: str, state: State, tolerance: Tolerance) -> str | None:
        """Why following from this state proves nothing, in one sentence; None where it does."""
        step = self.step(name)
        assert step is not None  # noqa: S101
        if self.mode == "forward":
            return self._swallowed(name, step, state)
        return self._unseen(step, state, tolerance)

    def _unseen(self, step: Step, state: State, tolerance: Tolerance) -> str | None:
        """Whether a derivative that is missing, negated or taken as 1 would show at the truth but not here."""
        there, here = (self._computation(step.node, step).at(self._inputs(step, s)).value for s in (self._truth, state))
        width = numpy.minimum(widths(there, tolerance), widths(here, tolerance))
        for part in step.parts:
            if self._shows(step, part, self._truth, width) & ~self._shows(step, part, state, width):
                j, i = part.edge
                return (
                    f"From your own earlier values a wrong derivative on {j}->{i} would give the same number, "
                    "so this does not show that the rule is right."
                )
        return None

    def _shows(self, step: Step, part: Part, state: State, width: Array) -> int:
        """Which wrong rules for a part would show in the item, as bits: missing, negated, taken as 1."""
        inputs = self._inputs(step, state)
        own = self._computation(part.rule, step).at(inputs).value
        as_one = self._computation(self._as_one(part), step).at(inputs).value
        shows = 0
        for bit, change in enumerate((own, 2 * own, own - as_one)):
            shows |= bool(numpy.any(numpy.abs(change) > width)) << bit
        return shows

    def _as_one(self, part: Part) -> Node:
        if part.as_one is not None:
            return part.as_one
        seed = self.sweep.item_leaf(part.edge[1] if self.mode == "reverse" else part.edge[0])
        if seed.shape == ():
            return broadcast(seed, part.rule.shape)
        return broadcast(total(seed), part.rule.shape) if part.rule.shape == () else zeros(part.rule.shape)

    def _swallowed(self, name: str, step: Step, state: State) -> str | None:
        """Whether a factor that is 0 only in the student's values hides the other factors of a product."""
        factors = _factors(step.node, frozenset(step.inputs))
        if not factors:
            return None
        if name not in self._factor_runs:
            self._factor_runs[name] = [Computation(f, step.inputs) for f in factors]
        for run in self._factor_runs[name]:
            here = run.at(self._inputs(step, state)).value
            if not numpy.any(here) and numpy.any(run.at(self._inputs(step, self._truth)).value):
                return "A factor is 0 in your own earlier values and hides the others, so this does not show the rule."
        return None


def following_values(problem: Problem, question: Question) -> Following:
    """Follow-through of a forward pass."""
    graph = problem.graph
    true = graph.values(problem.point)
    return Following(graph, "forward", true, true, graph.nodes, None, question.options.subgradient)


def following_adjoints(problem: Problem, question: Question, of: str) -> Following | None:
    """Follow-through of a reverse sweep from the node `of`; None where that is no name: no sweep starts there."""
    graph = problem.graph
    if of not in graph.by_name or graph.shape(of) != ():
        return None
    names = tuple(n for n in reversed(graph.names) if n not in graph.labels)
    nodes = reverse(graph.by_name[of], [graph.by_name[n] for n in names], constant(1.0))
    true = dict(zip(names, graph.snapped(problem.point, *nodes), strict=True))
    return Following(graph, "reverse", graph.values(problem.point), true, names, of, question.options.subgradient)


def following_tangents(problem: Problem, question: Question, tangents: Mapping[str, Node]) -> Following:
    """Follow-through of a forward sweep of tangents; `tangents` are those of all names that have one."""
    graph = problem.graph
    true = dict(zip(tangents, graph.snapped(problem.point, *tangents.values()), strict=True))
    values = graph.values(problem.point)
    return Following(graph, "tangent", values, true, tuple(tangents), None, question.options.subgradient)


def _factors(node: Node, leaves: frozenset[Node]) -> list[Node]:
    """Every factor of every product that a local function takes."""
    found: dict[Node, None] = {}
    for part in topological([node], leaves):
        if part in leaves:
            continue
        if part.op.name in ("mul", "matmul", "solve"):
            found.update(dict.fromkeys(part.args))
        elif part.op.name == "div":
            found[part.args[0]] = None
    return list(found)
