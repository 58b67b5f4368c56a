"""A graph as SVG: cards with values, names and adjoints, edges with local derivatives, the first wrong place marked.

Draws what it is given and nothing else: the caller leaves out what must not be seen, and no length depends on a value
that is not shown. Texts are escaped here and made visible; looks are in `templates/graph.css`.

    places = layout(Structure(graph.names, graph.edges))       # once for a problem
    svg = draw(Drawing("Graph of the problem", "u1 feeds u3 …", nodes, edges), places, prefix="g1")
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from grader.report import mathtext
from grader.report.layout import CARD, MARGIN, Edge, Layout
from grader.report.mathtext import Run
from grader.report.pills import Gap, Label, Placed, gap
from grader.report.text import visible

TOP, MIDDLE, BOTTOM = 28.0, 46.0, 28.0
FLAG, FLAG_WIDTH, FLAG_INSET = 30.0, 150.0, 7.0
PLAIN = 52.0
"""The height of a card without values."""
SECOND = 20.0
"""The line of a state that has no room beside its value."""
PILL = 26.0
INSET = 12.0
SIZES = (16.5, 15.0, 13.5, 12.5)
LABEL = 15.5
SMALL = 12.5
LONGEST_LABEL = 150.0
HOT = 0.2
"""The share of first errors above which an edge of the class is red."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a card: what it is (`value`, `adjoint`, `yours`), its text, and a state with its shape and word.

    `tone` is forward, backward, wrong or hidden; `state` a class such as is-ok, `glyph` the end of a symbol's id.
    """

    label: str
    text: str
    tone: str = ""
    state: str = ""
    glyph: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of all have their first error here."""

    count: int
    total: int

    @property
    def part(self) -> float:
        """The share, from 0 to 1."""
        return self.count / self.total if self.total else 0.0

    @property
    def text(self) -> str:
        """57 % (16)."""
        return f"{100 * self.part:.0f} % ({self.count})"


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A card: `symbol` and `formula` are LaTeX of one line (`grader.engine.latex`, inline), `note` plain words instead
    of a formula, such as input. `top` is the row above the name, `bottom` the one or two rows below it. `first` marks
    the first wrong value; `share` is for the class. `names` are the nodes of a block.
    """

    name: str
    symbol: str
    formula: str = ""
    note: str = ""
    top: Cell | None = None
    bottom: tuple[Cell, ...] = ()
    first: bool = False
    share: Share | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """An edge from operand to result: `label` is LaTeX of its local derivative, `number` its value or its shape.

    `word` (lost, first error) makes it dashed and red. `share` is for the class.
    """

    source: str
    target: str
    label: str = ""
    number: str = ""
    word: str = ""
    share: Share | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing: its title, what a reader who does not see it is told, its cards and edges; `heat` for the class."""

    title: str
    description: str
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    heat: bool = False
    flag: str = "first wrong value"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a drawing, for tests of what may not overlap: card, flag or pill."""

    kind: str
    name: str
    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share an inner point."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )


def draw(drawing: Drawing, places: Layout, prefix: str = "graph") -> Markup:
    """The drawing as one SVG element. `prefix` makes its ids its own: letters, digits, - and _."""
    return Markup(_Picture(drawing, places, prefix).svg())  # noqa: S704 - every text is escaped where it is written


def boxes(drawing: Drawing, places: Layout) -> tuple[tuple[float, float], list[Box]]:
    """The size of a drawing and the rectangles in it."""
    picture = _Picture(drawing, places, "graph")
    return (picture.width, picture.height), picture.boxes()


def value_cell(text: str) -> Cell:
    """The row of a forward value."""
    return Cell("value", text, "forward")


def adjoint_cell(text: str, state: str = "", glyph: str = "", word: str = "", label: str = "adjoint") -> Cell:
    """The row of an adjoint (or of a tangent, by its label) that is right, or only shown."""
    return Cell(label, text, "backward", state, glyph, word)


def answer_cells(yours: str, expected: str | None, state: str, glyph: str, word: str) -> tuple[Cell, Cell]:
    """The two rows of a value that is wrong or was not given; `expected` None: it is hidden."""
    tone = "wrong" if state == "is-wrong" else "hidden"
    mine = Cell("yours", yours or "–", tone, state, glyph, word)
    return mine, Cell(
        "expected", "?" if expected is None else expected, tone, word="hidden" if expected is None else ""
    )


def block_node(name: str, names: Sequence[str], word: str = "") -> DrawnNode:
    """The card of a block of a large graph: 12 nodes, all correct."""
    return DrawnNode(name, "", f"{len(names)} nodes", word, names=tuple(names))


# ---- the picture --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Card:
    node: DrawnNode
    x: float
    y: float
    height: float
    flag: bool


@dataclass(slots=True)
class _Pill:
    edge: DrawnEdge
    x: float
    y: float
    width: float
    runs: tuple[Run, ...]


@dataclass(slots=True)
class _Measured:
    """The layers along the drawing: where each begins and ends, and the gaps between them."""

    begins: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


class _Picture:
    """Works the places out, then writes them."""

    def __init__(self, drawing: Drawing, places: Layout, prefix: str) -> None:
        self.drawing, self.layout, self.prefix = drawing, places, prefix
        self.nodes = {node.name: node for node in drawing.nodes}
        self.edges = {(edge.source, edge.target): edge for edge in drawing.edges}
        self.routes = [route for route in places.routes if route.edge in self.edges]
        self.texts = {edge: _label_runs(one) for edge, one in self.edges.items()}
        self.measured = self._measured()
        self.cards = self._cards()
        self.pills = self._pills()
        along = self.measured.ends[-1] + MARGIN if self.measured.ends else 2 * MARGIN
        self.width, self.height = (along, places.across) if places.sideways else (places.across, along)

    # ---- places -------------------------------------------------------------------------------------------------

    def _height(self, node: DrawnNode) -> float:
        if node.top is None and not node.bottom:
            return PLAIN + (24 if node.share is not None else 0)
        return (_row_height(node.top) if node.top else 0) + MIDDLE + sum(map(_row_height, node.bottom))

    def _flagged(self, layer: Sequence[tuple[str, float]]) -> bool:
        return any(self.nodes[name].first for name, _ in layer if name in self.nodes)

    def _measured(self) -> _Measured:
        out = _Measured()
        at = MARGIN if not self._flagged(self.layout.layers[0] if self.layout.layers else ()) else 4.0
        for k, layer in enumerate(self.layout.layers):
            out.begins.append(at)
            if self.layout.sideways:
                extent = CARD
            else:
                heights = [self._height(self.nodes[name]) for name, _ in layer if name in self.nodes]
                extent = max(heights, default=0.0) + (FLAG if self._flagged(layer) else 0)
            out.ends.append(at + extent)
            if k + 1 < len(self.layout.layers):
                out.gaps.append(self._gap(k))
                at += extent + out.gaps[-1].extent
        return out

    def _gap(self, k: int) -> Gap:
        segments: list[tuple[float, float]] = []
        labels: list[Label] = []
        for route in self.routes:
            step = k - route.layer
            if 0 <= step < len(route.places) - 1:
                if step == 0 and (text := self.texts[route.edge]):
                    labels.append(self._label(len(segments), text))
                segments.append((route.places[step], route.places[step + 1]))
        return gap(tuple(segments), tuple(labels), self.layout.across)

    def _label(self, segment: int, text: tuple[tuple[Run, ...], tuple[Run, ...]]) -> Label:
        full, short = (mathtext.width(runs, LABEL) + 22 for runs in text)
        if self.layout.sideways:
            return Label(segment, PILL, full, PILL, short)
        return Label(segment, full, PILL, short, PILL)

    def _cards(self) -> dict[str, _Card]:
        cards = {}
        for layer, begin in zip(self.layout.layers, self.measured.begins, strict=True):
            lowered = FLAG if self._flagged(layer) and not self.layout.sideways else 0
            for name, across in layer:
                if name not in self.nodes:
                    continue
                node = self.nodes[name]
                height = self._height(node)
                x, y = (begin, across - height / 2) if self.layout.sideways else (across - CARD / 2, begin + lowered)
                cards[name] = _Card(node, round(x, 1), round(y, 1), height, node.first)
        return cards

    def _pills(self) -> list[_Pill]:
        taken = [iter(found.labels) for found in self.measured.gaps]
        pills = []
        for route in self.routes:
            text = self.texts[route.edge]
            if not text:
                continue
            place = next(taken[route.layer])
            pills.append(self._pill(route.edge, text, place, self.measured.ends[route.layer]))
        return pills

    def _pill(self, edge: Edge, text: tuple[tuple[Run, ...], tuple[Run, ...]], place: Placed, end: float) -> _Pill:
        runs = text[1] if place.short else text[0]
        wide = round(mathtext.width(runs, LABEL) + 22, 1)
        x, y = (end + place.along, place.across) if self.layout.sideways else (place.across, end + place.along)
        return _Pill(self.edges[edge], round(x - wide / 2, 1), round(y - PILL / 2, 1), wide, runs)

    def boxes(self) -> list[Box]:
        """All cards, flags and pills."""
        out = [Box("card", name, c.x, c.y, CARD, c.height) for name, c in self.cards.items()]
        out += [
            Box("flag", name, c.x + FLAG_INSET, c.y - FLAG, FLAG_WIDTH, FLAG)
            for name, c in self.cards.items()
            if c.flag
        ]
        return out + [Box("pill", f"{p.edge.source}->{p.edge.target}", p.x, p.y, p.width, PILL) for p in self.pills]

    # ---- writing ------------------------------------------------------------------------------------------------

    def svg(self) -> str:
        """The whole element."""
        kind = "graph heat" if self.drawing.heat else "graph"
        wide = "" if self.width <= 400 else " wide"
        size = f'width="{_n(self.width)}" height="{_n(self.height)}"'
        head = (
            f'<svg class="{kind}{wide}" viewBox="0 0 {_n(self.width)} {_n(self.height)}" {size} role="img" '
            f'aria-labelledby="{self.prefix}-t {self.prefix}-d">'
        )
        parts = [
            head,
            f'<title id="{self.prefix}-t">{_text(self.drawing.title)}</title>',
            f'<desc id="{self.prefix}-d">{_text(self.drawing.description)}</desc>',
            self._markers(),
            "<g>", *self._edge_paths(), "</g>",
            "<g>", *(self._pill_svg(pill) for pill in self.pills), "</g>",
            *(self._card_svg(card) for card in self.cards.values()),
            "</svg>",
        ]  # fmt: skip
        return "".join(parts)

    def _markers(self) -> str:
        if self.drawing.heat:
            return ""
        shape = 'viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" orient="auto"'
        marks = (("tip", 8, "tip"), ("tip-lost", 11, "flag"))
        inside = "".join(
            f'<marker id="{self.prefix}-{name}" {shape} markerWidth="{size}" markerHeight="{size}">'
            f'<path class="{look}" d="M0 0l10 5-10 5z"/></marker>'
            for name, size, look in marks
        )
        return f"<defs>{inside}</defs>"

    def _edge_paths(self) -> Iterable[str]:
        ordered = sorted(self.routes, key=lambda route: bool(self.edges[route.edge].word))
        for route in ordered:
            edge = self.edges[route.edge]
            hot = edge.share is not None and edge.share.part > HOT
            look = "edge lost" if edge.word else "edge hot" if hot else "edge"
            if self.drawing.heat:
                wide = 1.5 + 16 * (edge.share.part if edge.share else 0.0)
                end = f' stroke-width="{_n(wide)}"'
            else:
                end = f' marker-end="url(#{self.prefix}-tip{"-lost" if edge.word else ""})"'
            yield f'<path class="{look}" d="{self._path(route.edge, route.layer, route.places)}"{end}/>'

    def _path(self, edge: Edge, layer: int, places: Sequence[float]) -> str:
        source, target = self.cards[edge[0]], self.cards[edge[1]]
        sideways = self.layout.sideways
        start = source.x + CARD if sideways else source.y + source.height
        finish = target.x if sideways else target.y
        if target.flag and not sideways and abs(places[-1] - target.x - CARD / 2) <= FLAG_WIDTH / 2 + 6:
            finish -= FLAG
        tip = 0 if self.drawing.heat else 1
        out = [f"M{self._point(places[0], start)}"]
        for k, (a, b) in enumerate(pairwise(places)):
            begin, end = self.measured.ends[layer + k], self.measured.begins[layer + k + 1]
            last = k == len(places) - 2
            if start < begin or k:
                out.append(f"L{self._point(a, begin)}")
            end = min(end, finish - tip) if last else end
            middle = (begin + end) / 2
            out.append(f"C{self._point(a, middle)} {self._point(b, middle)} {self._point(b, end)}")
        if finish - tip > self.measured.begins[layer + len(places) - 1]:
            out.append(f"L{self._point(places[-1], finish - tip)}")
        return "".join(out)

    def _point(self, across: float, along: float) -> str:
        x, y = (along, across) if self.layout.sideways else (across, along)
        return f"{_n(x)} {_n(y)}"

    def _pill_svg(self, pill: _Pill) -> str:
        hot = pill.edge.share is not None and pill.edge.share.part > HOT
        look = "lost-pill" if pill.edge.word or hot else "pill"
        name = "lab hot" if hot else "lab"
        box = f'<rect class="{look}" x="{_n(pill.x)}" y="{_n(pill.y)}" width="{_n(pill.width)}" height="26" rx="13"/>'
        middle = f'x="{_n(pill.x + pill.width / 2)}" y="{_n(pill.y + 18.5)}"'
        return f'{box}<text class="{name}" {middle}>{_label_spans(pill)}</text>'

    # ---- cards --------------------------------------------------------------------------------------------------

    def _card_svg(self, card: _Card) -> str:
        node = card.node
        look = "box block" if node.names else "box"
        parts = ["<g>"]
        if card.flag:
            parts.append(self._flag_svg(card))
        parts.append(
            f'<rect class="{look}" x="{_n(card.x)}" y="{_n(card.y)}" width="164" height="{_n(card.height)}" rx="10"/>'
        )
        y = card.y
        if node.top is not None:
            tall = _row_height(node.top)
            parts += [_band(card, y, tall, node.top.tone, upper=True, lower=False), _row(card, y, node.top)]
            y += tall
        parts.append(self._name_svg(card, y))
        y += MIDDLE
        for tone, cells in groupby(node.bottom, key=lambda cell: cell.tone):
            rows = list(cells)
            tall = sum(map(_row_height, rows))
            parts.append(_band(card, y, tall, tone, upper=False, lower=rows[-1] is node.bottom[-1]))
            for cell in rows:
                parts.append(_row(card, y, cell))
                y += _row_height(cell)
        if card.flag:
            parts.append(
                f'<rect class="ring" x="{_n(card.x)}" y="{_n(card.y)}" width="164" height="{_n(card.height)}" rx="10"/>'
            )
        return "".join([*parts, "</g>"])

    def _flag_svg(self, card: _Card) -> str:
        x, y = card.x + FLAG_INSET, card.y - FLAG
        path = f"M{_n(x)} {_n(card.y)}V{_n(y + 8)}a8 8 0 0 1 8-8h{_n(FLAG_WIDTH - 16)}a8 8 0 0 1 8 8V{_n(card.y)}z"
        middle = f'text-anchor="middle" x="{_n(card.x + CARD / 2)}" y="{_n(y + 20)}"'
        words = _fitted(self.drawing.flag, FLAG_WIDTH - 12, SMALL, bold=True)
        return f'<path class="flag" d="{path}"/><text class="flag-t" {middle}>{_text(words)}</text>'

    def _name_svg(self, card: _Card, y: float) -> str:
        node = card.node
        bare = node.top is None and not node.bottom
        base = y + (32 if bare else 29)
        middle = f'x="{_n(card.x + CARD / 2)}" y="{_n(base)}"'
        if not node.symbol:
            return self._block_svg(card, y)
        name, size, rest = _name_and_formula(node.name, node.symbol, node.formula, node.note)
        shown = f'<tspan class="name">{mathtext.spans(name, 20)}</tspan>{rest}'
        out = f'<text class="formula f{SIZES.index(size)}" text-anchor="middle" {middle}>{shown}</text>'
        if node.share is not None:
            hot = " hot" if node.share.part > HOT else ""
            at = f'x="{_n(card.x + CARD / 2)}" y="{_n(base + 26)}"'
            out += f'<text class="lab{hot}" text-anchor="middle" {at}>{_text(node.share.text)}</text>'
        return out

    def _block_svg(self, card: _Card, y: float) -> str:
        lines = [text for text in (card.node.formula, card.node.note) if text]
        first = y + 31 - 9 * (len(lines) - 1)
        return "".join(
            f'<text class="block-t" text-anchor="middle" x="{_n(card.x + CARD / 2)}" y="{_n(first + 18 * k)}">'
            f"{_text(_fitted(text, CARD - 2 * INSET, 13.5))}</text>"
            for k, text in enumerate(lines)
        )


@lru_cache(maxsize=4096)
def _name_and_formula(plain_name: str, symbol: str, formula_tex: str, words: str) -> tuple[tuple[Run, ...], float, str]:
    """The name, and what stands behind it in the largest size that fits; a formula that never fits is left out."""
    name = mathtext.runs(symbol) or mathtext.plain(plain_name)
    room = CARD - INSET - mathtext.width(name, 20) * 1.04
    if room < 8:
        name = mathtext.plain(_fitted(plain_name, CARD - 2 * INSET, 20))
        return name, SIZES[0], ""
    formula = mathtext.runs(formula_tex) if formula_tex else None
    if formula:
        shown = (Run(" = ", 0, True), *formula)
        for size in SIZES:
            if mathtext.width(shown, size) <= room:
                return name, size, mathtext.spans(shown, size)
    note = words or ("" if not formula_tex else "= …")
    note = note if mathtext.text_width(" " + note, SMALL) <= room else ""
    return name, SIZES[0], f' <tspan class="n t-muted k">{_text(note)}</tspan>' if note else ""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A row as it is written: its text fitted, where that ends from the left of the card, the state below or beside."""

    text: str
    look: str
    ends: float
    below: bool


@lru_cache(maxsize=4096)
def _shown(cell: Cell) -> _Shown:
    label = mathtext.text_width(cell.label + " ", SMALL)
    room = CARD - INSET - 6 - label
    size, bold, look = (15.0, True, "v") if _is_number(cell.text) else (SMALL, False, "k")
    state = mathtext.text_width(cell.word, SMALL) + (24 if cell.glyph else 6) if cell.word else 0.0
    for least in (4, 0):
        text = _fitted(cell.text, room - state, size, bold=bold, least=least)
        if least and text and not text.endswith("…"):
            return _Shown(text, look, INSET + label + mathtext.text_width(text, size, bold=bold), below=False)
        state = 0.0
    return _Shown(text, look, INSET + label, below=bool(cell.word))


def _row_height(cell: Cell) -> float:
    return BOTTOM + (SECOND if _shown(cell).below else 0.0)


def _row(card: _Card, y: float, cell: Cell) -> str:
    """A row of a card: label, value, and the state, shape and word, beside it or on a line below."""
    base = y + (18.5 if cell.tone == "forward" else 19.5)
    tone = {"forward": " t-fwd", "backward": " t-bwd", "wrong": " t-wrong"}.get(cell.tone, "")
    if cell.label == "expected":
        tone = "" if cell.text != "?" else " t-muted"
    shown = _shown(cell)
    out = (
        f'<text x="{_n(card.x + INSET)}" y="{_n(base)}"><tspan class="k{tone}">{_text(cell.label)}</tspan> '
        f'<tspan class="{shown.look}{tone}">{_text(shown.text)}</tspan></text>'
    )
    if not cell.word:
        return out
    if shown.below:
        return out + _state(cell, tone, card.x + INSET - 3, base + SECOND)
    return out + _state(cell, tone, card.x + shown.ends, base)


def _state(cell: Cell, tone: str, x: float, base: float) -> str:
    word = _text(_fitted(cell.word, CARD - 2 * INSET - 20, SMALL))
    if not cell.glyph:
        return f'<text class="k t-muted" x="{_n(x + 4)}" y="{_n(base)}">{word}</text>'
    colour = tone if cell.tone == "wrong" else " t-muted" if cell.state == "is-empty" else f" ink {cell.state}"
    place = f'x="{_n(x + 3)}" y="{_n(base - 13.5)}" width="16" height="16"'
    use = f'<use class="gl {cell.state}" href="#g-{cell.glyph}" {place}/>'
    return f'{use}<text class="k{colour}" x="{_n(x + 22)}" y="{_n(base - 0.5)}">{word}</text>'


_NUMBER = re.compile(r"[-−]?\d+(\.\d+)?(e[-−+]?\d+)?")


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None or text in ("–", "?")


def _band(card: _Card, y: float, height: float, tone: str, *, upper: bool, lower: bool) -> str:
    """The tinted background of a row, with the card's corners where it has them."""
    look = {"forward": "fwd", "backward": "bwd", "wrong": "wrongbg", "hidden": "hiddenbg"}.get(tone)
    if look is None:
        return ""
    x, right = card.x + 1, card.x + CARD - 1
    if upper:
        d = f"M{_n(x)} {_n(y + height)}V{_n(y + 10)}a9 9 0 0 1 9-9H{_n(right - 9)}a9 9 0 0 1 9 9V{_n(y + height)}z"
    elif lower:
        d = f"M{_n(x)} {_n(y)}H{_n(right)}V{_n(y + height - 10)}a9 9 0 0 1-9 9H{_n(x + 9)}a9 9 0 0 1-9-9z"
    else:
        d = f"M{_n(x)} {_n(y)}H{_n(right)}V{_n(y + height)}H{_n(x)}z"
    return f'<path class="{look}" d="{d}"/>'


def _fitted(text: str, room: float, size: float, *, bold: bool = False, least: int = 3) -> str:
    """The text, or as much of it as fits: a number with fewer digits (at least `least`), else with … behind."""
    text = _minus(text) if _is_number(text) else visible(text)
    if mathtext.text_width(text, size, bold=bold) <= room:
        return text
    if _NUMBER.fullmatch(text):
        for digits in range(5, max(least, 2) - 1, -1):
            rounded = _minus(f"{float(text.replace('−', '-')):.{digits}g}")
            if mathtext.text_width(rounded, size, bold=bold) <= room:
                return rounded
    while text and mathtext.text_width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text + "…"


# ---- labels -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _label_runs(edge: DrawnEdge) -> tuple[tuple[Run, ...], tuple[Run, ...]] | None:
    """What a pill says, in full and as the number alone; the word stays."""
    if edge.share is not None:
        text = mathtext.plain(edge.share.text)
        return text, text
    word = mathtext.plain(f" · {edge.word}") if edge.word else ()
    number = mathtext.plain(_minus(edge.number))
    symbol = mathtext.runs(edge.label) if edge.label else None
    if not number and not symbol:
        return (mathtext.plain(edge.word), mathtext.plain(edge.word)) if edge.word else None
    if not symbol:
        return (*number, *word), (*number, *word)
    full: tuple[Run, ...] = tuple(symbol)
    if number:
        shape = "×" in edge.number
        full = (*symbol, *mathtext.plain(" (" if shape else " = "), *number, *mathtext.plain(")" if shape else ""))
    if mathtext.width(full, LABEL) > LONGEST_LABEL and number:
        full = number
    return (*full, *word), (*(number or symbol), *word)


def _label_spans(pill: _Pill) -> str:
    if not pill.edge.word:
        return mathtext.spans(pill.runs, LABEL)
    before, word = pill.runs[:-1], pill.runs[-1]
    return f'{mathtext.spans(before, LABEL)}<tspan class="n t-wrong k">{_text(word.text)}</tspan>'


def _minus(text: str) -> str:
    return visible(text).replace("-", "−")


def _text(text: str) -> str:
    return str(escape(visible(text)))


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")


def drawn_edges(edges: Mapping[Edge, DrawnEdge], block_of: Mapping[str, str]) -> tuple[DrawnEdge, ...]:
    """The edges of a large graph between its cards: those inside a block are gone, those of a block have no label."""
    found: dict[Edge, DrawnEdge] = {}
    for (j, i), edge in edges.items():
        a, b = block_of.get(j, j), block_of.get(i, i)
        if a != b and (a, b) not in found:
            found[a, b] = edge if (a, b) == (j, i) else DrawnEdge(a, b, word=edge.word, share=edge.share)
    return tuple(found.values())
