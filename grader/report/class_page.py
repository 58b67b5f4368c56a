"""index.html: the class, for instructors: figures, what needs attention, every question, every student.

Of a student it keeps one small row; a class of more than 500 goes on in index-2.html and so on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult, Verdict
from grader.report.folder import Folder
from grader.report.pages import STYLE, letters, render, style
from grader.report.states import STATES, State, verdicts_in
from grader.report.student_page import FOLDER, page_of
from grader.report.text import cut
from grader.report.writer import Head, Summary

ROWS_ON_A_PAGE = 500
MOST_FINDINGS = 40
NAMED = 5
"""How many students a finding names; the others are counted."""

_ATTENTION: tuple[Verdict, ...] = ("not_checked", "unreadable", "needs_person")
_COLUMNS: tuple[Verdict, ...] = (
    "correct", "partial", "wrong", "missing", "unreadable", "not_checked", "needs_person"
)  # fmt: skip


class ClassPage:
    """The overview of the class."""

    pages: ClassVar[bool] = True
    last: ClassVar[bool] = False

    def __init__(self, head: Head) -> None:
        self._head = head

    def part(self, result: StudentResult, shown: StudentResult) -> StudentResult:
        """The result."""
        return result

    def open(self, folder: Folder) -> None:
        """Write the style sheet."""
        self._folder = folder
        self._rows: list[_Row] = []
        self._questions: dict[tuple[str, str], _Question] = {}
        self._findings: dict[_Key, _Finding] = {}
        self._left_out = 0
        folder.write(STYLE, style())

    def add(self, part: StudentResult) -> None:
        """Keep one row and count the verdicts."""
        for problem in part.problems:
            for letter, question in zip(letters(), problem.questions, strict=False):
                self._count(problem, letter, question)
            self._note(part.student, problem)
        self._rows.append(_row(part, self._head))

    def close(self, summary: Summary) -> None:
        """Write index.html and the pages after it."""
        order = {problem.id: place for place, problem in enumerate(self._head.problems)}
        questions = sorted(self._questions.values(), key=lambda question: order.get(question.problem, len(order)))
        findings = sorted(self._findings.values(), key=lambda finding: _ATTENTION.index(finding.verdict))
        starts = range(0, max(len(self._rows), 1), ROWS_ON_A_PAGE)
        pages = [
            (_file(number), start + 1, min(start + ROWS_ON_A_PAGE, len(self._rows)))
            for number, start in enumerate(starts, 1)
        ]
        for number, (file, first, last) in enumerate(pages, 1):
            text = render(
                "class.html",
                head=self._head,
                summary=summary,
                questions=questions,
                columns=[(verdict, STATES[verdict]) for verdict in _COLUMNS],
                findings=findings,
                left_out=self._left_out,
                rows=self._rows[first - 1 : last],
                pages=pages,
                number=number,
                cells=_CELLS,
                folder=FOLDER,
                named=NAMED,
            )
            self._folder.write(file, text)

    def _count(self, problem: ProblemResult, letter: str, question: QuestionResult) -> None:
        key = (problem.problem, question.question)
        if key not in self._questions:
            self._questions[key] = _Question(problem.problem, problem.title, letter, question.title, question.ask)
        self._questions[key].add(question)

    def _note(self, student: str, problem: ProblemResult) -> None:
        """Collect what a person should look at; what is said in the same words is one finding."""
        found: dict[_Key, list[str]] = {}
        for question in problem.questions:
            for verdict in _ATTENTION:
                if verdict in verdicts_in(question):
                    found.setdefault(_key(verdict, problem, question), []).append(question.title)
        for key, titles in found.items():
            if key in self._findings or len(self._findings) < MOST_FINDINGS:
                self._findings.setdefault(key, _Finding(key[0], key[2], problem.title)).add(student, titles)
            else:
                self._left_out += 1


WRITER = ClassPage


@dataclass(slots=True)
class _Question:
    """What the class did with one question; a share is points by all points, where it has points."""

    problem: str
    problem_title: str
    letter: str
    title: str
    ask: str
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    judged: int = 0
    shares: float = 0.0

    def add(self, question: QuestionResult) -> None:
        self.verdicts[question.verdict] += 1
        if question.points is not None and question.max_points > 0:
            self.judged += 1
            self.shares += question.points / question.max_points

    @property
    def mean_share(self) -> float | None:
        return self.shares / self.judged if self.judged else None

    @property
    def bar(self) -> str:
        """The length of the bar, of 100."""
        return f"{100 * (self.mean_share or 0):.1f}"


_Key = tuple[Verdict, str, str]
"""What a finding is about: verdict, problem and reason."""


@dataclass(slots=True)
class _Finding:
    """Something that needs a person's attention, and of whom."""

    verdict: Verdict
    reason: str
    problem_title: str
    titles: list[str] = field(default_factory=list)
    students: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0

    def add(self, student: str, titles: list[str]) -> None:
        self.count += 1
        self.titles += [title for title in titles if title not in self.titles]
        if len(self.students) < NAMED:
            self.students.append((student, page_of(student)))

    @property
    def state(self) -> State:
        return STATES[self.verdict]


@dataclass(frozen=True, slots=True)
class _Row:
    """A student: where the page is, the points, and for each problem its state and points (None: not all judged)."""

    student: str
    page: str
    points: float
    max_points: float
    judged_points: float
    problems: tuple[tuple[str, float | None, float] | None, ...]


_CELLS = {
    "full": State("is-ok", "ok", "✓", "full points", ""),
    "some": State("is-partial", "partial", "◐", "some points", ""),
    "none": State("is-wrong", "wrong", "✗", "no points", ""),
    "missing": STATES["missing"],
    "unreadable": STATES["unreadable"],
    "not_checked": STATES["not_checked"],
    "needs_person": STATES["needs_person"],
}
"""How a problem stands in the table of students."""


def _row(result: StudentResult, head: Head) -> _Row:
    of = {problem.problem: problem for problem in result.problems}
    cells = tuple(_cell(of[problem.id]) if problem.id in of else None for problem in head.problems)
    return _Row(result.student, page_of(result.student), result.points, result.max_points, result.judged_points, cells)


def _cell(problem: ProblemResult) -> tuple[str, float | None, float]:
    """How the problem stands, its points where all of them are known, and out of how many."""
    verdicts = [question.verdict for question in problem.questions]
    if any(question.points is None for question in problem.questions):
        found = set().union(*(verdicts_in(question) for question in problem.questions if question.points is None))
        return ("not_checked" if "not_checked" in found else "needs_person"), None, problem.max_points
    if verdicts and all(verdict == "missing" for verdict in verdicts):
        state = "missing"
    elif verdicts and all(verdict in ("missing", "unreadable") for verdict in verdicts):
        state = "unreadable"
    elif problem.points >= problem.max_points:
        state = "full"
    else:
        state = "some" if problem.points > 0 else "none"
    return state, problem.points, problem.max_points


def _key(verdict: Verdict, problem: ProblemResult, question: QuestionResult) -> _Key:
    """With the first line of what is said about it: of the item, the question or the file."""
    said: list[ItemResult | QuestionResult | ProblemResult] = [i for i in question.items if i.verdict == verdict]
    messages = (source.message or "" for source in [*said, question, problem])
    first = next((message.strip() for message in messages if message.strip()), "")
    return verdict, problem.problem, cut(first.split("\n")[0], 200)


def _file(number: int) -> str:
    return "index.html" if number == 1 else f"index-{number}.html"
