"""What a problem file may hold, as pydantic models: which keys there are, of which types, with which defaults.

They give the JSON Schema too. What needs the graph is looked at in `checking` and `load`; what a file becomes is in
`problem`; the options of one kind of question are in `questions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, Tag, WithJsonSchema

from grader.engine import Graph
from grader.errors import did_you_mean
from grader.spec.fields import (
    ByForm,
    Flag,
    Formula,
    Fraction,
    Name,
    Points,
    Text,
    Whole,
    describe,
    refused,
)
from grader.spec.inputs import INPUT_SCHEMA

if TYPE_CHECKING:
    from grader.spec.checking import Checker

Layout = Literal["denominator", "numerator", "either"]


@dataclass(frozen=True, slots=True)
class Digits:
    """Right to within half a unit of that significant digit (format.md 1.5)."""

    digits: int


@dataclass(frozen=True, slots=True)
class Relative:
    """|answer − expected| ≤ absolute + relative · |expected|, entry by entry."""

    relative: float
    absolute: float


Tolerance = Digits | Relative


def _tolerance(found: Any) -> Tolerance:
    hint = "Write {digits: 3}, or {relative: 1e-6, absolute: 0}."
    if not isinstance(found, dict) or not found:
        raise refused(f"a tolerance was expected, and this is {describe(found)}", hint)
    for key in found:
        if key not in ("digits", "relative", "absolute"):
            near = did_you_mean(key, ("digits", "relative", "absolute"))
            raise refused(f"a tolerance has no key {key}", f"{hint} {near}".strip(), (f"[key]{key}",))
    if "digits" in found:
        digits = found["digits"]
        if len(found) > 1:
            raise refused("a tolerance is given by digits or by relative and absolute, not by both", hint)
        if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 15:
            message = f"digits is a whole number from 1 to 15, and this is {describe(digits)}"
            raise refused(message, hint, ("digits",))
        return Digits(int(digits))
    for key, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise refused(f"{key} is a number from 0, and this is {describe(value)}", hint, (key,))
    return Relative(float(found.get("relative", 0.0)), float(found.get("absolute", 0.0)))


_FROM_ZERO = {"type": "number", "minimum": 0}
ToleranceField = Annotated[
    Digits | Relative,
    PlainValidator(_tolerance),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                "digits": {"type": "integer", "minimum": 1, "maximum": 15, "description": "significant digits"},
                "relative": {**_FROM_ZERO, "description": "times the modulus of the expected entry"},
                "absolute": _FROM_ZERO,
            },
            "minProperties": 1,
            "additionalProperties": False,
        }
    ),
]


class Section(BaseModel):
    """A mapping of a file with known keys. `called` is what messages call it."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    called: ClassVar[str] = "this"


class QuestionOptions(Section):
    """The keys that every kind of question has (format.md 1.6); each kind adds its own."""

    called: ClassVar[str] = "a question"

    ask: Name = Field(description="the kind of question")
    title: Text | None = Field(None, description="a heading; without it the question's name")
    points: Points = Field(1.0, description="what the question counts")
    prompt: Text | None = Field(None, description="what is asked, in Markdown; without it written from the question")
    of: Formula | None = Field(None, description="a quantity or a name; without it the output")
    tolerance: ToleranceField | None = Field(None, description="how near is near enough; without it the problem's")
    layout: Layout | None = Field(None, description="how gradients are laid out; without it the problem's")
    hints: tuple[Text, ...] = Field((), description="hints in Markdown, in the order they are given")
    feedback: Literal["full", "verdict", "none"] = Field("full", description="what students see before release")
    partial: Literal["items", "none"] = Field("items", description="points by items, or all or nothing")
    follow_through: Fraction = Field(
        0.0, description="credit for an item that is right given the student's earlier ones"
    )
    depends_on: Name | None = Field(None, description="a question whose answers are followed from too")
    subgradient: Literal["zero", "left", "right"] | None = Field(None, description="the derivative at a kink")
    draws: Annotated[Whole, Field(ge=1, le=1000)] = Field(5, description="hidden points, beside the printed one")

    def check(self, checker: Checker) -> None:
        """Report what does not fit the graph: unknown names, quantities that cannot be read."""
        if self.of is not None:
            checker.quantity(self.of, "of")

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """The names of the items that an answer is marked in; None where any name may come up."""
        return (question,)


class PatternSection(Section):
    """A pattern of nodes: one formula for a range of numbers."""

    called: ClassVar[str] = "a pattern of nodes"

    for_: Text = Field(alias="for", description="the numbers, as in `n in 2..4`, both ends included")
    formula: Formula = Field(description="with {n}, {n-1} or {n+1} where the number belongs")


FormulaOrPattern = Annotated[Annotated[Formula, Tag("<text>")] | Annotated[PatternSection, Tag("<mapping>")], ByForm]


class GraphSection(Section):
    """`graph` of a problem."""

    called: ClassVar[str] = "the graph"

    inputs: dict[str, Annotated[Any, WithJsonSchema(INPUT_SCHEMA)]] = Field(description="name: value")
    constants: dict[str, Annotated[Any, WithJsonSchema(INPUT_SCHEMA)]] = Field(
        default_factory=dict, description="as inputs; data that no derivative is asked for"
    )
    functions: dict[str, Formula] = Field(
        default_factory=dict, description="local functions: a known one, `z -> formula`, or any"
    )
    nodes: dict[str, FormulaOrPattern] = Field(description="name: formula, in any order")
    output: Name | None = Field(None, description="the output; without it the one node that nothing reads")


class ExampleSection(Section):
    """An answer whose verdicts the author knows."""

    called: ClassVar[str] = "an example"

    name: Text = ""
    answers: dict[str, Any] | None = Field(None, description="as in an answer file: question → answer")
    python: Text | None = Field(None, description="a Python answer")
    expect: dict[str, Any] = Field(
        default_factory=dict, description="question → verdict, or items → verdicts with `verdict` and `misconception`"
    )


def _format(found: Any) -> int:
    if isinstance(found, int) and not isinstance(found, bool) and found == 1:
        return 1
    message = f"this file is of format {found}" if isinstance(found, int | float) else f"this is {describe(found)}"
    raise refused(f"{message}, and this version of grader reads format 1", "Write format: 1.")


class ProblemFile(Section):
    """A problem: a graph, and questions about it."""

    called: ClassVar[str] = "a problem"

    format: Annotated[int, BeforeValidator(_format), WithJsonSchema({"const": 1})] = Field(
        1, description="the format of this file"
    )
    id: Name | None = Field(None, description="letters, digits, - and _; without it the file's name")
    title: Text | None = Field(None, description="a heading; without it the id")
    source: Text | None = Field(None, description="where the problem comes from")
    statement: Text | None = Field(None, description="Markdown; $…$ and $$…$$ are LaTeX maths")
    layout: Layout = Field("denominator", description="how gradients are laid out")
    tolerance: ToleranceField = Field(Digits(3), description="how near a typed number has to be")
    symbols: dict[str, Text] = Field(default_factory=dict, description="name → LaTeX, how it is printed")
    graph: GraphSection = Field(description="inputs, nodes with their formulas, local functions")
    questions: dict[str, Any] = Field(description="name → question")
    examples: tuple[ExampleSection, ...] = Field((), description="answers whose verdicts the author knows")


class AssignmentFile(Section):
    """`assignment.yaml` in a folder of problems."""

    called: ClassVar[str] = "an assignment"

    title: Text | None = Field(None, description="a heading; without it the folder's name")
    problems: tuple[Name, ...] | None = Field(None, description="ids in order; without it all, by file name")
    weights: dict[str, Points] = Field(default_factory=dict, description="id → factor on the problem's points")
    release: Flag = Field(False, description="whether students see what `feedback` hides")
