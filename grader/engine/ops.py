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
from typing import Any

import numpy

from grader.engine.node import COMMON, Node, Op, apply, constant, is_constant
from grader.engine.rows import elementwise, linear, row, through
from grader.engine.rules import (
    MOST_JOINED,
    broadcast,
    cofactors_forward,
    concat_forward,
    concat_part,
    gated,
    log_of_base,
    log_sum_weights,
    matmul_left,
    matmul_right,
    normal_density,
    other_leg,
    outer,
    power_slope,
    power_slope_by_exponent,
    reshaped,
    spread,
    sum_to,
    sum_to_source,
    summed,
    total,
    transposed,
)
from grader.engine.shapes import (
    broadcast_shape,
    concat_shape,
    diag_shape,
    index_shape,
    key_source,
    matmul_shape,
    of_one,
    pick_shape,
    reduced_shape,
    reduced_some,
    reshape_shape,
    same_shape,
    same_some,
    solve_shape,
    square_shape,
    to_number,
    transpose_shape,
    windows_shape,
)

# ---- leaves -----------------------------------------------------------------------------------------------------

row(Op("leaf", lambda args, node: node.params["name"], lambda shapes, params: (), (), (), "{name}"))
row(Op("constant", lambda args, node: "", lambda shapes, params: (), (), (), "{value}"))
COMMON |= {number: constant(number) for number in (0.5, 1.0, 2.0, -1.0)}
# A named node of a problem: the identity, kept so that edges and adjoints of named nodes can be found.
row(
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


PAIRS = [(2.0, -3.0), (numpy.array([1.5, -0.4]), 0.7), (numpy.array([[1.0, 2.0], [-0.3, 0.6]]), numpy.array([0.5, 2]))]

elementwise("neg", "-{0}", [lambda y, a: -1.0], "-{0}", [2.0, numpy.array([1.0, -2.0])])
elementwise("add", "{0} + {1}", [lambda y, a, b: 1.0, lambda y, a, b: 1.0], "{0} + {1}", PAIRS)
elementwise("sub", "{0} - {1}", [lambda y, a, b: 1.0, lambda y, a, b: -1.0], "{0} - {1}", PAIRS)
elementwise("mul", "{0} * {1}", [lambda y, a, b: b, lambda y, a, b: a], r"{0} \, {1}", [*PAIRS, (0.0, 3.0)])
elementwise("div", "{0} / {1}", [lambda y, a, b: 1 / b, lambda y, a, b: -y / b], r"\frac{{{0}}}{{{1}}}", PAIRS)
elementwise(
    "pow",
    "{0} ** {1}",
    [power_slope, lambda y, a, b: y * log_of_base(a)],
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
    [lambda y, a, b: apply("power_slope", a, b, order=y.params["order"] + 1), power_slope_by_exponent],
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
elementwise("arcsin", "numpy.arcsin({0})", [lambda y, x: 1 / other_leg(x)], r"\arcsin {0}", WITHIN_1)
elementwise("arccos", "numpy.arccos({0})", [lambda y, x: -1 / other_leg(x)], r"\arccos {0}", WITHIN_1)
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
elementwise("normal_share", "numeric.normal_share({0})", [lambda y, x: normal_density(x)], r"\Phi({0})", WIDE)
elementwise(
    "gelu",
    "{0} * numeric.normal_share({0})",
    [lambda y, x: apply("normal_share", x) + x * normal_density(x)],
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
row(
    Op(
        "gate",
        lambda args, node: f"numpy.where({args[0]}, {args[1]}, 0.0)[()]",
        broadcast_shape,
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


linear(
    "reshape",
    "numpy.reshape({0}, {shape})",
    of_one(reshape_shape),
    lambda p, y, x: reshaped(p, x.shape),
    r"\mathrm{{reshape}}({0})",
    [(MATRIX, {"shape": (3, 2)}), (VECTOR, {"shape": (3, 1)})],
)
linear(
    "broadcast",
    "numpy.broadcast_to({0}, {shape})",
    of_one(lambda shape, params: params["shape"]),
    lambda p, y, x: sum_to(p, x.shape),
    "{0}",
    [(VECTOR, {"shape": (2, 3)}), (2.0, {"shape": (2, 3)})],
)
linear(
    "sum_to",
    sum_to_source,
    of_one(lambda shape, params: params["shape"]),
    lambda p, y, x: broadcast(p, x.shape),
    r"\sum {0}",
    [(MATRIX, {"shape": (3,)}), (MATRIX, {"shape": (2, 1)}), (MATRIX, {"shape": ()})],
)


linear(
    "transpose",
    "numpy.transpose({0}, {axes})",
    of_one(transpose_shape),
    lambda p, y, x: apply("transpose", p, axes=tuple(int(a) for a in numpy.argsort(y.params["axes"]))),
    r"{0}^\top",
    [(MATRIX, {"axes": (1, 0)})],
)


linear(
    "index",
    lambda args, node: args[0] + key_source(node.params["key"]),
    of_one(index_shape),
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
    of_one(lambda shape, params: params["shape"]),
    lambda p, y, x: apply("index", p, key=y.params["key"]),
    r"\mathrm{{put}}({0})",
    [(2.0, {"key": (1,), "shape": (3,)}), (VECTOR, {"key": (slice(None), 1), "shape": (3, 2)})],
)


IMAGE = numpy.sin(numpy.arange(20.0)).reshape(4, 5)

linear(
    "windows",
    "numeric.windows({0}, {size}, {stride})",
    of_one(windows_shape),
    lambda p, y, x: apply("overlapped", p, stride=y.params["stride"], into=x.shape[-2:]),
    r"\mathrm{{windows}}({0})",
    [(IMAGE, {"size": (2, 3), "stride": 1}), (IMAGE, {"size": (2, 2), "stride": 2})],
)
linear(
    "overlapped",
    "numeric.overlapped({0}, {stride}, {into})",
    of_one(lambda shape, params: (*shape[:-4], *params["into"])),
    lambda p, y, x: apply("windows", p, size=x.shape[-2:], stride=y.params["stride"]),
    r"\mathrm{{windows}}^\top({0})",
    [
        (IMAGE.reshape(2, 1, 2, 5), {"stride": 1, "into": (3, 5)}),
        (IMAGE.reshape(1, 2, 2, 5), {"stride": 3, "into": (2, 8)}),
    ],
)

# ---- reductions -------------------------------------------------------------------------------------------------
# `axis` is a tuple of axes counted from the end (-1 is the last), so that a leading axis may be added.


def _count(y: Node, x: Node) -> int:
    return x.size // max(y.size, 1)


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
    of_one(reduced_shape),
    lambda p, y, x: spread(p, y, x),
    r"\sum {0}",
    REDUCE_AT,
)
linear(
    "mean",
    "numpy.mean({0}, axis={axis}, keepdims={keepdims})",
    of_one(reduced_some),
    lambda p, y, x: spread(p, y, x) / _count(y, x),
    r"\mathrm{{mean}}({0})",
    REDUCE_AT,
)


def _reduction(
    name: str, source: str, back: Any, forth: Any, latex: str, shape: Any = None, at: list[Any] | None = None
) -> Op:
    return row(
        Op(
            name,
            lambda args, node: source.format(*args, **node.params),
            of_one(shape or reduced_some),
            (back,),
            (forth,),
            latex,
            tuple(at or REDUCE_AT),
        )
    )


_reduction(
    "logsumexp",
    "numeric.logsumexp({0}, {axis}, {keepdims})",
    lambda p, y, x: spread(p, y, x) * log_sum_weights(y, x),
    lambda t, y, x: summed(t * log_sum_weights(y, x), y, y.params["keepdims"]),
    r"\log \sum e^{{{0}}}",
)
_reduction(
    "softmax",
    "numeric.softmax({0}, {axis})",
    lambda p, y, x: y * (p - summed(p * y, y)),
    lambda t, y, x: y * (t - summed(t * y, y)),
    r"\mathrm{{softmax}}({0})",
    same_some,
)
_reduction(
    "log_softmax",
    "numeric.log_softmax({0}, {axis})",
    lambda p, y, x: p - apply("softmax", x, **y.params) * summed(p, y),
    lambda t, y, x: t - summed(t * apply("softmax", x, **y.params), y),
    r"\mathrm{{LS}}({0})",
    same_some,
)
_reduction(
    "max",
    "numpy.max({0}, axis={axis}, keepdims={keepdims})",
    lambda p, y, x: through(spread(p, y, x), apply("max_share", x, axis=y.params["axis"])),
    lambda t, y, x: summed(through(t, apply("max_share", x, axis=y.params["axis"])), y, y.params["keepdims"]),
    r"\max {0}",
    at=[*REDUCE_AT, *TIES],
)
row(
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
row(
    Op(
        "norm",
        lambda args, node: f"numeric.norm({args[0]}, {node.params['axis']})",
        of_one(lambda shape, params: shape[: len(shape) - len(params["axis"])]),
        (lambda p, y, x: p * apply("direction", x, **y.params),),
        (lambda t, y, x: total(t * apply("direction", x, **y.params)),),
        r"\|{0}\|",
        ((VECTOR, {"axis": (-1,)}), (MATRIX, {"axis": (-2, -1)}), (numpy.zeros(3), {"axis": (-1,)})),
    )
)
row(
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


linear(
    "cumsum",
    "numpy.cumsum({0}, axis={axis})",
    of_one(lambda shape, params: shape),
    lambda p, y, x: apply("reverse_cumsum", p, axis=y.params["axis"]),
    r"\mathrm{{cumsum}}({0})",
    [(VECTOR, {"axis": -1}), (MATRIX, {"axis": -2})],
)
linear(
    "reverse_cumsum",
    "numpy.flip(numpy.cumsum(numpy.flip({0}, {axis}), axis={axis}), {axis})",
    of_one(lambda shape, params: shape),
    lambda p, y, x: apply("cumsum", p, axis=y.params["axis"]),
    r"\mathrm{{cumsum}}^\top({0})",
    [(VECTOR, {"axis": -1}), (MATRIX, {"axis": -2})],
)

# ---- products of arrays -----------------------------------------------------------------------------------------


row(
    Op(
        "matmul",
        lambda args, node: f"{args[0]} @ {args[1]}",
        matmul_shape,
        (matmul_left, matmul_right),
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


SQUARE = numpy.array([[2.0, -1.0, 0.5], [0.3, 1.5, -0.7], [1.0, 0.4, 3.0]])


def _matrix_function(name: str, shape: Any, back: Any, forth: Any, latex: str) -> Op:
    return row(
        Op(name, lambda args, node: f"numeric.{name}({args[0]})", shape, (back,), (forth,), latex, ((SQUARE, {}),))
    )


_matrix_function(
    "inv",
    of_one(square_shape),
    lambda p, y, a: -(transposed(y) @ p @ transposed(y)),
    lambda t, y, a: -(y @ t @ y),
    "{0}^{{-1}}",
)
_matrix_function(
    "det",
    to_number,
    lambda p, y, a: p * apply("cofactors", a),
    lambda t, y, a: total(t * apply("cofactors", a)),
    r"\det {0}",
)
_matrix_function(
    "cofactors",
    of_one(square_shape),
    lambda p, y, a: total(y * p) * transposed(apply("inv", a)) - transposed(apply("inv", a)) @ transposed(p) @ y,
    cofactors_forward,
    r"\mathrm{{cof}} {0}",
)
row(
    Op(
        "logdet",
        lambda args, node: f"numpy.linalg.slogdet({args[0]})[1]",
        to_number,
        (lambda p, y, a: p * transposed(apply("inv", a)),),
        (lambda t, y, a: total(t * transposed(apply("inv", a))),),
        r"\log |\det {0}|",
        ((SQUARE, {}),),
    )
)


row(
    Op(
        "solve",
        lambda args, node: f"numeric.solve({args[0]}, {args[1]})",
        solve_shape,
        (
            lambda p, y, a, b: -outer(apply("solve", transposed(a), p), y),
            lambda p, y, a, b: apply("solve", transposed(a), p),
        ),
        (lambda t, y, a, b: -apply("solve", a, t @ y), lambda t, y, a, b: apply("solve", a, t)),
        "{0}^{{-1}} {1}",
        ((SQUARE, VECTOR), (SQUARE, SQUARE.T + 0.5)),
    )
)


linear(
    "diag",
    lambda args, node: f"numeric.{'diag' if len(node.shape) > len(node.args[0].shape) else 'diagonal'}({args[0]})",
    of_one(diag_shape),
    lambda p, y, x: apply("diag", p),
    r"\mathrm{{diag}}({0})",
    [(VECTOR, {}), (SQUARE, {})],
)

# ---- several arrays to one --------------------------------------------------------------------------------------


row(
    Op(
        "concat",
        lambda args, node: f"numpy.concatenate(({', '.join(args)},), axis={node.params['axis']})",
        concat_shape,
        tuple(concat_part(k) for k in range(MOST_JOINED)),
        tuple(concat_forward(k) for k in range(MOST_JOINED)),
        "[{0}; {1}]",
        ((MATRIX, MATRIX + 1, {"axis": -1}), (MATRIX, MATRIX * 2, {"axis": -2}), (VECTOR, VECTOR + 1, {"axis": -1})),
    )
)

# ---- labels -----------------------------------------------------------------------------------------------------


row(
    Op(
        "pick",
        lambda args, node: f"numeric.pick({args[0]}, {args[1]})",
        pick_shape,
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
row(
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
