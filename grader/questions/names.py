"""What the kinds share whose answers are lists of names, edges, paths or keys: reading one, and holding it to a set.

Such an answer is one item, right as a whole. Which list is right is the kinds' own business.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from grader.answers.names import showable
from grader.answers.number import short
from grader.engine import Graph
from grader.engine.certify import Claim
from grader.errors import AnswerError, Place
from grader.questions.evidence import Evidence, ItemVerdict, Marked
from grader.spec import document
from grader.spec.document import Scalar, Value

MOST_ENTRIES = 10_000
"""The most entries of a list that are read, unless the right one has more than half as many."""

MOST_SHOWN = 6
"""The most entries that one sentence names."""

LONGEST_SHOWN = 80
"""The most characters of an entry in a message."""

_ARROW = re.compile("->|→|⟶")
_NAME = re.compile(r"[^\W\d]\w*")
_BETWEEN = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True)
class Form:
    """What the entries of a list are: in words, how to write them, and how a text is read as one (None: it is none)."""

    what: str
    hint: str
    read: Callable[[str], str | None]


def _name(text: str) -> str | None:
    return text if _NAME.fullmatch(text) else None


def path_of(text: str) -> str | None:
    """A path as the program writes it, `u1->u3->u5`; it may be written with blanks or real arrows."""
    names = [name.strip() for name in _ARROW.split(text)]
    return "->".join(names) if len(names) > 1 and all(_NAME.fullmatch(name) for name in names) else None


def edge_of(text: str) -> str | None:
    """An edge as the program writes it, `u1->u3`."""
    path = path_of(text)
    return path if path and path.count("->") == 1 else None


NAMES = Form("a name", "Write the names in a list: [u1, u2].", _name)
EDGES = Form("an edge", "Write each edge as u1->u3, and all of them in a list: [u1->u3, u2->u3].", edge_of)
PATHS = Form(
    "a path", "Write each path as u1->u3->u5, and all of them in a list: [u1->u3->u5, u1->u5], or [].", path_of
)


# ---- reading ------------------------------------------------------------------------------------------------------


def is_nothing(answer: Value | None) -> bool:
    """Whether nothing was given: no value, a null, or text of blanks only."""
    return answer is None or (isinstance(answer, Scalar) and (answer.value is None or not str(answer.value).strip()))


def entries(answer: Value, form: Form, most: int = MOST_ENTRIES) -> list[str]:
    """The entries of a list, each as the program writes it; one may stand alone, several with commas between them.

    Raises AnswerError with the place of the first thing that is none.
    """
    if isinstance(answer, document.Mapping):
        message = f"{form.what} or a list of them was expected, and this is a mapping"
        raise AnswerError(message, answer.place, form.hint)
    items = answer.items if isinstance(answer, document.Sequence) else (answer,)
    _check_count(len(items), most, answer.place)
    found = [entry for item in items for entry in _entries_of(item, form)]
    _check_count(len(found), most, answer.place)
    return found


def _check_count(count: int, most: int, place: Place) -> None:
    if count > most:
        raise AnswerError(f"this list has {count:,} entries, and at most {most:,} are read", place)


def _entries_of(item: Value, form: Form) -> list[str]:
    if not isinstance(item, Scalar):
        what = "a mapping" if isinstance(item, document.Mapping) else "a list"
        raise AnswerError(f"{form.what} was expected, and this is {what}", item.place, form.hint)
    if is_nothing(item):
        raise AnswerError(f"{form.what} was expected, and nothing stands here", item.place, form.hint)
    whole = form.read(item.raw.strip())
    if whole is not None:
        return [whole]
    found = []
    for text in filter(None, map(str.strip, _BETWEEN.split(item.raw))):
        entry = form.read(text)
        if entry is None:
            raise AnswerError(f"{form.what} was expected, and this is {showable(text, 60)}", item.place, form.hint)
        found.append(entry)
    return found


# ---- marking ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a list that was read: a verdict, why it is no better, and a remark that costs nothing."""

    verdict: ItemVerdict
    why: str | None = None
    remark: str | None = None


@dataclass(frozen=True, eq=False)
class Listed:
    """A question with one item, named as the question, whose answer is a list.

    `right` is the reference answer, `judge` decides about the entries of an answer. Where one entry is asked for
    (`single`), answer and reference are that entry and no list.
    """

    question: str
    form: Form
    right: tuple[str, ...]
    judge: Callable[[list[str]], Judged]
    single: bool = False

    @property
    def items(self) -> tuple[str, ...]:
        """The only item."""
        return (self.question,)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """There is no derivative behind it."""
        return ()

    def expected(self) -> Mapping[str, str | tuple[str, ...]]:
        """The reference answer."""
        return {self.question: self._shown(self.right)}

    def mark(self, answer: Value | None, earlier: Marked | None) -> Marked:
        """The evidence of an answer."""
        if answer is None or is_nothing(answer):
            return self._marked(None, Judged("missing"))
        try:
            given = entries(answer, self.form, max(MOST_ENTRIES, 2 * len(self.right)))
        except AnswerError as error:
            return self._marked(short(answer), Judged("unreadable", str(error)))
        return self._marked(self._shown(tuple(given)), self.judge(given))

    def _shown(self, found: tuple[str, ...]) -> str | tuple[str, ...]:
        return found[0] if self.single and len(found) == 1 else found

    def _marked(self, answer: str | tuple[str, ...] | None, judged: Judged) -> Marked:
        item = Evidence(self.question, judged.verdict, answer, self._shown(self.right), judged.why)
        return Marked((item,), judged.remark)


def judge_set(
    given: Sequence[str], right: Sequence[str], why: Callable[[str], str], optional: Collection[str] = ()
) -> Judged:
    """Hold a list to a set: all of `right` and nothing else but what is `optional`; repetitions cost nothing.

    `why` says in a clause what is wrong with an entry that is too much ("": nothing more).
    """
    found = dict.fromkeys(given)
    wanted = set(right)
    missing = [entry for entry in right if entry not in found]
    extra = [entry for entry in found if entry not in wanted and entry not in optional]
    if not missing and not extra:
        return Judged("correct", None, _repeated(given))
    return Judged("wrong", _difference(missing, extra, why), _repeated(given))


# ---- words --------------------------------------------------------------------------------------------------------


def listing(names: Sequence[str]) -> str:
    """`a, b and c`, the first ones of many."""
    first = [showable(name, LONGEST_SHOWN) for name in names[:MOST_SHOWN]]
    if len(names) > MOST_SHOWN:
        return f"{', '.join(first)} and {len(names) - MOST_SHOWN:,} more"
    return f"{', '.join(first[:-1])} and {first[-1]}" if len(first) > 1 else "".join(first)


def verb(names: Sequence[str], one: str, many: str) -> str:
    """The verb that fits so many names."""
    return one if len(names) == 1 else many


def no_path(graph: Graph, path: str) -> str:
    """Why a path or an edge is none of the graph, by its first step that is none; "" where it is one."""
    names = path.split("->")
    strange = next((name for name in names if name not in graph.by_name), None)
    if strange is not None:
        return f"{showable(strange, LONGEST_SHOWN)} is no name of this graph"
    for j, i in pairwise(names):
        if j not in graph.parents(i):
            turned = i in graph.parents(j)
            return f"it goes the other way, for {j} reads {i}" if turned else f"{i} does not read {j}"
    return ""


def _difference(missing: Sequence[str], extra: Sequence[str], why: Callable[[str], str]) -> str:
    sentences = []
    if missing:
        sentences.append(f"{listing(missing)} {verb(missing, 'is', 'are')} missing.")
    for entry in extra[:MOST_SHOWN]:
        reason = why(entry)
        sentences.append(f"{showable(entry, LONGEST_SHOWN)} is too much{': ' + reason if reason else ''}.")
    if len(extra) > MOST_SHOWN:
        sentences.append(f"So are {len(extra) - MOST_SHOWN:,} more.")
    return " ".join(sentences)


def _repeated(given: Sequence[str]) -> str | None:
    twice = [entry for entry, count in Counter(given).items() if count > 1]
    if not twice:
        return None
    return f"{listing(twice)} {verb(twice, 'stands', 'stand')} in the list more than once, which costs nothing."
