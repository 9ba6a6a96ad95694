"""Norms of vectors and matrices: floats with a relative bound that holds for each of them, or exact numbers and square roots."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, MathematicsRefuses
from service.linalg.bounds import SLACK, TRUSTED, UNIT, extended, extended_gamma, gamma
from service.linalg.exact import check_entries
from service.linalg.exact_numbers import beyond_doubles, nearest_doubles, read_rational
from service.linalg.matrices import from_array
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.square_roots import root_text
from service.linalg.svd import SingularValueDecomposition, svd

Order = float | str  # a number, infinities included; or "fro", "nuc", "max"
Value = float | str | None

VECTOR_ORDERS = "a number, inf or -inf"
MATRIX_ORDERS: dict[Order, str] = {
    1: "l1", 2: "spectral", math.inf: "linf", -1: "smallest_column_sum", -2: "smallest_singular_value", -math.inf: "smallest_row_sum",
    "fro": "frobenius", "nuc": "nuclear", "max": "max",
}  # fmt: skip
NORMS = {"l1", "l2", "linf", "spectral", "frobenius", "nuclear", "max"}
SMALLEST = 2.0**-1074
LARGEST_EXACT_ORDER = 64


@dataclass(frozen=True)
class Norm:
    """`value` is the norm of the order that was asked for, `values` the usual ones by name: floats (None beyond the range of
    doubles), or texts in exact arithmetic. `error_bound` bounds the relative error of each; `is_norm` is False for
    what the same formula gives but is no norm (the triangle inequality fails)."""

    order: Order
    value: Value
    is_norm: bool
    values: dict[str, Value]
    arithmetic: Arithmetic
    error_bound: float
    checks: list[Check]

    def to_json(self) -> dict[str, Any]:
        order = {math.inf: "inf", -math.inf: "-inf"}.get(self.order, self.order) if isinstance(self.order, float) else self.order
        return {
            "norm": self.value,
            "ord": int(order) if isinstance(order, float) and order == int(order) else order,
            "is_norm": self.is_norm,
            **self.values,
            "arithmetic": self.arithmetic,
            "error_bound": self.error_bound,
            "checks": self.checks,
        }


@np.errstate(all="ignore")  # what overflows is None, or refused
def vector_norm(vector: Matrix, order: Order | None = None, arithmetic: Arithmetic | None = None) -> Norm:
    """The norms of a vector (n×1): l1, l2, linf, and (Σ|xᵢ|^p)^(1/p) for the order p; 0 counts the entries that are not zero, ±inf
    takes the largest or the smallest size, as numpy.linalg.norm has it. Raises InputError, MathematicsRefuses (overflow)."""
    order = 2.0 if order is None else order
    if not isinstance(order, float):
        raise InputError(f'a vector has no norm "{order}"', f"the order of a vector norm is {VECTOR_ORDERS}", "/ord")
    check_entries(arithmetic, vector=vector)
    if choose_arithmetic(arithmetic, vector=vector) == "exact":
        return _exact_vector(vector, order)
    sizes = np.abs(extended(vector.floats[:, 0]))
    values = {name: float(_p_norm(sizes, p)) for name, p in (("l1", 1.0), ("l2", 2.0), ("linf", math.inf))}
    value = float(_p_norm(sizes, order))
    bound = _trusted(_vector_bound(vector, sizes, order, value))
    return _in_floats(order, value, order >= 1, values, bound, vector_checks(vector.floats[:, 0], values, order, value))


@np.errstate(all="ignore")  # what overflows is None, or refused
def matrix_norm(matrix: Matrix, order: Order | None = None, arithmetic: Arithmetic | None = None) -> Norm:
    """The norms of a matrix: the largest column sum l1 and row sum linf, the largest entry, and those by singular values: the largest
    (spectral, the order 2), the root of the sum of squares (frobenius), the sum (nuclear).

    Raises InputError for another order, MathematicsRefuses (overflow), NoConvergence.
    """
    order = "fro" if order is None else order
    if order not in MATRIX_ORDERS:
        raise InputError(f"a matrix has no norm of the order {order}", 'it is 1, 2, inf, -1, -2, -inf, "fro", "nuc" or "max"', "/ord")
    limits.check("cubic-size", min(matrix.shape), "/matrix")
    check_entries(arithmetic, matrix=matrix)
    if choose_arithmetic(arithmetic, matrix=matrix) == "exact":
        return _exact_matrix(matrix, order)
    a, decomposition = matrix.floats, svd(matrix)
    sizes = np.abs(extended(a))
    values = {name: float(value) for name, value in _matrix_values(sizes, decomposition.singular_values).items()}
    bound = _trusted(_matrix_bound(matrix, sizes, decomposition, order))
    name = MATRIX_ORDERS[order]
    value = values.pop(name) if name not in NORMS else values[name]
    checks = matrix_checks(a, values, decomposition)
    usual = {key: kept for key, kept in values.items() if key in NORMS}
    return _in_floats(order, value, name in NORMS, usual, bound, checks)


def _trusted(bound: float) -> float:
    """The bound; raises MathematicsRefuses when fewer than three digits would be right: among subnormal numbers, or for the smallest
    singular value of a matrix that is nearly singular."""
    if bound <= TRUSTED:
        return bound
    raise MathematicsRefuses("doubles hold less than three digits of a norm that was asked for", 'send "arithmetic": "exact"')


def _in_floats(order: Order, value: float, is_norm: bool, values: dict[str, float], bound: float, checks: list[Check]) -> Norm:
    if not math.isfinite(value):
        raise beyond_doubles()
    usual: dict[str, Value] = {name: found if math.isfinite(found) else None for name, found in values.items()}
    return Norm(order, value, is_norm, usual, "float", bound, require(checks))


# --- vectors in floats -----------------------------------------------------------------------------------------------


def _p_norm(sizes: NDArray[Any], p: float) -> Any:
    """Of sizes ≥ 0 in extended precision, scaled by the largest."""
    top = sizes.max()
    if p == 0:
        return np.longdouble(np.count_nonzero(sizes))
    if math.isinf(p):
        return top if p > 0 else sizes.min()
    if top == 0 or (p < 0 and not sizes.all()):
        return np.longdouble(0)
    unit = top if p > 0 else sizes.min()
    ratios = sizes / unit
    if p == 1:
        return ratios.sum() * unit
    return np.sqrt((ratios * ratios).sum()) * unit if p == 2 else (ratios**p).sum() ** (1 / np.longdouble(p)) * unit


def entry_rounding(matrix: Matrix, sizes: NDArray[Any]) -> float:
    """The largest relative change that reading the entries as doubles can have made: none for whole numbers."""
    if matrix.kind == "integer":
        return 0.0
    smallest = float(np.min(sizes, where=sizes > 0, initial=1.0))
    return max(UNIT, SMALLEST / smallest / 2) if smallest else math.inf


def _vector_bound(vector: Matrix, sizes: NDArray[Any], order: float, value: float) -> float:
    """All sums are of terms ≥ 0, so that relative errors do not grow: a term is off by a few units and |p| times the error of the
    ratio, and the root divides the error of the sum by |p|."""
    steps = extended_gamma(len(sizes) + 10, vector.floats.dtype.kind)
    of_order = steps * (1 + 8 / abs(order)) if order and math.isfinite(order) else 0.0
    usual = steps * 10
    return (entry_rounding(vector, sizes) + max(of_order, usual) + UNIT + (SMALLEST / value if 0 < value < 1e-300 else 0.0)) * SLACK


def vector_checks(x: Floats, values: dict[str, float], order: float, value: float) -> list[Check]:
    """The norms once more, in other ways: sums without rounding (Shewchuk), the hypotenuse, sizes in order."""
    unit = float(np.ldexp(1.0, min(max(int(np.frexp(np.abs(np.stack([x.real, x.imag])).max())[1]), -1000), 1000)))
    scaled = np.abs(x / unit)
    again = {"l1": math.fsum(scaled), "l2": math.hypot(*scaled.tolist()), "linf": float(np.sort(scaled)[-1])}
    errors = [_difference(values[name], again[name] * unit) for name in again]
    checks = [measured("recomputed", max(errors), 16 * UNIT, "l1, l2 and linf computed in another way, relative difference")]
    if order == 0:
        return [*checks, decided("order", value == sum(1 for entry in x.tolist() if entry != 0), "the entries that are not zero, counted")]
    expected = float(np.sort(np.abs(x))[-1 if order > 0 else 0]) if math.isinf(order) else _by_logarithms(x, order)
    tolerance = 1e-12 if math.isinf(order) else 1e-12 * (1 + 1 / abs(order))
    return [*checks, measured("order", _difference(value, expected), tolerance, "the norm asked for, by logarithms, relative difference")]


def _by_logarithms(x: Floats, p: float) -> float:
    """exp(log(Σ exp(p log|xᵢ|))/p), shifted by the largest term."""
    sizes = np.abs(extended(x))
    if not sizes.any() or (p < 0 and not sizes.all()):
        return 0.0
    logs = np.log(sizes[sizes > 0])
    top = (p * logs).max()
    return float(np.exp((top + np.log(np.exp(p * logs - top).sum())) / p))


def _difference(found: float, expected: float) -> float:
    """Relative; none where both overflow, or underflow to within a unit of the smallest double."""
    if found == expected or abs(found - expected) <= 2 * SMALLEST:
        return 0.0
    return abs(found - expected) / abs(expected) if expected and math.isfinite(expected) and math.isfinite(found) else math.inf


# --- matrices in floats ----------------------------------------------------------------------------------------------


def _matrix_values(sizes: NDArray[Any], singular: NDArray[np.float64]) -> dict[str, Any]:
    columns, rows, wide = sizes.sum(axis=0), sizes.sum(axis=1), extended(singular)
    return {
        "frobenius": _p_norm(sizes.ravel(), 2.0),
        "spectral": singular[0],
        "nuclear": wide.sum(),
        "l1": columns.max(),
        "linf": rows.max(),
        "max": sizes.max(),
        "smallest_column_sum": columns.min(),
        "smallest_row_sum": rows.min(),
        "smallest_singular_value": singular[-1],
    }


def _matrix_bound(matrix: Matrix, sizes: NDArray[Any], decomposition: SingularValueDecomposition, order: Order) -> float:
    """The singular values move by at most the norm of the rounding of the entries (Weyl)."""
    singular, k = decomposition.singular_values, min(matrix.shape)
    rounding = entry_rounding(matrix, sizes)
    steps = extended_gamma(sizes.size + 10, decomposition.u.dtype.kind) * 10 + UNIT
    if not sizes.any():
        return 0.0
    spectral = decomposition.error_bound + rounding * math.sqrt(k)
    nuclear = k * spectral * float(singular[0]) / float(singular.sum())
    small = (spectral * float(singular[0] / singular[-1]) if singular[-1] else math.inf) if order == -2 else 0.0
    return (max(rounding, spectral, nuclear, small) + steps) * SLACK


def matrix_checks(a: Floats, values: dict[str, float], decomposition: SingularValueDecomposition) -> list[Check]:
    """The norms once more in other ways: sums in doubles, and those by singular values from the entries and the singular vectors."""
    unit = values["max"] or 1.0
    scaled = np.abs(a / unit)
    u, vt = decomposition.u, decomposition.vt
    turned = np.einsum("ij,ij->j", u.conj(), (a / unit) @ vt.conj().T[:, : u.shape[1]])
    again = {
        "l1": float(scaled.T.sum(axis=1).max()),
        "linf": float(scaled.sum(axis=1).max()),
        "max": float(np.sort(scaled.ravel())[-1]) if values["max"] else 0.0,
        "frobenius": float(np.linalg.norm(scaled)),
        "nuclear": float(turned.real.sum()),
        "spectral": float(turned.real[0]),
    }
    error = max(_difference(values[name], again[name] * unit) for name in again)
    tolerance = 10 * gamma(sum(a.shape) + 20, a.dtype.kind)
    top, k, slack = values["spectral"], min(a.shape), 1 + 2 * tolerance
    pairs = [
        (values["max"], top), (top, values["frobenius"]), (values["frobenius"], values["nuclear"]), (values["nuclear"], k * top),
        (top / unit, math.sqrt(values["l1"] / unit) * math.sqrt(values["linf"] / unit)),
    ]  # fmt: skip
    holds = all(small <= large * slack for small, large in pairs)
    return [
        *decomposition.checks,
        measured("recomputed", error, tolerance, "each norm computed in another way, relative difference"),
        decided("inequalities", holds, "max <= spectral <= frobenius <= nuclear <= k spectral, and spectral^2 <= l1 linf"),
    ]


# --- exact -----------------------------------------------------------------------------------------------------------


def _exact_vector(vector: Matrix, order: float) -> Norm:
    sizes = [abs(row[0]) for row in vector.exact.tolist()]
    total, squares, top = sum(sizes, ZERO), sum((size * size for size in sizes), ZERO), max(sizes)
    values: dict[str, Value] = {"l1": str(total), "l2": root_text(squares), "linf": str(top)}
    special: dict[float, Callable[[], str]] = {
        0: lambda: str(sum(1 for size in sizes if size)), 1: lambda: str(total), 2: lambda: root_text(squares),
        math.inf: lambda: str(top), -math.inf: lambda: str(min(sizes)),
    }  # fmt: skip
    value = special[order]() if order in special else _exact_power(sizes, order)
    return Norm(order, value, order >= 1, values, "exact", 0.0, require([exact_vector_check(vector, values)]))


ZERO = flint.fmpq(0)


def exact_vector_check(vector: Matrix, values: dict[str, Value]) -> Check:
    """l1 and l2 against products of matrices: with the signs, and with the vector itself."""
    x = vector.exact
    entries = [row[0] for row in x.tolist()]
    signs = flint.fmpq_mat([[int(entry > 0) - int(entry < 0) for entry in entries]])
    holds = values["l1"] == str((signs * x)[0, 0]) and values["l2"] == root_text((x.transpose() * x)[0, 0])
    holds = holds and values["linf"] == str(max(*entries, -min(entries)))
    return decided("products", bool(holds), "l1 = sign(x)'x, l2^2 = x'x and linf = max(max x, -min x) hold exactly")


def _exact_power(sizes: list[Any], order: float) -> str:
    """(Σ|xᵢ|^p)^(1/p) for a whole p, as the language writes it."""
    p = int(order) if order == int(order) else 0
    if not 1 <= p <= LARGEST_EXACT_ORDER:
        detail = f"an exact norm has a whole order from 0 to {LARGEST_EXACT_ORDER}, or inf or -inf"
        raise InputError(detail, 'send "arithmetic": "float"', "/ord")
    total = sum((size**p for size in sizes), ZERO)
    root = flint.fmpq(flint.fmpz(total.p).root(p), flint.fmpz(total.q).root(p))
    return str(root) if root**p == total else f"({total})^(1/{p})"


def _exact_matrix(matrix: Matrix, order: Order) -> Norm:
    """Singular values have short closed forms for up to two of them; for more the norms that need them are floats."""
    table = [[abs(value) for value in row] for row in matrix.exact.tolist()]
    columns, rows = [sum(column, ZERO) for column in zip(*table, strict=True)], [sum(row, ZERO) for row in table]
    squares = sum((value * value for row in table for value in row), ZERO)
    values: dict[str, Value] = {"frobenius": root_text(squares)}
    values |= _exact_spectrum(matrix, squares)
    values |= {"l1": str(max(columns)), "linf": str(max(rows)), "max": str(max(map(max, table)))}
    values |= {"smallest_column_sum": str(min(columns)), "smallest_row_sum": str(min(rows))}
    checks, bound = [exact_matrix_check(matrix, values)], 0.0
    if not isinstance(values["spectral"], str):
        rounded = from_array(nearest_doubles(matrix.exact))
        decomposition, sizes = svd(rounded), np.abs(extended(rounded.floats))
        in_floats = _matrix_values(sizes, decomposition.singular_values)
        values |= {name: float(in_floats[name]) for name in ("spectral", "nuclear", "smallest_singular_value")}
        bound = _matrix_bound(matrix, sizes, decomposition, order)
        checks += decomposition.checks
    name = MATRIX_ORDERS[order]
    usual = {key: value for key, value in values.items() if key in NORMS}
    return Norm(order, values[name], name in NORMS, usual, "exact", bound, require(checks))


def exact_matrix_check(matrix: Matrix, values: dict[str, Value]) -> Check:
    """The norms that are sums against products of matrices."""
    a = matrix.exact
    sizes = flint.fmpq_mat([[abs(value) for value in row] for row in a.tolist()])
    gram = a.transpose() * a
    expected = {
        "l1": str(max((flint.fmpq_mat(1, a.nrows(), [1] * a.nrows()) * sizes).entries())),
        "linf": str(max((sizes * flint.fmpq_mat(a.ncols(), 1, [1] * a.ncols())).entries())),
        "frobenius": root_text(sum((gram[i, i] for i in range(gram.nrows())), ZERO)),
        "max": str(max(sizes.entries())),
    }
    holds = all(values[name] == text for name, text in expected.items())
    return decided("products", holds, "l1 = max 1'|A|, linf = max |A|1 and frobenius^2 = tr(A'A) hold exactly")


def _exact_spectrum(matrix: Matrix, squares: Any) -> dict[str, Value]:
    """The norms by singular values where there are one or two: σ₁² + σ₂² = ‖A‖_F² and σ₁²σ₂² = det of the smaller Gram matrix."""
    m, n = matrix.shape
    if min(m, n) == 1:
        root = root_text(squares)
        return {"spectral": root, "nuclear": root, "smallest_singular_value": root}
    if min(m, n) > 2:
        return {"spectral": None, "nuclear": None, "smallest_singular_value": None}
    a = matrix.exact
    product = (a * a.transpose() if m == 2 else a.transpose() * a).det()
    spread = root_text(squares * squares / 4 - product)
    return {
        "spectral": _nested(str(squares / 2), spread, "+"),
        "nuclear": _nested(str(squares), root_text(4 * product), "+"),
        "smallest_singular_value": _nested(str(squares / 2), spread, "-"),
    }


def _nested(first: str, second: str, sign: str) -> str:
    """√(first ± second) for the texts of a rational and of a root."""
    if "sqrt" in second:
        return f"sqrt({first} {sign} {second})"
    one, two = (read_rational(text) or ZERO for text in (first, second))
    return root_text(one + two if sign == "+" else one - two)
