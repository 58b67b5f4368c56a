"""One submission through all checks: what is asked of the sandbox, and the evidence that comes of it.

A right program needs one request: the printed point twice and once more at the end, every hidden point, and calls
beside two points for finite differences. Calls beside a point are evidence only: what fails there costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy

from grader.answers.program import Program
from grader.engine.certify import Claim, claims_in
from grader.questions.evidence import Check, Evidence, ItemVerdict, Marked
from grader.questions.programs import numerical, slopes, wording
from grader.questions.programs.interface import Interface
from grader.questions.programs.judging import DEFAULT, Found, Item, judged
from grader.questions.programs.points import Point, Points
from grader.questions.programs.smallest import Example, smallest
from grader.sandbox import Call, CallOutcome, Limits, Outcome, Request, Source
from grader.spec.problem import Question

Array = Any
Run = Callable[[Request], Outcome]
NARROW = re.compile(r"\bfloat(?:32|16)\b|\bnp\.single\b|\bnumpy\.single\b|[\"']f4[\"']")
STOPPED = ("timeout", "memory", "not_checked")


@dataclass(frozen=True, eq=False)
class Findings:
    """All that is known of one program when the telling begins."""

    items: Mapping[str, Item]
    number: int
    slopes: Mapping[str, Sequence[slopes.Slope]]
    numerical: str | None
    example: Example | None
    changed: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)


class Programs:
    """A `function` question made ready: its points and expected values are worked out once for all students."""

    def __init__(self, question: Question, interface: Interface, points: Points, limits: Limits) -> None:
        self.question = question
        self.interface = interface
        self.points = points
        self.items = interface.items
        self.tolerance = question.options.tolerance or DEFAULT
        self.forbidden: tuple[str, ...] = getattr(question.options, "forbid", ())
        self.credit = question.options.follow_through
        graph = points.problem.graph
        texts = dict.fromkeys(q for alternative in interface.alternatives for q in alternative.values())
        self.claims: tuple[Claim, ...] = () if question.given else tuple(c for t in texts for c in claims_in(graph, t))
        self.judged_points = [points.printed, points.printed, *points.hidden, points.printed]
        self.limits = Limits(limits.seconds, limits.memory, limits.seconds * max(10, len(self.judged_points)))

    def expected(self) -> Mapping[str, Array]:
        """The reference value of each item at the printed point."""
        return self._expected(0)

    def _expected(self, number: int) -> dict[str, Array]:
        return {n: self.points.printed.expected(q).value for n, q in self.interface.alternatives[number].items()}

    def mark(self, answer: Any, earlier: Marked | None) -> Marked:
        """Without a program there is nothing to judge."""
        return self._all("missing", None)

    def mark_program(self, program: Program, run: Run) -> Marked:
        """The evidence of a program that `run` runs."""
        outcome = run(self._request(program, self._calls))
        count = len(self.judged_points)
        calls, beside = outcome.calls[:count], outcome.calls[count:]
        refusal = self._refused(program, outcome, calls)
        if refusal is not None:
            return refusal
        narrow = any(NARROW.search(text) for _, text in program.sources)
        conventions = [
            judged(self.interface, a, calls, self.judged_points, self.tolerance, narrow)
            for a in self.interface.alternatives
        ]
        number = max(range(len(conventions)), key=lambda n: sum(i.right for i in conventions[n].values()))
        items = conventions[number]
        measured, values = self._measured(items, number, calls, beside)
        found = Findings(
            items,
            number,
            measured,
            self._numerical(program, items, calls, beside),
            self._example(program, run, items, number, narrow),
            tuple(dict.fromkeys(n for c in calls for n in c.changed)),
            values,
        )
        return self._told(program, outcome, calls, found)

    # ---- what is run ----------------------------------------------------------------------------------------------

    @cached_property
    def _probes(self) -> list[Point]:
        """Where numerical differentiation shows itself."""
        return numerical.probes(self.points) if "finite_differences" in self.forbidden else []

    @cached_property
    def _moves(self) -> list[tuple[Point, str]]:
        """Where and by which argument the program is moved: the printed point and one hidden point of another size."""
        graph = self.points.problem.graph
        all_pairs = [p for a in self.interface.alternatives for p in slopes.pairs(a, graph.output)]
        found = dict.fromkeys(p.wrt for p in all_pairs)
        hidden = sorted(self.points.hidden, key=lambda p: p.sized is self.points.printed.sized)
        points = [self.points.printed, *hidden[:1]]
        return [(p, w) for p in points for w in found if slopes.can_move(self.interface, p, w)]

    @cached_property
    def _calls(self) -> list[Call]:
        counted = "finite_differences" in self.forbidden
        calls = [self.interface.call(p, counted and n == 1) for n, p in enumerate(self.judged_points)]
        calls += [self.interface.call(p) for p in self._probes]
        return calls + [call for point, wrt in self._moves for call in slopes.moved(self.interface, point, wrt)]

    def _request(self, program: Program, calls: Sequence[Call]) -> Request:
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

    def _all(self, verdict: ItemVerdict, message: str | None, *notes: str | None) -> Marked:
        """One verdict for every item; the notes stand once, behind the message of the whole question."""
        expected = self.expected()
        items = tuple(Evidence(n, verdict, None, expected[n], message) for n in self.items)
        return Marked(items, wording.joined(message, *notes))

    def _refused(self, program: Program, outcome: Outcome, calls: Sequence[CallOutcome]) -> Marked | None:
        """What keeps the values from being looked at: the program as a whole, or one call of it."""
        notes = wording.notes(program, outcome)
        printed = wording.printed(calls, outcome)
        if outcome.state == "syntax" and outcome.syntax is not None:
            return self._all("unreadable", wording.syntax(outcome.syntax))
        if outcome.state == "missing":
            names = " and ".join(outcome.missing)
            return self._all("missing", f"{names} is not defined at the top level of the file.", *notes)
        for n, call in enumerate(calls):
            if call.raised is not None:
                said = wording.raised(call.raised, self.interface, self.judged_points[n])
                return self._all("wrong", said, *notes, printed)
        if outcome.state == "ok" or (outcome.state in STOPPED and len(calls) == len(self.judged_points)):
            return None
        said = wording.sentence(outcome.reason)
        if outcome.state == "not_checked":
            return self._all("not_checked", f"Not checked: {outcome.reason.rstrip('.')}. This costs no points.")
        return self._all("wrong", said, *notes, printed)

    # ---- what is found out beside the values -----------------------------------------------------------------------

    def _measured(
        self, items: Mapping[str, Item], number: int, calls: Sequence[CallOutcome], beside: Sequence[CallOutcome]
    ) -> tuple[dict[str, list[slopes.Slope]], dict[str, str]]:
        """The slopes of each item that is the derivative of another, and which that other one is."""
        beside = beside[len(self._probes) :]
        at = {id(point): call for point, call in zip(self.judged_points, calls, strict=True)}
        found: dict[str, list[slopes.Slope]] = {}
        values = {}
        output = self.points.problem.graph.output
        for pair in slopes.pairs(self.interface.alternatives[number], output):
            start = 0
            for point, wrt in self._moves:
                count = 2 * len(slopes.steps_at(point))
                moved, start = beside[start : start + count], start + count
                if wrt != pair.wrt:
                    continue
                slope = slopes.measured(pair, self.interface, point, items, at[id(point)], moved)
                found.setdefault(pair.item, []).append(slope)
                values[pair.item] = pair.value
        return found, values

    def _numerical(
        self, program: Program, items: Mapping[str, Item], calls: Sequence[CallOutcome], beside: Sequence[CallOutcome]
    ) -> str | None:
        if "finite_differences" not in self.forbidden:
            return None
        alternative = {n: i.quantity for n, i in items.items()}
        found: dict[str, list[Found]] = {}
        for call, point in zip(beside, self._probes, strict=False):
            if call.values is not None:
                for name, item in judged(self.interface, alternative, [call], [point], self.tolerance).items():
                    found.setdefault(name, []).extend(item.found)
        sources = [text for _, text in program.sources]
        base = numerical.base(self.points)
        return numerical.reason(items, calls[1].counts, self.interface.function, sources, base, found)

    def _example(
        self, program: Program, run: Run, items: Mapping[str, Item], number: int, narrow: bool
    ) -> Example | None:
        """The simplest point at which values are wrong, where they are."""
        wrong = [f for i in items.values() if i.comparable and not i.changing for f in i.wrong]
        if not wrong:
            return None

        def judge(points: Sequence[Point]) -> Iterator[dict[str, Found]]:
            outcome = run(self._request(program, [self.interface.call(p) for p in points])) if points else Outcome("ok")
            alternative = self.interface.alternatives[number]
            for call, point in zip(outcome.calls, points, strict=False):
                if call.values is None or not self.points.is_plain(point):
                    yield {}
                else:
                    there = judged(self.interface, alternative, [call], [point], self.tolerance, narrow)
                    yield {n: f for n, i in there.items() for f in i.wrong}

        return smallest(self.points, [f.point.sized for f in wrong], judge)

    # ---- telling --------------------------------------------------------------------------------------------------

    def _told(self, program: Program, outcome: Outcome, calls: Sequence[CallOutcome], found: Findings) -> Marked:
        expected = self._expected(found.number)
        told = tuple(self._evidence(item, found, expected[name]) for name, item in found.items.items())
        fits = all(e.verdict == "correct" for e in told)
        convention = wording.convention(found.number, len(self.interface.alternatives), fits)
        notes = wording.notes(program, outcome)
        return Marked(told, wording.joined(convention, *notes, wording.printed(calls, outcome)))

    def _evidence(self, item: Item, found: Findings, expected: Array) -> Evidence:
        checks = tuple(self._checks(item, found))
        verdict: ItemVerdict = "correct" if item.right else "wrong"
        message = wording.remarks(item) if item.right else self._why_wrong(item, found)
        if not item.right and self.credit and self._of_own_value(item, found):
            verdict = "follow_through"
        if item.right and found.numerical is not None and numerical.DERIVATIVE.search(item.quantity):
            verdict = "wrong"
            message = f"The function differentiates numerically, which is not allowed here: {found.numerical}."
        elif item.right and found.changed and "changed_inputs" in self.forbidden:
            names = ", ".join(found.changed)
            verdict, message = "wrong", f"The function writes to its arguments ({names}), which is not allowed here."
        return Evidence(item.name, verdict, item.at_printed, expected, message, checks)

    def _why_wrong(self, item: Item, found: Findings) -> str | None:
        if item.unusable is not None:
            return wording.returned(item)
        if item.shape is not None:
            return wording.shape_words(item)
        if item.changing:
            return "The same arguments gave another result at another call."
        own = self._of_own_value(item, found)
        said = wording.own_value(item, found.items[found.values[item.name]]) if own else None
        if said is None and item.not_finite:
            said = f"{item.name} has entries that are not finite."
        return wording.joined(said, self._counterexample(item, found))

    def _counterexample(self, item: Item, found: Findings) -> str:
        if found.example is not None and item.name in found.example.wrong:
            return wording.counterexample(self.interface, found.example.wrong[item.name], item.name)
        simplest = min(item.wrong, key=lambda f: (not f.point.printed, f.point.entries))
        return wording.counterexample(self.interface, simplest, item.name)

    def _of_own_value(self, item: Item, found: Findings) -> bool:
        """Whether it is the derivative of what the function itself returns, which is not what was asked for."""
        measured = found.slopes.get(item.name, ())
        value = found.items.get(found.values.get(item.name, ""))
        if value is None or not item.comparable or item.changing or value.right or value.changing:
            return False
        return all(s.passed for s in measured) and any(abs(s.measured) > 1e-9 for s in measured)

    def _checks(self, item: Item, found: Findings) -> Iterator[Check]:
        if item.comparable:
            yield Check("shape", True, "as asked for")
            yield Check("finite", not item.not_finite, "nan or infinity" if item.not_finite else "every entry")
            yield self._value(item)
            difference = slopes.check(found.slopes.get(item.name, ()))
            if difference is not None:
                yield difference
        else:
            yield Check("shape", False, wording.returned(item) if item.unusable else wording.shape_words(item))
        written = f"written to: {', '.join(found.changed)}" if found.changed else "none written to"
        yield Check("inputs unchanged", not found.changed, written)
        yield Check("repeatable", not item.changing, "another result" if item.changing else "the same result again")

    def _value(self, item: Item) -> Check:
        points, wrong = 1 + len(self.points.hidden), len(item.wrong)
        if not wrong:
            return Check("value", True, f"right at all {points} points" if points > 1 else "right")
        printed = any(f.point.printed for f in item.wrong)
        where = "" if printed else ", right at the printed one"
        largest = max(_off(f) for f in item.wrong)
        return Check("value", False, f"wrong at {wrong} of {points} points{where}, off by up to {largest:.2g}")


def _off(found: Found) -> float:
    """The largest difference."""
    with numpy.errstate(all="ignore"):
        return float(numpy.max(numpy.abs(found.answer - found.expected.value), initial=0.0))
