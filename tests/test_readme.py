"""Every example of README and docs runs: files are written, commands are typed, and what they print is compared."""

from __future__ import annotations

import pathlib
import re
import shlex

import pytest

from grader.cli import main
from tests.shared import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- file: (?P<file>\S+) -->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
RUN_BY_CI = {"sh"}
RUN_BY_DOCTEST = {"python"}
"""By test_docs_engine."""


def blocks(page: pathlib.Path) -> list[re.Match[str]]:
    return list(BLOCK.finditer(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_do_what_it_says(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        if block["file"]:
            path = pathlib.Path(block["file"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
        elif block["kind"] == "console":
            assert typed(block["text"], capsys) == block["text"]
        else:
            run_elsewhere = block["kind"] in RUN_BY_CI | RUN_BY_DOCTEST
            assert run_elsewhere, f"{page.name}: an example that nothing runs:\n{block['text']}"


def typed(session: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The session as it comes out: each command and what it prints."""
    seen, status = "", 0
    for line in session.splitlines():
        if not line.startswith("$ "):
            continue
        program, *arguments = shlex.split(line[2:])
        seen += f"{line}\n"
        if program == "grader":
            status = main(arguments)
            printed = capsys.readouterr()
            seen += printed.out + printed.err
        elif program == "cat":
            seen += pathlib.Path(arguments[0]).read_text(encoding="utf-8")
        else:
            assert line == "$ echo $?"
            seen += f"{status}\n"
    return seen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("which", ["grades", "tests"])
def test_readme_has_a_command_in_one_line_that(which):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(rf"^<!-- the command that {which} -->\n```sh\n(.*)\n```$", text, re.MULTILINE)
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
