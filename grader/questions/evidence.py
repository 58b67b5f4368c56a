"""What marking an answer finds, as data: a verdict and its reasons for each item, and what later questions follow from.

Points and diagnoses are not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from grader.engine.certify import Claim
from grader.spec.document import Value

Array = Any
ItemVerdict = Literal["correct", "follow_through", "wrong", "missing", "unreadable", "not_checked", "needs_person"]
Carries = Literal["forward", "reverse", "tangent"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a Python answer: what was looked at, whether it passed (None: could not be done), and evidence.

    `curve` has, of finite differences, each step and how far the quotient is from the student's slope and from the
    right one, relative to their size.
    """

    check: str
    passed: bool | None
    detail: str
    curve: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Evidence:
    """One item: its verdict, the answer (an array, text where it was not read, or None), what was expected, and why."""

    item: str
    verdict: ItemVerdict
    answer: Array | str | None = None
    expected: Array | None = None
    message: str | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, eq=False)
class Given:
    """What a student gave for a name: an array in its shape, half a unit of the typed digits, and if it is right."""

    values: Array
    half_unit: Array
    right: bool


@dataclass(frozen=True, eq=False)
class Marked:
    """An answer's evidence; `given` (of the sweep `carries`) is what questions that depend on this one follow from."""

    items: tuple[Evidence, ...]
    message: str | None = None
    carries: Carries | None = None
    given: Mapping[str, Given] = field(default_factory=dict)


class Asked(Protocol):
    """A question made ready for marking: solved once, then asked for each student."""

    @property
    def items(self) -> tuple[str, ...]:
        """The names of the items, in the order in which they are worked out."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The derivatives behind the expected answers, to be held against numerical ones."""

    def expected(self) -> Mapping[str, Array]:
        """The reference answer of each item, as the course writes it."""

    def mark(self, answer: Value | None, earlier: Marked | None) -> Marked:
        """The evidence of an answer (None: nothing was given); `earlier` is that of the question it depends on."""
