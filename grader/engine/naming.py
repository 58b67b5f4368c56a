"""The graph that is printed: as the problem's own, with the author's functions kept as functions.

For evaluation g(z) is the operations of its formula; for a reader it stays g(z), and its derivative g'(z). `expanded`
leads back to what can be evaluated. A function that is only another name, as in g: tanh, is printed as what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grader.engine.formula import Scope, differentiated, read_formula
from grader.engine.graph import Graph
from grader.engine.node import Node, Op, apply, leaf, topological
from grader.engine.symbols import Symbols

Function = Callable[[Node], Node]


class Reading:
    """`graph` is the graph to print; `expanded` puts the formulas back in place of the functions."""

    def __init__(self, graph: Graph, symbols: Symbols) -> None:
        self.symbols = symbols
        self.functions = {name: f for name, f in graph.functions.items() if not _is_other_name(f)}
        self._ops: dict[tuple[str, int], Op] = {}
        self.graph = self._reread(graph) if self.functions else graph
        self.markers = frozenset(self.graph.by_name.values())

    def expanded(self, nodes: Iterable[Node]) -> list[Node]:
        """The nodes with every function of the author's replaced by its formula; named nodes stay as they are."""
        nodes = list(nodes)
        done: dict[Node, Node] = {node: node for node in self.markers}
        for node in topological(nodes, self.markers):
            if node in done:
                continue
            args = tuple(done[a] for a in node.args)
            if "function" in node.params:
                function = self.functions[node.params["function"]]
                done[node] = differentiated(function, node.params["order"])(args[0])
            else:
                done[node] = Node(node.op, args, node.params, node.shape) if args != node.args else node
        return [done[node] for node in nodes]

    def _reread(self, graph: Graph) -> Graph:
        by_name: dict[str, Node] = {name: graph.by_name[name] for name in graph.leaves}
        kept = {n: self._kept(n, 0) if n in self.functions else f for n, f in graph.functions.items()}
        for name in graph.nodes:
            value = read_formula(graph.formula(name), Scope(by_name, kept, graph.classes))
            by_name[name] = apply("named", value, name=name)
        return graph.replaced(by_name, kept)

    def _kept(self, name: str, order: int) -> Function:
        return lambda x: Node(self._op(name, order), (x,), {"function": name, "order": order}, x.shape)

    def _op(self, name: str, order: int) -> Op:
        if (name, order) not in self._ops:
            slope = self._kept(name, order + 1)
            self._ops[name, order] = Op(
                f"function {name} {order}",
                lambda args, node: "",
                lambda shapes, params: shapes[0],
                (lambda p, y, x: p * slope(x),),
                (lambda t, y, x: t * slope(x),),
                self.symbols(name).replace("{", "{{").replace("}", "}}") + "'" * order + "({0})",
                elementwise=True,
                slopes=(lambda y, x: slope(x),),
            )
        return self._ops[name, order]


def _is_other_name(function: Function) -> bool:
    z = leaf("z", ())
    return function(z).args == (z,)
