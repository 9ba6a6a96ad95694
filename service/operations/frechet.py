"""Fréchet derivatives of functions of a square matrix, of every order, in a form that is closed under differentiation.

L(A; E1, ..., Ek) is the derivative of f at A along E1, ..., Ek: linear in each direction, the same in whatever order they
come. Its own derivatives are of this form again: along D it is L(A; E1, ..., Ek, D), and what multiplies dA in an inner
product with G is L(A'; G, E1', ..., Ek'). (Higham, Functions of Matrices, chapter 3; Higham and Relton, SIAM J. Matrix
Anal. Appl. 35, 2014.)

A direction may be an array of matrices, its last two axes being the matrix: then so is the value, with the leading axes of
all directions side by side. That is how a Jacobian by a matrix is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count
from typing import Any, ClassVar

import numpy as np
from scipy import linalg

from service import limits
from service.expression import codes
from service.expression.algebra import call, einsum, hadamard
from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Law, Operation, Printed, Sample, operation, register
from service.expression.products import product, transpose
from service.expression.shapes import SCALAR, Axes, Shape, Sizes, axes, describe, shape_of
from service.expression.sums import filled, identity
from service.expression.tensors import Apply, Factor, Labels, Product, Sum, Tensor
from service.operations.generated_helpers import frechet_spelling
from service.operations.matrices import finite, real, require_square, square_factors, transpose_of
from service.operations.matrix_functions import MatrixFunction
from service.operations.samples import MATRIX, SQUARE, VECTOR

MOST_ROOTS = 14
_DIRECTIONS = {"A": "matrix(n,n)", "E": "matrix(n,n)", "F": "matrix(n,n)"}
_SYMMETRIC = {"S": "spd(n)", "E": "matrix(n,n)"}


class FrechetDerivative(Operation):
    """`of` names the matrix function, `symbol` writes it in LaTeX. Samples and laws are made for each subclass."""

    family, arity, any_order, directional = "matrix functions", (2, None), True, True
    of: ClassVar[str]
    symbol: ClassVar[str]

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls.name, cls.signature = f"{cls.of}_frechet", f"{cls.of}_frechet(A, E)"
        cls.samples = (
            Sample(f"{cls.name}(A'*A, E)", _DIRECTIONS),
            Sample(f"{cls.name}(S, E)", _SYMMETRIC),
            Sample(f"{cls.name}(A*A, E, F')", _DIRECTIONS),
            Sample(f"{cls.name}(x, y)"),
        )
        cls.bad_samples = (Sample(f"{cls.name}(A, A)", MATRIX), Sample(f"{cls.name}(A, x)", {**SQUARE, **VECTOR}))
        cls.laws = (
            Law(f"{cls.name}(A*A, 2*E + F)", f"2*{cls.name}(A*A, E) + {cls.name}(A*A, F)", _DIRECTIONS),
            Law(f"{cls.name}(A*A, E, F)", f"{cls.name}(A*A, F, E)", _DIRECTIONS),
            Law(f"tr(F'*{cls.name}(A*A, E))", f"tr({cls.name}(A'*A', F)'*E)", _DIRECTIONS),
            *cls.__dict__.get("laws", ()),
        )

    # Shapes and values.

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        square = require_square(self, arguments[0], sizes)
        leading: list[Any] = []
        for direction in arguments[1:]:
            found = axes(direction)
            if square != SCALAR:
                if len(found) < 2 or not all(sizes.unify(size, square[0]) for size in found[-2:]):
                    raise self.refuse(
                        f"{self.name} takes directions of the shape of its first argument: "
                        f"that is {describe(square)}, and here is {describe(direction)}"
                    )
                found = found[:-2]
            leading += found
        return shape_of(tuple([sizes.resolve(size) for size in (*leading, *axes(square))]))

    def value(self, node: Node, *arguments: Array) -> Array:
        """Linear in each direction: where that is shorter, along all unit matrices, and their combinations from those."""
        A, *directions = arguments
        if not A.ndim:
            slope = self._along(A.reshape(1, 1), [np.ones((1, 1))] * len(directions))
            for direction in directions:
                slope = np.multiply.outer(slope, direction)
            return slope.reshape(np.shape(slope)[2:])
        size = len(A)
        limits.check("cubic-size", size << len(directions))
        given = [np.reshape(direction, (-1, size, size)) for direction in directions]
        units = np.eye(size * size).reshape(-1, size, size)
        chosen = [direction if len(direction) <= len(units) else units for direction in given]
        limits.check("matrix-entries", math.prod(map(len, chosen)) * size * size)
        result = np.empty((*map(len, chosen), size, size))
        known: dict[tuple[int, ...], Array] = {}
        for place in np.ndindex(*map(len, chosen)):
            key = (*[index for index, used in zip(place, chosen, strict=True) if used is not units],)
            key += (*sorted(index for index, used in zip(place, chosen, strict=True) if used is units),)
            if key not in known:
                known[key] = self._along(A, [used[index] for index, used in zip(place, chosen, strict=True)])
            result[place] = known[key]
        for axis, (direction, used) in enumerate(zip(given, chosen, strict=True)):
            if used is units:
                result = np.moveaxis(np.tensordot(direction.reshape(len(direction), -1), result, (1, axis)), 0, axis)
        leading = [length for direction in directions for length in np.shape(direction)[:-2]]
        return np.reshape(result, (*leading, size, size))

    def _along(self, A: Array, directions: Sequence[Array]) -> Array:
        """The block in the upper right corner of f(X_k): X_0 = A, X_k = [X_(k-1), I⊗E_k; 0, X_(k-1)]."""
        X, size, scale = A, len(A), 1.0
        for depth, direction in enumerate(directions):  # in a direction as large as A: L is linear in it
            largest = np.max(np.abs(direction))
            unit = (np.max(np.abs(A)) or 1.0) / largest if largest else 1.0
            scale /= unit
            X = np.block([[X, np.kron(np.eye(1 << depth), unit * direction)], [np.zeros_like(X), X]])
        return scale * self.block_value(X)[:size, -size:]

    def block_value(self, X: Array) -> Array:
        """f of a block triangular matrix whose diagonal blocks are all the same."""
        return self.function.matrix_value(X)

    @property
    def function(self) -> MatrixFunction:
        found = operation(self.of)
        assert isinstance(found, MatrixFunction)
        return found

    # As a tensor.

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def tensor_shape(self, *arguments: Axes) -> Axes:
        square, *directions = arguments
        leading = [size for direction in directions for size in direction[: len(direction) - len(square)]]
        return (*leading, *square)

    def tensor_symmetric(self, *arguments: Tensor) -> bool:
        return all(argument.symmetric for argument in arguments)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """Scalars come out of the directions; L(A'; E') = L(A; E)'; L(A; E) = f'(A)·E where E commutes with A.

        Each leaves fewer scalars, fewer transposes of A, or no Fréchet derivative at all, so rewriting ends.
        """
        A, *directions = arguments
        shape = self.tensor_shape(*[argument.shape for argument in arguments])
        parted = [_parted(direction) for direction in directions]
        if any(scalar is not None for scalar, _ in parted):
            found = call(self.name, A, *[direction for _, direction in parted])
            for scalar, _ in parted:
                found = hadamard(scalar, found) if scalar is not None else found
            return found
        if any(isinstance(direction, Product) and not direction.coefficient for direction in directions):
            return filled(0, shape)
        if not A.shape:
            return _outer([self.function.slope(len(directions), A), *directions])
        if len(shape) > 2:
            return None
        transposed = transpose_of(A)
        if transposed is not None:
            return transpose(call(self.name, transposed, *[transpose(direction) for direction in directions]))
        if commute([A, *directions]):
            result = self.function.slope(len(directions), A)
            for direction in reversed(directions):
                result = einsum("ij,jk->ik", direction, result)
            return result
        ordered = sorted(directions, key=lambda direction: direction.id)
        return None if ordered == directions else call(self.name, A, *ordered)

    # Its derivatives.

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """Along all unit matrices at once."""
        A, *directions = x
        every = identity(A.shape)
        fresh = count()
        entry = (next(fresh), next(fresh))
        leading = [_take(fresh, len(direction.shape) - 2) for direction in directions]
        matrix = (next(fresh), next(fresh))
        sizes = {
            label: size
            for direction, labels in zip(directions, leading, strict=True)
            for label, size in zip(labels, direction.shape, strict=False)
        }
        others = [place for place in range(len(directions)) if place != position - 1]
        inner = call(self.name, A, every, *[directions[place] for place in others])
        labels = entry + sum([leading[place] for place in others], ()) + matrix
        own = leading[position - 1] if position else ()
        return product(1, [(inner, labels)], sum(leading, ()) + matrix + own + entry, sizes)

    def along(self, y: Tensor, position: int, direction: Tensor, *x: Tensor) -> Tensor:
        arguments = [*x, direction] if not position else [*x[:position], direction, *x[position + 1 :]]
        return call(self.name, *arguments)

    def adjoint(self, y: Tensor, position: int, above: Tensor, *x: Tensor) -> Tensor | None:
        """L(A'; G, E'...). Where other directions have leading axes, which would stand there twice, it is by the Jacobian."""
        A, *directions = x
        others = [direction for place, direction in enumerate(directions) if place != position - 1]
        if any(len(direction.shape) > len(A.shape) for direction in others):
            return None
        return call(self.name, transpose(A), above, *[transpose(direction) for direction in others])

    # How it prints.

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        order = len(arguments) - 1
        power = f"^{{({order})}}" if order > 1 else ""
        return Printed(rf"L{power}_{{{self.symbol}}}\left({', '.join(argument.text for argument in arguments)}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        """A scalar is a matrix of one entry: the slope there, times the directions."""
        A, *directions = arguments
        if A.shape != SCALAR:
            return codes.call(frechet_spelling(self.function.spelling, len(directions)), arguments, node.shape)
        slope = codes.call(frechet_spelling(self.function.spelling, len(directions), scalar=True), (A,), SCALAR)
        return codes.multiply(slope, *directions)


def _take(fresh: count[int], number: int) -> Labels:
    return tuple([next(fresh) for _ in range(number)])


def _outer(factors: Sequence[Tensor]) -> Tensor:
    fresh = count()
    labelled: list[Factor] = [(factor, _take(fresh, len(factor.shape))) for factor in factors]
    return product(1, labelled, sum([labels for _, labels in labelled], ()))


def _parted(direction: Tensor) -> tuple[Tensor | None, Tensor]:
    """The scalars that multiply an array, None where there are none, and the array without them."""
    if not isinstance(direction, Product) or not direction.out or not direction.coefficient:
        return None, direction
    scalars = [factor for factor in direction.factors if not factor[1]]
    if direction.coefficient == 1 and not scalars:
        return None, direction
    arrays = [factor for factor in direction.factors if factor[1]]
    return product(direction.coefficient, scalars), product(1, arrays, direction.out, dict(enumerate(direction.sizes)))


def commute(matrices: Sequence[Tensor]) -> bool:
    """Whether matrices of one size are seen to commute: all of them are multiples of the identity and of one matrix, or made
    of one matrix by sums, products, inverses and functions. False when in doubt."""
    terms = {term for matrix in matrices for term in _terms(matrix)}
    if len(terms) <= 1:
        return True
    atoms: set[tuple[Tensor, bool]] = set()
    stack = [(term, False) for term in terms]
    while stack:
        tensor, turned = stack.pop()
        found = square_factors(tensor)
        if isinstance(tensor, Sum):
            stack += [(term, turned) for term in _terms(tensor)]
        elif found is not None:
            stack += [(matrix, turned != flag) for matrix, flag in found[1]]
        elif isinstance(tensor, Apply) and (isinstance(tensor.operation, MatrixFunction) or tensor.operation.inverse_of_argument):
            stack.append((tensor.arguments[0], turned))
        else:
            atoms.add((tensor, turned and not tensor.symmetric))
    return len(atoms) <= 1


def _terms(matrix: Tensor) -> list[Tensor]:
    """The terms of a sum without their scalars, multiples of the identity left out."""
    terms = [term for _, term in matrix.terms] if isinstance(matrix, Sum) else [matrix]
    bare = [_parted(term)[1] for term in terms]
    return [term for term in bare if not (isinstance(term, Product) and not term.factors and term.out[0] == term.out[1])]


@register
class ExpmFrechet(FrechetDerivative):
    """The derivative of expm at A along E; expm_frechet(A, E, F) is the second one, along E and F."""

    of, symbol = "expm", r"\exp"
    laws = (
        Law("expm_frechet(A, A)", "A*expm(A)", SQUARE),
        Law("expm_frechet(A, eye(n))", "expm(A)", SQUARE),
        Law("expm_frechet(x, y)", "exp(x)*y"),
    )


@register
class LogmFrechet(FrechetDerivative):
    """The derivative of logm at A along E; logm_frechet(A, E, F) is the second one, along E and F."""

    of, symbol = "logm", r"\log"
    laws = (Law("logm_frechet(S, S*S)", "S", {"S": "spd(n)"}), Law("logm_frechet(x, y)", "y/x"))

    def block_value(self, X: Array) -> Array:
        """By roots and quadrature, which takes a twentieth of the time of SciPy's logm: log(X) = 2^k log(X^(1/2^k)), and
        log(I + Y) = ∫ Y (I + t Y)^-1 dt over 0 to 1. (Higham, Functions of Matrices, chapter 11.)

        Gauss-Legendre with 8 nodes is exact to double precision for ‖Y‖ ≤ 1/4; a root more costs a bit, so that after many
        of them SciPy takes over.
        """
        scale = np.exp(np.linalg.slogdet(finite(X))[1] / len(X))
        if not 0 < scale < np.inf:
            raise np.linalg.LinAlgError("logm of a singular matrix")
        Y, one = X / scale, np.eye(len(X))
        for roots in range(MOST_ROOTS):
            if np.linalg.norm(Y - one, 1) <= 0.25:
                logarithm = np.zeros_like(Y)
                for node, weight in zip(*np.polynomial.legendre.leggauss(8), strict=True):
                    logarithm = logarithm + np.linalg.solve(one + (node + 1) / 2 * (Y - one), weight / 2 * (Y - one))
                found: Array = real(2.0**roots * logarithm) + np.log(scale) * one
                return found
            Y = linalg.sqrtm(finite(Y))
        return self.function.matrix_value(X)


@register
class SqrtmFrechet(FrechetDerivative):
    """The derivative of sqrtm at A along E; sqrtm_frechet(A, E, F) is the second one, along E and F."""

    of, symbol = "sqrtm", r"\sqrt{\,}"
    laws = (
        Law("sqrtm(S)*sqrtm_frechet(S, E) + sqrtm_frechet(S, E)*sqrtm(S)", "E", _SYMMETRIC),
        Law("sqrtm_frechet(S, S)", "sqrtm(S)/2", {"S": "spd(n)"}),
    )


@register
class SinmFrechet(FrechetDerivative):
    """The derivative of sinm at A along E; sinm_frechet(A, E, F) is the second one, along E and F."""

    of, symbol = "sinm", r"\sin"
    laws = (Law("sinm_frechet(A, A)", "A*cosm(A)", SQUARE),)


@register
class CosmFrechet(FrechetDerivative):
    """The derivative of cosm at A along E; cosm_frechet(A, E, F) is the second one, along E and F."""

    of, symbol = "cosm", r"\cos"
    laws = (Law("cosm_frechet(A, A)", "-A*sinm(A)", SQUARE),)
