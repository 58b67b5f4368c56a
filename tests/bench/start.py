"""How long `grader --help` takes beside the same click commands without bodies.

The bare commands are made from the source of grader.cli: each command keeps its decorators and its help, and loses
its body and everything that is imported for it. Both are started in turns, and the ratio is the median over the pairs.
"""

from __future__ import annotations

import argparse
import ast
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import grader.cli

ALLOWED = 1.2
OURS = "import sys; from grader.cli import main; sys.exit(main(['--help']))"
BARE = "import sys; from bare import cli; sys.exit(cli(['--help'], prog_name='grader'))"


def main() -> int:
    """Print both times and their ratio; exits with 1 where the ratio is above 1.2."""
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=40, help="how often each is started (default 40)")
    pairs = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "bare.py").write_text(bare_commands())
        programs = [(OURS, {}), (BARE, {"PYTHONPATH": folder})]
        ours, bare = zip(*[[_seconds(*program) for program in programs] for _ in range(pairs + 2)][2:], strict=True)
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    print(f"grader --help                 {statistics.median(ours) * 1000:6.1f} ms")
    print(f"the same commands, no bodies  {statistics.median(bare) * 1000:6.1f} ms")
    print(f"ratio                         {ratio:6.2f}    (median of {pairs} pairs; at most {ALLOWED})")
    return 0 if ratio <= ALLOWED else 1


def bare_commands() -> str:
    """The source of grader.cli with each click command reduced to its declaration."""
    source = pathlib.Path(grader.cli.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source)
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef) and any(map(_is_command, statement.decorator_list)):
            statement.body = statement.body[:1]  # the docstring, which is the help
    tree.body = [s for s in tree.body if not (isinstance(s, ast.FunctionDef) and s.name == "main")]
    return ast.unparse(tree).replace("from grader import __version__", f"__version__ = {grader.__version__!r}")


def _is_command(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).startswith(("cli.command", "click.group"))


def _seconds(program: str, variables: dict[str, str]) -> float:
    environment = {**os.environ, **variables}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, env=environment, check=True)
    return time.perf_counter() - start
