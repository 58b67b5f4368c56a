"""Marks a program that is given as text, through the code that `grade` runs and the sandbox of this machine."""

from __future__ import annotations

import json

from grader.answers.program import Program
from grader.batch.programs import Runner
from grader.questions.evidence import Marked
from grader.questions.programs import Programs
from tests.marked import problem

RUN = Runner("process")


def asked(question: str, graph: str = "inputs: {x: [1, 2, 3]}\n  nodes: {y: sum(x ** 2)}") -> Programs:
    """A `function` question about a graph."""
    lines = question.strip().splitlines()
    body = "\n".join(["q:", "    ask: function", *(f"    {line}" for line in lines)])
    found = problem(f"format: 1\nid: p\ngraph:\n  {graph}\nquestions:\n  {body}\n").asked["q"]
    assert isinstance(found, Programs)
    return found


SQUARE = asked("function: f\narguments: [x]\nreturns: {y: y, g: 'grad(y, x)'}")
GRADIENT = asked("function: f\narguments: [x]\nreturns: grad(y, x)")


def mark(programs: Programs, *sources: str) -> Marked:
    """The evidence of a program of one or several stretches."""
    names = ["p.py"] if len(sources) == 1 else [f"p.ipynb, code cell {n + 1}" for n in range(len(sources))]
    return programs.mark_program(Program(tuple(zip(names, sources, strict=True))), RUN)


def verdicts(programs: Programs, *sources: str) -> list[str]:
    """The verdict of each item."""
    return [item.verdict for item in mark(programs, *sources).items]


def notebook(*cells: str, kind: str = "code") -> bytes:
    """A notebook with these cells and outputs that lie."""
    lies = [{"output_type": "stream", "name": "stdout", "text": ["def f(x): return 2 * x"]}]
    made = [{"cell_type": kind, "metadata": {}, "source": c.splitlines(True), "outputs": lies} for c in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}).encode()
