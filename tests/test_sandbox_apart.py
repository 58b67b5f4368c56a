"""Where there is no zygote, off Linux, an interpreter for each submission does the same, without walls."""

from __future__ import annotations

import numpy as np
import pytest

from grader.sandbox import Limits, Sandbox, supervisor
from tests.sandboxed import submission


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.setattr(supervisor, "has_zygotes", lambda: False)


def test_the_tier_is_process_and_less_than_the_default_minimum(elsewhere):
    with Sandbox(cores=1) as sandbox:
        assert sandbox.tier == "process"
        outcome = sandbox.run(submission("def f():\n    return 1\n"))
    assert outcome.state == "not_checked"
    assert "no walls that grader knows" in outcome.reason


def test_values_exceptions_and_imports_are_as_behind_walls(elsewhere):
    source = "import numpy as np\ndef f(x):\n    print(1)\n    return 2 * x if x[0] else g\n"
    with Sandbox("process", cores=1) as sandbox:
        outcome = sandbox.run(submission(source, {"x": np.ones(2)}, {"x": np.zeros(2)}))
        refused = sandbox.run(submission("def f():\n    import os\n"))
    assert outcome.state == "ok"
    assert outcome.calls[0].values[""].tolist() == [2.0, 2.0]
    assert (outcome.calls[0].printed, outcome.calls[1].raised.type) == ("1\n", "NameError")
    assert refused.calls[0].raised.module == "os"


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("def f():\n    while True:\n        pass\n", "timeout"),
        ("import warnings\ndef f():\n    warnings.sys.modules['os']._exit(3)\n", "unusable"),
        ("def f(:\n", "syntax"),
        ("x = 1\n", "missing"),
    ],
)
def test_endings_are_told_apart(elsewhere, source, state):
    with Sandbox("process", cores=1) as sandbox:
        assert sandbox.run(submission(source, limits=Limits(0.1, total=0.1))).state == state
