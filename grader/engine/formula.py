"""From the text of a formula to a graph: a whitelist over Python's own syntax tree, and nothing is evaluated.

Knows the grammar and the functions of formulas (format.md 1.2); quantities such as grad are given by the scope.
Errors carry columns of the text and say what to write instead; length, depth and size are bounded.
"""

from __future__ import annotations

import ast
import difflib
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from keyword import iskeyword
from typing import Any

from grader.engine import rules
from grader.engine.compile import compile_nodes
from grader.engine.node import Node, Shape, ShapeError, apply, constant, is_constant, leaf, topological
from grader.engine.rules import reshaped, transposed
from grader.engine.shapes import describe
from grader.engine.transform import forward, substitute

LONGEST = 4000
DEEPEST = 60
MOST_PARTS = 3000
LARGEST = 1_000_000
MOST_ENTRIES = 5 * LARGEST
MOST_OPERATIONS = 5_000
MOST_PRIMES = 4
PRIME = "ʹ"
"""Stands for the ' of a derivative g'(z) inside Python's syntax: a letter, so that columns stay as they are."""


class FormulaError(Exception):
    """A formula that cannot be read: `start` and `end` are 0-based offsets into its text, `hint` what to write."""

    def __init__(self, message: str, start: int = 0, end: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = max(end, start + 1)
        self.hint = hint


class UnknownName(FormulaError):
    """A name that nobody has defined."""


class Unfit(FormulaError):
    """Known names whose shapes or kinds do not fit together."""


@dataclass(frozen=True)
class Scope:
    """What a formula may use: nodes by name, functions by name, labels with their number of classes, quantities.

    `functions[g]` maps a node to a node; `quantities[q]` is called with the reader and the syntax tree of the call.
    """

    names: Mapping[str, Node] = field(default_factory=dict)
    functions: Mapping[str, Callable[[Node], Node]] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    quantities: Mapping[str, Callable[[Reader, ast.Call], Node]] = field(default_factory=dict)


def read_formula(text: str, scope: Scope, caret_is_power: bool = False, parsed: Parsed | None = None) -> Node:
    """The graph of a formula. Raises FormulaError; UnknownName and Unfit are told apart for answers.

    `parsed` is what `parse` makes of the text, where somebody has done that already.
    """
    simple = _of_one_number(text, scope)
    if simple is not None:
        return simple
    tree, offsets = parsed or parse(text, caret_is_power)
    try:
        return Reader(text, scope, offsets).read(tree)
    except RecursionError:
        raise FormulaError("this formula is nested too deep", 0, len(text)) from None


def read_constant(text: str) -> float:
    """The value of a constant formula such as 3/4, sqrt(2) or exp(-1); nan or inf where it has no other.

    Raises FormulaError for anything that is not one number.
    """
    node = read_formula(text, Scope(), caret_is_power=True)
    if node.shape != ():
        raise Unfit("a number is needed, and this is an array", 0, len(text))
    return float(compile_nodes([node], [])()[0])


def _of_one_number(text: str, scope: Scope) -> Node | None:
    """A known function of a named number needs no syntax tree; long graphs of numbers have little else."""
    call = ONE_CALL.fullmatch(text)
    if call is None or call[1] not in UNARY_FUNCTIONS or call[1] == "square":
        return None
    x = scope.names.get(call[2])
    return apply(call[1], x) if x is not None and not x.shape else None


def names_read(text: str) -> tuple[str, ...]:
    """All names in a formula that are not called, in order of appearance, each once. Raises FormulaError."""
    return names_in(parse(text)[0])


def names_in(tree: ast.expr) -> tuple[str, ...]:
    """The same of a syntax tree."""
    found: list[ast.Name] = []
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            passed.update((id(node.func), *(id(k.value) for k in node.keywords)))
        elif isinstance(node, ast.Name) and id(node) not in passed:
            found.append(node)
    found.sort(key=lambda n: n.col_offset)
    return tuple(dict.fromkeys(n.id for n in found if n.id != "pi"))


# ---- syntax -------------------------------------------------------------------------------------------------------


Parsed = tuple[ast.expr, Sequence[int]]
ONE_CALL = re.compile(r"([A-Za-z]\w*+)\(([A-Za-z]\w*+)\)", re.ASCII)


def parse(text: str, caret_is_power: bool = False) -> Parsed:
    """Python's syntax tree of a formula, and for each character of what was parsed its offset in `text`."""
    if len(text) > LONGEST:
        raise FormulaError(f"this formula has {len(text)} characters; at most {LONGEST} are read", 0, 1)
    if not text.strip():
        raise FormulaError("there is no formula here", 0, max(len(text), 1), "Write one, as in 2 * x.")
    _check_brackets(text)
    source, offsets = _as_python(text, caret_is_power)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        place = error.offset - 1 if error.offset else len(source)
        raise _explained(text, offsets[min(max(place, 0), len(offsets) - 1)]) from None
    except (MemoryError, RecursionError, ValueError):
        raise FormulaError("this formula cannot be read", 0, len(text), "Write it in a simpler way.") from None
    if 3 * len(text) > MOST_PARTS and sum(1 for _ in ast.walk(tree)) > MOST_PARTS:
        raise FormulaError(f"this formula has more than {MOST_PARTS} parts", 0, len(text))
    return tree, offsets


def _check_brackets(text: str) -> None:
    open_at: list[tuple[str, int]] = []
    pairs = {")": "(", "]": "["}
    for i, c in enumerate(text):
        if c in "([":
            open_at.append((c, i))
            if len(open_at) > DEEPEST:
                raise FormulaError(f"brackets are nested more than {DEEPEST} deep", i, i + 1)
        elif c in pairs and (not open_at or open_at.pop()[0] != pairs[c]):
            raise FormulaError(f"this {c} closes nothing", i, i + 1, f"Leave it out, or open it with {pairs[c]}.")
        elif c in "{}\"\\`$;?&|~%#\0":
            shown = c if c.isprintable() else repr(c)
            raise FormulaError(f"{shown} has no meaning in a formula", i, i + 1, _instead_of(c))
    if open_at:
        c, i = open_at[-1]
        raise FormulaError(f"this {c} is not closed", i, i + 1, f"Write {')' if c == '(' else ']'} where it ends.")


def _instead_of(c: str) -> str:
    return {
        "\\": "Write it as a formula, not as LaTeX: u1 * u2, exp(x), (a + b) / c.",
        "$": "Write it as a formula, not as LaTeX: u1 * u2, exp(x), (a + b) / c.",
        "{": "Round brackets group: (a + b) * c.",
        "}": "Round brackets group: (a + b) * c.",
        "|": "Write abs(x) for the modulus, norm(x) for the norm.",
        "%": "Write 0.05 for 5 %.",
    }.get(c, "")


LOOK_ALIKES = {"−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "∗": "*", "\n": " ", "\r": " ", "\t": " ", "\xa0": " "}


def _as_python(text: str, caret_is_power: bool) -> tuple[str, Sequence[int]]:
    if _PLAIN.fullmatch(text):
        start = len(text) - len(text.lstrip())
        return text[start:], range(start, len(text) + 1)
    out: list[str] = []
    offsets: list[int] = []
    primes = {i for found in _DERIVED.finditer(text) for i in range(*found.span(1))}
    for i, c in enumerate(text):
        c = LOOK_ALIKES.get(c, c)
        if c == " " and not out:
            continue
        if c in "'’′":
            if i not in primes:
                raise _no_transpose(text, i)
            c = PRIME
        elif c == PRIME:
            raise FormulaError(f"{c} has no meaning in a formula", i, i + 1)
        elif c == "^":
            if not caret_is_power:
                raise FormulaError("^ is not a power here", i, i + 1, "Write **, as in x ** 2.")
            c = "**"
        out.append(c)
        offsets += [i] * len(c)
    return "".join(out), [*offsets, len(text)]


# Possessive quantifiers keep these linear, whatever is typed.
_PLAIN = re.compile(r"[A-Za-z0-9_ .,:+*/@()<>=\[\]-]*+")
_DERIVED = re.compile(r"(?<!\w)[A-Za-z_]\w*+(['’′]++)(?=\()")
_TOKEN = re.compile(r"(\d++\.?+\d*+(?:[eE][-+]?+\d++)?+|\.\d++)|([^\W\d]\w*+['’′]*+)|\s++|(\*\*|<=|>=|==|.)", re.DOTALL)


def _no_transpose(text: str, i: int) -> FormulaError:
    before = re.split(r"\W", text[:i])[-1]
    hint = f"Write .T, as in {before or '(…)'}.T; g'(z) is a derivative."
    return FormulaError("' is no transpose here", i, i + 1, hint)


def _explained(text: str, at: int) -> FormulaError:
    """What is wrong at the place where Python's parser gave up."""
    comma = re.search(r"(?<![\w.])(\d++),(\d++)", text)
    if comma and not re.search(r"[(\[]", text[: comma.start()]):
        return _decimal_comma(comma)
    pairs = _side_by_side(text)
    if pairs:
        start, end = pairs[0]
        starred, last = "", 0
        for left, right in pairs:
            starred, last = f"{starred}{text[last:left]} * ", right
        hint = "write * between the factors" + (f": {starred}{text[last:]}" if text.isprintable() else "")
        return FormulaError("two factors stand side by side", start, end + 1, hint)
    end = len(text.rstrip())
    if at >= end:
        return FormulaError("the formula stops here, and something is missing", end - 1, end)
    shown = text[at] if text[at].isprintable() else repr(text[at])
    return FormulaError(f"{shown} does not fit here", at, at + 1, "A formula looks like 2 * x * (y + 1).")


def _side_by_side(text: str) -> list[tuple[int, int]]:
    """Where a factor ends and the next begins without an operator between them."""
    found: list[tuple[int, int]] = []
    end, open_end, is_name = 0, False, False
    for token in _TOKEN.finditer(text):
        number, name, other = token.groups()
        if number is None and name is None and other is None:
            continue
        word = name is not None and not iskeyword(name)
        starts = word or (number is not None and not number.startswith(".")) or (other == "(" and not is_name)
        if open_end and starts:
            found.append((end, token.start()))
        end, open_end, is_name = token.end(), word or number is not None or other in (")", "]"), word
    return found


def _decimal_comma(found: re.Match[str]) -> FormulaError:
    return FormulaError(
        f"a number was expected, and this is two: {found.group(1)} and {found.group(2)}",
        found.start(),
        found.end(),
        f"Write {found.group(1)}.{found.group(2)}.",
    )


# ---- reading ------------------------------------------------------------------------------------------------------

BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.MatMult: "matmul"}
SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "matmul": "@"}
COMPARE = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq"}
UNARY_FUNCTIONS = tuple(
    "exp log log1p sqrt square abs sign sin cos tan sinh cosh tanh arcsin arccos arctan"  # noqa: SIM905
    " sigmoid relu softplus gelu erf".split()
)


class Reader:
    """Reads one formula; quantities of the scope are handed this reader, to read their own arguments."""

    def __init__(self, text: str, scope: Scope, offsets: Sequence[int]) -> None:
        self.text = text
        self.scope = scope
        self.offsets = offsets
        self.depth = 0
        self.entries = 0
        self.operations = 0

    def read(self, tree: ast.expr) -> Node:
        """The graph of a part of the formula."""
        self.depth += 1
        if self.depth > 2 * DEEPEST:
            raise self.error(tree, "this formula is nested too deep")
        try:
            node = self._read(tree)
        except ShapeError as error:
            raise self.error(tree, str(error), kind=Unfit) from None
        self.depth -= 1
        self.entries += node.size
        if node.size > LARGEST:
            raise self.error(tree, f"this has {node.size} entries; at most {LARGEST} are worked with")
        if self.entries > MOST_ENTRIES:
            raise self.error(tree, f"all that is worked out here has more than {MOST_ENTRIES} entries")
        return node

    def _read(self, tree: ast.expr) -> Node:
        match tree:
            case ast.Constant():
                return self._number(tree)
            case ast.Name():
                return self._name(tree)
            case ast.BinOp():
                return self._binary(tree)
            case ast.UnaryOp(op=ast.USub()):
                return -self.read(tree.operand)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.read(tree.operand)
            case ast.Attribute(attr="T"):
                return _with_axes(self.read(tree.value), ())
            case ast.Subscript():
                return self._index(tree)
            case ast.Call():
                return self._call(tree)
            case ast.Compare():
                raise self.error(tree, "a comparison stands only as the first argument of where(c, a, b)")
            case ast.Tuple() | ast.List():
                comma = re.search(r"(?<![\w.])(\d+),(\d+)", self.source(tree))
                if comma and not re.search(r"[(\[]", self.source(tree)[: comma.start()]):
                    error = _decimal_comma(comma)
                    raise self.error(tree, error.message, error.hint)
                raise self.error(tree, "a formula is one expression, and this is a list")
            case ast.BinOp() | ast.UnaryOp() | ast.Attribute():
                raise self.error(tree, f"{self.source(tree)} is no part of a formula")
        raise self.error(tree, f"{self.source(tree)} is no part of a formula", "Use + - * / ** @ .T and calls.")

    def _number(self, tree: ast.Constant) -> Node:
        value, source = tree.value, self.source(tree)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(tree, f"{source} is no number")
        if re.search(r"[_xXoObB]", source):
            raise self.error(tree, f"{source} is no decimal number", "Write numbers with digits, a point and e.")
        try:
            return constant(float(value))
        except OverflowError:
            return constant(math.inf)

    def _name(self, tree: ast.Name) -> Node:
        if tree.id in self.scope.names:
            return self.scope.names[tree.id]
        if tree.id == "pi":
            return constant(math.pi)
        if tree.id in FUNCTIONS or tree.id in self.scope.functions or tree.id in self.scope.quantities:
            raise self.error(tree, f"{tree.id} is a function", f"Write what it is applied to: {tree.id}(…).")
        raise self.unknown(tree, tree.id)

    def unknown(self, tree: ast.AST, name: str) -> FormulaError:
        """The error for a name that nobody has defined, with what is known here."""
        known = list(self.scope.names)
        if not known:
            return self.error(tree, f"{name} is not known here: a constant has no names", kind=UnknownName)
        near = difflib.get_close_matches(name, known, 1)
        hint = f"Known here: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}."
        hint += f" Did you mean {near[0]}?" if near else ""
        return self.error(tree, f"{name} is no node and no input", hint, kind=UnknownName)

    def _binary(self, tree: ast.BinOp) -> Node:
        chain = [tree]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        node = self.read(chain[-1].left)
        for link in reversed(chain):
            node = self._operation(link, node, self.read(link.right))
        return node

    def _operation(self, tree: ast.BinOp, a: Node, b: Node) -> Node:
        name = BINARY.get(type(tree.op))
        if name is None:
            hint = "Write ** for a power." if isinstance(tree.op, ast.BitXor) else "Use + - * / ** @."
            raise self.error(tree, f"{self.source(tree)} has an operator that formulas do not have", hint)
        if name == "pow" and is_constant(b, 2.0):
            return _square(a)
        try:
            return apply(name, a, b)
        except ShapeError as error:
            raise self._does_not_fit(tree, name, a, b, str(error)) from None

    def _does_not_fit(self, tree: ast.BinOp, name: str, a: Node, b: Node, why: str) -> FormulaError:
        left, right = self.source(tree.left), self.source(tree.right)
        message = f"{left} {SIGNS[name]} {right} does not fit: {_is(left, a.shape)}, {_is(right, b.shape)}"
        hint = why[:1].upper() + why[1:] + "."
        hint = hint.format(left, right) if "{0}" in hint else hint
        if name == "matmul":
            hint += _transposed_instead(left, right, a, b)
        return self.error(tree, message, hint, kind=Unfit)

    def _index(self, tree: ast.Subscript) -> Node:
        value = self.read(tree.value)
        parts = list(tree.slice.elts) if isinstance(tree.slice, ast.Tuple) else [tree.slice]
        if not parts:
            raise self.error(tree, "an index is missing", "As in x[0] or X[:, 1].")
        if len(parts) == 1 and isinstance(parts[0], ast.Name) and parts[0].id in self.scope.classes:
            return self._pick(tree, value, parts[0])
        try:
            for at, part in enumerate(parts):
                if isinstance(part, ast.Name) and part.id in self.scope.classes:
                    value = self._picked_along(tree, value, part, sum(not _is_new_axis(p) for p in parts[:at]))
                    parts[at] = ast.copy_location(ast.Constant(0), part)
            return apply("index", value, key=tuple(self._key(p) for p in parts))
        except ShapeError as error:
            name = self.source(tree.value)
            raise self.error(tree, f"{name} is {describe(value.shape)}: {error}", kind=Unfit) from None

    def _pick(self, tree: ast.Subscript, value: Node, label: ast.Name) -> Node:
        return apply("pick", value, self.label(label, tree.value, value))

    def label(self, tree: ast.expr, scored: ast.expr, scores: Node) -> Node:
        """A label input that picks from an array with an entry, or a column, for each class."""
        if not isinstance(tree, ast.Name) or tree.id not in self.scope.classes:
            raise self.error(tree, f"a label input is needed here, and this is {self.source(tree)}", kind=Unfit)
        classes = self.scope.classes[tree.id]
        if scores.shape and scores.shape[-1] != classes:
            what = f"{self.source(scored)} has {scores.shape[-1]} of them"
            raise self.error(tree, f"{tree.id} is one of {classes} classes, and {what}", kind=Unfit)
        return self.read(tree)

    def _picked_along(self, tree: ast.Subscript, value: Node, label: ast.Name, axis: int) -> Node:
        """The slice of an array that a single label picks along an axis, which stays there with one entry."""
        node = self.read(label)
        classes = self.scope.classes[label.id]
        if node.shape != () or axis >= len(value.shape) or value.shape[axis] != classes:
            message = f"{label.id} picks one of {classes} along that axis, and this is {describe(value.shape)}"
            raise self.error(tree, message, kind=Unfit)
        hot = reshaped(apply("onehot", node, classes=classes), (classes, *(1 for _ in value.shape[axis + 1 :])))
        return apply("sum", value * hot, axis=(axis - len(value.shape),), keepdims=True)

    def _key(self, part: ast.expr) -> Any:
        if isinstance(part, ast.Slice):
            ends = [None if e is None else self.integer(e) for e in (part.lower, part.upper, part.step)]
            if ends[2] == 0:
                raise self.error(part, "a step of 0 leads nowhere")
            return slice(*ends)
        if isinstance(part, ast.Constant) and part.value is None:
            return None
        return self.integer(part)

    def integer(self, tree: ast.expr) -> int:
        """A whole number that is known while reading: of digits, size(x), rows(X) and columns(X), as in size(x) - 1."""
        node = self.read(tree)
        if node.shape != () or any(n.op.name == "leaf" for n in topological([node])):
            raise self.error(tree, f"a whole number is needed here, and this is {self.source(tree)}")
        value = float(compile_nodes([node], [])()[0])
        if not value.is_integer():
            raise self.error(tree, f"a whole number is needed here, and {self.source(tree)} is {value:g}")
        return int(value)

    def _call(self, tree: ast.Call) -> Node:
        if not isinstance(tree.func, ast.Name):
            raise self.error(tree, f"{self.source(tree.func)} is no function", self._star_hint(tree))
        name = tree.func.id
        if name in self.scope.quantities:
            return self.scope.quantities[name](self, tree)
        if name in self.scope.functions or name.rstrip(PRIME) in self.scope.functions:
            return self._own_function(tree, name)
        if name.endswith(PRIME):
            return self._derived(tree, name)
        if name in FUNCTIONS:
            return self._function(tree, name)
        if name in self.scope.names:
            raise self.error(tree, f"{name} is no function", self._star_hint(tree), kind=FormulaError)
        near = difflib.get_close_matches(name, [*FUNCTIONS, *self.scope.functions, *self.scope.quantities], 1)
        hint = f"Did you mean {near[0]}?" if near else ""
        raise self.error(tree.func, f"{name} is no function that is known here", hint, kind=UnknownName)

    def _star_hint(self, tree: ast.Call) -> str:
        start, end = self.span(tree)
        opening = self.text.index("(", self.span(tree.func)[1])
        return f"write * between the factors: {self.text[start:opening].rstrip()} * {self.text[opening:end]}"

    def _own_function(self, tree: ast.Call, name: str) -> Node:
        self.check_count(tree, 1, 1)
        return self._applied(tree, self.scope.functions[name.rstrip(PRIME)], len(name) - len(name.rstrip(PRIME)))

    def _applied(self, tree: ast.Call, function: Callable[[Node], Node], primes: int) -> Node:
        if primes > MOST_PRIMES:
            raise self.error(tree.func, f"at most {MOST_PRIMES} derivatives of a function are taken")
        x = self.read(tree.args[0])
        node = differentiated(function, primes)(x)
        self.operations += len(topological([node], {x}))
        if self.operations > MOST_OPERATIONS:
            raise self.error(tree, f"this formula comes to more than {MOST_OPERATIONS} operations")
        return node

    def _derived(self, tree: ast.Call, name: str) -> Node:
        plain = name.rstrip(PRIME)
        if plain not in UNARY_FUNCTIONS:
            raise self.error(tree.func, f"{plain} is no function of one number that has a derivative {plain}'")
        self.check_count(tree, 1, 1)
        return self._applied(tree, lambda x: apply(plain, x), len(name) - len(plain))

    def check_count(self, tree: ast.Call, least: int, most: int) -> None:
        """Refuse a call with another number of arguments, starred ones, or keywords not known."""
        if any(isinstance(a, ast.Starred) for a in tree.args) or any(k.arg is None for k in tree.keywords):
            raise self.error(tree, "* and ** do not unpack anything here")
        if not least <= len(tree.args) <= most:
            count = str(least) if least == most else f"{least} to {most}" if most < 50 else f"at least {least}"
            wanted = f"{self.source(tree.func)} takes {count} argument{'s' * (count != '1')}"
            raise self.error(tree, f"{wanted}, and this has {len(tree.args)}")

    def _function(self, tree: ast.Call, name: str) -> Node:
        spec = FUNCTIONS[name]
        self.check_count(tree, spec.least, spec.most)
        for keyword in tree.keywords:
            if keyword.arg not in spec.keywords:
                allowed = f"It takes {' and '.join(spec.keywords)}." if spec.keywords else "It takes none."
                raise self.error(keyword, f"{name} has no option {keyword.arg}", allowed)
        try:
            return spec.build(self, tree, {k.arg: k.value for k in tree.keywords})
        except ShapeError as error:
            why = str(error).format(*(self.source(a) for a in tree.args)) if "{0}" in str(error) else str(error)
            raise self.error(tree, f"{self.source(tree)} does not fit: {why}", kind=Unfit) from None

    def condition(self, tree: ast.expr) -> Node:
        """The one comparison that where(c, a, b) takes."""
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in COMPARE:
            raise self.error(tree, "where(c, a, b) needs one comparison first", "As in where(x > 0, x, 0.1 * x).")
        return apply(COMPARE[type(tree.ops[0])], self.read(tree.left), self.read(tree.comparators[0]))

    def axes(self, options: Mapping[str, ast.expr], x: Node, default: tuple[int, ...]) -> tuple[int, ...]:
        """The option `axis` as axes counted from the end."""
        if "axis" not in options:
            return default
        tree = options["axis"]
        parts = tree.elts if isinstance(tree, ast.Tuple) else [tree]
        ndim = len(x.shape)
        found = []
        for part in parts:
            axis = self.integer(part)
            if not -ndim <= axis < ndim:
                raise self.error(part, f"there is no axis {axis}: this is {describe(x.shape)}", kind=Unfit)
            found.append(axis % ndim - ndim)
        if len(set(found)) < len(found):
            raise self.error(tree, "an axis is named twice")
        return tuple(sorted(found))

    def flag(self, options: Mapping[str, ast.expr], name: str) -> bool:
        """A true-or-false option."""
        tree = options.get(name)
        if tree is None:
            return False
        word = self.source(tree).lower()
        if word not in ("true", "false"):
            raise self.error(tree, f"{name} is true or false, and this is {self.source(tree)}")
        return word == "true"

    def source(self, tree: ast.AST) -> str:
        """The text of a part, as it was written."""
        start, end = self.span(tree)
        return self.text[start:end]

    def span(self, tree: ast.AST) -> tuple[int, int]:
        """The 0-based offsets of a part in the text."""
        start = getattr(tree, "col_offset", None)
        end = getattr(tree, "end_col_offset", None)
        if start is None or end is None:
            return 0, len(self.text)
        return self._offset(start), self._offset(end - 1) + 1 if end > start else self._offset(start) + 1

    def _offset(self, byte: int) -> int:
        if isinstance(self.offsets, range):
            return self.offsets[min(byte, len(self.offsets) - 1)]
        for offset in self.offsets[:-1]:
            c = self.text[offset]
            byte -= len(PRIME.encode()) if c in "'’′" else 1 if c in LOOK_ALIKES or c == "^" else len(c.encode())
            if byte < 0:
                return offset
        return self.offsets[-1]

    def error(
        self, tree: ast.AST, message: str, hint: str = "", kind: type[FormulaError] = FormulaError
    ) -> FormulaError:
        """An error at a part of the formula."""
        return kind(message, *self.span(tree), hint)


def _is_new_axis(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.value is None


def differentiated(function: Callable[[Node], Node], times: int) -> Callable[[Node], Node]:
    """The elementwise derivative of an elementwise function, `times` times."""
    for _ in range(times):
        function = partial(_slope_at, function)
    return function


def _slope_at(function: Callable[[Node], Node], x: Node) -> Node:
    own = leaf("z", x.shape)
    if not _entry_by_entry(function(own), own):
        raise ShapeError("only a function that works entry by entry has a derivative that ' can stand for")
    slope = forward(function(own), {own: rules.ones(x.shape)})
    return substitute([slope], {own: x})[0]


def _square(x: Node) -> Node:
    """x², and for a norm the sum of squares, which is smooth also where the norm is not."""
    return rules.total(apply("square", x.args[0])) if x.op.name == "norm" else apply("square", x)


def _entry_by_entry(output: Node, own: Node) -> bool:
    reached = {own}
    for node in topological([output]):
        if any(a in reached for a in node.args):
            if not (node.op.elementwise or node.op.name == "named"):
                return False
            reached.add(node)
    return True


def _is(source: str, shape: Shape) -> str:
    if len(shape) == 1:
        return f"{source} has {shape[0]} entr{'y' if shape[0] == 1 else 'ies'}"
    return f"{source} is {describe(shape)}"


def _transposed_instead(left: str, right: str, a: Node, b: Node) -> str:
    def simple(s: str) -> str:
        return s if re.fullmatch(r"[\w.]+", s) else f"({s})"

    for x, y, text in (
        (transposed(a), b, f"{simple(left)}.T @ {right}"),
        (a, transposed(b), f"{left} @ {simple(right)}.T"),
    ):
        if (x is not a) != (y is not b):
            try:
                apply("matmul", x, y)
            except ShapeError:
                continue
            return f" Did you mean {text}?"
    return ""


# ---- the functions of formulas ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Function:
    """A function that formulas may call: how many arguments, which options, and the graph that it makes."""

    build: Callable[[Reader, ast.Call, dict[Any, ast.expr]], Node]
    least: int = 1
    most: int = 1
    keywords: tuple[str, ...] = ()


FUNCTIONS: dict[str, Function] = {}


def _function(
    name: str, least: int = 1, most: int = 1, keywords: tuple[str, ...] = ()
) -> Callable[[Callable[..., Node]], Callable[..., Node]]:
    def keep(build: Callable[..., Node]) -> Callable[..., Node]:
        FUNCTIONS[name] = Function(build, least, most, keywords)
        return build

    return keep


def _plain(name: str, count: int = 1) -> None:
    _function(name, count, count)(lambda r, call, options: apply(name, *(r.read(a) for a in call.args)))


for _name in UNARY_FUNCTIONS:
    _plain(_name)
_function("square")(lambda r, call, options: _square(r.read(call.args[0])))
for _name in ("inv", "det", "logdet", "diag"):
    _plain(_name)
_plain("leaky_relu", 2)
_plain("solve", 2)


def _reduced(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> tuple[Node, tuple[int, ...], bool]:
    x = reader.read(call.args[0])
    return x, reader.axes(options, x, tuple(range(-len(x.shape), 0))), reader.flag(options, "keepdims")


def _reduction(name: str) -> None:
    @_function(name, keywords=("axis", "keepdims"))
    def build(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
        x, axes, keepdims = _reduced(reader, call, options)
        return apply(name, x, axis=axes, keepdims=keepdims) if x.shape else x


_reduction("sum")
_reduction("mean")


@_function("prod", keywords=("axis", "keepdims"))
def _prod(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x, axes, keepdims = _reduced(reader, call, options)
    return rules.product(x, axes, keepdims) if x.shape else x


def _extreme(name: str, pair: str) -> None:
    @_function(name, 1, 2, ("axis", "keepdims"))
    def build(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
        if len(call.args) == 2:
            if options:
                raise reader.error(call, f"{name}(a, b) is taken entry by entry and has no axis")
            return apply(pair, reader.read(call.args[0]), reader.read(call.args[1]))
        x, axes, keepdims = _reduced(reader, call, options)
        if not x.shape:
            return x
        largest = partial(apply, "max", axis=axes, keepdims=keepdims)
        return largest(x) if name == "max" else -largest(-x)


_extreme("max", "maximum")
_extreme("min", "minimum")


def _along_last(name: str, keywords: tuple[str, ...] = ("axis",)) -> None:
    @_function(name, keywords=keywords)
    def build(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
        x = reader.read(call.args[0])
        if not x.shape:
            raise reader.error(call, f"{name} needs a vector or a matrix, and this is a number", kind=Unfit)
        return apply(name, x, axis=reader.axes(options, x, (-1,)), keepdims=reader.flag(options, "keepdims"))


_along_last("softmax")
_along_last("log_softmax")
_along_last("logsumexp", ("axis", "keepdims"))


@_function("cumsum", keywords=("axis",))
def _cumsum(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x = reader.read(call.args[0])
    axes = reader.axes(options, x, (-1,))
    if not x.shape or len(axes) != 1:
        raise reader.error(call, "cumsum runs along one axis of a vector or a matrix", kind=Unfit)
    return apply("cumsum", x, axis=axes[0])


@_function("norm", 1, 2)
def _norm(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x = reader.read(call.args[0])
    order = reader.integer(call.args[1]) if len(call.args) == 2 else 2
    if order == 1:
        return rules.total(apply("abs", x))
    if order != 2:
        raise reader.error(call.args[1], "norm(x) is the Euclidean norm, norm(x, 1) the sum of moduli")
    return rules.norm(x)


@_function("dot", 2, 2)
def _dot(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    a, b = (reader.read(x) for x in call.args)
    if len(a.shape) == len(b.shape) == 1:
        if a.shape != b.shape:
            raise ShapeError(f"{_is('{0}', a.shape)}, {_is('{1}', b.shape)}")
        return a @ b
    return a * b if not a.shape or not b.shape else a @ b


@_function("outer", 2, 2)
def _outer(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    a, b = (reader.read(x) for x in call.args)
    return reshaped(a, (a.size, 1)) * reshaped(b, (1, b.size))


@_function("cross_entropy", 2, 2)
def _cross_entropy(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    scores = reader.read(call.args[0])
    if not scores.shape:
        raise ShapeError("the scores are a number, and one for each class is needed")
    label = reader.label(call.args[1], call.args[0], scores)
    log_p = apply("log_softmax", scores, axis=(-1,), keepdims=False)
    return -rules.total(apply("pick", log_p, label))


@_function("where", 3, 3)
def _where(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    return apply("where", reader.condition(call.args[0]), reader.read(call.args[1]), reader.read(call.args[2]))


@_function("clip", 3, 3)
def _clip(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x, low, high = (reader.read(a) for a in call.args)
    return apply("minimum", apply("maximum", x, low), high)


@_function("onehot", 1, 2)
def _onehot(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    label = call.args[0]
    if not isinstance(label, ast.Name) or label.id not in reader.scope.classes:
        raise reader.error(label, f"onehot takes a label input, and this is {reader.source(label)}", kind=Unfit)
    classes = reader.integer(call.args[1]) if len(call.args) == 2 else reader.scope.classes[label.id]
    if not 1 <= classes <= LARGEST:
        raise reader.error(call, f"there cannot be {classes} classes")
    return apply("onehot", reader.read(label), classes=classes)


def _joined(name: str, axis: int, as_matrix: Callable[[Node], Node]) -> None:
    @_function(name, 1, rules.MOST_JOINED)
    def build(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
        return apply("concat", *(as_matrix(reader.read(a)) for a in call.args), axis=axis)


def _matrix(x: Node, shape: Shape) -> Node:
    if not x.shape:
        return reshaped(x, (1, 1))
    return reshaped(x, shape) if len(x.shape) == 1 else x


_joined("hstack", -1, lambda x: _matrix(x, (x.size, 1)))
_joined("vstack", -2, lambda x: _matrix(x, (1, x.size)))


@_function("concat", 1, rules.MOST_JOINED, ("axis",))
def _concat(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    parts = [reader.read(a) for a in call.args]
    if not parts[0].shape:
        raise ShapeError("numbers have no axis to be joined along; stack(a, b) makes a vector of them")
    axis = reader.axes(options, parts[0], (-len(parts[0].shape),))
    return apply("concat", *parts, axis=axis[0])


@_function("stack", 1, rules.MOST_JOINED)
def _stack(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    parts = [reader.read(a) for a in call.args]
    if any(p.shape != parts[0].shape for p in parts):
        raise ShapeError("what is stacked needs one shape")
    return apply("concat", *(reshaped(p, (1, *p.shape)) for p in parts), axis=-1 - len(parts[0].shape))


@_function("reshape", 2, 9)
def _reshape(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x = reader.read(call.args[0])
    sizes = call.args[1].elts if isinstance(call.args[1], ast.Tuple) else call.args[1:]
    shape = [reader.integer(a) for a in sizes]
    if shape.count(-1) == 1:
        known = -math.prod(shape)
        shape[shape.index(-1)] = x.size // known if known and x.size % known == 0 else 0
    if any(n < 0 for n in shape):
        raise reader.error(call, "sizes are counted: 0 or more")
    return apply("reshape", x, shape=tuple(shape))


@_function("transpose", 1, 9)
def _transpose(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x = reader.read(call.args[0])
    return _with_axes(x, tuple(reader.integer(a) for a in call.args[1:]))


def _with_axes(x: Node, axes: tuple[int, ...]) -> Node:
    """`x` with its axes in another order; with none named, in the opposite one."""
    axes = axes or tuple(range(len(x.shape)))[::-1]
    return x if axes == tuple(range(len(x.shape))) else apply("transpose", x, axes=axes)


@_function("trace")
def _trace(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x = reader.read(call.args[0])
    if len(x.shape) != 2:
        raise ShapeError(f"trace takes a square matrix, and this is {describe(x.shape)}")
    return rules.total(apply("diag", x))


def _counted(name: str, count: Callable[[Node], int]) -> None:
    @_function(name)
    def build(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
        return constant(float(count(reader.read(call.args[0]))))


_counted("size", lambda x: x.size)
_counted("rows", lambda x: x.shape[0] if x.shape else 1)
_counted("columns", lambda x: x.shape[-1] if len(x.shape) > 1 else 1)


@_function("windows", 2, 3)
def _windows(reader: Reader, call: ast.Call, options: dict[Any, ast.expr]) -> Node:
    x, size = reader.read(call.args[0]), call.args[1]
    if not isinstance(size, ast.Tuple) or len(size.elts) != 2:
        raise reader.error(size, "the size of a window is its height and its width", "As in windows(x, (2, 2), 1).")
    height, width = (reader.integer(side) for side in size.elts)
    stride = reader.integer(call.args[2]) if len(call.args) == 3 else 1
    if stride < 1:
        raise reader.error(call.args[2], "a stride is 1 or more")
    return apply("windows", x, size=(height, width), stride=stride)
