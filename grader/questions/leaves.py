"""The leaves of the graph: its inputs, by name.

Labels and constants that a node reads are leaves too. What only a question reads is in no drawing of the graph, and a
node whose formula is a constant is computed from nothing: these may be named or left out.
"""

from __future__ import annotations

from typing import Literal

from grader.questions.kind import Kind
from grader.questions.names import NAMES, Judged, Listed, judge_set, listing
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """A `leaves` question; its answer is a list of names."""

    ask: Literal["leaves"]


def prepare(problem: Problem, question: Question) -> Listed:
    """The inputs and constants that a node reads."""
    graph = problem.graph
    leaves = tuple(name for name in graph.leaves if graph.readers(name))
    other = {name for name in graph.names if not graph.parents(name)} - set(leaves)

    def why(name: str) -> str:
        return f"it reads {listing(graph.parents(name))}" if name in graph.by_name else "the graph has no such name"

    def judge(given: list[str]) -> Judged:
        return judge_set(given, leaves, why, other)

    return Listed(question.name, NAMES, leaves, judge)


KIND = Kind("leaves", Options, prepare)
