"""Linear regression: NIST's certified values, exact rationals as an independent oracle, refusals, and certificates that refuse."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import CheckFailed, InputError, LimitExceeded, RankDeficient, ShapeMismatch, Undecided, UnknownName
from service.learning import linear_fit
from service.learning.design import Design, Observations
from service.learning.exact_fit import exact_fit
from service.learning.linear_fit import float_checks, problem_of
from service.learning.model import Task
from service.learning.ols import Regression
from service.linalg import tall_fit
from service.linalg.matrices import read_matrix, read_vector
from tests.learning.reference_data import LONGLEY, NORRIS, REFERENCES, WAMPLER1, Reference
from tests.linalg import famous

ARITHMETICS = ["float", "exact"]


def design(rows: Any, y: Any, intercept: bool = True, arithmetic: Any = None, **more: Any) -> Design:
    return Observations(X=read_matrix(rows), y=read_vector(y), **more).design(intercept, arithmetic)


def ols(design: Design, include: tuple[str, ...] = ()) -> Regression:
    return Regression(linear_fit.fit(design), include=include)


@pytest.fixture
def floats_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of large data, whatever the size."""
    monkeypatch.setattr(linear_fit, "ALWAYS_EXACT", 0)
    monkeypatch.setattr(Design, "is_small", False)


def digits(value: float, certified: float) -> float:
    """How many digits of `value` are right."""
    if value == certified:
        return 16
    return -math.log10(abs(value - certified) / abs(certified) if certified else abs(value))


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.name)
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_certified_values(reference: Reference, arithmetic: str) -> None:
    answer = ols(design(reference.rows, reference.y, arithmetic=arithmetic))
    for parameter, estimate, error in zip(answer.parameters, reference.estimates, reference.standard_errors, strict=True):
        assert digits(float(Fraction(parameter.estimate)), estimate) >= 14.2, parameter
        assert parameter.standard_error is not None
        assert digits(parameter.standard_error, error) >= 14.2, parameter
    sums = answer.fit.sums
    assert sums.residual_standard_deviation is not None
    assert sums.r_squared is not None
    assert digits(sums.residual_standard_deviation, reference.residual_standard_deviation) >= 14
    assert digits(sums.r_squared, reference.r_squared) >= 14
    statistic, p_value = sums.f_test()
    if reference.f_statistic is None:
        assert statistic is p_value is None
    else:
        assert statistic is not None
        assert digits(statistic, reference.f_statistic) >= 14


@pytest.mark.parametrize("reference", [NORRIS, LONGLEY, WAMPLER1], ids=lambda reference: reference.name)
@pytest.mark.usefixtures("floats_only")
def test_the_float_fit_alone(reference: Reference) -> None:
    """The path of large data, on sets whose answers are certified: the bounds that it gives hold."""
    answer = ols(design(reference.rows, reference.y))
    assert [check.name for check in answer.fit.checks] == ["orthogonality", "rank", "forward-error", "residual"]
    for parameter, estimate in zip(answer.parameters, reference.estimates, strict=True):
        assert digits(float(parameter.estimate), estimate) >= 12
    for parameter, error in zip(answer.parameters, reference.standard_errors, strict=True):
        assert parameter.standard_error == pytest.approx(error, rel=1e-8, abs=1e-9)


def oracle(rows: famous.Exact, y: list[Fraction]) -> list[Fraction]:
    """The estimates by the normal equations in Python's fractions."""
    transposed = [list(column) for column in zip(*rows, strict=True)]
    gram = famous.exact_inverse(famous.product(transposed, rows))
    return [row[0] for row in famous.product(gram, famous.product(transposed, [[value] for value in y]))]


def test_longley_is_correctly_rounded() -> None:
    rows = [[1, *row] for row in LONGLEY.rows]
    truth = oracle(famous.decimal(rows), [Fraction(repr(value)) for value in LONGLEY.y])
    assert ols(design(LONGLEY.rows, LONGLEY.y)).fit.written == [float(value) for value in truth]


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans())
@settings(deadline=None, max_examples=40)
def test_estimates_agree_with_the_oracle(seed: int, predictors: int, intercept: bool) -> None:
    random = np.random.default_rng(seed)
    rows = random.integers(-50, 50, (12, predictors)).tolist()
    y = random.integers(-100, 100, 12).tolist()
    whole = [[Fraction(1), *map(Fraction, row)] if intercept else list(map(Fraction, row)) for row in rows]
    if np.linalg.matrix_rank(np.array(whole, dtype=float)) < len(whole[0]):
        return
    truth = oracle(whole, [Fraction(value) for value in y])
    assert ols(design(rows, y, intercept, "exact")).fit.written == [str(value) for value in truth]
    assert ols(design(rows, y, intercept)).fit.written == [float(value) for value in truth]


def test_large_data_take_the_float_path_and_are_nearly_correctly_rounded() -> None:
    random = np.random.default_rng(12)
    x = random.standard_normal((500, 6))
    y = x @ np.arange(6) + random.standard_normal(500)
    answer = ols(design(x.tolist(), y.tolist()))
    assert "forward-error" in [check.name for check in answer.fit.checks]
    full = flint.fmpq_mat([[1, *[flint.fmpq(*value.as_integer_ratio()) for value in row]] for row in x.tolist()])
    right = flint.fmpq_mat([[flint.fmpq(*value.as_integer_ratio())] for value in y.tolist()])
    truth = (full.transpose() * full).solve(full.transpose() * right)
    for estimate, row in zip(answer.fit.estimates, truth.tolist(), strict=True):
        assert estimate == pytest.approx(int(row[0].p) / int(row[0].q), rel=4e-16)


def test_a_known_table() -> None:
    """cars of R: lm(dist ~ speed), as printed by summary(), with AIC() and BIC()."""
    speed = [4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15, 15]
    speed += [15, 16, 16, 17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24, 24, 24, 25]
    dist = [2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80, 20, 26]
    dist += [54, 32, 40, 32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70, 92, 93, 120, 85]
    answer = ols(Observations(x=read_vector(speed), y=read_vector(dist)).design()).to_json()
    intercept, slope = answer["parameters"]
    assert (intercept["name"], slope["name"]) == ("intercept", "x")
    assert intercept["estimate"] == pytest.approx(-17.5791, abs=5e-5)
    assert intercept["standard_error"] == pytest.approx(6.7584, abs=5e-5)
    assert intercept["p_value"] == pytest.approx(0.0123, abs=5e-5)
    assert slope["estimate"] == pytest.approx(3.9324, abs=5e-5)
    assert slope["statistic"] == pytest.approx(9.464, abs=5e-4)
    assert slope["p_value"] == pytest.approx(1.49e-12, abs=5e-15)
    assert slope["confidence_interval"] == pytest.approx([3.096964, 4.767853], abs=5e-7)
    assert answer["residual_standard_deviation"] == pytest.approx(15.38, abs=5e-3)
    assert answer["degrees_of_freedom"] == 48
    assert answer["r_squared"] == pytest.approx(0.6511, abs=5e-5)
    assert answer["adjusted_r_squared"] == pytest.approx(0.6438, abs=5e-5)
    assert answer["f_statistic"] == pytest.approx(89.57, abs=5e-3)
    assert answer["aic"] == pytest.approx(419.1569, abs=5e-5)
    assert answer["bic"] == pytest.approx(424.8929, abs=5e-5)


def test_whole_weights_are_repeated_observations() -> None:
    rows, y, weights = [[1], [2], [4], [7]], [2, 3, 5, 4], [1, 3, 2, 1]
    repeated = [(row, value) for row, value, weight in zip(rows, y, weights, strict=True) for _ in range(weight)]
    weighted = ols(design(rows, y, weights=read_vector(weights)))
    plain = ols(design([row for row, _ in repeated], [value for _, value in repeated]))
    assert weighted.fit.estimates == pytest.approx(plain.fit.estimates, rel=1e-14)
    assert weighted.fit.sums.residual == pytest.approx(plain.fit.sums.residual, rel=1e-13)
    assert weighted.fit.sums.total == pytest.approx(plain.fit.sums.total, rel=1e-13)
    assert np.allclose(weighted.fit.inverse_gram, plain.fit.inverse_gram, rtol=1e-13)


def test_weights_in_the_float_path(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(13)
    given_design = design(random.standard_normal((30, 2)).tolist(), random.standard_normal(30).tolist(), weights=read_vector([0.5, 2] * 15))
    exact = ols(given_design)
    monkeypatch.setattr(linear_fit, "ALWAYS_EXACT", 0)
    monkeypatch.setattr(Design, "is_small", False)
    floats = ols(given_design)
    assert floats.fit.estimates == pytest.approx(exact.fit.estimates, rel=1e-13)
    assert floats.fit.sums.residual == pytest.approx(exact.fit.sums.residual, rel=1e-13)
    assert np.allclose(floats.fit.inverse_gram, exact.fit.inverse_gram, rtol=1e-12)


def test_named_columns() -> None:
    data = {"dose": read_vector([0, 1, 2, 3]), "out": read_vector([1, 3, 5, 7.5]), "age": read_vector([30, 41, 22, 35])}
    answer = ols(Observations(data=data, response="out").design())
    assert answer.fit.design.names == ("intercept", "dose", "age")
    with pytest.raises(UnknownName, match='no response: neither y, nor a column "y"'):
        Observations(data=data).design()


def test_what_is_included() -> None:
    answer = ols(design([[1], [2], [3], [4]], [3, 5, 7, 9.5]), include=("fitted_values", "residuals", "covariance")).to_json()
    assert list(answer["fitted_values"]) == [2.9, 5.05, 7.2, 9.35]
    assert list(answer["residuals"]) == [0.1, -0.05, -0.2, 0.15]
    assert np.allclose(answer["covariance"], [[0.05625, -0.01875], [-0.01875, 0.0075]])
    assert "residuals" not in ols(design([[1], [2], [3]], [1, 2, 4])).to_json()


def test_exact_answers() -> None:
    answer = ols(design([[1], [2], [3], [4]], [3, 5, 7, "19/2"]), include=("residuals",)).to_json()
    assert answer["arithmetic"] == "exact"
    assert answer["intercept"] == "3/4"
    assert answer["coefficients"] == ["43/20"]
    assert answer["residuals"] == ["1/10", "-1/20", "-1/5", "3/20"]


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for item in value.values() for number in numbers(item)]
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []


EDGES = [
    ("no degrees of freedom", [[1], [2]], [5, 6], True),
    ("perfect fit", [[1], [2], [3]], [2, 4, 6], True),
    ("constant response", [[1], [2], [4]], [5, 5, 5], True),
    ("zero response", [[1], [2], [4]], [0, 0, 0], False),
    ("one observation", [[2]], [3], False),
]


@pytest.mark.parametrize(("name", "rows", "y", "intercept"), EDGES)
def test_figures_that_do_not_exist_are_null(name: str, rows: Any, y: Any, intercept: bool) -> None:
    answer = ols(design(rows, y, intercept)).to_json()
    assert all(map(math.isfinite, numbers({key: value for key, value in answer.items() if key != "checks"})))
    if len(rows) == len(answer["parameters"]):
        assert answer["residual_standard_deviation"] is None
        assert answer["parameters"][0]["standard_error"] is None
    if len(set(y)) == 1:
        assert answer["r_squared"] is None or not intercept


DEPENDENT = [
    ([[1, 2], [2, 4], [3, 6], [4, 8]], "x2 = 2·x1"),
    ([[0.1, 0.2], [0.2, 0.4], [0.3, 0.6], [0.5, 1.0]], "x2 = 2·x1"),
    ([[3], [3], [3], [3]], "x1 = 3·intercept"),
    ([[1, 0, 2], [0, 1, 2], [1, 0, 3], [0, 1, 5]], "x2 = intercept - x1"),
    ([[0], [0], [0], [0]], "x1 is zero"),
]


@pytest.mark.parametrize(("rows", "relation"), DEPENDENT)
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_dependent_columns_are_refused_by_name(rows: Any, relation: str, arithmetic: str) -> None:
    with pytest.raises(RankDeficient) as caught:
        ols(design(rows, [1, 2, 3, 5], arithmetic=arithmetic))
    assert relation in caught.value.detail
    assert caught.value.facts["rank"] < caught.value.facts["parameters"]


def test_columns_that_depend_up_to_rounding_are_refused() -> None:
    random = np.random.default_rng(14)
    x = random.standard_normal((30, 2))
    rows = np.column_stack([x, x @ [0.3, 0.7]]).tolist()
    with pytest.raises(RankDeficient, match="to the precision of floats"):
        ols(design(rows, random.standard_normal(30).tolist()))


def test_a_polynomial_design_beyond_floats_is_fitted_exactly() -> None:
    """Powers up to 10, as in NIST's Filip: floats cannot prove the columns independent, and rationals can."""
    points = [round(-9 + k * 0.07, 2) for k in range(82)]
    y = [math.sin(point) for point in points]
    answer = ols(design([[point**power for power in range(1, 11)] for point in points], y))
    assert all(check.passed for check in answer.fit.checks)
    assert answer.fit.condition_number is not None


def test_what_does_not_fit_together() -> None:
    with pytest.raises(ShapeMismatch, match="2 observations and the response 3"):
        design([[1], [2]], [1, 2, 3])
    with pytest.raises(ShapeMismatch, match="1 weights for 2"):
        design([[1], [2]], [1, 2], weights=read_vector([1]))
    with pytest.raises(InputError, match="positive"):
        design([[1], [2]], [1, 2], weights=read_vector([1, 0]))
    with pytest.raises(InputError, match="exactly one of X"):
        Observations(y=read_vector([1])).design()
    with pytest.raises(InputError, match="exactly one of X"):
        Observations(X=read_matrix([[1]]), x=read_vector([1]), y=read_vector([1])).design()
    with pytest.raises(RankDeficient, match="1 observations cannot determine 3"):
        ols(design([[1, 2]], [1]))
    with pytest.raises(InputError, match="confidence level"):
        Task(Observations(), confidence_level=1.0)
    with pytest.raises(LimitExceeded, match="exact-size"):
        ols(design(np.eye(130).tolist(), [1] * 130, intercept=False, arithmetic="exact"))


@given(st.integers(0, 2**32 - 1), st.floats(1e-8, 1e-2))
@settings(deadline=None, max_examples=40)
def test_the_certificate_refuses_a_perturbed_fit(seed: int, size: float) -> None:
    random = np.random.default_rng(seed)
    given_design = design(random.standard_normal((20, 4)).tolist(), random.standard_normal(20).tolist())
    problem = problem_of(given_design)
    found = tall_fit.solve(problem)
    assert found is not None
    assert all(check.passed for check in float_checks(given_design, found))
    x = found.x.copy()
    x[random.integers(0, 4)] += size * np.abs(x).max()
    assert not float_checks(given_design, tall_fit.defect(problem, found.basis, x))[0].passed


def test_the_exact_certificate_refuses_a_perturbed_fit() -> None:
    found = exact_fit(design([[1], [2], [4]], [1, 2, 3], arithmetic="exact"))
    assert all(check.passed for check in found.checks())
    found.estimates[1, 0] += flint.fmpq(1, 10**12)
    assert [check.passed for check in found.checks()] == [False, True]
    found.inverse[0, 0] *= 2
    assert [check.passed for check in found.checks()] == [False, False]


def test_undecided_is_an_error_of_its_own() -> None:
    rows = np.vander(np.linspace(0.5, 1, 60), 45).tolist()
    with pytest.raises((RankDeficient, Undecided)):
        ols(design(rows, [1.5] * 60, intercept=False))


def test_the_same_request_gives_the_same_answer() -> None:
    def once() -> Regression:
        return ols(design(LONGLEY.rows, LONGLEY.y))

    assert str(once().to_json()) == str(once().to_json())


def test_a_perfect_fit_of_large_data_has_no_residual() -> None:
    rows = [[i % 17, (i * i) % 23] for i in range(30_000)]
    answer = ols(design(rows, [0.1 * row[0] - 0.3 * row[1] + 7 for row in rows]))
    assert answer.fit.arithmetic == "float"
    assert answer.fit.sums.residual == 0
    assert answer.fit.estimates == pytest.approx([7, 0.1, -0.3], rel=1e-14)
    assert answer.parameters[0].statistic is None


def test_a_residual_that_is_mostly_rounding_is_refused() -> None:
    random = np.random.default_rng(15)
    x = random.standard_normal((30_000, 2))
    y = 1e6 + x @ [1.0, 2.0] + 1e-9 * random.standard_normal(30_000)
    with pytest.raises(CheckFailed, match="residual"):
        ols(design(x.tolist(), y.tolist()))


def test_a_polynomial_of_many_observations_far_from_zero() -> None:
    """Years to the fourth power: no float fit can be trusted, and the exact one is taken."""
    x = [1900 + k % 101 for k in range(4_000)]
    y = [(year - 1950) ** 2 + (k * 7919) % 13 for k, year in enumerate(x)]
    answer = Regression(linear_fit.fit(Observations(x=read_vector(x), y=read_vector(y)).design(degree=4)))
    centred = Regression(linear_fit.fit(Observations(x=read_vector([year - 1950 for year in x]), y=read_vector(y)).design(degree=4)))
    assert answer.fit.estimates[-1] == pytest.approx(centred.fit.estimates[-1], rel=1e-14)
    assert answer.fit.sums.residual == centred.fit.sums.residual
