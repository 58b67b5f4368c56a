"""The kinds of questions, one module for each `ask`, found by being there."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from grader.questions.kind import Kind
from grader.spec import load
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem


def _found() -> dict[str, Kind]:
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    kinds = [kind for module in modules if isinstance(kind := getattr(module, "KIND", None), Kind)]
    return {kind.ask: kind for kind in sorted(kinds, key=lambda kind: kind.ask)}


KINDS = _found()
"""Every kind by its `ask`."""


def option_models() -> dict[str, type[QuestionOptions]]:
    """The options of every kind by its `ask`, as `spec.load` and `spec.schema` take them."""
    return {ask: kind.options for ask, kind in KINDS.items()}


def load_problem(path: str | Path) -> Problem:
    """The problem in a file: its `graph`, its printed `point`, its questions. Raises ProblemErrors with all errors."""
    return load.load_problem(path, option_models())
