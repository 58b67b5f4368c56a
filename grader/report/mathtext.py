"""Short formulas as runs of text for drawings, and how wide text is at most.

Reads the LaTeX that the engine prints on one line and what authors write as symbols; what it does not know makes it
give up, and the caller shows plain text. Widths are those of wide fonts, so that nothing overlaps in any.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import escape

from grader.report.text import visible

# Widths in hundredths of the font size, at least those of DejaVu Sans and of DejaVu Serif Italic.
_WIDTHS = {
    25: "′",
    30: "'",
    35: " ,./:;ijl|·\\",
    40: "!()-IJ[]ftι",
    45: "ℓ",
    50: '"*_`r–‖ˆ',
    55: "?szεζ∂∇",
    60: "cvxyγξτ∘⋆",
    65: "$0123456789abdeghknopqu{}βδηθλμνρυχ√",
    70: "FLPSTYZακσφΓΞ",
    75: "ABEKRVXΔΛΣ",
    80: "CDGψ",
    85: "#+<=>OQU^~ωΘΦΥΩ×−⊙≤≥≠⊗∞",
    90: "&HNwΠΨπ",
    100: "%@m…⊤",
    105: "MW",
}
_WIDTH = {character: width / 100 for width, characters in _WIDTHS.items() for character in characters}
BOLD = 1.13
SMALLEST = 12.5
"""The size of sub- and superscripts; beside a size of 20 they have 14."""
HEIGHTS = {0: 0.0, 1: 0.36, -1: -0.22, 11: 0.52, 9: 0.2, -9: -0.08, -11: -0.34}
"""How high the levels stand, in units of the size; a level inside a level is ten times the outer one and the inner."""
_LETTERS = re.findall(
    r"(\w+)=(.)",
    "alpha=α beta=β gamma=γ delta=δ epsilon=ε varepsilon=ε zeta=ζ eta=η theta=θ iota=ι kappa=κ lambda=λ mu=μ nu=ν xi=ξ "
    "rho=ρ sigma=σ tau=τ upsilon=υ phi=φ varphi=φ chi=χ psi=ψ omega=ω pi=π Gamma=Γ Delta=Δ Theta=Θ Lambda=Λ Xi=Ξ Pi=Π "
    "Sigma=Σ Upsilon=Υ Phi=Φ Psi=Ψ Omega=Ω",
)
GREEK = dict(_LETTERS)
SIGNS = {
    "cdot": "·", "odot": "⊙", "otimes": "⊗", "top": "⊤", "lVert": "‖", "rVert": "‖", "Vert": "‖", "lvert": "|",
    "rvert": "|", "sum": "Σ", "le": " ≤ ", "leq": " ≤ ", "ge": " ≥ ", "geq": " ≥ ", "ne": " ≠ ", "times": "×",
    "ell": "ℓ", "infty": "∞", "ldots": "…", "dots": "…", "partial": "∂", "prime": "′", "quad": "  ", "circ": "∘",
    "star": "⋆", "ast": "*", "nabla": "∇",
}  # fmt: skip
FUNCTIONS = frozenset({
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log", "ln", "exp", "max", "min", "det",
})  # fmt: skip
ACCENTS = {"bar": "\u0304", "overline": "\u0304", "dot": "\u0307", "hat": "\u0302", "tilde": "\u0303", "vec": "\u20d7"}
UPRIGHT = frozenset({"mathrm", "operatorname", "text", "mathbf", "mathsf", "mathtt", "mathcal", "mathbb", "textbf"})
SPACES = {",": " ", ";": " ", ":": " ", "!": "", " ": " "}
_TOKEN = re.compile(r"\\([A-Za-z]+)\s*|\\(.)|([0-9]+(?:\.[0-9]+)?)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text: `level` 0 on the line, 1 above, -1 below (see HEIGHTS); `upright` or slanted."""

    text: str
    level: int = 0
    upright: bool = False


Runs = tuple[Run, ...]


@lru_cache(maxsize=4096)
def runs(latex: str) -> Runs | None:
    """The runs of a short formula; None where it has something that no line of text can show."""
    try:
        found = _Reader(visible(latex)).read()
    except (KeyError, IndexError, ValueError):
        return None
    return _joined(found)


def plain(text: str) -> Runs:
    """Upright text as it stands."""
    return (Run(visible(text), 0, True),) if text else ()


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text, at most."""
    units = sum(
        0.0 if "\u0300" <= c <= "\u036f" or c == "\u20d7" else _WIDTH.get(c, 0.7 if c < "\u0500" else 1.0) for c in text
    )
    return units * size * (BOLD if bold else 1)


@lru_cache(maxsize=8192)
def width(found: Runs, size: float) -> float:
    """The width of runs, at most."""
    return sum(text_width(run.text, lowered(size) if run.level else size) for run in found)


def lowered(size: float) -> float:
    """The size of sub- and superscripts beside this size."""
    return 14.0 if size >= 20 else SMALLEST


@lru_cache(maxsize=8192)
def spans(found: Runs, size: float) -> str:
    """The runs as tspans of an SVG text, which ends on the line again."""
    out, height = [], 0.0
    for run in found:
        wanted = -HEIGHTS[run.level] * size
        shift = f' dy="{wanted - height:.4g}"' if wanted != height else ""
        classes = " ".join(c for c, on in (("sb", run.level), ("n", run.upright)) if on)
        named = f' class="{classes}"' if classes else ""
        out.append(f"<tspan{named}{shift}>{escape(run.text)}</tspan>")
        height = wanted
    if height:
        out.append(f'<tspan dy="{-height:.4g}">\u200b</tspan>')
    return "".join(out)


class _Reader:
    """Reads LaTeX token by token."""

    def __init__(self, latex: str) -> None:
        self.tokens = [m.groups() for m in _TOKEN.finditer(latex)]
        self.at = 0

    def read(self, level: int = 0, closing: str = "") -> list[Run]:
        """The runs up to a closing brace."""
        out: list[Run] = []
        while self.at < len(self.tokens):
            if closing and self.tokens[self.at][3] == closing:
                self.at += 1
                return out
            out += self._one(level)
        if closing:
            raise ValueError(closing)
        return out

    def _one(self, level: int) -> list[Run]:
        command, escaped, number, character = self.tokens[self.at]
        self.at += 1
        if command is not None:
            return self._command(command, level)
        if escaped is not None:
            return [Run(SPACES.get(escaped, escaped), level, True)]
        if number is not None:
            return [Run(number, level, True)]
        return self._character(character or "", level)

    def _character(self, character: str, level: int) -> list[Run]:
        if character == "{":
            return self.read(level, "}")
        if character in "_^":
            step = 1 if character == "^" else -1
            return self._argument(10 * level + step if level in (1, -1) else level or step)
        if character in "}$#&~%":
            raise ValueError(character)
        if character.isspace():
            return []
        if character in "+-=<>":
            sign = "−" if character == "-" else character
            return [Run(sign if level else f" {sign} ", level, True)]
        if character == "'":
            return [Run("′", level, True)]
        if character == "/":
            return [Run(" / ", level, True)]
        return [Run(character + " " * (character in ",;" and not level), level, not character.isalpha())]

    def _argument(self, level: int) -> list[Run]:
        return self._one(level)

    def _command(self, command: str, level: int) -> list[Run]:
        if command in GREEK:
            return [Run(GREEK[command], level)]
        if command in SIGNS:
            return [Run(SIGNS[command], level, True)]
        if command in FUNCTIONS:
            return [Run(f"\u200a{command}", level, True)]
        if command in ACCENTS:
            inside = self._argument(level)
            return [
                Run(inside[0].text[:1] + ACCENTS[command] + inside[0].text[1:], level, inside[0].upright),
                *inside[1:],
            ]
        if command in UPRIGHT:
            return [Run(("\u200a" if command == "operatorname" else "") + self._raw(), level, True)]
        if command in ("left", "right"):
            return self._one(level)
        if command == "sqrt":
            inside = self._argument(level)
            simple = len(inside) == 1
            return [Run("√" if simple else "√(", level, True), *inside, *([] if simple else [Run(")", level, True)])]
        raise KeyError(command)

    def _raw(self) -> str:
        """The text of a group, with its spaces."""
        if self.tokens[self.at][3] != "{":
            return _text(self._one(0))
        self.at += 1
        out = ""
        while self.tokens[self.at][3] != "}":
            command, escaped, number, character = self.tokens[self.at]
            if command is not None or character == "{":
                raise ValueError("nested")
            out += escaped or number or character or ""
            self.at += 1
        self.at += 1
        return out


def _text(found: Sequence[Run]) -> str:
    return "".join(run.text for run in found)


def _joined(found: list[Run]) -> Runs:
    """Neighbours of one kind together, and a sign at the beginning or after a bracket without space."""
    out: list[Run] = []
    for run in found:
        before = _text(out).rstrip("\u200a")
        text = run.text
        if text == " − " and (not before or before[-1] in "(=+−·[{,;/ "):
            text = "−"
        if text.startswith("\u200a") and (not before or before[-1] in "(−+=[|‖ "):
            text = text[1:]
        if out and (out[-1].level, out[-1].upright) == (run.level, run.upright):
            out[-1] = Run(out[-1].text + text, run.level, run.upright)
        else:
            out.append(Run(text, run.level, run.upright))
    return tuple(run for run in out if run.text)
