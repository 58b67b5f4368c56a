"""One order of evaluation of the graph: every computed node once, each after what it reads.

Any such order is right. Inputs may stand in it, before what reads them, or be left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from grader.engine import Graph
from grader.questions.kind import Kind
from grader.questions.names import NAMES, Judged, Listed, listing, verb
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """An `order` question; its answer is a list of names."""

    ask: Literal["order"]


def prepare(problem: Problem, question: Question) -> Listed:
    """The order of the graph stands for all that are right."""
    graph = problem.graph
    return Listed(question.name, NAMES, graph.nodes, lambda given: _judge(graph, given))


def _judge(graph: Graph, given: Sequence[str]) -> Judged:
    found = [*_wrong_names(graph, given), *_too_early(graph, given)]
    return Judged("wrong", " ".join(found)) if found else Judged("correct")


def _wrong_names(graph: Graph, given: Sequence[str]) -> list[str]:
    """What is missing, unknown or named more than once."""
    times = Counter(given)
    missing = [name for name in graph.nodes if name not in times]
    unknown = [name for name in times if name not in graph.by_name]
    twice = [name for name, count in times.items() if count > 1]
    found = [f"{listing(missing)} {verb(missing, 'is', 'are')} missing."] if missing else []
    if unknown:
        found.append(f"{listing(unknown)} {verb(unknown, 'is no name', 'are no names')} of this graph.")
    if twice:
        found.append(f"{listing(twice)} {verb(twice, 'stands', 'stand')} in the order more than once.")
    return found


def _too_early(graph: Graph, given: Sequence[str]) -> list[str]:
    """The first name that comes before something that it reads."""
    first = {name: place for place, name in reversed(list(enumerate(given)))}
    for place, name in enumerate(given):
        later = [parent for parent in graph.parents(name) if first.get(parent, -1) > place]
        if later:
            return [f"{name} comes before {listing(later)}, which it reads.", *_backwards(graph, first)]
    return []


def _backwards(graph: Graph, places: dict[str, int]) -> list[str]:
    """A word to those who began at the end."""
    steps = [(places[j], places[i]) for j, i in graph.edges if j in places and i in places]
    backwards = len(steps) > 1 and all(before > after for before, after in steps)
    return ["The whole order is backwards: begin with what reads nothing but inputs."] if backwards else []


KIND = Kind("order", Options, prepare)
