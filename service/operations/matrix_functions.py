"""Functions of a square matrix in the sense of its power series or its eigenvalues. (Higham, Functions of Matrices, 2008.)"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from scipy import linalg

from service.expression import codes
from service.expression.algebra import call, einsum
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Law, Printed, Sample, operation, register
from service.expression.products import power, product, transpose
from service.expression.shapes import SCALAR
from service.expression.sums import identity
from service.expression.tensors import Apply, Tensor
from service.operations.generated_helpers import LOGM, SQRTM
from service.operations.matrices import SquareMatrixFunction, diagonal_of, finite, real, transpose_of
from service.operations.samples import MATRIX, SQUARE, VECTOR


class MatrixFunction(SquareMatrixFunction):
    """`of_scalar` is the same function of numbers; SciPy computes it for matrices under the name of the operation."""

    of_scalar: ClassVar[str]
    spelling: ClassVar[Spelling]
    directional = True
    undoes: ClassVar[str] = ""
    """The function g with f(g(A)) = A wherever g(A) exists."""
    needs_inverse: ClassVar[bool] = False
    """Whether SciPy's value for a singular matrix is not to be trusted."""

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls.signature = f"{cls.name}(A)"
        cls.samples = (
            Sample(f"{cls.name}(A'*A)", SQUARE),
            Sample(f"{cls.name}(A)", {"A": "spd(n)"}),
            Sample(f"{cls.name}(diag(x))", VECTOR),
            Sample(f"{cls.name}(x)"),
            *cls.__dict__.get("samples", ()),
        )
        cls.bad_samples = (Sample(f"{cls.name}(A)", MATRIX), Sample(f"{cls.name}(x)", VECTOR))

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        return self.matrix_value(A) if A.shape else operation(self.of_scalar).value(node, A)

    def matrix_value(self, A: Array) -> Array:
        """f(A) of a square array; raises LinAlgError where it does not exist."""
        if self.needs_inverse and np.linalg.matrix_rank(finite(A)) < len(A):
            raise np.linalg.LinAlgError(f"{self.name} of a singular matrix")
        return real(getattr(linalg, self.name)(finite(A)))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """Of a scalar, and of each entry of a diagonal, it is the function of numbers; f(A') = f(A)', f(g(A)) = A."""
        (A,) = arguments
        if not A.shape:
            return self.of_numbers(A)
        diagonal = diagonal_of(A)
        if diagonal is not None:
            return product(1, [(self.of_numbers(diagonal), (0,))], (0, 0))
        if self.undoes and isinstance(A, Apply) and A.operation.name == self.undoes:
            return A.arguments[0]
        transposed = transpose_of(A)
        return None if transposed is None else transpose(call(self.name, transposed))

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """Along all unit matrices at once."""
        along = call(f"{self.name}_frechet", *x, identity(y.shape))
        return product(1, [(along, (2, 3, 0, 1))], (0, 1, 2, 3))

    def along(self, y: Tensor, position: int, direction: Tensor, *x: Tensor) -> Tensor:
        return call(f"{self.name}_frechet", *x, direction)

    def adjoint(self, y: Tensor, position: int, above: Tensor, *x: Tensor) -> Tensor:
        """<G, L(A; dA)> = <L(A'; G), dA>: a word A^j dA A^k turned around is A'^j G A'^k."""
        return call(f"{self.name}_frechet", transpose(x[0]), above)

    def of_numbers(self, x: Tensor) -> Tensor:
        """The function of each entry."""
        return call(self.of_scalar, x)

    def slope(self, order: int, A: Tensor) -> Tensor:
        """The derivative of this order of the function of numbers, as a function of a matrix again."""
        raise NotImplementedError

    def code(self, node: Node, *arguments: Code) -> Code:
        if node.shape == SCALAR:
            return operation(self.of_scalar).code(node, *arguments)
        return codes.call(self.spelling, arguments, node.shape)


@register
class Expm(MatrixFunction):
    """The exponential of a square matrix (exp goes entry by entry)."""

    name, of_scalar, undoes = "expm", "exp", "logm"
    spelling = Spelling(numpy="linalg.expm", jax="linalg.expm", pytorch="torch.linalg.matrix_exp", julia="exp", matlab="expm")
    samples = (Sample("expm(A)", SQUARE),)
    laws = (Law("expm(A)*expm(-A)", "eye(n)", SQUARE), Law("det(expm(A))", "exp(tr(A))", SQUARE), Law("expm(A')", "expm(A)'", SQUARE))

    def slope(self, order: int, A: Tensor) -> Tensor:
        return call(self.name, A)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\mathrm{{e}}^{{{arguments[0].text}}}", Binding.POWER)


@register
class Logm(MatrixFunction):
    """The principal logarithm of a square matrix without eigenvalues ≤ 0 (log goes entry by entry)."""

    name, of_scalar, needs_inverse = "logm", "log", True
    spelling = Spelling(numpy="linalg.logm", jax="logm", pytorch="logm", julia="log", matlab="logm", helpers=LOGM)
    laws = (Law("expm(logm(S))", "S", {"S": "spd(n)"}), Law("logm(S*S)", "2*logm(S)", {"S": "spd(n)"}))

    def slope(self, order: int, A: Tensor) -> Tensor:
        """(-1)^(k-1)·(k-1)!·A^-k."""
        factor = math.factorial(order - 1) * (1 if order % 2 else -1)
        return factor * _inverse_power(A, order)


@register
class Sqrtm(MatrixFunction):
    """The principal square root of a square matrix (sqrt goes entry by entry)."""

    name, of_scalar, needs_inverse = "sqrtm", "sqrt", True
    spelling = Spelling(
        numpy="linalg.sqrtm",
        jax="linalg.sqrtm({0}).real",
        pytorch="sqrtm",
        julia="sqrt",
        matlab="sqrtm",
        helpers=SQRTM,
    )
    laws = (Law("sqrtm(S)*sqrtm(S)", "S", {"S": "spd(n)"}), Law("sqrtm(S*S)", "S", {"S": "spd(n)"}))

    def matrix_value(self, A: Array) -> Array:
        """A symmetric matrix by its eigenvalues, so that a singular one has its root too."""
        if np.array_equal(A, A.T):
            eigenvalues, vectors = np.linalg.eigh(finite(A))
            noise = np.finfo(float).eps * len(A) * np.abs(eigenvalues).max()
            roots = np.sqrt(np.where(np.abs(eigenvalues) <= noise, 0, eigenvalues))
            root: Array = (vectors * roots) @ vectors.T
            return root
        return super().matrix_value(A)

    def of_numbers(self, x: Tensor) -> Tensor:
        return power(x, Fraction(1, 2))

    def slope(self, order: int, A: Tensor) -> Tensor:
        """(1/2)(-1/2)(-3/2)... A^(1/2 - k): inv(sqrtm(A))/2 for k = 1."""
        factor = math.prod([Fraction(1, 2) - step for step in range(order)])
        result = call("inv", call(self.name, A))
        for _ in range(order - 1):
            result = einsum("ij,jk->ik", result, call("inv", A)) if A.shape else result / A
        return result * factor


@register
class Sinm(MatrixFunction):
    """The sine of a square matrix (sin goes entry by entry)."""

    name, of_scalar = "sinm", "sin"
    spelling = Spelling(
        numpy="linalg.sinm",
        jax="linalg.expm(1j * {0}).imag",
        pytorch="torch.linalg.matrix_exp(1j * {0}).imag",
        julia="sin",
        matlab="imag(expm(1i * {0}))",
    )
    samples = (Sample("sinm(A)", SQUARE),)
    laws = (Law("sinm(A)*sinm(A) + cosm(A)*cosm(A)", "eye(n)", SQUARE),)

    def slope(self, order: int, A: Tensor) -> Tensor:
        return (1, 1, -1, -1)[order % 4] * call(("sinm", "cosm")[order % 2], A)


@register
class Cosm(MatrixFunction):
    """The cosine of a square matrix (cos goes entry by entry)."""

    name, of_scalar = "cosm", "cos"
    spelling = Spelling(
        numpy="linalg.cosm",
        jax="linalg.expm(1j * {0}).real",
        pytorch="torch.linalg.matrix_exp(1j * {0}).real",
        julia="cos",
        matlab="real(expm(1i * {0}))",
    )
    samples = (Sample("cosm(A)", SQUARE),)
    laws = (Law("cosm(2*A)", "2*cosm(A)*cosm(A) - eye(n)", SQUARE),)

    def slope(self, order: int, A: Tensor) -> Tensor:
        return (1, -1, -1, 1)[order % 4] * call(("cosm", "sinm")[order % 2], A)


def _inverse_power(A: Tensor, exponent: int) -> Tensor:
    inverse = found = call("inv", A)
    for _ in range(exponent - 1):
        found = einsum("ij,jk->ik", found, inverse) if A.shape else found * inverse
    return found
