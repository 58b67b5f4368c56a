"""The pages of the gallery as a browser shows them: nothing overflows, overlaps, loads, logs or obeys a student."""

from __future__ import annotations

import pathlib
import re
import shutil

import pytest

from tests import gallery

playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install '.[test]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")

PHONE, DESK, PAPER = 390, 1280, 680
MODES = ((PHONE, "light"), (DESK, "light"), (PHONE, "dark"), (DESK, "dark"))
MARK = "\u200b"
"""Where a drawing returns to the line after a lowered digit; never a student's, which is shown by name."""
WATCH = """
window.violated = [];
document.addEventListener("securitypolicyviolation", e =>
  window.violated.push(e.violatedDirective + " " + e.blockedURI));
"""
OVERLAPS = """
() => {
  const found = [];
  for (const svg of document.querySelectorAll("svg.graph, svg.plot")) {
    if (!svg.getBoundingClientRect().width) continue;
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBoundingClientRect()]);
    const pills = [...svg.querySelectorAll(".pill, .lost-pill")].map(r => ["pill", r.getBoundingClientRect()]);
    const cards = [...svg.querySelectorAll(".box")].map(r => ["card", r.getBoundingClientRect()]);
    const over = (a, b, by) =>
      a.left + by < b.right && b.left + by < a.right && a.top + by < b.bottom && b.top + by < a.bottom;
    const check = (group, other, by) => group.forEach(([n, a], k) => other.forEach(([m, b], l) => {
      if ((group !== other || k < l) && over(a, b, by)) found.push(n + " | " + m);
    }));
    check(boxes, boxes, 1.5); check(pills, pills, 0.5); check(pills, cards, 0.5); check(cards, cards, 0.5);
    for (const [n, b] of boxes)
      if (b.left < frame.left - 1 || b.right > frame.right + 1 || b.top < frame.top - 1 || b.bottom > frame.bottom + 1)
        found.push(n + " is cut");
    for (const text of svg.querySelectorAll(".box + text, .pill + text, .lost-pill + text")) {
      const [a, b] = [text.getBoundingClientRect(), text.previousElementSibling.getBoundingClientRect()];
      if (a.left < b.left - 0.5 || a.right > b.right + 0.5) found.push(text.textContent + " is wider than its box");
    }
  }
  return found;
}
"""
WIDE = """
() => document.documentElement.scrollWidth <= innerWidth ? [] :
  ["sideways", ...[...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest(".scroll, pre, .prose, .prompt")).slice(0, 5).map(e => e.tagName + "." + e.getAttribute("class"))]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """All pages of the gallery."""
    return gallery.make(tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium."""
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Opened:
    """Pages in one window, with everything that is said or asked for on the way."""

    def __init__(self, browser, width, scheme="light", media="screen"):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.emulate_media(media=media)
        self.page.add_init_script(WATCH)
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def go(self, path):
        """Open a page and everything that is folded on it."""
        self.page.goto(pathlib.Path(path).as_uri())
        self.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        return self.page


def looked_at(page):
    """What is too wide on a page, and what overlaps in its drawings."""
    return page.evaluate(WIDE) + page.evaluate(OVERLAPS)[:8]


@pytest.mark.parametrize(("width", "scheme"), MODES)
def test_no_page_scrolls_sideways_and_no_labels_of_a_drawing_overlap(made, browser, width, scheme):
    if scheme == "dark":
        made = made[:: 4 if width == DESK else 3]
    with Opened(browser, width, scheme) as window:
        found = {path: looked_at(window.go(path)) for path in made}
    assert {path: what for path, what in found.items() if what} == {}


def test_nothing_is_cut_off_on_paper(made, browser):
    with Opened(browser, PAPER, media="print") as window:
        found = {path: looked_at(window.go(path)) for path in made[::2]}
    assert {path: what for path, what in found.items() if what} == {}


def test_no_page_says_anything_asks_for_anything_or_breaks_its_policy(made, browser):
    with Opened(browser, DESK) as window:
        for path in made:
            window.asked.clear()
            page = window.go(path)
            sheets = {
                path.as_uri(),
                *(p.as_uri() for p in (path.parent / "grader.css", path.parent.parent / "grader.css")),
            }
            assert set(window.asked) <= sheets, path
            assert page.evaluate("window.violated") == [], path
        assert window.said == []


def test_the_policy_lets_no_style_script_or_picture_in(made, browser):
    with Opened(browser, DESK) as window:
        for path in (p for p in made if p.parent.name == "students" and p.stem in ("right", "ada")):
            page = window.go(path)
            page.evaluate("""() => {
              const bad = "<p style='color: red' onclick='x=1'></p><img src='data:,'>";
              document.body.insertAdjacentHTML("beforeend", bad);
              const s = document.createElement("script"); s.textContent = "window.ran = 1"; document.body.append(s);
            }""")
            page.wait_for_timeout(50)
            assert page.evaluate("window.ran") is None
            broken = {text.split()[0] for text in page.evaluate("window.violated")}
            assert {"style-src-attr", "img-src", "script-src-elem"} <= broken


def test_text_of_students_comes_out_as_text(made, browser):
    shown = re.escape(gallery.NASTY.split('"')[0])
    seen = 0
    with Opened(browser, DESK) as window:
        for path in made:
            page = window.go(path)
            found = "script, img, iframe, object, embed, form, link:not([rel=stylesheet]), [onerror], [style]"
            scripts = page.evaluate(f"[...document.querySelectorAll('{found}')].map(e => e.outerHTML.slice(0, 200))")
            if path.name.startswith("index"):
                scripts = [one for one in scripts if "addEventListener" not in one and "sort" not in one]
            assert scripts == [], path
            text = page.evaluate("document.body.textContent").replace(MARK, "")
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text), path
            seen += bool(re.search(shown, text))
            links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
            assert all(re.match(r"#|[\w./-]+\.html|https?://", link) for link in links), path
    assert seen >= 4


LOOKED_THROUGH = (
    "one.html", "one/index.html", "one/problems/two-paths.html", "one/students/overwritten.html",
    "one/students/unread.html", "one/students/nothing.html", "kinds/students/wrong.html", "hidden/students/wrong.html",
    "large/students/some.html", "python/students/factor.html", "python/students/raises.html", "bank/students/s04.html",
    "bank/index.html", "results/students/ada.html", "results/students/cyd.html", "kinds/problems/edges.html",
    "python.html",
)  # fmt: skip
"""Pages with all parts and states between them; axe takes a second for each."""


@pytest.mark.parametrize(("width", "scheme"), MODES)
def test_axe_finds_nothing(made, browser, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.base", reason="needs axe-playwright-python")
    script = axe.AXE_SCRIPT if hasattr(axe, "AXE_SCRIPT") else None
    script = script or pathlib.Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    mine = MODES.index((width, scheme)) // 2 + MODES.index((width, scheme))
    found = {}
    with Opened(browser, width, scheme) as window:
        for number, name in enumerate(LOOKED_THROUGH):
            if number % 2 != mine % 2:
                continue
            path = next(p for p in made if p.as_posix().endswith(f"gallery0/{name}"))
            page = window.go(path)
            page.evaluate(script)
            broken = page.evaluate("axe.run(document, {preload: false})")["violations"]
            found[path] = [(rule["id"], [node["html"][:200] for node in rule["nodes"][:2]]) for rule in broken]
    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize("name", ["one/students/overwritten", "python/students/factor", "one/index", "one"])
def test_everything_is_reached_with_the_keyboard(made, browser, name):
    path = next(p for p in made if p.with_suffix("").as_posix().endswith(f"gallery0/{name}"))
    with Opened(browser, DESK) as window:
        page = window.go(path)
        page.evaluate("""() => { let n = 0;
          for (const e of document.querySelectorAll("a, button, input, summary, [tabindex]"))
            if (e.checkVisibility() && e.tabIndex >= 0) e.dataset.stop = n++; }""")
        wanted = page.evaluate("document.querySelectorAll('[data-stop]').length")
        reached = set()
        for _ in range(wanted + 2):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.dataset.stop"))
        assert reached >= {str(n) for n in range(wanted)}
        ring = page.evaluate("getComputedStyle(document.querySelector('a')).outlineStyle")
        assert ring
