"""Expected answers: quantities of the graph at the printed point, as items that can be compared.

All come from one reverse or forward sweep of the engine for a question, so that they share their kinks.
"""

from __future__ import annotations

from collections.abc import Mapping

from grader.engine.certify import claims_in, gradient_claim
from grader.engine.computation import Computation, Evaluated
from grader.engine.node import Node, constant
from grader.engine.transform import reverse
from grader.questions.arrays import Item
from grader.spec.problem import Problem, Question


def evaluated(problem: Problem, question: Question, node: Node) -> Evaluated:
    """A node of the problem's graph, or made of such, at the printed point."""
    graph = problem.graph
    leaves = [graph.by_name[name] for name in graph.leaves]
    computation = Computation(node, leaves, question.options.subgradient)
    return computation.at([problem.point[name] for name in graph.leaves])


def quantity_item(problem: Problem, question: Question, name: str, text: str) -> Item:
    """An item that asks for a quantity; it has a node where the quantity is just a name."""
    node = text.strip() if text.strip() in problem.graph.by_name else None
    what = "the value asked for" if node is None and name == question.name else f"the value of {node or name}"
    claims = () if node else tuple(claims_in(problem.graph, text))
    return Item(name, what, evaluated(problem, question, problem.graph.quantity(text)), node, claims)


def derivative_items(
    problem: Problem, question: Question, of: str, labels: Mapping[str, str], words: Mapping[str, str]
) -> list[Item]:
    """Items that ask for the gradient of the number `of` by names; `labels` gives each its item's name."""
    graph = problem.graph
    output = graph.quantity(of)
    nodes = reverse(output, [graph.by_name[name] for name in labels], constant(1.0))
    items = []
    for name, node in zip(labels, nodes, strict=True):
        claim = gradient_claim(f"grad({of}, {name})", output, graph.by_name[name], node)
        items.append(Item(labels[name], words[name], evaluated(problem, question, node), name, (claim,)))
    return items
