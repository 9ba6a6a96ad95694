"""Weighted, possibly penalised, least squares in exact arithmetic, by the normal equations, which lose nothing there.

With X = N·D⁻¹ for whole numbers N (a denominator for each column, `service.linalg.scaled_integers`), XᵀWX = D⁻¹NᵀWN·D⁻¹: the sums
over the observations are products of matrices of whole numbers, and only p×p matrices are ever rational.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided
from service.errors import RankDeficient
from service.learning.design import Design
from service.linalg.dependencies import Dependency, exact_dependencies
from service.linalg.exact import is_identity
from service.linalg.exact_numbers import beyond_doubles, nearest_double
from service.linalg.scaled_integers import ScaledIntegers, integer_column

RELATIONS_SHOWN = 3


@dataclass(frozen=True)
class ExactFit:
    """`estimates` (p×1, fmpq_mat) minimise Σ wᵢ(yᵢ − xᵢᵀb)² + Σ dⱼbⱼ²; `gram` is XᵀWX + D and `inverse` its inverse, `moments` XᵀWy;
    `residual` and `total` are the (weighted) sums of squares, the total one about the mean when there is an intercept.
    `y` and the weights are whole numbers over `y_scale` and `weight_scale`."""

    design: Design
    estimates: Any
    gram: Any
    inverse: Any
    moments: Any
    residual: Any
    total: Any
    y: list[int]
    y_scale: int

    @cached_property
    def whole_estimates(self) -> tuple[list[int], int]:
        """The estimates for the columns of N, over one denominator."""
        scaled = [value / d for value, d in zip(column(self.estimates), self.design.integers.denominators, strict=True)]
        below = math.lcm(*(int(value.q) for value in scaled))
        return [int(value.p) * (below // int(value.q)) for value in scaled], below

    @cached_property
    def whole_fitted(self) -> tuple[list[int], int]:
        """X·b, over one denominator."""
        above, below = self.whole_estimates
        product = self.design.integers.numerators * flint.fmpz_mat([[value] for value in above])
        return list(map(int, product.entries())), below

    @cached_property
    def whole_residuals(self) -> tuple[list[int], int]:
        """y − X·b, over one denominator."""
        fitted, below = self.whole_fitted
        return [y * below - self.y_scale * value for y, value in zip(self.y, fitted, strict=True)], below * self.y_scale

    def quadratic(self, rows: ScaledIntegers) -> list[Any]:
        """xᵀ(XᵀWX + D)⁻¹x for each row x (m×p): fmpq."""
        table = rows.rational
        product = (table * self.inverse).tolist()
        return [sum((a * b for a, b in zip(*pair, strict=True)), flint.fmpq(0)) for pair in zip(product, table.tolist(), strict=True)]

    def checks(self) -> list[Check]:
        """That the gradient at the estimates is zero, and that X'WX + D has the inverse from which the errors are taken."""
        gradient = self.gram * self.estimates - self.moments
        return [
            decided("orthogonality", gradient.rank() == 0, "X'W(y - Xb) = Db exactly, in rational arithmetic (D = 0 without a penalty)"),
            decided("rank", is_identity(self.gram * self.inverse), "X'WX + D has an exact inverse: the parameters are determined"),
        ]


def exact_fit(design: Design, penalty: Sequence[Any] | None = None) -> ExactFit:
    """The fit; `penalty` holds the dⱼ ≥ 0 (fmpq).

    Raises RankDeficient with the relations between the columns, LimitExceeded, MatrixFormatError for roots.
    """
    whole = design.integers
    _check_size(whole, design)
    y, y_scale = integer_column(design.response, 0)
    scale = whole.denominators
    response = flint.fmpz_mat([[value] for value in y])
    if design.weights is None:
        left, weights, weight_scale = whole.numerators, [1] * len(y), 1
    else:
        weights, weight_scale = integer_column(design.weights, 0)
        rows = whole.numerators.tolist()
        left = flint.fmpz_mat([[w * value for value in row] for row, w in zip(rows, weights, strict=True)])
    left = left.transpose()
    back = _diagonal([flint.fmpq(1, d) for d in scale])
    gram = back * flint.fmpq_mat(left * whole.numerators) * back / weight_scale
    moments = back * flint.fmpq_mat(left * response) / (weight_scale * y_scale)
    if penalty is not None:
        gram = gram + _diagonal(list(penalty))
    try:
        inverse = gram.inv()
    except ZeroDivisionError:
        raise dependent(design, relations_of(design)) from None
    estimates = inverse * moments
    squares = flint.fmpq(sum(w * value * value for w, value in zip(weights, y, strict=True)), weight_scale * y_scale**2)
    explained = _dot(estimates, moments)
    residual = squares - explained
    if penalty is not None:
        residual -= explained - _dot(estimates, (gram - _diagonal(list(penalty))) * estimates)
    total = squares
    if design.has_intercept:
        mass = flint.fmpq(sum(weights), weight_scale)
        mean_sum = flint.fmpq(sum(w * value for w, value in zip(weights, y, strict=True)), weight_scale * y_scale)
        total = squares - mean_sum * mean_sum / mass
    return ExactFit(design, estimates, gram, inverse, moments, residual, total, y, y_scale)


def column(matrix: Any) -> list[Any]:
    """The entries of an n×1 matrix."""
    return [row[0] for row in matrix.tolist()]


def doubles(above: Sequence[int], below: int) -> NDArray[np.float64]:
    """Whole numbers over one denominator, each correctly rounded. Raises MathematicsRefuses beyond the range of doubles."""
    try:
        return np.array([value / below for value in above]) + 0.0
    except OverflowError:
        raise beyond_doubles() from None


def as_texts(above: Sequence[int], below: int) -> list[str]:
    """The same as exact texts."""
    return [str(flint.fmpq(value, below)) for value in above]


def to_double(value: Any) -> float:
    """The double nearest to a rational. Raises MathematicsRefuses beyond the range of doubles."""
    try:
        return nearest_double(value) + 0.0
    except OverflowError:
        raise beyond_doubles() from None


def _diagonal(values: Sequence[Any]) -> Any:
    size = len(values)
    matrix = flint.fmpq_mat(size, size)
    for j, value in enumerate(values):
        matrix[j, j] = value
    return matrix


def _dot(left: Any, right: Any) -> Any:
    return (left.transpose() * right)[0, 0]


def _check_size(whole: ScaledIntegers, design: Design) -> None:
    """Raises LimitExceeded when exact arithmetic would take too long: numerators and denominators of the p² numbers of the inverse
    are determinants (Hadamard)."""
    p, n = design.parameters, design.observations
    limits.check("exact-size", p, design.pointer)
    digits = p * (2 * whole.bits * math.log10(2) + math.log10(n + 1) + math.log10(p) / 2)
    limits.check("exact-answer-digits", math.ceil(4 * p * p * digits), design.pointer)


# --- columns that depend on each other ------------------------------------------------------------------------------


def relations_of(design: Design) -> list[Dependency]:
    """How columns of the design are combinations of those before them."""
    return exact_dependencies(design.integers.rational, "column")[1]


def dependent(design: Design, relations: list[Dependency] | None) -> RankDeficient:
    """The error that says so, by name."""
    names = design.names
    if not relations:
        reason = "to the precision of floats, a column is a combination of others"
        return RankDeficient(f"the parameters are not determined: {reason}", "leave that column out", design.pointer)
    shown = relations[:RELATIONS_SHOWN]
    return RankDeficient(
        f"the parameters are not determined, because {'; '.join(entry.sentence(names) for entry in shown)}",
        f"leave out {', '.join(names[entry.index] for entry in shown)}",
        design.pointer,
        facts={
            "rank": design.parameters - len(relations),
            "parameters": design.parameters,
            "dependencies": [entry.to_json(names) for entry in shown],
        },
    )
