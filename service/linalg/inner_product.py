"""The inner product of two vectors or matrices, and what it says of them: lengths, angle, inequalities, projection."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import flint
import numpy as np

from service.certificates import Check, decided, measured, require
from service.errors import InputError, MathematicsRefuses, ShapeMismatch
from service.linalg.bounds import UNIT, gamma
from service.linalg.cholesky import require_positive_definite
from service.linalg.exact import check_entries
from service.linalg.exact_numbers import beyond_doubles, nearest_double, nearest_root, read_rational
from service.linalg.gram import Gram, gram, real_and_imaginary, rounding
from service.linalg.inner_product_checks import derived_check
from service.linalg.matrix import LARGEST_INTEGER, Arithmetic, Matrix, as_sent, choose_arithmetic
from service.linalg.numerical_rank import unit_of
from service.linalg.square_roots import root_text, surd_text

ANGLES = {(1, 0): "pi/2", (0, 4): "0", (1, 1): "pi/3", (1, 2): "pi/4", (1, 3): "pi/6", (-1, 4): "pi",
          (-1, 1): "2*pi/3", (-1, 2): "3*pi/4", (-1, 3): "5*pi/6", (1, 4): "0"}  # fmt: skip
SMALLEST = 2.0**-1074
FEW_DIGITS = 1e-290  # below, subnormal numbers are near


@dataclass(frozen=True)
class InnerProduct:
    """Numbers are floats (complex where the product is), or texts in exact arithmetic. What has no meaning for a zero vector
    (`cosine`, `angle`, the projection onto it) is None; so are the answers to yes-or-no questions that rounding leaves open.
    `angle` is the one whose cosine is Re⟨x,y⟩/(‖x‖‖y‖). `error_bound` bounds the error of `dot`, absolutely, the rounding of the
    entries to doubles included."""

    dot: Any
    norm_x: Any
    norm_y: Any
    cosine: Any
    angle: Any
    orthogonal: bool | None
    distance: Any
    projection: Any
    scalar_projection: Any
    cauchy_schwarz: dict[str, Any]
    triangle: dict[str, Any]
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        return {
            "dot": self.dot,
            "norm_x": self.norm_x,
            "norm_y": self.norm_y,
            "cosine": self.cosine,
            "angle": self.angle,
            "orthogonal": self.orthogonal,
            "distance": self.distance,
            "projection": self.projection,
            "scalar_projection": self.scalar_projection,
            "cauchy_schwarz": self.cauchy_schwarz,
            "triangle": self.triangle,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # an overflow is refused
def inner_product(x: Matrix, y: Matrix, weight: Matrix | None = None, arithmetic: Arithmetic | None = None) -> InnerProduct:
    """⟨x, y⟩ = Σ conj(xᵢ)·yᵢ for vectors, Σ conj(xᵢⱼ)·yᵢⱼ (Frobenius) for matrices of one shape m×n; with a Hermitian positive
    definite `weight` W (m×m), xᴴ·W·y, summed over the columns.

    Raises ShapeMismatch, NotPositiveDefinite (the weight), MathematicsRefuses (overflow).
    """
    if x.shape != y.shape:
        raise ShapeMismatch(f"x is {_described(x)} and y {_described(y)}", "an inner product takes two arrays of one shape", "/y")
    m = x.shape[0]
    if weight is not None and weight.shape != (m, m):
        detail = f"x has {m} rows, and the weight is {weight.shape[0]}×{weight.shape[1]}"
        raise ShapeMismatch(detail, f"the weight of this inner product is {m}×{m}", "/weight")
    check_entries(arithmetic, x=x, y=y, weight=weight)
    mode = choose_arithmetic(arithmetic, x=x, y=y, weight=weight)
    if weight is not None:
        require_positive_definite(weight, "/weight")
    found = gram(x, y, weight)
    checks = [*gram_checks(x, y, weight, found), *inequality_checks(found)]
    answer = _exact if mode == "exact" else _in_floats
    return answer(x, y, found, () if weight is None else (weight,), require(checks))


def _described(matrix: Matrix) -> str:
    return f"a vector of {matrix.shape[0]} entries" if matrix.is_vector else f"{matrix.shape[0]}×{matrix.shape[1]}"


# --- answers ---------------------------------------------------------------------------------------------------------


def _in_floats(x: Matrix, y: Matrix, found: Gram, weights: tuple[Matrix, ...], checks: list[Check]) -> InnerProduct:
    factors = (x, y, *weights)
    whole = all(part.kind == "integer" for part in factors)
    is_complex = x.is_complex or y.is_complex or found.im != 0
    norm_x, norm_y, dot = nearest_root(found.xx), nearest_root(found.yy), _double(found.re)
    if 0 < norm_x < FEW_DIGITS or 0 < norm_y < FEW_DIGITS:
        raise MathematicsRefuses("a length is so small that doubles do not hold all its digits", 'send "arithmetic": "exact"')
    value: Any = complex(dot, _double(found.im)) if is_complex else dot
    if whole and not is_complex:
        value = int(found.re.p) if abs(found.re) <= LARGEST_INTEGER else str(found.re)
    rounded_once = 0.0 if whole else UNIT * abs(complex(value)) + SMALLEST
    error = found.slack * found.sizes[1] + rounding(factors) * found.sizes[1] + rounded_once
    nonzero = found.xx > 0 and found.yy > 0
    total, difference = (_of_sum(found, sign) for sign in (1, -1))
    answer = InnerProduct(
        dot=value,
        norm_x=norm_x,
        norm_y=norm_y,
        cosine=_cosine(found, is_complex) if nonzero else None,
        angle=_angle(found) if nonzero else None,
        orthogonal=_is_zero(found, float(error), whole),
        distance=nearest_root(difference),
        projection=_projection(x, y, found) if found.yy > 0 else None,
        scalar_projection=_scalar_projection(found, is_complex) if found.yy > 0 else None,
        cauchy_schwarz={
            "value": nearest_root(found.squared),
            "bound": _root_or_none(found.xx * found.yy),
            "holds": True,
            "equality": _is_dependent(found),
        },
        triangle={"value": nearest_root(total), "bound": _sum(norm_x, norm_y), "holds": True, "equality": _points_the_same_way(found)},
        arithmetic="float",
        error_bound=_finite(float(error)),
        checks=checks,
    )
    return replace(answer, checks=[*checks, *require([derived_check(x, y, weights[0] if weights else None, found, answer)])])


def _exact(x: Matrix, y: Matrix, found: Gram, weights: tuple[Matrix, ...], checks: list[Check]) -> InnerProduct:
    nonzero = found.xx > 0 and found.yy > 0
    total, difference = _of_sum(found, 1), _of_sum(found, -1)
    cosine = surd_text(found.re / (found.xx * found.yy), found.xx * found.yy) if nonzero else None
    factor = found.re / found.yy if found.yy > 0 else None
    projection = None if factor is None else as_sent(x, [[str(value * factor) for value in row] for row in y.exact.tolist()])
    return InnerProduct(
        dot=str(found.re),
        norm_x=root_text(found.xx),
        norm_y=root_text(found.yy),
        cosine=cosine,
        angle=_angle_text(found, str(cosine)) if nonzero else None,
        orthogonal=bool(found.re == 0),
        distance=root_text(difference),
        projection=projection,
        scalar_projection=surd_text(found.re / found.yy, found.yy) if found.yy > 0 else None,
        cauchy_schwarz={
            "value": str(abs(found.re)),
            "bound": root_text(found.xx * found.yy),
            "holds": True,
            "equality": _is_dependent(found),
        },
        triangle={
            "value": root_text(total),
            "bound": _sum_text(root_text(found.xx), root_text(found.yy)),
            "holds": True,
            "equality": _points_the_same_way(found),
        },
        arithmetic="exact",
        error_bound=0.0,
        checks=checks,
    )


def _angle(found: Gram) -> float:
    """The angle whose cosine is Re⟨x,y⟩/(‖x‖‖y‖), from sine and cosine: small angles lose no digits."""
    product, squared = found.xx * found.yy, found.re * found.re
    sine, cosine = (nearest_root(max(part, flint.fmpq(0)) / product) for part in (product - squared, squared))
    return math.atan2(sine, cosine if found.re >= 0 else -cosine)


def _root_or_none(value: Any) -> float | None:
    """None beyond the range of doubles."""
    try:
        return nearest_root(value)
    except MathematicsRefuses:
        return None


def _angle_text(found: Gram, cosine: str) -> str:
    square = 4 * found.squared / (found.xx * found.yy)
    sign = -1 if found.re < 0 else 1
    return ANGLES.get((sign, int(square.p)), f"acos({cosine})") if square.q == 1 else f"acos({cosine})"


def _sum_text(one: str, two: str) -> str:
    if "sqrt" in one or "sqrt" in two:
        return one if two == "0" else two if one == "0" else f"{one} + {two}"
    return str(sum((read_rational(text) or flint.fmpq(0) for text in (one, two)), flint.fmpq(0)))


def _of_sum(found: Gram, sign: int) -> Any:
    """‖x ± y‖²."""
    return max(found.xx + found.yy + 2 * sign * found.re, flint.fmpq(0))


def _cosine(found: Gram, is_complex: bool) -> Any:
    """⟨x,y⟩/(‖x‖‖y‖), correctly within [−1, 1]."""
    product = found.xx * found.yy
    parts = [math.copysign(min(nearest_root(part * part / product), 1.0), float(part > 0) - 0.5) + 0.0 for part in (found.re, found.im)]
    return complex(*parts) if is_complex else parts[0] if found.re != 0 else 0.0


def _scalar_projection(found: Gram, is_complex: bool) -> Any:
    """⟨y,x⟩/‖y‖: the signed length of the projection of x onto y."""
    parts = [math.copysign(nearest_root(part * part / found.yy), float(part > 0) - 0.5) for part in (found.re, -found.im)]
    parts = [size if part != 0 else 0.0 for size, part in zip(parts, (found.re, found.im), strict=True)]
    return complex(*parts) if is_complex else parts[0]


def _projection(x: Matrix, y: Matrix, found: Gram) -> Any:
    """The projection of x onto y: y·⟨y,x⟩/⟨y,y⟩, each entry rounded once when the products are exact."""
    if not found.is_exact:
        factor: Any = complex(_double(found.re / found.yy), _double(-found.im / found.yy))
        values = y.floats * (factor if found.im != 0 or y.is_complex else factor.real)
        if not np.isfinite(values).all():
            raise beyond_doubles()
        return as_sent(x, values + 0.0)
    c, d = real_and_imaginary(y)
    re, im = found.re / found.yy, -found.im / found.yy
    if d is None and im == 0:
        table = np.array([[_double(value * re) for value in row] for row in c.tolist()])
    else:
        zero = flint.fmpq_mat(*y.shape)
        d = zero if d is None else d
        pairs = [list(zip(one, two, strict=True)) for one, two in zip(c.tolist(), d.tolist(), strict=True)]
        table = np.array([[complex(_double(p * re - q * im), _double(p * im + q * re)) for p, q in row] for row in pairs])
    return as_sent(x, table + 0.0)


def _double(value: Any) -> float:
    try:
        return nearest_double(value)
    except OverflowError:
        raise beyond_doubles() from None


def _sum(one: float, two: float) -> float:
    if not math.isfinite(one + two):
        raise beyond_doubles()
    return one + two


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise beyond_doubles()
    return value


# --- yes, no, or left open -------------------------------------------------------------------------------------------


def _is_zero(found: Gram, error: float, whole: bool) -> bool | None:
    """Whether x and y are orthogonal: exactly, as sent; None when the rounding of decimals or of the sum leaves it open."""
    if found.is_exact and (whole or found.squared == 0):
        return bool(found.squared == 0)
    return False if nearest_root(found.squared) > error else None


def _is_dependent(found: Gram) -> bool | None:
    """Equality in Cauchy–Schwarz: x and y are linearly dependent."""
    if found.is_exact:
        return bool(found.determinant == 0)
    return False if _double(abs(found.determinant)) > found.determinant_error and found.determinant > 0 else None


def _points_the_same_way(found: Gram) -> bool | None:
    """Equality in the triangle inequality: one is a non-negative multiple of the other."""
    dependent = _is_dependent(found)
    return bool(found.re >= 0 and found.im == 0) if dependent else dependent


# --- checks ----------------------------------------------------------------------------------------------------------


def gram_checks(x: Matrix, y: Matrix, weight: Matrix | None, found: Gram) -> list[Check]:
    """The three products in another way: in doubles, scaled, relative to the sums of absolute values."""
    try:
        a, b, w = x.floats, y.floats, weight.floats if weight is not None else None
    except InputError:  # entries that no double holds: the products are exact, and there is no other way
        return [decided("exact", found.is_exact, "the products are computed in rational arithmetic")]
    one, two = unit_of(a), unit_of(b)
    unit = unit_of(w) if w is not None else 1.0
    a, b, w = a / one, b / two, w if w is None else w / unit
    worst = 0.0
    for left, right, sizes, re, im in (
        (a, b, (one, two), found.re, found.im),
        (a, a, (one, one), found.xx, 0),
        (b, b, (two, two), found.yy, 0),
    ):
        value = complex(_unscaled(re, (*sizes, unit)), _unscaled(im, (*sizes, unit)))
        again = complex(np.vdot(left, right if w is None else w @ right))
        total = float((np.abs(left) * (np.abs(right) if w is None else np.abs(w) @ np.abs(right))).sum()) or 1.0
        total += 8 * SMALLEST / UNIT  # what underflow can cost
        worst = max(worst, abs(value - again) / total)
    entries = rounding([x, x, y, y] if weight is None else [x, x, y, y, weight])  # large where entries are subnormal
    tolerance = min(4 * gamma(a.size + 2 * len(a) + 8, "c") + entries, 1.0)
    return [measured("recomputed", worst, tolerance, "<x, y>, <x, x> and <y, y> in doubles, relative to the sums of absolute values")]


def _unscaled(value: Any, units: tuple[float, ...]) -> float:
    for unit in units:
        value = value / flint.fmpq(*unit.as_integer_ratio())
    return nearest_double(flint.fmpq(value))


def inequality_checks(found: Gram) -> list[Check]:
    """Cauchy and Schwarz, and with it the triangle inequality, for the numbers of the answer."""
    slack = flint.fmpq(*float(min(found.determinant_error, 1e300)).as_integer_ratio()) if not found.is_exact else flint.fmpq(0)
    return [
        decided("cauchy-schwarz", bool(found.determinant >= -slack), "|<x, y>|^2 <= <x, x><y, y>"),
        decided(
            "triangle", bool(abs(found.re) ** 2 <= found.xx * found.yy + slack), "||x + y|| <= ||x|| + ||y||, as Re<x, y> <= ||x||||y||"
        ),
    ]
