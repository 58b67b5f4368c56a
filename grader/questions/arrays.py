"""What the kinds share whose answers are arrays: read an answer item by item, compare it, follow it through, say why.

A kind says which items there are and what each is; everything a student's answer can be is dealt with here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy

from grader.answers.number import EXACT, Typed, short, typed
from grader.comparing import Comparison, compare, shape_words, shown
from grader.comparing.layout import Layout, readings
from grader.comparing.tolerance import INCLUSIVE, typed_step
from grader.engine.certify import Claim
from grader.engine.computation import Computation, Evaluated, Key
from grader.engine.shapes import describe
from grader.errors import AnswerError, did_you_mean
from grader.questions.evidence import Carries, Evidence, Given, Marked
from grader.questions.following import Following, State
from grader.spec.document import Mapping as DocumentMapping
from grader.spec.document import Scalar, Value, walk
from grader.spec.document import Sequence as DocumentSequence
from grader.spec.models import Digits, Tolerance
from grader.spec.problem import Question

Array = Any


@dataclass(frozen=True, eq=False)
class Item:
    """One item: its name, what it is in words, its expected value, and the graph's name that it belongs to, if any.

    `claims` are the derivatives behind it, which the key certifies itself by.
    """

    name: str
    what: str
    expected: Evaluated
    node: str | None = None
    claims: tuple[Claim, ...] = ()


class Arrays:
    """A question about arrays, made ready.

    `items` stand in the order in which they are worked out; `bare` is True where the answer is one array and not a
    mapping, "may" where both are read. `layout` is None where a value has one layout only. `following` gives
    follow-through, from this question's earlier items and from the question it depends on.
    """

    def __init__(
        self,
        question: Question,
        items: Sequence[Item],
        *,
        bare: bool,
        layout: Layout | None = None,
        following: Following | None = None,
        carries: Carries | None = None,
        either_form: bool = False,
    ) -> None:
        self.question = question
        self.by_name = {item.name: item for item in items}
        self.items = tuple(self.by_name)
        self.bare = bare
        self.either_form = either_form
        self.layout = layout
        self.following = following
        self.carries = carries
        self.tolerance: Tolerance = question.tolerance
        self.credit = question.options.follow_through
        self.claims = tuple(claim for item in items for claim in item.claims)

    def expected(self) -> Mapping[str, Array]:
        """The reference answer of each item, as the course writes it."""
        return self._expected

    @cached_property
    def _expected(self) -> dict[str, Array]:
        return {name: shown(item.expected, self.layout) for name, item in self.by_name.items()}

    # ---- reading --------------------------------------------------------------------------------------------------

    def mark(self, answer: Value | None, earlier: Marked | None) -> Marked:
        """The evidence of an answer: every item on its own, in the order of the computation."""
        answers, message = self._by_item(answer)
        if answers is None:
            text = short(answer) if answer is not None else None
            found = [self._evidence(n, "unreadable", text, message) for n in self.items]
            return Marked(tuple(found), message, self.carries)
        evidence: list[Evidence] = []
        given: dict[str, Given] = {}
        chosen: dict[Key, Array] = {}
        for name, item in self.by_name.items():
            evidence.append(self._item(item, answers.get(name), given, chosen, earlier))
        return Marked(tuple(evidence), message, self.carries, given)

    def _by_item(self, answer: Value | None) -> tuple[dict[str, Value | AnswerError] | None, str | None]:
        """The answer of each item; None and the reason where the answer as a whole cannot be read."""
        if answer is None or _is_nothing(answer):
            return {}, None
        if isinstance(answer, DocumentMapping):
            if self.bare and not self.either_form:
                error = AnswerError(
                    "one value was expected, and this is a mapping", answer.place, "Write the value itself."
                )
                return None, str(error)
            return self._from_mapping(answer)
        if self.bare or (self.either_form and len(self.items) == 1):
            return {self.items[0]: answer}, None
        names = ", ".join(self.items[:6]) + (", …" if len(self.items) > 6 else "")
        hint = f"Write {{{self.items[0]}: …}} with a value for each of {names}."
        return None, str(AnswerError("a value for each name was expected, and this has no names", answer.place, hint))

    def _from_mapping(self, answer: DocumentMapping) -> tuple[dict[str, Value | AnswerError], str | None]:
        found: dict[str, Value | AnswerError] = {}
        unknown = []
        for key, value in answer.entries:
            if key.raw in self.by_name:
                found[key.raw] = value
            else:
                unknown.append((key.raw, key.place))
        for damage in answer.damage:
            if isinstance(damage.error, AnswerError) and damage.key in self.by_name:
                found[damage.key] = damage.error
        messages = [
            str(AnswerError(f"{name[:40]} is not asked for here", place, did_you_mean(name, self.items)))
            for name, place in unknown[:5]
        ]
        return found, "\n".join(messages) or None

    # ---- one item -------------------------------------------------------------------------------------------------

    def _evidence(
        self, name: str, verdict: Any, answer: Array | str | None = None, message: str | None = None
    ) -> Evidence:
        return Evidence(name, verdict, answer, self._expected[name], message)

    def _item(
        self,
        item: Item,
        value: Value | AnswerError | None,
        given: dict[str, Given],
        chosen: dict[Key, Array],
        earlier: Marked | None,
    ) -> Evidence:
        if isinstance(value, AnswerError):
            return self._evidence(item.name, "unreadable", None, str(value))
        if value is None or _is_nothing(value):
            return self._evidence(item.name, "missing")
        try:
            answer = typed(value)
        except AnswerError as error:
            return self._of_several_axes(item, value) or self._evidence(
                item.name, "unreadable", short(value), str(error)
            )
        expected = item.expected.choosing(chosen)
        found = compare(answer, expected, self.tolerance, self.layout)
        half = self._half_units(answer, expected.computation.shape)
        if found.outcome == "right":
            chosen.update(found.chosen or {})
            self._keep(item, given, found, half, right=True)
            return self._evidence(item.name, "correct", answer.values)
        verdict, message = self._not_right(item, answer, found, given, chosen, earlier)
        self._keep(item, given, found, half, right=False)
        return self._evidence(item.name, verdict, answer.values, message)

    def _of_several_axes(self, item: Item, value: Value) -> Evidence | None:
        """A Jacobian with an axis for each of its variables' is read, and has the wrong shape."""
        shape = _axes(value)
        if self.layout != "jacobian" or shape is None or len(shape) < 3:
            return None
        try:
            entries = typed(DocumentSequence(tuple(v for v in walk(value) if isinstance(v, Scalar)), value.place))
        except AnswerError:
            return None
        wanted = describe(item.expected.computation.shape)
        message = f"You gave an array of {describe(shape)}, and {wanted} was asked: both sides are flattened by rows."
        return self._evidence(item.name, "wrong", entries.values.reshape(shape), message)

    def _keep(self, item: Item, given: dict[str, Given], found: Comparison, half: Array | None, right: bool) -> None:
        if (
            item.node is not None
            and found.values is not None
            and half is not None
            and numpy.isfinite(found.values).all()
        ):
            given[item.node] = Given(numpy.asarray(found.values, dtype=float)[()], half, right)

    def _half_units(self, answer: Typed, shape: tuple[int, ...]) -> Array | None:
        """Half a unit of the last digit of entries that were rounded to the digits asked for; 0 of exact ones."""
        ways = readings(answer.values.shape, shape, self.layout)
        if not ways:
            return None
        asked = self.tolerance.digits if isinstance(self.tolerance, Digits) else EXACT
        rounded = numpy.asarray(answer.digits) >= asked
        if not rounded.any():
            return numpy.zeros(shape)
        return ways[0](numpy.where(rounded, 0.5 * typed_step(answer.decimals), 0.0))

    def _not_right(
        self,
        item: Item,
        answer: Typed,
        found: Comparison,
        given: Mapping[str, Given],
        chosen: dict[Key, Array],
        earlier: Marked | None,
    ) -> tuple[str, str]:
        if found.outcome == "shape":
            return "wrong", self._shape(answer, item.expected.computation.shape)
        if found.outcome == "layout":
            return "wrong", self._other_layout(item, answer)
        followed = self._follow(item, answer, given, chosen, earlier)
        if followed is not None:
            return followed
        return "wrong", self._why(item, answer, found, given)

    def _follow(
        self,
        item: Item,
        answer: Typed,
        given: Mapping[str, Given],
        chosen: dict[Key, Array],
        earlier: Marked | None,
    ) -> tuple[str, str] | None:
        """Follow-through, or why following is no proof; None where the item does not follow."""
        following = self.following
        if not self.credit or following is None or item.node is None:
            return None
        own, passed = dict(given), None
        if earlier is not None and earlier.carries == "forward" and following.mode != "forward":
            passed = earlier.given
        elif earlier is not None and earlier.carries == following.mode:
            own = {**earlier.given, **given}
        hidden: str | None = None
        for state in following.states(own, self._asked(own), item.node, passed):
            expected = following.follow(item.node, state, chosen)
            if not self._matches(item, answer, expected, following, state, chosen):
                continue
            why = following.hides(item.node, state, self.tolerance)
            if why is None:
                return "follow_through", "Right for your own earlier values."
            hidden = why
        return None if hidden is None else ("wrong", hidden)

    def _asked(self, own: Mapping[str, Given]) -> frozenset[str]:
        mine = {item.node for item in self.by_name.values() if item.node is not None}
        return frozenset(mine | set(own))

    def _matches(
        self,
        item: Item,
        answer: Typed,
        expected: Evaluated,
        following: Following,
        state: State,
        chosen: dict[Key, Array],
    ) -> bool:
        assert item.node is not None  # noqa: S101
        found = compare(answer, expected, self.tolerance, self.layout)
        if found.outcome != "right" and state.uncertain:
            widened = following.rounding_of_typed(item.node, state)
            found = compare(answer, expected, self.tolerance, self.layout, widened)
        if found.outcome != "right":
            return False
        chosen.update(found.chosen or {})
        return True

    # ---- saying why -----------------------------------------------------------------------------------------------

    def _other_layout(self, item: Item, answer: Typed) -> str:
        shape = item.expected.computation.shape
        turned = shape[::-1] if len(shape) == 2 else (1, *shape)
        wanted = describe(turned if self.layout == "numerator" else shape)
        if self.layout == "jacobian":
            rows = f"a row for each entry of what is differentiated, so it is {wanted}"
            return f"Right up to transposition. You gave {describe(answer.values.shape)}; a Jacobian has {rows}."
        name = item.node or "the variable"
        rule = {
            "denominator": f"this course writes a gradient in the shape of its variable, here {wanted}",
            "numerator": f"this course writes a gradient transposed, that of a vector as a row, here {wanted}",
        }[self.layout or "denominator"]
        return f"Right up to transposition. You gave {describe(answer.values.shape)} for {name}; {rule}."

    def _shape(self, answer: Typed, shape: tuple[int, ...]) -> str:
        words = shape_words(answer.values.shape, shape, self.layout)
        entries = int(numpy.prod(shape, dtype=int))
        if answer.values.shape == (2 * entries,) and not numpy.any(answer.decimals):
            words += " Were these decimal commas? Write a point, as in 1.5."
        return words

    def _why(self, item: Item, answer: Typed, found: Comparison, given: Mapping[str, Given]) -> str:
        where = self._where(item, answer, found)
        reason = self._too_few_digits(item, answer, found) or self._other_slope(item, answer)
        return " ".join(part for part in (where, reason or self._before(item, given)) if part)

    def _other_slope(self, item: Item, answer: Typed) -> str | None:
        """Where the author fixed the slope at a kink: whether another one was taken."""
        computation = item.expected.computation
        if computation.subgradient is None or not item.expected.active:
            return None
        free = Computation(computation.output, computation.inputs).at(item.expected.values)
        if compare(answer, free, self.tolerance, self.layout).outcome != "right":
            return None
        asked = {"zero": "0", "left": "the one from the left", "right": "the one from the right"}
        return f"At the kink this is a possible slope, and the question asks for {asked[computation.subgradient]}."

    def _where(self, item: Item, answer: Typed, found: Comparison) -> str:
        if not numpy.all(numpy.isfinite(answer.values)):
            return f"{item.what} is finite, and your answer has entries that are not."
        entries = numpy.asarray(found.entries)
        if entries.size == 1:
            return f"{answer.raw} is not {item.what}."
        wrong = int(numpy.sum(~entries))
        if wrong == entries.size:
            return f"This is not {item.what}: no entry is right."
        places = [str([int(i) + 1 for i in index]).strip("[]") for index in numpy.argwhere(~entries)[:4]]
        named = " and ".join(f"({p})" for p in places) if wrong <= 4 else f"{wrong} of {entries.size}"
        verb = "is" if wrong == 1 else "are"
        noun = "entry" if wrong == 1 else "entries"
        return f"In {item.what} the {noun} {named} {verb} wrong, counted from 1; the others are right."

    def _too_few_digits(self, item: Item, answer: Typed, found: Comparison) -> str | None:
        if not isinstance(self.tolerance, Digits) or found.values is None:
            return None
        way = readings(answer.values.shape, numpy.shape(found.values), self.layout)[0]
        off = numpy.abs(found.values - item.expected.value)
        if not numpy.all(off <= 0.5 * typed_step(way(answer.decimals)) * INCLUSIVE):
            return None
        return f"The digits are right, and there are too few: {self.tolerance.digits} significant digits are asked for."

    def _before(self, item: Item, given: Mapping[str, Given]) -> str | None:
        following = self.following
        step = following.step(item.node) if following is not None and item.node is not None else None
        if following is None or step is None:
            return None
        read = [n for n in (step.values if following.mode == "forward" else step.earlier) if n in given]
        wrong = [n for n in read if not given[n].right]
        if wrong:
            return f"It does not follow from your own {', '.join(wrong[:4])} either."
        if following.mode == "reverse" and len(step.earlier) > 1:
            readers = f"{', '.join(step.earlier[:-1])} and {step.earlier[-1]}"
            return f"{item.node} feeds {readers}: one contribution comes back from each, and they add up."
        if read:
            return f"What it follows from ({', '.join(read[:6])}) is right: look at this step again."
        return None


def _axes(value: Value) -> tuple[int, ...] | None:
    """The shape of nested lists that are as long as each other; None where they are not."""
    if isinstance(value, Scalar):
        return ()
    if isinstance(value, DocumentMapping) or not value.items:
        return None
    inner = {_axes(item) for item in value.items}
    shape = inner.pop()
    return None if inner or shape is None else (len(value.items), *shape)


def _is_nothing(value: Value) -> bool:
    """Whether nothing was given: a null, or an empty text."""
    return isinstance(value, Scalar) and value.value in (None, "")
