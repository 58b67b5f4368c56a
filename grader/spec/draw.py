"""Drawn values: how an input gets the numbers of a hidden point or of a printed one.

A distribution is data; drawing needs a generator from the caller, so the same seed gives the same numbers.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy

from grader.spec.fields import describe, refused

Kind = Literal["normal", "uniform", "integers", "positive"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """`normal` with mean `a` and standard deviation `b`, or values from `a` to `b`, both ends included.

    `absolute` takes the modulus of what is drawn.
    """

    kind: Kind
    a: float
    b: float
    absolute: bool = False

    def draw(self, rng: numpy.random.Generator, shape: tuple[int, ...]) -> numpy.ndarray:
        """An array of float64 of that shape."""
        if self.kind == "integers":
            drawn = rng.integers(int(self.a), int(self.b), size=shape, endpoint=True).astype(float)
        elif self.kind == "normal":
            drawn = rng.normal(self.a, self.b, size=shape)
        else:
            drawn = rng.uniform(self.a, self.b, size=shape)
        return numpy.asarray(numpy.abs(drawn) if self.absolute else drawn, dtype=float)

    def printed(self, rng: numpy.random.Generator, shape: tuple[int, ...]) -> numpy.ndarray:
        """As `draw`, rounded so that people can type with it: 2 decimals, more only where all would be lost."""
        drawn = self.draw(rng, shape)
        if self.kind == "integers":
            return drawn
        scale = self.b if self.kind == "normal" else self.b - self.a
        decimals = 2 if not 0 < scale < 0.1 else 1 - math.floor(math.log10(scale))
        rounded = numpy.round(drawn, min(decimals, 300))
        return numpy.asarray(rounded if self.kind == "normal" else numpy.clip(rounded, self.a, self.b))


DEFAULTS: dict[str, Distribution] = {
    "normal": Distribution("normal", 0.0, 1.0),
    "uniform": Distribution("uniform", 0.0, 1.0),
    "integers": Distribution("integers", -5, 5),
    "positive": Distribution("positive", 0.1, 2.0),
}
_LARGE = 2**53


def distribution(found: Any) -> Distribution:
    """What an author writes behind `draw`."""
    known = "normal, uniform, integers, positive, {uniform: [a, b]}, {normal: [mean, sd]} or {integers: [a, b]}"
    if isinstance(found, str) and found in DEFAULTS:
        return DEFAULTS[found]
    if not isinstance(found, dict) or len(found) != 1:
        raise refused(f"{describe(found)} is no way to draw", f"Write {known}.")
    ((name, ends),) = found.items()
    if name not in ("normal", "uniform", "integers"):
        raise refused(f"{name} is no way to draw", f"Write {known}.", (name,))
    if not isinstance(ends, list) or len(ends) != 2:
        parts = "[mean, sd]" if name == "normal" else "[a, b]"
        raise refused(
            f"two numbers were expected, and this is {describe(ends)}", f"Write {{{name}: {parts}}}.", (name,)
        )
    a, b = (_end(name, end, n) for n, end in enumerate(ends))
    if name == "normal" and b < 0:
        raise refused("a standard deviation is not negative", "", (name, 1))
    if name != "normal" and b < a:
        raise refused(f"from {a:g} to {b:g} there is nothing to draw", "Write the smaller end first.", (name,))
    return Distribution(name, a, b)


def _end(name: str, found: Any, n: int) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise refused(f"a number was expected, and this is {describe(found)}", "", (name, n))
    if name == "integers" and (found != int(found) or abs(found) > _LARGE):
        raise refused(f"a whole number was expected, and this is {describe(found)}", "", (name, n))
    return float(found)


def like(printed: numpy.ndarray) -> Distribution:
    """How a plain input is drawn: normal with mean 0 and the root mean square of its entries, positive as they are."""
    largest = float(numpy.max(numpy.abs(printed)))
    spread = largest * math.sqrt(float(numpy.mean(numpy.square(printed / largest)))) if largest > 0 else 1.0
    return Distribution("normal", 0.0, spread, absolute=bool(numpy.all(printed > 0)))


def generator(*names: str) -> numpy.random.Generator:
    """A generator that depends on these names and nothing else, the same on every machine."""
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    return numpy.random.default_rng(int.from_bytes(digest[:16], "big"))
