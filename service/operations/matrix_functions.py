"""Functions of a square matrix in the sense of its power series or its eigenvalues. (Higham, Functions of Matrices, 2008.)"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy import linalg

from service.errors import NotDifferentiable
from service.expression.algebra import call
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Law, Printed, Sample, operation, register
from service.expression.products import product, transpose
from service.expression.shapes import SCALAR, multiply
from service.expression.tensors import Apply, Tensor, leaf
from service.operations.matrices import SquareMatrixFunction, diagonal_of, finite, real, transpose_of
from service.operations.samples import MATRIX, SQUARE, VECTOR


class MatrixFunction(SquareMatrixFunction):
    """`of_scalar` is the same function of numbers; SciPy computes it for matrices under the name of the operation."""

    of_scalar: ClassVar[str]
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
        if not A.shape:
            return operation(self.of_scalar).value(node, A)
        if self.needs_inverse and np.linalg.matrix_rank(finite(A)) < len(A):
            raise np.linalg.LinAlgError(f"{self.name} of a singular matrix")
        return real(getattr(linalg, self.name)(finite(A)))

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        """Of a scalar, and of each entry of a diagonal, it is the function of numbers."""
        (A,) = arguments
        scalar = operation(self.of_scalar)
        if not A.shape:
            return scalar.lower(node, A)
        diagonal = diagonal_of(A)
        return call(self.name, A) if diagonal is None else product(1, [(scalar.lower(node, diagonal), (0,))], (0, 0))

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """f(A') = f(A)', and f(g(A)) = A for its inverse function."""
        (A,) = arguments
        if self.undoes and isinstance(A, Apply) and A.operation.name == self.undoes:
            return A.arguments[0]
        transposed = transpose_of(A)
        return None if transposed is None else transpose(call(self.name, transposed))

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        raise NotDifferentiable(f"the derivative of {self.name} of a matrix is not known to this service yet")

    def numpy(self, node: Node, *arguments: Printed) -> Printed:
        if node.shape == SCALAR:
            return operation(self.of_scalar).numpy(node, *arguments)
        return Printed(f"linalg.{self.name}({arguments[0].text})")


@register
class Expm(MatrixFunction):
    """The exponential of a square matrix (exp goes entry by entry)."""

    name, of_scalar, undoes = "expm", "exp", "logm"
    samples = (Sample("expm(A)", SQUARE),)
    laws = (Law("expm(A)*expm(-A)", "eye(n)", SQUARE), Law("det(expm(A))", "exp(tr(A))", SQUARE), Law("expm(A')", "expm(A)'", SQUARE))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\mathrm{{e}}^{{{arguments[0].text}}}", Binding.POWER)


@register
class Logm(MatrixFunction):
    """The principal logarithm of a square matrix without eigenvalues ≤ 0 (log goes entry by entry)."""

    name, of_scalar, needs_inverse = "logm", "log", True
    laws = (Law("expm(logm(S))", "S", {"S": "spd(n)"}), Law("logm(S*S)", "2*logm(S)", {"S": "spd(n)"}))


@register
class Sqrtm(MatrixFunction):
    """The principal square root of a square matrix (sqrt goes entry by entry)."""

    name, of_scalar, needs_inverse = "sqrtm", "sqrt", True
    laws = (Law("sqrtm(S)*sqrtm(S)", "S", {"S": "spd(n)"}), Law("sqrtm(S*S)", "S", {"S": "spd(n)"}))

    def value(self, node: Node, *arguments: Array) -> Array:
        """A symmetric matrix by its eigenvalues, so that a singular one has its root too."""
        (A,) = arguments
        if A.shape and np.array_equal(A, A.T):
            eigenvalues, vectors = np.linalg.eigh(finite(A))
            noise = np.finfo(float).eps * len(A) * np.abs(eigenvalues).max()
            roots = np.sqrt(np.where(np.abs(eigenvalues) <= noise, 0, eigenvalues))
            root: Array = (vectors * roots) @ vectors.T
            return root
        return super().value(node, A)

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """Y·Y = A gives Y·dY + dY·Y = dA, a Sylvester equation: (I⊗Y + Y'⊗I) vec(dY) = vec(dA)."""
        size = y.shape[0]
        pairs = leaf("pairing", (size, size), (multiply(size, size), size, size))
        left = product(1, [(pairs, (0, 2, 3)), (y, (2, 4)), (pairs, (1, 4, 3))], (0, 1))
        right = product(1, [(pairs, (0, 2, 3)), (y, (4, 3)), (pairs, (1, 2, 4))], (0, 1))
        return product(1, [(pairs, (4, 0, 1)), (call("inv", left + right), (4, 5)), (pairs, (5, 2, 3))], (0, 1, 2, 3))


@register
class Sinm(MatrixFunction):
    """The sine of a square matrix (sin goes entry by entry)."""

    name, of_scalar = "sinm", "sin"
    samples = (Sample("sinm(A)", SQUARE),)
    laws = (Law("sinm(A)*sinm(A) + cosm(A)*cosm(A)", "eye(n)", SQUARE),)


@register
class Cosm(MatrixFunction):
    """The cosine of a square matrix (cos goes entry by entry)."""

    name, of_scalar = "cosm", "cos"
    samples = (Sample("cosm(A)", SQUARE),)
    laws = (Law("cosm(2*A)", "2*cosm(A)*cosm(A) - eye(n)", SQUARE),)
