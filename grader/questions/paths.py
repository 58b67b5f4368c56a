"""The paths from one name of the graph to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from grader.engine import Graph
from grader.questions.kind import Kind
from grader.questions.names import PATHS, Judged, Listed, judge_set, no_path
from grader.spec.checking import Checker
from grader.spec.fields import Name
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question

MOST_PATHS = 1_000
MOST_STEPS = 100_000
"""The most paths that a question may ask for, and the most names on all of them."""


class Options(QuestionOptions):
    """A `paths` question; its answer is a list of `u1->u3->u5`."""

    ask: Literal["paths"]
    from_: Name = Field(alias="from", description="where the paths begin")
    to: Name = Field(description="where they end")

    def check(self, checker: Checker) -> None:
        """Both ends are names of the graph, and the paths between them can be written down."""
        super().check(checker)
        known = [checker.name(self.from_, "from"), checker.name(self.to, "to")]
        if not all(known):
            return
        if self.from_ == self.to:
            checker.report(f"the paths begin and end at {self.to}", "to", hint="Write another name.")
            return
        paths, steps = count_paths(checker.graph, self.from_, self.to)
        if paths > MOST_PATHS or steps > MOST_STEPS:
            message = f"{_many(paths)} paths lead from {self.from_} to {self.to}, more than anybody writes down"
            checker.report(message, hint="Choose ends that are nearer to each other.")


def _many(count: int) -> str:
    return f"{count:,}" if count < 10**9 else "more than 1,000,000,000"


def count_paths(graph: Graph, start: str, end: str) -> tuple[int, int]:
    """How many paths lead from one name to the other, and how many names stand on them together."""
    counts = {start: (1, 1)}
    for name in graph.nodes:
        found = [counts[parent] for parent in graph.parents(name) if parent in counts]
        if found and name != start:
            paths = sum(count for count, _ in found)
            counts[name] = paths, paths + sum(steps for _, steps in found)
    return counts.get(end, (0, 0))


def paths_between(graph: Graph, start: str, end: str) -> Iterator[tuple[str, ...]]:
    """Each path, in the order of the graph; nothing is followed that does not lead to the end."""
    leading = _leading_to(graph, end)
    way = [start]
    turns = [iter(graph.readers(start))]
    while turns:
        name = next((n for n in turns[-1] if n in leading), None)
        if name is None:
            way.pop()
            turns.pop()
        elif name == end:
            yield (*way, name)
        else:
            way.append(name)
            turns.append(iter(graph.readers(name)))


def _leading_to(graph: Graph, end: str) -> set[str]:
    found = {end}
    for name in reversed(graph.nodes):
        if name in found:
            found.update(graph.parents(name))
    return found


def prepare(problem: Problem, question: Question) -> Listed:
    """All paths between the two names; there may be none."""
    options, graph = question.options, problem.graph
    assert isinstance(options, Options)  # noqa: S101
    paths = tuple("->".join(path) for path in paths_between(graph, options.from_, options.to))

    def why(path: str) -> str:
        names = path.split("->")
        if names[0] == options.to and names[-1] == options.from_:
            return f"it is written backwards, and the paths from {options.from_} to {options.to} were asked"
        return no_path(graph, path) or f"it does not lead from {options.from_} to {options.to}"

    def judge(given: list[str]) -> Judged:
        return judge_set(given, paths, why)

    return Listed(question.name, PATHS, paths, judge)


KIND = Kind("paths", Options, prepare)
