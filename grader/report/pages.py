"""What the pages have in common: the templates, the style sheet, and how names and text are written in HTML.

Every text that a template prints is made visible (`report.text`) and then escaped, without the template asking for it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grader.report.markdown import markdown_line
from grader.report.numbers import percent, points_text
from grader.report.states import STATES
from grader.report.text import cut, name_parts, visible

STYLE = "grader.css"
SHEETS = (STYLE, "graph.css", "class.css", "student.css")
LONGEST_MESSAGE = 4000
LONGEST_ANSWER = 600
_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """A page as text."""
    return _environment().get_template(template).render(**values)


def compile_templates() -> None:
    """Compile all templates now, and not when the first page is made."""
    environment = _environment()
    for name in environment.list_templates(["html"]):
        environment.get_template(name)


@cache
def style() -> str:
    """The style sheet that is written beside the pages: what all share, drawings, the class's pages, students'."""
    return "\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in SHEETS)


@cache
def _style_inside() -> tuple[Markup, Markup]:
    """The style sheet for a page that has it inside, and its source for the page's policy."""
    text = f"\n{style()}"
    return Markup(text), Markup(_source(text))  # noqa: S704 - a file of this package


def _source(text: str) -> str:
    """What allows exactly this text in a policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def script(name: str) -> tuple[str, str]:
    """A script that stands in a page, and its source for the page's policy."""
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    return text, _source(text)


def html(text: str, *values: object) -> Markup:
    """HTML with values put in at `{}`, made visible and escaped as in a template."""
    return Markup(text).format(*map(_seen, values))  # noqa: S704 - the text is a template, written here


def name_html(name: str) -> Markup:
    """A name with its digits lowered; the names of an edge with an arrow between them."""
    return Markup('<span class="arrow" role="img" aria-label="to">→</span>').join(
        Markup('<i class="name">{}<sub>{}</sub></i>').format(letters, digits)
        if digits
        else Markup('<span class="name">{}</span>').format(visible(cut(letters, 80)))
        for letters, digits in name_parts(name)
    )


def message_html(message: str) -> Markup:
    """A message in its lines: a paragraph, or as it stands where it has several, since carets point upwards."""
    message = cut(message.strip("\n"), LONGEST_MESSAGE)
    if "\n" in message:
        return Markup('<pre class="code" tabindex="0">{}</pre>').format(visible(message, lines=True))
    return Markup("<p>{}</p>").format(visible(message))


def letters() -> Iterator[str]:
    """The letters of questions: a, b, … z, aa, ab, …"""
    for number in count(1):
        letter = ""
        while number:
            number, place = divmod(number - 1, 26)
            letter = chr(ord("a") + place) + letter
        yield letter


def _seen(value: object) -> object:
    """Make every printed text visible; what is HTML already was made so before."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(
        name=name_html,
        line=markdown_line,
        message=message_html,
        points=points_text,
        percent=percent,
        cut=cut,
        forceescape=escape,
    )
    environment.globals.update(states=STATES, longest_answer=LONGEST_ANSWER,
                               sheet=lambda: _style_inside()[0], sheet_source=lambda: _style_inside()[1])  # fmt: skip
    return environment
