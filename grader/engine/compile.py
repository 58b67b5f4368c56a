"""From a graph to straight-line NumPy source, and from that to one plain function.

Common subexpressions are computed once, what no output needs is left out, and nothing of the graph is left at run
time. Evaluation never touches text that a user wrote: the source is made of the table's templates alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from grader.engine import numeric
from grader.engine.node import Node, topological

Array = Any


@dataclass(frozen=True)
class Compiled:
    """A compiled computation: call it with the inputs in order; `source` is what runs.

    Arrays in, a tuple of arrays (numpy.float64 for numbers) out. Domain errors give nan or inf without a warning.
    """

    source: str
    function: Callable[..., tuple[Array, ...]]

    def __call__(self, *values: Array) -> tuple[Array, ...]:
        """Run it on the inputs, in order."""
        with numpy.errstate(all="ignore"):
            return self.function(*values)


def compile_nodes(outputs: Sequence[Node], inputs: Sequence[Node]) -> Compiled:
    """Compile `outputs` as a function of `inputs`, any nodes that are given at run time."""
    names: dict[Node, str] = {node: f"x{i}" for i, node in enumerate(inputs)}
    constants: dict[str, Array] = {}
    known: dict[Any, str] = {}
    lines: list[str] = []
    for node in topological(outputs, frozenset(inputs)):
        if node in names:
            continue
        if node.op.name == "leaf":
            raise KeyError(node.params["name"])
        if node.op.name == "named":
            names[node] = names[node.args[0]]
            continue
        key = _key(node, names)
        if key in known:
            names[node] = known[key]
            continue
        names[node] = known[key] = name = f"v{len(known)}"
        if node.op.name == "constant":
            constants[name] = node.params["value"][()]
        else:
            lines.append(f"    {name} = {node.op.emit([names[a] for a in node.args], node)}")
    arguments = ", ".join(f"x{i}" for i in range(len(inputs)))
    returned = "".join(f"{names[o]}, " if o.shape else f"{names[o]}[()], " for o in outputs)
    source = "\n".join([f"def run({arguments}):", *lines, f"    return ({returned})"]) + "\n"
    scope: dict[str, Any] = {"numpy": numpy, "numeric": numeric, **constants}
    exec(compile(source, "<compiled graph>", "exec"), scope)  # noqa: S102 - made of our own templates only
    return Compiled(source, scope["run"])


def _key(node: Node, names: dict[Node, str]) -> Any:
    if node.op.name == "constant":
        value = node.params["value"]
        return "constant", value.shape, value.tobytes()
    params = tuple((k, str(v)) for k, v in node.params.items())
    return node.op.name, params, tuple(names[a] for a in node.args), node.shape


def prepared(value: Array) -> Array:
    """A value as compiled code takes it: float64, a number as numpy.float64 (so that 1/0 is inf, not an error)."""
    return numpy.asarray(value, dtype=float)[()]
