"""The sample class and what comes out of it: `python -m tests.example` renews reports/example.

Read the diff before it is committed: a change there is a change that every user sees. With `--compare FOLDER` nothing
is renewed, and what lies in the folder is compared.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import shutil
import sys
import tempfile

from grader.cli import main as grader
from tests.shared import ROOT

EXAMPLE = ROOT / "reports" / "example"
_LONG_NUMBER = re.compile(rb"-?\d+\.\d{9,}(?:e-?\d+)?|-?\d+(?:\.\d+)?e-\d+")


def grade_into(folder: pathlib.Path) -> int:
    """Grade the sample class; the exit status."""
    return grader(["grade", str(ROOT / "problems"), str(ROOT / "submissions"), "-o", str(folder)])


def differing(folder: pathlib.Path) -> list[str]:
    """The names of files that are not the same in `folder` and in reports/example."""
    written, kept = files_in(folder), files_in(EXAMPLE)
    return sorted(name for name in written.keys() | kept.keys() if written.get(name) != kept.get(name))


def files_in(folder: pathlib.Path) -> dict[str, bytes]:
    """All files below a folder by their names from there, but for what depends on the processor.

    The last digits of exp and of a matrix product are not the same everywhere, so long numbers lose theirs.
    """
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {p.relative_to(folder).as_posix(): _LONG_NUMBER.sub(_shortened, p.read_bytes()) for p in paths}


def _shortened(number: re.Match[bytes]) -> bytes:
    value = float(number[0])
    return b"%.11g" % (value if abs(value) > 1e-12 else 0.0)


def renew() -> int:
    """Put what comes out now in the place of what is there; nothing is touched where grading fails."""
    with tempfile.TemporaryDirectory() as folder:
        new = pathlib.Path(folder, "example")
        status = grade_into(new)
        if status == 0:
            shutil.rmtree(EXAMPLE, ignore_errors=True)
            shutil.copytree(new, EXAMPLE)
    return status


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.example", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--compare", type=pathlib.Path, metavar="FOLDER")
    if other := parser.parse_args().compare:
        sys.exit("\n".join(["not as in reports/example:", *different]) if (different := differing(other)) else 0)
    sys.exit(renew())
