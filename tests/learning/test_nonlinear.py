"""Nonlinear regression: NIST's certified values from both starts, R's examples, bounds, refusals, certificates that refuse."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import flint
import numpy as np
import pytest

from service.errors import (
    ExpressionSyntaxError,
    InputError,
    LimitExceeded,
    MathematicsRefuses,
    NablaError,
    NoConvergence,
    RankDeficient,
    ShapeMismatch,
    UndefinedAtPoint,
    UnknownName,
)
from service.expression.arena import fresh_arena
from service.learning import nonlinear_polish
from service.learning.design import Observations
from service.learning.expression_model import Column, ExpressionModel, Response, read_expression
from service.learning.model import Task
from service.learning.models import fit
from service.learning.nonlinear_polish import descend, extended_minimum, minimum_at, proves
from service.learning.nonlinear_search import Problem
from service.linalg.matrices import read_matrix, read_vector
from service.precision import precision
from tests.learning.nonlinear_data import MGH09, MISRA1A, PUROMYCIN, REFERENCES, NonlinearReference


def fitted(expression: str, data: dict[str, Any], start: Any, response: str = "y", **more: Any) -> Any:
    options = {"expression": expression, "start": start} | {name: more.pop(name) for name in ("bounds",) if name in more}
    weights = more.pop("weights", None)
    columns = {name: read_vector(values) for name, values in data.items()}
    observed = Observations(data=columns, response=response, weights=None if weights is None else read_vector(weights))
    return fit("nonlinear", Task(observed, options=options, **more))


def named(values: list[float]) -> dict[str, float]:
    return {f"b{j + 1}": value for j, value in enumerate(values)}


def agrees(value: float, certified: float) -> bool:
    """To the eleven digits that are certified, the last one rounded."""
    return abs(value - certified) <= 0.51 * 10.0 ** (math.floor(math.log10(abs(certified))) - 10)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.name)
@pytest.mark.parametrize("place", [0, 1])
def test_certified_values(reference: NonlinearReference, place: int) -> None:
    found = fitted(reference.expression, {"x": reference.x, "y": reference.y}, named(reference.starts[place]))
    for entry, (estimate, error) in zip(found["parameters"], reference.certified, strict=True):
        assert agrees(entry["estimate"], estimate), entry
        assert agrees(entry["standard_error"], error), entry
    assert agrees(found["residual_sum_of_squares"], reference.residual_sum_of_squares)
    assert agrees(found["residual_standard_deviation"], reference.residual_standard_deviation)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.name)
def test_certified_values_in_extended_precision_alone(reference: NonlinearReference, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of large data; the two paths agree within the error that is stated."""
    proven = fitted(reference.expression, {"x": reference.x, "y": reference.y}, named(reference.starts[1]))
    monkeypatch.setattr(nonlinear_polish, "ALWAYS_PROVEN", 0)
    monkeypatch.setattr(nonlinear_polish, "PROVABLE", 0)
    found = fitted(reference.expression, {"x": reference.x, "y": reference.y}, named(reference.starts[1]))
    assert "two precisions" in found["checks"][-1].detail
    for entry, other in zip(found["parameters"], proven["parameters"], strict=True):
        assert entry["estimate"] == pytest.approx(other["estimate"], rel=max(found["checks"][-1].error, 1e-15))
        assert entry["standard_error"] == pytest.approx(other["standard_error"], rel=1e-10)


def test_michaelis_menten() -> None:
    """summary(nls(rate ~ Vm * conc/(K + conc), Puromycin, subset = state == "treated")) as R prints it."""
    found = fitted("Vm*conc/(K + conc)", PUROMYCIN, {"Vm": 200, "K": 0.05}, "rate")
    first, second = found["parameters"]
    assert (first["name"], second["name"]) == ("Vm", "K")
    assert first["estimate"] == pytest.approx(212.7, abs=0.05)
    assert first["standard_error"] == pytest.approx(6.947, abs=5e-4)
    assert first["statistic"] == pytest.approx(30.61, abs=5e-3)
    assert second["estimate"] == pytest.approx(0.06412, abs=5e-6)
    assert second["standard_error"] == pytest.approx(0.008281, abs=5e-7)
    assert second["p_value"] == pytest.approx(1.57e-5, abs=5e-8)
    assert found["residual_standard_deviation"] == pytest.approx(10.93, abs=5e-3)
    assert found["degrees_of_freedom"] == 10


def test_a_linear_model_is_least_squares() -> None:
    X, y = [[1, 2], [2, 1], [3, 5], [4, 2], [5, 7], [6, 1]], [3.1, 4.2, 9.7, 7.9, 15.3, 9.9]
    linear = fit("ols", Task(Observations(X=read_matrix(X), y=read_vector(y)), predict=read_matrix([[2, 2]])))
    task = Task(
        Observations(X=read_matrix(X), y=read_vector(y)),
        predict=read_matrix([[2, 2]]),
        include=("fitted_values", "residuals", "leverage", "covariance"),
        options={"expression": "a + b*x1 + c*x2", "start": {"a": 0, "b": 0, "c": 0}},
    )
    found = fit("nonlinear", task)
    for entry, other in zip(found["parameters"], linear["parameters"], strict=True):
        for name in ("estimate", "standard_error", "statistic", "p_value", "confidence_interval"):
            assert entry[name] == pytest.approx(other[name], rel=1e-10)
    for name in ("r_squared", "adjusted_r_squared", "log_likelihood", "aic", "bic", "residual_standard_deviation"):
        assert found[name] == pytest.approx(linear[name], rel=1e-10)
    for name in ("confidence_interval", "prediction_interval"):
        assert found["predictions"][0][name] == pytest.approx(linear["predictions"][0][name], rel=1e-10)
    assert sum(found["leverage"]) == pytest.approx(3)


def test_several_predictors_and_a_response_that_is_an_expression() -> None:
    data = {"t": [1, 2, 3, 4, 5, 6], "c": [1, 1, 2, 2, 3, 3], "strength": [2.9, 2.2, 3.4, 2.6, 3.7, 2.9]}
    found = fitted("b1 - b2*t*exp(-b3*c)", data, {"b1": 1, "b2": 0.1, "b3": 0.1}, "log(strength)", include=("residuals", "fitted_values"))
    logs = np.log(data["strength"])
    assert np.array(found["residuals"]) + found["fitted_values"] == pytest.approx(logs, rel=1e-14)
    assert found["total_sum_of_squares"] == pytest.approx(((logs - logs.mean()) ** 2).sum(), rel=1e-13)


def test_weights_are_repeated_observations() -> None:
    x, y, w = [1, 2, 3, 5, 7, 10], [109, 149, 149, 191, 213, 224], [1, 2, 1, 3, 1, 1]
    weighted = fitted("a*(1 - exp(-b*x))", {"x": x, "y": y}, {"a": 100, "b": 0.75}, weights=w)
    rows = [(each, value) for each, value, times in zip(x, y, w, strict=True) for _ in range(times)]
    repeated = fitted("a*(1 - exp(-b*x))", {"x": [r[0] for r in rows], "y": [r[1] for r in rows]}, {"a": 100, "b": 0.75})
    assert weighted["coefficients"] == pytest.approx(repeated["coefficients"], rel=1e-14)
    assert weighted["residual_sum_of_squares"] == pytest.approx(repeated["residual_sum_of_squares"], rel=1e-13)


def test_a_parameter_at_its_bound_is_held() -> None:
    data = {"x": [1, 2, 3, 5, 7, 10], "y": [109, 149, 149, 191, 213, 224]}
    found = fitted("a*(1 - exp(-b*x))", data, {"a": 180, "b": 0.75}, bounds={"a": [None, 200], "b": [0, 5]})
    held, free = found["parameters"]
    assert held["estimate"] == 200
    assert held["at_bound"] is True
    assert held["standard_error"] is None
    assert free["standard_error"] > 0
    assert found["degrees_of_freedom"] == 5
    alone = fitted("200*(1 - exp(-b*x))", data, {"b": 0.75})
    assert free["estimate"] == alone["parameters"][0]["estimate"]
    loose = fitted("a*(1 - exp(-b*x))", data, {"a": 180, "b": 0.75}, bounds={"a": [0, 1000]})
    assert loose["coefficients"] == fitted("a*(1 - exp(-b*x))", data, {"a": 180, "b": 0.75})["coefficients"]


def test_several_starts_lead_to_the_best_minimum() -> None:
    x = [0.1 * i for i in range(60)]
    y = [math.sin(2.0 * value) + 0.01 * (-1) ** i for i, value in enumerate(x)]
    starts = [{"w": 5.0}, {"w": 2.2}, {"w": 0.2}]
    found = fitted("sin(w*x)", {"x": x, "y": y}, starts)
    assert found["parameters"][0]["estimate"] == pytest.approx(2, abs=1e-2)
    assert [entry["start"] for entry in found["starts"]] == starts
    sums = [entry["residual_sum_of_squares"] for entry in found["starts"] if entry["residual_sum_of_squares"] is not None]
    assert found["residual_sum_of_squares"] == min(sums)


def test_an_exact_fit_has_no_residual() -> None:
    x = [0, 1, 2, 3, 4]
    found = fitted("a + b*x^2", {"x": x, "y": [1 + 2 * value**2 for value in x]}, {"a": 0, "b": 1})
    assert found["coefficients"] == [1, 2]
    assert found["residual_sum_of_squares"] == 0
    assert found["parameters"][0]["statistic"] is None
    none_left = fitted("a + b*x", {"x": [1, 2], "y": [3, 5]}, {"a": 0, "b": 0})
    assert none_left["parameters"][0]["standard_error"] is None


@pytest.mark.parametrize("observations", [5, 3000])
def test_a_parameter_that_is_zero(observations: int) -> None:
    x = [(7 * i % 11) / 10 for i in range(observations)]
    found = fitted("a*x + b", {"x": x, "y": x}, {"a": 0.5, "b": 0.5})
    assert found["coefficients"] == [1, 0]
    assert found["residual_sum_of_squares"] == 0


def test_the_jacobian_is_written() -> None:
    with fresh_arena():
        found = fitted(MISRA1A.expression, {"x": MISRA1A.x, "y": MISRA1A.y}, named(MISRA1A.starts[1]), include=("jacobian",))
    assert [entry["text"] for entry in found["jacobian"]] == ["1 - exp(-b2*x)", "b1*x*exp(-b2*x)"]


DATA = {"x": [1, 2, 3, 4, 5], "y": [2.0, 3.1, 3.9, 5.2, 6.1]}
REFUSED: list[tuple[str, dict[str, Any], Any, dict[str, Any], type[NablaError], str]] = [
    ("a + b*x", DATA, {"a": 1}, {}, UnknownName, "b is neither a column of the data nor a parameter"),
    ("a + b*x", DATA, {"a": 1, "b": 1, "c": 1}, {}, UnknownName, "c has a starting value"),
    ("a + b*z", DATA, {"a": 1, "b": 1}, {}, UnknownName, "z is neither"),
    ("a + b*x", DATA, {}, {}, InputError, "starting values"),
    ("a + (b*x", DATA, {"a": 1, "b": 1}, {}, ExpressionSyntaxError, "."),
    ("a + x*y", DATA, {"x": 1, "a": 1}, {}, InputError, "x is a column of the data"),
    ("log(a)*x", DATA, {"a": -1}, {}, UndefinedAtPoint, "undefined at the start for observation 1"),
    ("sqrt(a)*x", DATA, {"a": 0}, {}, UndefinedAtPoint, "derivative by a is undefined at the start"),
    ("a*x^b", {"x": [0, 1, 2, -1], "y": [1, 2, 3, 4]}, {"a": 1, "b": 0.5}, {}, UndefinedAtPoint, "observation 4"),
    ("a*b*x", DATA, {"a": 1, "b": 1}, {}, RankDeficient, "along"),
    ("a + b + 0*x", DATA, {"a": 1, "b": 1}, {}, RankDeficient, "along"),
    ("a + 0*b*x", DATA, {"a": 1, "b": 1}, {}, NablaError, "."),
    (
        "a + b*x + c*x^2 + d*x^3 + e1*x^4 + f*x^5",
        DATA,
        dict.fromkeys(("a", "b", "c", "d", "e1", "f"), 1),
        {},
        RankDeficient,
        "5 observations",
    ),
    ("exp(-a*x)", {"x": [1, 2, 3], "y": [0, 0, 0]}, {"a": 1}, {}, NoConvergence, "did not converge"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"response": "log(z)"}, UnknownName, "z"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"response": "log(y - 2)"}, UndefinedAtPoint, "response is undefined at observation 1"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"response": "3"}, InputError, "holds no column"),
    ("a + b*x", {"x": [1, 2], "y": [1, 2, 3]}, {"a": 1, "b": 1}, {}, ShapeMismatch, "x has 2 entries"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"bounds": {"a": [2, 3]}}, InputError, "outside its bounds"),
    ("a*x", DATA, {"a": 5}, {"bounds": {"a": [4, 6]}}, NoConvergence, "every parameter to a bound"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"bounds": {"a": [3, 2]}}, InputError, "below the upper"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"bounds": {"q": [3, 4]}}, UnknownName, "q has bounds"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"weights": [1, 1, 1, 1, 0]}, InputError, "positive"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"arithmetic": "exact"}, InputError, "rational"),
    ("[a*x, b]", DATA, {"a": 1, "b": 1}, {}, NablaError, "."),
    ("norm2([a, b])*x", DATA, {"a": 1, "b": 1}, {}, NablaError, "."),
    ("floor(a*x)", DATA, {"a": 1}, {}, NablaError, "."),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"predict": {"z": read_vector([1])}}, UnknownName, "no column x"),
    ("a + b*x", DATA, {"a": 1, "b": 1}, {"predict": read_matrix([[1, 2]])}, ShapeMismatch, "2 coordinates for 1"),
    ("a + b*log(x)", DATA, {"a": 1, "b": 1}, {"predict": {"x": read_vector([-1])}}, UndefinedAtPoint, "undefined at a new point"),
]


@pytest.mark.parametrize(("expression", "data", "start", "more", "error", "message"), REFUSED)
def test_refusals(expression: str, data: Any, start: Any, more: dict[str, Any], error: type[NablaError], message: str) -> None:
    with pytest.raises(error, match=message):
        fitted(expression, data, start, **more)


def test_no_convergence_says_where_it_stopped() -> None:
    with pytest.raises(NoConvergence) as caught:
        fitted("exp(-a*x)", {"x": [1, 2, 3], "y": [0, 0, 0]}, {"a": 1})
    assert caught.value.facts["stopped_at"]["a"] > 10
    assert "gradient" in caught.value.facts


def test_sizes_are_limited() -> None:
    many = "+".join(f"a{j}*sin(a{j}*x)" for j in range(60))
    with pytest.raises(LimitExceeded, match="fit-entries"):
        fitted(many, {"x": list(range(50_000)), "y": list(range(50_000))}, {f"a{j}": 1 for j in range(60)})


# --- certificates ---------------------------------------------------------------------------------------------------------


def a_problem(reference: NonlinearReference) -> tuple[Problem, np.ndarray[Any, Any]]:
    columns = {"x": read_vector(reference.x), "y": read_vector(reference.y)}
    names = tuple(named(reference.starts[1]))
    model = ExpressionModel(read_expression(reference.expression, columns, names), names, {"x": Column(columns["x"], "/x")})
    p = len(names)
    problem = Problem(model, Response("y", columns), None, np.full(p, -np.inf), np.full(p, np.inf), len(reference.x))
    there = descend(problem, np.array(reference.starts[1], dtype=float))
    assert there is not None
    return problem, there[0]


@pytest.mark.parametrize("reference", [MISRA1A, MGH09], ids=lambda reference: reference.name)
@pytest.mark.parametrize("size", [1e-8, 1e-6, 1e-3])
def test_the_certificate_refuses_perturbed_estimates(reference: NonlinearReference, size: float) -> None:
    problem, theta = a_problem(reference)
    least = minimum_at(problem, theta)
    assert least is not None
    assert least.proven
    assert all(check.passed for check in least.checks())
    moved = theta * np.where(np.arange(len(theta)) == 0, 1 + size, 1)
    found = extended_minimum(problem, moved)
    assert found is None or {check.name for check in found.checks() if not check.passed} >= {"gradient", "forward-error"}
    with precision(160):
        assert proves(problem, [flint.arb(float(value)) for value in least.theta], 2.0**-40)
        assert not proves(problem, [flint.arb(float(value)) for value in moved], 2.0**-40)


def test_each_check_can_refuse() -> None:
    problem, theta = a_problem(MISRA1A)
    least = minimum_at(problem, theta)
    assert least is not None
    for name, changed in (
        ("gradient", replace(least, step=1e-6)),
        ("orthogonality", replace(least, cosine=1e-3)),
        ("positive-definite", replace(least, curvature=-0.1)),
        ("rank", replace(least, condition=1e15)),
        ("forward-error", replace(least, error=1e-8)),
    ):
        assert [check.name for check in changed.checks() if not check.passed] == [name]


def test_a_saddle_is_no_minimum() -> None:
    """Where the gradient vanishes at a maximum of the sum of squares, nothing is proven."""
    columns = {"x": read_vector([1, 2, 3]), "y": read_vector([0, 0, 0])}
    model = ExpressionModel(read_expression("cos(a)*x", columns, ("a",)), ("a",), {"x": Column(columns["x"], "/x")})
    problem = Problem(model, Response("y", columns), None, np.array([-np.inf]), np.array([np.inf]), 3)
    assert minimum_at(problem, np.array([0.0], dtype=np.longdouble)) is None


def test_same_request_same_answer() -> None:
    def once() -> Any:
        return fitted(MGH09.expression, {"x": MGH09.x, "y": MGH09.y}, named(MGH09.starts[0]))

    assert str(once()) == str(once())


def test_what_is_read_is_the_decimal() -> None:
    """0.1 is one tenth: with exact data the residual vanishes, though the doubles do not fit exactly."""
    found = fitted("a*x", {"x": [0.1, 0.2, 0.3], "y": [0.3, 0.6, 0.9]}, {"a": 1})
    assert found["coefficients"] == [3]
    assert found["residual_sum_of_squares"] == 0
    with pytest.raises(MathematicsRefuses):
        fitted("det(a*x)", {"x": [1, 2], "y": [1, 2]}, {"a": 1}, response="y*[1, 2]")
