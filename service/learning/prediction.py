"""Predictions of a linear fit at new points: the mean there with its confidence interval, and the interval of a new observation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import special

from service import limits
from service.errors import InputError, ShapeMismatch, UnknownName
from service.learning.design import Design
from service.learning.exact_fit import ExactFit, column, to_double
from service.learning.linear_fit import LinearFit
from service.learning.model import NewPoints
from service.linalg.bounds import extended
from service.linalg.matrix import Matrix, joined


def new_points(design: Design, sent: NewPoints) -> Matrix:
    """The predictors at the new points (m×q). Raises ShapeMismatch, UnknownName, InputError, LimitExceeded."""
    q = len(design.labels)
    if isinstance(sent, Mapping):
        missing = [name for name in design.labels if name not in sent]
        strange = [name for name in sent if name not in design.labels]
        if missing or strange:
            name = (missing or strange)[0]
            text = f"predict has no column {name}" if missing else f"predict has a column {name[:60]} that is not a predictor"
            raise UnknownName(text, f"its columns are {', '.join(design.labels)}", "/predict")
        heights = {sent[name].shape[0] for name in design.labels}
        if len(heights) > 1:
            raise ShapeMismatch("the columns of predict have different lengths", "an entry for each new point", "/predict")
        points = joined([sent[name] for name in design.labels])
    else:
        points = sent
        if points.is_vector and q != 1 and points.shape[0] == q:
            hint = f"a row for each point: [[{', '.join(design.labels)}]]"
            raise ShapeMismatch(f"predict is a vector, and there are {q} predictors", hint, "/predict")
    if points.shape[1] != q:
        raise ShapeMismatch(
            f"the new points have {points.shape[1]} coordinates for {q} predictors", f"they are {', '.join(design.labels)}", "/predict"
        )
    limits.check("points", points.shape[0], "/predict")
    if points.is_complex or points.kind in ("surd", "symbolic"):
        raise InputError("new points are real numbers", pointer="/predict")
    if design.arithmetic == "float" and points.numbers is None:
        try:
            _ = points.floats
        except InputError as error:
            raise error.at("/predict") from None
    return points


def predict(fit: LinearFit, sent: NewPoints, level: float) -> list[dict[str, Any]]:
    """For each new point x: x·b, its standard error s·√(xᵀ(XᵀWX)⁻¹x), the confidence interval of the mean, and the interval for a new
    observation of weight 1."""
    design = fit.design
    points = new_points(design, sent)
    if fit.exact:
        written, values, spread = _exactly(fit.exact, points, design.arithmetic == "exact")
    else:
        assert fit.tall is not None
        rows = design.terms.floats(points)
        values = (extended(rows) @ extended(fit.estimates)).astype(np.float64)
        written = values.tolist()
        spread = ((rows @ fit.tall.basis.s) ** 2).sum(axis=1)
    deviation, freedom = fit.sums.residual_standard_deviation, fit.sums.degrees_of_freedom
    if deviation is None:
        return [{"estimate": value, "standard_error": None, "confidence_interval": None, "prediction_interval": None} for value in written]
    error, whole = deviation * np.sqrt(spread), deviation * np.sqrt(1 + spread)
    factor = float(special.stdtrit(freedom, 0.5 + level / 2))
    return [
        {
            "estimate": text,
            "standard_error": each,
            "confidence_interval": [value - factor * each, value + factor * each],
            "prediction_interval": [value - factor * wide, value + factor * wide],
        }
        for text, value, each, wide in zip(written, values.tolist(), error.tolist(), whole.tolist(), strict=True)
    ]


def _exactly(found: ExactFit, points: Matrix, as_text: bool) -> tuple[list[Any], Any, Any]:
    """The predictions as they are written, as doubles, and xᵀ(XᵀWX)⁻¹x."""
    rows = found.design.terms.integers(points)
    exact = column(rows.rational * found.estimates)
    values = np.array([to_double(value) for value in exact])
    spread = np.array([to_double(value) for value in found.quadratic(rows)])
    return [str(value) for value in exact] if as_text else values.tolist(), values, spread
