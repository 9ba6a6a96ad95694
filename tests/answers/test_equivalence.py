"""The answer of `equivalent`: what it tells beside the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from service.answers.equivalence import equivalent
from service.answers.evaluation import evaluate
from service.errors import ExpressionSyntaxError, ShapeMismatch, Undecided
from service.expression.arena import fresh_arena

SQUARES = {"A": "matrix(n,n)", "B": "matrix(n,n)"}


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def asked(left: Any, right: Any, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    return equivalent({"left": left, "right": right, "variables": variables or {}})


def test_yes_says_how_it_was_decided() -> None:
    answer = asked("det(A*B)", "det(A)*det(B)", SQUARES)
    assert answer["equivalent"] is True
    assert answer["decided_by"] == "modular"
    assert 0 < answer["error_probability"] < 1e-20
    assert "n = 2" in answer["detail"]
    assert answer["left"]["text"] == "det(A*B)"
    assert answer["left"]["shape"] == []
    assert "counterexample" not in answer


def test_no_comes_with_a_point_that_evaluate_confirms() -> None:
    answer = asked("A*B", "B*A", SQUARES)
    assert answer["equivalent"] is False
    example = answer["counterexample"]
    point = {name: value.tolist() for name, value in example["point"].items()}
    for side, text in (("left", "A*B"), ("right", "B*A")):
        value = evaluate({"expression": text, "variables": SQUARES, "at": point})["value"]
        np.testing.assert_allclose(value, example[side])
    assert np.max(np.abs(example["left"] - example["right"])) == pytest.approx(example["difference"])


def test_different_shapes_are_a_no_that_says_why() -> None:
    answer = asked("x", "x'", {"x": "vector(n)"})
    assert answer["equivalent"] is False
    assert answer["decided_by"] == "shape"
    assert "a vector with n entries" in answer["detail"]
    assert "a row with n entries" in answer["detail"]


def test_a_counterexample_for_the_root_of_a_square_is_negative() -> None:
    answer = asked("sqrt(x^2)", "x")
    assert answer["equivalent"] is False
    assert answer["counterexample"]["point"]["x"] < 0


def test_domains_that_differ_are_named() -> None:
    answer = asked("log(x*y)", "log(x) + log(y)")
    assert answer["equivalent"] is True
    assert answer["domains"]["same"] is False
    only = answer["domains"]["left_only"]["point"]
    assert only["x"] < 0
    assert only["y"] < 0
    assert answer["domains"]["right_only"] is None
    assert "the left side is defined at x = -" in answer["domains"]["detail"]


def test_lists_are_compared_as_vectors() -> None:
    assert asked(["(a + b)^2", "a"], ["a^2 + 2*a*b + b^2", "a"])["equivalent"] is True
    assert asked(["a", "b"], ["b", "a"])["equivalent"] is False


def test_an_empty_domain_is_undecided() -> None:
    with pytest.raises(Undecided, match="defined"):
        asked("sqrt(-1 - x^2)", "x")


def test_mistakes_point_to_their_side() -> None:
    with pytest.raises(ExpressionSyntaxError) as syntax:
        asked("x", "x +")
    assert syntax.value.pointer == "/right"
    with pytest.raises(ShapeMismatch) as shape:
        asked("A*x", "x", {"A": "matrix(m,n)", "x": "vector(m)"})
    assert shape.value.pointer == "/left"
