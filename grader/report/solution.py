"""The solution sheet: forward and backward table, each adjoint's chain rule, edge Jacobians, the graph, the answers.

One file for an instructor, complete and with its style sheet inside. Expected answers are those that hand-ins are
compared with; how they come about is `explained`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from grader.engine.derivation import Derivation
from grader.marking import PreparedProblem
from grader.marking.results import ProblemResult, QuestionResult, Value
from grader.report.explained import Explained, Sweep
from grader.report.markdown import markdown
from grader.report.mathematics import mathml
from grader.report.numbers import Shown, shape_text, shown
from grader.report.pages import html, letters, render
from grader.report.prompts import prompt_html
from grader.report.writer import Head


@dataclass(frozen=True, slots=True)
class Steps:
    """How a value is worked out, in LaTeX: in symbols, with local derivatives, with numbers; empty where nothing is."""

    symbols: str = ""
    local: str = ""
    numbers: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a table; `formulas` are what is shown of its steps."""

    name: str
    label: Markup
    value: Shown
    formulas: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    letter: str
    anchor: str
    result: QuestionResult
    prompt: Markup
    answers: tuple[tuple[str, Markup | None, Shown], ...]


@dataclass(frozen=True, slots=True)
class _Problem:
    anchor: str
    title: str
    source: str
    statement: Markup
    drawing: Markup | None
    forward: tuple[_Row, ...]
    backward: tuple[_Row, ...]
    edges: tuple[_Row, ...]
    questions: tuple[_Question, ...]


def solution_html(title: str, pairs: Sequence[tuple[PreparedProblem, ProblemResult]]) -> str:
    """The sheet of some problems with their expected answers."""
    problems = [_problem(f"p{number}", *pair) for number, pair in enumerate(pairs, 1)]
    return render("solution.html", head=Head(title, (), standalone=True), title=title, problems=problems)


def forward_steps(explained: Explained, name: str) -> Steps:
    """How a node's value comes from what it reads."""
    found = explained.derivations.forward(name)
    return Steps(found.local, "", " = ".join(dict.fromkeys(t for t in (found.numbers, found.result) if t)))


def backward_steps(explained: Explained, name: str) -> Steps:
    """The chain rule at a name; nothing where it has no adjoint."""
    if name not in explained.derivations.adjoints:
        return Steps()
    found = explained.derivations.reverse(name)
    return Steps(found.in_symbols, found.with_local, found.with_numbers)


def edge_symbol(explained: Explained, j: str, i: str) -> str:
    """The local Jacobian of an edge in symbols; empty where there is no short form, or it is large."""
    found = explained.jacobian(j, i)
    return found.symbol if found is not None else ""


def _problem(anchor: str, prepared: PreparedProblem, result: ProblemResult) -> _Problem:
    explained = Explained(prepared)
    problem = prepared.problem
    sweep = Sweep("reverse", explained.derivations, problem.graph.output)
    return _Problem(
        anchor,
        problem.title,
        problem.source,
        markdown(problem.statement) if problem.statement.strip() else Markup(),
        explained.drawing(sweep, explained.values, {}, whole=True, prefix=f"{anchor}g"),
        tuple(_forward(explained)),
        tuple(_backward(explained)),
        tuple(_edges(explained)),
        tuple(_questions(anchor, explained, prepared, result)),
    )


def _forward(explained: Explained) -> Iterator[_Row]:
    kinds = (("label", explained.graph.labels), ("constant", explained.graph.constants))
    for name in explained.graph.names:
        steps = forward_steps(explained, name)
        kind = next((word for word, names in kinds if name in names), "input")
        formulas = (
            (html("{}", kind),) if name in explained.graph.leaves else (_math(steps.symbols), _math(steps.numbers))
        )
        yield _Row(name, explained.name(name), shown(explained.values[name]), tuple(f for f in formulas if f))


def _backward(explained: Explained) -> Iterator[_Row]:
    for name, value in explained.derivations.adjoints.items():
        found: Derivation = explained.derivations.reverse(name)
        if name == explained.derivations.output:
            yield _Row(name, explained.name(name), shown(value), (Markup("start of the sweep"),))
            continue
        steps = backward_steps(explained, name)
        texts = dict.fromkeys(t for t in (steps.symbols, steps.local, steps.numbers if found.numbers else "") if t)
        yield _Row(name, explained.name(name), shown(value), tuple(mathml(text) for text in texts))


def _edges(explained: Explained) -> Iterator[_Row]:
    for j, i in explained.graph.edges:
        if j in explained.graph.labels:
            continue
        found = explained.jacobian(j, i)
        if found is None:
            shape = shape_text((explained.graph.by_name[i].size, explained.graph.by_name[j].size))
            yield _Row(f"{j}->{i}", explained.name(f"{j}->{i}"), shown(f"{shape}, too large to print"), ())
        else:
            value: Value = found.value
            yield _Row(
                f"{j}->{i}", explained.name(f"{j}->{i}"), shown(value), (_math(found.symbol),) if found.symbol else ()
            )


def _questions(
    anchor: str, explained: Explained, prepared: PreparedProblem, result: ProblemResult
) -> Iterator[_Question]:
    for letter, question in zip(letters(), result.questions, strict=False):
        alone = len(question.items) == 1
        answers = tuple(
            (
                item.item,
                None if alone and item.item == question.question else explained.name(item.item),
                shown(item.expected),
            )
            for item in question.items
        )
        prompt = prompt_html(explained, prepared.problem.question(question.question))
        yield _Question(letter, f"{anchor}-{letter}", question, prompt, answers)


def _math(text: str) -> Markup:
    return mathml(text) if text else Markup()
