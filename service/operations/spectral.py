"""Simple eigenvalues and singular values, differentiable as often as wanted through one helper, the eigenprojection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.expression import codes
from service.expression.algebra import call, einsum
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Law, Operation, Printed, Sample, operation, register
from service.expression.products import product, transpose
from service.expression.shapes import SCALAR, Axes, Shape, Sizes
from service.expression.sums import coefficient_of, filled
from service.expression.tensors import Tensor
from service.operations.generated_helpers import EIGENPROJECTION
from service.operations.matrices import SquareMatrixFunction, finite, off_deficient, off_double, require_square, transpose_of
from service.operations.samples import MATRIX, SQUARE, TWO_VECTORS, VECTOR, of_any_shape

_SYMMETRIC = {"S": "symmetric(n)"}

_LAMBDA_MAX = Spelling(
    "max(np.linalg.eigvals({0}).real)",
    jax="jnp.max(jnp.linalg.eigvals({0}).real)",
    pytorch="torch.max(torch.linalg.eigvals({0}).real)",
    julia="maximum(real(eigvals({0})))",
    matlab="max(real(eig({0})))",
)
_NUCLEAR_NORM = Spelling('linalg.norm({0}, "nuc")', julia="sum(svdvals({0}))", matlab="sum(svd({0}))")
_EIGENPROJECTION = codes.helper("eigenprojection", EIGENPROJECTION)


@register
class LambdaMax(SquareMatrixFunction):
    """The largest real part of the eigenvalues of a square matrix; of a symmetric one, its largest eigenvalue."""

    name, signature, kink = "lambda_max", "lambda_max(A)", "where the largest eigenvalue is not simple or not real"
    samples = (
        Sample("lambda_max(A)", SQUARE),
        Sample("lambda_max(A')", SQUARE),
        Sample("lambda_max(S)", _SYMMETRIC),
        Sample("lambda_max(x)"),
    )
    bad_samples = (Sample("lambda_max(A)", MATRIX), Sample("lambda_max(x)", VECTOR))
    laws = (
        Law("lambda_max(A'*A)", "sigma_max(A)^2", MATRIX),
        Law("lambda_max(2*A')", "2*lambda_max(A)", SQUARE),
        Law("lambda_max(x*x')", "x'*x", VECTOR),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        require_square(self, arguments[0], sizes)
        return SCALAR

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        if not A.shape:
            return A
        eigenvalues = np.linalg.eigvalsh(A) if np.array_equal(A, A.T) else np.linalg.eigvals(A)
        return np.asarray(np.max(eigenvalues.real))

    def side(self, node: Node, *arguments: Array) -> Array:
        return of_largest_eigenvalue(arguments[0])

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return ()

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        (A,) = arguments
        if not A.shape:
            return A
        coefficient, monic = coefficient_of(A)
        if coefficient > 0 and coefficient != 1:
            return coefficient * call(self.name, monic)
        transposed = transpose_of(A)
        return None if transposed is None else call(self.name, transposed)

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """dλ = tr(P dA), P the projection on the eigenvector along the others."""
        return transpose(call("eigenprojection", *x))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\lambda_{{\max}}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.call(_LAMBDA_MAX, arguments, SCALAR) if node.arguments[0].shape != SCALAR else arguments[0]


@register
class Eigenprojection(SquareMatrixFunction):
    """The projection that belongs to lambda_max(A): r*l'/(l'*r) with its right and left eigenvectors; u*u' for a symmetric A."""

    name, signature, kink = "eigenprojection", "eigenprojection(A)", "where the largest eigenvalue is not simple or not real"
    samples = (Sample("eigenprojection(A)", SQUARE), Sample("eigenprojection(S)", _SYMMETRIC), Sample("eigenprojection(x)"))
    bad_samples = (Sample("eigenprojection(A)", MATRIX),)
    laws = (
        Law("A*eigenprojection(A)", "lambda_max(A)*eigenprojection(A)", SQUARE),
        Law("tr(eigenprojection(A))", "1", SQUARE),
        Law("eigenprojection(A')", "eigenprojection(A)'", SQUARE),
        Law("eigenprojection(x*x')", "x*x'/(x'*x)", VECTOR),
    )

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        if not A.shape:
            return np.ones(())
        eigenvalues, right = np.linalg.eig(A)
        largest = np.argmax(eigenvalues.real)
        if np.iscomplex(eigenvalues[largest]):
            return np.full(A.shape, np.nan)
        return np.outer(right[:, largest], np.linalg.inv(right)[largest]).real

    def side(self, node: Node, *arguments: Array) -> Array:
        return of_largest_eigenvalue(arguments[0])

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return call(self.name, *arguments)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        (A,) = arguments
        if not A.shape:
            return filled(1, ())
        coefficient, monic = coefficient_of(A)
        if coefficient > 0 and coefficient != 1:
            return call(self.name, monic)
        transposed = transpose_of(A)
        return None if transposed is None else transpose(call(self.name, transposed))

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """dP = S dA P + P dA S with the reduced resolvent S = inv(λI - A + P) - P (Kato, Perturbation Theory, II.2)."""
        (A,) = x
        eigenvalue = product(1, [(call("lambda_max", A), ())], (0, 0), {0: A.shape[0]})
        S = call("inv", eigenvalue - A + y) - y
        return einsum("ik,lj->ijkl", S, y) + einsum("ik,lj->ijkl", y, S)

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.call(_EIGENPROJECTION, arguments, node.shape) if node.shape != SCALAR else codes.number(1)


def of_largest_eigenvalue(A: Array) -> Array:
    """1 where the eigenvalue with the largest real part is simple and real, NaN where it is not."""
    if not A.ndim:
        return np.ones(())
    eigenvalues = np.linalg.eigvals(finite(A))
    shifted = eigenvalues.real + np.max(np.abs(eigenvalues), initial=0)  # from 0 up, on the scale of all of them
    return off_double(shifted) if np.isreal(eigenvalues[np.argmax(shifted)]) else np.asarray(np.nan)


class SingularValueNorm(Operation):
    """A norm made of the singular values; that of a vector is its length."""

    family = "norms"

    def side(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        return self.side_of_matrix(A) if A.ndim == 2 else operation("norm2").side(node, A)

    def side_of_matrix(self, A: Array) -> Array:
        raise NotImplementedError

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return SCALAR

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (A,) = arguments
        return call(self.name, A) if len(A.shape) == 2 else operation("norm2").lower(node, A)

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return ()

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """|c·A'| = |c|·|A|."""
        (A,) = arguments
        coefficient, monic = coefficient_of(A)
        if coefficient not in (0, 1):
            return abs(coefficient) * call(self.name, monic)
        transposed = transpose_of(A)
        return None if transposed is None else call(self.name, transposed)


@register
class SigmaMax(SingularValueNorm):
    """The largest singular value, which is the spectral norm norm2(A)."""

    name, signature, kink = "sigma_max", "sigma_max(A)", "where the largest singular value is not simple"
    samples = of_any_shape("sigma_max")
    laws = (Law("sigma_max(A)", "norm2(A)", MATRIX), Law("sigma_max(x*y')", "norm2(x)*norm2(y)", TWO_VECTORS))

    def side_of_matrix(self, A: Array) -> Array:
        return off_double(np.linalg.svd(finite(A), compute_uv=False))

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        return np.asarray(np.linalg.norm(finite(A), 2) if A.shape else np.abs(A))

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """u*v' = A*v*v'/σ, and v*v' is the eigenprojection of A'*A."""
        (A,) = x
        return einsum("ik,kj->ij", A, call("eigenprojection", einsum("ki,kj->ij", A, A))) / y

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\sigma_{{\max}}\left({arguments[0].text}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        return operation("norm2").code(node, *arguments)


@register
class NuclearNorm(SingularValueNorm):
    """The sum of the singular values."""

    name, signature, kink = "nuclear_norm", "nuclear_norm(A)", "where the rank changes"
    samples = of_any_shape("nuclear_norm")
    laws = (Law("nuclear_norm(A)", "tr(sqrtm(A'*A))", MATRIX), Law("nuclear_norm(x*y')", "norm2(x)*norm2(y)", TWO_VECTORS))

    def side_of_matrix(self, A: Array) -> Array:
        return off_deficient(A)

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        if not A.shape:
            return np.abs(A)
        return np.asarray(np.linalg.norm(finite(A), "nuc") if A.ndim == 2 else np.linalg.norm(A))

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """U*V', for A = U*S*V' of full rank."""
        return call("polar", *x)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\left\lVert {arguments[0].text} \right\rVert_{{*}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        matrix = 1 not in node.arguments[0].shape
        return codes.call(_NUCLEAR_NORM, arguments, SCALAR) if matrix else operation("norm2").code(node, *arguments)
