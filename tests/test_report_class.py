"""The pages of the class: what they count, what they say first, and that any class can be shown."""

from __future__ import annotations

from grader.report import Reports
from grader.report.class_page import ROWS_ON_A_PAGE
from tests.report_samples import HEAD, net, student, two_paths
from tests.test_report_pages import Page


def test_what_is_said_of_many_students_is_one_finding(tmp_path):
    results = [student(f"s{n:02}", two_paths(), net()) for n in range(20)]
    with Reports(tmp_path, HEAD) as reports:
        for result in results:
            reports.add(result, result)
    text = " ".join(Page((tmp_path / "index.html").read_text(encoding="utf-8")).words)
    assert text.count("a number was expected, and this is two") == 1
    assert "s00 , s01 , s02 , s03 , s04 and 15 more" in text


def test_a_large_class_goes_on_on_further_pages(tmp_path):
    count = 2 * ROWS_ON_A_PAGE + 1
    with Reports(tmp_path, HEAD) as reports:
        for n in range(count):
            result = student(f"s{n:04}")
            reports.add(result, result)
    pages = [(tmp_path / name).read_text(encoding="utf-8") for name in ("index.html", "index-2.html", "index-3.html")]
    assert not (tmp_path / "index-4.html").exists()
    assert [html.count('href="students/') for html in pages] == [ROWS_ON_A_PAGE, ROWS_ON_A_PAGE, 1]
    for number, html in enumerate(pages):
        page = Page(html)
        assert page.links.count("index-3.html#students") == 2
        assert page.attributes.count(("a", "aria-current", "page")) == 2
        assert ("Handed in" in page.text) == (number == 0)
