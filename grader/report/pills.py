"""Where the labels of edges stand in the gap between two layers: on their edge, clear of each other and of crossings.

Works with places across (`across`) and along the way from operand to result (`along`), so it serves both directions of
a drawing. A pure function of numbers; results are kept, since most students' drawings have the same labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

GAP, CROSSED, WIDE = 96.0, 132.0, 168.0
THIRD = 0.37
"""How far along an edge is at a third of its curve."""
BETWEEN = 8.0
CLEAR = 3.0
STEPS = 14
"""Halvings by which a place on a curve is found."""


@dataclass(frozen=True, slots=True)
class Label:
    """What an edge wants to say: the segment that it stands on, and its size, in full and as the number alone."""

    segment: int
    across: float
    along: float
    across_short: float
    along_short: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a label stands: its centre, and whether only the number has room."""

    across: float
    along: float
    short: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap between two layers: how wide it is, and its labels in the order in which they were asked for."""

    extent: float
    labels: tuple[Placed, ...]


Segment = tuple[float, float]


@lru_cache(maxsize=8192)
def gap(segments: tuple[Segment, ...], labels: tuple[Label, ...], limit: float) -> Gap:
    """Place the labels of a gap whose edges run from `segments[k][0]` to `segments[k][1]`; all stay below `limit`.

    First one line at a third of the way, then a wider gap, then numbers alone, then more lines: with a line for each
    label nothing can overlap.
    """
    crossed = any((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(segments, 2))
    best: tuple[int, Gap] | None = None
    for extent, short, lines in _ways(CROSSED if crossed else GAP, len(labels)):
        found = _tried(segments, labels, extent, short, lines, limit)
        if found is None:
            continue
        wrong = _touched(segments, labels, found)
        if wrong == 0:
            return found
        if best is None or wrong < best[0]:
            best = (wrong, found)
    assert best is not None  # noqa: S101 - a line for each label always works
    return best[1]


def _ways(least: float, count: int) -> Iterator[tuple[float, bool, int]]:
    extents = [e for e in (GAP, CROSSED, WIDE) if e >= least]
    for short in (False, True):
        for extent in extents:
            yield extent, short, 1
    for lines in range(2, max(count, 1) + 1):
        for extent in extents[-2:]:
            yield extent, False, lines
            yield extent, True, lines


def curve(segment: Segment, extent: float, along: float) -> float:
    """Where an edge is across, so far along: a curve that leaves and arrives straight."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        t = (low + high) / 2
        if extent * (1.5 * t - 1.5 * t * t + t**3) < along:
            low = t
        else:
            high = t
    return segment[0] + (segment[1] - segment[0]) * (3 * t * t - 2 * t**3)


def _tried(
    segments: Sequence[Segment], labels: Sequence[Label], extent: float, short: bool, lines: int, limit: float
) -> Gap | None:
    tallest = max((label.along_short if short else label.along for label in labels), default=0.0)
    step = tallest + BETWEEN
    first = max(THIRD * extent, tallest / 2 + 14)
    extent = max(extent, first + (lines - 1) * step + tallest / 2 + 24)
    ways = [first + k * step for k in range(lines)]
    order = sorted(range(len(labels)), key=lambda k: curve(segments[labels[k].segment], extent, first))
    members: list[list[int]] = [order[k::lines] for k in range(lines)]
    placed: dict[int, Placed] = {}
    for along, inside in zip(ways, members, strict=True):
        wanted = [curve(segments[labels[k].segment], extent, along) for k in inside]
        sizes = [labels[k].across_short if short else labels[k].across for k in inside]
        found = _apart(wanted, sizes, limit)
        if found is None:
            return None
        for k, across in zip(inside, found, strict=True):
            placed[k] = Placed(round(across, 1), round(along, 1), short)
    return Gap(round(extent, 1), tuple(placed[k] for k in range(len(labels))))


def _apart(wanted: list[float], sizes: list[float], limit: float) -> list[float] | None:
    """Places near those wanted, in their order and apart; None where one would leave its edge or the drawing."""
    places = [min(max(x, size / 2 + 2), limit - size / 2 - 2) for x, size in zip(wanted, sizes, strict=True)]
    for _ in range(60):
        moved = False
        for k in range(len(places) - 1):
            least = (sizes[k] + sizes[k + 1]) / 2 + BETWEEN
            over = least - (places[k + 1] - places[k])
            if over > 1e-6:
                places[k] -= over / 2
                places[k + 1] += over / 2
                moved = True
        places = [min(max(x, s / 2 + 2), limit - s / 2 - 2) for x, s in zip(places, sizes, strict=True)]
        if not moved:
            break
    for k in range(len(places) - 1):
        if places[k + 1] - places[k] < (sizes[k] + sizes[k + 1]) / 2 + BETWEEN / 2:
            return None
    off = (abs(x - y) - (s / 2 - 9) for x, y, s in zip(places, wanted, sizes, strict=True))
    return places if len(places) < 2 or max(off) <= 0 else None


def _touched(segments: Sequence[Segment], labels: Sequence[Label], found: Gap) -> int:
    """How many crossings of edges, and how many edges of others, the labels hide; crossings count ten times."""
    count = 0
    crossings = [c for one, other in combinations(segments, 2) if (c := _crossing(one, other, found.extent))]
    for label, place in zip(labels, found.labels, strict=True):
        across = (label.across_short if place.short else label.across) / 2 + CLEAR
        along = (label.along_short if place.short else label.along) / 2 + CLEAR
        for x, y in crossings:
            count += 10 * (abs(x - place.across) < across and abs(y - place.along) < along)
        for k, segment in enumerate(segments):
            if k != label.segment and segment[0] != segments[label.segment][0]:
                seen = (curve(segment, found.extent, place.along + d) for d in (-along, 0.0, along))
                count += any(abs(x - place.across) < across for x in seen)
    return count


def _crossing(one: Segment, other: Segment, extent: float) -> tuple[float, float] | None:
    begin, end = one[0] - other[0], one[1] - other[1]
    if begin * end >= 0:
        return None
    share = begin / (begin - end)
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        t = (low + high) / 2
        if 3 * t * t - 2 * t**3 < share:
            low = t
        else:
            high = t
    return one[0] + (one[1] - one[0]) * share, extent * (1.5 * t - 1.5 * t * t + t**3)
