"""`grader solve`: the reference solution as tables in the terminal, as a page, or as one JSON document.

The numbers are the engine's, and the expected answers those that hand-ins are compared with; nothing is derived here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.batch.grading import grade_submission, no_answers
from grader.cli.inputs import open_problems
from grader.cli.outcome import UNUSABLE, first_of
from grader.cli.terminal import bold, indented, safe, say, table, value_text
from grader.engine import Graph
from grader.marking import PreparedProblem
from grader.marking.results import ProblemResult, Value
from grader.report.explained import Explained
from grader.report.numbers import shape_text
from grader.report.results_json import plain
from grader.spec.problem import Problem

MOST_ENTRIES = 10_000
"""A Jacobian of more entries is named by its shape only."""


@dataclass(frozen=True, slots=True)
class Name:
    """A line of the graph: what a name is, its value, and its adjoint where the output has one for it."""

    name: str
    kind: str
    formula: str | None
    value: Value
    adjoint: Value


@dataclass(frozen=True, slots=True)
class Edge:
    """The local Jacobian of an edge; `jacobian` is None where it is too large to print."""

    edge: str
    shape: tuple[int, ...]
    jacobian: Value


def solve(path: str, *, as_json: bool, output: str | None = None) -> int:
    """Print the solution of each problem at `path`, or write it to the page `output`; return the exit status."""
    ready = open_problems(path)
    solutions = grade_submission(ready, no_answers(ready)).result.problems
    pairs = list(zip(ready.problems, solutions, strict=False))
    if output is not None and not _written(output, ready.title, pairs):
        return UNUSABLE
    if as_json:
        say(json.dumps({"format": 1, "problems": [_entry(*pair) for pair in pairs]}, indent=1))
    elif output is None:
        for number, (prepared, solution) in enumerate(pairs):
            if number:
                say()
            _say_solution(prepared.problem, solution)
    return first_of(not_checked=not ready.all_checkable)


def _written(output: str, title: str, pairs: list[tuple[PreparedProblem, ProblemResult]]) -> bool:
    from grader.report.solution import solution_html

    try:
        Path(output).write_text(solution_html(title, pairs), encoding="utf-8", newline="\n")
    except OSError as error:
        say(safe(f"{output} cannot be written: {error.strerror or error}"), error=True)
        return False
    say(f"See {safe(output)}.", error=True)
    return True


def names(problem: Problem) -> Iterator[Name]:
    """All names in order of evaluation, at the printed point."""
    graph = problem.graph
    values = graph.values(problem.point)
    derivable = [n for n in graph.names if n not in graph.labels] if _has_adjoints(graph) else []
    found = graph.evaluate(problem.point, *(graph.quantity(f"adjoint({name})") for name in derivable))
    adjoints = dict(zip(derivable, found, strict=True))
    for name in graph.names:
        kind = "node" if name in graph.nodes else "label" if name in graph.labels else "input"
        kind = "constant" if name in graph.constants and kind == "input" else kind
        value = values[name] + 1 if kind == "label" else values[name]  # a label is written counted from 1
        yield Name(name, kind, graph.formula(name) if kind == "node" else None, value, adjoints.get(name))


def edges(problem: Problem) -> Iterator[Edge]:
    """All edges that have a Jacobian: those from labels have none."""
    graph = problem.graph
    derivable = [(j, i) for j, i in graph.edges if j not in graph.labels]
    small = [e for e in derivable if graph.by_name[e[0]].size * graph.by_name[e[1]].size <= MOST_ENTRIES]
    found = dict(zip(small, graph.evaluate(problem.point, *(graph.edge(j, i) for j, i in small)), strict=True))
    for j, i in derivable:
        scalar = graph.shape(j) == graph.shape(i) == ()
        shape = () if scalar else (graph.by_name[i].size, graph.by_name[j].size)
        yield Edge(f"{j}->{i}", shape, found.get((j, i)))


def _has_adjoints(graph: Graph) -> bool:
    return graph.output is not None and graph.shape(graph.output) == ()


# -- in the terminal


def _say_solution(problem: Problem, solution: ProblemResult) -> None:
    say(bold(safe(problem.title)))
    say()
    with_adjoints = _has_adjoints(problem.graph)
    head = ["name", "formula", "value", *(["adjoint"] if with_adjoints else [])]
    rows = [
        [n.name, n.formula or n.kind, value_text(n.value), *([value_text(n.adjoint)] if with_adjoints else [])]
        for n in names(problem)
    ]
    say(table(head, rows))
    if not with_adjoints:
        say("\n  No adjoints: " + _why_not(problem.graph))
    if any(text.strip() == "any" for text in problem.functions.values()):
        say("\n  A function that is `any` was drawn for this table; other choices give other numbers.")
    say()
    say(table(["edge", "Jacobian"], [[e.edge, _jacobian_text(e)] for e in edges(problem)]))
    say()
    rows = [
        [_item(question.question, item.item), value_text(item.expected)]
        for question in solution.questions
        for item in question.items
    ]
    say(table(["question", "expected answer"], rows))


def _why_not(graph: Graph) -> str:
    if graph.output is None:
        return "the problem names no output, and more than one node is read by nothing."
    return f"the output {graph.output} is no number but {shape_text(graph.shape(graph.output))}."


def _jacobian_text(edge: Edge) -> str:
    if edge.jacobian is None:
        return f"{shape_text(edge.shape)}, too large to print"
    text = value_text(edge.jacobian)
    return text if "\n" not in text else f"{shape_text(edge.shape)}\n{indented(text, 2)}"


def _item(question: str, item: str) -> str:
    return safe(question if item == question else f"{question}, {item}")


# -- as JSON


def _entry(prepared: PreparedProblem, solution: ProblemResult) -> object:
    from grader.report.solution import backward_steps, edge_symbol, forward_steps

    problem, explained = prepared.problem, Explained(prepared)

    def worked(name: str) -> dict[str, object]:
        forward, backward = forward_steps(explained, name), backward_steps(explained, name)
        return {
            "symbol": explained.derivations.symbols(name),
            "forward": {"formula": forward.symbols, "numbers": forward.numbers},
            "reverse": {"rule": backward.symbols, "local": backward.local, "numbers": backward.numbers},
        }

    return plain(
        {
            "problem": problem.id,
            "title": problem.title,
            "output": problem.graph.output,
            "names": [
                {
                    "name": n.name,
                    "kind": n.kind,
                    "formula": n.formula,
                    "value": n.value,
                    "adjoint": n.adjoint,
                    **worked(n.name),
                }
                for n in names(problem)
            ],
            "edges": [
                {
                    "edge": e.edge,
                    "shape": list(e.shape),
                    "jacobian": e.jacobian,
                    "symbol": edge_symbol(explained, *e.edge.split("->")),
                }
                for e in edges(problem)
            ],
            "questions": [
                {
                    "question": question.question,
                    "ask": question.ask,
                    "items": [{"item": item.item, "expected": item.expected} for item in question.items],
                }
                for question in solution.questions
            ],
        }
    )
