"""Conditional expectations: textbook cases, the laws, refusals, and checks that refuse a wrong answer."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, LimitExceeded, MathematicsRefuses, NablaError, ShapeMismatch
from service.learning.conditional import checks, conditional_expectation, of_pairs, of_table
from service.linalg.matrices import read_matrix, read_vector


def test_two_dice() -> None:
    """E[sum | first] = first + 7/2, Var(sum | first) = 35/12."""
    joint = read_matrix([[int(1 <= total - first <= 6) for total in range(2, 13)] for first in range(1, 7)])
    found = conditional_expectation(of_table(joint, list(map(flint.fmpq, range(1, 7))), read_vector(list(range(2, 13)))), True, "exact")
    assert [row["mean"] for row in found["table"]] == [str(first + flint.fmpq(7, 2)) for first in range(1, 7)]
    assert {row["variance"] for row in found["table"]} == {"35/12"}
    assert (found["mean"], found["variance"], found["mse"], found["explained"]) == ("7", "35/6", "35/12", "1/2")
    assert found["count"] == 36


def test_heights() -> None:
    found = conditional_expectation(of_pairs([flint.fmpq(22)] * 10, read_vector([1.7] * 5 + [1.6] * 3 + [1.8] * 2)), True, "float")
    assert found["table"][0]["mean"] == 1.69
    assert found["table"][0]["distribution"] == [
        {"y": 1.6, "probability": 0.3},
        {"y": 1.7, "probability": 0.5},
        {"y": 1.8, "probability": 0.2},
    ]
    assert found["explained"] == 0


def test_order_and_names() -> None:
    found = conditional_expectation(of_pairs(["b", flint.fmpq(10), "a", flint.fmpq(9)], read_vector([1, 2, 3, 4])), True, "float")
    assert [row["x"] for row in found["table"]] == [9, 10, "a", "b"]
    assert found["mse"] == 0
    assert conditional_expectation(of_pairs(["a", "b"], read_vector([1, 1])), True, "float")["explained"] is None


@given(st.lists(st.tuples(st.integers(0, 3), st.fractions(-10, 10, max_denominator=20)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=40)
def test_no_other_function_of_x_does_better(pairs: list[tuple[int, Fraction]]) -> None:
    x = [flint.fmpq(first) for first, _ in pairs]
    y = read_vector([str(second) for _, second in pairs])
    found = conditional_expectation(of_pairs(x, y), True, "exact")
    means = {row["x"]: Fraction(row["mean"]) for row in found["table"]}

    def error(shift: Fraction) -> Fraction:
        return sum(((means[str(a)] + shift - b) ** 2 for a, b in pairs), Fraction(0)) / len(pairs)

    assert Fraction(found["mse"]) == error(Fraction(0)) <= min(error(Fraction(1, 100)), error(Fraction(-1, 100)))


REFUSED: list[tuple[Any, type[NablaError], str]] = [
    (lambda: of_pairs([flint.fmpq(1)], read_vector([1, 2])), ShapeMismatch, "/x"),
    (lambda: of_pairs([flint.fmpq(1)] * 60_000, read_vector([1] * 60_000)), LimitExceeded, "/x"),
    (lambda: of_table(read_matrix([[0.5, 0.4]]), None, None), InputError, "/joint"),
    (lambda: of_table(read_matrix([[1.5, -0.5]]), None, None), InputError, "/joint/0/1"),
    (lambda: of_table(read_matrix([[0, 0]]), None, None), MathematicsRefuses, "/joint"),
    (lambda: of_table(read_matrix([[1, 0]]), ["a", "b"], None), ShapeMismatch, "/x"),
    (lambda: of_table(read_matrix([[1, 0]]), None, read_vector([1])), ShapeMismatch, "/y"),
    (lambda: of_table(read_matrix([[1, 0]]), None, read_vector([1, 1])), InputError, "/y"),
    (lambda: of_table(read_matrix([[1], [1]]), ["a", "a"], None), InputError, "/x"),
]


@pytest.mark.parametrize(("ask", "error", "pointer"), REFUSED)
def test_what_is_refused(ask: Any, error: type[NablaError], pointer: str) -> None:
    with pytest.raises(error) as raised:
        ask()
    assert raised.value.pointer == pointer


def test_a_condition_of_probability_zero_has_no_row() -> None:
    found = conditional_expectation(of_table(read_matrix([["1/2", "1/2"], [0, 0]]), None, None), False, "exact")
    assert [row["x"] for row in found["table"]] == ["0"]
    assert found["count"] is None


def test_each_check_refuses_a_wrong_answer() -> None:
    groups = of_pairs([flint.fmpq(1), flint.fmpq(1), flint.fmpq(2)], read_vector([1, 2, 5]))
    right = [flint.fmpq(3, 2), flint.fmpq(5)], flint.fmpq(1, 6), flint.fmpq(49, 18), flint.fmpq(8, 3), flint.fmpq(26, 9)
    assert all(check.passed for check in checks(groups, *right))
    wrong: list[tuple[Any, ...]] = [([flint.fmpq(1), flint.fmpq(5)], *right[1:])]
    wrong += [(*right[:i], right[i] + flint.fmpq(1, 10**9), *right[i + 1 :]) for i in range(1, 5)]
    for answer in wrong:
        assert not all(check.passed for check in checks(groups, *answer))
    assert not all(check.passed for check in checks([replace(groups[0], weight=flint.fmpq(3)), groups[1]], *right))
