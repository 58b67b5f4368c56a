"""What a person should look at in a class, in words and in the order of urgency; and the most important of it.

First what the program could not judge, then what waits for a person, then questions that look wrong, then where many
fail alike, and last answers that look alike: a reason to ask, never an accusation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from grader.marking.results import Verdict
from grader.report.markdown import markdown_line
from grader.report.numbers import percent
from grader.report.pages import html, name_html
from grader.report.states import STATES, State
from grader.report.statistics import Alike, ClassStatistics, Digest, ProblemDigest, QuestionDigest, QuestionStatistics
from grader.report.text import cut

MOST_FINDINGS = 40
MOST_ALIKE = 5
NAMED = 5
"""How many students a finding names; the others are counted."""
MANY = 10
"""From so many students on, a correlation says something."""
LOW, HARD, EASY = 0.2, 0.5, 0.95

_ATTENTION: tuple[Verdict, ...] = ("not_checked", "unreadable", "needs_person")
_PLACE = re.compile(r"[^\n]{1,300}?:\d+:\d+: ")
"""Where in a file something stands; what is said of it is the same for many students."""


@dataclass(slots=True)
class Finding:
    """Something to look at: in which state, what, why, and whose it is; `problem` is the page that shows more."""

    state: State
    title: Markup | str
    reason: Markup | str = ""
    students: list[str] = field(default_factory=list)
    count: int = 0
    problem: str | None = None


# -- what could not be judged --------------------------------------------------------------------------------------


_Key = tuple[Verdict, str, str]


@dataclass(slots=True)
class _Stopped:
    """What is said in the same words about several students."""

    problem_title: str
    place: str
    titles: list[str] = field(default_factory=list)
    students: list[str] = field(default_factory=list)
    count: int = 0


class Stopped:
    """Collects what could not be judged; what is said in the same words is one finding."""

    def __init__(self) -> None:
        self._found: dict[_Key, _Stopped] = {}
        self.left_out = 0

    def add(self, found: Digest) -> None:
        """Take a student."""
        for problem in found.problems:
            for key, titles in _stopped_in(problem).items():
                if key in self._found or len(self._found) < MOST_FINDINGS:
                    self._add(key, titles, found.student, problem)
                else:
                    self.left_out += 1

    def _add(self, key: _Key, titles: list[str], student: str, problem: ProblemDigest) -> None:
        reason = next(q.reason for q in problem.questions if _key_of(key[0], problem, q) == key)
        place = _PLACE.match(reason)
        stopped = self._found.setdefault(key, _Stopped(problem.title, place[0][:-2] if place else ""))
        stopped.count += 1
        stopped.titles += [title for title in titles if title not in stopped.titles]
        if len(stopped.students) < NAMED:
            stopped.students.append(student)

    def findings(self, several: bool) -> list[Finding]:
        """In the order of urgency; with `several` problems each names its own."""
        found = sorted(self._found.items(), key=lambda pair: (_ATTENTION.index(pair[0][0]), -pair[1].count))
        return [_told(key, stopped, several) for key, stopped in found]


def _told(key: _Key, stopped: _Stopped, several: bool) -> Finding:
    titles = Markup(", ").join([*map(markdown_line, stopped.titles[:4]), *(["…"] if len(stopped.titles) > 4 else [])])
    title = html("{}: {}", markdown_line(stopped.problem_title), titles) if several else titles
    reason = key[2]
    if stopped.place:
        reason = f"{stopped.place}: {reason}" if stopped.count == 1 else f"{reason} (first: {stopped.place})"
    return Finding(STATES[key[0]], title, reason, stopped.students, stopped.count)


def _stopped_in(problem: ProblemDigest) -> dict[_Key, list[str]]:
    found: dict[_Key, list[str]] = {}
    for question in problem.questions:
        verdicts = {question.verdict, *(item.verdict for item in question.items)}
        for verdict in _ATTENTION:
            if verdict in verdicts:
                found.setdefault(_key_of(verdict, problem, question), []).append(question.title)
    return found


def _key_of(verdict: Verdict, problem: ProblemDigest, question: QuestionDigest) -> _Key:
    return verdict, problem.problem, _PLACE.sub("", question.reason, count=1)


# -- what the numbers say ------------------------------------------------------------------------------------------


def from_numbers(found: ClassStatistics, problems: Sequence[str], several: bool) -> Iterator[Finding]:
    """Questions whose key should be looked at, and places where many fail first."""
    questions = [question for problem in problems for question in found.questions(problem)]
    for question in questions:
        if (doubt := _doubt(question)) is not None:
            yield Finding(STATES["partial"], _name(question, several), doubt, problem=question.problem)
    for question in questions:
        for item, count in most_first_errors(question):
            if is_many(count, question):
                yield _concentrated(question, item, count, several)


def _doubt(question: QuestionStatistics) -> str | None:
    tried = question.judged - question.verdicts["missing"]
    if tried >= 5 and question.shares == 0:
        return f"None of the {tried} who answered it has a point. Look at its expected answer."
    found = question.discrimination
    if question.with_rest.count >= MANY and found is not None and found < -LOW:
        return (
            f"Those who do well elsewhere do worse here (correlation {signed(found)}). "
            "Look at its wording and its expected answer."
        )
    return None


def most_first_errors(question: QuestionStatistics) -> list[tuple[str, int]]:
    """The item with the most first errors and how many these are; none where there is no error."""
    return question.first_errors.most_common(1)


def is_many(count: int, question: QuestionStatistics) -> bool:
    """Whether this is where the class fails, and not a few of it."""
    return count >= max(3, 0.1 * question.tried) and 2 * count >= question.failed


def _concentrated(question: QuestionStatistics, item: str, count: int, several: bool) -> Finding:
    state = State("is-wrong", "wrong", "✗", f"{percent(count / question.failed)} at one place", "")
    title = html(
        "{}: {} of the {} who fail do so first at {}", _name(question, several), count, question.failed, name_html(item)
    )
    named = question.misconceptions.most_common(1)
    reason = (
        f"{named[0][1]} answers fit “{words_of(named[0][0])}”. Worth five minutes in the next lecture."
        if named
        else "What was right before and what they wrote there is on the page of the problem."
    )
    return Finding(state, title, reason, problem=question.problem)


def _name(question: QuestionStatistics, several: bool, *, first: bool = True) -> Markup:
    """What a question is called, at the beginning of a sentence or in it."""
    title = markdown_line(question.title)
    if several:
        return html("{}: question {}, {}", markdown_line(question.problem_title), question.letter, title)
    return html("{}uestion {}, {}", "Q" if first else "q", question.letter, title)


# -- what looks alike ----------------------------------------------------------------------------------------------


def from_likeness(alike: Sequence[Alike], several: bool) -> Iterator[Finding]:
    """Students with the same rare wrong values."""
    for group in alike[:MOST_ALIKE]:
        values = "the same wrong value" if group.values == 1 else f"the same {group.values} wrong values"
        title = f"{len(group.students)} submissions have {values}"
        where = html("{}: ", markdown_line(group.problem_title)) if several else ""
        item = "" if group.item == group.question else html(", {}", name_html(group.item))
        example = "It" if group.values == 1 else "One of them"
        reason = html(
            "{}{}, {}{} = {}, fits no known pattern and is hardly found elsewhere. "
            "This is a reason to ask, not a finding.",
            where, example, group.question, item, group.text,
        )  # fmt: skip
        yield Finding(LIKE, title, reason, list(group.students[:NAMED]), len(group.students))


LIKE = State("is-open", "open", "⊙", "look alike", "")


# -- the sentence under the title ----------------------------------------------------------------------------------


def most_important(found: ClassStatistics, problems: Sequence[str], not_checked: int, several: bool) -> Markup | str:
    """The finding that stands under the title."""
    questions = [question for problem in problems for question in found.questions(problem)]
    if not found.students:
        return "No submissions were found."
    if not found.answered:
        return "Nobody has handed in an answer yet."
    if 4 * not_checked >= found.students:
        return f"{not_checked} of {found.students} submissions could not be checked in full: see below why."
    errors = [
        (count, question, item)
        for question in questions
        for item, count in most_first_errors(question)
        if is_many(count, question)
    ]
    if errors:
        count, question, item = max(errors, key=lambda error: error[0] / error[1].tried)
        if 5 * count >= question.tried:
            return _where_most_fail(question, item, count, several)
    hardest = min((q for q in questions if q.difficulty is not None), key=lambda q: q.difficulty or 0.0, default=None)
    if hardest is None or hardest.difficulty is None:
        return "No question has points yet."
    if hardest.difficulty > EASY:
        return f"The class can do this: {percent(hardest.difficulty)} of the points or more in every question."
    reached = percent(hardest.difficulty)
    name = _name(hardest, several, first=False)
    return html("The hardest was {}: {} of its points were reached.", name, reached)


def _where_most_fail(question: QuestionStatistics, item: str, count: int, several: bool) -> Markup:
    who = "Most students go" if 2 * count > question.tried else f"{count} of {question.tried} students go"
    return html("{} wrong first at {}, in {}.", who, name_html(item), _name(question, several, first=False))


# -- words for numbers ---------------------------------------------------------------------------------------------


def reading(question: QuestionStatistics) -> str:
    """What difficulty and discrimination say about a question."""
    share, found = question.difficulty, question.discrimination
    if share is None or question.judged < 5:
        return ""
    if share > EASY:
        return "very easy: keep as a warm-up"
    if question.shares == 0:
        return "nobody has a point: look at it"
    if found is None or question.with_rest.count < MANY:
        return "hard" if share < HARD else ""
    if found < -LOW:
        return "the others’ points speak against it: look at it"
    if found < LOW:
        return "tells you little"
    return "hard, and separates well" if share < HARD else "works as intended"


def signed(number: float | None) -> str:
    """A correlation: two decimals and a true minus."""
    return "–" if number is None else f"{number:.2f}".replace("-0.00", "0.00").replace("-", "−")


def words_of(misconception: str) -> str:
    """The id of a misconception as words."""
    return cut(misconception.replace("_", " "), 60)
