"""The edges of the graph: from each name to the nodes that read it, those of labels and constants too."""

from __future__ import annotations

from typing import Literal

from grader.questions.kind import Kind
from grader.questions.names import EDGES, Judged, Listed, judge_set, no_path
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """An `edges` question; its answer is a list of `a->b`."""

    ask: Literal["edges"]


def prepare(problem: Problem, question: Question) -> Listed:
    """All edges, in the order in which their nodes are worked out."""
    graph = problem.graph
    edges = tuple(f"{j}->{i}" for j, i in graph.edges)

    def judge(given: list[str]) -> Judged:
        return judge_set(given, edges, lambda edge: no_path(graph, edge))

    return Listed(question.name, EDGES, edges, judge)


KIND = Kind("edges", Options, prepare)
