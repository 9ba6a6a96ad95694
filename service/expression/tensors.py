"""Tensors: interned, normalised, with the size of each axis known at birth.

Tensor
├── Leaf       a variable, a constant (pi), a size used as a number (n), or a constant array (unit vector, pairing)
├── Apply      an operation applied to tensors: element-wise f(x), inv(A), softmax(x), ...
├── Power      element-wise base^exponent
├── Sum        Σ coefficient · tensor, all of one shape
└── Product    coefficient · Π factor[labels] → out

The product is the whole of linear algebra. `Product(c, [(A, (0, 2)), (B, (2, 1))], out=(0, 1))` is c·A·B: labels not in
`out` are summed. A label of `out` that no factor carries repeats the entries along that axis (`ones`), a label twice in
`out` puts them on the diagonal (`eye`, `diag(x)`). So ones, deltas, traces, transposes and Hadamard products are no
nodes of their own, and the product rule is the only rule about them.
(Laue, Mitterreiter, Giesen: A Simple and Efficient Tensor Calculus, AAAI 2020.)

The constructors are in sums.py and products.py; nothing else makes a Sum, a Power or a Product.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from service.expression.arena import Interned, find, store
from service.expression.numbers import Rational
from service.expression.shapes import Axes, Size

if TYPE_CHECKING:
    from service.expression.operation import Operation

Labels: TypeAlias = tuple[int, ...]
Factor: TypeAlias = "tuple[Tensor, Labels]"


class Tensor(Interned):
    """Base. `shape` holds the size of each axis: () for a scalar, ("n",) for a vector, ("m", "n") for a matrix."""

    __slots__ = ("shape", "symmetric")
    shape: Axes
    symmetric: bool  # whether swapping the two axes changes nothing; known at birth, False unless there are two axes

    def children(self) -> tuple[Tensor, ...]:
        return ()

    # The operators below are defined in algebra.py, which attaches itself to this class, so that rules read as formulas.
    __add__: Callable[..., Tensor]
    __radd__: Callable[..., Tensor]
    __sub__: Callable[..., Tensor]
    __rsub__: Callable[..., Tensor]
    __mul__: Callable[..., Tensor]
    __rmul__: Callable[..., Tensor]
    __truediv__: Callable[..., Tensor]
    __rtruediv__: Callable[..., Tensor]
    __pow__: Callable[..., Tensor]
    __neg__: Callable[..., Tensor]


class Leaf(Tensor):
    """`kind` is "variable", "constant", "size", "unit" (the vector e_k; `name` is k) or "pairing".

    A pairing P of shape (m·n, m, n) is vec's index map: P[k, i, j] = 1 where k = i + m·j, else 0.
    """

    __slots__ = ("kind", "name", "properties")
    kind: str
    name: Any
    properties: frozenset[str]


class Apply(Tensor):
    __slots__ = ("arguments", "operation")
    operation: Operation
    arguments: tuple[Tensor, ...]

    def children(self) -> tuple[Tensor, ...]:
        return self.arguments


class Power(Tensor):
    """Element-wise; `exponent` is a rational, a scalar tensor, or a tensor of the base's shape."""

    __slots__ = ("base", "exponent")
    base: Tensor
    exponent: Rational | Tensor

    def children(self) -> tuple[Tensor, ...]:
        return (self.base, self.exponent) if isinstance(self.exponent, Tensor) else (self.base,)


class Sum(Tensor):
    """`terms` in order of appearance; no term is a Sum or has a coefficient of its own; the first coefficient is positive."""

    __slots__ = ("terms",)
    terms: tuple[tuple[Rational, Tensor], ...]

    def children(self) -> tuple[Tensor, ...]:
        return tuple(term for _, term in self.terms)


class Product(Tensor):
    """`sizes[label]` is the size of a label; labels count from 0, those of `out` first."""

    __slots__ = ("coefficient", "factors", "out", "sizes")
    coefficient: Rational
    factors: tuple[Factor, ...]
    out: Labels
    sizes: Axes

    def children(self) -> tuple[Tensor, ...]:
        return tuple(factor for factor, _ in self.factors)


def leaf(kind: str, name: Any, shape: Axes = (), properties: frozenset[str] = frozenset()) -> Leaf:
    """An interned leaf; `properties` ("symmetric", ...) belong to its identity."""
    key = (Leaf, kind, name, shape, properties)
    found: Leaf | None = find(key)
    if found is None:
        found = Leaf()
        found.kind, found.name, found.shape, found.properties = kind, name, shape, properties
        found.symmetric = len(shape) == 2 and "symmetric" in properties
        store(key, found)
    return found


def variable(name: str, shape: Axes = (), properties: frozenset[str] = frozenset()) -> Leaf:
    return leaf("variable", name, shape, properties)


def unit(position: int, size: Size) -> Leaf:
    """The unit vector with a one at `position` (counted from 0)."""
    return leaf("unit", position, (size,))


def make_apply(operation: Operation, arguments: tuple[Tensor, ...], shape: Axes, symmetric: bool) -> Apply:
    key = (Apply, operation.name, *arguments)
    found: Apply | None = find(key)
    if found is None:
        found = Apply()
        found.operation, found.arguments, found.shape, found.symmetric = operation, arguments, shape, symmetric
        store(key, found)
    return found


def make_power(base: Tensor, exponent: Rational | Tensor) -> Power:
    key = (Power, base, exponent)
    found: Power | None = find(key)
    if found is None:
        found = Power()
        found.base, found.exponent, found.shape = base, exponent, base.shape
        found.symmetric = base.symmetric and (not isinstance(exponent, Tensor) or exponent.symmetric or not exponent.shape)
        store(key, found)
    return found


def make_sum(terms: tuple[tuple[Rational, Tensor], ...], shape: Axes) -> Sum:
    """The order of the terms does not matter for identity; the first one made keeps its order."""
    key = (Sum, frozenset(terms))
    found: Sum | None = find(key)
    if found is None:
        found = Sum()
        found.terms, found.shape, found.symmetric = terms, shape, False
        store(key, found)
    return found


def make_product(coefficient: Rational, factors: tuple[Factor, ...], out: Labels, sizes: Axes) -> Product:
    key = (Product, coefficient, factors, out, sizes)
    found: Product | None = find(key)
    if found is None:
        found = Product()
        found.coefficient, found.factors, found.out, found.sizes = coefficient, factors, out, sizes
        found.shape = tuple([sizes[label] for label in out])
        found.symmetric = False
        store(key, found)
    return found


def is_number(tensor: Tensor) -> bool:
    """Whether the tensor is a rational number."""
    return isinstance(tensor, Product) and not tensor.factors and not tensor.out


def number_of(tensor: Tensor) -> Rational | None:
    """The rational number that the tensor is, or None."""
    if isinstance(tensor, Product) and not tensor.factors and not tensor.out:
        return tensor.coefficient
    return None
