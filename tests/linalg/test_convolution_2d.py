"""Convolutions of matrices: against SciPy and fractions, matrices, Jacobians, adjoints, refusals, wrong answers refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy import signal as reference

from service.errors import InputError, LimitExceeded, MathematicsRefuses, ShapeMismatch
from service.linalg.convolution import MODES
from service.linalg.convolution_2d import (
    adjoint,
    adjoint_check,
    bilinear_check,
    block_check,
    block_toeplitz,
    convolution_2d,
    grid,
    jacobians,
    wrapped,
)
from service.linalg.matrices import from_array, read_matrix

RANDOM = np.random.default_rng(4)
SIZES = [((1, 1), (1, 1)), ((2, 2), (3, 4)), ((3, 1), (3, 5)), ((1, 3), (4, 3)), ((2, 3), (5, 3)), ((4, 4), (2, 3))]


def expected(kernel: Any, image: Any, mode: str) -> Any:
    full = reference.convolve2d(image, kernel)
    if mode == "circular":
        return wrapped(full, image.shape)
    rows = grid(kernel.shape, image.shape, mode)  # type: ignore[arg-type]
    return full[rows[0].start : rows[0].stop, rows[1].start : rows[1].stop]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sizes", SIZES)
def test_every_mode(mode: Any, sizes: Any) -> None:
    kernel, image = (RANDOM.integers(-5, 6, size) for size in sizes)
    if mode == "valid" and any(k > n for k, n in zip(*sizes, strict=True)):
        with pytest.raises(ShapeMismatch):
            convolution_2d(from_array(kernel), from_array(image), None, mode)
        return
    wanted = expected(kernel, image, mode)
    whole = convolution_2d(from_array(kernel), from_array(image), None, mode)
    assert whole["convolution"] == wanted.tolist()
    floats = convolution_2d(from_array(kernel + 0.5), from_array(image / 3), None, mode)
    assert floats["convolution"] == pytest.approx(expected(kernel + 0.5, image / 3, mode), abs=1e-13)
    halves = convolution_2d(read_matrix([[f"{v}/2" for v in row] for row in kernel.tolist()]), from_array(image), None, mode)
    assert [[Fraction(v) for v in row] for row in halves["convolution"]] == [[Fraction(int(v), 2) for v in row] for row in wanted]
    assert (whole["matrix"] @ image.ravel(order="F")).tolist() == wanted.ravel(order="F").tolist()
    assert whole["output_shape"] == list(wanted.shape)
    assert whole["shape"] == list(whole["matrix"].shape)
    both, checks = jacobians(from_array(kernel), from_array(image), mode, "float")
    assert np.array_equal(both["signal"], whole["matrix"])
    assert (both["kernel"] @ kernel.ravel(order="F")).tolist() == wanted.ravel(order="F").tolist()
    weights = RANDOM.integers(-3, 4, wanted.shape)
    found, _, more = adjoint(from_array(kernel), image.shape, from_array(weights), mode)
    assert (found * image).sum() == (weights * wanted).sum()
    assert all(check.passed for check in [*checks, *more])


def test_same_is_scipys() -> None:
    kernel, image = RANDOM.standard_normal((3, 5)), RANDOM.standard_normal((8, 9))
    found = convolution_2d(from_array(kernel), from_array(image), None, "same")
    assert found["convolution"] == pytest.approx(reference.convolve2d(image, kernel, "same"), abs=1e-13)


@pytest.mark.parametrize("mode", ["full", "circular"])
def test_the_bounds_hold(mode: Any) -> None:
    kernel, image = [[0.1, -0.7], [0.3, 1e-3]], [[0.3, 1e5, 0.7], [-0.9, 2.1, 0.2]]
    found = convolution_2d(read_matrix(kernel), read_matrix(image), None, mode)
    k, s = (np.array([[Fraction(repr(v)) for v in row] for row in table], dtype=object) for table in (kernel, image))
    full = np.full((3, 4), Fraction(0), dtype=object)
    for (a, b), value in np.ndenumerate(k):
        full[a : a + 2, b : b + 3] += value * s
    if mode == "circular":
        full = np.array([[sum(full[i::2, j::3].ravel(), Fraction(0)) for j in range(3)] for i in range(2)], dtype=object)
    for value, truth, bound in zip(np.ravel(found["convolution"]), full.ravel(), np.ravel(found["error_bounds"]), strict=True):
        assert abs(Fraction(float(value)) - truth) <= Fraction(float(bound)) <= Fraction(1, 10**9)


def test_the_matrix_alone_and_large_images() -> None:
    found = convolution_2d(read_matrix([[1, 2]]), None, (2, 2), "same")
    assert found["matrix"].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [2, 0, 1, 0], [0, 2, 0, 1]]
    assert found["convolution"] is None
    large = convolution_2d(from_array(np.full((3, 3), 0.5)), from_array(np.full((60, 60), 0.5)), None, "valid")
    assert large["matrix"] is None
    assert large["convolution"] == pytest.approx(np.full((58, 58), 2.25))


def test_what_is_refused() -> None:
    one = read_matrix([[1, 2], [3, 4]])
    with pytest.raises(InputError, match="shape of one"):
        convolution_2d(one, None, None)
    with pytest.raises(ShapeMismatch, match="signal_shape says 1×2"):
        convolution_2d(one, one, (1, 2))
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        convolution_2d(one, None, (10**5, 10**5))
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        convolution_2d(one, None, (100, 100))
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        convolution_2d(read_matrix([[1e200, 0.5]]), read_matrix([[1e200, 0.5]]), None)
    with pytest.raises(ShapeMismatch, match="and the convolution 3×3"):
        adjoint(one, (2, 2), one, "full")


@pytest.mark.parametrize("mode", MODES)
def test_each_check_refuses_a_wrong_answer(mode: Any) -> None:
    k, s = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0, 7.0, 1.0], [8.0, 2.0, 8.0]])
    rows = grid((2, 2), (2, 3), mode)
    by_signal = block_toeplitz(wrapped(k, (2, 3)) if mode == "circular" else k, (2, 3), rows, mode)
    by_kernel = block_toeplitz(s, (2, 2), rows, mode)
    w = np.arange(1.0, len(rows[0]) * len(rows[1]) + 1).reshape((len(rows[0]), len(rows[1])), order="F")
    back = (by_signal.T @ w.ravel(order="F")).reshape((2, 3), order="F")
    assert block_check(by_signal, k, (2, 3), rows, mode).passed
    assert bilinear_check(by_signal, by_kernel, k, s).passed
    assert adjoint_check(back, k, w, rows, mode).passed
    assert not adjoint_check(back + 1e-9, k, w, rows, mode).passed
    for i in range(len(by_signal)):
        wrong = by_signal.copy()
        wrong[i, i % 6] += 1e-9
        assert not block_check(wrong, k, (2, 3), rows, mode).passed
        assert not bilinear_check(wrong, by_kernel, k, s).passed
        twisted = by_kernel.copy()
        twisted[i, i % 4] += 1e-9
        assert not bilinear_check(by_signal, twisted, k, s).passed
