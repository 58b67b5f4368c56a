"""What a student is told about a program: shapes, counterexamples, exceptions, and how the file was run.

Puts findings into words and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from grader.answers.program import Program
from grader.engine.shapes import describe
from grader.questions.programs.interface import Interface
from grader.questions.programs.judging import ONE_ENTRY, Found, Item
from grader.questions.programs.points import Point
from grader.sandbox import CallOutcome, Outcome, Raised, Syntax

Array = Any
SHOWN = 24
MOST_PRINTED, MOST_LINES = 600, 12
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def joined(*parts: str | None) -> str | None:
    """The parts that there are, one after the other; None where there is none."""
    told = [p for p in parts if p]
    return "".join(p + ("" if n == len(told) - 1 else "\n" if "\n" in p else " ") for n, p in enumerate(told)) or None


def sentence(text: str) -> str:
    """A sentence with a capital and an end."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def article(shape: tuple[int, ...]) -> str:
    """A shape in words, as something that a function returns."""
    words = describe(shape)
    if not shape or words.startswith("a "):
        return "one number" if not shape else words
    return f"{ {1: 'an array', 2: 'a matrix'}.get(len(shape), 'an array') } of {words}"


def shape_words(item: Item) -> str:
    """What is wrong with a shape, in one sentence; whether the entries would be right."""
    assert item.shape is not None  # noqa: S101 - asked only then
    got, wanted = item.shape
    right = "; its entries are right" if item.reshaped and not item.found else ""
    return f"{item.name} came back as {article(got)} {got}, and {article(wanted)} {wanted} was asked for{right}."


def returned(item: Item) -> str:
    """What came back that holds no numbers."""
    return f"The function returned {item.unusable}."


def remarks(item: Item) -> str | None:
    """What is to be said of a right item."""
    return ONE_ENTRY if item.one_entry else None


def where(interface: Interface, point: Point) -> str:
    """The arguments of a call."""
    names = interface.arguments if interface.function else tuple(point.values)
    return ", ".join(f"{n} = {short(point.values[n])}" for n in names)


def short(value: Array) -> str:
    """A value on one line; a large array by its shape."""
    array = numpy.asarray(value)
    if array.size > SHOWN:
        return article(array.shape)
    return _nested(array.tolist())


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return f"{value + 0.0:.7g}"  # no -0


def counterexample(interface: Interface, found: Found, name: str) -> str:
    """What comes back at a point, and what is right there; of large arrays the entry that is off most."""
    said, given, expected = name, found.answer, found.expected.value
    if expected.size > SHOWN:
        with numpy.errstate(all="ignore"):
            off = numpy.abs(numpy.nan_to_num(given, nan=numpy.inf) - expected)
        index = tuple(int(i) for i in numpy.unravel_index(int(numpy.argmax(off)), expected.shape))
        said = f"{name}[{', '.join(map(str, index))}]"
        given, expected = given[index], expected[index]
    at = where(interface, found.point)
    place = f"At {at}" if at else "Called without arguments,"
    return f"{place} your {said} is {short(given)}, and {short(expected)} is right."


def own_value(item: Item, value: Item) -> str:
    """A right gradient of a wrong value."""
    wrong = next((f for f in value.wrong if f.point.printed and f.answer.size == 1), None)
    instead = ""
    if wrong is not None:
        instead = f": {short(wrong.answer)} instead of {short(wrong.expected.value)} at the printed point"
    return (
        f"{item.name} is the gradient of the {value.name} that your function returns, but that {value.name} is not "
        f"the one asked for{instead}."
    )


def syntax(found: Syntax) -> str:
    """Where a file does not compile."""
    place = found.file + (f", line {found.line}, column {found.column}" if found.line else "")
    line = f"\n    {found.text.strip()}" if found.text.strip() else ""
    return f"{place}: {found.message}{line}"


def raised(found: Raised, interface: Interface, point: Point) -> str:
    """The exception, with the student's own line, and what the call was given where that was no printed point."""
    place = f"{found.file}, line {found.line}: the function raised" if found.line else "Called as below, it raised"
    what = f"{found.type}: {found.message}" if found.message else found.type
    given = ", ".join(
        f"{n} {article(numpy.shape(v))}" if numpy.ndim(v) else f"{n} = {short(v)}"
        for n, v in interface.given(point).items()
    )
    at = "" if point.printed or not given else f" It was called with {given}."
    line = found.text.strip() if found.line else (interface.statements.strip() or _called(interface))
    shown = "".join(f"\n    {one}" for one in line.split("\n") if one)
    return f"{place} {sentence_end(what)}{at}{shown}"


def _called(interface: Interface) -> str:
    return f"{interface.function}({', '.join(interface.arguments)})"


def sentence_end(text: str) -> str:
    """A text with an end."""
    return text if text.endswith((".", "!", "?")) else text + "."


def convention(number: int, alternatives: int, fits: bool) -> str | None:
    """By which convention of several an answer was read."""
    if alternatives < 2:
        return None
    name = ORDINALS[number] if number < len(ORDINALS) else f"{number + 1}th"
    return f"Read by the {name} convention of {alternatives}." if fits else f"Nearest is the {name} convention."


def notes(program: Program, outcome: Outcome) -> list[str]:
    """What a student should know of how the file was run."""
    found = list(program.notes)
    top = outcome.top
    if top.raised is not None and top.left_out:
        first = top.left_out[0]
        more = len(top.left_out) + top.more_left_out - 1
        others = f" ({more} more left out)" if more else ""
        why = f"{top.raised.type}: {top.raised.message}" if top.raised.message else top.raised.type
        place = f"{top.raised.file}, line {top.raised.line}" if top.raised.line else f"{first.file}, line {first.line}"
        found.append(
            f"The file does not run as a whole ({place}: {why}), so its definitions and imports were tried alone; "
            f"left out: line {first.line}, {first.text.strip()}{others}."
        )
    elif top.raised is not None:
        found.append(f"The file ended with {top.raised.type} in line {top.raised.line}.")
    return found


def printed(calls: Sequence[CallOutcome], outcome: Outcome) -> str | None:
    """What the program printed while it was read and at the printed point, cut to a few lines."""
    text = outcome.top.printed + (calls[0].printed if calls else "")
    if not text.strip():
        return None
    lines = text[:MOST_PRINTED].rstrip().split("\n")
    shown = "\n".join(f"    {line}" for line in lines[:MOST_LINES])
    cut = " (the beginning)" if len(lines) > MOST_LINES or len(text) > MOST_PRINTED else ""
    return f"It printed{cut}:\n{shown}"
