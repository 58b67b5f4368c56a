"""What people write where a number belongs, and what to write instead.

One row for each habit, tried in order; a text that fits none is left to the reader of formulas. Nothing is corrected
silently: a comma or a unit could mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from grader.answers.names import showable
from grader.engine import RESERVED_NAMES

WRITE = "Write a number or a constant formula, as 24, 0.5 or 3/4."

_SIGN = "[-+−]?"
_DIGITS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+−]?[0-9]+)?"
_GROUPED = rf"{_SIGN}[1-9][0-9]{{0,2}}"


@dataclass(frozen=True, slots=True)
class Habit:
    """A pattern for the whole text, what it is, and what to write; the words are filled with the pattern's groups."""

    pattern: re.Pattern[str]
    found: str
    hint: str | Callable[[re.Match[str]], str]
    unless: Callable[[re.Match[str]], bool] = lambda match: False

    def explain(self, text: str) -> tuple[str, str] | None:
        """The message and the hint for `text`, or None where it does not fit."""
        match = self.pattern.fullmatch(text)
        if match is None or self.unless(match):
            return None
        hint = self.hint if isinstance(self.hint, str) else self.hint(match)
        groups = {name: showable(group or "", 60) for name, group in match.groupdict().items()}
        shown = showable(text, 60) if text else ""
        return f"a number was expected, and {self.found.format(text=shown, **groups)}", hint


def explain(text: str) -> tuple[str, str] | None:
    """What `text` is instead of a number, and what to write; None where no habit of the table is recognised."""
    return next((words for habit in HABITS if (words := habit.explain(text))), None)


def _row(
    pattern: str,
    found: str,
    hint: str | Callable[[re.Match[str]], str] = WRITE,
    unless: Callable[[re.Match[str]], bool] = lambda match: False,
) -> Habit:
    return Habit(re.compile(pattern, re.DOTALL), found, hint, unless)


def _without(marks: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"Write {''.join(c for c in match.group() if c not in marks)}."


def _thousands(match: re.Match[str]) -> str:
    text = match.group()
    either = f", or {text.replace(',', '.')} where the comma marks the decimals" if text.count(",") == 1 else ""
    return f"Write {text.replace(',', '')}{either}."


def _two(match: re.Match[str]) -> str:
    return f"Write {match['first']}.{match['second']} for one number, [{match.group()}] for two."


def _several(match: re.Match[str]) -> str:
    return f"Write them as a list: [{', '.join(re.findall(_SIGN + _DIGITS, match.group())[:20])}]."


def _value_alone(match: re.Match[str]) -> str:
    rest = showable(match["rest"].strip(), 40) if match["rest"].strip() else ""
    return f"Write the value alone: {rest}." if re.search("[0-9]", rest) else WRITE


_SYMBOLS = {"π": "pi", "√": "sqrt(…)", "²": "^2", "³": "^3", "½": "1/2", "¼": "1/4", "¾": "3/4", "∞": ".inf", "÷": "/"}

HABITS = (
    _row("", "nothing stands between the quotes", "Write it, or leave the whole answer out."),
    _row(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T\s].*)?", "this is a date", f"{WRITE} Put blanks round a minus sign."),
    _row(r"[-+]?[0-9]+(:[0-9.]+)+", "this is a time or a ratio", "Write a quotient with /, as 3/4."),
    _row(rf"{_SIGN}0[xXoObB][0-9a-fA-F_]+", "this is not written in decimal digits"),
    _row(rf"{_SIGN}[0-9.]+(_[0-9.]+)+", "an underscore stands among the digits", _without("_")),
    _row(rf"{_GROUPED}(['’][0-9]{{3}})+(\.[0-9]*)?", "a mark stands among the digits", _without("'’")),
    _row(rf"{_GROUPED}([ \xa0\u202f][0-9]{{3}})+(\.[0-9]*)?", "blanks stand among the digits", _without(" \xa0\u202f")),
    _row(rf"{_GROUPED}(,[0-9]{{3}})+(\.[0-9]*)?", "a comma stands among the digits", _thousands),
    _row(
        rf"{_GROUPED}(\.[0-9]{{3}})+,[0-9]+",
        "a comma marks the decimals",
        lambda match: f"Write {match.group().replace('.', '').replace(',', '.')}.",
    ),
    _row(
        rf"(?P<first>{_SIGN}[0-9]+),(?P<second>[0-9]+(?:[eE][-+]?[0-9]+)?)",
        "this is two: {first} and {second}",
        lambda match: f"Write {match['first']}.{match['second']}.",
    ),
    _row(rf"(?P<first>{_SIGN}[0-9]+),\s+(?P<second>[0-9]+)", "this is two: {first} and {second}", _two),
    _row(rf"{_SIGN}{_DIGITS}([\s,;]+{_SIGN}{_DIGITS})+", "this is several", _several),
    _row(
        r"\[[^\[\]]*[;\]].*",
        "this is a list that is written as text",
        "Leave the quotes out, and put commas between the entries: [[1, 2], [3, 4]].",
    ),
    _row(r"\[.*", "this is a list that is written as text", "Leave the quotes out: [[1, 2], [3, 4]]."),
    _row(r"(np\.|numpy\.|torch\.)?(array|tensor)\(.*", "this is Python", "Write the list alone: [[1, 2], [3, 4]]."),
    _row(r"\([^()]*,[^()]*\)", "this is a list in round brackets", "Write square brackets: [1, 2]."),
    _row(r"[^=]*=(?P<rest>[^=]*)", "this is an equation", _value_alone),
    _row(r"[~≈](?P<rest>.*)", "this is not said to be exact", _value_alone),
    _row(
        rf"(?P<number>{_SIGN}{_DIGITS})\s*(?P<unit>[^\W\d_][^\d()*+]*[²³]?|[°€$£])",
        "{unit} stands behind it",
        lambda match: f"Write {match['number']}.",
        unless=lambda match: match["unit"] in RESERVED_NAMES or match["unit"][0] in _SYMBOLS,
    ),
    _row(
        rf".*?(?P<symbol>[{''.join(_SYMBOLS)}]).*",
        "{symbol} stands here",
        lambda match: f"Write {_SYMBOLS[match['symbol']]} for it.",
    ),
    _row(
        r"[^\W\d_]+([\s/'’-]+[^\W\d_]+)*[.?!]*", "this is the text {text}", unless=lambda m: m.group() in RESERVED_NAMES
    ),
    _row(r"\W+", "this is {text}"),
)
"""The table. The tests try each row, so each has its text there."""
