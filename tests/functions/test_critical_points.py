"""Critical points: textbook functions, exactly; what is degenerate is said to be so."""

from __future__ import annotations

from typing import Any

import pytest

from service.functions.critical_points import critical_points
from tests.functions.asking import ask


def kinds(expression: str, **request: Any) -> list[tuple[Any, ...]]:
    return [(*point["point"].values(), point["kind"]) for point in ask(critical_points, expression=expression, **request)["points"]]


def test_textbook_functions() -> None:
    """J. Stewart: Calculus, chapter 14.7, examples 3, 1 and 4."""
    assert kinds("x^4 + y^4 - 4*x*y + 1", wrt=["x", "y"]) == [
        ("-1", "-1", "local minimum"),
        ("0", "0", "saddle point"),
        ("1", "1", "local minimum"),
    ]
    assert kinds("x^2 + y^2 - 2*x - 6*y + 14", wrt=["x", "y"]) == [("1", "3", "local minimum")]
    found = ask(critical_points, expression="10*x^2*y - 5*x^2 - 4*y^2 - x^4 - 2*y^4", wrt=["x", "y"])["points"]
    rounded = [(round(point["numeric"]["x"], 2), round(point["numeric"]["y"], 2), point["kind"]) for point in found]
    assert rounded == [
        (-2.64, 1.9, "local maximum"), (-0.86, 0.65, "saddle point"), (0.0, 0.0, "local maximum"),
        (0.86, 0.65, "saddle point"), (2.64, 1.9, "local maximum"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "kind"),
    [("x^4", "local minimum"), ("-x^6", "local maximum"), ("x^3", "inflection point"), ("(x - 1)^5", "inflection point")],
)
def test_a_degenerate_point_of_one_unknown(expression: str, kind: str) -> None:
    (point,) = ask(critical_points, expression=expression)["points"]
    assert (point["kind"], point["degenerate"], point["hessian_eigenvalues"]) == (kind, True, [0.0])


def test_a_degenerate_point_of_two() -> None:
    """The monkey saddle, x³ - 3xy²: its Hessian at the origin is 0."""
    assert kinds("x^3 - 3*x*y^2", wrt=["x", "y"]) == [("0", "0", "degenerate")]


def test_exponentials_and_quotients() -> None:
    assert kinds("x*exp(-x)") == [("1", "local maximum")]
    assert kinds("x + 4/x") == [("-2", "local maximum"), ("2", "local minimum")]
    assert kinds("x^2*exp(x)") == [("-2", "local maximum"), ("0", "local minimum")]
    assert kinds("exp(-x^2 - y^2)*(x^2 + 2*y^2)", wrt=["x", "y"]) == [
        ("-1", "0", "saddle point"), ("0", "-1", "local maximum"), ("0", "0", "local minimum"),
        ("0", "1", "local maximum"), ("1", "0", "saddle point"),
    ]  # fmt: skip


def test_global_extrema() -> None:
    """x⁴ - 3x² + x has two minima, of which the left one is lower; x³ - 3x has none."""
    quartic = ask(critical_points, expression="x^4 - 3*x^2 + x")["points"]
    assert [point["global"] for point in quartic] == [True, False, False]
    assert [point["global"] for point in ask(critical_points, expression="x^3 - 3*x")["points"]] == [False, False]
    assert [point["global"] for point in ask(critical_points, expression="(x^2 - 2)^2")["points"]] == [True, False, True]


def test_least_squares_by_letters_and_by_numbers() -> None:
    variables = {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}
    request = {"expression": "norm2(A*x - b)^2", "variables": variables, "wrt": "x"}
    (point,) = ask(critical_points, **request)["points"]
    assert (point["point"]["x"], point["kind"], point["provided"]) == ("inv(A'*A)*A'*b", "global minimum", ["A'*A is invertible"])
    (point,) = ask(critical_points, **request, at={"A": [[1, 2], [3, 4], [5, 6]], "b": [1, 2, "1/3"]})["points"]
    assert (point["point"]["x"], point["value"]) == (["-16/9", "29/18"], "32/27")


def test_in_a_box_all_are_found_and_proven() -> None:
    found = ask(critical_points, expression="x + 2*sin(x)", within={"x": [0, 7]})
    assert found["complete"]
    assert [(point["point"]["x"], point["kind"]) for point in found["points"]] == [
        ("2*pi/3", "local maximum"),
        ("4*pi/3", "local minimum"),
    ]
    entropy = ask(critical_points, expression="x*log(x)")
    assert (entropy["complete"], entropy["points"][0]["point"]["x"], entropy["points"][0]["value"]) == (True, "1/e", "-1/e")
    assert len(ask(critical_points, expression="sin(x)*cos(y)", within={"x": [-2, 2], "y": [-2, 2]})["points"]) == 4


def test_what_is_not_searched_to_the_end_is_not_called_complete() -> None:
    found = ask(critical_points, expression="sin(1/x)", within={"x": [-1, 1]})
    assert not found["complete"]
    assert found["undecided"]
