"""The pictures in README: `python -m tests.pictures` takes them anew, with the system's Chromium."""

from __future__ import annotations

import pathlib
import shutil
import tempfile

from grader.cli import main as grader
from tests import gallery
from tests.shared import ROOT

PICTURES = ROOT / "docs" / "pictures"
WIDTH, HEIGHT = 1040, 1180


def take() -> None:
    """A student's page of one problem, and the class's page of it."""
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as started:
        pages = pathlib.Path(scratch)
        gallery.make_set("one", pages)
        grader(
            ["grade", str(ROOT / "problems" / "two-paths.yaml"), str(ROOT / "submissions"), "-o", str(pages / "class")]
        )
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, path in (("student", "one/students/overwritten.html"), ("class", "class/index.html")):
            page.goto((pages / path).as_uri())
            page.screenshot(path=PICTURES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    take()
