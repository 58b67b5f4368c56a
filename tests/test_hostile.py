"""The corpus of hostile hand-ins: graded as students' hand-ins, by the judge that comes with it."""

from __future__ import annotations

import subprocess
import sys

from tests.sandboxed import isolated
from tests.shared import SHARED, needs


@needs("hostile")
@needs("hostile_judge.py")
def test_no_hostile_hand_in_gains_leaves_or_learns_anything():
    isolated()
    judge = [sys.executable, SHARED / "hostile_judge.py", f"{sys.executable} -m grader", SHARED / "hostile", "-v"]
    found = subprocess.run(judge, capture_output=True, text=True, timeout=900)
    assert found.returncode == 0, found.stdout
