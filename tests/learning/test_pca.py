"""Principal components: published ones, the laws, bounds against digits, refusals, and checks that refuse a wrong answer."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from service.answers.lagrangian import principal_directions, stationary_check
from service.errors import InputError, MathematicsRefuses
from service.expression.arena import fresh_arena
from service.learning.pca import eigen_check, pca, remainder_check, scores_check, total_check, whitening_check
from service.linalg.matrices import from_array, read_matrix

# McNeil, Interactive Data Analysis (1977): arrests for murder, assault and rape per 100,000, and urban population in per cent, by state
ARRESTS = [
    *([13.2, 236, 58, 21.2], [10, 263, 48, 44.5], [8.1, 294, 80, 31], [8.8, 190, 50, 19.5], [9, 276, 91, 40.6], [7.9, 204, 78, 38.7]),
    *([3.3, 110, 77, 11.1], [5.9, 238, 72, 15.8], [15.4, 335, 80, 31.9], [17.4, 211, 60, 25.8], [5.3, 46, 83, 20.2], [2.6, 120, 54, 14.2]),
    *([10.4, 249, 83, 24], [7.2, 113, 65, 21], [2.2, 56, 57, 11.3], [6, 115, 66, 18], [9.7, 109, 52, 16.3], [15.4, 249, 66, 22.2]),
    *([2.1, 83, 51, 7.8], [11.3, 300, 67, 27.8], [4.4, 149, 85, 16.3], [12.1, 255, 74, 35.1], [2.7, 72, 66, 14.9], [16.1, 259, 44, 17.1]),
    *([9, 178, 70, 28.2], [6, 109, 53, 16.4], [4.3, 102, 62, 16.5], [12.2, 252, 81, 46], [2.1, 57, 56, 9.5], [7.4, 159, 89, 18.8]),
    *([11.4, 285, 70, 32.1], [11.1, 254, 86, 26.1], [13, 337, 45, 16.1], [0.8, 45, 44, 7.3], [7.3, 120, 75, 21.4], [6.6, 151, 68, 20]),
    *([4.9, 159, 67, 29.3], [6.3, 106, 72, 14.9], [3.4, 174, 87, 8.3], [14.4, 279, 48, 22.5], [3.8, 86, 45, 12.8], [13.2, 188, 59, 26.9]),
    *([12.7, 201, 80, 25.5], [3.2, 120, 80, 22.9], [2.2, 48, 32, 11.2], [8.5, 156, 63, 20.7], [4, 145, 73, 26.2], [5.7, 81, 39, 9.3]),
    *([2.6, 53, 66, 10.8], [6.8, 161, 60, 15.6]),
]


def test_published_components() -> None:
    """James, Witten, Hastie, Tibshirani, An Introduction to Statistical Learning, ch. 10.2 and its lab (prcomp with scale = TRUE)."""
    found = pca(read_matrix(ARRESTS), standardize=True).to_json()
    assert found["standard_deviations"] == pytest.approx([1.5748783, 0.9948694, 0.5971291, 0.4164494], abs=5e-8)
    assert found["explained_variance_ratio"] == pytest.approx([0.62006, 0.24744, 0.08914, 0.04336], abs=5e-6)
    assert np.abs(found["loadings"][:, 0]) == pytest.approx([0.5358995, 0.5831836, 0.2781909, 0.5434321], abs=5e-8)
    assert found["mean"] == pytest.approx([7.788, 170.760, 65.540, 21.232])
    assert found["scale"] == pytest.approx([4.355510, 83.337661, 14.474763, 9.366385], abs=5e-7)


@pytest.mark.parametrize("shape", [(2, 1), (3, 3), (8, 3), (3, 8), (40, 6)])
@pytest.mark.parametrize("standardize", [False, True])
def test_the_laws(shape: tuple[int, int], standardize: bool) -> None:
    x = np.random.default_rng(7).standard_normal(shape) * np.arange(1, shape[1] + 1) + 3
    found = pca(from_array(x), standardize=standardize, reconstruct=True)
    k = min(shape)
    s = np.corrcoef(x.T) if standardize else np.cov(x.T)
    values = np.sort(np.linalg.eigvalsh(np.atleast_2d(s)))[::-1][:k]
    assert found.variances == pytest.approx(values, abs=1e-12 * values[0])
    assert found.components @ found.components.T == pytest.approx(np.eye(k), abs=1e-13)
    assert found.reconstruction == pytest.approx(x, abs=1e-12)
    assert np.diag(found.scores.T @ found.scores) / (shape[0] - 1) == pytest.approx(values, abs=1e-12 * values[0])
    assert all(row[np.argmax(np.abs(row) >= (1 - 1e-6) * np.abs(row).max())] > 0 for row in found.components)
    population = pca(from_array(x), ddof=0, standardize=standardize)
    assert population.variances == pytest.approx(values if standardize else values * (shape[0] - 1) / shape[0], abs=1e-12 * values[0])


def test_fewer_components_and_what_they_leave() -> None:
    x = np.random.default_rng(1).standard_normal((20, 4))
    whole, part = pca(from_array(x)), pca(from_array(x), n_components=2, whiten=True)
    assert part.to_json()["explained_variance_ratio"] == pytest.approx(whole.to_json()["explained_variance_ratio"][:2])
    assert part.reconstruction_error == pytest.approx(np.sqrt((whole.singular_values[2:] ** 2).sum()))
    assert part.whitened is not None
    assert np.cov(part.whitened.T) == pytest.approx(np.eye(2), abs=1e-12)
    answer = part.to_json()
    assert (x - part.mean) @ answer["whitening"] == pytest.approx(part.whitened, abs=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e7])
def test_the_bounds_hold(offset: float) -> None:
    """Against 60 digits, the decimals taken as they stand."""
    x = (np.round(np.random.default_rng(3).standard_normal((6, 3)) * [3, 2, 1], 3) + offset).round(3).tolist()
    found = pca(read_matrix(x))
    with mpmath.workdps(60):
        exact = mpmath.matrix([[mpmath.mpf(repr(value)) for value in row] for row in x])
        for j in range(3):
            mean = sum(exact[:, j]) / 6
            for i in range(6):
                exact[i, j] -= mean
        values, vectors = mpmath.eigsy(exact.T * exact / 5)
        values = [values[2], values[1], values[0]]
        for i, value in enumerate(values):
            assert abs(float(value - mpmath.mpf(found.variances[i]))) <= found.error_bound * float(values[0])
            true = np.array([float(vectors[j, 2 - i]) for j in range(3)])
            sine = np.linalg.norm(found.components[i] - true * np.sign(true @ found.components[i]))
            bound = found.direction_bounds[i]
            assert bound is not None
            assert sine <= bound + 1e-15


def test_a_direction_that_is_not_determined() -> None:
    square = pca(read_matrix([[1, 1], [1, -1], [-1, 1], [-1, -1]]))
    assert square.direction_bounds == [None, None]
    assert pca(read_matrix([[1, 0], [3, 0]])).direction_bounds[0] is not None


@pytest.mark.parametrize("scale", [1e-150, 1e-100, 1e100, 1e150])
def test_any_unit(scale: float) -> None:
    x = np.array([[1.0, 2], [3, 5], [4, 4]])
    assert pca(from_array(x * scale)).variances / scale / scale == pytest.approx(pca(from_array(x)).variances)


REFUSED: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    ([[1, 2]], {}, InputError, "variance of 1 observation"),
    ([[1, 2], [3, 4]], {"n_components": 3}, InputError, "2 components"),
    ([[1, 2], [1, 2]], {}, MathematicsRefuses, "do not vary"),
    ([[0.1], [0.1], [0.1]], {}, MathematicsRefuses, "do not vary"),
    ([[0, 0], [0, 0]], {}, MathematicsRefuses, "do not vary"),
    ([[1, 2], [1, 3]], {"standardize": True}, MathematicsRefuses, "column 1 is constant"),
    ([[1, 2], [2, 4], [3, 6]], {"whiten": True}, MathematicsRefuses, "component 2 has no variance"),
    ([[1e200, 0], [-1e200, 1]], {}, MathematicsRefuses, "range of doubles"),
    ([[1e-200, 0], [-1e-200, 0]], {}, MathematicsRefuses, "range of doubles"),
    ([[{"re": 1, "im": 1}], [2]], {}, InputError, "real data"),
]


@pytest.mark.parametrize(("rows", "options", "error", "words"), REFUSED)
def test_what_is_refused(rows: Any, options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        pca(read_matrix(rows), **options)


def test_each_check_refuses_a_wrong_answer() -> None:
    x = np.random.default_rng(2).standard_normal((10, 3))
    a = x - x.mean(axis=0)
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    wrong_s, wrong_v = s * [1, 1 + 1e-7, 1], vt + 1e-7
    total = float((a**2).sum()) / 9
    assert total_check(s**2 / 9, total).passed
    assert not total_check(wrong_s**2 / 9, total).passed
    assert eigen_check(a, s, vt).passed
    assert not eigen_check(a, wrong_s, vt).passed
    assert not eigen_check(a, s, wrong_v).passed
    assert scores_check(u * s, s).passed
    assert not scores_check(u * wrong_s, s).passed
    assert remainder_check(a - (u * s)[:, :1] @ vt[:1], s[1:], float(s[0])).passed
    assert not remainder_check(a - (u * s)[:, :1] @ vt[:1], s[1:] * 1.0001, float(s[0])).passed
    assert whitening_check(u * 3, 9).passed
    assert not whitening_check(u * 3.0001, 9).passed


def test_the_derivation() -> None:
    with fresh_arena():
        steps = principal_directions()
        assert steps[0]["after"]["text"] == "w'*S*w - lambda*(w'*w - 1)"
        assert [step["rule"] for step in steps[-2:]] == ["stationary point", "variance of a direction"]
        s = np.array([[2.0, 1], [1, 2]])
        w = np.sqrt([0.5, 0.5])
        assert stationary_check(s, w, 3.0).passed
        assert not stationary_check(s, w, 2.9).passed
        assert not stationary_check(s, np.array([1.0, 0]), 2.0).passed
