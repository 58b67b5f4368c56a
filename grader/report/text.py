"""Text that other people wrote, made safe to look at.

Control, bidirectional and zero-width characters can hide, reorder or forge what a reader sees, so every page, table
and terminal shows them by name. Escaping for HTML is not done here: that is the templates' work.
"""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # blanks and fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, direction, line separators
    "\ufe00-\ufe0f\U000e0000-\U000e0fff"  # variation selectors, tags
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical format controls
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # what is no character at all
    "]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ARROW = "->"
_NAME = re.compile(r"([A-Za-z]+)([0-9]+)")


def visible(text: str, *, lines: bool = False) -> str:
    """Write what cannot be seen by its name: ␀ for a control, ⟨U+202E⟩ for the rest.

    With `lines`, line ends and tabs stay what they are.
    """
    if not _UNSEEN.search(text):
        return text
    kept = "\n\t" if lines else ""
    if lines:
        text = text.replace("\r\n", "\n")
    return _UNSEEN.sub(lambda found: found[0] if found[0] in kept else _named(found[0]), text)


def encodable(text: str) -> str:
    """Write lone surrogates (bytes of a file name that were no UTF-8) by name: no encoding has them."""
    return text if text.isascii() else _SURROGATE.sub(lambda found: _named(found[0]), text)


def cut(text: str, length: int) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= length else f"{text[:length]} … ({len(text):,} characters)"


def name_parts(name: str) -> list[tuple[str, str]]:
    """A name, or the names along an edge `u1->u3`, each as its letters and the digits that belong below the line."""
    return [_lowered(part.strip()) for part in name.split(_ARROW)]


def _lowered(name: str) -> tuple[str, str]:
    found = _NAME.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")


def _named(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
