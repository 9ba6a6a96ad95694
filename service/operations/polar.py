"""The orthogonal factor of the polar decomposition: what the nuclear norm has for its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from service.expression import codes
from service.expression.algebra import call, einsum, total
from service.expression.codes import Code
from service.expression.nodes import Node
from service.expression.operation import Array, Law, Operation, Printed, Sample, operation, register
from service.expression.products import power, product, transpose
from service.expression.shapes import SCALAR, Shape, Sizes, multiply
from service.expression.sums import coefficient_of, delta
from service.expression.tensors import Apply, Tensor, leaf
from service.operations.generated_helpers import POLAR
from service.operations.matrices import finite, is_vector, off_deficient, transpose_of
from service.operations.samples import MATRIX, SQUARE, VECTOR

_POLAR = codes.helper("polar", POLAR)


@register
class Polar(Operation):
    """The orthogonal factor U*V' of A = U*S*V', for an A of full rank; of a vector, x/norm2(x)."""

    name, family, signature, kink = "polar", "matrix functions", "polar(A)", "where the rank changes"
    samples = (
        Sample("polar(A)", MATRIX),
        Sample("polar(A')", MATRIX),
        Sample("polar(A)", SQUARE),
        Sample("polar(x)", VECTOR),
        Sample("polar(x')", VECTOR),
        Sample("polar(x)"),
    )
    laws = (
        Law("polar(A)*sqrtm(A'*A)", "A", {"A": "matrix(5,3)"}),
        Law("polar(A)'*polar(A)", "eye(3)", {"A": "matrix(5,3)"}),
        Law("polar(A)*polar(A)'", "eye(2)", {"A": "matrix(2,3)"}),
        Law("polar(-2*A')", "-polar(A)'", MATRIX),
        Law("tr(polar(A)'*A)", "nuclear_norm(A)", MATRIX),
        Law("polar(S)", "eye(n)", {"S": "spd(n)"}),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return arguments[0]

    def value(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        if A.ndim < 2:
            return np.sign(A) if not A.ndim else A / np.linalg.norm(finite(A))
        U, _, Vt = np.linalg.svd(finite(A), full_matrices=False)
        found: Array = U @ Vt
        return found

    def side(self, node: Node, *arguments: Array) -> Array:
        (A,) = arguments
        return off_deficient(A) if A.ndim == 2 else operation("norm2").side(node, A)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        (A,) = arguments
        if not A.shape:
            return call("sign", A)
        return A * power(total(A**2), Fraction(-1, 2)) if len(A.shape) == 1 else call(self.name, A)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """polar(c·A) = sign(c)·polar(A), polar(A') = polar(A)', polar(polar(A)) = polar(A)."""
        (A,) = arguments
        if isinstance(A, Apply) and A.operation is self:
            return A
        coefficient, monic = coefficient_of(A)
        if coefficient not in (0, 1):
            return call(self.name, monic) * (1 if coefficient > 0 else -1)
        transposed = transpose_of(A)
        return None if transposed is None else transpose(call(self.name, transposed))

    def tensor_symmetric(self, *arguments: Tensor) -> bool:
        return arguments[0].symmetric

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """dQ = Y + (I - Q Q') dA P Q + Q P dA (I - Q' Q) with P = pinv(A), where Y is the solution in the ranges of Q and Q' of
        A Q' Y + Y Q' A = Q Q' dA Q' Q - Q dA' Q, a Sylvester equation.

        From A = Q H = G Q with H = Q' A, G = A Q' symmetric. Both are made invertible by the projections on the complements of
        the ranges, which change nothing inside them, so that it holds for tall and for wide matrices.
        """
        (A,) = x
        rows, columns = A.shape
        P = call("pinv", A)
        onto, into = einsum("ia,ja->ij", y, y), einsum("ai,aj->ij", y, y)
        beside, beyond = delta(rows) - onto, delta(columns) - into
        G, H = einsum("ia,ja->ij", A, y) + beside, einsum("ai,aj->ij", y, A) + beyond
        pairs = leaf("pairing", (rows, columns), (multiply(rows, columns), rows, columns))
        from_left = product(1, [(pairs, (0, 2, 3)), (G, (2, 4)), (pairs, (1, 4, 3))], (0, 1))
        from_right = product(1, [(pairs, (0, 2, 3)), (H, (4, 3)), (pairs, (1, 2, 4))], (0, 1))
        solved = call("inv", from_left + from_right)
        right_side = einsum("pk,lq->pqkl", onto, into) - einsum("pl,kq->pqkl", y, y)
        return (
            einsum("aij,ab,bpq,pqkl->ijkl", pairs, solved, pairs, right_side)
            + einsum("ik,la,aj->ijkl", beside, P, y)
            + einsum("ia,ak,lj->ijkl", y, P, beyond)
        )

    def code(self, node: Node, *arguments: Code) -> Code:
        (A,) = arguments
        if node.shape == SCALAR:
            return operation("sign").code(node, A)
        if is_vector(node.shape):
            return codes.divide(A, operation("norm2").code(node, A))
        return codes.call(_POLAR, arguments, node.shape)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\operatorname{{polar}}\left({arguments[0].text}\right)")
