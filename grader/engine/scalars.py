"""Graphs of numbers as plain Python arithmetic, which is many times faster than NumPy on numbers.

Writes the source of one function, or nothing where an operation has no form here. What Python refuses (a division by
0, the logarithm of 0, an overflow) is handed to `in_numpy`, which does the same with NumPy.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from grader.engine.node import Node, topological

LONGEST_EXPRESSION = 120
SCOPE: dict[str, Any] = {
    name: getattr(math, name)
    for name in "exp log log1p sqrt sin cos tan sinh cosh tanh erf pow".split()  # noqa: SIM905
} | {"arcsin": math.asin, "arccos": math.acos, "arctan": math.atan}

FORMS = {
    "neg": "-{0}",
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "square": "{0} * {0}",
    "abs": "abs({0})",
    "reshape": "{0}",
    "broadcast": "{0}",
    "sum_to": "{0}",
    "relu": "({0} if not {0} <= 0.0 else 0.0)",
    "relu_slope": "(1.0 if {0} > 0.0 else 0.0)",
    "abs_slope": "(1.0 if {0} > 0.0 else -1.0 if {0} < 0.0 else {0})",
    "leaky_relu": "({0} if {0} > 0.0 else {1} * {0})",
    "leaky_relu_slope": "(1.0 if {0} > 0.0 else {1})",
    "maximum": "({0} if {0} >= {1} or {0} != {0} else {1})",
    "minimum": "({0} if {0} <= {1} or {0} != {0} else {1})",
    "max_first_share": "(0.5 if {0} == {1} else 1.0 if {0} > {1} else 0.0)",
    "min_first_share": "(0.5 if {0} == {1} else 1.0 if {0} < {1} else 0.0)",
    "where": "({1} if {0} else {2})",
    "where_share": "(1.0 if {0} else 0.0)",
    "gate": "({1} if {0} else 0.0)",
    "lt": "({0} < {1})",
    "le": "({0} <= {1})",
    "gt": "({0} > {1})",
    "ge": "({0} >= {1})",
    "eq": "({0} == {1})",
}
FORMS |= {name: f"{name}({{0}})" for name in SCOPE if name != "pow"}
OPERATORS = ("neg", "add", "sub", "mul", "div", "square")
NAMED_ONCE = {name for name, form in FORMS.items() if form.count("{0}") > 1 or form.count("{1}") > 1} | {"sigmoid"}
WRITTEN = {*FORMS, "constant", "sigmoid", "pow"}
REFUSED = "(ZeroDivisionError, ValueError, OverflowError, TypeError)"


def source(outputs: Sequence[Node], inputs: Sequence[Node], names: Sequence[str], single: bool) -> str | None:
    """The source of `run(names)`, or None where an operation works on arrays or has no form here."""
    given = frozenset(inputs)
    order = topological(outputs, given)
    for node in order:
        if node.shape or (node.op.name not in WRITTEN and node not in given):
            return None
    return _Writer(outputs, inputs, names, order).written(single)


class _Writer:
    """Writes expressions into each other where a value is read once, and lines where it is read again."""

    def __init__(
        self, outputs: Sequence[Node], inputs: Sequence[Node], names: Sequence[str], order: list[Node]
    ) -> None:
        self.outputs, self.arguments = outputs, list(names)
        self.text: dict[Node, str] = dict(zip(inputs, names, strict=True))
        self.order = [n for n in order if n not in self.text]
        self.uses = Counter(itertools.chain(outputs, *[n.args for n in self.order]))
        self.named_once = {a for n in self.order if n.op.name in NAMED_ONCE for a in n.args}
        self.opposite = {n.args[0]: n for n in self.order if n.op.name == "neg"}
        self.sigmoid_of = {n.args[0]: n for n in self.order if n.op.name == "sigmoid"}
        self.lines: list[str] = []
        self.count = 0

    def written(self, single: bool) -> str:
        for node in self.order:
            if node not in self.text:
                self._write(node)
        returned = ", ".join(self.text[o] for o in self.outputs)
        returned = returned if single or len(self.outputs) > 1 else f"({returned},)"
        lines = [*self.lines, f"        return {returned}"]
        arguments = ", ".join(self.arguments)
        again = f"    except {REFUSED}:\n        return in_numpy({arguments})\n"
        return "\n".join([f"def run({arguments}):", "    try:", *lines]) + "\n" + again

    def _write(self, node: Node) -> None:
        if node.op.name == "constant":
            value = float(node.params["value"])
            text = repr(value) if math.isfinite(value) else f'float("{value}")'
            self.text[node] = f"({text})" if text.startswith("-") else text
            return
        if node.op.name == "sigmoid":
            self._write_sigmoid(node)
            return
        name = node.op.name
        args = [self.text[a] for a in node.args]
        text = self._power(node, args) if name == "pow" else FORMS[name].format(*args)
        if self.uses[node] > 1 or node in self.named_once or len(text) > LONGEST_EXPRESSION:
            self.text[node] = self._line(text)
        else:
            self.text[node] = f"({text})" if name in OPERATORS else text

    def _line(self, text: str) -> str:
        self.count += 1
        self.lines.append(f"        v{self.count} = {text}")
        return f"v{self.count}"

    def _power(self, node: Node, args: list[str]) -> str:
        exponent = node.args[1]
        whole = exponent.op.name == "constant" and float(exponent.params["value"]).is_integer()
        return f"({args[0]} ** {args[1]})" if whole else f"pow({args[0]}, {args[1]})"

    def _write_sigmoid(self, node: Node) -> None:
        """The stable form; where sigmoid(-x) is needed too, both come from one exponential."""
        x = node.args[0]
        name = self.text[x]
        self.count += 1
        here, there, e = f"s{self.count}", f"r{self.count}", f"e{self.count}"
        other = self.sigmoid_of.get(self.opposite.get(x, x)) if self.opposite.get(x, x) is not x else None
        both = other is not None and other not in self.text
        self.lines += [
            f"        if {name} >= 0.0:",
            f"            {e} = exp(-{name})",
            f"            {here} = 1.0 / (1.0 + {e})",
            *([f"            {there} = {e} * {here}"] if both else []),
            "        else:",
            f"            {e} = exp({name})",
            f"            {there} = 1.0 / (1.0 + {e})",
            f"            {here} = {e} * {there}",
        ]
        self.text[node] = here
        if both and other is not None:
            self.text[other] = there
            if self.uses[other.args[0]] == 1:
                self.text.setdefault(other.args[0], "")  # the opposite of x itself is not needed any more
