"""Convolutions: against sums of fractions, matrices of each mode, bounds, refusals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InputError, LimitExceeded, MathematicsRefuses, ShapeMismatch
from service.linalg.bounds import extended
from service.linalg.convolution import MODES, convolution, float_check, places, polynomial_check, toeplitz, toeplitz_check
from service.linalg.matrices import from_array, read_vector


def reference(kernel: list[Any], signal: list[Any], mode: str) -> list[Any]:
    """By the definition."""
    k, n = len(kernel), len(signal)
    full = [sum((kernel[j] * signal[i - j] for j in range(k) if 0 <= i - j < n), Fraction(0)) for i in range(k + n - 1)]
    if mode == "circular":
        return [sum((kernel[j] * signal[(i - j) % n] for j in range(k)), Fraction(0)) for i in range(n)]
    start = {"full": 0, "same": (k - 1) // 2, "valid": k - 1}[mode]
    return full[start : start + {"full": k + n - 1, "same": n, "valid": n - k + 1}[mode]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sizes", [(1, 1), (3, 4), (2, 5), (1, 3), (4, 4), (5, 2)])
def test_every_mode(mode: Any, sizes: tuple[int, int]) -> None:
    k, n = sizes
    kernel, signal = list(range(1, k + 1)), [(-1) ** i * (2 * i + 1) for i in range(n)]
    if mode == "valid" and k > n:
        with pytest.raises(ShapeMismatch, match="nowhere inside"):
            convolution(read_vector(kernel), read_vector(signal), mode=mode)
        return
    found = convolution(read_vector(kernel), read_vector(signal), mode=mode)
    expected = reference(kernel, signal, mode)
    assert found.convolution == expected
    assert (found.matrix @ np.array(signal)).tolist() == expected
    assert found.shape == found.matrix.shape
    halves = convolution(read_vector([f"{v}/2" for v in kernel]), read_vector(signal), mode=mode)
    assert halves.convolution == [str(value / 2) for value in expected]
    floats = convolution(read_vector([v + 0.5 for v in kernel]), read_vector(signal), mode=mode)
    assert floats.convolution == pytest.approx([float(v) for v in reference([v + 0.5 for v in kernel], signal, mode)], abs=1e-12)


def test_numpy_agrees() -> None:
    random = np.random.default_rng(0)
    for k, n in ((3, 9), (4, 9), (9, 9)):
        kernel, signal = random.standard_normal(k), random.standard_normal(n)
        for mode in ("full", "same", "valid"):
            found = convolution(from_array(kernel), from_array(signal), mode=mode)  # type: ignore[arg-type]
            assert np.allclose(found.convolution, np.convolve(signal, kernel, mode), atol=1e-14)  # type: ignore[call-overload]


def test_the_matrix_of_a_kernel() -> None:
    found = convolution(read_vector([1, 2, 3]), length=4)
    assert found.matrix.tolist() == [[1, 0, 0, 0], [2, 1, 0, 0], [3, 2, 1, 0], [0, 3, 2, 1], [0, 0, 3, 2], [0, 0, 0, 3]]
    assert found.convolution is None
    circulant = convolution(read_vector([1, 2, 3]), length=4, mode="circular")
    assert circulant.matrix.tolist() == [[1, 0, 3, 2], [2, 1, 0, 3], [3, 2, 1, 0], [0, 3, 2, 1]]


def test_whole_numbers_are_never_rounded() -> None:
    found = convolution(read_vector([2**40, 1]), read_vector([2**40, 1]))
    assert found.convolution == [str(2**80), 2**41, 1]
    assert convolution(read_vector([2**40]), read_vector([2**40]), arithmetic="exact").convolution == [str(2**80)]


def test_complex_and_graded() -> None:
    a, b = np.array([1 + 2j, 2]), np.array([4, 5j, 6])
    assert np.allclose(convolution(from_array(a), from_array(b)).convolution, np.convolve(a, b))
    found = convolution(read_vector([1e-200, 1]), read_vector([1e-200, 1e-300]))
    assert found.convolution.tolist() == [0.0, 1e-200, 1e-300]
    assert (found.error_bounds > 0).all()
    with pytest.raises(MathematicsRefuses, match="range of doubles"):
        convolution(read_vector([1e200]), read_vector([1e200]))


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="a signal, or the length"):
        convolution(read_vector([1]))
    with pytest.raises(ShapeMismatch, match="length says 3"):
        convolution(read_vector([1]), read_vector([1, 2]), 3)
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        convolution(read_vector([1]), length=10**9)
    with pytest.raises(LimitExceeded, match="convolution-products"):
        convolution(from_array(np.full(20_000, 0.5)), from_array(np.full(20_000, 0.5)))
    long = convolution(from_array(np.full(3, 0.5)), from_array(np.full(5_000, 0.5)))
    assert long.matrix is None


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6),
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6),
    st.sampled_from(["full", "same", "circular"]),
)
@settings(deadline=None)
def test_each_entry_is_within_its_bound(kernel: list[float], signal: list[float], mode: Any) -> None:
    found = convolution(read_vector(kernel), read_vector(signal), mode=mode)
    if found.error_bounds is None:
        return
    for read in (Fraction, lambda value: Fraction(repr(value))):
        truth = reference(list(map(read, kernel)), list(map(read, signal)), mode)
        for value, expected, bound in zip(found.convolution.tolist(), truth, found.error_bounds.tolist(), strict=True):
            assert abs(Fraction(value) - expected) <= Fraction(bound)


def test_a_perturbed_entry_is_refused() -> None:
    one, two = flint.fmpq_poly([1, 2]), flint.fmpq_poly([3, 4])
    full = [flint.fmpq(3), flint.fmpq(10), flint.fmpq(8)]
    assert polynomial_check(one, two, full).passed
    for i in range(3):
        wrong = list(full)
        wrong[i] += flint.fmpq(1, 10**20)
        assert not polynomial_check(one, two, wrong).passed
    a, b = np.array([0.1, 0.7]), np.array([0.3, 0.2, 0.9])
    found, sizes = np.convolve(a, b), np.convolve(np.abs(extended(a)), np.abs(extended(b)))
    assert float_check(a, b, found, sizes, range(4), "full").passed
    for i in range(4):
        wrong_floats = found.copy()
        wrong_floats[i] *= 1 + 1e-12
        assert not float_check(a, b, wrong_floats, sizes, range(4), "full").passed


@pytest.mark.parametrize("mode", MODES)
def test_a_perturbed_matrix_is_refused(mode: Any) -> None:
    kernel = np.array([1.0, 2.0, 3.0])
    rows = places(3, 4, mode)
    matrix = toeplitz(kernel, 4, rows, mode)
    assert toeplitz_check(matrix, kernel, 4, rows, mode).passed
    for i in range(len(rows)):
        wrong = matrix.copy()
        wrong[i, i % 4] += 1
        assert not toeplitz_check(wrong, kernel, 4, rows, mode).passed


def test_exact_sums_are_limited() -> None:
    with pytest.raises(LimitExceeded, match="exact-entries"):
        convolution(from_array(np.ones(60_000)), from_array(np.ones(2)))
