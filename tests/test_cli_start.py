"""`grader --help` is there at once: of the dependencies only click is loaded, and every command teaches by example."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner

from grader.cli import cli
from tests.bench.start import bare_commands
from tests.shared import ROOT

LOADED = """
import contextlib, io, json, sys
from grader.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    status = main(sys.argv[1:])
print(json.dumps([status, sorted(sys.modules)]))
"""


def dependencies() -> set[str]:
    """The modules at the top of what grader depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in project["dependencies"]}
    tops = importlib.metadata.packages_distributions()
    return {top for top, packages in tops.items() if names & {package.lower() for package in packages}}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in cli.commands)])
def test_help_loads_of_the_dependencies_only_click(arguments):
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, check=True)
    status, modules = json.loads(done.stdout)
    assert status == 0
    loaded = {name.partition(".")[0] for name in modules}
    assert {"numpy", "yaml", "pydantic", "jinja2"} <= dependencies()
    assert loaded & dependencies() == {"click"}


@pytest.mark.parametrize("command", [None, *cli.commands])
def test_every_help_page_ends_with_command_lines_to_copy(command):
    page = CliRunner().invoke(cli, ["--help"] if command is None else [command, "--help"]).output
    _, _, examples = page.partition("Examples:\n")
    lines = [line.strip() for line in examples.splitlines() if line.strip().startswith("grader ")]
    assert 2 <= len(lines) <= 4
    assert all(line.startswith(f"grader {command or ''}".strip()) for line in lines)


def test_a_first_sentence_of_help_is_not_cut_in_the_list_of_commands():
    page = CliRunner().invoke(cli, ["--help"]).output
    assert "..." not in page.partition("Commands:\n")[2]


def test_the_bare_commands_of_the_measurement_print_the_same_help():
    namespace: dict[str, object] = {"__name__": "bare"}
    exec(bare_commands(), namespace)
    bare = CliRunner().invoke(namespace["cli"], ["grade", "--help"], prog_name="grader")
    assert bare.output == CliRunner().invoke(cli, ["grade", "--help"], prog_name="grader").output
    assert CliRunner().invoke(namespace["cli"], ["schema", "problem"]).output == ""
