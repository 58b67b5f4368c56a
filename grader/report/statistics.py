"""What a class did, one student at a time: counts, shares, correlations, the most frequent wrong answers, first errors.

Of a student only a `Digest` is seen and little is kept, in counters of bounded size; a class may have any number of
students. Words are chosen in the pages, not here.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy

from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult, Value, Verdict
from grader.report.text import cut

MOST_WRONG = 100
"""Different wrong answers that are counted for one item; when there are more, counts become lower bounds."""
MOST_TRACKED = 20_000
"""Different wrong answers of the class that are looked at for likeness."""
LONGEST_ANSWER = 60
FOLLOWS_THE_GRAPH = ("trace", "edge_jacobians")
"""The kinds whose items stand at nodes or edges, in the order of the computation."""
_UNJUDGED = ("missing", "unreadable", "not_checked", "needs_person")
_DISTINCTIVE, _ENOUGH = 4, 6
"""How many digits wrong values have together that are hardly the same by chance: in equal files, and in others."""
_Pair = tuple[str, int, int]


# -- of one student ----------------------------------------------------------------------------------------------------


class Answer(NamedTuple):
    """A wrong answer: as it is shown, and a key that only equal answers share."""

    text: str
    key: bytes


class ItemDigest(NamedTuple):
    """An item; `wrong` is the answer where the verdict is wrong, `known` whether it has the name of a misconception."""

    item: str
    verdict: Verdict
    wrong: Answer | None
    known: bool


class QuestionDigest(NamedTuple):
    """A question; `reason` is the first line of what is said about it where something could not be judged."""

    question: str
    title: str
    ask: str
    verdict: Verdict
    points: float | None
    max_points: float
    misconception: str | None
    reason: str
    items: tuple[ItemDigest, ...]

    @property
    def first_error(self) -> str | None:
        """The first wrong item in the order of the computation; None of kinds that do not follow the graph."""
        if self.ask not in FOLLOWS_THE_GRAPH:
            return None
        return next((item.item for item in self.items if item.verdict == "wrong"), None)


class ProblemDigest(NamedTuple):
    """A problem; `same` is a key that only equal answers to all of it share."""

    problem: str
    title: str
    points: float
    max_points: float
    judged_points: float
    same: bytes
    questions: tuple[QuestionDigest, ...]


class Digest(NamedTuple):
    """What the pages of the class need of one student."""

    student: str
    points: float
    max_points: float
    judged_points: float
    problems: tuple[ProblemDigest, ...]

    @property
    def answered(self) -> bool:
        """Whether anything was handed in."""
        return any(item.verdict != "missing" for p in self.problems for q in p.questions for item in _parts(q))


def digest(result: StudentResult) -> Digest:
    """The digest of a student's complete result."""
    problems = tuple(_problem(problem) for problem in result.problems)
    return Digest(result.student, result.points, result.max_points, result.judged_points, problems)


def _problem(result: ProblemResult) -> ProblemDigest:
    questions = tuple(_question(question, result) for question in result.questions)
    wrong = any(item.wrong for question in questions for item in question.items)
    same = _key([_bytes(item.answer) for q in result.questions for item in q.items]) if wrong else b""
    return ProblemDigest(
        result.problem, result.title, result.points, result.max_points, result.judged_points, same, questions
    )


def _question(result: QuestionResult, problem: ProblemResult) -> QuestionDigest:
    items = tuple(_item(item, result) for item in result.items)
    stopped = [item for item in result.items if item.verdict in _UNJUDGED[1:]]
    reason = _reason(stopped, result, problem) if stopped or result.verdict in _UNJUDGED[1:] else ""
    return QuestionDigest(
        result.question, result.title, result.ask, result.verdict, result.points, result.max_points,
        result.misconception, reason, items,
    )  # fmt: skip


def _item(result: ItemResult, question: QuestionResult) -> ItemDigest:
    if result.verdict != "wrong":
        return ItemDigest(result.item, result.verdict, None, False)
    known = bool(result.misconception or (question.misconception and len(question.items) == 1))
    return ItemDigest(result.item, result.verdict, answer(result.answer), known)


def _reason(items: Sequence[ItemResult], question: QuestionResult, problem: ProblemResult) -> str:
    said: list[ItemResult | QuestionResult | ProblemResult] = [*items, question, problem]
    message = next((source.message.strip() for source in said if source.message and source.message.strip()), "")
    return cut(message.split("\n")[0], 200)


def _parts(question: QuestionDigest) -> Sequence[ItemDigest | QuestionDigest]:
    return question.items or (question,)


def answer(value: Value) -> Answer:
    """An answer in one line of bounded length; numbers with ten digits, which is more than anybody types by chance."""
    if value is None:
        return Answer("nothing", b"")
    if isinstance(value, str):
        return Answer(cut(value, LONGEST_ANSWER), _key([_bytes(value)]))
    if isinstance(value, tuple):
        return answer(f"[{', '.join(value)}]")
    array = numpy.asarray(value, dtype=float)
    if array.ndim == 0:
        return Answer(_number(float(array)), _bytes(array))
    room = [LONGEST_ANSWER]
    text = "".join(_entries(array, room))
    if room[0] < 0:
        text = f"{text[:LONGEST_ANSWER].rsplit(',', 1)[0]}, … ({' × '.join(map(str, array.shape))})"
    return Answer(text, _key([_bytes(array)]))


def _entries(array: numpy.ndarray, room: list[int]) -> Iterator[str]:
    """The text of an array, piece by piece, until there is no room."""
    yield "["
    for number, entry in enumerate(array if array.ndim > 1 else array.tolist()):
        if room[0] < 0:
            return
        pieces = _entries(entry, room) if array.ndim > 1 else (_number(entry),)
        for piece in (", " if number else "", *pieces):
            room[0] -= len(piece)
            yield piece
    yield "]"


def _number(number: float) -> str:
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    mantissa, mark, exponent = f"{number:.10g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def _bytes(value: Value) -> bytes:
    """The same for equal answers, also for 0 and -0."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, tuple):
        return _key([_bytes(name) for name in value])
    array = numpy.asarray(value, dtype=float) + 0.0
    return array.tobytes() + repr(array.shape).encode() if array.ndim else array.tobytes()


def _key(parts: Sequence[bytes]) -> bytes:
    return hashlib.blake2b(b"\0\xff".join(parts), digest_size=8).digest()


# -- counting ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Correlation:
    """Pearson's correlation of pairs that come one at a time."""

    count: int = 0
    _means: tuple[float, float] = (0.0, 0.0)
    _squares: tuple[float, float] = (0.0, 0.0)
    _products: float = 0.0

    def add(self, x: float, y: float) -> None:
        """Take one pair."""
        self.count += 1
        off = x - self._means[0], y - self._means[1]
        self._means = self._means[0] + off[0] / self.count, self._means[1] + off[1] / self.count
        left = x - self._means[0], y - self._means[1]
        self._squares = self._squares[0] + off[0] * left[0], self._squares[1] + off[1] * left[1]
        self._products += off[0] * left[1]

    @property
    def value(self) -> float | None:
        """Between -1 and 1; None where either side does not vary."""
        if min(self._squares) <= 1e-12 * self.count:
            return None
        return max(-1.0, min(1.0, self._products / math.sqrt(self._squares[0] * self._squares[1])))


@dataclass(slots=True)
class Frequent:
    """How often answers were given, of at most so many different ones (the summary of Misra and Gries).

    While there are no more, counts are exact. Then all are lowered when one more comes, so that what is frequent
    stays; `lowered` says by how much a count may be too low.
    """

    most: int = MOST_WRONG
    lowered: int = 0
    _counts: dict[bytes, int] = field(default_factory=dict)
    _texts: dict[bytes, str] = field(default_factory=dict)

    def add(self, given: Answer) -> None:
        """Count an answer."""
        if given.key in self._counts:
            self._counts[given.key] += 1
        elif len(self._counts) < self.most:
            self._counts[given.key] = 1
            self._texts[given.key] = given.text
        else:
            self.lowered += 1
            self._counts = {key: count - 1 for key, count in self._counts.items() if count > 1}
            self._texts = {key: self._texts[key] for key in self._counts}

    def first(self, number: int) -> list[tuple[str, int]]:
        """The most frequent answers with their counts, those of one count in the order of their text."""
        found = [(self._texts[key], count) for key, count in self._counts.items()]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:number]

    def __len__(self) -> int:
        """How many different answers are counted."""
        return len(self._counts)


@dataclass(slots=True)
class ItemStatistics:
    """One item of a question."""

    item: str
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    wrong: Frequent = field(default_factory=Frequent)


@dataclass(slots=True)
class QuestionStatistics:
    """One question. `judged` and `shares` are of those who handed something in and whose points are known."""

    problem: str
    problem_title: str
    letter: str
    question: str
    title: str
    ask: str
    max_points: float
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    misconceptions: Counter[str] = field(default_factory=Counter)
    items: dict[str, ItemStatistics] = field(default_factory=dict)
    judged: int = 0
    shares: float = 0.0
    with_rest: Correlation = field(default_factory=Correlation)
    tried: int = 0
    first_errors: Counter[str] = field(default_factory=Counter)

    @property
    def difficulty(self) -> float | None:
        """The mean share of the points."""
        return self.shares / self.judged if self.judged else None

    @property
    def discrimination(self) -> float | None:
        """The correlation with the rest of the score."""
        return self.with_rest.value

    @property
    def follows_the_graph(self) -> bool:
        """Whether its items stand at nodes or edges of the graph."""
        return self.ask in FOLLOWS_THE_GRAPH

    @property
    def failed(self) -> int:
        """How many have a first error."""
        return self.first_errors.total()

    def share_of_first_errors(self) -> dict[str, tuple[int, float]]:
        """At each item, how many have their first error there, and which share that is of those who tried."""
        return {
            name: (self.first_errors[name], self.first_errors[name] / self.tried if self.tried else 0.0)
            for name in self.items
        }

    def add(self, question: QuestionDigest, rest: float | None, answered: bool) -> None:
        """Take a student's; `rest` is the share of the points of all other questions."""
        self.verdicts[question.verdict] += 1
        if question.misconception:
            self.misconceptions[question.misconception] += 1
        if answered and question.points is not None and question.max_points > 0:
            share = question.points / question.max_points
            self.judged += 1
            self.shares += share
            if rest is not None:
                self.with_rest.add(share, rest)
        for name, verdict, wrong, _ in question.items:
            item = self.items.get(name)
            if item is None:
                item = self.items[name] = ItemStatistics(name)
            item.verdicts[verdict] += 1
            if wrong is not None:
                item.wrong.add(wrong)
        if self.follows_the_graph and question.verdict not in _UNJUDGED:
            self.tried += 1
            if (first := question.first_error) is not None:
                self.first_errors[first] += 1


@dataclass(frozen=True, slots=True)
class Alike:
    """Students whose answers to one problem have wrong values in common that hardly anybody else gave."""

    problem_title: str
    students: tuple[str, ...]
    values: int
    question: str
    item: str
    text: str


@dataclass(slots=True)
class _Given:
    """A wrong answer, or (`values` 0) all answers to a problem, and the first students who gave it, by number."""

    problem_title: str
    question: str
    item: str
    text: str
    students: tuple[int, ...]
    is_value: bool


class Likeness:
    """Finds identical wrong answers that few gave.

    Two students are alike where they share two wrong values or more, and these have so many digits that they hardly
    come about by chance: fewer are enough where all their answers to the problem are the same, and then one value
    of several digits is, too. What is right for one's own earlier values, and what has the name of a misconception,
    is no sign of anything.
    """

    MOST = 6
    """An answer that more gave is not rare, in a class of any size."""

    def __init__(self) -> None:
        self._given: dict[bytes, _Given] = {}
        self._names: dict[int, str] = {}
        self._count = 0

    def add(self, found: Digest) -> None:
        """Take a student."""
        number = self._count
        self._count += 1
        for problem in found.problems:
            digits = 0
            for question in problem.questions:
                for item in question.items:
                    if item.wrong is None or item.known:
                        continue
                    where = problem.problem.encode(), question.question.encode(), item.item.encode("utf-8", "replace")
                    entry = _Given(problem.title, question.title, item.item, item.wrong.text, (number,), True)
                    self._note(_key([*where, item.wrong.key]), entry, found.student)
                    digits += _digits(item.wrong.text)
            if digits >= _DISTINCTIVE:
                entry = _Given(problem.title, "", "", "", (number,), False)
                self._note(_key([b"all", problem.problem.encode(), problem.same]), entry, found.student)

    def _note(self, key: bytes, entry: _Given, student: str) -> None:
        known = self._given.get(key)
        if known is None:
            if len(self._given) < MOST_TRACKED:
                self._given[key] = entry
                self._names[entry.students[0]] = student
        elif len(known.students) <= self.MOST and entry.students[0] not in known.students:
            known.students += entry.students
            self._names[entry.students[0]] = student

    def groups(self, answered: int) -> list[Alike]:
        """The groups of students who are alike, in a class of whom so many handed something in."""
        rare = min(self.MOST, max(2, answered // 10)) if answered >= 6 else 0
        found = [given for given in self._given.values() if 2 <= len(given.students) <= rare]
        shared: Counter[_Pair] = Counter()
        digits: Counter[_Pair] = Counter()
        same = set()
        for given in found:
            for pair in _pairs(given):
                if given.is_value:
                    shared[pair] += 1
                    digits[pair] += min(_digits(given.text), _ENOUGH)
                else:
                    same.add(pair)
        alike = [
            pair
            for pair, count in shared.items()
            if digits[pair] >= (_DISTINCTIVE if pair in same else _ENOUGH) and (count >= 2 or pair in same)
        ]
        groups = [group for members in _joined(alike) if (group := self._group(*members, found))]
        return sorted(groups, key=lambda group: (-group.values * len(group.students), group.students))

    def _group(self, problem: str, numbers: tuple[int, ...], found: list[_Given]) -> Alike | None:
        values = [g for g in found if g.is_value and g.problem_title == problem and set(numbers) <= set(g.students)]
        if not values:
            return None
        example = max(values, key=lambda given: (_digits(given.text), given.text))
        names = tuple(self._names[number] for number in numbers)
        return Alike(problem, names, len(values), example.question, example.item, example.text)


def _pairs(given: _Given) -> Iterator[_Pair]:
    for place, one in enumerate(given.students):
        for other in given.students[place + 1 :]:
            yield given.problem_title, one, other


def _joined(pairs: list[_Pair]) -> list[tuple[str, tuple[int, ...]]]:
    """The groups that pairs make: who is alike to one of a group belongs to it."""
    groups: list[tuple[str, set[int]]] = []
    for problem, one, other in sorted(pairs):
        members = {one, other}
        apart = []
        for title, group in groups:
            if title == problem and group & members:
                members |= group
            else:
                apart.append((title, group))
        groups = [*apart, (problem, members)]
    return sorted(((title, tuple(sorted(group))) for title, group in groups), key=lambda g: g[1])


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text.partition("e")[0].strip("-[").lstrip("0."))


class ClassStatistics:
    """The questions of all problems, and the likeness of answers."""

    def __init__(self) -> None:
        self.students = self.answered = 0
        self.likeness = Likeness()
        self._questions: dict[tuple[str, str], QuestionStatistics] = {}

    def add(self, found: Digest) -> None:
        """Take a student."""
        answered = found.answered
        self.students += 1
        self.answered += answered
        for problem in found.problems:
            for question in problem.questions:
                self._of(problem, question).add(question, _rest(found, question), answered)
        self.likeness.add(found)

    def questions(self, problem: str) -> list[QuestionStatistics]:
        """The questions of a problem in the order of its file."""
        return [question for question in self._questions.values() if question.problem == problem]

    def _of(self, problem: ProblemDigest, question: QuestionDigest) -> QuestionStatistics:
        key = (problem.problem, question.question)
        found = self._questions.get(key)
        if found is None:
            number = len(self.questions(problem.problem))
            found = self._questions[key] = QuestionStatistics(
                problem.problem, problem.title, letter(number), question.question, question.title, question.ask,
                question.max_points,
            )  # fmt: skip
        return found


def letter(number: int) -> str:
    """The letter of a question: a, b, … z, aa, ab, …"""
    found = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        found = chr(ord("a") + place) + found
    return found


def _rest(found: Digest, question: QuestionDigest) -> float | None:
    """The share of the points of all other questions; None where they have none."""
    if question.points is None:
        return None
    most = found.judged_points - question.max_points
    return (found.points - question.points) / most if most > 1e-9 else None
