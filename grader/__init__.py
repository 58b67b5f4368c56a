"""grader checks exercises on computational graphs and backpropagation, and says which step went wrong and why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.engine.differences import GradientCheck, check_gradient
    from grader.engine.graph import Graph
    from grader.questions import load_problem

__version__ = "0.1.0"
__all__ = ["GradientCheck", "Graph", "__version__", "check_gradient", "load_problem"]

_HOMES = {
    "GradientCheck": "grader.engine.differences",
    "Graph": "grader.engine.graph",
    "check_gradient": "grader.engine.differences",
    "load_problem": "grader.questions",
}
"""Where public names live: NumPy is loaded by the first use of one, so that `grader --help` is there at once."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
