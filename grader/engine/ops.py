"""The table of operations: value, derivative in both modes, shape, LaTeX, and points to check each row at.

Every rule is written with the operations of this table, so that derivatives can be differentiated, compiled and
printed again. An elementwise row gives its slopes, from which both modes follow; a linear row gives its transpose.
How rules are put together to derivatives of graphs is in `transform`; rows that end in _slope or _share are the
derivatives of functions with kinks, and `kinks` knows what else they may be there.

Sources: Griewank and Walther, Evaluating Derivatives (2008), ch. 3; Giles, Collected matrix derivative results for
forward and reverse mode algorithmic differentiation (2008), for inv, det and solve.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from grader.engine.node import (
    COMMON,
    NO_PARAMS,
    OPS,
    Node,
    Number,
    Op,
    Params,
    Shape,
    ShapeError,
    apply,
    constant,
    is_constant,
)

Slope = Callable[..., Number] | None

# ---- how rows are made ------------------------------------------------------------------------------------------


def _row(op: Op) -> Op:
    OPS[op.name] = op
    return op


def _broadcast(shapes: tuple[Shape, ...], params: Params) -> Shape:
    if shapes.count(shapes[0]) == len(shapes):
        return shapes[0]
    try:
        return tuple(int(n) for n in numpy.broadcast_shapes(*shapes))
    except ValueError:
        raise ShapeError("the shapes do not fit, entry by entry") from None


def elementwise(
    name: str, source: str, slopes: list[Slope], latex: str, at: list[Any], gates: bool = False, **more: Any
) -> Op:
    """A row for a function of entries: `source` is NumPy with {0}, {1} for the arguments.

    With `gates`, a slope of 0 says that the argument is not looked at: nothing of it passes, not even nan.
    """

    def rule(slope: Slope) -> Callable[..., Node] | None:
        if slope is None:
            return None
        if gates:
            return lambda p, y, *x: _through(p, slope(y, *x))
        return lambda p, y, *x: _scaled(p, slope(y, *x))

    points = tuple(a if isinstance(a, tuple) else (a,) for a in at)
    rules = tuple(rule(s) for s in slopes)
    return _row(
        Op(
            name,
            lambda args, node: source.format(*args, **node.params),
            _broadcast,
            rules,
            rules,
            latex,
            points,
            elementwise=True,
            slopes=tuple(slopes),
            **more,
        )
    )


def _scaled(p: Node, slope: Number) -> Node:
    if isinstance(slope, Node):
        return p * slope
    return p if slope == 1 else -p if slope == -1 else p * slope


def _through(p: Node, share: Number) -> Node:
    return gated(share, p * share) if isinstance(share, Node) else _scaled(p, share)


def gated(mask: Node, x: Node) -> Node:
    """`x` where the mask (0 or more) is not 0, and 0 elsewhere, also where x is not finite there."""
    if x.op.name == "gate":
        mask, x = mask * x.args[0], x.args[1]
    return apply("gate", broadcast(mask, _broadcast((mask.shape, x.shape), NO_PARAMS)), x)


def linear(name: str, emit: Any, shape: Any, transpose: Callable[..., Node], latex: str, at: list[Any]) -> Op:
    """A row for a linear function of one array: forward mode is the function itself, reverse mode its transpose."""
    write = emit if callable(emit) else (lambda args, node: emit.format(*args, **node.params))
    return _row(
        Op(
            name,
            write,
            shape,
            (transpose,),
            (lambda t, y, x: apply(name, t, **y.params),),
            latex,
            tuple((numpy.asarray(a[0], dtype=float), a[1]) for a in at),
            linear=True,
        )
    )


def _fixed(shape: Callable[[Shape, Params], Shape]) -> Callable[[tuple[Shape, ...], Params], Shape]:
    return lambda shapes, params: shape(shapes[0], params)


# ---- leaves -----------------------------------------------------------------------------------------------------

_row(Op("leaf", lambda args, node: node.params["name"], lambda shapes, params: (), (), (), "{name}"))
_row(Op("constant", lambda args, node: "", lambda shapes, params: (), (), (), "{value}"))
COMMON |= {number: constant(number) for number in (0.5, 1.0, 2.0, -1.0)}
# A named node of a problem: the identity, kept so that edges and adjoints of named nodes can be found.
_row(
    Op(
        "named",
        lambda args, node: args[0],
        lambda shapes, params: shapes[0],
        (lambda p, y, x: p,),
        (lambda t, y, x: t,),
        "{name}",
    )
)

# ---- arithmetic -------------------------------------------------------------------------------------------------


def _power_slope(y: Node, a: Node, b: Node) -> Number:
    """b a^(b - 1), without a needless power, which would be 0 times infinity at a = 0."""
    exponent = _known_number(b)
    if exponent is None:
        return apply("power_slope", a, b, order=1)
    if exponent in (0.0, 1.0):
        return exponent
    return 2 * a if exponent == 2 else exponent * a ** (exponent - 1)


def _known_number(node: Node) -> float | None:
    """The number that a constant is, or the opposite of a constant: -1 is read as the latter."""
    if node.op.name == "neg":
        inner = _known_number(node.args[0])
        return None if inner is None else -inner
    return float(node.params["value"]) if is_constant(node) and node.shape == () else None


def _power_slope_by_exponent(y: Node, a: Node, b: Node) -> Node:
    """By the product rule on b (b - 1) … (b - order + 1) a^(b - order)."""
    order: int = y.params["order"]
    product, slope = constant(1.0), constant(0.0)
    for k in range(order):
        product, slope = product * (b - k), slope * (b - k) + product
    return slope * a ** (b - order) + y * _log_of_base(a)


def _log_of_base(a: Node) -> Node:
    return apply("log", apply("nonzero_or_1", a))


PAIRS = [(2.0, -3.0), (numpy.array([1.5, -0.4]), 0.7), (numpy.array([[1.0, 2.0], [-0.3, 0.6]]), numpy.array([0.5, 2]))]

elementwise("neg", "-{0}", [lambda y, a: -1.0], "-{0}", [2.0, numpy.array([1.0, -2.0])])
elementwise("add", "{0} + {1}", [lambda y, a, b: 1.0, lambda y, a, b: 1.0], "{0} + {1}", PAIRS)
elementwise("sub", "{0} - {1}", [lambda y, a, b: 1.0, lambda y, a, b: -1.0], "{0} - {1}", PAIRS)
elementwise("mul", "{0} * {1}", [lambda y, a, b: b, lambda y, a, b: a], r"{0} \, {1}", [*PAIRS, (0.0, 3.0)])
elementwise("div", "{0} / {1}", [lambda y, a, b: 1 / b, lambda y, a, b: -y / b], r"\frac{{{0}}}{{{1}}}", PAIRS)
elementwise(
    "pow",
    "{0} ** {1}",
    [_power_slope, lambda y, a, b: y * _log_of_base(a)],
    "{0}^{{{1}}}",
    [
        (2.0, 3.0),
        (numpy.array([0.7, 1.9]), -1.5),
        (numpy.array([2.0, 3.0]), numpy.array([0.5, -2.0])),
        (-1.3, 2.0),
        (0.0, 3.0),
    ],
)
# The derivative of a ** b by a, `order` times: 0 where the exponent has become 0, also at a = 0.
elementwise(
    "power_slope",
    "numeric.power_slope({0}, {1}, {order})",
    [lambda y, a, b: apply("power_slope", a, b, order=y.params["order"] + 1), _power_slope_by_exponent],
    r"\partial^{{{order}}} {0}^{{{1}}}",
    [
        (2.0, 3.0, {"order": 1}),
        (numpy.array([0.7, 1.9]), -1.5, {"order": 2}),
        (numpy.array([2.0, 3.0]), numpy.array([0.5, -2.0]), {"order": 1}),
    ],
)
elementwise(
    "nonzero_or_1",
    "numpy.where({0} == 0, 1.0, {0})[()]",
    [lambda y, a: 1 - apply("eq", a, 0.0)],
    "{0}",
    [2.0, numpy.array([-0.5, 1.2])],
)
elementwise("square", "numpy.square({0})", [lambda y, x: 2 * x], "{0}^2", [-1.5, 0.0, numpy.array([0.3, 2.0])])

# ---- functions of one number ------------------------------------------------------------------------------------

WIDE = [-2.0, 0.0, 1.5, numpy.array([0.3, -0.7])]
POSITIVE = [0.2, 3.0, numpy.array([0.5, 2.0])]
WITHIN_1 = [-0.5, 0.0, 0.8, numpy.array([0.3, -0.7])]


def _cos(x: Node) -> Node:
    return apply("cos", x)


def _sin(x: Node) -> Node:
    return apply("sin", x)


def _other_leg(x: Node) -> Node:
    """sqrt(1 - x²), without cancellation near 1."""
    return apply("sqrt", (1 - x) * (1 + x))


def _normal_density(x: Node) -> Node:
    return 1 / math.sqrt(2 * math.pi) * apply("exp", -0.5 * (x * x))


elementwise("exp", "numpy.exp({0})", [lambda y, x: y], r"e^{{{0}}}", WIDE)
elementwise("log", "numpy.log({0})", [lambda y, x: 1 / x], r"\log {0}", POSITIVE)
elementwise("log1p", "numpy.log1p({0})", [lambda y, x: 1 / (1 + x)], r"\log(1 + {0})", POSITIVE)
elementwise("sqrt", "numpy.sqrt({0})", [lambda y, x: 0.5 / y], r"\sqrt{{{0}}}", POSITIVE)
elementwise("sin", "numpy.sin({0})", [lambda y, x: _cos(x)], r"\sin {0}", WIDE)
elementwise("cos", "numpy.cos({0})", [lambda y, x: -_sin(x)], r"\cos {0}", WIDE)
elementwise("tan", "numpy.tan({0})", [lambda y, x: 1 + y * y], r"\tan {0}", [-1.0, 0.4, numpy.array([0.3, 1.2])])
elementwise("sinh", "numpy.sinh({0})", [lambda y, x: apply("cosh", x)], r"\sinh {0}", WIDE)
elementwise("cosh", "numpy.cosh({0})", [lambda y, x: apply("sinh", x)], r"\cosh {0}", WIDE)
elementwise("tanh", "numpy.tanh({0})", [lambda y, x: 1 - y * y], r"\tanh {0}", WIDE)
elementwise("arcsin", "numpy.arcsin({0})", [lambda y, x: 1 / _other_leg(x)], r"\arcsin {0}", WITHIN_1)
elementwise("arccos", "numpy.arccos({0})", [lambda y, x: -1 / _other_leg(x)], r"\arccos {0}", WITHIN_1)
elementwise("arctan", "numpy.arctan({0})", [lambda y, x: 1 / (1 + x * x)], r"\arctan {0}", WIDE)
elementwise("sigmoid", "numeric.sigmoid({0})", [lambda y, x: y * apply("sigmoid", -x)], r"\sigma({0})", WIDE)
elementwise(
    "softplus",
    "numpy.logaddexp(0.0, {0})",
    [lambda y, x: apply("sigmoid", x)],
    r"\mathrm{{softplus}}({0})",
    WIDE,
)
elementwise(
    "erf",
    "numeric.erf({0})",
    [lambda y, x: 2 / math.sqrt(math.pi) * apply("exp", -x * x)],
    r"\mathrm{{erf}}({0})",
    WIDE,
)
elementwise("normal_share", "numeric.normal_share({0})", [lambda y, x: _normal_density(x)], r"\Phi({0})", WIDE)
elementwise(
    "gelu",
    "{0} * numeric.normal_share({0})",
    [lambda y, x: apply("normal_share", x) + x * _normal_density(x)],
    r"\mathrm{{gelu}}({0})",
    WIDE,
)

# ---- functions with kinks, and the slopes they have ---------------------------------------------------------------
# `kink` of a slope gives what is 0 at the kink and the slopes left and right of it: every value between them is right.

COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}
elementwise(
    "relu_slope",
    "numpy.where({0} > 0, 1.0, 0.0)[()]",
    [None],
    "[{0} > 0]",
    [-2.0, 1.5],
    kink=lambda x: (x, 0.0, 1.0),
)
elementwise(
    "abs_slope",
    "numpy.sign({0})",
    [None],
    r"\mathrm{{sign}}({0})",
    [-2.0, 1.5],
    kink=lambda x: (x, -1.0, 1.0),
)
elementwise(
    "leaky_relu_slope",
    "numpy.where({0} > 0, 1.0, {1})[()]",
    [None, lambda y, x, a: 1 - apply("relu_slope", x)],
    r"[{0} > 0] + {1} [{0} \le 0]",
    [(-2.0, 0.1), (1.5, 0.1)],
    kink=lambda x, a: (x, a, 1.0),
)
elementwise(
    "max_first_share",
    "numpy.where({0} == {1}, 0.5, numpy.where({0} > {1}, 1.0, 0.0))[()]",
    [None, None],
    "[{0} > {1}]",
    [(2.0, -1.0), (-0.5, 0.5)],
    kink=lambda a, b: (b - a, 1.0, 0.0) if is_constant(a) else (a - b, 0.0, 1.0),
)
elementwise(
    "min_first_share",
    "numpy.where({0} == {1}, 0.5, numpy.where({0} < {1}, 1.0, 0.0))[()]",
    [None, None],
    "[{0} < {1}]",
    [(2.0, -1.0), (-0.5, 0.5)],
    kink=lambda a, b: (b - a, 0.0, 1.0) if is_constant(a) else (a - b, 1.0, 0.0),
)
# The share of the first branch of where(c, a, b); a kink only where both branches have one value.
elementwise(
    "where_share",
    "numpy.where({0}, 1.0, numpy.zeros(numpy.broadcast({1}, {2}).shape))[()]",
    [None, None, None],
    "[{0}]",
    [(0.0, 1.0, 2.0), (1.0, 1.0, 2.0)],
    kink=lambda c, a, b: (
        apply("abs", c.args[0] - c.args[1]) + apply("abs", a - b),
        *((0.0, 1.0) if c.op.name in ("gt", "ge") else (1.0, 0.0)),
    ),
)

elementwise("relu", "numpy.maximum({0}, 0.0)", [lambda y, x: apply("relu_slope", x)], r"\mathrm{{ReLU}}({0})", WIDE)
elementwise("abs", "numpy.abs({0})", [lambda y, x: apply("abs_slope", x)], r"|{0}|", WIDE)
elementwise("sign", "numpy.sign({0})", [None], r"\mathrm{{sign}}({0})", [-2.0, 1.5])
elementwise(
    "leaky_relu",
    "numpy.where({0} > 0, {0}, {1} * {0})[()]",
    [lambda y, x, a: apply("leaky_relu_slope", x, a), lambda y, x, a: x * (1 - apply("relu_slope", x))],
    r"\mathrm{{LReLU}}_{{{1}}}({0})",
    [(-2.0, 0.1), (1.5, 0.1), (0.0, 0.1), (numpy.array([-0.3, 0.8]), 0.2)],
)
elementwise(
    "maximum",
    "numpy.maximum({0}, {1})",
    [lambda y, a, b: apply("max_first_share", a, b), lambda y, a, b: 1 - apply("max_first_share", a, b)],
    r"\max({0}, {1})",
    [(2.0, -1.0), (numpy.array([0.3, 0.8]), 0.5), (1.0, 1.0)],
    gates=True,
)
elementwise(
    "minimum",
    "numpy.minimum({0}, {1})",
    [lambda y, a, b: apply("min_first_share", a, b), lambda y, a, b: 1 - apply("min_first_share", a, b)],
    r"\min({0}, {1})",
    [(2.0, -1.0), (numpy.array([0.3, 0.8]), 0.5), (1.0, 1.0)],
    gates=True,
)
for _name, _sign in COMPARISONS.items():
    elementwise(_name, "({0} " + _sign + " {1})", [None, None], "{0} " + _sign + " {1}", [(2.0, 1.0), (0.5, 0.7)])
elementwise(
    "where",
    "numpy.where({0}, {1}, {2})[()]",
    [
        None,
        lambda y, c, a, b: apply("where_share", c, a, b),
        lambda y, c, a, b: 1 - apply("where_share", c, a, b),
    ],
    r"({1} \text{{ if }} {0} \text{{ else }} {2})",
    [(1.0, 2.0, -3.0), (0.0, 2.0, -3.0), (numpy.array([1.0, 0.0]), numpy.array([2.0, 5.0]), 0.5)],
    gates=True,
)
# What lets nothing pass where the mask is 0, so that the branch not taken, or the entry not picked, leaves no nan.
_row(
    Op(
        "gate",
        lambda args, node: f"numpy.where({args[0]}, {args[1]}, 0.0)[()]",
        _broadcast,
        (None, lambda p, y, mask, x: gated(mask, p)),
        (None, lambda t, y, mask, x: gated(mask, t)),
        r"[{0} \ne 0] \, {1}",
        ((1.0, 2.0), (0.0, 2.0), (numpy.array([1.0, 0.0]), numpy.array([2.0, 5.0]))),
        elementwise=True,
        slopes=(None, lambda y, mask, x: apply("gate", mask, 1.0)),
    )
)

# ---- shapes -----------------------------------------------------------------------------------------------------

MATRIX = numpy.array([[1.0, -2.0, 0.5], [0.3, 4.0, -1.5]])
VECTOR = numpy.array([0.5, -1.2, 2.0])


def reshaped(x: Node, shape: Shape) -> Node:
    """`x` by rows in another shape of the same size."""
    return x if x.shape == shape else apply("reshape", x, shape=shape)


def broadcast(x: Node, shape: Shape) -> Node:
    """`x` repeated to `shape` by NumPy's rules."""
    return x if x.shape == shape else apply("broadcast", x, shape=shape)


def sum_to(x: Node, shape: Shape) -> Node:
    """`x` summed over the axes along which `shape` was repeated: the transpose of `broadcast`."""
    return x if x.shape == shape else apply("sum_to", x, shape=shape)


def _sum_to_emit(args: list[str], node: Node) -> str:
    given, wanted = node.args[0].shape, node.shape
    lead = len(given) - len(wanted)
    axes = tuple(range(lead)) + tuple(
        lead + i for i, (a, b) in enumerate(zip(given[lead:], wanted, strict=True)) if a != b
    )
    return f"numpy.sum({args[0]}, axis={axes}).reshape({wanted})"


def _reshape_shape(shape: Shape, params: Params) -> Shape:
    wanted: Shape = params["shape"]
    if math.prod(shape) != math.prod(wanted):
        raise ShapeError(f"{math.prod(shape)} entries do not fill {describe(wanted)}")
    return wanted


def describe(shape: Shape) -> str:
    """A shape in words: a number, 3 entries, 2 × 3."""
    if not shape:
        return "a number"
    if len(shape) == 1:
        return f"a vector of {shape[0]} entr{'y' if shape[0] == 1 else 'ies'}"
    return " × ".join(map(str, shape))


linear(
    "reshape",
    "numpy.reshape({0}, {shape})",
    _fixed(_reshape_shape),
    lambda p, y, x: reshaped(p, x.shape),
    r"\mathrm{{reshape}}({0})",
    [(MATRIX, {"shape": (3, 2)}), (VECTOR, {"shape": (3, 1)})],
)
linear(
    "broadcast",
    "numpy.broadcast_to({0}, {shape})",
    _fixed(lambda shape, params: params["shape"]),
    lambda p, y, x: sum_to(p, x.shape),
    "{0}",
    [(VECTOR, {"shape": (2, 3)}), (2.0, {"shape": (2, 3)})],
)
linear(
    "sum_to",
    _sum_to_emit,
    _fixed(lambda shape, params: params["shape"]),
    lambda p, y, x: broadcast(p, x.shape),
    r"\sum {0}",
    [(MATRIX, {"shape": (3,)}), (MATRIX, {"shape": (2, 1)}), (MATRIX, {"shape": ()})],
)


def _transpose_shape(shape: Shape, params: Params) -> Shape:
    axes = params["axes"]
    if sorted(axes) != list(range(len(shape))):
        raise ShapeError(f"{axes} does not name each of the {len(shape)} axes once")
    return tuple(shape[a] for a in axes)


def transposed(x: Node) -> Node:
    """The transpose of a matrix (of the last two axes of a stack); a vector or a number is its own."""
    ndim = len(x.shape)
    return x if ndim < 2 else apply("transpose", x, axes=(*range(ndim - 2), ndim - 1, ndim - 2))


linear(
    "transpose",
    "numpy.transpose({0}, {axes})",
    _fixed(_transpose_shape),
    lambda p, y, x: apply("transpose", p, axes=tuple(int(a) for a in numpy.argsort(y.params["axes"]))),
    r"{0}^\top",
    [(MATRIX, {"axes": (1, 0)})],
)


def key_source(key: tuple[Any, ...]) -> str:
    """An index as Python writes it: numbers, slices and None, for NumPy source."""
    return "[" + ", ".join(_key_part(k) for k in key) + "]"


def _key_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if e is None else str(e) for e in (part.start, part.stop, part.step)]
        return ":".join(ends if part.step is not None else ends[:2])
    return str(part)


def _index_shape(shape: Shape, params: Params) -> Shape:
    key = params["key"]
    axes = sum(k is not None for k in key)
    if axes > len(shape):
        raise ShapeError(f"{axes} indices for {describe(shape)}")
    try:
        return numpy.broadcast_to(numpy.float64(0), shape)[key].shape
    except IndexError:
        bad = next((k, n) for k, n in zip((k for k in key if k is not None), shape, strict=False) if _outside(k, n))
        raise ShapeError(f"index {bad[0]} is outside: that axis has {bad[1]} entries, counted from 0") from None


def _outside(part: Any, entries: int) -> bool:
    return isinstance(part, int) and not -entries <= part < entries


linear(
    "index",
    lambda args, node: args[0] + key_source(node.params["key"]),
    _fixed(_index_shape),
    lambda p, y, x: apply("put", p, key=y.params["key"], shape=x.shape),
    "{0}_{{{key}}}",
    [
        (VECTOR, {"key": (1,)}),
        (VECTOR, {"key": (-1,)}),
        (MATRIX, {"key": (slice(None), 1)}),
        (MATRIX, {"key": (slice(0, 2), slice(None, None, 2))}),
        (VECTOR, {"key": (slice(None), None)}),
    ],
)
linear(
    "put",
    lambda args, node: f"numeric.put({args[0]}, numpy.s_{key_source(node.params['key'])}, {node.shape})",
    _fixed(lambda shape, params: params["shape"]),
    lambda p, y, x: apply("index", p, key=y.params["key"]),
    r"\mathrm{{put}}({0})",
    [(2.0, {"key": (1,), "shape": (3,)}), (VECTOR, {"key": (slice(None), 1), "shape": (3, 2)})],
)



def _windows_shape(shape: Shape, params: Params) -> Shape:
    (height, width), stride = params["size"], params["stride"]
    if len(shape) < 2:
        raise ShapeError(f"windows lie over the last two axes, and this is {describe(shape)}")
    if not (1 <= height <= shape[-2] and 1 <= width <= shape[-1]):
        raise ShapeError(f"a window of {height} × {width} has no place in {describe(shape[-2:])}")
    places = ((shape[-2] - height) // stride + 1, (shape[-1] - width) // stride + 1)
    return (*shape[:-2], *places, height, width)


IMAGE = numpy.sin(numpy.arange(20.0)).reshape(4, 5)

linear(
    "windows",
    "numeric.windows({0}, {size}, {stride})",
    _fixed(_windows_shape),
    lambda p, y, x: apply("overlapped", p, stride=y.params["stride"], into=x.shape[-2:]),
    r"\mathrm{{windows}}({0})",
    [(IMAGE, {"size": (2, 3), "stride": 1}), (IMAGE, {"size": (2, 2), "stride": 2})],
)
linear(
    "overlapped",
    "numeric.overlapped({0}, {stride}, {into})",
    _fixed(lambda shape, params: (*shape[:-4], *params["into"])),
    lambda p, y, x: apply("windows", p, size=x.shape[-2:], stride=y.params["stride"]),
    r"\mathrm{{windows}}^\top({0})",
    [
        (IMAGE.reshape(2, 1, 2, 5), {"stride": 1, "into": (3, 5)}),
        (IMAGE.reshape(1, 2, 2, 5), {"stride": 3, "into": (2, 8)}),
    ],
)

# ---- reductions -------------------------------------------------------------------------------------------------
# `axis` is a tuple of axes counted from the end (-1 is the last), so that a leading axis may be added.


def reduced_shape(shape: Shape, params: Params) -> Shape:
    """The shape that a reduction over `axis` leaves."""
    axes = {a % len(shape) for a in params["axis"]} if shape else set()
    if params["keepdims"]:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def _reduced_some(shape: Shape, params: Params) -> Shape:
    """The same for what is not defined for nothing, such as the largest entry."""
    if any(shape[a] == 0 for a in params["axis"]):
        raise ShapeError("an axis without entries has no mean and no largest entry")
    return reduced_shape(shape, params)


def _same_some(shape: Shape, params: Params) -> Shape:
    _reduced_some(shape, {**params, "keepdims": True})
    return shape


def spread(p: Node, y: Node, x: Node) -> Node:
    """What has the shape of the reduction `y`, repeated to the shape of its argument `x`."""
    kept = reduced_shape(x.shape, {"axis": y.params["axis"], "keepdims": True})
    return broadcast(reshaped(p, kept), x.shape)


def _count(y: Node, x: Node) -> int:
    return x.size // max(y.size, 1)


def _whole(ndim: int) -> tuple[int, ...]:
    return tuple(range(-ndim, 0))


REDUCE_AT = [
    (MATRIX, {"axis": (-2, -1), "keepdims": False}),
    (MATRIX, {"axis": (-1,), "keepdims": True}),
    (MATRIX, {"axis": (-2,), "keepdims": False}),
    (VECTOR, {"axis": (-1,), "keepdims": False}),
]
TIES = [
    (numpy.array([2.0, -1.0, 2.0]), {"axis": (-1,), "keepdims": False}),
    (numpy.array([[1.0, 3.0, 3.0], [0.5, 0.5, 0.5]]), {"axis": (-1,), "keepdims": True}),
]
linear(
    "sum",
    "numpy.sum({0}, axis={axis}, keepdims={keepdims})",
    _fixed(reduced_shape),
    lambda p, y, x: spread(p, y, x),
    r"\sum {0}",
    REDUCE_AT,
)
linear(
    "mean",
    "numpy.mean({0}, axis={axis}, keepdims={keepdims})",
    _fixed(_reduced_some),
    lambda p, y, x: spread(p, y, x) / _count(y, x),
    r"\mathrm{{mean}}({0})",
    REDUCE_AT,
)


def same_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """The shape of the first argument."""
    return shapes[0]


def _summed(x: Node, like: Node, keepdims: bool = True) -> Node:
    return apply("sum", x, axis=like.params["axis"], keepdims=keepdims)


def _reduction(
    name: str, source: str, back: Any, forth: Any, latex: str, shape: Any = None, at: list[Any] | None = None
) -> Op:
    return _row(
        Op(
            name,
            lambda args, node: source.format(*args, **node.params),
            _fixed(shape or _reduced_some),
            (back,),
            (forth,),
            latex,
            tuple(at or REDUCE_AT),
        )
    )


def _log_sum_weights(y: Node, x: Node) -> Node:
    return apply("exp", x - spread(y, y, x))


_reduction(
    "logsumexp",
    "numeric.logsumexp({0}, {axis}, {keepdims})",
    lambda p, y, x: spread(p, y, x) * _log_sum_weights(y, x),
    lambda t, y, x: _summed(t * _log_sum_weights(y, x), y, y.params["keepdims"]),
    r"\log \sum e^{{{0}}}",
)
_reduction(
    "softmax",
    "numeric.softmax({0}, {axis})",
    lambda p, y, x: y * (p - _summed(p * y, y)),
    lambda t, y, x: y * (t - _summed(t * y, y)),
    r"\mathrm{{softmax}}({0})",
    _same_some,
)
_reduction(
    "log_softmax",
    "numeric.log_softmax({0}, {axis})",
    lambda p, y, x: p - apply("softmax", x, **y.params) * _summed(p, y),
    lambda t, y, x: t - _summed(t * apply("softmax", x, **y.params), y),
    r"\mathrm{{LS}}({0})",
    _same_some,
)
_reduction(
    "max",
    "numpy.max({0}, axis={axis}, keepdims={keepdims})",
    lambda p, y, x: _through(spread(p, y, x), apply("max_share", x, axis=y.params["axis"])),
    lambda t, y, x: _summed(_through(t, apply("max_share", x, axis=y.params["axis"])), y, y.params["keepdims"]),
    r"\max {0}",
    at=[*REDUCE_AT, *TIES],
)
_row(
    Op(
        "max_share",
        lambda args, node: f"numeric.max_share({args[0]}, {node.params['axis']})",
        same_shape,
        (None,),
        (None,),
        r"[\mathrm{{largest}}]",
        ((MATRIX, {"axis": (-1,)}), (VECTOR, {"axis": (-1,)})),
        kink=lambda x: "simplex",
    )
)
_row(
    Op(
        "norm",
        lambda args, node: f"numeric.norm({args[0]}, {node.params['axis']})",
        _fixed(lambda shape, params: shape[: len(shape) - len(params["axis"])]),
        (lambda p, y, x: p * apply("direction", x, **y.params),),
        (lambda t, y, x: total(t * apply("direction", x, **y.params)),),
        r"\|{0}\|",
        ((VECTOR, {"axis": (-1,)}), (MATRIX, {"axis": (-2, -1)}), (numpy.zeros(3), {"axis": (-1,)})),
    )
)
_row(
    Op(
        "direction",
        lambda args, node: f"numeric.direction({args[0]}, {node.params['axis']})",
        same_shape,
        (lambda p, y, x: (p - y * total(p * y)) / apply("norm", x, **y.params),),
        (lambda t, y, x: (t - y * total(t * y)) / apply("norm", x, **y.params),),
        r"\frac{{{0}}}{{\|{0}\|}}",
        ((VECTOR, {"axis": (-1,)}), (MATRIX, {"axis": (-2, -1)})),
        kink=lambda x: "ball",
    )
)


def norm(x: Node) -> Node:
    """The Euclidean norm of all entries."""
    return apply("norm", x, axis=_whole(len(x.shape))) if x.shape else apply("abs", x)


def total(x: Node) -> Node:
    """The sum of all entries."""
    return x if x.shape == () else apply("sum", x, axis=_whole(len(x.shape)), keepdims=False)


linear(
    "cumsum",
    "numpy.cumsum({0}, axis={axis})",
    _fixed(lambda shape, params: shape),
    lambda p, y, x: apply("reverse_cumsum", p, axis=y.params["axis"]),
    r"\mathrm{{cumsum}}({0})",
    [(VECTOR, {"axis": -1}), (MATRIX, {"axis": -2})],
)
linear(
    "reverse_cumsum",
    "numpy.flip(numpy.cumsum(numpy.flip({0}, {axis}), axis={axis}), {axis})",
    _fixed(lambda shape, params: shape),
    lambda p, y, x: apply("cumsum", p, axis=y.params["axis"]),
    r"\mathrm{{cumsum}}^\top({0})",
    [(VECTOR, {"axis": -1}), (MATRIX, {"axis": -2})],
)

# ---- products of arrays -----------------------------------------------------------------------------------------


def _matmul_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    a, b = shapes
    if not a or not b:
        raise ShapeError("@ multiplies vectors and matrices, not numbers; a number is multiplied with *")
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        left = "the columns of {0}" if len(a) > 1 else "the entries of {0}"
        right = "the rows of {1}" if len(b) > 1 else "the entries of {1}"
        raise ShapeError(f"{left} ({a[-1]}) and {right} ({inner}) must agree")
    stack = _broadcast((a[:-2], b[:-2]), params)
    return stack + (a[-2:-1] if len(a) > 1 else ()) + (b[-1:] if len(b) > 1 else ())


def _as_row(x: Node) -> Node:
    return reshaped(x, (1, x.shape[0])) if len(x.shape) == 1 else x


def _as_column(x: Node) -> Node:
    return reshaped(x, (x.shape[0], 1)) if len(x.shape) == 1 else x


def _full_adjoint(p: Node, a: Node, b: Node) -> Node:
    """The adjoint of a product with the axes that NumPy drops of vectors put back."""
    stack = p.shape[: len(p.shape) - (len(a.shape) > 1) - (len(b.shape) > 1)]
    rows = a.shape[-2] if len(a.shape) > 1 else 1
    columns = b.shape[-1] if len(b.shape) > 1 else 1
    return reshaped(p, (*stack, rows, columns))


def _outer(a: Node, b: Node) -> Node:
    """The outer product of vectors; of matrices the product with the transpose."""
    if len(a.shape) == len(b.shape) == 1:
        return reshaped(a, (a.size, 1)) * reshaped(b, (1, b.size))
    return _as_column(a) @ transposed(_as_column(b))


def _matmul_left(p: Node, y: Node, a: Node, b: Node) -> Node:
    if len(b.shape) == 1 and len(a.shape) <= 2:
        return _outer(p, b) if len(a.shape) == 2 else p * b
    if len(a.shape) == 1 and len(b.shape) == 2:
        return b @ p
    back = _full_adjoint(p, a, b) @ transposed(_as_column(b))
    return reshaped(sum_to(back, _as_row(a).shape), a.shape)


def _matmul_right(p: Node, y: Node, a: Node, b: Node) -> Node:
    if len(a.shape) == 1 and len(b.shape) <= 2:
        return _outer(a, p) if len(b.shape) == 2 else p * a
    if len(b.shape) == 1 and len(a.shape) == 2:
        return p @ a
    back = transposed(_as_row(a)) @ _full_adjoint(p, a, b)
    return reshaped(sum_to(back, _as_column(b).shape), b.shape)


_row(
    Op(
        "matmul",
        lambda args, node: f"{args[0]} @ {args[1]}",
        _matmul_shape,
        (_matmul_left, _matmul_right),
        (lambda t, y, a, b: t @ b, lambda t, y, a, b: a @ t),
        "{0} {1}",
        (
            (MATRIX, VECTOR),
            (VECTOR, MATRIX.T),
            (VECTOR, VECTOR + 1),
            (MATRIX, MATRIX.T + 0.5),
        ),
    )
)


def _square_shape(shape: Shape, params: Params) -> Shape:
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"a square matrix is needed, this is {describe(shape)}")
    return shape


SQUARE = numpy.array([[2.0, -1.0, 0.5], [0.3, 1.5, -0.7], [1.0, 0.4, 3.0]])


def _matrix_function(name: str, shape: Any, back: Any, forth: Any, latex: str) -> Op:
    return _row(
        Op(name, lambda args, node: f"numeric.{name}({args[0]})", shape, (back,), (forth,), latex, ((SQUARE, {}),))
    )


def _to_number(shapes: tuple[Shape, ...], params: Params) -> Shape:
    _square_shape(shapes[0], params)
    return ()


def _cofactors_forward(t: Node, y: Node, a: Node) -> Node:
    back = transposed(apply("inv", a))
    return total(y * t) * back - y @ transposed(t) @ back


_matrix_function(
    "inv",
    _fixed(_square_shape),
    lambda p, y, a: -(transposed(y) @ p @ transposed(y)),
    lambda t, y, a: -(y @ t @ y),
    "{0}^{{-1}}",
)
_matrix_function(
    "det",
    _to_number,
    lambda p, y, a: p * apply("cofactors", a),
    lambda t, y, a: total(t * apply("cofactors", a)),
    r"\det {0}",
)
_matrix_function(
    "cofactors",
    _fixed(_square_shape),
    lambda p, y, a: total(y * p) * transposed(apply("inv", a)) - transposed(apply("inv", a)) @ transposed(p) @ y,
    _cofactors_forward,
    r"\mathrm{{cof}} {0}",
)
_row(
    Op(
        "logdet",
        lambda args, node: f"numpy.linalg.slogdet({args[0]})[1]",
        _to_number,
        (lambda p, y, a: p * transposed(apply("inv", a)),),
        (lambda t, y, a: total(t * transposed(apply("inv", a))),),
        r"\log |\det {0}|",
        ((SQUARE, {}),),
    )
)


def _solve_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    a, b = shapes
    _square_shape(a, params)
    if not b or len(b) > 2 or b[0] != a[0]:
        raise ShapeError("the rows of {0} and those of {1} must agree")
    return b


_row(
    Op(
        "solve",
        lambda args, node: f"numeric.solve({args[0]}, {args[1]})",
        _solve_shape,
        (
            lambda p, y, a, b: -_outer(apply("solve", transposed(a), p), y),
            lambda p, y, a, b: apply("solve", transposed(a), p),
        ),
        (lambda t, y, a, b: -apply("solve", a, t @ y), lambda t, y, a, b: apply("solve", a, t)),
        "{0}^{{-1}} {1}",
        ((SQUARE, VECTOR), (SQUARE, SQUARE.T + 0.5)),
    )
)


def _diag_shape(shape: Shape, params: Params) -> Shape:
    if len(shape) == 1:
        return (shape[0], shape[0])
    return _square_shape(shape, params)[:1]


linear(
    "diag",
    lambda args, node: f"numeric.{'diag' if len(node.shape) > len(node.args[0].shape) else 'diagonal'}({args[0]})",
    _fixed(_diag_shape),
    lambda p, y, x: apply("diag", p),
    r"\mathrm{{diag}}({0})",
    [(VECTOR, {}), (SQUARE, {})],
)

# ---- several arrays to one --------------------------------------------------------------------------------------


def _concat_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    axis = params["axis"]
    if any(len(s) != len(shapes[0]) for s in shapes) or not -len(shapes[0]) <= axis < 0:
        raise ShapeError("all parts need the same number of axes, and the axis must be one of them")
    at = axis % len(shapes[0])
    if any(s[:at] + s[at + 1 :] != shapes[0][:at] + shapes[0][at + 1 :] for s in shapes):
        raise ShapeError("the parts must agree in every axis but the one along which they are joined")
    return (*shapes[0][:at], sum(s[at] for s in shapes), *shapes[0][at + 1 :])


def _concat_part(k: int) -> Callable[..., Node]:
    def back(p: Node, y: Node, *parts: Node) -> Node:
        return apply("index", p, key=_part_key(y, parts, k))

    return back


def _concat_forward(k: int) -> Callable[..., Node]:
    def forth(t: Node, y: Node, *parts: Node) -> Node:
        return apply("put", t, key=_part_key(y, parts, k), shape=y.shape)

    return forth


def _part_key(y: Node, parts: tuple[Node, ...], k: int) -> tuple[slice, ...]:
    at = y.params["axis"] % len(y.shape)
    start = sum(x.shape[at] for x in parts[:k])
    return (*(slice(None) for _ in range(at)), slice(start, start + parts[k].shape[at]))


MOST_PARTS = 64
_row(
    Op(
        "concat",
        lambda args, node: f"numpy.concatenate(({', '.join(args)},), axis={node.params['axis']})",
        _concat_shape,
        tuple(_concat_part(k) for k in range(MOST_PARTS)),
        tuple(_concat_forward(k) for k in range(MOST_PARTS)),
        "[{0}; {1}]",
        ((MATRIX, MATRIX + 1, {"axis": -1}), (MATRIX, MATRIX * 2, {"axis": -2}), (VECTOR, VECTOR + 1, {"axis": -1})),
    )
)

# ---- labels -----------------------------------------------------------------------------------------------------


def _pick_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    q, y = shapes
    if len(q) != len(y) + 1 or q[:-1] != y:
        raise ShapeError("a label picks an entry of a vector, a batch of labels one entry of each row of a matrix")
    return y


_row(
    Op(
        "pick",
        lambda args, node: f"numeric.pick({args[0]}, {args[1]})",
        _pick_shape,
        (
            lambda p, y, q, label: gated(
                apply("onehot", label, classes=q.shape[-1]), broadcast(reshaped(p, (*p.shape, 1)), q.shape)
            ),
            None,
        ),
        (lambda t, y, q, label: apply("pick", t, label), None),
        "{0}_{{{1}}}",
        ((VECTOR, 1.0), (MATRIX, numpy.array([2.0, 0.0]))),
    )
)
_row(
    Op(
        "onehot",
        lambda args, node: f"numeric.onehot({args[0]}, {node.params['classes']})",
        lambda shapes, params: (*shapes[0], params["classes"]),
        (None,),
        (None,),
        r"\mathrm{{onehot}}({0})",
    )
)

# ---- compositions that formulas may call ------------------------------------------------------------------------


def product(x: Node, axis: tuple[int, ...], keepdims: bool) -> Node:
    """The product of entries, folded in halves: its derivative needs no division, so zeros do no harm."""
    kept = reduced_shape(x.shape, {"axis": axis, "keepdims": True})
    if any(x.shape[a] == 0 for a in axis):
        return ones(kept if keepdims else reduced_shape(x.shape, {"axis": axis, "keepdims": False}))
    for a in axis:
        while x.shape[a] > 1:
            half = x.shape[a] // 2
            left, right, rest = (_cut(x, a, *ends) for ends in ((0, half), (half, 2 * half), (2 * half, None)))
            x = left * right
            if rest.shape[a]:
                x = x * rest if x.shape[a] == 1 else apply("concat", x, rest, axis=a)
    return reshaped(x, kept) if keepdims else reshaped(x, reduced_shape(kept, {"axis": axis, "keepdims": False}))


def _cut(x: Node, axis: int, start: int, stop: int | None) -> Node:
    at = axis % len(x.shape)
    return apply("index", x, key=(*(slice(None) for _ in range(at)), slice(start, stop)))


def ones(shape: Shape) -> Node:
    """A constant array of ones."""
    return constant(numpy.ones(shape))


def zeros(shape: Shape) -> Node:
    """A constant array of zeros."""
    return constant(numpy.zeros(shape))
