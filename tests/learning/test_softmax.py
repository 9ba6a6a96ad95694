"""log Σ exp, softmax, cross-entropy: against many digits, the laws, labels in every form, refusals, wrong answers refused."""

from __future__ import annotations

from typing import Any

import flint
import mpmath
import numpy as np
import pytest

from service.errors import InputError, LimitExceeded, NablaError, ShapeMismatch
from service.learning.softmax import (
    Row,
    between_check,
    cross_entropy,
    gradient_check,
    hessian_check,
    log_sum_exp,
    loss_check,
    reference_error,
    softmax,
    sum_check,
)
from service.linalg.matrices import from_array, read_matrix, read_vector, read_vector_or_matrix

ONE = flint.fmpq(1)

VECTORS: list[list[float]] = [
    [0],
    [-3.5],
    [1000, 1000.5, 999],
    [-1000, -1000.5, -999],
    [1e300, -1e300, 0],
    [0, 0, 0, 0],
    [1, -40, -50],
    [0.1, 0.2, 0.3],
    [-0.6931471805599453, -0.6931471805599453],  # nearly no value is left
    [700, -700, 3, 3],
    [5e-324, 0],
]


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("temperature", [ONE, flint.fmpq(1, 2), flint.fmpq(7)])
def test_to_the_last_digit(vector: list[float], temperature: Any) -> None:
    found = log_sum_exp(read_vector(vector), "vector", temperature)
    shares = softmax(read_vector(vector), "vector", temperature)
    with mpmath.workdps(700):
        x = [mpmath.mpf(repr(value)) * int(temperature.q) / int(temperature.p) for value in vector]
        total = sum(map(mpmath.exp, [value - max(x) for value in x]))
        value = (max(x) + mpmath.log(total)) * int(temperature.p) / int(temperature.q)
        assert found["value"] == pytest.approx(float(value), rel=3e-16)
        expected = [mpmath.exp(entry - max(x)) / total for entry in x]
        assert shares["value"].tolist() == pytest.approx([float(p) for p in expected], rel=3e-16, abs=1e-323)
        assert shares["log_softmax"].tolist() == pytest.approx([float(e - max(x) - mpmath.log(total)) for e in x], rel=3e-16)
    assert np.array_equal(found["gradient"], shares["value"])
    assert np.array_equal(found["hessian"], shares["jacobian"])


def test_each_row() -> None:
    found = softmax(read_matrix([[1, 2], [3, 3]]), "matrix", ONE)
    assert found["value"][1].tolist() == [0.5, 0.5]
    assert found["jacobian"][1].tolist() == [[0.25, -0.25], [-0.25, 0.25]]
    assert found["argmax"] == [1, 0]
    assert log_sum_exp(read_matrix([[0, 0]]), "matrix", ONE)["value"] == [pytest.approx(np.log(2))]
    long = softmax(from_array(np.linspace(0, 1, 1000)), "vector", ONE)
    assert long["jacobian"] is None
    with pytest.raises(LimitExceeded, match="exact-entries"):
        softmax(from_array(np.ones(60_000)), "vector", ONE)


LABELS: list[Any] = [2, [0, 0, 1], [0.0, 0.0, 1.0], ["0", 0, "1"]]


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("temperature", [ONE, flint.fmpq(3)])
def test_labels_in_every_form(labels: Any, temperature: Any) -> None:
    read = labels if isinstance(labels, int) else read_vector(labels)
    found = cross_entropy(read_vector([0.5, -1, 2]), read, temperature)
    t = float(temperature)
    z = np.array([0.5, -1, 2]) / t
    p = np.exp(z) / np.exp(z).sum()
    assert found["value"] == pytest.approx(-np.log(p[2]))
    assert found["gradient"] == pytest.approx((p - [0, 0, 1]) / t)
    assert found["hessian"] == pytest.approx((np.diag(p) - np.outer(p, p)) / t**2)
    assert found["entropy"] == 0
    assert found["predictions"] == 2


def test_rows_and_reductions() -> None:
    logits = [[2, 1], [0.5, 3], [0, 0]]
    mean = cross_entropy(read_matrix(logits), read_vector([0, 1, 1]), ONE)
    total = cross_entropy(read_matrix(logits), read_matrix([[1, 0], [0, 1], [0, 1]]), ONE, "sum")
    assert mean["value"] * 3 == pytest.approx(total["value"])
    assert np.array(mean["gradient"]) * 3 == pytest.approx(np.array(total["gradient"]))
    assert np.array(mean["hessian"]) * 3 == pytest.approx(np.array(total["hessian"]))
    assert total["value"] == pytest.approx(sum(total["losses"]))
    soft = cross_entropy(read_vector([0, 0]), read_vector([0.25, 0.75]), ONE)
    assert soft["value"] - soft["entropy"] == pytest.approx(soft["kl_divergence"])


def test_digits_that_doubles_would_lose() -> None:
    far = cross_entropy(read_vector([1000, 0]), 1, ONE)
    assert far["value"] == 1000.0
    near = cross_entropy(read_vector([100, 0]), 0, ONE)
    assert near["value"] == pytest.approx(3.720075976020836e-44, rel=1e-15)
    assert near["gradient"][0] == pytest.approx(-3.720075976020836e-44, rel=1e-15)


REFUSED: list[tuple[Any, Any, type[NablaError], str]] = [
    ([1, 2], 2, InputError, "/labels"),
    ([1, 2], -1, InputError, "/labels"),
    ([1, 2], [1, 0, 0], ShapeMismatch, "/labels"),
    ([1, 2], [0.5, 0.4], InputError, "/labels"),
    ([1, 2], [1.5, -0.5], InputError, "/labels"),
    ([[1, 2], [3, 4]], 0, ShapeMismatch, "/labels"),
    ([[1, 2], [3, 4]], [0], ShapeMismatch, "/labels"),
    ([[1, 2], [3, 4]], [0, 2], InputError, "/labels/1"),
    ([[1, 2], [3, 4]], [0, 0.5], InputError, "/labels/1"),
    ([[1, 2], [3, 4]], [[1, 0]], ShapeMismatch, "/labels"),
    ([[1, 2], [3, 4]], [[1, 0], [1, 1]], InputError, "/labels/1"),
    ([{"re": 1, "im": 1}, 2], 0, InputError, "/logits"),
    ([1, 2], [{"re": 1, "im": 0}, 0], InputError, "/labels"),
]


@pytest.mark.parametrize(("logits", "labels", "error", "pointer"), REFUSED)
def test_what_is_refused(logits: Any, labels: Any, error: type[NablaError], pointer: str) -> None:
    with pytest.raises(error) as raised:
        cross_entropy(read_vector_or_matrix(logits), labels if isinstance(labels, int) else read_vector_or_matrix(labels), ONE)
    assert raised.value.pointer == pointer


@pytest.mark.parametrize("temperature", [flint.fmpq(0), flint.fmpq(-1), flint.fmpq(10) ** 400, flint.fmpq(1) / 10**400])
def test_temperatures_that_are_none(temperature: Any) -> None:
    with pytest.raises(InputError, match="temperature"):
        softmax(read_vector([1, 2]), "vector", temperature)


def test_each_check_refuses_a_wrong_answer() -> None:
    exact = [flint.fmpq(1), flint.fmpq(2)]
    p = np.exp([1, 2]) / np.exp([1, 2]).sum()
    value = float(np.log(np.exp([1, 2]).sum()))
    assert reference_error(exact, Row(value, p, np.log(p)), 1.0) <= 1
    for wrong in (Row(value + 1e-12, p, np.log(p)), Row(value, p + 1e-12, np.log(p)), Row(value, p, np.log(p) + 1e-12)):
        assert reference_error(exact, wrong, 1.0) > 1
    assert between_check([value], [2.0], np.log(2)).passed
    assert not between_check([1.99], [2.0], np.log(2)).passed
    assert sum_check([p]).passed
    assert not sum_check([p * (1 + 1e-14)]).passed
    target = [[flint.fmpq(0), flint.fmpq(1)]]
    assert loss_check([exact], target, [-float(np.log(p[1]))], 1.0).passed
    assert not loss_check([exact], target, [-float(np.log(p[1])) + 1e-12], 1.0).passed
    assert gradient_check([p], target, [p - [0, 1]], 1.0).passed
    assert not gradient_check([p], target, [p - [0, 1 + 1e-12]], 1.0).passed
    h = np.diag(p) - np.outer(p, p)
    assert hessian_check([h]).passed
    assert not hessian_check([h + np.diag([1e-12, 0])]).passed
    assert not hessian_check([-h]).passed


def test_probabilities_that_add_up_to_nearly_nothing() -> None:
    with pytest.raises(InputError, match="add up to 4"):
        cross_entropy(read_vector([1]), read_vector([5e-324]), ONE)
