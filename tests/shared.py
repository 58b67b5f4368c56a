"""Finds the folder of shared material: $GRADER_SHARED, or `shared` beside the checkout. It need not be there."""

from __future__ import annotations

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("GRADER_SHARED") or ROOT.parent / "shared")

REASON = "the shared material is not there: no folder `shared` beside the checkout, and GRADER_SHARED names none"


def needs(*parts: str) -> pytest.MarkDecorator:
    """A mark that skips a test where this file or folder of the shared material is absent."""
    return pytest.mark.skipif(not SHARED.joinpath(*parts).exists(), reason=REASON)
