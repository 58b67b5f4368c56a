"""What all tests share: Hypothesis with fixed profiles, and no colours or terminals of whoever runs them."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that change what grader prints are those of the test, not of the person who runs it."""
    for name in ("NO_COLOR", "FORCE_COLOR", "GRADER_DEBUG"):
        monkeypatch.delenv(name, raising=False)
