"""Graphs as a person would write them: the same values, without the noise that differentiation leaves behind.

Used for printing alone; what is marked is never computed from it. Every rule keeps shape and value (where that is
finite), so a simplified graph can be evaluated beside the one it came from. No recursion over the graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

from grader.engine.node import Node, Op, Shape, apply, constant, topological

MOST_ENTRIES = 8
"""Entries of a vector that is put together from single ones, and then printed as a column."""
_NAMES = frozenset({"leaf", "named", "index", "pick", "reshape"})
_CHAINS = ({"add", "sub"}, {"mul", "div"})
_SHARES = frozenset("relu_slope max_first_share min_first_share where_share onehot lt le gt ge eq".split())  # noqa: SIM905


def readable(
    outputs: Iterable[Node], leaves: frozenset[Node] = frozenset(), factors: frozenset[Node] = frozenset()
) -> list[Node]:
    """The outputs, simplified for reading; nothing below `leaves` is touched.

    `factors` (adjoints and tangents) are put in front of a sum of which every term has them.
    """
    outputs = list(outputs)
    simplifier = _Simplifier(factors)
    done: dict[Node, Node] = {}
    order = topological(outputs, leaves)
    inside = _inside_of_chains(order, outputs)
    for node in order:
        args = [] if node in leaves else [done[a] for a in node.args]
        if node in inside:
            done[node] = simplifier.make(node.op, args, node.params, node.shape)
        elif args:
            done[node] = simplifier.rebuilt(node, args)
        else:
            done[node] = simplifier.kept(node) if node.op.name == "constant" else node
    return [done[o] for o in outputs]


def _inside_of_chains(order: list[Node], outputs: list[Node]) -> set[Node]:
    """Sums that only other sums read, and products: they are simplified once, where the chain ends."""
    readers: dict[Node, list[Node]] = {}
    for node in order:
        for arg in node.args:
            readers.setdefault(arg, []).append(node)
    return {
        node
        for node in order
        for chain in _CHAINS
        if node.op.name in chain and node not in outputs and all(r.op.name in chain for r in readers[node])
    }


def contains(node: Node, sought: frozenset[Node], leaves: frozenset[Node] = frozenset()) -> bool:
    """Whether a node is made of any of the sought ones."""
    return any(part in sought for part in topological([node], leaves | sought))


def factors_of(node: Node) -> tuple[float, list[tuple[Node, float]]]:
    """A product as its number and its factors with their exponents, in order of appearance."""
    number, found = 1.0, dict[Node, float]()
    stack: list[tuple[Node, float]] = [(node, 1.0)]
    while stack:
        part, exponent = stack.pop()
        match part.op.name:
            case "mul":
                stack += [(part.args[1], exponent), (part.args[0], exponent)]
            case "div":
                stack += [(part.args[1], -exponent), (part.args[0], exponent)]
            case "neg":
                number = -number
                stack.append((part.args[0], exponent))
            case "square" if float(exponent).is_integer():
                stack.append((part.args[0], 2 * exponent))
            case "pow" if float(exponent).is_integer() and _whole(part.args[1]) is not None:
                stack.append((part.args[0], exponent * float(part.args[1].params["value"])))
            case "broadcast":
                stack.append((part.args[0], exponent))
            case _:
                value = _uniform(part)
                if value is None or (value == 0 and exponent < 0) or not numpy.isfinite(value):
                    found[part] = found.get(part, 0.0) + exponent
                else:
                    number *= value**exponent
    return number, [(base, exponent) for base, exponent in found.items() if exponent]


def _whole(node: Node) -> int | None:
    value = _uniform(node) if node.shape == () else None
    return int(value) if value is not None and float(value).is_integer() and abs(value) < 100 else None


def _uniform(node: Node) -> float | None:
    """The number that all entries of a constant are."""
    if node.op.name != "constant" or not node.size:
        return None
    value = node.params["value"]
    return float(value.flat[0]) if numpy.all(value == value.flat[0]) else None


class _Simplifier:
    """Builds nodes, each once, so that equal ones are the same one; rules by the name of the operation."""

    def __init__(self, factors: frozenset[Node]) -> None:
        self.factors = factors
        self._known: dict[Any, Node] = {}

    def rebuilt(self, node: Node, args: list[Node]) -> Node:
        """The operation of `node` on simplified arguments, simplified, in the shape of `node`."""
        rule = getattr(self, f"_{node.op.name}", None)
        made = rule(node, *args) if rule else None
        return self.shaped(made if made is not None else self.make(node.op, args, node.params, node.shape), node.shape)

    def kept(self, node: Node) -> Node:
        """The one node that stands for all that are equal to it."""
        if node.op.name == "leaf":
            return node
        key = (node.op.name, node.shape, tuple(id(a) for a in node.args), _frozen(node.params))
        return self._known.setdefault(key, node)

    def make(self, op: Op, args: Iterable[Node], params: Any, shape: Shape) -> Node:
        return self.kept(Node(op, tuple(args), params, shape))

    def apply(self, name: str, *args: Any, **params: Any) -> Node:
        return self.kept(apply(name, *args, **params))

    def number(self, value: float) -> Node:
        return self.kept(constant(value))

    def shaped(self, node: Node, shape: Shape) -> Node:
        """A node in the shape that is needed: rules may leave repetitions out."""
        if node.shape == shape:
            return node
        if node.op.name == "constant" and _uniform(node) is not None:
            return self.kept(constant(numpy.full(shape, _uniform(node))))
        if node.size == 1 and numpy.prod(shape, dtype=int) == 1:
            return self.reshaped(node, shape)
        while node.op.name == "broadcast" or (node.op.name == "reshape" and node.args[0].shape == ()):
            node = node.args[0]
        return node if node.shape == shape else self.apply("broadcast", node, shape=shape)

    def scalar(self, node: Node) -> Node:
        """A node of one entry as a number."""
        return self.reshaped(node, ())

    # ---- products -------------------------------------------------------------------------------------------------

    def _mul(self, node: Node, a: Node, b: Node) -> Node:
        return self.product(*factors_of(self.apply("mul", a, b)))

    def _div(self, node: Node, a: Node, b: Node) -> Node:
        if _uniform(b) == 0:
            return self.apply("div", a, b)
        return self.product(*factors_of(self.apply("div", a, b)))

    def _neg(self, node: Node, a: Node) -> Node:
        if a.op.name in ("add", "sub"):
            return self.total(-1.0, [(-c, core) for c, core in _terms(a)], a.shape)
        return self.product(*factors_of(self.apply("neg", a)))

    def _square(self, node: Node, a: Node) -> Node | None:
        number, factors = factors_of(a)
        if (len(factors) == 1 and number == 1 and factors[0][1] == 1) or a.op.name in ("add", "sub"):
            return None
        return self.product(number**2, [(base, 2 * exponent) for base, exponent in factors])

    def _pow(self, node: Node, a: Node, b: Node) -> Node | None:
        exponent = _uniform(b) if b.shape == () else None
        if exponent is None or exponent not in (0.0, 1.0, 2.0):
            return None
        return self.product(1.0, [(a, exponent)])

    def _gate(self, node: Node, mask: Node, x: Node) -> Node | None:
        number, factors = factors_of(x)
        bases = [m for m, _ in factors_of(mask)[1]]
        if any(base in bases for base, _ in factors) or _vanishes_outside(x, mask):
            return x
        if all(base.op.name in _SHARES for base in bases) and bases:
            return self.product(number, [*factors, *((base, 1.0) for base in bases)])
        return None

    def product(self, number: float, factors: list[tuple[Node, float]]) -> Node:
        """A product: its number first, then numbers, then arrays; a quotient where exponents are negative."""
        if number == 0:
            return self.number(0.0)
        factors = self._outer(self._merged(self._complements(factors)))
        above = [self._power(base, e) for base, e in _numbers_first(factors) if e > 0]
        below = [self._power(base, -e) for base, e in _numbers_first(factors) if e < 0]
        sign, number = (-1.0, -number) if number < 0 else (1.0, number)
        inverse = 1 / number
        if below and not float(number).is_integer() and float(inverse).is_integer():
            number, below = 1.0, [self.number(inverse), *below]
        if number != 1 or not above:
            above = [self.number(number), *above]
        made = self._chain(above)
        if below:
            made = self.apply("div", made, self._chain(below))
        return made if sign > 0 else self._minus(made)

    def _minus(self, node: Node) -> Node:
        value = _uniform(node)
        return self.apply("neg", node) if value is None else self.number(-value)

    def _merged(self, factors: list[tuple[Node, float]]) -> list[tuple[Node, float]]:
        merged: dict[Node, float] = {}
        for base, exponent in factors:
            merged[base] = merged.get(base, 0.0) + exponent
        return [(base, e) for base, e in merged.items() if e]

    def _outer(self, factors: list[tuple[Node, float]]) -> list[tuple[Node, float]]:
        """A column times a row as the product of matrices that it is."""
        arrays = [base for base, e in factors if base.size > 1 and e == 1 and len(base.shape) == 2]
        columns, rows = ([b for b in arrays if b.shape[axis] == 1] for axis in (1, 0))
        if len(columns) != 1 or len(rows) != 1 or sum(base.size > 1 for base, _ in factors) != 2:
            return factors
        rest = [(base, e) for base, e in factors if base.size == 1]
        return [*rest, (self.apply("matmul", columns[0], rows[0]), 1.0)]

    def _chain(self, parts: list[Node]) -> Node:
        made = parts[0]
        for part in parts[1:]:
            made = self.apply("mul", made, part)
        return made

    def _power(self, base: Node, exponent: float) -> Node:
        if base.size == 1 and base.op.name == "reshape":
            base = self.scalar(base)
        if exponent == 1:
            return base
        return self.apply("square", base) if exponent == 2 else self.apply("pow", base, exponent)

    def _complements(self, factors: list[tuple[Node, float]]) -> list[tuple[Node, float]]:
        """sigma(x) sigma(-x) as sigma(x) (1 - sigma(x))."""
        present = {base.args[0]: base for base, _ in factors if base.op.name == "sigmoid"}
        out = []
        for base, exponent in factors:
            x = base.args[0] if base.op.name == "sigmoid" else None
            if x is not None and x.op.name == "neg" and x.args[0] in present:
                base = self.apply("sub", 1.0, present[x.args[0]])
            out.append((base, exponent))
        return out

    # ---- sums -----------------------------------------------------------------------------------------------------

    def _add(self, node: Node, a: Node, b: Node) -> Node:
        return self.total(1.0, [*_terms(a), *_terms(b)], node.shape)

    def _sub(self, node: Node, a: Node, b: Node) -> Node:
        return self.total(1.0, [*_terms(a), *((-c, core) for c, core in _terms(b))], node.shape)

    def total(self, sign: float, terms: list[tuple[float, Node]], shape: Shape) -> Node:
        """A sum of numbers times nodes: like terms together, nothing added that is 0, the first one positive."""
        kept = _like_terms(terms)
        spread = _like_terms([(count * c, core) for count, whole in kept for c, core in _terms(whole)])
        kept = spread if len(spread) <= len(kept) else kept
        if not kept:
            return self.number(0.0)
        if all(core.op.name == "constant" for _, core in kept):
            arrays = [count * core.params["value"] for count, core in kept]
            return self.kept(constant(numpy.sum(numpy.broadcast_arrays(*arrays), axis=0)))
        column = self._column(kept, shape)
        if column is not None:
            return column
        common = self._common_factor(kept, shape)
        if common is not None:
            return common
        kept.sort(key=lambda term: term[0] < 0)
        made = self._times(*kept[0])
        for count, core in kept[1:]:
            made = self.apply("add" if count > 0 else "sub", made, self._times(abs(count), core))
        return made

    def _times(self, count: float, core: Node) -> Node:
        number, factors = factors_of(core)
        return core if count == 1 else self.product(count * number, factors)

    def _common_factor(self, terms: list[tuple[float, Node]], shape: Shape) -> Node | None:
        if len(terms) < 2:
            return None
        split = [(count, *factors_of(core)) for count, core in terms]
        for factor in self.factors:
            if factor.shape not in ((), shape) or any((factor, 1.0) not in factors for _, _, factors in split):
                continue
            rest = [
                (count, self.product(number, [f for f in factors if f[0] is not factor]))
                for count, number, factors in split
            ]
            inner = [(count * c, core) for count, term in rest for c, core in _terms(term)]
            return self.product(1.0, [(factor, 1.0), (self.total(1.0, inner, shape), 1.0)])
        return None

    def _column(self, terms: list[tuple[float, Node]], shape: Shape) -> Node | None:
        """A vector whose entries are given one by one, as a column of them."""
        if len(shape) != 1 or not 1 < shape[0] <= MOST_ENTRIES:
            return None
        entries: list[Node] = [self.number(0.0)] * shape[0]
        for count, core in terms:
            number, factors = factors_of(core)
            places = [base for base, e in factors if base.op.name == "put" and e == 1 and base.args[0].shape == ()]
            rest = [(base, e) for base, e in factors if base not in places]
            if len(places) != 1 or any(base.shape for base, _ in rest):
                return None
            key = places[0].params["key"]
            if len(key) != 1 or not isinstance(key[0], int):
                return None
            inside, inner = factors_of(places[0].args[0])
            entry = self.product(count * number * inside, [*rest, *inner])
            at = key[0] % shape[0]
            entries[at] = self.total(1.0, [*_terms(entries[at]), *_terms(entry)], ())
        return self.apply("concat", *(self.reshaped(e, (1,)) for e in entries), axis=-1)

    # ---- shapes ---------------------------------------------------------------------------------------------------

    def _reshape(self, node: Node, x: Node) -> Node:
        return self.reshaped(x, node.shape)

    def reshaped(self, x: Node, shape: Shape) -> Node:
        """`x` in another shape; numbers and numeric factors stand outside, products of matrices lose needless axes."""
        if x.shape == shape:
            return x
        match x.op.name:
            case "reshape":
                return self.reshaped(x.args[0], shape)
            case "constant":
                return self.kept(constant(numpy.reshape(x.params["value"], shape)))
            case "broadcast" if x.args[0].size == 1:
                return self.shaped(self.scalar(x.args[0]), shape)
            case "neg" | "mul" | "div":
                outside, inside = _outside(x)
                if len(inside) == 1 and (outside[1] or outside[0] != 1) and inside[0].shape == x.shape:
                    array = self.reshaped(inside[0], shape)
                    return self.shaped(self.product(outside[0], [*outside[1], (array, 1.0)]), shape)
            case "matmul":
                flat = self._flat_product(x, shape)
                if flat is not None:
                    return flat
        return self.apply("reshape", x, shape=shape)

    def _flat_product(self, x: Node, shape: Shape) -> Node | None:
        a, b = x.args
        if len(a.shape) != 2 or len(b.shape) != 2:
            return None
        if x.shape == (1, 1) and shape == ():
            return self.matmul(self.reshaped(a, (a.size,)), self.reshaped(b, (b.size,)))
        if x.shape[1] == 1 and shape == (x.shape[0],):
            return self.matmul(a, self.reshaped(b, (b.size,)))
        if x.shape[0] == 1 and shape == (x.shape[1],):
            return self.matmul(self.transposed(b), self.reshaped(a, (a.size,)))
        return None

    def _broadcast(self, node: Node, x: Node) -> Node:
        number, factors = factors_of(x)
        return self.shaped(self.product(number, factors) if x.size == 1 else x, node.shape)

    def _transpose(self, node: Node, x: Node) -> Node | None:
        return self.transposed(x) if len(node.shape) == 2 and tuple(node.params["axes"]) == (1, 0) else None

    def transposed(self, x: Node) -> Node:
        """The transpose of a matrix; of a row or column another shape, of a transpose what it is of."""
        shape = (x.shape[1], x.shape[0])
        if 1 in shape:
            return self.reshaped(x, shape)
        if x.op.name == "transpose" and tuple(x.params["axes"]) == (1, 0):
            return x.args[0]
        if x.op.name == "constant":
            return self.kept(constant(x.params["value"].T))
        return self.apply("transpose", x, axes=(1, 0))

    def _matmul(self, node: Node, a: Node, b: Node) -> Node:
        return self.matmul(a, b)

    def matmul(self, a: Node, b: Node) -> Node:
        """A product of matrices with numbers outside; vectors are columns, so they stand at the right."""
        if len(a.shape) == 1 and len(b.shape) == 2:
            a, b = self.transposed(b), a
        if a.shape == (1, 1) or b.shape == (1, 1):
            return self.product(*factors_of(self.apply("mul", self._thin(a), self._thin(b))))
        (left, left_factors), left_inside = _outside(a)
        (right, right_factors), right_inside = _outside(b)
        if len(left_inside) != 1 or left_inside[0].shape != a.shape:
            (left, left_factors), left_inside = (1.0, []), [a]
        if len(right_inside) != 1 or right_inside[0].shape != b.shape:
            (right, right_factors), right_inside = (1.0, []), [b]
        inner = self.apply("matmul", left_inside[0], right_inside[0])
        return self.product(left * right, [*left_factors, *right_factors, (inner, 1.0)])

    def _thin(self, x: Node) -> Node:
        return self.scalar(x) if x.size == 1 else x

    # ---- sums over entries ----------------------------------------------------------------------------------------

    def _sum(self, node: Node, x: Node) -> Node | None:
        axes = {a % len(x.shape) for a in node.params["axis"]}
        if len(axes) == len(x.shape):
            return self.sum_of_all(x)
        if x.op.name == "onehot" and axes == {len(x.shape) - 1}:
            return self.number(1.0)
        return None

    def _sum_to(self, node: Node, x: Node) -> Node | None:
        if node.size == 1:
            return self.sum_of_all(x)
        if len(x.shape) != 2 or node.shape not in ((x.shape[0], 1), (1, x.shape[1])):
            return None
        number, factors = factors_of(x)
        arrays = [base for base, e in factors if base.size > 1 and e == 1]
        if len(arrays) != 2 or any(base.size > 1 and e != 1 for base, e in factors):
            return None
        rest = [(base, e) for base, e in factors if base not in arrays]
        thin = next((a for a in arrays if 1 in a.shape and len(a.shape) == 2), None)
        full = next((a for a in arrays if a.shape == x.shape), None)
        if thin is None or full is None:
            return None
        flat = self.reshaped(thin, (thin.size,))
        if thin.shape == (1, x.shape[1]) and node.shape == (x.shape[0], 1):
            made = self.matmul(full, flat)
        elif thin.shape == (x.shape[0], 1) and node.shape == (1, x.shape[1]):
            made = self.matmul(self.transposed(full), flat)
        else:
            return None
        return self.product(number, [*rest, (self.reshaped(made, node.shape), 1.0)])

    def sum_of_all(self, x: Node) -> Node:
        """The sum of all entries: numbers outside, of two vectors entry by entry their product."""
        if x.size == 1:
            return self.scalar(x)
        if x.op.name in ("add", "sub"):
            number, factors = 1.0, [(x, 1.0)]
        else:
            number, factors = factors_of(x)
        outside = [(base, e) for base, e in factors if base.size == 1]
        inside = [(base, e) for base, e in factors if base.size > 1]
        if not inside:
            return self.product(number * x.size, outside)
        if len(inside) == 1 and inside[0][1] == 1 and inside[0][0].op.name == "onehot" and len(x.shape) == 1:
            return self.product(number, outside)
        if len(inside) == 2 and all(e == 1 and base.shape == x.shape for base, e in inside) and len(x.shape) == 1:
            return self.product(number, [*outside, (self.matmul(inside[0][0], inside[1][0]), 1.0)])
        entries = self.shaped(self.product(1.0, inside), x.shape)
        axes = tuple(range(-len(x.shape), 0))
        return self.product(number, [*outside, (self.apply("sum", entries, axis=axes, keepdims=False), 1.0)])


def _like_terms(terms: list[tuple[float, Node]]) -> list[tuple[float, Node]]:
    merged: dict[Node, float] = {}
    for count, core in terms:
        merged[core] = merged.get(core, 0.0) + count
    return [(count, core) for core, count in merged.items() if count and _uniform(core) != 0]


def _vanishes_outside(x: Node, mask: Node) -> bool:
    """Whether a column of single entries is 0 for certain where a constant mask is."""
    if mask.op.name != "constant" or x.op.name != "concat" or len(x.args) != x.size or mask.shape != x.shape:
        return mask.op.name == "constant" and bool(numpy.all(mask.params["value"]))
    return all(_uniform(entry) == 0 for entry, seen in zip(x.args, mask.params["value"], strict=True) if not seen)


def _terms(node: Node) -> list[tuple[float, Node]]:
    """A sum as numbers times nodes, in order."""
    out: list[tuple[float, Node]] = []
    stack: list[tuple[float, Node]] = [(1.0, node)]
    while stack:
        sign, part = stack.pop()
        if part.op.name in ("add", "sub") and all(a.shape in ((), part.shape) for a in part.args):
            second = sign if part.op.name == "add" else -sign
            stack += [(second, part.args[1]), (sign, part.args[0])]
            continue
        value = _uniform(part)
        if value is not None and value != 0 and part.shape == ():
            out.append((sign * value, _ONE))
            continue
        number, core = _split(part)
        out.append((sign * number, core))
    return out


def _split(node: Node) -> tuple[float, Node]:
    """A node as a number times another one, found only where the number stands in front."""
    if node.op.name == "neg":
        number, core = _split(node.args[0])
        return -number, core
    front = _uniform(node.args[0]) if node.op.name == "mul" and node.args[0].shape == () else None
    if front is not None and node.args[1].shape == node.shape:
        return front, node.args[1]
    return 1.0, node


_ONE = constant(1.0)


def _outside(x: Node) -> tuple[tuple[float, list[tuple[Node, float]]], list[Node]]:
    """A product as its numeric part and its one array (or what arrays there are)."""
    number, factors = factors_of(x) if x.op.name in ("mul", "div", "neg", "broadcast") else (1.0, [(x, 1.0)])
    scalars = [(base, e) for base, e in factors if base.size == 1]
    arrays = [(base, e) for base, e in factors if base.size > 1]
    if len(arrays) == 1 and arrays[0][1] == 1:
        return (number, scalars), [arrays[0][0]]
    return (1.0, []), [x]


def _numbers_first(factors: list[tuple[Node, float]]) -> list[tuple[Node, float]]:
    """Numbers before arrays, names before what is worked out."""
    return sorted(factors, key=lambda factor: (factor[0].size > 1, factor[0].op.name not in _NAMES))


def _frozen(params: Any) -> Any:
    return tuple((k, v.tobytes() if isinstance(v, numpy.ndarray) else str(v)) for k, v in sorted(params.items()))
