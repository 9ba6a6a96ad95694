"""What ridge, lasso and elastic net have in common: the options, the scale of the predictors, the form of the answer."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.errors import InputError
from service.learning.design import Design
from service.learning.inference import Parameter
from service.learning.model import NewPoints
from service.learning.prediction import new_points
from service.linalg.bounds import extended
from service.linalg.exact_numbers import read_rational

Vector = NDArray[np.float64]
INCLUDES = ("fitted_values", "residuals")


def read_alpha(alpha: Any, hint: str) -> Fraction:
    """The penalty as an exact number: a decimal means itself. Raises InputError when it is missing, negative or no number."""
    value = None
    if isinstance(alpha, str):
        try:
            exact = read_rational(alpha)
        except ZeroDivisionError:
            exact = None
        value = None if exact is None else Fraction(int(exact.p), int(exact.q))
    elif alpha is not None and math.isfinite(alpha):
        value = Fraction(repr(alpha))
    if value is None or not 0 <= value < 10**300:
        what = "is missing" if alpha is None else f"is a number of at least 0, not {str(alpha)[:40]}"
        raise InputError(f"alpha, the weight of the penalty, {what}", hint, "/alpha")
    return value


def scales(design: Design, standardize: bool) -> Vector:
    """What each predictor is divided by before the penalty weighs it: its standard deviation (with divisor n), or 1.

    Raises InputError for a constant predictor.
    """
    first = int(design.has_intercept)
    columns = design.floats[:, first:]
    if not standardize:
        return np.ones(columns.shape[1])
    w = np.ones(len(columns)) if design.w is None else design.w
    wide = extended(columns)
    off = wide - (w @ wide) / w.sum()
    found: Vector = np.sqrt((w @ off**2) / w.sum()).astype(np.float64)
    constant = np.flatnonzero(~(found > np.abs(columns).max(axis=0) * 1e-15) | ~np.isfinite(found))
    if len(constant):
        name = design.terms.predictors[constant[0]]
        raise InputError(f"{name} is constant: it cannot be standardised", 'leave it out, or send "standardize": false', design.pointer)
    return found


def shortcuts(design: Design, written: list[Any]) -> dict[str, Any]:
    """`coefficients` and `intercept`."""
    first = int(design.has_intercept)
    return {"coefficients": written[first:], "intercept": written[0] if first else None}


def parameters(design: Design, written: list[Any], errors: list[float | None]) -> list[dict[str, Any]]:
    """The table: estimates shrunk on purpose have no t tests and no intervals."""
    rows = zip(design.names, written, errors, strict=True)
    return [Parameter(name, value, error, None, None, None).to_json() for name, value, error in rows]


def predictions(design: Design, estimates: Vector, sent: NewPoints) -> list[dict[str, Any]]:
    rows = design.terms.floats(new_points(design, sent))
    nothing = dict.fromkeys(("standard_error", "confidence_interval", "prediction_interval"))
    values = (extended(rows) @ extended(estimates)).astype(np.float64) + 0.0
    return [{"estimate": value, **nothing} for value in values.tolist()]
