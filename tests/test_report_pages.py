"""The pages: escaped, complete, well-formed, and without anything that a student may not see."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.marking.results import ItemResult
from grader.report import Reports
from grader.report.names import safe_name
from grader.report.numbers import percent, shown, shown_pair
from grader.report.pages import letters, message_html, name_html, style
from grader.report.states import RECEIVED, STATES, state_of
from grader.report.student_page import page_of, student_html
from grader.report.text import cut, visible
from tests.report_samples import (
    CARET,
    HEAD,
    ada,
    array,
    item,
    problem,
    question,
    redacted,
    student,
    two_paths,
)  # fmt: skip

VOID = {"meta", "link", "br", "hr", "img", "input"}
POLICY = "default-src 'none'; style-src 'self' file:; base-uri 'none'; form-action 'none'"
NASTY = "<script>alert(1)</script>\"'&\x1b[31m\x00\u202e\u200b\u2066{{ 7*7 }}"


class Page(HTMLParser):
    """A page as a browser takes it: balanced, with its headings, ids, links, attributes and text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.headings, self.ids, self.links, self.attributes, self.words, self.text = (
            [],
            [],
            [],
            [],
            [],
            [],
            "",
        )
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.attributes += [(tag, *attr) for attr in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name == "href"]

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, *attr) for attr in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        self.words += data.split()


def nasty():
    """A student who puts markup and invisible characters wherever a student can."""
    asked = question("a", "wrong", 0, 1, item(NASTY, "wrong", NASTY, array(1), NASTY),
                     item("b", "unreadable", NASTY, array(1), f"{NASTY}\n{NASTY}"), message=NASTY)  # fmt: skip
    return student(NASTY, problem("net", NASTY, asked, message=f"{NASTY}\n  ^"), messages=(NASTY, f"{NASTY}\n{NASTY}"),
                   first=("net", "a", NASTY))  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    with Reports(tmp_path, HEAD) as reports:
        for result in (ada(), nasty(), replace(redacted(ada(), "expected"), student="bea"),
                       replace(redacted(ada(), "all"), student="cyd"),
                       student("dan", two_paths(), first=("net", "gone", "x")), student("empty")):  # fmt: skip
            reports.add(result, result)
    return tmp_path


def pages_of(folder):
    """Every page by its path."""
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}


def without_script(name, html):
    """A page without the script that the table of students has, and the policy that the page has to have."""
    if not name.startswith("index"):
        return html, POLICY
    (script,) = re.findall("<script>(.*?)</script>", html, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = POLICY.replace("; base", f"; script-src 'sha256-{digest}'; base")
    return html.replace(f"<script>{script}</script>", ""), policy


def test_every_page_is_well_formed_with_headings_in_order_and_no_id_twice(folder):
    for name, html in pages_of(folder).items():
        page = Page(html)
        assert page.headings[0] == 1, name
        assert page.headings.count(1) == 1, name
        assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False)), name
        assert len(set(page.ids)) == len(page.ids), name


def test_every_link_leads_somewhere(folder):
    for name, html in pages_of(folder).items():
        page = Page(html)
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids, (name, link)
            else:
                assert ((folder / name).parent / link.split("#")[0]).is_file(), (name, link)


def test_every_page_has_the_policy_and_keeps_it(folder):
    for name, html in pages_of(folder).items():
        html, policy = without_script(name, html)
        page = Page(html)
        assert ("meta", "content", policy) in page.attributes
        assert "<script" not in html
        assert "<style" not in html
        names = {name for _, name, _ in page.attributes}
        assert "style" not in names
        assert not any(name.startswith("on") for name in names)
        assert not re.search(r"https?://|javascript:|url\(", html)


def test_the_style_sheet_loads_nothing_and_has_only_classes_that_a_page_uses(folder):
    assert "url(" not in style()
    assert "@import" not in style()
    sheet = style()[: style().index("/* Drawings")] + style()[style().index("/* The pages of the class") :]
    sheet = sheet[: sheet.index("/* A student's page and the solution sheet")]
    used = {word for html in pages_of(folder).values() for words in re.findall(r'class="([^"]*)"', html)
            for word in words.split()}  # fmt: skip
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", sheet, flags=re.S)
    defined = set(re.findall(r"\.([a-z][\w-]*)", rules))
    assert defined - used <= {"turning", "nowrap"}


def test_the_folder_to_hand_out_is_complete_in_itself(folder):
    assert (folder / "students" / "grader.css").read_text(encoding="utf-8") == style()
    for name, html in pages_of(folder / "students").items():
        assert not [link for link in Page(html).links if "/" in link], name


def test_markup_and_invisible_characters_of_a_student_are_shown_and_not_obeyed(folder):
    pages = pages_of(folder)
    for name, html in pages.items():
        html, _ = without_script(name, html)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", html), name
        assert "<script" not in html
    page = Page(pages[page_of(NASTY)])
    assert page.text.count("<script>alert(1)</script>\"'&␛[31m␀⟨U+202E⟩⟨U+200B⟩⟨U+2066⟩{{ 7*7 }}") >= 12


@pytest.mark.parametrize("hidden", ["expected", "all"])
def test_nothing_hidden_is_anywhere_in_the_folder_to_hand_out(tmp_path, hidden):
    secret = 7351.9264
    asked = question("q", "wrong", 0, 3, item("x", "wrong", array(1), array(secret)),
                     item("y", "wrong", array([1, 2]), array([secret, 2])), message=None)  # fmt: skip
    result = student("ada", problem("net", "net", asked))
    with Reports(tmp_path, HEAD) as reports:
        reports.add(result, redacted(result, hidden))
    handed_out = b"".join(path.read_bytes() for path in (tmp_path / "students").rglob("*"))
    assert b"7351" in (tmp_path / "results.json").read_bytes()
    for text in (repr(secret), f"{secret:.6g}", f"{secret:.3g}", f"{secret:e}", f"{secret:.0f}", f"{secret:.2f}",
                 secret.hex(), f"{secret:,}", "7351", "7352", "7.35"):  # fmt: skip
        assert text.encode() not in handed_out, text


def test_a_question_whose_result_is_hidden_says_that_it_was_received_and_nothing_else():
    asked = replace(question("q", "wrong", None, 3, ItemResult("x", "wrong", array(41.5), array(7), "sign", "Why."),
                             message="Because."), hidden="all", misconception="sign")  # fmt: skip
    html = student_html(student("ada", problem("net", "net", asked), first=("net", "q", "x")), HEAD)
    page = Page(html)
    assert "received" in page.text
    for word in ("wrong", "41.5", "Because", "Why", "sign", "What to fix first"):
        assert word not in page.text
    assert "is-wrong" not in html


def test_hidden_expected_values_leave_the_verdict_and_say_that_more_comes():
    page = Page(student_html(redacted(ada(), "expected"), HEAD))
    assert "The expected values are shown later." in page.text
    assert "Expected" not in page.text
    assert "80" not in page.text
    assert "wrong" in page.text


def test_every_verdict_has_a_shape_a_word_and_a_colour_of_its_own():
    for state in [*STATES.values(), RECEIVED]:
        assert f".{state.css} " in style() or f".{state.css}," in style()
        assert state.word
        assert state.meaning
    assert len({state.glyph for state in STATES.values()}) == len({s.sign for s in STATES.values()}) == len(STATES)
    for verdict, state in STATES.items():
        asked = question("q", verdict, 0, 1, item("x", verdict))
        html = student_html(student("s", problem("net", "net", asked)), HEAD)
        glyph = f'<svg class="g" aria-hidden="true"><use href="#g-{state.glyph}"/></svg>'
        badge = f'<span class="state {state.css}">{glyph}{state.word}</span>'
        assert html.count(badge) == 4, "the list of questions, the question, its item, the meanings"
        assert f'id="g-{state.glyph}"' in html


def test_the_page_is_in_the_order_in_which_a_student_needs_it():
    text = Page(student_html(ada(), HEAD)).text
    parts = ["7 of 16 points", "Forward values", "What to fix first", "u1 feeds u3 and u4", "could not read",
             "About your files", "notes.txt was left alone", "What the marks mean"]  # fmt: skip
    places = [text.index(part) for part in parts[:4]] + [text.rindex(part) for part in parts[5:]]
    assert places == sorted(places)
    assert parts[4] in text


def test_what_to_fix_first_names_one_value_with_what_was_expected():
    text = " ".join(Page(student_html(ada(), HEAD)).words)
    assert "Question b of A product of a product and a sum: u 1 yours 24 expected 80 wrong" in text
    assert text.count("begin here") == 1


def test_a_caret_stays_under_its_place():
    html = str(message_html(CARET))
    assert html.startswith('<pre class="code" tabindex="0">')
    lines = html.split("\n")
    assert lines[2].index("^") == lines[1].index("7,0")


def test_names_are_printed_with_lowered_digits_and_edges_with_an_arrow():
    assert name_html("u1") == '<i class="name">u<sub>1</sub></i>'
    assert Page(name_html("u1->u3")).text == "u1→u3"
    assert name_html("d_h") == '<span class="name">d_h</span>'
    assert "<b>" not in name_html("<b>1->u2")


def test_arrays_are_bounded_and_say_what_is_left_out():
    assert shown(array([1, 0.5])).text == "[1, 0.5]"
    assert shown(array([[1, 2], [3, 4]])).rows == (("1", "2"), ("3", "4"))
    assert shown(array([[1, 2], [3, 4]])).text == "2 × 2 matrix"
    large = shown(array([[0.0] * 30] * 40))
    assert (len(large.rows), len(large.rows[0])) == (4, 12)
    assert large.more == "40 × 30 matrix: its first 4 rows and 12 columns"
    assert shown(array([0.0] * 1000)).more == "the first 12 of 1,000 entries"
    assert shown(array([[[1, 2]], [[3, 4]]])).text == "2 × 1 × 2 array"
    assert shown(array([[], []])).more == "2 × 0 matrix"
    assert shown(array(float("nan"))).text == "nan"


def test_a_wrong_answer_never_looks_like_the_expected_one():
    assert [s.text for s in shown_pair(array(1 / 3), array(0.3333331), differ=True)] == ["0.333333333", "0.3333331"]
    assert [s.text for s in shown_pair(array(1 / 3), array(0.3333331), differ=False)] == ["0.333333", "0.333333"]


def test_invisible_characters_are_named_and_visible_ones_left_alone():
    assert visible("a\x00\x1b\x7f\t\n") == "a␀␛␡␉␊"
    assert visible("\u202e\u200b\ufeff\udc80\U000e0041") == "⟨U+202E⟩⟨U+200B⟩⟨U+FEFF⟩⟨U+DC80⟩⟨U+E0041⟩"
    assert visible("Zoë 李雷 ∂u₅/∂u₁ →") == "Zoë 李雷 ∂u₅/∂u₁ →"
    assert visible("a\r\nb\tc\x00", lines=True) == "a\nb\tc␀"
    assert cut("abcdef", 3) == "abc … (6 characters)"


@given(st.text())
def test_what_was_made_visible_can_be_written_and_is_printable(text):
    seen = visible(text)
    seen.encode()
    assert not any(ord(c) < 32 for c in seen)
    assert visible(seen) == seen


def test_letters_go_on_after_z():
    found = letters()
    assert [next(found) for _ in range(28)][-4:] == ["y", "z", "aa", "ab"]


def test_shares_are_rounded_half_up():
    assert [percent(share) for share in (0.125, 0.005, 1, None)] == ["13 %", "1 %", "100 %", "–"]


def test_a_hidden_question_shows_no_state_of_its_verdict():
    assert state_of(replace(question("q", "correct", 1, 1), hidden="all")) is RECEIVED


# file names


SAFE = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,59}")
IDS = st.text(max_size=80) | st.text("aA.-_ /\\:0", max_size=8)


@given(st.sets(IDS, max_size=30))
def test_two_ids_never_share_a_file_name_in_any_case(ids):
    names = [safe_name(one) for one in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(SAFE.fullmatch(name) and not name.endswith(".") for name in names)


@given(IDS)
def test_a_hashed_name_is_never_the_name_of_an_id_that_looks_like_it(one):
    name = safe_name(one)
    assert name == one or safe_name(name) != name


@pytest.mark.parametrize("name", ["con", "CON", "con.txt", "nul", "lpt1", "com9.a", "index", "aux.b.c", "CONIN$"])
def test_names_that_systems_or_servers_keep_for_themselves_are_changed(name):
    assert re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{16}", safe_name(name))


@pytest.mark.parametrize("name", ["ada", "s01", "max.muster", "a_b-c", "1234"])
def test_an_id_that_can_stand_is_its_own_file_name(name):
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "a\\b", ".", "..", "", "x" * 300, "Ada", "a.", "-a", "a\0", "Zoë", "\udc80"]
)
def test_an_id_that_cannot_stand_becomes_a_plain_name(name):
    assert re.fullmatch(r"[a-z0-9_-]{1,41}[0-9a-f]{16}", safe_name(name))
