"""Patterns of nodes: `"l{n}": {for: n in 2..4, formula: "4 * l{n-1}"}` stands for l2, l3 and l4.

What stands in braces is the number, or the number plus, minus or times a whole number, and nothing else.
"""

from __future__ import annotations

import re

from grader.spec.fields import refused

MOST_NODES = 10_000
_RANGE = re.compile(r"\s*([A-Za-z]\w*)\s+in\s+(\d{1,9})\s*\.\.\s*(\d{1,9})\s*")
_BRACES = re.compile(r"\{([^{}]*)\}")
_SUM = re.compile(r"\s*([A-Za-z]\w*)\s*(?:([-+*])\s*(\d{1,9}))?\s*|\s*(\d{1,9})\s*([-+*])\s*([A-Za-z]\w*)\s*")


def numbers(text: str) -> tuple[str, range]:
    """The letter and the numbers of `n in 2..4`, both ends included."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise refused("the numbers of a pattern were expected here", "Write for: n in 2..4.", ("for",))
    letter, first, last = found[1], int(found[2]), int(found[3])
    if last < first:
        raise refused(
            f"from {first} to {last} there are no numbers", f"Write for: {letter} in {last}..{first}.", ("for",)
        )
    if last - first >= MOST_NODES:
        raise refused(f"this pattern stands for more than {MOST_NODES:,} nodes", "", ("for",))
    return letter, range(first, last + 1)


def filled(text: str, letter: str, number: int) -> str:
    """The text with every {…} replaced by its number; raises a custom error for braces that hold something else."""

    def replaced(found: re.Match[str]) -> str:
        value = _value(found[1], letter, number)
        if value is None:
            hint = f"Write {{{letter}}}, {{{letter}-1}} or {{{letter}+1}}."
            raise refused(f"{found[0]} is no number of this pattern", hint, (), found.span())
        if value < 0:
            raise refused(f"{found[0]} is {value} for {letter} = {number}: numbers count from 0", "", (), found.span())
        return str(value)

    return _BRACES.sub(replaced, text)


def _value(text: str, letter: str, number: int) -> int | None:
    found = _SUM.fullmatch(text)
    if found is None or letter not in (found[1], found[6]):
        return None
    if found[1]:
        left, sign, right = number, found[2] or "+", int(found[3] or 0)
    else:
        left, sign, right = int(found[4]), found[5], number
    return left + right if sign == "+" else left - right if sign == "-" else left * right
