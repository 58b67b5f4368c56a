"""A Python function, or statements that call several."""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator, PrivateAttr, WithJsonSchema
from pydantic_core import PydanticCustomError

from grader.engine import Graph
from grader.questions.kind import Kind
from grader.questions.programs import Interface, Points, Programs
from grader.sandbox import Limits as SandboxLimits
from grader.spec.checking import Checker
from grader.spec.fields import (
    MOST_ENTRIES,
    Formula,
    Name,
    Number,
    QuantityOrQuantities,
    Shape,
    Text,
    describe,
    name_trouble,
    refused,
)
from grader.spec.inputs import INPUT_SCHEMA, Input, read_input
from grader.spec.models import QuestionOptions, Section
from grader.spec.problem import Problem, Question

_UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
MIB = 2**20


def _memory(found: Any) -> int:
    text = found if isinstance(found, str) else getattr(found, "raw", "")
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*([KMG]?i?B)\s*", text, re.IGNORECASE)
    if match is None:
        raise refused(f"an amount of memory was expected, and this is {describe(found)}", "Write 256 MiB, say.")
    size = float(match[1]) * _UNITS[match[2].upper()]
    if not 64 * MIB <= size <= 16 * 1024 * MIB:
        raise refused(f"{text.strip()} is not between 64 MiB and 16 GiB", "Write 256 MiB, say.")
    return int(size)


class Limits(Section):
    """What one call of a Python answer may use."""

    called: ClassVar[str] = "limits"

    seconds: Annotated[Number, Field(gt=0, le=600)] = Field(2.0, description="CPU time of one call")
    memory: Annotated[
        int, PlainValidator(_memory), WithJsonSchema({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*[KMG]?i?B\s*$"})
    ] = Field(256 * MIB, description="memory, as in 256 MiB", json_schema_extra={"default": "256 MiB"})


class Options(QuestionOptions):
    """A `function` question (format.md 1.7). `given_inputs` are the arguments of `given`, read."""

    ask: Literal["function"]
    function: Name | None = Field(None, description="the name of the function that the student defines")
    arguments: tuple[Name, ...] | None = Field(None, description="inputs, constants and given, passed by position")
    returns: QuantityOrQuantities | None = Field(None, description="a quantity, or a mapping: name → quantity")
    any_of: tuple[dict[str, Formula], ...] | None = Field(
        None, description="several `returns`, the first that fits counts"
    )
    call: Text | None = Field(None, description="statements that run in the student's module, instead of `function`")
    requires: tuple[Name, ...] = Field((), description="names that the student's module must define, for `call`")
    given: dict[str, Annotated[Any, WithJsonSchema(INPUT_SCHEMA)]] = Field(
        default_factory=dict, description="arguments that are no input of the graph, written as inputs"
    )
    shapes: tuple[dict[str, Shape], ...] = Field((), description="other sizes for hidden points: name → shape")
    forbid: tuple[Literal["finite_differences", "changed_inputs"], ...] = Field((), description="what is wrong here")
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}), description="of one call")

    _given_inputs: dict[str, Input] = PrivateAttr(default_factory=dict)

    @property
    def given_inputs(self) -> Mapping[str, Input]:
        """The arguments of `given`; known once the options were checked."""
        return self._given_inputs

    def alternatives(self, question: str) -> tuple[dict[str, str], ...]:
        """What the function may return, each a mapping: item → quantity."""
        if self.any_of is not None:
            return self.any_of
        return (self.returns if isinstance(self.returns, dict) else {question: self.returns or ""},)

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """The items of `returns`, or one that is named as the question where it is one quantity."""
        return tuple(self.alternatives(question)[0]) if self.any_of != () else ()

    def check(self, checker: Checker) -> None:
        """Interface, arguments, quantities and sizes fit together."""
        super().check(checker)
        self._check_interface(checker)
        checker = self._with_given(checker)
        for n, name in enumerate(self.arguments or ()):
            checker.name(name, "arguments", n, among=checker.inputs, what="no input, constant or given")
        self._check_returns(checker)
        if self.call is not None:
            self._check_call(checker, self.call)
        self._check_shapes(checker)

    def _check_interface(self, checker: Checker) -> None:
        if self.call is None and self.function is None:
            hint = "Write function: and its name, or call: and statements."
            checker.report("this question does not name the function that is asked for", hint=hint)
        if self.call is not None and self.function is not None:
            checker.report("call stands instead of function", "[key]call", hint="Leave one of the two out.")
        if self.call is not None and self.arguments is not None:
            message = "call says itself what is passed, so there are no arguments"
            checker.report(message, "[key]arguments", hint="Leave them out.")
        if self.call is None and self.function is not None and self.arguments is None:
            hint = "Write arguments: and a list of inputs, [] for none."
            checker.report("what the function is called with is missing", hint=hint)
        if (self.returns is None) == (self.any_of is None):
            if self.returns is None:
                hint = "Write returns: and a quantity, or name: quantity."
                checker.report("what the function returns is missing", hint=hint)
            else:
                checker.report("any_of stands instead of returns", "[key]any_of", hint="Leave one of the two out.")
        names = [("function", self.function)] if self.function is not None else []
        for path, name in [*((("function",), name) for _, name in names), *_numbered("requires", self.requires)]:
            if not name.isidentifier():
                checker.report(f"{name} cannot be the name of a function", *path)

    def _with_given(self, checker: Checker) -> Checker:
        known: dict[str, Input] = {}
        for name, found in self.given.items():
            trouble = name_trouble(name)
            if trouble is None and (name in checker.graph.names or name in checker.functions):
                trouble = f"{name} is a name of the graph already", "Give the argument another name."
            if trouble:
                checker.report(trouble[0], "given", f"[key]{name}", hint=trouble[1])
                continue
            try:
                known[name] = read_input(name, found)
            except PydanticCustomError as error:
                context = error.context or {}
                checker.report(
                    context["message"], "given", name, *context["path"], hint=context["hint"], span=context["span"]
                )
        if sum(math.prod(one.shape) for one in (*checker.inputs.values(), *known.values())) > MOST_ENTRIES:
            checker.report(f"inputs and given together have more than {MOST_ENTRIES:,} entries", "[key]given")
            known = {}
        self._given_inputs.update(known)
        return checker.with_given(known) if known else checker

    def _check_returns(self, checker: Checker) -> None:
        if isinstance(self.returns, str):
            checker.number(self.returns, "returns")
            if self.call is not None:
                hint = "Write returns: {name: quantity}, with variables that call leaves behind."
                checker.report("with call, each quantity needs the name of a variable", "returns", hint=hint)
            return
        for path, returns in self._mappings():
            for name, text in returns.items():
                checker.number(text, *path, name)
                if not name.isidentifier():
                    checker.report(f"{name} cannot be the name of what a function returns", *path, f"[key]{name}")
            if not returns:
                checker.report("nothing is returned", *path, hint="Write name: quantity.")
            if list(returns) != list(self.alternatives("")[0]):
                names = ", ".join(self.alternatives("")[0])
                checker.report("all of any_of return the same names", *path, hint=f"The first returns {names}.")
        if self.any_of is not None and not self.any_of:
            checker.report("nothing is returned", "any_of", hint="Write a list of mappings, name: quantity.")

    def _mappings(self) -> Iterator[tuple[tuple[str | int, ...], dict[str, str]]]:
        if isinstance(self.returns, dict):
            yield ("returns",), self.returns
        for n, returns in enumerate(self.any_of or ()):
            yield ("any_of", n), returns

    def _check_call(self, checker: Checker, call: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(call)
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            line = f" (line {error.lineno} of it)" if isinstance(error, SyntaxError) and error.lineno else ""
            checker.report(f"call cannot be read as Python{line}", "call", hint="Write statements, one on each line.")
            return
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        checker.read.update(node.id for node in names)
        left = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        for path, returns in self._mappings():
            for name in returns:
                if name not in left:
                    known = ", ".join(sorted(left)) or "nothing"
                    message = f"call leaves no variable {name} behind"
                    checker.report(message, *path, f"[key]{name}", hint=f"It leaves {known}.")

    def _check_shapes(self, checker: Checker) -> None:
        for n, shapes in enumerate(self.shapes):
            good = {}
            for name, shape in shapes.items():
                path = ("shapes", n, f"[key]{name}")
                if not checker.name(name, *path, among=checker.inputs, what="no input, constant or given"):
                    continue
                one = checker.inputs[name]
                if one.fixed and shape != one.shape:
                    hint = f"Write {name} with a draw, as in {{value: …, draw: normal}}."
                    checker.report(f"{name} is a constant without a draw, so its size stays", *path, hint=hint)
                elif one.classes is not None and len(shape) > 1:
                    checker.report("labels are one, or a list: at most one axis", "shapes", n, name)
                else:
                    good[name] = shape
            if len(good) == len(shapes):
                checker.sizes_fit(good, "shapes", n)


def _numbered(option: str, names: tuple[str, ...]) -> list[tuple[tuple[str | int, ...], str]]:
    return [((option, n), name) for n, name in enumerate(names)]


def prepare(problem: Problem, question: Question) -> Programs:
    """Work out the points and what is expected at them, for every convention that counts."""
    options = question.options
    assert isinstance(options, Options)  # noqa: S101
    alternatives = options.alternatives(question.name)
    interface = Interface(
        options.function or "",
        options.arguments or (),
        options.call or "",
        options.requires,
        alternatives,
        tuple(alternatives[0]),
        options.any_of is None and not isinstance(options.returns, dict),
    )
    quantities = list(dict.fromkeys(q for a in alternatives for q in a.values()))
    points = Points(problem, question, quantities, list(options.shapes))
    return Programs(question, interface, points, SandboxLimits(options.limits.seconds, options.limits.memory))


KIND = Kind("function", Options, prepare)
