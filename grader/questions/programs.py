"""Judging a student's program by what it returns: every check of every item, with its evidence.

Asks the sandbox for values, never runs anything here. The checks are those of format.md 1.7: shape, finite, value,
finite differences, inputs unchanged, repeatable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from grader.answers.number import EXACT, Typed
from grader.answers.program import Program
from grader.comparing import compare
from grader.engine.certify import Claim, claims_in, extrapolated
from grader.engine.computation import Evaluated
from grader.engine.ops import describe
from grader.questions.evidence import Check, Evidence, Marked
from grader.questions.points import Point, Points
from grader.sandbox import Call, CallOutcome, Limits, Outcome, Raised, Request, Source, Unusable, as_array, parts
from grader.spec.models import Relative
from grader.spec.problem import Question

Array = Any
Run = Callable[[Request], Outcome]
DEFAULT = Relative(1e-6, 0.0)
FLOAT32 = 2e-4
STEPS = tuple(2.0**-k for k in (5, 7, 9, 11, 13))
PLOTTED = (*STEPS, *(2.0**-k for k in (17, 21, 25, 29)))
"""The smaller ones are only shown: rounding is seen there."""
QUOTIENT = 1e-11
"""Analytic derivatives are nearer than this; what a difference quotient leaves is larger."""
SHOWN = 8
GRADIENT = re.compile(r"grad\(\s*(\w+)\s*,\s*(\w+)\s*\)|adjoint\(\s*(\w+)\s*\)")
NUMERICAL = "it differentiates numerically, which is not allowed here."
DERIVATIVE = re.compile(r"\s*(grad|adjoint|vjp|jac)\b")


@dataclass(eq=False)
class Item:
    """What is found out about one item, at all points."""

    name: str
    shape: str | None = None
    unusable: str | None = None
    not_finite: Point | None = None
    wrong: list[tuple[Point, Array, Evaluated]] = field(default_factory=list)
    at_printed: Array | None = None
    expected: Evaluated | None = None
    remarks: list[str] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    float32: bool = False

    @property
    def right(self) -> bool:
        """Whether no value was found wanting."""
        return not (self.shape or self.unusable or self.not_finite or self.wrong)


@dataclass(frozen=True, eq=False)
class Interface:
    """How the program is called: a function by position, or statements; and the items that come of it."""

    function: str
    arguments: tuple[str, ...]
    statements: str
    requires: tuple[str, ...]
    alternatives: tuple[Mapping[str, str], ...]
    items: tuple[str, ...]
    single: bool


class Programs:
    """A `function` question made ready: its points and expected values are worked out once for all students."""

    def __init__(self, question: Question, interface: Interface, points: Points, limits: Limits) -> None:
        self.question = question
        self.interface = interface
        self.points = points
        self.limits = limits
        self.items = interface.items
        self.tolerance = question.options.tolerance or DEFAULT
        self.forbidden: tuple[str, ...] = getattr(question.options, "forbid", ())
        self.credit = question.options.follow_through
        graph = points.problem.graph
        texts = dict.fromkeys(q for alternative in interface.alternatives for q in alternative.values())
        self.claims: tuple[Claim, ...] = () if question.given else tuple(c for t in texts for c in claims_in(graph, t))

    def expected(self) -> Mapping[str, Array]:
        """The reference value of each item at the printed point."""
        return {n: self.points.printed.expected(n, q).value for n, q in self.interface.alternatives[0].items()}

    def mark(self, answer: Any, earlier: Marked | None) -> Marked:
        """Without a program there is nothing to judge."""
        return self._all("missing", None)

    # ---- running --------------------------------------------------------------------------------------------------

    def mark_program(self, program: Program, run: Run) -> Marked:
        """The evidence of a program that `run` runs."""
        points = [self.points.printed, self.points.printed, *self.points.hidden]
        counted = "finite_differences" in self.forbidden
        outcome = run(self._request(program, [(p, counted and n == 1) for n, p in enumerate(points)]))
        refusal = self._refused(program, outcome)
        if refusal is not None:
            return refusal
        best = self._judged(outcome.calls, points)
        return self._told(program, run, outcome, best)

    def _request(self, program: Program, points: Sequence[tuple[Point, bool]]) -> Request:
        names = self.interface.arguments
        calls = []
        for point, counted in points:
            given = {n: point.values[n] for n in names} if self.interface.function else dict(point.values)
            labels = self.points.problem.graph.labels
            arguments = {n: _argument(v, n in labels) for n, v in given.items()}
            calls.append(Call(arguments, counted))
        return Request(
            tuple(Source(name, text) for name, text in program.sources),
            tuple(calls),
            function=self.interface.function,
            statements=self.interface.statements,
            requires=self.interface.requires,
            reads=() if self.interface.function else self.items,
            limits=self.limits,
        )

    # ---- what ends it at once -------------------------------------------------------------------------------------

    def _all(self, verdict: Any, message: str | None, checks: tuple[Check, ...] = ()) -> Marked:
        expected = self.expected()
        return Marked(tuple(Evidence(n, verdict, None, expected[n], message, checks) for n in self.items), message)

    def _refused(self, program: Program, outcome: Outcome) -> Marked | None:
        """What keeps the values from being looked at: the program as a whole, or one call of it."""
        notes = _notes(program, outcome)
        if outcome.state == "syntax" and outcome.syntax is not None:
            where = outcome.syntax
            place = f"{where.file}, line {where.line}, column {where.column}"
            return self._all("unreadable", f"{place}: {where.message}\n    {where.text.strip()}")
        if outcome.state == "missing":
            names = " and ".join(outcome.missing)
            return self._all("missing", _joined(f"{names} is not defined at the top level of the file.", *notes))
        if outcome.state == "not_checked":
            return self._all("not_checked", f"Not checked: it {outcome.reason}. This costs no points.")
        if outcome.state != "ok":
            return self._all("wrong", _joined(_sentence(f"The program {outcome.reason}"), *notes))
        raised = next((c.raised for c in outcome.calls if c.raised is not None), None)
        if raised is not None:
            return self._all("wrong", _joined(_raised(raised), *notes))
        return None

    # ---- values ---------------------------------------------------------------------------------------------------

    def _judged(self, calls: Sequence[CallOutcome], points: Sequence[Point]) -> list[Item]:
        """The items under the alternative that fits best: the first of those with most items right."""
        found = [self._under(a, calls, points) for a in self.interface.alternatives]
        return max(found, key=lambda items: sum(i.right for i in items))

    def _under(
        self, alternative: Mapping[str, str], calls: Sequence[CallOutcome], points: Sequence[Point]
    ) -> list[Item]:
        items = {name: Item(name) for name in self.items}
        for call, point in zip(calls, points, strict=True):
            values = self._values(call)
            for name, item in items.items():
                item.expected = item.expected or point.expected(name, alternative[name])
                self._look(item, values[name], point, point.expected(name, alternative[name]))
        self._see_repeated(items, calls)
        return list(items.values())

    def _values(self, call: CallOutcome) -> dict[str, Any]:
        """The value of each item, or the Unusable that says why there is none."""
        values = dict(call.values or {})
        if not self.interface.function:
            return {n: values.get(n, Unusable("nothing")) for n in self.items}
        value = values.get("")
        if isinstance(value, dict):
            missing = ", ".join(n for n in self.items if n not in value)
            if self.interface.single and self.items[0] not in value:
                return {self.items[0]: Unusable("a mapping (dict)")}
            return {n: value.get(n, Unusable(f"a dict without {missing}")) for n in self.items}
        if len(self.items) == 1:
            return {self.items[0]: value}
        several = parts(value) if value is not None else None
        if several is None or len(several) != len(self.items):
            got = "one value" if several is None else f"{len(several)} values"
            wanted = f"{got} where {len(self.items)} were asked for: {', '.join(self.items)}"
            return {n: value if isinstance(value, Unusable) else Unusable(wanted) for n in self.items}
        return dict(zip(self.items, several, strict=True))

    def _look(self, item: Item, value: Any, point: Point, expected: Evaluated) -> None:
        array = as_array(value) if not isinstance(value, Unusable) else value
        if isinstance(array, Unusable):
            item.unusable = item.unusable or f"The function returned {array.what}."
            return
        single = array.dtype == numpy.float32
        item.float32 |= single
        answer = numpy.asarray(array, dtype=float)
        wanted = expected.computation.shape
        if answer.shape != wanted and answer.size == 1 and wanted == ():
            item.remarks.append("An array of one entry was taken as a number.")
            answer = answer.reshape(())
        if point.printed and item.at_printed is None:
            item.at_printed = answer
        if answer.shape != wanted:
            item.shape = item.shape or f"{_article(answer.shape)} came back, and {_article(wanted)} was asked for."
            return
        if not numpy.all(numpy.isfinite(answer)) and numpy.all(numpy.isfinite(expected.value)):
            item.not_finite = item.not_finite or point
        if not self._is_right(answer, expected, single):
            item.wrong.append((point, answer, expected))
        item.errors.append(_distance(answer, expected))

    def _is_right(self, answer: Array, expected: Evaluated, single: bool) -> bool:
        tolerance = self.tolerance
        if single and isinstance(tolerance, Relative):
            size = float(numpy.max(numpy.abs(expected.value), initial=0.0))
            tolerance = Relative(max(tolerance.relative, FLOAT32), max(tolerance.absolute, FLOAT32 * 0.1 * size))
        many = numpy.full(answer.shape, EXACT)
        return compare(Typed(answer, many, many, ""), expected, tolerance).outcome == "right"

    def _see_repeated(self, items: Mapping[str, Item], calls: Sequence[CallOutcome]) -> None:
        first, second = self._values(calls[0]), self._values(calls[1])
        for name, item in items.items():
            a, b = (as_array(v[name]) if not isinstance(v[name], Unusable) else v[name] for v in (first, second))
            if isinstance(a, Unusable) or isinstance(b, Unusable):
                continue
            if a.shape != b.shape or not numpy.allclose(a, b, rtol=1e-12, atol=0, equal_nan=True):
                item.unusable = "The same arguments gave another result at the second call."

    # ---- telling --------------------------------------------------------------------------------------------------

    def _told(self, program: Program, run: Run, outcome: Outcome, items: list[Item]) -> Marked:
        differences = self._differences(program, run, outcome, items)
        numerical = self._differentiates(outcome, items)
        smallest = self._smallest(program, run, items)
        changed = tuple(dict.fromkeys(n for c in outcome.calls for n in c.changed))
        notes = _notes(program, outcome)
        told = []
        for item in items:
            checks = tuple(self._checks(item, differences.get(item.name), changed))
            told.append(self._evidence(item, checks, differences.get(item.name), numerical, smallest, changed))
        return Marked(tuple(told), _joined(*notes) or None)

    def _checks(self, item: Item, difference: Check | None, changed: Sequence[str]) -> Iterator[Check]:
        if item.unusable is not None:
            repeated = "another result" in item.unusable
            yield Check("repeatable" if repeated else "shape", False, item.unusable)
            return
        yield Check("shape", item.shape is None, item.shape or "as asked for")
        if item.shape is None:
            finite = item.not_finite is None
            yield Check("finite", finite, "every entry" if finite else "nan or infinity")
            points = 1 + len(self.points.hidden)
            wrong = len({id(p) for p, _, _ in item.wrong})
            detail = f"right at all {points} points" if not wrong else f"wrong at {wrong} of {points} points"
            yield Check("value", not wrong, detail)
            if difference is not None:
                yield difference
        written = f"written to: {', '.join(changed)}" if changed else "none written to"
        yield Check("inputs unchanged", not changed, written)
        yield Check("repeatable", True, "the same result twice")

    def _evidence(
        self,
        item: Item,
        checks: tuple[Check, ...],
        difference: Check | None,
        numerical: str | None,
        smallest: tuple[Point, dict[str, tuple[Array, Evaluated]]] | None,
        changed: Sequence[str],
    ) -> Evidence:
        expected = self.expected()[item.name]
        own_loss = difference is not None and difference.passed is True and not item.right
        message = self._message(item, smallest, own_loss)
        verdict: Any = "correct" if item.right else "wrong"
        if item.right and numerical is not None:
            verdict, message = "wrong", numerical
        elif item.right and changed and "changed_inputs" in self.forbidden:
            names = ", ".join(changed)
            verdict, message = "wrong", f"The function writes to its arguments ({names}), which is not allowed here."
        elif own_loss and self.credit and item.shape is None:
            verdict = "follow_through"
        return Evidence(item.name, verdict, item.at_printed, expected, message, checks)

    def _message(self, item: Item, smallest: Any, own_loss: bool) -> str | None:
        remarks = list(dict.fromkeys(item.remarks))
        if item.right:
            return _joined(*remarks) or None
        said = item.unusable or item.shape
        if said is None and own_loss:
            said = (
                f"{item.name} is the gradient of the value that your function returns, "
                "but that value is not the one asked for."
            )
        if said is None and item.not_finite is not None:
            said = f"{item.name} has entries that are not finite."
        if said is None:
            said = self._counterexample(item, smallest)
        return _joined(said, *remarks)

    def _counterexample(self, item: Item, smallest: Any) -> str:
        if smallest is not None and item.name in smallest[1]:
            point = smallest[0]
            answer, expected = smallest[1][item.name]
        else:
            point, answer, expected = min(item.wrong, key=lambda w: (not w[0].printed, w[0].entries))
        names = self.interface.arguments or tuple(point.values)
        where = ", ".join(f"{n} = {_short(point.values[n])}" for n in names if n in point.values)
        return f"At {where} your {item.name} is {_short(answer)}, and {_short(expected.value)} is right."

    def _smallest(
        self, program: Program, run: Run, items: list[Item]
    ) -> tuple[Point, dict[str, tuple[Array, Evaluated]]] | None:
        """The simplest of the small points at which an item is wrong."""
        if not any(item.wrong and item.shape is None and item.unusable is None for item in items):
            return None
        points = list(self.points.small)
        outcome = run(self._request(program, [(p, False) for p in points])) if points else None
        if outcome is None or outcome.state != "ok" or any(c.values is None for c in outcome.calls):
            return None
        best: tuple[float, Point, dict[str, tuple[Array, Evaluated]]] | None = None
        for call, point in zip(outcome.calls, points, strict=True):
            found = min((self._under_one(a, call, point) for a in self.interface.alternatives), key=_wrongs)
            wrong = {i.name: (i.wrong[0][1], i.wrong[0][2]) for i in found if i.wrong}
            cost = sum(float(numpy.sum(numpy.abs(v) + (numpy.asarray(v) != 0))) for v in point.values.values())
            if wrong and (best is None or (len(wrong), -cost) > (len(best[2]), -best[0])):
                best = cost, point, wrong
        return None if best is None else (best[1], best[2])

    def _under_one(self, alternative: Mapping[str, str], call: CallOutcome, point: Point) -> list[Item]:
        values = self._values(call)
        found = []
        for name in self.items:
            item = Item(name)
            self._look(item, values[name], point, point.expected(name, alternative[name]))
            found.append(item)
        return found

    # ---- finite differences ---------------------------------------------------------------------------------------

    def _differences(self, program: Program, run: Run, outcome: Outcome, items: list[Item]) -> dict[str, Check]:
        """Each gradient that is returned, against the student's own forward value, where that is returned too."""
        pairs = list(self._pairs(items))
        if not pairs:
            return {}
        spent = outcome.cpu_seconds / max(len(outcome.calls), 1)
        if spent * len(pairs) * 2 * len(PLOTTED) > self.limits.seconds * 8:
            return {i.name: Check("finite differences", None, "it would take too long") for i, _, _ in pairs}
        points, ways = [], []
        for _, _, wrt in pairs:
            start = numpy.asarray(self.points.printed.values[wrt], dtype=float)
            way = _direction(start)
            ways.append(way)
            for step in PLOTTED:
                points += [self._moved(wrt, start + step * way), self._moved(wrt, start - step * way)]
        moved = run(self._request(program, [(p, False) for p in points]))
        if moved.state != "ok" or any(c.values is None for c in moved.calls):
            undone = Check("finite differences", None, "the function does not run beside the point")
            return {item.name: undone for item, _, _ in pairs}
        found = {}
        for n, (item, value, _) in enumerate(pairs):
            calls = moved.calls[2 * len(PLOTTED) * n : 2 * len(PLOTTED) * (n + 1)]
            heights = [as_array(self._values(c)[value]) for c in calls]
            found[item.name] = _difference(item, heights, ways[n])
        return found

    def _moved(self, name: str, value: Array) -> Point:
        return Point({**self.points.printed.values, name: value}, self.points.sizes[0], False)

    def _pairs(self, items: list[Item]) -> Iterator[tuple[Item, str, str]]:
        """Items that are gradients of another returned item: the item, the name of that value, and by what."""
        alternative = self.interface.alternatives[0]
        by_quantity = {q.strip(): n for n, q in alternative.items()}
        graph = self.points.sizes[0].graph
        for item in items:
            match = GRADIENT.fullmatch(alternative[item.name].strip())
            if match is None or item.at_printed is None or item.shape or item.unusable:
                continue
            of, wrt = (match[1], match[2]) if match[1] else (graph.output, match[3])
            given = self.interface.arguments if self.interface.function else tuple(self.points.printed.values)
            passed = wrt in given
            value = by_quantity.get(of or "")
            other = next((i for i in items if i.name == value), None)
            if passed and other is not None and other.at_printed is not None and other.at_printed.shape == ():
                yield item, other.name, wrt

    def _differentiates(self, outcome: Outcome, items: list[Item]) -> str | None:
        """Why the function is taken to differentiate numerically, where that is forbidden; None where it is not."""
        if "finite_differences" not in self.forbidden:
            return None
        gradients = [i for i in items if i.errors and DERIVATIVE.match(self.interface.alternatives[0][i.name])]
        entries = max((int(numpy.size(i.at_printed)) for i in gradients if i.at_printed is not None), default=0)
        called = {n: k for n, k in outcome.calls[1].counts.items() if n != self.interface.function}
        most = max(called.values(), default=0)
        errors = [e for i in gradients for e in i.errors if numpy.isfinite(e)]
        rough = sum(e > QUOTIENT for e in errors) > len(errors) / 2 and not any(i.float32 for i in gradients)
        if entries and most > max(entries, 2) and any(e > 0 for e in errors):
            name = max(called, key=lambda n: called[n])
            return f"The function calls {name} {most} times for {entries} entries: {NUMERICAL}"
        if rough:
            return f"The errors are those of difference quotients: {NUMERICAL}"
        return None


def _wrongs(items: list[Item]) -> int:
    return sum(bool(i.wrong) for i in items)


def _argument(value: Array, label: bool) -> Any:
    array = numpy.asarray(value)
    if label:
        return int(array) if array.shape == () else array.astype(numpy.int64)
    return float(array) if array.shape == () else array.astype(float)


def _distance(answer: Array, expected: Evaluated) -> float:
    size = float(numpy.max(numpy.abs(expected.value), initial=0.0))
    off = float(numpy.max(numpy.abs(answer - expected.value), initial=0.0))
    return off / size if size > 0 else off


def _direction(start: Array) -> Array:
    """A direction in which every entry moves, by about its own size."""
    size = float(numpy.max(numpy.abs(start), initial=0.0)) or 1.0
    n = numpy.arange(1, start.size + 1)
    return (size * (0.6 + 0.4 * numpy.sin(5.0 * n)) * numpy.where(n % 2, 1.0, -1.0)).reshape(start.shape) / 4


def _difference(item: Item, heights: list[Any], way: Array) -> Check:
    if any(isinstance(h, Unusable) or h.size != 1 for h in heights):
        return Check("finite differences", None, "the value beside the point is no number")
    numbers = numpy.array([float(numpy.asarray(h).reshape(())) for h in heights]).reshape(-1, 2)
    quotients = (numbers[:, 0] - numbers[:, 1]) / (2 * numpy.array(PLOTTED))
    with numpy.errstate(all="ignore"):
        measured, error = (float(x[0]) for x in extrapolated(quotients[: len(STEPS), None], 16.0))
        claimed = float(numpy.sum(numpy.asarray(item.at_printed) * way))
    if not numpy.isfinite([measured, error, claimed]).all():
        return Check("finite differences", None, "the values beside the point are not finite")
    scale = abs(measured) + abs(claimed) + 1e-12 * float(numpy.max(numpy.abs(numbers)))
    room = 20 * error + (1e-3 if item.float32 else 1e-6) * scale
    detail = f"slope {claimed:.6g} along one direction, {measured:.6g} by differences of your own value"
    if error > 1e-3 * scale:
        return Check("finite differences", None, "the function is not smooth enough beside the point")
    off = numpy.abs(quotients - claimed), numpy.abs(quotients - measured)
    curve = tuple((h, float(a / scale), float(b / scale)) for h, a, b in zip(PLOTTED, *off, strict=True) if scale)
    return Check("finite differences", abs(claimed - measured) <= room, detail, curve)


def _article(shape: tuple[int, ...]) -> str:
    words = describe(shape)
    return words if words.startswith("a ") else f"an array of {words}"


def _short(value: Array) -> str:
    array = numpy.asarray(value, dtype=float)
    if array.size > SHOWN * SHOWN:
        return f"{_article(array.shape)}"
    text = numpy.array2string(array, precision=6, separator=", ", suppress_small=False, floatmode="maxprec")
    return " ".join(text.replace(".,", ",").replace(".]", "]").split()).removesuffix(".")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _joined(*parts: str) -> str:
    return " ".join(p for p in parts if p)


def _raised(raised: Raised) -> str:
    where = f"{raised.file}, line {raised.line}: " if raised.line else ""
    line = f"\n    {raised.text.strip()}" if raised.text.strip() else ""
    what = f"{raised.type}: {raised.message}" if raised.message else raised.type
    return f"{where}the function raised {what}{line}"


def _notes(program: Program, outcome: Outcome) -> list[str]:
    """What a student should know of how the file was run."""
    notes = list(program.notes)
    top = outcome.top
    if top.raised is not None and top.left_out:
        first = top.left_out[0]
        more = len(top.left_out) + top.more_left_out - 1
        others = f" ({more} more left out)" if more else ""
        notes.append(
            f"The file does not run as a whole ({top.raised.type} in line {top.raised.line or first.line}), so its "
            f"definitions and imports were tried alone; left out: {first.file}, line {first.line}{others}."
        )
    return notes
