"""Formulas and Markdown on pages: MathML without styles, and nothing that an author writes becomes HTML."""

from __future__ import annotations

import pathlib
import re

import pytest

from grader.engine.derivation import Derivations
from grader.questions import option_models
from grader.report.markdown import markdown, markdown_line
from grader.report.mathematics import mathml
from grader.spec.load import load_problem

PROBLEMS = sorted(p for p in pathlib.Path("problems").glob("*.yaml") if p.stem != "assignment")


def test_a_formula_becomes_mathml():
    assert mathml("u_{1}") == "<math><msub><mi>u</mi><mn>1</mn></msub></math>"
    assert mathml("x", display=True).startswith('<math display="block">')


@pytest.mark.parametrize(
    "latex",
    [r"\begin{cases} a & b \\ c & d \end{cases}", r"\textcolor{red}{x}", r"\begin{align} a &= b \label{q} \end{align}",
     r"\begin{array}{c|c} 1 & 2 \end{array}"],
)  # fmt: skip
def test_a_formula_brings_no_style_and_no_id(latex):
    made = mathml(latex)
    assert made.startswith("<math")
    assert " style=" not in made
    assert " id=" not in made


def test_cases_are_aligned_by_classes():
    assert 'class="m-left"' in mathml(r"\begin{cases} a & b \\ c & d \end{cases}")


@pytest.mark.parametrize("latex", [r"\nosuchcommand", r"\frac{1}", "{", r"\href{javascript:alert(1)}{x}", "x" * 30_000])
def test_what_cannot_be_read_is_shown_as_it_was_written(latex):
    assert mathml(latex).startswith("<code>")


@pytest.mark.parametrize("latex", ["<script>alert(1)</script>", r"\text{<b>x</b>}", r"\nosuch<img src=x>", "\u202eabc"])
def test_markup_in_a_formula_is_text(latex):
    made = mathml(latex)
    assert not re.search(r"<(script|b|img)\b", made)
    assert "\u202e" not in made


def test_macros_do_not_run_for_ever():
    assert mathml(r"\newcommand{\a}{\a\a}\a").startswith("<code>")


def test_a_statement_has_paragraphs_and_formulas():
    made = markdown("Two leaves: $u_5 = 2 u_3 u_4$.\n\n$$x^2$$\n\n- **one**\n")
    assert made.startswith("<p>Two leaves: <math>")
    assert '<div class="scroll formula" tabindex="0" role="group" aria-label="Formula"><math display="block">' in made
    assert "<li><strong>one</strong></li>" in made


def test_html_in_markdown_is_shown_and_not_obeyed():
    made = markdown("<script>alert(1)</script>\n\n<b onclick=x>y</b> `<i>`")
    assert "<script" not in made
    assert "<b" not in made
    assert "&lt;script&gt;" in made


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "other.html"]
)
def test_only_links_to_the_web_and_to_mail_are_links(url):
    assert "<a " not in markdown(f"[x]({url})")


def test_a_link_does_not_tell_where_it_was_clicked():
    assert markdown_line("[x](https://example.org 't')") == '<a href="https://example.org" rel="noreferrer">x</a>'
    assert "mailto:a@example.org" in markdown_line("<mailto:a@example.org>")


def test_images_are_not_loaded():
    assert markdown_line("![a graph](https://example.org/x.png)") == "<em>a graph</em>"


def test_a_title_has_no_paragraph():
    assert markdown_line("Backward pass to $z^1$").startswith("Backward pass to <math>")


def test_a_price_is_no_formula():
    assert "<math" not in markdown_line("it costs 5$")


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_every_derivation_of_the_bank_becomes_mathml(path):
    problem = load_problem(path, option_models())
    found = Derivations(problem.graph, problem.point, problem.symbols)
    texts = [
        t for n in found.adjoints for d in [found.reverse(n)] for t in (d.in_symbols, d.with_local, d.with_numbers)
    ]
    texts += [t for n in problem.graph.nodes for d in [found.forward(n)] for t in (d.with_local, d.with_numbers)]
    texts += [e.symbol for e in found.edges.values() if e.symbol]
    assert [t for t in texts if not mathml(t).startswith("<math")] == []
    without_code = re.sub(r"`[^`]*`", "", problem.statement)
    assert "<code>" not in markdown(without_code)
