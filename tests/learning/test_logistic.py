"""Logistic, multinomial and Poisson regression: published tables, an independent oracle, separation, certificates that refuse."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

from service.errors import InputError, MathematicsRefuses, RankDeficient, Separated, ShapeMismatch, UnknownName
from service.learning.design import Observations
from service.learning.families import BINOMIAL, POISSON, Family
from service.learning.generalized_linear import Likelihood
from service.learning.maximum import Maximum, located, maximise
from service.learning.model import Task
from service.learning.models import fit
from service.linalg.matrices import read_matrix, read_vector
from service.linalg.matrix import Matrix
from tests.learning.tables import BEETLES, COUNTS, GRADES, MENARCHE


def labels(texts: list[str]) -> Matrix:
    return Matrix((len(texts), 1), "symbolic", None, [[text] for text in texts], is_vector=True)


def columns(table: dict[str, list[Any]]) -> dict[str, Matrix]:
    return {name: read_vector(values) for name, values in table.items()}


def answer(
    model: str, table: dict[str, list[Any]], response: str, include: tuple[str, ...] = (), predict: Any = None, **options: Any
) -> Any:
    return fit(model, Task(Observations(data=columns(table), response=response), include=include, predict=predict, options=options))


def simple(model: str, X: Any, y: Any, **options: Any) -> Any:
    response = labels(y) if isinstance(y[0], str) else read_vector(y)
    return fit(model, Task(Observations(X=read_matrix(X), y=response), options=options))


def table_of(found: Any) -> list[tuple[float, float]]:
    return [(entry["estimate"], entry["standard_error"]) for entry in found["parameters"]]


# --- published tables ---------------------------------------------------------------------------------------------------


def test_counts_as_printed_by_r() -> None:
    """summary(glm(counts ~ outcome + treatment, family = poisson())), from R's help page of glm."""
    found = answer("poisson", COUNTS, "counts")
    printed = [(3.045, 0.1709), (-0.4543, 0.2022), (-0.2930, 0.1927), (0, 0.2), (0, 0.2)]
    for (estimate, error), (expected, expected_error) in zip(table_of(found), printed, strict=True):
        assert estimate == pytest.approx(expected, abs=5e-4)
        assert error == pytest.approx(expected_error, abs=5e-5)
    assert found["parameters"][1]["p_value"] == pytest.approx(0.0246, abs=5e-5)
    assert found["null_deviance"] == pytest.approx(10.5814, abs=5e-5)
    assert found["deviance"] == pytest.approx(5.1291, abs=5e-5)
    assert found["aic"] == pytest.approx(56.76, abs=5e-3)
    assert (found["null_degrees_of_freedom"], found["degrees_of_freedom"]) == (8, 4)


@pytest.mark.parametrize(
    ("link", "printed", "deviance"),
    [
        ("logit", [(-60.717, 5.181), (34.270, 2.912)], 11.23),
        ("probit", [(-34.935, 2.648), (19.728, 1.487)], 10.12),
        ("cloglog", [(-39.572, 3.240), (22.041, 1.799)], 3.4464),
    ],
)
def test_beetles(link: str, printed: list[tuple[float, float]], deviance: float) -> None:
    """Dobson, Barnett: table 7.4 and the text beside it."""
    found = answer("logistic", BEETLES, "killed", link=link, trials="number")
    for (estimate, error), (expected, expected_error) in zip(table_of(found), printed, strict=True):
        assert estimate == pytest.approx(expected, abs=6e-4)
        assert error == pytest.approx(expected_error, abs=1.1e-3)
    assert found["deviance"] == pytest.approx(deviance, abs=5e-3)


def test_menarche() -> None:
    """Venables, Ripley: Modern Applied Statistics with S, 7.2; summary(glm(cbind(Menarche, Total - Menarche) ~ Age, binomial))."""
    found = answer("logistic", MENARCHE, "menarche", trials="total")
    (intercept, first), (slope, second) = table_of(found)
    assert (intercept, first) == (pytest.approx(-21.22639, abs=5e-6), pytest.approx(0.77068, abs=6e-6))
    assert (slope, second) == (pytest.approx(1.63197, abs=5e-6), pytest.approx(0.05895, abs=6e-6))
    assert found["null_deviance"] == pytest.approx(3693.884, abs=5e-4)
    assert found["deviance"] == pytest.approx(26.703, abs=5e-4)
    assert found["aic"] == pytest.approx(114.76, abs=5e-3)


@pytest.mark.parametrize(
    ("link", "printed", "log_likelihood"),
    [
        ("logit", [(-13.021, 4.931), (2.826, 1.263), (0.095, 0.142), (2.379, 1.065)], -12.890),
        ("probit", [(-7.452, 2.542), (1.626, 0.694), (0.052, 0.084), (1.426, 0.595)], -12.819),
    ],
)
def test_grades(link: str, printed: list[tuple[float, float]], log_likelihood: float) -> None:
    """Greene: Econometric Analysis, 5th ed., table 21.1; the standard errors are those of the observed information."""
    found = simple("logistic", [list(row[:3]) for row in GRADES], [row[3] for row in GRADES], link=link, information="observed")
    for (estimate, error), (expected, expected_error) in zip(table_of(found), printed, strict=True):
        assert estimate == pytest.approx(expected, abs=6e-4)
        assert error == pytest.approx(expected_error, abs=6e-4)
    assert found["log_likelihood"] == pytest.approx(log_likelihood, abs=6e-4)
    if link == "logit":
        assert found["mcfadden_r_squared"] == pytest.approx(0.3740, abs=5e-5)
        assert found["likelihood_ratio_statistic"] == pytest.approx(15.404, abs=5e-4)


# --- an oracle in 50 digits ----------------------------------------------------------------------------------------------


def oracle(link: str, x: list[float], y: list[float], m: list[float], near: list[float]) -> tuple[list[Any], list[Any]]:
    """Estimates and standard errors (expected information) of a line, by Newton's method on numerical derivatives in 50 digits."""
    with mpmath.workdps(50):
        points = [mpmath.mpf(repr(value)) for value in x]

        def mean(eta: Any) -> Any:
            if link == "log":
                return mpmath.exp(eta)
            if link == "probit":
                return mpmath.ncdf(eta)
            return 1 / (1 + mpmath.exp(-eta)) if link == "logit" else -mpmath.expm1(-mpmath.exp(eta))

        def slopes(a: Any, b: Any) -> tuple[Any, ...]:
            found = []
            for point, successes, trials in zip(points, y, m, strict=True):
                mu = mean(a + b * point)
                slope = mpmath.diff(mean, a + b * point)
                variance = mu if link == "log" else mu * (1 - mu)
                found.append((point, (successes - trials * mu) * slope / variance, trials * slope**2 / variance))
            return tuple(found)

        a, b = map(mpmath.mpf, near)
        for _ in range(60):
            terms = slopes(a, b)
            h = mpmath.matrix([[sum(w * t**k for t, _, w in terms) for k in (i, i + 1)] for i in (0, 1)])
            step = mpmath.lu_solve(h, mpmath.matrix([sum(s for _, s, _ in terms), sum(s * t for t, s, _ in terms)]))
            a, b = a + step[0], b + step[1]
            if max(abs(step[0]), abs(step[1])) < mpmath.mpf(10) ** -30:
                break
        inverse = h**-1
        return [a, b], [mpmath.sqrt(inverse[0, 0]), mpmath.sqrt(inverse[1, 1])]


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog", "log"])
def test_estimates_and_standard_errors_to_the_last_digits(link: str) -> None:
    x, y, m = BEETLES["dose"], BEETLES["killed"], BEETLES["number"]
    if link == "log":
        found = answer("poisson", {"dose": x, "killed": y}, "killed")
        m = [1] * len(y)
    else:
        found = answer("logistic", BEETLES, "killed", trials="number", link=link)
    (a, error_a), (b, error_b) = table_of(found)
    estimates, errors = oracle(link, x, y, m, [a, b])
    assert abs(a - estimates[0]) < 1e-13 * abs(a)
    assert abs(b - estimates[1]) < 1e-13 * abs(b)
    assert abs(error_a - errors[0]) < 1e-11 * error_a
    assert abs(error_b - errors[1]) < 1e-11 * error_b


@pytest.mark.parametrize("family", [*BINOMIAL.values(), POISSON], ids=lambda family: family.link)
def test_self_concordance(family: Family) -> None:
    """|l'''/l''| stays below the stated bound, by differences of l''."""
    eta = np.linspace(-8, 3, 200)
    for y, m in ((0.0, 1.0), (1.0, 1.0), (2.0, 5.0)):
        h = 1e-5
        values = [family.terms(eta + shift, np.full(200, y), np.full(200, m)).observed for shift in (-h, 0, h)]
        ratio = (values[2] - values[0]) / (2 * h) / values[1]
        known = values[1] > 1e-250
        assert (np.abs(ratio[known]) <= family.bend(eta)[known] + 1e-3).all()


# --- what goes with a fit --------------------------------------------------------------------------------------------------


def test_residuals_leverage_and_distances() -> None:
    """As R's residuals, hatvalues and cooks.distance print them for the counts: the last from the formula of the first two."""
    names = ("deviance_residuals", "pearson_residuals", "working_residuals", "residuals", "leverage", "cooks_distance", "fitted_values")
    found = answer("poisson", COUNTS, "counts", (*names, "covariance", "standardized_residuals"))
    printed = [-0.67125, 0.96272, -0.16965, -0.21999, -0.95552, 1.04939, 0.84715, -0.09167, -0.96656]
    assert found["deviance_residuals"] == pytest.approx(printed, abs=5e-6)
    assert sum(value**2 for value in found["deviance_residuals"]) == pytest.approx(found["deviance"], rel=1e-12)
    assert sum(value**2 for value in found["pearson_residuals"]) == pytest.approx(found["pearson_chi_squared"], rel=1e-12)
    assert sum(found["leverage"]) == pytest.approx(5, rel=1e-12)
    distances = [(r / (1 - h)) ** 2 * h / 5 for r, h in zip(found["pearson_residuals"], found["leverage"], strict=True)]
    assert found["cooks_distance"] == pytest.approx(distances, rel=1e-12)
    assert np.sqrt(np.diagonal(found["covariance"])) == pytest.approx([error for _, error in table_of(found)], rel=1e-14)
    assert found["rate_ratios"][0]["estimate"] == pytest.approx(found["fitted_values"][1] / found["fitted_values"][0], rel=1e-14)


def test_profile_intervals() -> None:
    """confint(glm(...)) of R for the counts, by MASS's profile."""
    found = answer("poisson", COUNTS, "counts", ("profile_intervals",))
    printed = [(2.6958215, 3.36655581), (-0.8577018, -0.06255840), (-0.6753696, 0.08244089), (-0.3932548, 0.39325483)]
    for entry, expected in zip(found["profile_intervals"], printed, strict=False):
        assert entry["confidence_interval"] == pytest.approx(expected, abs=3e-5)
    ends = found["profile_intervals"][1]["confidence_interval"]
    wald = found["parameters"][1]["confidence_interval"]
    assert ends != pytest.approx(wald, abs=1e-3)


def test_predictions() -> None:
    found = answer("logistic", BEETLES, "killed", ("fitted_values",), columns({"dose": BEETLES["dose"]}), trials="number")
    assert [entry["estimate"] for entry in found["predictions"]] == pytest.approx(found["fitted_values"], rel=1e-14)
    for entry in found["predictions"]:
        low, high = entry["confidence_interval"]
        assert low < entry["estimate"] < high
        half = special.ndtri(0.975) * entry["standard_error"]
        assert low == pytest.approx(special.expit(entry["linear_predictor"] - half), rel=1e-13)
    with pytest.raises(UnknownName, match="no column dose"):
        answer("logistic", BEETLES, "killed", (), columns({"age": [1]}), trials="number")
    with pytest.raises(ShapeMismatch, match="2 coordinates"):
        answer("logistic", BEETLES, "killed", (), read_matrix([[1, 2]]), trials="number")


def test_an_exposure_is_an_offset() -> None:
    table = {"x": [0, 1, 2, 3, 4, 5], "y": [2, 3, 6, 7, 8, 12], "years": [10.0, 12, 15, 11, 9, 13]}
    first = answer("poisson", table, "y", exposure="years")
    second = answer("poisson", table | {"years": [math.log(value) for value in table["years"]]}, "y", offset="years")
    assert table_of(first) == [(pytest.approx(a, rel=1e-13), pytest.approx(b, rel=1e-12)) for a, b in table_of(second)]
    assert first["null_deviance"] == pytest.approx(second["null_deviance"], rel=1e-12)
    with pytest.raises(InputError, match="two ways"):
        answer("poisson", table, "y", exposure="years", offset=1.0)


def test_trials_are_repeated_observations() -> None:
    grouped = answer("logistic", {"x": [0, 1, 2], "y": [1, 2, 3], "m": [4, 4, 4]}, "y", trials="m")
    rows = [(x, int(k < y)) for x, y in ((0, 1), (1, 2), (2, 3)) for k in range(4)]
    single = simple("logistic", [[x] for x, _ in rows], [y for _, y in rows])
    assert [value for pair in table_of(grouped) for value in pair] == pytest.approx(
        [v for pair in table_of(single) for v in pair], rel=1e-12
    )
    weighted = fit("logistic", Task(Observations(X=read_matrix([[0], [0], [1], [1], [2], [2]]), y=read_vector([1, 0] * 3),
                                                 weights=read_vector([1, 3, 2, 2, 3, 1]))))  # fmt: skip
    assert [value for pair in table_of(weighted) for value in pair] == pytest.approx([v for p in table_of(single) for v in p], rel=1e-12)


# --- several classes ---------------------------------------------------------------------------------------------------------

SPECIES = (["a", "b", "c"] * 8)[:22]
POINTS = [[math.sin(3 * i) + (i % 3) / 2, math.cos(5 * i) - (i % 3) / 3] for i in range(22)]


def test_two_classes_are_the_binary_model() -> None:
    y = [i % 2 if i % 5 else 1 for i in range(22)]
    binary = simple("logistic", POINTS, y)
    multi = simple("multinomial", POINTS, y)
    named = simple("logistic", POINTS, ["yes" if value else "no" for value in y])
    pairs = [value for pair in table_of(binary) for value in pair]
    assert [value for pair in table_of(multi) for value in pair] == pytest.approx(pairs, rel=1e-11)
    assert table_of(named) == table_of(binary)
    assert named["classes"] == ["no", "yes"]
    assert multi["deviance"] == pytest.approx(binary["deviance"], rel=1e-13)


def test_multinomial_scores_vanish() -> None:
    """At the maximum the fitted probabilities have the same moments as the classes: Xᵀ(Y − P) = 0."""
    found = fit("logistic", Task(Observations(X=read_matrix(POINTS), y=labels(SPECIES)), include=("fitted_values", "covariance")))
    assert found["model"] == "logistic"
    assert found["classes"] == ["a", "b", "c"]
    observed = np.array([[float(name == label) for label in "abc"] for name in SPECIES])
    design = np.column_stack([np.ones(22), POINTS])
    assert np.abs(design.T @ (observed - found["fitted_values"])).max() < 1e-13
    assert found["parameters"][3]["name"] == "c:intercept"
    assert found["coefficients"].shape == (2, 2)
    step = 1e-4
    b = np.array([estimate for estimate, _ in table_of(found)])

    def value(at: Any) -> float:
        scores = np.column_stack([np.zeros(22), design @ at.reshape(2, 3).T])
        return float((observed * scores).sum() - special.logsumexp(scores, axis=1).sum())

    assert value(b) == pytest.approx(found["log_likelihood"], rel=1e-13)
    unit = np.eye(6) * step
    hessian = [[(value(b + u + v) - value(b + u - v) - value(b - u + v) + value(b - u - v)) / (4 * step**2) for u in unit] for v in unit]
    assert np.linalg.inv(-np.array(hessian)) == pytest.approx(found["covariance"], rel=1e-4, abs=1e-4)


# --- separation ----------------------------------------------------------------------------------------------------------------

SEPARABLE: list[tuple[str, Any, Any, str, dict[str, str]]] = [
    ("logistic", [[1], [2], [3], [4]], [0, 0, 1, 1], "complete", {"intercept": "-1", "x1": "2/5"}),
    ("logistic", [[1], [2], [2], [3]], [0, 0, 1, 1], "quasi-complete", {"intercept": "-2", "x1": "1"}),
    ("logistic", [[1], [2], [3]], [1, 1, 1], "complete", {"intercept": "1"}),
    ("logistic", [[1], [2], [3]], [0, 0, 0], "complete", {"intercept": "-1"}),
    ("logistic", [[1], [2], [3], [9]], ["no", "no", "no", "yes"], "complete", {}),
    ("poisson", [[0], [0], [1], [1]], [0, 0, 3, 4], "quasi-complete", {"intercept": "-1", "x1": "1"}),
    ("multinomial", [[1], [2], [3], [4], [5], [6]], [0, 0, 1, 1, 2, 2], "complete", {}),
    ("logistic", [[0.1, 0.3], [0.2, 0.6], [0.3, 0.9001], [0.4, 1.2], [0.5, 1.5001]], [0, 0, 1, 0, 1], "complete", {}),
    ("logistic", [[1e6, 1], [2e6, 1], [1e6, 2], [2e6, 2.5]], [0, 1, 0, 1], "complete", {}),
]


@pytest.mark.parametrize(("model", "X", "y", "kind", "direction"), SEPARABLE)
def test_separation_is_refused_with_its_direction(model: str, X: Any, y: Any, kind: str, direction: dict[str, str]) -> None:
    with pytest.raises(Separated, match=f"{kind} separation") as caught:
        simple(model, X, y)
    facts = caught.value.facts
    assert facts["separation"] == kind
    if direction and kind != "complete":
        assert facts["direction"] == direction
    if model == "logistic":
        names = ["intercept", *[f"x{j + 1}" for j in range(len(X[0]))]]
        rows = [[Fraction(1), *[Fraction(repr(value)) for value in row]] for row in X]
        weights = [Fraction(facts["direction"].get(name, "0")) for name in names]
        sides = [
            sum(a * b for a, b in zip(row, weights, strict=True)) * (1 if label in (1, "yes") else -1)
            for row, label in zip(rows, y, strict=True)
        ]
        assert min(sides) >= 0 < max(sides)
        assert (min(sides) > 0) == (kind == "complete")


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_separation_in_every_link(link: str) -> None:
    with pytest.raises(Separated):
        simple("logistic", [[1], [2], [3], [4]], [0, 0, 1, 1], link=link)
    with pytest.raises(Separated):
        simple("logistic", [[0], [0], [1], [1]], [0, 1, 1, 1], link=link)


def test_nearly_separated_data_are_fitted() -> None:
    found = simple("logistic", [[1], [2], [3], [4], [5], [6], [3.5], [3.4]], [0, 0, 0, 1, 1, 1, 0, 1])
    assert all(check.passed for check in found["checks"])
    assert found["parameters"][1]["standard_error"] > 1


# --- refusals and certificates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-300, 1e-150, 1.0, 1e10, 1e150, 1e300])
def test_the_size_of_a_predictor_does_not_matter(size: float) -> None:
    y = [0, 1, 0, 1, 1]
    found = simple("logistic", [[size * k] for k in range(1, 6)], y)
    (a, error_a), (b, error_b) = table_of(found)
    (c, error_c), (d, error_d) = table_of(simple("logistic", [[k] for k in range(1, 6)], y))
    assert (a, error_a) == (pytest.approx(c, rel=1e-13), pytest.approx(error_c, rel=1e-12))
    assert (b * size, error_b * size) == (pytest.approx(d, rel=1e-13), pytest.approx(error_d, rel=1e-12))


def test_many_data_are_fitted_in_doubles_with_a_bound_that_holds() -> None:
    random = np.random.default_rng(4)
    X = random.standard_normal((6000, 9)).round(6)
    y = (random.random(6000) < special.expit(X @ np.linspace(-1, 1, 9))).astype(float)
    ones = np.ones(6000)
    likelihood = Likelihood(BINOMIAL["logit"], np.column_stack([ones, X]), y, ones, 0 * ones, ones)
    found = maximise(likelihood)
    assert found is not None
    careful = located(likelihood, found.b)
    assert careful is not None
    gradient, _ = likelihood.score(found.b, True)
    step = careful.basis.s @ (careful.basis.s.T @ gradient.astype(float))
    assert (np.abs(step) <= found.error).all()
    assert found.relative_error < 1e-10


REFUSED: list[tuple[str, Any, Any, dict[str, Any], type[Exception], str]] = [
    ("logistic", [[1], [2], [3]], [0, 1, 2], {}, MathematicsRefuses, "0 or 1, and entry 3 is 2"),
    ("logistic", [[1], [2], [3]], [0, 1, 0.5], {}, MathematicsRefuses, "entry 3 is 0.5"),
    ("logistic", [[1], [2], [3]], [0, 1, 4], {"trials": 3.0}, MathematicsRefuses, "4 successes in 3 trials"),
    ("logistic", [[1], [2], [3]], [0, 1, -1], {"trials": 3.0}, MathematicsRefuses, "-1 successes"),
    ("logistic", [[1], [2], [3]], [0, 1, 1], {"trials": 0.5}, MathematicsRefuses, "whole number from 1 on"),
    ("logistic", [[1], [2], [3]], [0, 1, 1], {"trials": read_vector([1, 2])}, ShapeMismatch, "2 entries for 3"),
    ("logistic", [[1], [2], [3]], [0, 1, 1], {"trials": "n"}, UnknownName, "trials names the column"),
    ("logistic", [[1], [2], [3]], ["a", "a", "a"], {}, MathematicsRefuses, "every response"),
    ("logistic", [[1], [2], [3]], ["a", "b", "c"], {"link": "probit"}, InputError, "multinomial"),
    ("logistic", [[1, 2], [2, 4], [3, 6], [4, 8]], [0, 1, 0, 1], {}, RankDeficient, "x2 = 2·x1"),
    ("logistic", [[1]], [1], {}, RankDeficient, "1 observations"),
    ("poisson", [[1], [2], [3]], [1, 2, -1], {}, MathematicsRefuses, "entry 3 is -1"),
    ("poisson", [[1], [2], [3]], [1, 2, 1.5], {}, MathematicsRefuses, "entry 3 is 1.5"),
    ("poisson", [[1], [2], [3]], ["a", "b", "c"], {}, MathematicsRefuses, "is a text"),
    ("logistic", [[1], [2], [3]], ["a", "b", "a"], {"trials": 3.0}, MathematicsRefuses, "made of texts"),
    ("poisson", [[1], [2], [3]], [0, 0, 0], {}, MathematicsRefuses, "every count is 0"),
    ("poisson", [[1], [2], [3]], [1, 2, 3], {"exposure": 0.0}, MathematicsRefuses, "positive"),
    ("poisson", [[1], [2], [3]], [1, 2, 3], {"link": "log"}, InputError, "link is not a field"),
    ("multinomial", [[1], [2], [3]], [1, 1, 1], {}, MathematicsRefuses, "every response"),
]


@pytest.mark.parametrize(("model", "X", "y", "options", "error", "message"), REFUSED)
def test_refusals(model: str, X: Any, y: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        simple(model, X, y, **options)


def a_fit(family: Family) -> tuple[Likelihood, Maximum]:
    x, y, m = (np.array(BEETLES[name], dtype=float) for name in ("dose", "killed", "number"))
    ones = np.ones(len(y))
    likelihood = Likelihood(family, np.column_stack([ones, x]), y, m if family is not POISSON else ones, 0 * ones, ones)
    found = maximise(likelihood)
    assert found is not None
    return likelihood, found


@pytest.mark.parametrize("family", [*BINOMIAL.values(), POISSON], ids=lambda family: family.link)
@pytest.mark.parametrize("size", [1e-9, 1e-6, 1e-3, 0.1])
def test_the_certificate_refuses_perturbed_estimates(family: Family, size: float) -> None:
    likelihood, found = a_fit(family)
    assert all(check.passed for check in found.checks())
    moved = located(likelihood, found.b * np.array([1, 1 + size]))
    assert moved is None or not all(check.passed for check in moved.checks())


@pytest.mark.parametrize("family", [*BINOMIAL.values(), POISSON], ids=lambda family: family.link)
def test_the_bound_on_the_error_holds(family: Family) -> None:
    """Also for estimates that are off: where a bound is stated, the true maximum is within it."""
    likelihood, found = a_fit(family)
    for size in (1e-12, 1e-8, 1e-5, 1e-3, 1e-2):
        moved = located(likelihood, found.b * np.array([1 - size, 1 + size / 3]))
        assert moved is not None
        assert (np.abs(moved.b - found.b) <= moved.error + found.error).all()


def test_same_request_same_answer() -> None:
    assert str(simple("logistic", POINTS, [i % 2 for i in range(22)])) == str(simple("logistic", POINTS, [i % 2 for i in range(22)]))
