"""Constants that hold everywhere: how far second derivatives and slopes reach, put together from those of known functions.

Of φ(Ax + b), with φ'' between l and u entry by entry, the Hessian A'·diag(φ'')·A lies between min(l, 0)·σ² and max(u, 0)·σ², σ the
largest singular value of A; sums and multiples follow. log-sum-exp: diag(p) - pp' is at most 1/2, for the variance of a number
between a and b is at most (b - a)²/4 (Popoviciu). So L bounds |∇f(x) - ∇f(y)| by L|x - y|, and f - m|x|²/2 is convex.
(Y. Nesterov: Introductory Lectures on Convex Optimization, 1.2.2 and 2.1; S. Boyd, L. Vandenberghe: Convex Optimization, 9.1.2.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from service.calculus.differentiate import derivatives
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.tensor_values import parts
from service.errors import NablaError, NotDifferentiable
from service.expression.nodes import Node, make
from service.expression.numbers import Rational
from service.expression.shapes import axes
from service.expression.sums import coefficient_of
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor
from service.functions.domains import has_kinks, is_affine
from service.functions.function import Function, Question
from service.functions.ranges import Ranges
from service.language import parse_number
from service.operations.leaves import number as number_node
from service.operations.leaves import tensor_of
from service.printing.printers import to_text

KNOWN: dict[str, tuple[str, str, str]] = {
    "softplus": ("0", "1/4", "1"),
    "sin": ("-1", "1", "1"),
    "cos": ("-1", "1", "1"),
    "sigmoid": ("-sqrt(3)/18", "sqrt(3)/18", "1/4"),
    "tanh": ("-4*sqrt(3)/9", "4*sqrt(3)/9", "1"),
    "atan": ("-3*sqrt(3)/8", "3*sqrt(3)/8", "1"),
    "asinh": ("-2*sqrt(3)/9", "2*sqrt(3)/9", "1"),
    "erf": ("-sqrt(8/(pi*e))", "sqrt(8/(pi*e))", "2/sqrt(pi)"),
    "log-cosh": ("0", "1", "1"),
    "bell": ("-2", "1/2", "3*sqrt(3)/8"),
}
"""The least and the greatest second derivative, and the greatest slope; log-cosh is log(cosh(u)), bell is 1/(1 + u^2)."""
STEEP: dict[str, str] = {"abs": "1", "relu": "1"}
"""Functions with kinks: their greatest slope."""


@dataclass(frozen=True)
class Piece:
    """weight·|A|², or weight·|A| of a slope, where A is the matrix of the affine map `of`; weight alone without one.

    `of` may be several maps, one below the other. `entries`: of a slope of a sum over the entries of the map, times the root of their
    number.
    """

    weight: Node
    of: Tensor | tuple[Tensor, ...] | None = None
    entries: bool = False


@dataclass
class Pieces:
    """Sums of pieces: what second derivatives do not fall below, do not exceed, and what the slope does not; None: no bound."""

    low: list[Piece] | None = field(default_factory=list)
    high: list[Piece] | None = field(default_factory=list)
    slope: list[Piece] | None = field(default_factory=list)

    def add(self, other: Pieces) -> None:
        self.low = None if self.low is None or other.low is None else self.low + other.low
        self.high = None if self.high is None or other.high is None else self.high + other.high
        self.slope = None if self.slope is None or other.slope is None else self.slope + other.slope


@dataclass(frozen=True)
class Constant:
    """A constant as a number, and as an expression with its text, each where it is known."""

    value: float | None = None
    text: str | None = None
    node: Node | None = None


@dataclass(frozen=True)
class Constants:
    """m and L with m·I ≤ ∇²f ≤ L·I (`high`, and -L ≤ for `low`), the bound of the slope; None where none is known."""

    low: Constant | None
    high: Constant | None
    slope: Constant | None


class Smoothness:
    """The constants of a scalar function of the unknowns of a question. `function` is None where sizes or values are letters."""

    def __init__(self, question: Question, function: Function | None, notation: Notation, ranges: Ranges) -> None:
        self.question, self.function, self.notation, self.ranges = question, function, notation, ranges
        self.names = question.targets.names
        self.by = [tensor_of(declared) for declared in question.targets.variables]

    def constants(self) -> Constants:
        tensor = lower(self.question.node)
        outer, inner = coefficient_of(tensor)
        terms: Sequence[tuple[Rational, Tensor]] = inner.terms if isinstance(inner, Sum) else [(1, inner)]
        total = Pieces()
        diagonal: dict[Tensor, Fraction] = {}
        for weight, term in terms:
            if len(self.by) > 1 and isinstance(term, Power) and term.exponent == 2 and term.base in self.by and not term.base.shape:
                diagonal[term.base] = 2 * Fraction(outer) * Fraction(weight)
            else:
                total.add(self._term(Fraction(outer) * Fraction(weight), term))
        if diagonal:
            found = [diagonal.get(unknown, Fraction(0)) for unknown in self.by]
            total.add(Pieces([Piece(_number(min(found)))], [Piece(_number(max(found)))], None))
        return Constants(*[None if pieces is None else self._constant(pieces, slope) for pieces, slope in self._sides(total)])

    def _sides(self, total: Pieces) -> list[tuple[list[Piece] | None, bool]]:
        return [(total.low, False), (total.high, False), (total.slope, True)]

    # --- one term -------------------------------------------------------------------------------------------------------------

    def _term(self, weight: Fraction, term: Tensor) -> Pieces:
        if not self._moves(term):
            return Pieces()
        if is_affine(term, self.names):
            return Pieces(slope=[Piece(_number(abs(weight)), term)])
        if (found := self._quadratic(weight, term)) is not None:
            return found
        scalars: list[Node] = []
        if isinstance(term, Product):
            weight *= Fraction(term.coefficient)
            moving = [factor for factor in term.factors if self._moves(factor[0])]
            still = [factor for factor, labels in term.factors if not self._moves(factor)]
            if len(moving) != 1 or any(factor.shape for factor in still) or len(set(moving[0][1])) != len(moving[0][1]):
                return Pieces(None, None, None)
            sign = 1
            for factor in still:
                found_sign = self.ranges.of(factor).sign
                if not found_sign:
                    return Pieces(None, None, None)
                sign *= found_sign
                scalars.append(self.notation.node(factor) if found_sign > 0 else make("negate", self.notation.node(factor)))
            weight *= sign
            inner = moving[0][0]
            if isinstance(inner, Product) and not inner.out and len(inner.factors) == 1:  # a sum in one piece
                inner = inner.factors[0][0]
        else:
            inner = term
        return self._scaled(weight, scalars, self._of(inner))

    def _scaled(self, weight: Fraction, scalars: Sequence[Node], found: Pieces) -> Pieces:
        def times(pieces: list[Piece] | None, factor: Fraction) -> list[Piece] | None:
            if pieces is None:
                return None
            return [Piece(_times(_number(factor), piece.weight, *scalars), piece.of, piece.entries) for piece in pieces]

        low, high = (found.low, found.high) if weight > 0 else (found.high, found.low)
        return Pieces(times(low, weight), times(high, weight), times(found.slope, abs(weight)))

    def _of(self, inner: Tensor) -> Pieces:
        """Of a function of an affine map, its entries added up."""
        entries = bool(inner.shape)
        if isinstance(inner, Apply) and inner.operation.name == "logsumexp" and is_affine(inner.arguments[0], self.names):
            u = inner.arguments[0]
            return Pieces([], [Piece(parse_number("1/2"), u)], [Piece(_number(Fraction(1)), u)])
        if isinstance(inner, Apply) and inner.operation.name == "log" and (exponents := self._exponents(inner.arguments[0])):
            return Pieces([], [Piece(parse_number("1/2"), exponents)], [Piece(_number(Fraction(1)), exponents)])
        root = self._root(inner)
        if root is not None:
            return root
        known = self._known(inner)
        if known is None:
            return Pieces(None, None, None)
        u, (low, high, slope) = known
        if not is_affine(u, self.names):
            return Pieces(None, None, None)
        second = [[] if value == "0" else [Piece(parse_number(value), u)] if value else None for value in (low, high)]
        return Pieces(second[0], second[1], [Piece(parse_number(slope), u, entries)])

    def _exponents(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """The affine u of a sum of exp(u) with positive weights."""
        outer, inner = coefficient_of(tensor)
        if outer <= 0 or not isinstance(inner, Sum):
            return ()
        found = []
        for weight, term in inner.terms:
            if weight <= 0 or not _is(term, "exp") or term.shape or not is_affine(term.children()[0], self.names):
                return ()
            found.append(term.children()[0])
        return tuple(found)

    def _known(self, inner: Tensor) -> tuple[Tensor, tuple[str, str, str]] | None:
        """The argument of a known function, with its constants; an empty text where there is none."""
        if isinstance(inner, Apply):
            (argument, *_) = inner.arguments
            name = inner.operation.name
            if name in STEEP:
                return argument, ("", "", STEEP[name])
            if name in KNOWN:
                return argument, KNOWN[name]
            if name == "log" and _is(argument, "cosh"):
                return argument.children()[0], KNOWN["log-cosh"]
            if name == "log1p" and _is(argument, "exp"):
                return argument.children()[0], KNOWN["softplus"]
            if name == "log" and (found := _square_and_constant(argument)):
                u, c = found
                return u, (f"-1/(4*{c})", f"2/({c})", f"1/sqrt({c})")
            if name == "exp" and (squared := _negative_square(argument)):
                u, k = squared
                return u, (f"-2*({k})", f"4*({k})*exp(-3/2)", f"sqrt(2*({k}))*exp(-1/2)")
        if isinstance(inner, Power) and inner.exponent == -1:
            if (found := _square_and_constant(inner.base)) and found[1] == 1:
                return found[0], KNOWN["bell"]
            if isinstance(inner.base, Sum) and len(inner.base.terms) == 2:
                for one, other in (inner.base.terms, inner.base.terms[::-1]):
                    if one[0] == other[0] == 1 and _rational(one[1]) == 1 and _is(other[1], "exp"):
                        return other[1].children()[0], KNOWN["sigmoid"]
        return None

    def _root(self, inner: Tensor) -> Pieces | None:
        """sqrt(c + |u|²), entry by entry or of a whole vector; |u| where there is no c."""
        if not isinstance(inner, Power) or inner.exponent != Fraction(1, 2):
            return None
        whole = _norm_square(inner.base)
        if whole is not None and is_affine(whole, self.names):
            return Pieces(None, None, [Piece(_number(Fraction(1)), whole)])
        found = _square_and_constant(inner.base)
        if found is None or not is_affine(found[0], self.names):
            return None
        u, c = found
        return Pieces([], [Piece(parse_number(f"1/sqrt({c})"), u)], [Piece(_number(Fraction(1)), u, bool(inner.shape))])

    def _quadratic(self, weight: Fraction, term: Tensor) -> Pieces | None:
        """Of a term with a constant Hessian, by one unknown; none of the slope."""
        if len(self.by) != 1 or len(self.by[0].shape) > 1:
            return self._square_of_affine(weight, term)
        try:
            (gradient,) = derivatives(term, self.by)
            (hessian,) = derivatives(gradient, self.by)
        except NotDifferentiable:
            return None
        if self._moves(hessian) or has_kinks(term, self.names):
            return None
        if not hessian.shape:
            piece = [Piece(_times(_number(weight), self.notation.node(hessian)))]
            return Pieces(piece, piece, None)
        if isinstance(hessian, Product) and len(set(hessian.out)) == 1 and all(not labels for _, labels in hessian.factors):
            scalar = _times(_number(weight * Fraction(hessian.coefficient)), *[self.notation.node(factor) for factor, _ in hessian.factors])
            return Pieces([Piece(scalar)], [Piece(scalar)], None)
        return self._square_of_affine(weight, term)

    def _square_of_affine(self, weight: Fraction, term: Tensor) -> Pieces | None:
        """|u|² times scalars that do not move."""
        scalars: list[Node] = []
        inner = term
        if isinstance(term, Product) and term.factors and (len(term.factors) > 1 or not term.factors[0][1]):
            weight *= Fraction(term.coefficient)
            moving = [factor for factor, _ in term.factors if self._moves(factor)]
            still = [factor for factor, _ in term.factors if not self._moves(factor)]
            if len(moving) != 1 or any(factor.shape or self.ranges.of(factor).sign <= 0 for factor in still):
                return None
            inner, scalars = moving[0], [self.notation.node(factor) for factor in still]
        u = inner.base if isinstance(inner, Power) and inner.exponent == 2 and not inner.shape else _norm_square(inner)
        if u is None or not is_affine(u, self.names):
            return None
        piece = [Piece(_times(_number(2 * weight), *scalars), u)]
        return Pieces([], piece, None) if weight > 0 else Pieces(piece, [], None)

    # --- to numbers and texts -------------------------------------------------------------------------------------------------

    def _constant(self, pieces: Sequence[Piece], slope: bool) -> Constant:
        node: Node | None = number_node(0)
        value: float | None = 0.0
        for piece in pieces:
            norm, size = (None, 1.0) if piece.of is None else (self._norm(piece.of, slope, piece.entries), self._size(piece, slope))
            if piece.of is not None and norm is None:
                node = None
            if node is not None:
                node = make("add", node, piece.weight if norm is None else _times(piece.weight, norm))
            weight = self._value(piece.weight)
            value = None if value is None or weight is None or size is None else value + weight * size
        if node is not None:
            node = self.notation.node(lower(node))
        return Constant(None if value is None else tidy(value), None if node is None else to_text(node), node)

    def _value(self, node: Node) -> float | None:
        if self.function is None:
            return None
        found = Evaluator(node, self.function.sizes)(self.function.known)
        return float(found) if np.isfinite(found) else None

    def _slopes(self, u: Tensor) -> list[Tensor]:
        return derivatives(u, self.by)

    def _norm(self, u: Tensor | tuple[Tensor, ...], slope: bool, entries: bool) -> Node | None:
        """|A|² or |A|, as an expression."""
        if isinstance(u, tuple):
            return None
        slopes = self._slopes(u)
        root: Node | None = None
        if not u.shape and all(not each.shape for each in slopes):
            square = make("add", *[make("power", self.notation.node(each), number_node(2)) for each in slopes], number_node(0))
            root = make("abs", self.notation.node(slopes[0])) if len(slopes) == 1 else make("sqrt", square)
        elif len(slopes) == 1 and len(slopes[0].shape) == 1:
            root = make("norm2", self.notation.node(slopes[0]))
        elif len(slopes) == 1 and len(slopes[0].shape) == 2:
            one = isinstance(slopes[0], Product) and not slopes[0].factors and len(set(slopes[0].out)) == 1
            factor = abs(Fraction(slopes[0].coefficient)) if isinstance(slopes[0], Product) else Fraction(1)
            root = number_node(factor) if one else make("sigma_max", self.notation.node(slopes[0]))
        if root is None:
            return None
        if not slope:
            return make("power", root, number_node(2))
        if entries and u.shape:
            return _times(make("sqrt", _size_node(u)), root) if len(u.shape) == 1 else None
        return root

    def _size(self, piece: Piece, slope: bool) -> float | None:
        """|A|² or |A| as a number, of all unknowns together."""
        if self.function is None or piece.of is None:
            return None
        maps = piece.of if isinstance(piece.of, tuple) else (piece.of,)
        try:
            found = [Function(self.question.about(self.notation.node(each)), self.function.start) for each in maps]
            matrix = np.concatenate([each.jacobian(np.zeros(each.unknowns.count)) for each in found])
        except NablaError:
            return None
        if not np.isfinite(matrix).all():
            return None
        norm = float(np.linalg.norm(matrix, 2))
        return norm**2 if not slope else norm * (len(matrix) ** 0.5 if piece.entries else 1.0)

    def _moves(self, tensor: Tensor) -> bool:
        return any(isinstance(part, Leaf) and part.kind == "variable" and part.name in self.names for part in parts([tensor]))


def tidy(value: float) -> float:
    """A whole number where rounding is all that parts it from one."""
    return float(round(value)) + 0.0 if abs(value - round(value)) <= 1e-13 * max(1.0, abs(value)) else value


def _number(value: Fraction) -> Node:
    return number_node(int(value) if value.denominator == 1 else value)


def _times(*nodes: Node) -> Node:
    found = nodes[0]
    for node in nodes[1:]:
        found = make("times", found, node)
    return found


def _size_node(u: Tensor) -> Node:
    (size,) = axes((u.shape[0], 1)) or (1,)
    return number_node(size) if isinstance(size, int) else make("size", parameter=size)


def _is(tensor: Tensor, name: str) -> bool:
    return isinstance(tensor, Apply) and tensor.operation.name == name


def _rational(tensor: Tensor) -> Rational | None:
    return tensor.coefficient if isinstance(tensor, Product) and not tensor.factors else None


def _norm_square(tensor: Tensor) -> Tensor | None:
    """u where the tensor is the sum of the squares of its entries."""
    if not isinstance(tensor, Product) or tensor.out or tensor.coefficient != 1 or not tensor.factors:
        return None
    factors = tensor.factors
    if len(factors) == 1 and factors[0][1] and isinstance(factors[0][0], Power) and factors[0][0].exponent == 2:
        return factors[0][0].base
    if len(factors) == 1 and not factors[0][1]:
        return _norm_square(factors[0][0])
    return factors[0][0] if len(factors) == 2 and factors[0] == factors[1] else None


def _square_and_constant(tensor: Tensor) -> tuple[Tensor, Fraction] | None:
    """u and c > 0 with c + u² the tensor, entry by entry, or c + |u|² of a vector."""
    outer, inner = coefficient_of(tensor)
    if outer != 1 or not isinstance(inner, Sum) or len(inner.terms) != 2:
        return None
    for (a, one), (b, other) in (inner.terms, inner.terms[::-1]):
        value = _rational(one)
        if value is not None and a * value > 0 and b == 1:
            u = other.base if isinstance(other, Power) and other.exponent == 2 else _norm_square(other)
            return None if u is None else (u, Fraction(a) * Fraction(value))
    return None


def _negative_square(tensor: Tensor) -> tuple[Tensor, Fraction] | None:
    """u and k > 0 with -k·u² the tensor."""
    factor, inner = coefficient_of(tensor)
    if factor < 0 and isinstance(inner, Power) and inner.exponent == 2:
        return inner.base, -Fraction(factor)
    return None
