"""students/<id>.html: one student's own page, from the copy that holds what the student may see and nothing else.

The folder is complete in itself, with its style sheet, so that it can be handed out as it is. What is shown of a graph
beside the student's items comes from `explained`; where a question of a problem is hidden, nothing does but the graph
itself, and that only where no hidden question asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy
from markupsafe import Markup

from grader.answers.number import short
from grader.marking.marks import first_to_fix
from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult, Value
from grader.questions.evidence import Check
from grader.report.explained import Explained, Line, Mark, Sweep, Why, array_math, brief
from grader.report.folder import Folder
from grader.report.markdown import markdown
from grader.report.names import safe_name
from grader.report.numbers import Shown, shown_pair
from grader.report.pages import STYLE, html, letters, name_html, render, style
from grader.report.plot import error_plot
from grader.report.prompts import prompt_html
from grader.report.states import RECEIVED, STATES, State, state_of, verdicts_in
from grader.report.writer import Head, Summary
from grader.spec.document import Mapping as Written
from grader.spec.problem import Question

FOLDER = "students"
MOST_MESSAGES = 50
MANY = 3
"""From more problems than this, what is all right is folded too."""
NUMERIC = frozenset({"value", "values", "gradient", "jacobian", "edge_jacobians", "trace", "function"})
"""Questions whose answer is not the graph itself: the graph may be drawn while they are hidden."""
PLAIN = re.compile(r"[-+\d.eE\[\], ]*")
"""A list of numbers, which is read as it stands."""


def page_of(student: str) -> str:
    """Where the page of a student is, from the report folder."""
    return f"{FOLDER}/{safe_name(student)}.html"


class StudentPage:
    """A page for each student."""

    pages: ClassVar[bool] = True
    last: ClassVar[bool] = False

    def __init__(self, head: Head) -> None:
        self._maker = PageMaker(head)

    def part(self, result: StudentResult, shown: StudentResult) -> tuple[str, str]:
        """The name of the page, and the page."""
        return page_of(shown.student), self._maker.page(shown)

    def open(self, folder: Folder) -> None:
        """Write the style sheet, unless each page has its own."""
        self._folder = folder
        if not self._maker.head.standalone:
            folder.write(f"{FOLDER}/{STYLE}", style())

    def add(self, part: tuple[str, str]) -> None:
        """Write one page."""
        self._folder.write(*part)

    def close(self, summary: Summary) -> None:
        """Nothing is left to do."""


WRITER = StudentPage


def student_html(shown: StudentResult, head: Head) -> str:
    """The page of one student."""
    return PageMaker(head).page(shown)


# ---- what the page shows ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """An item; `label` is None for the only item of a question, which has the question's name.

    `reading` is what was typed, where it was read as something else. A message of several lines, or beside a column
    of how values are worked out, has a line of the table for itself (`more`).
    """

    item: ItemResult
    label: Markup | None
    state: State
    answer: Shown
    expected: Shown
    first: bool
    more: bool
    reading: str
    value: str
    worked: Markup


@dataclass(frozen=True, slots=True)
class _Program:
    """What became of an item of a program: counts, checks and the plot of the gradient check."""

    row: _Row
    passed: int
    failed: int
    plot: Markup


@dataclass(frozen=True, slots=True)
class _Question:
    """A question with its letter and the place on the page where it stands. `table` is its heading as a sweep."""

    letter: str
    anchor: str
    result: QuestionResult
    state: State
    word: Markup | str
    prompt: Markup
    hints: tuple[Markup, ...]
    rows: tuple[_Row, ...]
    programs: tuple[_Program, ...]
    with_expected: bool
    with_reasons: bool
    with_worked: bool
    with_values: bool
    table: str


@dataclass(frozen=True, slots=True)
class _Graph:
    """The drawing, and why the first wrong value is what it is."""

    drawing: Markup
    title: str
    why: Why | None
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Section:
    """A problem. `folded` says why it is closed: nothing, or right."""

    anchor: str
    result: ProblemResult
    questions: tuple[_Question, ...]
    statement: Markup
    graph: _Graph | None
    main: _Question | None
    folded: str

    @property
    def programs(self) -> list[_Question]:
        """The questions that are shown as programs."""
        return [question for question in self.questions if question.programs]

    @property
    def parts(self) -> bool:
        """Whether there is more than a list of answers."""
        return bool(self.graph or self.main or self.programs)


@dataclass(frozen=True, slots=True)
class _First:
    """Where to begin, and what is right before it."""

    section: _Section
    question: _Question
    row: _Row
    before: Markup


class PageMaker:
    """Pages of one assignment; what is the same for all students is worked out once."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self._explained = {name: Explained(prepared) for name, prepared in head.prepared.items()}

    def page(self, shown: StudentResult) -> str:
        """The page of one student."""
        sections = [self._section(number, problem, shown) for number, problem in enumerate(shown.problems, 1)]
        return render(
            "student.html",
            head=self.head,
            title=self.head.title,
            student=shown,
            sections=sections,
            nothing=[section for section in sections if section.folded == "nothing"],
            alone=len(sections) == 1 and sections[0].result.title == self.head.title,
            many=len(sections) > MANY,
            first=self._first(sections),
            messages=shown.messages[:MOST_MESSAGES],
            more_messages=len(shown.messages) - MOST_MESSAGES,
            meanings=_meanings(shown),
        )

    def _section(self, number: int, problem: ProblemResult, shown: StudentResult) -> _Section:
        explained = self._explained.get(problem.problem)
        return _Sectioned(f"p{number}", problem, shown, explained).section()

    def _first(self, sections: list[_Section]) -> _First | None:
        """Where to begin; None where nothing is wrong, or where that is not to be seen yet."""
        for section in sections:
            for question in section.questions:
                for row in question.rows:
                    if row.first:
                        return _First(section, question, row, self._before(section, question, row))
        return None

    def _before(self, section: _Section, question: _Question, row: _Row) -> Markup:
        """What was right before the first wrong value, in the order of the computation."""
        explained = self._explained.get(section.result.problem)
        if explained is None or row.item.verdict != "wrong" or question is not section.main:
            return Markup()
        right = []
        for other in question.rows:
            if other is row:
                break
            if other.item.verdict == "correct":
                right.append(other.item.item)
        return explained.listing(right) if right else Markup()


class _Sectioned:
    """Works out the section of one problem for one student."""

    def __init__(self, anchor: str, problem: ProblemResult, shown: StudentResult, explained: Explained | None) -> None:
        self.anchor, self.problem, self.explained = anchor, problem, explained
        self.first = shown.first_to_fix
        self.several = len(shown.problems) > 1
        self.folded = self._folded(len(shown.problems))
        self.whole = explained is not None and not any(q.hidden for q in problem.questions)
        self.own_first = first_to_fix((problem,))
        self.main = self._main()

    def section(self) -> _Section:
        """The section."""
        pairs = zip(letters(), self.problem.questions, strict=False)
        questions = tuple(self._question(letter, question) for letter, question in pairs)
        main = next((q for q in questions if self.main is not None and q.result is self.main), None)
        statement = self.explained.problem.statement if self.explained else ""
        return _Section(
            self.anchor,
            self.problem,
            questions,
            markdown(statement) if statement.strip() else Markup(),
            None if self.folded else self._graph(),
            None if self.folded else main,
            self.folded,
        )

    def _folded(self, problems: int) -> str:
        questions = self.problem.questions
        if problems == 1 or self.problem.message is not None:
            return ""
        if all(q.verdict == "missing" and q.message is None for q in questions):
            return "nothing"
        right = problems > MANY and all(q.verdict == "correct" and q.hidden is None for q in questions)
        return "right" if right else ""

    def _asked(self, question: QuestionResult) -> Question | None:
        """The question as its author wrote it."""
        if self.explained is None:
            return None
        return next((q for q in self.explained.problem.questions if q.name == question.question), None)

    def _sweep(self, question: QuestionResult) -> Sweep | None:
        asked = self._asked(question)
        return self.explained.sweep(asked) if self.explained is not None and asked is not None else None

    def _main(self) -> QuestionResult | None:
        """The question that is drawn: that of the first wrong value, or the last sweep that was answered."""
        found = [q for q in self.problem.questions if q.hidden != "all" and self._sweep(q) is not None]
        for question in found:
            if self.own_first is not None and self.own_first[1] == question.question:
                return question
        answered = [q for q in found if q.verdict != "missing"] or found
        return max(answered, key=lambda q: q.ask == "trace", default=None) if answered else None

    # ---- questions ----------------------------------------------------------------------------------------------

    def _question(self, letter: str, question: QuestionResult) -> _Question:
        asked = self._asked(question)
        items = () if question.hidden == "all" else question.items
        first = self.first[2] if self.first and self.first[:2] == (self.problem.problem, question.question) else None
        sweep = self._sweep(question) if self.whole else None
        rows = tuple(self._row(item, question, asked, sweep, item.item == first) for item in items)
        with_values = sweep is not None and sweep.mode == "reverse" and question.ask == "trace"
        anchor = f"{self.anchor}-{letter}"
        return _Question(
            letter,
            anchor,
            question,
            state_of(question),
            self._word(question, rows),
            prompt_html(self.explained, asked) if self.explained and asked else Markup(),
            _hints(asked, question),
            rows,
            _programs(rows, anchor) if question.ask == "function" else (),
            with_expected=question.hidden is None and any(item.expected is not None for item in items),
            with_reasons=any((row.item.message and not row.more) or row.item.checks for row in rows),
            with_worked=any(row.worked for row in rows),
            with_values=with_values,
            table=sweep.title if sweep else "",
        )

    def _row(
        self, item: ItemResult, question: QuestionResult, asked: Question | None, sweep: Sweep | None, first: bool
    ) -> _Row:
        differ = item.verdict in ("wrong", "follow_through")
        answer, expected = shown_pair(item.answer, item.expected, differ=differ)
        label = None
        if item.item != question.question or len(question.items) != 1:
            label = self.explained.name(item.item) if self.explained else name_html(item.item)
        worked, value = Markup(), ""
        if self.explained is not None and asked is not None and sweep is not None:
            worked = self.explained.worked(asked, item.item)
            if sweep.mode == "reverse":
                value = brief(self._values().get(sweep.node_of.get(item.item, "")))
        more = "\n" in (item.message or "").strip("\n") or bool(item.message and sweep)
        reading = _reading(question, item, answer)
        return _Row(item, label, STATES[item.verdict], answer, expected, first, more, reading, value, worked)

    def _word(self, question: QuestionResult, rows: tuple[_Row, ...]) -> Markup | str:
        """The word of the state, made specific where that helps."""
        state = state_of(question)
        if question.hidden == "all" or question.verdict not in ("wrong", "partial"):
            return state.word
        if question.ask == "function":
            done = [check for row in rows for check in row.item.checks]
            failed = sum(check.passed is False for check in done)
            return f"{failed} of {len(done)} checks fail" if failed else state.word
        own = self.own_first
        if own is not None and own[1] == question.question and len(rows) > 1 and self.explained is not None:
            row = next(row for row in rows if row.item.item == own[2])
            if row.item.verdict == "wrong":
                return html("<span>first error at {}</span>", row.label or question.title)
        return state.word

    # ---- the graph ----------------------------------------------------------------------------------------------

    def _values(self) -> Mapping[str, Value]:
        """The forward values that may be seen: all of them, or those of the inputs and of items shown in full."""
        explained = self.explained
        assert explained is not None  # noqa: S101 - asked for only where there is a graph
        if self.whole:
            return explained.values
        found: dict[str, Value] = {name: explained.values[name] for name in explained.graph.leaves}
        for question in self.problem.questions:
            sweep = self._sweep(question)
            if question.hidden is None and sweep is not None and sweep.mode == "forward":
                found.update({sweep.node_of[i.item]: i.expected for i in question.items if i.item in sweep.node_of})
        return found

    def _graph(self) -> _Graph | None:
        explained, main = self.explained, self.main
        if explained is None or not self._may_be_drawn():
            return None
        if not self.whole and main is None:
            return None
        asked = self._asked(main) if main else None
        sweep = explained.sweep(asked) if asked else None
        items = main.items if main else ()
        marks = {
            i.item: Mark(STATES[i.verdict], i.answer, i.expected)
            for i in items
            if sweep is not None and i.item in sweep.node_of
        }
        first = self._first_wrong(main)
        node = sweep.node_of.get(first.item) if sweep and first else None
        why, lost = self._why(asked, first) if asked and first else (None, ())
        words = _told(first, sweep, str(node)) if first and sweep and node else ""
        drawing = explained.drawing(sweep, self._values(), marks, whole=self.whole, prefix=f"{self.anchor}g",
                                    first=node, lost=lost, words=words)  # fmt: skip
        if drawing is None:
            return None
        title = "Where it happened" if first else "The graph"
        return _Graph(drawing, title, why, _kinds(drawing))

    def _may_be_drawn(self) -> bool:
        return all(q.hidden is None or q.ask in NUMERIC for q in self.problem.questions)

    def _first_wrong(self, main: QuestionResult | None) -> ItemResult | None:
        own = self.own_first
        if main is None or own is None or own[1] != main.question:
            return None
        return next((i for i in main.items if i.item == own[2] and i.verdict == "wrong"), None)

    def _why(self, asked: Question, first: ItemResult) -> tuple[Why | None, tuple[tuple[str, str], ...]]:
        """Why the first wrong value is what it is, and the edges whose share is not in the student's."""
        explained = self.explained
        if explained is None or not self.whole:
            return None, ()
        why = explained.why(asked, first.item)
        if why is None:
            return None, ()
        kept = explained.kept(asked, first.item, first.answer)
        if kept is None:
            given = first.answer if isinstance(first.answer, (float, numpy.ndarray)) else None
            if given is None:
                return why, ()
            yours = Line(Markup("What you gave"), array_math(given), bad=True)
            return Why(why.heading, why.sentence, (*why.lines, yours)), ()
        yours, lost = explained.share(asked, first.item, kept)
        return Why(why.heading, why.sentence, (*why.lines, yours)), lost


def _kinds(drawing: Markup) -> frozenset[str]:
    """What of a drawing there is to explain."""
    looks = {"fwd": 'class="fwd"', "bwd": 'class="bwd"', "pill": 'class="pill"', "lost": "edge lost", "hidden": ">?<"}
    return frozenset(name for name, text in looks.items() if text in drawing)


def _told(first: ItemResult, sweep: Sweep, node: str) -> str:
    """The first wrong value, for a reader who does not see the drawing."""
    what = {"forward": "value", "reverse": "adjoint", "tangent": "tangent", "edges": "local derivative"}[sweep.mode]
    expected = f", expected {brief(first.expected)}" if first.expected is not None else ""
    return f" The first wrong value is the {what} of {node}: yours {brief(first.answer)}{expected}."


def _programs(rows: tuple[_Row, ...], anchor: str) -> tuple[_Program, ...]:
    if not any(row.item.checks for row in rows):
        return ()
    return tuple(
        _Program(
            row,
            sum(check.passed is True for check in row.item.checks),
            sum(check.passed is False for check in row.item.checks),
            next((_plot(check, f"{anchor}-{n}") for check in row.item.checks if check.curve), Markup()),
        )
        for n, row in enumerate(rows)
    )


def _plot(check: Check, prefix: str) -> Markup:
    return error_plot(check.curve, 1e-6, prefix)


def _hints(asked: Question | None, question: QuestionResult) -> tuple[Markup, ...]:
    """The hints of a question that is wrong."""
    if asked is None or question.hidden == "all" or question.verdict not in ("wrong", "partial"):
        return ()
    return tuple(markdown(hint) for hint in asked.options.hints)


def _reading(question: QuestionResult, item: ItemResult, answer: Shown) -> str:
    """What was typed, where it was read as a number that is written otherwise."""
    written = question.written
    if written is None or not isinstance(item.answer, (float, numpy.ndarray)):
        return ""
    if isinstance(written, Written):
        written = written.get(item.item)
    elif len(question.items) > 1:
        return ""
    if written is None:
        return ""
    text = short(written)
    if answer.kind == "number":
        return "" if text.strip().removeprefix("+") == answer.text else text
    return "" if PLAIN.fullmatch(text.rstrip("…")) else text


def _meanings(shown: StudentResult) -> list[State]:
    """The marks that this page uses, in the order of the table of verdicts."""
    return list(_used(shown))


def _used(shown: StudentResult) -> Iterator[State]:
    questions = [question for problem in shown.problems for question in problem.questions]
    used = set().union(*(verdicts_in(question) for question in questions if question.hidden != "all"))
    yield from (state for verdict, state in STATES.items() if verdict in used)
    if any(question.hidden == "all" for question in questions):
        yield RECEIVED
