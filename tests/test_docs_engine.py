"""The examples of README and docs that are typed at Python's prompt do what they say."""

from __future__ import annotations

import doctest
import re

import pytest

from tests.test_readme import PAGES

SESSION = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_SESSIONS = [page for page in PAGES if "\n```python\n" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: page.name)
def test_a_session_of_a_page_runs_as_it_is_printed(page) -> None:
    text = "\n".join(SESSION.findall(page.read_text(encoding="utf-8")))
    examples = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert examples.examples
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert not report, "".join(report)


def test_the_page_about_the_engine_has_sessions() -> None:
    assert "engine.md" in [page.name for page in WITH_SESSIONS]
