"""Ridge, lasso and elastic net: against exact equations, published tables, their own conditions of optimality; and refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, LimitExceeded, NablaError, NoConvergence, RankDeficient
from service.learning import linear_fit
from service.learning.design import Design, Observations
from service.learning.lasso import Problem, minimum, sparse, sparse_checks
from service.learning.model import Task
from service.learning.models import fit
from service.learning.ridge import criterion_of, minimum_check
from service.linalg.matrices import read_matrix, read_vector
from tests.learning.reference_data import LONGLEY


def design(rows: Any, y: Any, intercept: bool = True, arithmetic: Any = None, **more: Any) -> Design:
    return Observations(X=read_matrix(rows), y=read_vector(y), **more).design(intercept, arithmetic)


def answer_of(model: str, rows: Any, y: Any, intercept: bool = True, arithmetic: Any = None, **options: Any) -> dict[str, Any]:
    weights = options.pop("weights", None)
    observed = Observations(X=read_matrix(rows), y=read_vector(y), weights=None if weights is None else read_vector(weights))
    return fit(model, Task(observed, intercept, arithmetic, options=options))


def drawn(seed: int, n: int = 25, q: int = 4) -> tuple[list[list[float]], list[float]]:
    random = np.random.default_rng(seed)
    x = random.standard_normal((n, q)).round(3)
    return x.tolist(), (x @ np.r_[2, -1, np.zeros(q - 2)] + random.standard_normal(n)).round(3).tolist()


def test_exact_ridge() -> None:
    """(X'X + I/2) b = X'y by hand: [[14.5, 24], [24, 45.5]] b = [7, 10]."""
    answer = answer_of("ridge", [[1, 2], [2, 5], [3, 4]], [1, 0, 2], False, "exact", alpha="1/2")
    determinant = Fraction(29, 2) * Fraction(91, 2) - 24 * 24
    assert answer["coefficients"] == [str((Fraction(91, 2) * 7 - 240) / determinant), str((Fraction(29, 2) * 10 - 168) / determinant)]


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3), st.booleans())
@settings(deadline=None, max_examples=25)
def test_ridge_is_least_squares_with_rows_more(seed: int, alpha: float, weighted: bool) -> None:
    rows, y = drawn(seed)
    weights = np.random.default_rng(seed).integers(1, 5, 25) if weighted else np.ones(25)
    full = np.column_stack([np.ones(25), rows]) * np.sqrt(weights)[:, None]
    more = np.c_[np.zeros(4), math.sqrt(alpha) * np.eye(4)]
    truth = np.linalg.lstsq(np.vstack([full, more]), np.r_[np.sqrt(weights) * y, np.zeros(4)], rcond=None)[0]
    answer = answer_of("ridge", rows, y, alpha=alpha, weights=weights.tolist() if weighted else None)
    assert [entry["estimate"] for entry in answer["parameters"]] == pytest.approx(truth, rel=1e-10, abs=1e-12)
    inverse = np.linalg.inv(full.T @ full + np.diag([0, *[alpha] * 4]))
    assert answer["effective_degrees_of_freedom"] == pytest.approx(np.trace(full @ inverse @ full.T) - 1)
    errors = answer["residual_standard_deviation"] * np.sqrt(np.diag(inverse @ full.T @ full @ inverse))
    assert [entry["standard_error"] for entry in answer["parameters"]] == pytest.approx(errors, rel=1e-9)


@pytest.mark.parametrize("standardize", [False, True])
def test_both_arithmetics_agree_on_ridge(monkeypatch: pytest.MonkeyPatch, standardize: bool) -> None:
    exact = answer_of("ridge", LONGLEY.rows, LONGLEY.y, alpha=0.01, standardize=standardize)
    monkeypatch.setattr(Design, "is_small", False)
    floats = answer_of("ridge", LONGLEY.rows, LONGLEY.y, alpha=0.01, standardize=standardize)
    assert "forward-error" in [check.name for check in floats["checks"]]
    assert floats["coefficients"] == pytest.approx(exact["coefficients"], rel=1e-8)
    assert floats["effective_degrees_of_freedom"] == pytest.approx(exact["effective_degrees_of_freedom"], rel=1e-8)


def test_standardised_predictors() -> None:
    rows, y = drawn(8)
    scaled = (np.array(rows) - np.mean(rows, axis=0)) / np.std(rows, axis=0)
    for model in ("ridge", "lasso", "elastic-net"):
        by_hand = np.array(answer_of(model, scaled.tolist(), y, alpha=0.2)["coefficients"]) / np.std(rows, axis=0)
        assert answer_of(model, rows, y, alpha=0.2, standardize=True)["coefficients"] == pytest.approx(by_hand, rel=1e-9)


def test_ridge_of_dependent_columns() -> None:
    rows = [[1, 2], [2, 4], [3, 6], [5, 10]]
    answer = answer_of("ridge", rows, [1, 2, 3, 5], alpha=1)
    assert answer["coefficients"][1] == pytest.approx(2 * answer["coefficients"][0])
    with pytest.raises(RankDeficient, match="x2 = 2·x1"):
        answer_of("ridge", rows, [1, 2, 3, 5], alpha=0)


def longley_by_hand(alpha: float) -> Any:
    x, y = np.array(LONGLEY.rows, dtype=np.longdouble), np.array(LONGLEY.y, dtype=np.longdouble)
    x = (x - x.mean(axis=0)) / np.sqrt(((x - x.mean(axis=0)) ** 2).mean(axis=0))
    return np.linalg.solve((x.T @ x + alpha * np.eye(6)).astype(float), (x.T @ (y - y.mean())).astype(float))


@pytest.mark.parametrize("alpha", [0.01, 0.1])
def test_longley_as_lm_ridge_has_it(alpha: float) -> None:
    """lm.ridge of MASS divides by the standard deviation with divisor n, as `standardize` does."""
    answer = answer_of("ridge", LONGLEY.rows, LONGLEY.y, alpha=alpha, standardize=True)
    deviations = np.std(np.array(LONGLEY.rows), axis=0)
    assert np.array(answer["coefficients"]) * deviations == pytest.approx(longley_by_hand(alpha), rel=1e-8)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("criterion", ["gcv", "loo", "leave-one-out"])
def test_the_chosen_penalty_is_the_best(criterion: str, weighted: bool) -> None:
    rows, y = drawn(5, 30, 6)
    weights = [1, 2] * 15 if weighted else None
    given_design = design(rows, y, weights=read_vector(weights) if weights else None)
    found = answer_of("ridge", rows, y, alpha=criterion, weights=weights)
    assert found["checks"][-1].name == "selection"
    alpha = found["alpha"]
    assert found["selection"]["value"] <= min(_by_definition(given_design, alpha * factor, criterion) for factor in (0.5, 0.97, 1.03, 2))
    assert found["selection"]["value"] == pytest.approx(_by_definition(given_design, alpha, criterion), rel=1e-9)


def test_the_choice_is_refused_where_it_is_not_the_best() -> None:
    rows, y = drawn(5, 30, 6)
    score, _ = criterion_of(design(rows, y), "gcv", np.ones(6))
    chosen = answer_of("ridge", rows, y, alpha="gcv")["alpha"]
    assert minimum_check(score, chosen).passed
    assert not minimum_check(score, chosen * 1.1).passed


def _by_definition(given_design: Design, alpha: float, criterion: str) -> float:
    """Leave-one-out by fitting without each observation."""
    X, y = given_design.floats, given_design.y
    w = np.ones(len(y)) if given_design.w is None else given_design.w
    penalty = np.diag([0.0, *[alpha] * (X.shape[1] - 1)])

    def fitted(keep: Any) -> Any:
        return np.linalg.solve(X[keep].T @ (w[keep, None] * X[keep]) + penalty, X[keep].T @ (w[keep] * y[keep]))

    everything = np.arange(len(y))
    if criterion == "gcv":
        r = np.sqrt(w) * (y - X @ fitted(everything))
        hat = np.linalg.solve(X.T @ (w[:, None] * X) + penalty, X.T @ (w[:, None] * X))
        return float(len(y) * (r @ r) / (len(y) - np.trace(hat)) ** 2)
    return float(np.mean([w[i] * (y[i] - X[i] @ fitted(everything != i)) ** 2 for i in everything]))


def test_the_lasso_of_orthogonal_predictors_is_soft_thresholding() -> None:
    """Hastie, Tibshirani, Friedman, table 3.4: sign(b)(|b| - lambda)+, with lambda = n alpha / ||x||^2 in this objective."""
    rows = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    least = linear_fit.fit(design(rows, [5, 3, -1, -2])).estimates
    found = sparse(design(rows, [5, 3, -1, -2]), 0.5).estimates
    assert found == pytest.approx([least[0], least[1] - 0.5, max(least[2] - 0.5, 0)])


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 2), st.floats(0.05, 1), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=40)
def test_the_conditions_of_optimality(seed: int, alpha: float, ratio: float, intercept: bool, wide: bool) -> None:
    rows, y = drawn(seed, 12 if wide else 25, 15 if wide else 4)
    found = sparse(design(rows, y, intercept), alpha, ratio)
    b = found.estimates[int(intercept) :]
    slopes = np.array(rows).T @ found.residuals / len(y) - alpha * (1 - ratio) * b
    assert (np.abs(slopes[b == 0]) <= alpha * ratio * (1 + 1e-7)).all()
    assert slopes[b != 0] == pytest.approx(alpha * ratio * np.sign(b[b != 0]), rel=1e-7)
    if intercept:
        assert float(found.residuals.sum()) == pytest.approx(0, abs=1e-10)


@given(st.integers(0, 2**32 - 1), st.floats(1e-2, 1))
@settings(deadline=None, max_examples=25)
def test_the_certificate_refuses_another_answer(seed: int, size: float) -> None:
    rows, y = drawn(seed)
    problem = Problem(np.array(rows), np.array(y), 0.1, 0.05)
    b = minimum(problem)
    assert all(check.passed for check in sparse_checks(problem, b))
    b[seed % 4] += size
    assert not any(check.passed for check in sparse_checks(problem, b))


ROWS, Y = [[1, 2], [2, 5], [3, 4], [4, 4]], [1, 0, 2, 2]
REFUSED: list[tuple[str, Any, Any, dict[str, Any], type[NablaError]]] = [
    ("ridge", ROWS, Y, {"alpha": -1}, InputError),
    ("ridge", ROWS, Y, {"alpha": "1/0"}, InputError),
    ("ridge", ROWS, Y, {"alpha": "aic"}, InputError),
    ("ridge", ROWS, Y, {"alpha": math.nan}, InputError),
    ("ridge", ROWS, Y, {"alpha": "9" * 5000}, LimitExceeded),
    ("ridge", ROWS, Y, {"alpha": "1e400"}, InputError),
    ("ridge", ROWS, Y, {}, InputError),
    ("ridge", ROWS, Y, {"alpha": 1, "l1_ratio": 0.5}, InputError),
    ("ridge", [[3], [3], [3]], [1, 2, 4], {"alpha": "gcv"}, NoConvergence),
    ("ridge", [[3], [3], [3]], [1, 2, 4], {"alpha": 1, "standardize": True}, InputError),
    ("ridge", [[1], [2], [3], [4]], [1, 2, 3, 4], {"alpha": "loo"}, NoConvergence),
    ("lasso", ROWS, Y, {"alpha": 0}, InputError),
    ("lasso", ROWS, Y, {}, InputError),
    ("lasso", ROWS, Y, {"alpha": "gcv"}, InputError),
    ("elastic-net", ROWS, Y, {"alpha": 1, "l1_ratio": 0.0}, InputError),
    ("lasso", [["1/3"], [2]], [1, 2], {"alpha": 1}, InputError),
    ("lasso", [[1e200], [2e200]], [1, 2], {"alpha": 1}, NoConvergence),
]


@pytest.mark.parametrize(("model", "rows", "y", "options", "error"), REFUSED)
def test_refusals(model: str, rows: Any, y: Any, options: dict[str, Any], error: type[NablaError]) -> None:
    with pytest.raises(error):
        answer_of(model, rows, y, **options)


@pytest.mark.parametrize("model", ["ridge", "lasso", "elastic-net"])
@pytest.mark.parametrize(("rows", "y"), [([[1]], [2]), ([[1, 2]], [0]), ([[0, 0], [0, 0]], [1, 2]), ([[1e-150], [2e-150]], [1, 2])])
def test_odd_data_have_an_answer(model: str, rows: Any, y: Any) -> None:
    assert all(math.isfinite(value) for value in answer_of(model, rows, y, alpha=1)["coefficients"])


def test_ridge_of_more_predictors_than_observations() -> None:
    rows, y = drawn(3, 5, 8)
    answer = answer_of("ridge", rows, y, alpha=2)
    assert len(answer["coefficients"]) == 8
    assert 0 < answer["effective_degrees_of_freedom"] < 4
