"""The reference engine: graphs of operations, and derivatives as graphs of the same operations.

Knows nothing of problems, students or files. `ops` is the table of operations (loaded here, so that it is filled for
all), `formula` reads text, `transform` differentiates, `compile` makes functions, `graph` holds nodes and quantities.
"""

from grader.engine import ops
from grader.engine.formula import FormulaError, Unfit, UnknownName, names_read, read_constant, read_formula
from grader.engine.graph import RESERVED_NAMES, Graph, GraphErrors, Leaf
from grader.engine.node import Node

__all__ = [
    "RESERVED_NAMES",
    "FormulaError",
    "Graph",
    "GraphErrors",
    "Leaf",
    "Node",
    "Unfit",
    "UnknownName",
    "names_read",
    "ops",
    "read_constant",
    "read_formula",
]
