"""LaTeX to MathML, by math-core; what it cannot read is shown as it was written.

Its output is read again and written anew with known elements and attributes only: a page has no style attributes, no
ids and no links that a formula brought along. Alignment comes back as classes of `graph.css`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from html.parser import HTMLParser
from typing import Any

from markupsafe import Markup, escape

from grader.report.text import cut, visible

LONGEST = 20_000
ELEMENTS = frozenset({
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mpadded", "mphantom", "merror",
    "menclose",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "symmetric", "form", "fence", "separator",
    "lspace", "rspace", "largeop", "movablelimits", "accent", "accentunder", "linethickness", "minsize", "maxsize",
    "width", "height", "depth", "voffset", "columnspan", "rowspan", "notation",
})  # fmt: skip
CLASSES = {"text-align: left": "m-left", "text-align: right": "m-right", "padding-left:1em": "m-apart"}


@lru_cache(maxsize=4096)
def mathml(latex: str, *, display: bool = False) -> Markup:
    """A formula as MathML, on a line of its own with `display`; where that fails, as escaped code."""
    latex = visible(latex.strip(), lines=True)
    if len(latex) > LONGEST:
        return _code(latex)
    try:
        made = _converter().convert_with_local_state(latex, displaystyle=display)
        return _Cleaner.cleaned(made)
    except Exception:
        return _code(latex)


def _code(latex: str) -> Markup:
    return Markup("<code>{}</code>").format(cut(latex, LONGEST))


@cache
def _converter() -> Any:
    """The converter, loaded when the first formula is printed."""
    from math_core import LatexToMathML

    return LatexToMathML(fancy_error=False, max_expansions=200)


class _Cleaner(HTMLParser):
    """Writes known elements and attributes again; an unknown one makes the formula fail."""

    @classmethod
    def cleaned(cls, source: str) -> Markup:
        """The formula, or ValueError."""
        cleaner = cls()
        cleaner.feed(source)
        cleaner.close()
        if cleaner.open or not cleaner.out:
            raise ValueError("elements that are not closed")
        return Markup("".join(cleaner.out))  # noqa: S704 - every part was escaped where it was added

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write the element with what is known of its attributes."""
        self._start(tag, attrs)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write an element without content, as one that HTML can read too."""
        self._start(tag, attrs)
        self.out.append(f"</{tag}>")

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        if not self.open or self.open.pop() != tag:
            raise ValueError(tag)
        self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Write text."""
        self.out.append(str(escape(data)))

    def handle_comment(self, data: str) -> None:
        """No comment belongs in a formula."""
        raise ValueError(data)

    def handle_decl(self, decl: str) -> None:
        """No declaration either."""
        raise ValueError(decl)

    def _start(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            raise ValueError(tag)
        style = next((value or "" for name, value in attrs if name == "style"), "")
        kept = [(name, value or "") for name, value in attrs if name in ATTRIBUTES]
        found = [name for part, name in CLASSES.items() if part in style]
        if found:
            kept.append(("class", " ".join(found)))
        written = "".join(f' {name}="{escape(value)}"' for name, value in kept)
        self.out.append(f"<{tag}{written}>")
