"""A problem as the rest of the program sees it: frozen, checked, with its graph and its points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy

from grader.engine import Graph
from grader.errors import Place, ProblemErrors
from grader.spec import document
from grader.spec.inputs import Input
from grader.spec.models import Layout, QuestionOptions, Tolerance
from grader.spec.wording import place_of

Point = dict[str, numpy.ndarray]
"""A value for each input and constant; labels are integers that count from 0."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Question:
    """One question, with what it takes over from its problem.

    `points` are times the problem's weight, `letter` is a, b, c, … in the order of the file; `given` are arguments of
    a Python answer that are no input of the graph, `given_point` their printed values.
    """

    name: str
    letter: str
    options: QuestionOptions
    points: float
    tolerance: Tolerance
    layout: Layout
    release: bool
    value: document.Mapping
    given: Mapping[str, Input] = field(default_factory=dict)
    given_point: Point = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What stands above it on a page."""
        return self.options.title or self.name

    @property
    def place(self) -> Place:
        """Where it begins in its file."""
        return self.value.place

    def place_of(self, *path: str | int) -> Place:
        """The place of an option, for errors that its kind finds."""
        return place_of(self.value, path)


@dataclass(frozen=True, eq=False)
class Example:
    """An answer whose verdicts the author knows: `expect` maps a question to a verdict or items to verdicts."""

    name: str
    answers: document.Mapping | None
    python: str | None
    expect: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, eq=False)
class Problem:
    """A graph and the questions about it. `point` is the printed point."""

    id: str
    title: str
    source: str
    statement: str
    layout: Layout
    tolerance: Tolerance
    symbols: Mapping[str, str]
    graph: Graph
    inputs: Mapping[str, Input]
    functions: Mapping[str, str]
    point: Point
    questions: tuple[Question, ...]
    examples: tuple[Example, ...]
    file: str
    weight: float
    document: document.Mapping

    def draw(self, rng: numpy.random.Generator, shapes: Shapes | None = None) -> Point:
        """A hidden point: every input drawn, in another shape where `shapes` names one."""
        return {name: one.draw(rng, (shapes or {}).get(name)) for name, one in self.inputs.items()}

    def question(self, name: str) -> Question:
        """The question of that name."""
        return next(question for question in self.questions if question.name == name)


@dataclass(frozen=True, eq=False)
class Broken:
    """A problem file that cannot be used, and why; `document` is what it says, as far as it could be read."""

    id: str
    file: str
    errors: ProblemErrors
    document: document.Value | None = None


@dataclass(frozen=True, eq=False)
class Assignment:
    """The problems of a folder, in order; `weights` are factors on their points, which are already applied."""

    title: str
    problems: tuple[Problem, ...]
    weights: Mapping[str, float]
    release: bool
    broken: tuple[Broken, ...] = ()
