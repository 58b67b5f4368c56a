"""From a graph to LaTeX: names, numbers, and the brackets that precedence asks for.

An operation prints by the template of its row in `ops`, or by a function below where brackets, shapes or habits ask
for more. Nothing is simplified here (see `reading`), nothing is read from text, and shared parts are printed in full
up to a length. A vector reads as a column: `reshape` to a row is its transpose.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy

from grader.engine.node import Node, is_constant, topological
from grader.engine.shapes import key_source
from grader.engine.symbols import Symbols

DIGITS = 6
MOST_ROWS, MOST_COLUMNS = 5, 5
LONGEST = 3000
RELATION, SUM, BIG, HADAMARD, MATMUL, SCALE, POWER, ATOM = range(-1, 7)


@dataclass(frozen=True, slots=True)
class Text:
    """Printed mathematics: how tightly it binds, whether brackets round it must grow, and where a power goes.

    `head` is the name of a function whose power stands after the name; `word` says that a factor beside it needs
    space, `minus` that it is a sign before something that binds as a product, so that a product may begin with it.
    """

    tex: str
    binds: int = ATOM
    tall: bool = False
    head: str = ""
    word: bool = False
    minus: bool = False


def latex(
    node: Node,
    symbols: Symbols,
    *,
    leaves: frozenset[Node] = frozenset(),
    given: Mapping[Node, Text] | None = None,
    inline: bool = False,
) -> str:
    """The LaTeX of a node; named nodes are printed by name, the node itself (where it is named) by its formula.

    `given` are nodes printed as they stand there. `inline` writes fractions, cases and columns on one line, for
    drawings.
    """
    inner = node.args[0] if node.op.name == "named" and node not in (given or {}) else node
    return Printer(symbols, given or {}, inline).text(inner, leaves).tex


def number_latex(number: float, digits: int = DIGITS) -> Text:
    """A number with at most six significant digits; very large and very small ones with a power of ten."""
    number = float(number)
    if math.isnan(number):
        return Text(r"\mathrm{nan}", word=True)
    if math.isinf(number):
        return Text(r"\infty" if number > 0 else r"-\infty", ATOM if number > 0 else SUM)
    if number.is_integer() and abs(number) < 10**digits:
        shown = str(int(number))
    else:
        mantissa, mark, exponent = f"{number:.{digits}g}".partition("e")
        if mark:
            power = f"10^{{{int(exponent)}}}"
            sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
            shown = f"{sign}{power}" if mantissa == "1" else f"{sign}{mantissa} \\cdot {power}"
            return Text(shown, SUM if sign else SCALE if mantissa != "1" else POWER, minus=bool(sign))
        shown = mantissa
    return Text(shown, SUM if shown.startswith("-") else ATOM, minus=shown.startswith("-"))


def array_latex(value: Any, digits: int = DIGITS) -> Text:
    """An array: a number, a column, a matrix by rows; by its shape where it is large."""
    array = numpy.asarray(value, dtype=float)
    if array.ndim == 0:
        return number_latex(float(array), digits)
    if not is_small(array.shape):
        return Text(rf"[{shape_latex(array.shape)}]")
    rows = array.reshape(-1, 1) if array.ndim == 1 else array
    lines = [" & ".join(number_latex(float(entry), digits).tex for entry in row) for row in rows]
    return Text(r"\begin{pmatrix} " + r" \\ ".join(lines) + r" \end{pmatrix}", tall=True)


def is_small(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape is printed entry by entry."""
    if not shape:
        return True
    rows, columns = (shape[0], 1) if len(shape) == 1 else shape[:2]
    return len(shape) <= 2 and 0 < rows <= MOST_ROWS and 0 < columns <= MOST_COLUMNS


def shape_latex(shape: tuple[int, ...]) -> str:
    """3 × 2; a vector has one size."""
    return r" \times ".join(map(str, shape))


def bracketed(text: Text, least: int, inline: bool = False) -> str:
    """The text, in round brackets where it binds less than `least`."""
    if text.binds >= least:
        return text.tex
    return rf"\left({text.tex}\right)" if text.tall and not inline else f"({text.tex})"


KNOWN_NUMBERS = {
    math.pi: Text(r"\pi"),
    2 / math.sqrt(math.pi): Text(r"\frac{2}{\sqrt{\pi}}", POWER, tall=True),
    1 / math.sqrt(2 * math.pi): Text(r"\frac{1}{\sqrt{2 \pi}}", POWER, tall=True),
}

_NUMBER = re.compile(r"\d|\(-[\d.]+( \\cdot 10\^\{-?\d+\})?\)$")
_HEAD = re.compile(r"\\(?:[a-z]+|(?:mathrm|operatorname)\{[A-Za-z]+\})")
_ENCLOSED = re.compile(r"[(\[{|]$")
_CLOSED = re.compile(r"^[)\]}|,]")
SUPERSCRIPT = re.compile(r"(.*)\^(?:\{([^{}]*)\}|([A-Za-z0-9]))\s*", re.DOTALL)


class Printer:
    """Prints nodes; `given` nodes as they stand there, `inline` on one line."""

    def __init__(self, symbols: Symbols, given: Mapping[Node, Text], inline: bool = False) -> None:
        self.symbols, self.given, self.inline = symbols, given, inline
        self.done: dict[Node, Text] = {}

    def text(self, node: Node, leaves: frozenset[Node] = frozenset()) -> Text:
        """The text of a node; every part is printed once, arguments first, without recursion."""
        stops = frozenset(self.given) | leaves
        self.done = done = {}
        for part in topological([node], stops):
            text = self._text(part)
            done[part] = text if len(text.tex) <= LONGEST else Text(r"\ldots")
        return done[node]

    def _text(self, node: Node) -> Text:
        if node in self.given:
            return self.given[node]
        name = node.op.name
        if name in ("leaf", "named"):
            return self.symbol(node.params["name"])
        if name == "constant":
            return self.constant(node)
        args = [self.done[a] for a in node.args]
        special = SPECIAL.get(name)
        return special(self, node, args) if special else self.template(node, args)

    def symbol(self, name: str) -> Text:
        """A name."""
        tex = self.symbols(name)
        return Text(tex, POWER if "^" in tex else ATOM, word=r"\mathrm" in tex)

    def constant(self, node: Node) -> Text:
        """A number, or an array; one whose entries are all alike as that number."""
        value = node.params["value"]
        if value.size and numpy.all(value == value.flat[0]):
            number = float(value.flat[0])
            known = KNOWN_NUMBERS.get(number)
            if known is not None and not self.inline:
                return known
            text = self._fraction(number)
            return text if node.size == 1 else self._repeated(text)
        return array_latex(value)

    def _fraction(self, number: float) -> Text:
        """A number; one part of a whole as a fraction, where six digits would not say it exactly."""
        text = number_latex(number)
        parts = 1 / number if number and math.isfinite(number) else 0.5
        if not float(parts).is_integer() or abs(parts) > 1000 or float(f"{number:.{DIGITS}g}") == number:
            return text
        tex = f"1 / {abs(int(parts))}" if self.inline else rf"\frac{{1}}{{{abs(int(parts))}}}"
        return Text("-" * (parts < 0) + tex, SUM if parts < 0 else HADAMARD if self.inline else POWER, not self.inline)

    def _repeated(self, text: Text) -> Text:
        if text.tex in ("0", "1"):
            return Text(rf"\mathbf{{{text.tex}}}")
        return self.product(text, Text(r"\mathbf{1}"))

    def template(self, node: Node, args: list[Text]) -> Text:
        """By the row's template; brackets where the template has none round the argument."""
        out = ""
        parsed = list(string.Formatter().parse(node.op.latex))
        after = [literal for literal, *_ in parsed[1:]] + [""]
        for (literal, field, *_), following in zip(parsed, after, strict=True):
            out += literal
            if field is None:
                continue
            if not field.isdigit():
                out += str(node.params[field])
                continue
            arg = args[int(field)]
            if arg.tall and not self.inline and out.endswith("(") and following.startswith(")"):
                out = out[:-1] + rf"\left({arg.tex}\right"
                continue
            enclosed = _ENCLOSED.search(out) or _CLOSED.match(following)
            least = RELATION if enclosed else ATOM if not out.strip() else ATOM + 1
            out += bracketed(arg, least, self.inline)
        tex = out.replace(r"\mathrm{", r"\operatorname{")
        tex = re.sub(r"(\\[a-z]+) (\(|\\left\()", r"\1\2", tex)
        tall = any(a.tall for a in args) or r"\frac" in tex
        head = _HEAD.match(tex)
        if head and tex[head.end() : head.end() + 1] in ("(", "\\"):
            return Text(tex, ATOM, tall, head.group() if tex[head.end()] == "(" else "", word=True)
        return Text(tex, POWER if re.match(r"(?:.*\})?[\^_]|e\^|\\frac", tex) else ATOM, tall)

    def call(self, function: str, *args: Text) -> Text:
        """A function of some arguments, in brackets that grow with them."""
        tall = any(a.tall for a in args) and not self.inline
        inside = ", ".join(a.tex for a in args)
        tex = rf"{function}\left({inside}\right)" if tall else f"{function}({inside})"
        return Text(tex, ATOM, tall, "" if tall else function, word=True)

    def product(self, a: Text, b: Text, binds: int = SCALE) -> Text:
        """Two factors side by side; a dot where digits would run together, a space beside words."""
        left = a.tex if a.minus else bracketed(a, MATMUL, self.inline)
        right = bracketed(b, MATMUL, self.inline)
        if a.tex == "1" or b.tex == "1":
            return replace(b if a.tex == "1" else a, binds=min(a.binds, b.binds, binds))
        sign = r" \cdot " if _NUMBER.match(right) else r" \, " if a.word or b.word or left.endswith(r"\right)") else " "
        least = min(a.binds if a.binds >= MATMUL else ATOM, b.binds if b.binds >= MATMUL else ATOM, binds)
        least = SUM if a.minus else least
        return Text(f"{left}{sign}{right}", least, a.tall or b.tall, word=a.word or b.word, minus=a.minus)

    def power(self, base: Text, exponent: str) -> Text:
        """A base with an exponent; of a function after its name."""
        if base.head and not base.head.startswith((r"\sigma", r"\Phi", r"\operatorname")):
            return Text(f"{base.head}^{{{exponent}}}{base.tex[len(base.head) :]}", ATOM, base.tall, word=True)
        return Text(f"{bracketed(base, ATOM, self.inline)}^{{{exponent}}}", POWER, base.tall, word=base.word)

    def transposed(self, x: Text) -> Text:
        """The transpose; beside a superscript that a symbol has."""
        found = SUPERSCRIPT.fullmatch(x.tex)
        if found and x.binds == POWER and not re.search(r"[ (]", found.group(1)):
            inside = found.group(2) or found.group(3)
            if r"\top" in inside:
                return Text(f"({x.tex})^\\top", POWER, x.tall)
            inside = "-" if inside == "-1" else inside
            return Text(f"{found.group(1)}^{{{inside}\\top}}", POWER, x.tall)
        return Text(rf"{bracketed(x, ATOM, self.inline)}^\top", POWER, x.tall, word=x.word)


# ---- operations with habits of their own --------------------------------------------------------------------------

Special = Callable[[Printer, Node, list[Text]], Text]
SPECIAL: dict[str, Special] = {}


def _special(*names: str) -> Callable[[Special], Special]:
    def keep(function: Special) -> Special:
        SPECIAL.update(dict.fromkeys(names, function))
        return function

    return keep


@_special("neg")
def _neg(printer: Printer, node: Node, args: list[Text]) -> Text:
    return _negated(printer, node.args[0], args[0])


@_special("add", "sub")
def _sum(printer: Printer, node: Node, args: list[Text]) -> Text:
    a, b = args
    sign = "+" if node.op.name == "add" else "-"
    left = bracketed(a, SUM, printer.inline)
    right = bracketed(b, BIG if sign == "-" or b.tex.startswith("-") else SUM, printer.inline)
    return Text(f"{left} {sign} {right}", SUM, a.tall or b.tall)


@_special("mul")
def _mul(printer: Printer, node: Node, args: list[Text]) -> Text:
    x, y = node.args
    if is_constant(x, -1.0):
        return _negated(printer, y, args[1])
    if x.size > 1 and y.size > 1 and x.shape == y.shape:
        left, right = (bracketed(t, SCALE if t.binds == MATMUL else HADAMARD, printer.inline) for t in args)
        return Text(rf"{left} \odot {right}", HADAMARD, args[0].tall or args[1].tall)
    a, b = (_dot_in_brackets(n, t, printer) for n, t in zip(node.args, args, strict=True))
    if x.size > 1 and len(x.shape) == 2 and x.shape[1] == 1 and len(y.shape) == 2 and y.shape[0] == 1:
        return printer.product(a, b, MATMUL)
    if x.size > 1 and y.size > 1:
        return Text(rf"{bracketed(a, SCALE)} \odot {bracketed(b, SCALE)}", HADAMARD, a.tall or b.tall)
    if y.size == 1 and x.size > 1 and y.op.name != "constant":
        a, b = b, a
    return printer.product(a, b)


def _negated(printer: Printer, x: Node, text: Text) -> Text:
    """-x; the largest of the negated is the smallest, which is how formulas make it."""
    inner = x.args[0] if x.op.name == "max" else None
    if inner is not None and (inner.op.name == "neg" or (inner.op.name == "mul" and is_constant(inner.args[0], -1.0))):
        return printer.call(r"\min" + _along(x, whole=True), printer.done[inner.args[-1]])
    return replace(text, tex="-" + bracketed(text, BIG, printer.inline), binds=SUM, head="", minus=True)


def _dot_in_brackets(node: Node, text: Text, printer: Printer) -> Text:
    """The product of a row and a column, as a factor: without brackets it would read as something else."""
    if node.op.name == "matmul" and node.shape == ():
        return replace(text, tex=bracketed(text, ATOM, printer.inline), binds=ATOM)
    return text


@_special("div")
def _div(printer: Printer, node: Node, args: list[Text]) -> Text:
    a, b = args
    if not printer.inline:
        if a.tex.startswith("-") and a.binds == SUM and node.args[0].op.name in ("neg", "constant"):
            return Text(rf"-\frac{{{a.tex[1:]}}}{{{b.tex}}}", SUM, tall=True, minus=True)
        return Text(rf"\frac{{{a.tex}}}{{{b.tex}}}", POWER, tall=True)
    return Text(f"{bracketed(a, MATMUL, True)} / {bracketed(b, POWER, True)}", HADAMARD, word=True)


@_special("pow")
def _pow(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.power(args[0], args[1].tex)


@_special("square")
def _square(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.power(args[0], r"\odot 2" if len(node.shape) > 1 and node.size > 1 else "2")


@_special("power_slope")
def _power_slope(printer: Printer, node: Node, args: list[Text]) -> Text:
    base, exponent = args
    order: int = node.params["order"]
    out = exponent
    for k in range(1, order):
        out = printer.product(out, Text(f"({exponent.tex} - {k})"))
    return printer.product(out, printer.power(base, f"{bracketed(exponent, SUM)} - {order}"))


@_special("nonzero_or_1")
def _same(printer: Printer, node: Node, args: list[Text]) -> Text:
    return args[0]


@_special("exp")
def _exp(printer: Printer, node: Node, args: list[Text]) -> Text:
    if (args[0].tall and not printer.inline) or len(args[0].tex) > 60:
        return printer.call(r"\exp", args[0])
    return Text(f"e^{{{args[0].tex}}}", POWER)


@_special("softmax")
def _softmax(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.call(r"\operatorname{softmax}" + _along(node), args[0])


@_special("log_softmax")
def _log_softmax(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.call(r"\log\operatorname{softmax}" + _along(node), args[0])


@_special("logsumexp")
def _logsumexp(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.call(r"\operatorname{logsumexp}" + _along(node), args[0])


@_special("mean")
def _mean(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.call(r"\operatorname{mean}" + _along(node, whole=True), args[0])


@_special("max")
def _max(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.call(r"\max" + _along(node, whole=True), args[0])


@_special("max_share")
def _max_share(printer: Printer, node: Node, args: list[Text]) -> Text:
    return Text(rf"[{args[0].tex} = {printer.call(chr(92) + 'max' + _along(node, whole=True), args[0]).tex}]")


def _along(node: Node, whole: bool = False) -> str:
    """The axis of a reduction, where it is not the usual one."""
    axis, ndim = node.params["axis"], len(node.args[0].shape)
    if len(axis) == ndim or (not whole and axis == (-1,)):
        return ""
    return rf"_{{\text{{axis }}{', '.join(str(a % ndim) for a in axis)}}}"


@_special("sum")
def _total(printer: Printer, node: Node, args: list[Text]) -> Text:
    inner = node.args[0]
    along = _along(node, whole=True)
    if along or inner in printer.given or inner.op.name not in ("diag", "square", "abs"):
        return _summed(printer, args[0], along, len(inner.shape))
    x = printer.done[inner.args[0]]
    if inner.op.name == "diag":
        return printer.call(r"\operatorname{tr}", x) if len(inner.shape) == 1 else _summed(printer, args[0], "", 2)
    length = _between(printer, r"\lVert", x, r"\rVert")
    return replace(length, tex=length.tex + ("_{1}" if inner.op.name == "abs" else "^{2}"), binds=POWER)


def _summed(printer: Printer, x: Text, along: str, ndim: int = 0) -> Text:
    """A sum over some axes; over all of a vector or a matrix with the index that runs."""
    if along or ndim not in (1, 2):
        return Text(rf"\sum{along} {bracketed(x, HADAMARD, printer.inline)}", BIG, x.tall, word=True)
    index = "i" if ndim == 1 else "ij"
    plain = "_" not in x.tex and (x.binds == ATOM or SUPERSCRIPT.fullmatch(x.tex)) and not x.tall and "(" not in x.tex
    inside = x.tex if plain else bracketed(replace(x, binds=RELATION), ATOM, printer.inline)
    return Text(rf"\sum_{{{','.join(index)}}} {inside}_{{{index}}}", BIG, x.tall, word=True)


@_special("sum_to")
def _sum_to(printer: Printer, node: Node, args: list[Text]) -> Text:
    given, wanted = node.args[0].shape, node.shape
    x = replace(args[0], tex=bracketed(args[0], MATMUL, printer.inline), binds=max(args[0].binds, MATMUL))
    if len(given) == 2 and wanted in ((given[1],), (given[0], 1)):
        turned = printer.transposed(args[0]) if len(wanted) == 1 else x
        return Text(rf"{turned.tex} \, \mathbf{{1}}", MATMUL, x.tall)
    if len(given) == 2 and wanted == (1, given[1]):
        return Text(rf"\mathbf{{1}}^\top {x.tex}", MATMUL, x.tall)
    if node.size == 1:
        return _summed(printer, args[0], "", len(given))
    return _summed(printer, args[0], r"_{\text{repeated axes}}")


@_special("broadcast")
def _broadcast(printer: Printer, node: Node, args: list[Text]) -> Text:
    inner, text = node.args[0], args[0]
    if inner.size > 1 or node.size == 1:
        return text
    if inner.op.name == "neg" and text.tex.startswith("-"):
        text = printer.product(Text(text.tex[1:], SCALE, text.tall, word=text.word), Text(r"\mathbf{1}"))
        return replace(text, tex="-" + text.tex, binds=SUM, minus=True)
    return printer.product(_dot_in_brackets(inner, text, printer), Text(r"\mathbf{1}"))


def _is_row(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == 1 and shape[1] > 1


@_special("reshape")
def _reshape(printer: Printer, node: Node, args: list[Text]) -> Text:
    given, wanted = node.args[0].shape, node.shape
    if node.size == 1:
        return args[0]
    if [n for n in given if n > 1] == [n for n in wanted if n > 1] and max(len(given), len(wanted)) <= 2:
        return printer.transposed(args[0]) if _is_row(given) != _is_row(wanted) else args[0]
    return printer.call(rf"\operatorname{{reshape}}_{{{shape_latex(wanted)}}}", args[0])


@_special("transpose")
def _transpose(printer: Printer, node: Node, args: list[Text]) -> Text:
    axes, ndim = tuple(node.params["axes"]), len(node.shape)
    if axes == (*range(ndim - 2), ndim - 1, ndim - 2):
        return printer.transposed(args[0])
    return printer.call(rf"\operatorname{{transpose}}_{{{', '.join(map(str, axes))}}}", args[0])


@_special("index")
def _index(printer: Printer, node: Node, args: list[Text]) -> Text:
    """An entry counted from 0: lowered where no name is printed so, otherwise in square brackets as in formulas."""
    key, given = node.params["key"], node.args[0].shape
    if all(k is None or k == slice(None) for k in key):
        return args[0]
    numbers = [_only(k, n) for k, n in zip(key, given, strict=False)] if len(key) == len(given) else [None]
    base = args[0]
    if None not in numbers and "_" not in base.tex and base.binds == ATOM:
        tex = f"{base.tex}_{{{','.join(map(str, numbers))}}}"
        if not printer.symbols.taken(tex):
            return Text(tex, ATOM, base.tall, word=base.word)
    if None not in numbers:
        return Text(f"{bracketed(base, ATOM, printer.inline)}[{', '.join(map(str, numbers))}]", ATOM, base.tall)
    return Text(f"{bracketed(base, ATOM, printer.inline)}{key_source(key).replace('None', 'new')}", ATOM, base.tall)


def _only(part: Any, size: int) -> int | None:
    """The one place that a part of an index picks."""
    if isinstance(part, slice):
        places = range(size)[part]
        return places[0] if len(places) == 1 and size > 1 else None
    return None if part is None else int(part) % size


@_special("put")
def _put(printer: Printer, node: Node, args: list[Text]) -> Text:
    key, shape = node.params["key"], node.shape
    numbers = [_only(k, n) for k, n in zip(key, shape, strict=False)] if len(key) == len(shape) else [None]
    if None not in numbers:
        return printer.product(args[0], Text(f"e_{{{','.join(map(str, numbers))}}}"))
    return printer.call(rf"\operatorname{{put}}_{{{key_source(key)}}}", args[0])


@_special("pick")
def _pick(printer: Printer, node: Node, args: list[Text]) -> Text:
    q, y = args
    plain = q.binds == ATOM or node.args[0].op.name in ("leaf", "named")
    if node.shape == () and "_" not in q.tex and plain:
        return Text(f"{q.tex}_{{{y.tex}}}", ATOM, q.tall, word=q.word)
    return Text(f"{bracketed(q, ATOM, printer.inline)}[{y.tex}]", ATOM, q.tall)


@_special("matmul")
def _matmul(printer: Printer, node: Node, args: list[Text]) -> Text:
    left, right = (_dot_in_brackets(n, t, printer) for n, t in zip(node.args, args, strict=True))
    if len(node.args[0].shape) == 1:
        left = printer.transposed(left)
    return printer.product(left, right, MATMUL)


@_special("solve")
def _solve(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.product(printer.power(replace(args[0], head=""), "-1"), args[1], MATMUL)


@_special("inv")
def _inv(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.power(replace(args[0], head=""), "-1")


@_special("logdet")
def _logdet(printer: Printer, node: Node, args: list[Text]) -> Text:
    return Text(rf"\log\lvert{printer.call(chr(92) + 'det', args[0]).tex}\rvert", ATOM, args[0].tall, word=True)


@_special("abs")
def _abs(printer: Printer, node: Node, args: list[Text]) -> Text:
    return _between(printer, r"\lvert", args[0], r"\rvert")


@_special("norm")
def _norm(printer: Printer, node: Node, args: list[Text]) -> Text:
    return _between(printer, r"\lVert", args[0], r"\rVert")


@_special("direction")
def _direction(printer: Printer, node: Node, args: list[Text]) -> Text:
    length = _between(printer, r"\lVert", args[0], r"\rVert").tex
    if printer.inline:
        return Text(f"{bracketed(args[0], MATMUL, True)} / {length}", HADAMARD)
    return Text(rf"\frac{{{args[0].tex}}}{{{length}}}", POWER, tall=True)


def _between(printer: Printer, left: str, x: Text, right: str) -> Text:
    grow = x.tall and not printer.inline
    tex = rf"\left{left} {x.tex} \right{right}" if grow else f"{left} {x.tex} {right}"
    return Text(tex, ATOM, x.tall)


@_special("lt", "le", "gt", "ge", "eq")
def _compare(printer: Printer, node: Node, args: list[Text]) -> Text:
    sign = {"lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "="}[node.op.name]
    return Text(f"{args[0].tex} {sign} {args[1].tex}", RELATION, args[0].tall or args[1].tall)


@_special("where")
def _where(printer: Printer, node: Node, args: list[Text]) -> Text:
    condition, yes, no = (a.tex for a in args)
    if printer.inline:
        return Text(rf"{yes} \text{{ if }} {condition} \text{{ else }} {no}", RELATION, word=True)
    tex = rf"\begin{{cases}} {yes} & {condition} \\ {no} & \text{{otherwise}} \end{{cases}}"
    return Text(tex, SUM, tall=True)


@_special("gate")
def _gate(printer: Printer, node: Node, args: list[Text]) -> Text:
    return printer.product(Text(rf"[{args[0].tex} \ne 0]"), args[1])


@_special("concat")
def _concat(printer: Printer, node: Node, args: list[Text]) -> Text:
    axis, ndim = node.params["axis"], len(node.shape)
    if printer.inline or (ndim == 2 and axis == -1):
        return Text("[" + "; ".join(a.tex for a in args) + "]", ATOM, any(a.tall for a in args))
    rows = r" \\ ".join(a.tex for a in args)
    return Text(rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}", ATOM, tall=True)
