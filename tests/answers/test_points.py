"""Points: one, a list of them, or arrays that stack several; what is told of a point without a value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers.evaluation import evaluate
from service.answers.points import spread
from service.errors import InputError, UndefinedAtPoint
from service.expression.arena import fresh_arena
from service.language import declare
from service.web.calculus import differentiate


def gradient(expression: str, variables: dict[str, str], at: Any) -> dict[str, Any]:
    with fresh_arena():
        return differentiate("gradient", {"expression": expression, "variables": variables, "at": at})


@pytest.mark.parametrize(
    ("expression", "variables", "stacked", "points"),
    [
        ("norm2(x)^2", {"x": "vector(n)"}, {"x": [[1, 2], [3, 4], [5, 6]]}, [{"x": [1, 2]}, {"x": [3, 4]}, {"x": [5, 6]}]),
        ("x^2*y", {}, {"x": [1, 2, "pi"], "y": 2}, [{"x": 1, "y": 2}, {"x": 2, "y": 2}, {"x": "pi", "y": 2}]),
        ("tr(X*X)", {"X": "matrix(n,n)"}, {"X": [[[1, 2], [3, 4]], [[1, 0], [0, 1]]]}, [{"X": [[1, 2], [3, 4]]}, {"X": [[1, 0], [0, 1]]}]),
        (
            "norm2(A*x)^2",
            {"A": "matrix(m,n)", "x": "vector(n)"},
            {"A": [[1, 2], [3, 4]], "x": [[1, 0], [0, 1]]},
            [{"A": [[1, 2], [3, 4]], "x": [1, 0]}, {"A": [[1, 2], [3, 4]], "x": [0, 1]}],
        ),
    ],
)
def test_stacked_arrays_are_many_points(expression: str, variables: dict[str, str], stacked: Any, points: Any) -> None:
    request = {"expression": expression, "variables": variables, "wrt": next(iter(stacked))}
    with fresh_arena():
        many, one_by_one = (differentiate("gradient", {**request, "at": at}) for at in (stacked, points))
    assert many["at"] == stacked
    assert isinstance(many["value"], list)
    assert all(np.array_equal(value, other) for value, other in zip(many["value"], one_by_one["value"], strict=True))
    values = evaluate({"expression": expression, "variables": variables, "at": stacked})["value"]
    assert len(values) == len(points)


@pytest.mark.parametrize("value", [[[1], [2]], [[1, 2]]])
def test_a_column_and_a_row_are_one_vector(value: Any) -> None:
    assert gradient("norm2(x)^2", {"x": "vector(n)"}, {"x": value})["value"].tolist() == [2, 4]


def test_the_numbers_of_points_agree() -> None:
    with pytest.raises(InputError, match="x has values for 3 points, y for 2") as caught:
        gradient("x*y", {}, {"x": [1, 2, 3], "y": [1, 2]})
    assert caught.value.pointer == "/at/y"


def test_lists_of_points_are_left_as_they_are() -> None:
    at = [{"x": 1}, {"x": 2}]
    assert spread(at, declare({"x": "scalar"})) is at


@pytest.mark.parametrize(
    ("expression", "at", "told"),
    [
        ("log(x)", {"x": -1}, r"log\(-1\) is no real number"),
        ("1/x", {"x": 0}, "1/0 is infinite in double precision"),
        ("(x - 1)^0.5", {"x": 0}, r"-1\^0.5 is no real number"),
        ("exp(x)", {"x": 1000}, r"exp\(1000\) is infinite in double precision"),
        ("sum(log(v))", {"v": [1, -2]}, r"log\(-2\) is no real number"),
        ("inv(A)", {"A": [[1, 2], [2, 4]]}, "inv has none there"),
        ("x*y", {"x": 1e200, "y": 1e200}, "a number is too large"),
    ],
)
def test_what_has_no_value_is_named(expression: str, at: dict[str, Any], told: str) -> None:
    with pytest.raises(UndefinedAtPoint, match=told):
        evaluate({"expression": expression, "variables": {"v": "vector(n)", "A": "matrix(n,n)"}, "at": at})
