"""`grader schema`: a JSON Schema on standard output."""

from __future__ import annotations

import json

from grader.cli.terminal import say
from grader.questions import option_models
from grader.report.schema import results_schema
from grader.spec.schema import answers_schema, problem_schema


def schema(name: str) -> int:
    """Print the schema of `problem`, `answers` or `results`."""
    found = {
        "problem": lambda: problem_schema(option_models()),
        "answers": answers_schema,
        "results": results_schema,
    }[name]()
    say(json.dumps(found, indent=2, ensure_ascii=False))
    return 0
