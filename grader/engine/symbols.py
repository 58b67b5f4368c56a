"""How names are printed in mathematics: u1 as u_{1}, gamma as \\gamma, and what an author says instead.

Knows names only; what stands between them is in `latex`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

GREEK = frozenset(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi"
        " omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)
_PARTS = re.compile(r"([A-Za-z]+?)_?(\d*)((?:_\w+)?)")
_HAT = re.compile(r"([A-Za-z])(hat|tilde)")
_STYLED = r"\\(?:mathrm|mathbf|mathit|mathcal|mathbb|hat|tilde|bar|vec|text|operatorname)\s*(?:\{[^{}]*\}|\\?[A-Za-z]+)"
_BASE = re.compile(rf"\s*({_STYLED}|\\[A-Za-z]+|\{{[^{{}}]*\}}|.)\s*", re.DOTALL)


class Symbols:
    """LaTeX for names: those of `given` as the author wrote them, all others by habit.

    A letter is itself, a Greek letter's name is the letter, digits at the end and what follows `_` are a subscript,
    `yhat` has a hat, and any other word is upright.
    """

    def __init__(self, given: Mapping[str, str] | None = None, names: Iterable[str] = ()) -> None:
        self._given = dict(given or {})
        self._taken = frozenset(self(name) for name in {*names, *self._given})

    def __call__(self, name: str) -> str:
        """The LaTeX of a name."""
        return self._given[name].strip() if name in self._given else default_symbol(name)

    def adjoint(self, name: str) -> str:
        """The LaTeX of its adjoint: a bar over the letter, sub- and superscripts outside."""
        return accented(r"\bar", self(name))

    def tangent(self, name: str) -> str:
        """The LaTeX of its tangent: a dot over the letter."""
        return accented(r"\dot", self(name))

    def taken(self, tex: str) -> bool:
        """Whether a name is printed so: then an entry of an array may not be."""
        return tex in self._taken


def default_symbol(name: str) -> str:
    """The LaTeX of a name that the author says nothing about."""
    found = _PARTS.fullmatch(name)
    if not found:
        return _word(name)
    letters, digits, rest = found.groups()
    below = [digits] if digits else []
    below += [_word(part) for part in rest.split("_") if part]
    return _word(letters) + (f"_{{{','.join(below)}}}" if below else "")


def accented(accent: str, symbol: str) -> str:
    """A symbol with an accent over its letter."""
    found = _BASE.match(symbol)
    if not found:
        return f"{accent}{{{symbol}}}"
    base = found.group(1)
    return f"{accent}{{{base[1:-1] if base.startswith('{') else base}}}{symbol[found.end() :]}"


def _word(word: str) -> str:
    if word in GREEK:
        return f"\\{word}"
    if len(word) == 1 or word.isdigit():
        return word
    hat = _HAT.fullmatch(word)
    if hat:
        return f"\\{hat.group(2)}{{{hat.group(1)}}}"
    return f"\\mathrm{{{word}}}".replace("_", r"\_")
