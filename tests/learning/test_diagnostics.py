"""Diagnostics, robust errors and predictions: R's published figures, the definitions computed directly, and edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import CheckFailed, InputError, LimitExceeded, ShapeMismatch, UnknownName
from service.learning import linear_fit
from service.learning.design import Design, Observations
from service.learning.diagnostics import ROBUST, Diagnostics
from service.learning.model import Task
from service.learning.models import fit
from service.learning.ols import INCLUDES
from service.linalg.matrices import read_matrix, read_vector
from tests.learning.data_of_r import DIST, HP, MPG, SPEED, STACKLOSS, WT
from tests.learning.reference_data import LONGLEY

CARS = Observations(data={"speed": read_vector(SPEED), "dist": read_vector(DIST)}, response="dist")


def stackloss(**more: Any) -> dict[str, Any]:
    observed = Observations(data={name: read_vector(column) for name, column in STACKLOSS.items()}, response="stack.loss")
    return fit("ols", Task(observed, **more))


def test_stackloss() -> None:
    """summary(lm(stack.loss ~ ., stackloss)) and its rstandard, rstudent, hatvalues, cooks.distance; lmtest::dwtest; car::vif."""
    answer = stackloss(include=INCLUDES)
    table = answer["parameters"]
    assert [row["name"] for row in table] == ["intercept", "Air.Flow", "Water.Temp", "Acid.Conc."]
    assert [row["estimate"] for row in table] == pytest.approx([-39.9197, 0.7156, 1.2953, -0.1521], abs=5e-5)
    assert [row["standard_error"] for row in table] == pytest.approx([11.8960, 0.1349, 0.3680, 0.1563], abs=5e-5)
    assert [row["statistic"] for row in table] == pytest.approx([-3.356, 5.307, 3.520, -0.973], abs=5e-4)
    assert table[3]["p_value"] == pytest.approx(0.34405, abs=5e-6)
    assert answer["residual_standard_deviation"] == pytest.approx(3.243, abs=5e-4)
    assert answer["adjusted_r_squared"] == pytest.approx(0.8983, abs=5e-5)
    assert answer["f_statistic"] == pytest.approx(59.9, abs=0.05)
    assert answer["standardized_residuals"][20] == pytest.approx(-2.64, abs=5e-3)
    assert answer["studentized_residuals"][20] == pytest.approx(-3.330, abs=5e-4)
    assert answer["cooks_distance"][20] == pytest.approx(0.692, abs=5e-4)
    assert answer["leverage"][16] == pytest.approx(0.412, abs=5e-4)
    assert [row["value"] for row in answer["variance_inflation"]] == pytest.approx([2.9065, 2.5726, 1.3336], abs=5e-5)
    assert answer["durbin_watson"] == pytest.approx(1.4851, abs=5e-5)


def test_cars() -> None:
    """anova(lm(dist ~ speed)), and predict(..., interval = "confidence" and "prediction")."""
    answer = fit("ols", Task(CARS, include=("anova",), predict={"speed": read_vector([12, 19, 24])}))
    term, residual = answer["anova"]["terms"][0], answer["anova"]["residual"]
    assert (term["source"], term["degrees_of_freedom"], residual["degrees_of_freedom"]) == ("speed", 1, 48)
    assert term["sum_of_squares"] == pytest.approx(21185.5, abs=0.05)
    assert residual["sum_of_squares"] == pytest.approx(11354, abs=0.5)
    assert residual["mean_square"] == pytest.approx(236.5, abs=0.05)
    assert term["statistic"] == pytest.approx(89.567, abs=5e-4)
    assert term["p_value"] == pytest.approx(1.490e-12, abs=5e-16)
    predictions = answer["predictions"]
    assert [row["estimate"] for row in predictions] == pytest.approx([29.60981, 57.13667, 76.79872], abs=5e-6)
    assert predictions[0]["confidence_interval"] == pytest.approx([24.39514, 34.82448], abs=5e-6)
    assert predictions[2]["confidence_interval"] == pytest.approx([68.38765, 85.20978], abs=5e-6)
    assert predictions[1]["prediction_interval"] == pytest.approx([25.761756, 88.51159], abs=5e-6)


def test_mtcars() -> None:
    """summary(lm(mpg ~ wt + hp, mtcars))."""
    data = {"wt": read_vector(WT), "hp": read_vector(HP), "mpg": read_vector(MPG)}
    answer = fit("ols", Task(Observations(data=data, response="mpg")))
    assert [row["estimate"] for row in answer["parameters"]] == pytest.approx([37.22727, -3.87783, -0.03177], abs=5e-6)
    assert [row["standard_error"] for row in answer["parameters"]] == pytest.approx([1.59879, 0.63273, 0.00903], abs=5e-6)
    assert answer["f_statistic"] == pytest.approx(69.21, abs=5e-3)


def direct(x: Any, y: Any, w: Any) -> dict[str, Any]:
    """The definitions, observation by observation."""
    x, y = x * np.sqrt(w)[:, None], y * np.sqrt(w)
    n, p = x.shape
    gram = np.linalg.inv(x.T @ x)
    residuals = y - x @ (gram @ x.T @ y)
    leverage = np.diag(x @ gram @ x.T)
    variance = residuals @ residuals / (n - p)
    left_out, cooks = [], []
    for i in range(n):
        keep = np.arange(n) != i
        b, size, *_ = np.linalg.lstsq(x[keep], y[keep], rcond=None)
        left_out.append(residuals[i] / np.sqrt(size[0] / (n - p - 1) * (1 - leverage[i])))
        moved = x @ (b - gram @ x.T @ y)
        cooks.append(moved @ moved / (p * variance))
    sandwich = {
        kind: np.sqrt(np.diag(gram @ x.T @ np.diag(residuals**2 * scale) @ x @ gram))
        for kind, scale in zip(ROBUST, (1, n / (n - p), 1 / (1 - leverage), 1 / (1 - leverage) ** 2), strict=True)
    }
    standardized = residuals / np.sqrt(variance * (1 - leverage))
    return {
        "leverage": leverage,
        "standardized": standardized,
        "studentized": left_out,
        "cooks_distance": cooks,
        "robust": sandwich,
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("exact", [False, True])
def test_the_definitions(weighted: bool, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(21)
    x, y = random.standard_normal((25, 3)), random.standard_normal(25)
    w = random.integers(1, 5, 25).astype(float) if weighted else np.ones(25)
    weights = read_vector(w.tolist()) if weighted else None
    if not exact:
        monkeypatch.setattr(linear_fit, "ALWAYS_EXACT", 0)
    found = Diagnostics(linear_fit.fit(Observations(X=read_matrix(x.tolist()), y=read_vector(y.tolist()), weights=weights).design()))
    assert (found.fit.exact is not None) == exact
    wanted = direct(np.column_stack([np.ones(25), x]), y, w)
    for name in ("leverage", "standardized", "studentized", "cooks_distance"):
        assert getattr(found, name) == pytest.approx(wanted[name], rel=1e-10), name
    for kind in ROBUST:
        assert np.sqrt(np.diag(found.robust_covariance(kind))) == pytest.approx(wanted["robust"][kind], rel=1e-10)
    assert all(check.passed for check in found.checks())


def test_robust_errors_in_the_table() -> None:
    plain, robust = stackloss(include=("robust_standard_errors",)), stackloss(options={"standard_errors": "HC3"}, include=("covariance",))
    errors = [row["standard_error"] for row in robust["parameters"]]
    assert errors == pytest.approx(plain["robust_standard_errors"]["HC3"])
    assert errors == pytest.approx(np.sqrt(np.diag(robust["covariance"])))
    assert robust["standard_errors"] == "HC3"


@given(st.integers(3, 11), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=15)
def test_leverage_of_ill_conditioned_polynomials(degree: int, seed: int) -> None:
    """The hat matrix of a polynomial depends on the span only: Chebyshev's polynomials have the same, and are well-conditioned."""
    random = np.random.default_rng(seed)
    x = np.sort(random.choice(np.arange(-900, -300), 40, replace=False)) / 100
    y = np.sin(x) + random.standard_normal(40)
    found = Diagnostics(linear_fit.fit(Observations(x=read_vector(x.tolist()), y=read_vector(y.tolist())).design(degree=degree)))
    q, _ = np.linalg.qr(np.polynomial.chebyshev.chebvander((x + 6) / 3, degree))
    assert found.leverage == pytest.approx((q**2).sum(axis=1), rel=1e-9)
    assert float(found.leverage.sum()) == pytest.approx(degree + 1, rel=1e-12)
    effects = [row["sum_of_squares"] for row in found.anova()["terms"]]
    assert sum(effects) == pytest.approx(found.fit.sums.regression, rel=1e-9)


def test_the_basis_of_longley() -> None:
    found = Diagnostics(linear_fit.fit(Observations(X=read_matrix(LONGLEY.rows), y=read_vector(LONGLEY.y)).design()))
    (check,) = found.checks()
    assert check.passed
    assert check.error is not None
    assert check.error < 1e-13
    z, s = found.frame
    object.__setattr__(found, "frame", (z * 1.0001, s))
    assert not found.checks()[0].passed
    inflation = {row["name"]: row["value"] for row in found.variance_inflation()}
    assert inflation["x2"] == pytest.approx(1788.5, abs=0.05)  # car::vif(lm(Employed ~ ., longley)): GNP


def test_observations_that_stand_alone_have_no_scaled_residual() -> None:
    design = Observations(X=read_matrix([[0], [0], [0], [1]]), y=read_vector([1, 2, 4, 9])).design()
    found = Diagnostics(linear_fit.fit(design))
    assert math.isnan(found.standardized[3])
    with pytest.raises(CheckFailed, match="observation 4 has leverage 1"):
        found.robust_covariance("HC3")
    observed = Observations(X=read_matrix([[0], [0], [0], [1]]), y=read_vector([1, 2, 4, 9]))
    answer = fit("ols", Task(observed, include=INCLUDES))
    assert answer["standardized_residuals"][3] is None
    assert list(answer["robust_standard_errors"]) == ["HC0", "HC1"]


EDGES: list[tuple[list[list[Any]], list[Any]]] = [
    ([[1], [2]], [5, 6]),
    ([[1], [2], [3]], [2, 4, 6]),
    ([[1], [2], [4]], [5, 5, 5]),
    ([[1e150], [2e150], [4e150]], [1e-150, 2e-150, 5e-150]),
    ([[1e-200], [2e-200], [4e-200]], [1, 2, 3.5]),
]


@pytest.mark.parametrize(("rows", "y"), EDGES)
@pytest.mark.parametrize("arithmetic", ["float", "exact"])
def test_everything_can_be_asked_of_edges(rows: Any, y: Any, arithmetic: Any) -> None:
    observed = Observations(X=read_matrix(rows), y=read_vector(y))
    answer = fit("ols", Task(observed, arithmetic=arithmetic, include=INCLUDES, predict=read_matrix([[rows[0][0]]])))
    assert set(INCLUDES) < set(answer)


def design_of_two() -> Design:
    return Observations(X=read_matrix([[1, 2], [2, 1], [4, 3], [5, 9]]), y=read_vector([1, 2, 3, 5])).design()


def test_new_points_that_do_not_fit() -> None:
    task = Task(Observations(X=read_matrix([[1, 2], [2, 1], [4, 3], [5, 9]]), y=read_vector([1, 2, 3, 5])))
    for sent, error, message in (
        (read_matrix([[1]]), ShapeMismatch, "1 coordinates for 2 predictors"),
        (read_vector([1, 2]), ShapeMismatch, "predict is a vector"),
        ({"x1": read_vector([1])}, UnknownName, "no column x2"),
        ({"x1": read_vector([1]), "x2": read_vector([1]), "z": read_vector([1])}, UnknownName, "column z that is not"),
        ({"x1": read_vector([1]), "x2": read_vector([1, 2])}, ShapeMismatch, "different lengths"),
        (read_matrix([[1, 2]] * 1001), LimitExceeded, "points"),
        (read_matrix([[{"re": 1, "im": 1}, 2]]), InputError, "real"),
    ):
        with pytest.raises(error, match=message):
            fit("ols", Task(task.observations, predict=sent))


def test_exact_predictions_are_exact() -> None:
    observed = Observations(x=read_vector([0, 1, 2, 3]), y=read_vector([1, 2, 2, "7/2"]))
    answer = fit("polynomial", Task(observed, options={"degree": 1}, predict=read_vector(["1/3"])))
    assert answer["predictions"][0]["estimate"] == "5/4"
