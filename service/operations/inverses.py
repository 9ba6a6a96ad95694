"""Inverses and determinants. (Magnus and Neudecker, Matrix Differential Calculus, chapters 8 and 9.)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.expression import codes
from service.expression.algebra import call, einsum, hadamard, total
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node, make
from service.expression.operation import Array, Binding, Law, Printed, Sample, register
from service.expression.products import power, product, size_number, transpose
from service.expression.shapes import SCALAR, Axes, Shape, Sizes
from service.expression.sums import number
from service.expression.tensors import Apply, Tensor, number_of, unit
from service.operations.matrices import (
    SquareMatrixFunction,
    arranged,
    determinant,
    diagonal_of,
    finite,
    is_constant,
    is_orthogonal,
    kronecker,
    kronecker_factors,
    minor,
    require_square,
    square_factors,
    transpose_of,
    written_out,
)
from service.operations.samples import MATRIX, SQUARE, VECTOR

_KRONECKER = {"A": "matrix(n,n)", "B": "matrix(m,m)"}
_TWO_SQUARES = {"A": "matrix(n,n)", "B": "matrix(n,n)"}


def _samples(name: str) -> tuple[Sample, ...]:
    return (
        Sample(f"{name}(A)", SQUARE),
        Sample(f"{name}(A')", SQUARE),
        Sample(f"{name}(2*A*B')", _TWO_SQUARES),
        Sample(f"{name}(B'*B)", {"B": "matrix(5,3)"}),
        Sample(f"{name}(x)"),
    )


def _bad_samples(name: str) -> tuple[Sample, ...]:
    return (Sample(f"{name}(A)", MATRIX), Sample(f"{name}(x)", VECTOR), Sample(f"{name}(x')", VECTOR))


INVERSE = Spelling("linalg.inv", role="inverse")
_LOGDET = Spelling("linalg.slogdet({0})[1]", julia="logabsdet({0})[1]", matlab="sum(log(abs(diag(lu({0})))))")


@register
class Inverse(SquareMatrixFunction):
    """The inverse of a square matrix; of a scalar, 1/x."""

    name, aliases, signature, inverse_of_argument = "inv", ("inverse",), "inv(A)", True
    rule = "inverse rule"
    samples, bad_samples = _samples("inv"), _bad_samples("inv")
    laws = (
        Law("A*inv(A)", "eye(n)", SQUARE),
        Law("inv(A*B)", "inv(B)*inv(A)", _TWO_SQUARES),
        Law("inv(A')", "inv(A)'", SQUARE),
        Law("inv(3*A)", "inv(A)/3", SQUARE),
        Law("inv(diag(x))", "diag(1./x)", VECTOR),
        Law("inv(x)", "1/x"),
        Law("inv(kron(A, B))", "kron(inv(A), inv(B))", _KRONECKER),
        Law("inv([a, b; c, d])", "[d, -b; -c, a]/(a*d - b*c)"),
    )

    def value(self, node: Node, *arguments: Array) -> Array:
        """NaN where the matrix is singular to working precision: LAPACK answers noise there."""
        (A,) = arguments
        if not A.shape:
            return 1 / A
        inverse = np.linalg.inv(A)
        return inverse if _is_regular(A, inverse) else np.full_like(A, np.nan)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """inv(inv(A)) = A, inv(Q) = Q', inv(diag(x)) = diag(1/x), inv(kron(A, B)) = kron(inv(A), inv(B)),
        adj(A)/det(A) where the determinant is a number, inv(c·A·B') = inv(B)'·inv(A)/c for square A and B.

        The arguments of the inverses on the right have fewer factors, so rewriting ends.
        """
        (A,) = arguments
        if not A.shape:
            return power(A, -1)
        if isinstance(A, Apply) and A.operation is self:
            return A.arguments[0]
        if is_orthogonal(A):
            return transpose(A)
        diagonal = diagonal_of(A)
        if diagonal is not None:
            return product(1, [(power(diagonal, -1), (0,))], (0, 0))
        entries = written_out(A, 3)
        divisor = number_of(determinant(entries)) if entries else None
        if entries and divisor:
            return _adjugate(entries) / divisor
        parts = _square_kronecker_factors(A)
        if parts is not None:
            scalar, *matrices = parts
            return hadamard(power(scalar, -1), kronecker(*[call(self.name, matrix) for matrix in matrices]))
        found = square_factors(A)
        if found is None:
            return None
        scalar, path = found
        factors = [(power(scalar, -1), ())]
        for place, (matrix, transposed) in enumerate(reversed(path)):
            labels = (place + 1, place) if transposed else (place, place + 1)
            factors.append((call(self.name, matrix), labels))  # type: ignore[arg-type]
        return product(1, factors, (0, len(path)))

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """d inv(A) = -inv(A) dA inv(A)."""
        return einsum("ik,lj->ijkl", y, y, coefficient=-1)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{arguments[0].within_latex(Binding.ATOM)}^{{-1}}", Binding.POWER)

    def code(self, node: Node, *arguments: Code) -> Code:
        if node.shape == SCALAR:
            return codes.divide(codes.number(1), *arguments)
        return codes.call(INVERSE, arguments, node.shape)


def _adjugate(entries: list[list[Tensor]]) -> Tensor:
    """By cofactors."""
    places = range(len(entries))
    return arranged([[(-1) ** (i + j) * determinant(minor(entries, j, i)) for j in places] for i in places])


def _square_kronecker_factors(tensor: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
    """The scalar and the matrices of scalar·kron(A, B), where both are square."""
    parts = kronecker_factors(tensor)
    return parts if parts is not None and all(matrix.shape[0] == matrix.shape[1] for matrix in parts[1:]) else None


def _is_regular(A: Array, inverse: Array) -> bool:
    """Whether a matrix is further from a singular one than its own rounding."""
    condition = np.linalg.norm(A, 1) * np.linalg.norm(inverse, 1)
    return bool(condition * len(A) * np.finfo(float).eps < 1)


class Determinantal(SquareMatrixFunction):
    """A scalar function of a square matrix that does not change when the matrix is transposed."""

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        require_square(self, arguments[0], sizes)
        return SCALAR

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return ()

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        (A,) = arguments
        if not A.shape:
            return self.of_scalar(A)
        diagonal = diagonal_of(A)
        if diagonal is not None:
            return self.of_diagonal(diagonal)
        entries = written_out(A, 3)
        if entries:
            return self.of_scalar(determinant(entries))
        parts = _square_kronecker_factors(A)
        if parts is not None:
            return self.of_kronecker_product(*parts)
        transposed = transpose_of(A)
        return None if transposed is None else call(self.name, transposed)

    def of_scalar(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def of_diagonal(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def of_kronecker_product(self, scalar: Tensor, A: Tensor, B: Tensor) -> Tensor:
        raise NotImplementedError


@register
class Determinant(Determinantal):
    """The determinant of a square matrix."""

    name, aliases, signature = "det", ("determinant",), "det(A)"
    rule = "Jacobi's formula"
    samples, bad_samples = _samples("det"), _bad_samples("det")
    laws = (
        Law("det(A*B)", "det(A)*det(B)", _TWO_SQUARES),
        Law("det(A')", "det(A)", SQUARE),
        Law("det(2*A)", "2^n*det(A)", SQUARE),
        Law("det(diag(x))", "prod(x)", VECTOR),
        Law("det(3*eye(n))", "3^n", VECTOR),
        Law("det(kron(A, B))", "det(A)^m*det(B)^n", _KRONECKER),
        Law("det([a, b; c, d])", "a*d - b*c"),
    )

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        return np.asarray(np.linalg.det(A)) if A.shape else A

    def of_scalar(self, x: Tensor) -> Tensor:
        return x

    def of_diagonal(self, x: Tensor) -> Tensor:
        value = product(1, [(x, (0,)), (unit(0, x.shape[0]), (0,))]) if is_constant(x) else None
        return call("prod", x) if value is None else power(value, size_number(x.shape[0]))

    def of_kronecker_product(self, scalar: Tensor, A: Tensor, B: Tensor) -> Tensor:
        """det(s·kron(A, B)) = s^(m·n)·det(A)^n·det(B)^m, for A of m×m and B of n×n."""
        m, n = (size_number(matrix.shape[0]) for matrix in (A, B))
        return power(scalar, m * n) * power(call(self.name, A), n) * power(call(self.name, B), m)

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """d det(A) = det(A) tr(inv(A) dA) (Jacobi), for an invertible A."""
        return y * transpose(call("inv", *x))

    def differential(self, node: Node, *changes: Node | None) -> Node | None:
        (A,), (change,) = node.arguments, changes
        return None if A.shape == SCALAR or change is None else make("times", node, make("tr", make("times", make("inv", A), change)))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\det\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.call("linalg.det", arguments, SCALAR) if node.arguments[0].shape != SCALAR else arguments[0]


@register
class LogDeterminant(Determinantal):
    """log|det(A)|, without overflow."""

    name, aliases, signature = "logdet", ("slogdet",), "logdet(A)"
    rule = "log-determinant rule"
    samples, bad_samples = _samples("logdet"), _bad_samples("logdet")
    laws = (
        Law("logdet(A)", "log(abs(det(A)))", SQUARE),
        Law("logdet(A*B)", "logdet(A) + logdet(B)", _TWO_SQUARES),
        Law("logdet(inv(A))", "-logdet(A)", SQUARE),
        Law("logdet(diag(x))", "sum(log(x))", VECTOR),
        Law("logdet(kron(A, B))", "m*logdet(A) + n*logdet(B)", _KRONECKER),
    )

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        if not A.shape:
            return np.asarray(np.log(np.abs(A)))
        return np.asarray(np.linalg.slogdet(A)[1] if _is_regular(A, np.linalg.inv(A)) else np.nan)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """logdet(inv(A)) = -logdet(A), logdet(Q) = 0, and what holds for the determinant."""
        (A,) = arguments
        if is_orthogonal(A):
            return number(0)
        if isinstance(A, Apply) and A.operation.inverse_of_argument:
            return -call(self.name, A.arguments[0])
        return super().rewrite(A)

    def of_scalar(self, x: Tensor) -> Tensor:
        return call("log", call("abs", x))

    def of_diagonal(self, x: Tensor) -> Tensor:
        return total(call("log", call("abs", x)))

    def of_kronecker_product(self, scalar: Tensor, A: Tensor, B: Tensor) -> Tensor:
        m, n = (size_number(matrix.shape[0]) for matrix in (A, B))
        return m * n * self.of_scalar(scalar) + n * call(self.name, A) + m * call(self.name, B)

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """d log|det(A)| = tr(inv(A) dA)."""
        return transpose(call("inv", *x))

    def differential(self, node: Node, *changes: Node | None) -> Node | None:
        (A,), (change,) = node.arguments, changes
        return None if A.shape == SCALAR or change is None else make("tr", make("times", make("inv", A), change))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\log\left|\det\left({arguments[0].text}\right)\right|")

    def code(self, node: Node, *arguments: Code) -> Code:
        if node.arguments[0].shape == SCALAR:
            return codes.each("log", (codes.each("abs", arguments, SCALAR),), SCALAR)
        return codes.call(_LOGDET, arguments, SCALAR)


@register
class Adjugate(SquareMatrixFunction):
    """The adjugate, det(A)*inv(A): the transpose of the matrix of cofactors."""

    name, aliases, signature = "adj", ("adjugate",), "adj(A)"
    samples, bad_samples = _samples("adj"), _bad_samples("adj")
    laws = (Law("A*adj(A)", "det(A)*eye(n)", SQUARE), Law("adj([a, b; c, d])", "[d, -b; -c, a]"), Law("adj(A')", "adj(A)'", SQUARE))

    def value(self, node: Node, *arguments: Array) -> Array:
        """By the singular values, so that it exists for a singular matrix: adj(U S V') = det(U)·det(V)·V adj(S) U'."""
        (A,) = arguments
        if not A.shape:
            return np.ones(())
        U, s, Vt = np.linalg.svd(finite(A))
        others = np.array([np.prod(np.delete(s, place)) for place in range(len(s))])
        adjugate: Array = np.linalg.det(U) * np.linalg.det(Vt) * (Vt.T * others) @ U.T
        return adjugate

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        entries = written_out(arguments[0], 3)
        return _adjugate(entries) if entries else call("det", *arguments) * call("inv", *arguments)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\operatorname{{adj}}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        if node.shape == SCALAR:
            return codes.number(1)
        return codes.multiply(codes.call("linalg.det", arguments, SCALAR), codes.call(INVERSE, arguments, node.shape))
