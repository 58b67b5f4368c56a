"""Markdown of authors to HTML: statements, prompts, hints. HTML in it is shown, not obeyed; formulas become MathML.

Links lead to http, https and mailto only; images are shown by their description. Nothing of a student's comes here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

from grader.report.mathematics import mathml
from grader.report.text import visible

ALLOWED = ("http://", "https://", "mailto:")


@lru_cache(maxsize=1024)
def markdown(text: str) -> Markup:
    """A text of paragraphs, lists, tables and formulas as HTML."""
    return Markup(_reader().render(visible(text, lines=True)))  # noqa: S704 - HTML is off in the reader


@lru_cache(maxsize=1024)
def markdown_line(text: str) -> Markup:
    """A text without paragraphs, for titles and cells."""
    return Markup(_reader().renderInline(visible(" ".join(text.split()))))  # noqa: S704 - HTML is off in the reader


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    reader.use(dollarmath_plugin, allow_labels=False, allow_space=True, allow_digits=True, double_inline=True)
    reader.validateLink = _allowed  # type: ignore[method-assign]
    for kind, display in (("math_inline", False), ("math_inline_double", True), ("math_block", True)):
        reader.add_render_rule(kind, _formula(display))
    reader.add_render_rule("image", _image)
    reader.add_render_rule("link_open", _link)
    return reader


def _allowed(url: str) -> bool:
    return url.strip().lower().startswith(ALLOWED)


def _formula(display: bool) -> Any:
    def render(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        made = str(mathml(token.content, display=display))
        return (
            f'<div class="scroll formula" tabindex="0" role="group" aria-label="Formula">{made}</div>\n'
            if token.type == "math_block"
            else made
        )

    return render


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return str(Markup("<em>{}</em>").format(tokens[index].content or "an image"))


def _link(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    token.attrs = {"href": token.attrs.get("href", ""), "rel": "noreferrer"}
    return self.renderToken(tokens, index, options, env)
