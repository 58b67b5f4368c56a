"""Where the cards of a graph stand: layers by longest path, order and places by Graphviz, routes round the cards.

A pure function of the graph, worked out once for a problem and used for every student: heights are the drawing's
matter. More than 40 nodes are put together before (`collapsed`). Graphviz is loaded when the first layout is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

CARD = 164.0
APART = 52.0
MARGIN = 10.0
NARROW = 400.0
SLOT = 200.0
"""The height that a card may need, with its flag, where layers stand side by side."""
LANE = 20.0
MOST_CARDS = 40
FEW = 4
PORTS = 66.0
Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Structure:
    """A graph to be laid out: names in an order of evaluation, edges from operand to result."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """An edge: the layer of its operand, and where it crosses each layer from there to its result.

    The first and last are the ends at the cards, those between are lanes past the cards of other layers.
    """

    edge: Edge
    layer: int
    places: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Layers of cards with their centres across, and routes; `sideways` layers stand side by side, else one below the
    other. `across` is the whole extent: the width, or sideways the height.
    """

    sideways: bool
    across: float
    layers: tuple[tuple[tuple[str, float], ...], ...]
    routes: tuple[Route, ...]


@lru_cache(maxsize=512)
def layout(structure: Structure) -> Layout:
    """The layout of a graph."""
    layers = layered(structure)
    widest = max(map(len, layers), default=0)
    sideways = widest > FEW and len(layers) > widest
    grid = _Grid(layers, structure.edges)
    extent = SLOT if sideways else CARD
    found = grid.placed_by_graphviz(extent, APART / 2 if sideways else APART)
    if sideways or widest > 2:
        places, across = _moved_to_margin(found, extent)
    else:
        places, across = _two_columns(grid.rows, found), NARROW
    cards = tuple(tuple((c, places[c]) for c in sorted(row, key=places.__getitem__)) for row in layers)
    return Layout(sideways, across, cards, grid.routes(places, PORTS if not sideways else PORTS / 2))


def layered(structure: Structure) -> list[list[str]]:
    """Layers by longest path from the inputs. Where that makes a narrower drawing, leaves stand right above the first
    node that reads them.
    """
    parents: dict[str, list[str]] = {name: [] for name in structure.nodes}
    readers: dict[str, list[str]] = {name: [] for name in structure.nodes}
    for j, i in structure.edges:
        parents[i].append(j)
        readers[j].append(i)
    level: dict[str, int] = {}
    for name in structure.nodes:
        level[name] = 1 + max((level[p] for p in parents[name]), default=-1)
    lowered = {
        name: min((level[r] for r in readers[name]), default=1) - 1 if not parents[name] else depth
        for name, depth in level.items()
    }
    return min((_rows(level), _rows(lowered)), key=lambda rows: max(map(len, rows), default=0))


def _rows(level: dict[str, int]) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for name, depth in level.items():
        rows[depth].append(name)
    return rows


# ---- order and places ---------------------------------------------------------------------------------------------

Lane = tuple[Edge, int]
Cell = str | Lane


class _Grid:
    """Layers with a lane in every layer that an edge passes."""

    def __init__(self, layers: list[list[str]], edges: Sequence[Edge]) -> None:
        self.rows: list[list[Cell]] = [list(row) for row in layers]
        self.level = {name: k for k, row in enumerate(layers) for name in row}
        self.leaves = frozenset(self.level) - {i for _, i in edges}
        self.cells: dict[Edge, list[Cell]] = {}
        for edge in edges:
            lanes: list[Cell] = [(edge, k) for k in range(self.level[edge[0]] + 1, self.level[edge[1]])]
            self.cells[edge] = [edge[0], *lanes, edge[1]]
            for k, lane in enumerate(lanes, self.level[edge[0]] + 1):
                self.rows[k].append(lane)

    def placed_by_graphviz(self, extent: float, apart: float) -> dict[Cell, float]:
        """Places across with few crossings; cards of this extent keep their distance, lanes need less."""
        import pygraphviz

        graph = pygraphviz.AGraph(directed=True, strict=False)
        graph.graph_attr.update(rankdir="TB", nodesep=str(LANE / 72), ranksep="1", splines="false", newrank="true")
        graph.node_attr.update(shape="box", fixedsize="true", height="0.5", label="")
        ids = {cell: f"n{number}" for number, cell in enumerate(cell for row in self.rows for cell in row)}
        for cell, name in ids.items():
            graph.add_node(name, width=str((extent + apart - LANE if isinstance(cell, str) else 1) / 72))
        for row in self.rows:
            graph.add_subgraph([ids[cell] for cell in row], rank="same")
        for edge, cells in self.cells.items():
            for a, b in pairwise(cells):
                graph.add_edge(ids[a], ids[b], weight="1" if edge[0] in self.leaves else "4")
        for a, b in self.beside():
            graph.add_edge(ids[a], ids[b], style="invis")
        graph.layout(prog="dot")
        return {cell: float(graph.get_node(name).attr["pos"].split(",")[0]) for cell, name in ids.items()}

    def beside(self) -> Iterator[tuple[str, str]]:
        """Neighbours in a layer: of what a node reads, leaves that only it reads stand on both sides of the rest."""
        into: dict[str, list[str]] = {}
        for j, i in self.cells:
            if self.level[j] + 1 == self.level[i]:
                into.setdefault(i, []).append(j)
        readers = [j for j, _ in self.cells]
        for operands in into.values():
            own = [j for j in operands if j in self.leaves and readers.count(j) == 1]
            rest = [j for j in operands if j not in self.leaves]
            if len(own) > 1 and len(rest) == 1:
                yield from pairwise([*own[: len(own) // 2], *rest, *own[len(own) // 2 :]])

    def routes(self, places: dict[Cell, float], apart: float) -> tuple[Route, ...]:
        """The edges with their ends spread over the cards, in the order of where they come from or lead to."""
        out: dict[str, list[Edge]] = {}
        into: dict[str, list[Edge]] = {}
        for edge in self.cells:
            out.setdefault(edge[0], []).append(edge)
            into.setdefault(edge[1], []).append(edge)
        begin = self._ends(out, places, 1, apart)
        end = self._ends(into, places, -2, apart)
        return tuple(
            Route(edge, self.level[edge[0]], (begin[edge], *(places[c] for c in cells[1:-1]), end[edge]))
            for edge, cells in self.cells.items()
        )

    def _ends(
        self, by_card: dict[str, list[Edge]], places: dict[Cell, float], at: int, apart: float
    ) -> dict[Edge, float]:
        found: dict[Edge, float] = {}
        for card, edges in by_card.items():
            edges = sorted(edges, key=lambda edge: (places[self.cells[edge][at]], len(self.cells[edge])))
            step = min(apart, 2 * apart / max(len(edges) - 1, 1))
            for k, edge in enumerate(edges):
                found[edge] = places[card] + (k - (len(edges) - 1) / 2) * step
        return found


def _moved_to_margin(found: dict[Cell, float], extent: float) -> tuple[dict[Cell, float], float]:
    """Places that begin at the margin, and how far they reach."""
    half = {cell: extent / 2 if isinstance(cell, str) else 0.0 for cell in found}
    first = min(x - half[cell] for cell, x in found.items()) - MARGIN
    last = max(x + half[cell] for cell, x in found.items()) + MARGIN
    room = max(0.0, NARROW - (last - first)) / 2
    return {cell: round(x - first + room, 1) for cell, x in found.items()}, round(last - first + 2 * room, 1)


def _two_columns(rows: list[list[Cell]], found: dict[Cell, float]) -> dict[Cell, float]:
    """At most two cards in a layer: in two columns or in the middle, lanes between or beside them."""
    places: dict[Cell, float] = {}
    for row in rows:
        ordered = sorted(row, key=found.__getitem__)
        cards = [cell for cell in ordered if isinstance(cell, str)]
        if len(cards) == 2:
            places.update(zip(cards, (MARGIN + CARD / 2, NARROW - MARGIN - CARD / 2), strict=True))
            lanes = [cell for cell in ordered if cell not in cards]
            places.update(_spread(lanes, MARGIN + CARD, NARROW - MARGIN - CARD))
            continue
        middle = NARROW / 2
        places.update(dict.fromkeys(cards, middle))
        at = ordered.index(cards[0]) if cards else len(ordered)
        places.update(_spread(ordered[:at], LANE, middle - CARD / 2))
        places.update(_spread(ordered[at + 1 :], middle + CARD / 2, NARROW - LANE))
    return places


def _spread(lanes: list[Cell], first: float, last: float) -> dict[Cell, float]:
    step = (last - first) / (len(lanes) + 1)
    return {lane: round(first + (k + 1) * step, 1) for k, lane in enumerate(lanes)}


# ---- large graphs -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Collapsed:
    """A large graph with blocks of nodes put together: `blocks` maps the name of a block to its nodes.

    A block's name cannot be the name of a node.
    """

    structure: Structure
    blocks: tuple[tuple[str, tuple[str, ...]], ...] = ()


@lru_cache(maxsize=512)
def collapsed(structure: Structure, output: str | None, first: str | None) -> Collapsed:
    """A graph of more than 40 nodes with what matters kept, and every other chain or block put into one card.

    Kept are the first wrong node, its operands, its readers and the path to the result (its two ends, where it is
    long); without a wrong node the result and its operands.
    """
    if len(structure.nodes) <= MOST_CARDS:
        return Collapsed(structure)
    kept = _kept(structure, output, first)
    block_of = _blocks(structure, kept)
    members: dict[str, list[str]] = {}
    for name in structure.nodes:
        members.setdefault(block_of.get(name, name), []).append(name)
    edges = dict.fromkeys((block_of.get(j, j), block_of.get(i, i)) for j, i in structure.edges)
    order = _in_order(list(members), [e for e in edges if e[0] != e[1]])
    blocks = tuple((name, tuple(inside)) for name, inside in members.items() if name not in structure.nodes)
    return Collapsed(Structure(order, tuple(e for e in edges if e[0] != e[1])), blocks)


def _kept(structure: Structure, output: str | None, first: str | None) -> set[str]:
    centre = first if first in structure.nodes else output if output in structure.nodes else structure.nodes[-1]
    around = [j for j, i in structure.edges if i == centre][:8] + [i for j, i in structure.edges if j == centre][:8]
    path = _path(structure, str(centre), output)
    ends = path if len(path) <= MOST_CARDS // 4 else [*path[:4], *path[-4:]]
    return {str(centre), *around, *ends}


def _path(structure: Structure, start: str, end: str | None) -> list[str]:
    """A shortest path between two nodes; only the first where there is none."""
    came: dict[str, str] = {}
    reached, level = {start}, [start]
    while level and end not in reached:
        following = []
        for j, i in structure.edges:
            if j in level and i not in reached:
                reached.add(i)
                came[i] = j
                following.append(i)
        level = following
    if end is None or end not in reached:
        return [start]
    path = [end]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]


def _blocks(structure: Structure, kept: set[str]) -> dict[str, str]:
    """The block of every other node: connected nodes that come after the same kept ones, so that no circle appears.

    Where that leaves too many cards, what comes after the same kept ones is one block, connected or not.
    """
    after: dict[str, frozenset[str]] = {}
    for name in structure.nodes:
        before = [j for j, i in structure.edges if i == name]
        after[name] = frozenset().union(*(after[j] | ({j} & kept) for j in before)) if before else frozenset()
    others = [name for name in structure.nodes if name not in kept]
    group = {name: name for name in others}

    def root(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    for j, i in structure.edges:
        if j in group and i in group and after[j] == after[i]:
            group[root(i)] = root(j)
    found = {name: root(name) for name in others}
    if len(set(found.values())) + len(kept) > MOST_CARDS:
        found = {name: str(sorted(after[name])) for name in others}
    numbers = {block: f"block {k}" for k, block in enumerate(dict.fromkeys(found.values()))}
    sizes = list(found.values())
    return {name: numbers[block] for name, block in found.items() if sizes.count(block) > 1}


def _in_order(nodes: list[str], edges: Iterable[Edge]) -> tuple[str, ...]:
    waiting = {name: {j for j, i in edges if i == name} for name in nodes}
    order: list[str] = []
    while waiting:
        ready = [name for name, before in waiting.items() if before.isdisjoint(waiting)]
        order += ready
        for name in ready:
            del waiting[name]
    return tuple(order)
