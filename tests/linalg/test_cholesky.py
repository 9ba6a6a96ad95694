"""Cholesky: exact factors, bounds that hold, and the reason of each refusal."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import MathematicsRefuses, NotPositiveDefinite, ShapeMismatch, Undecided
from service.linalg.cholesky import cholesky, factor_checks, ldl_check, require_positive_definite
from service.linalg.matrices import from_array, read_matrix
from tests.linalg import famous
from tests.linalg import high_precision as hp

DEFINITE: dict[str, Any] = {
    "1×1": [[0.3]],
    "decimals": [[0.7, 0.1], [0.1, 0.2]],
    "hilbert 4": famous.hilbert_floats(4),
    "hilbert 6": famous.hilbert_floats(6),
    "pascal 10": famous.pascal(10),
    "moler 9": famous.moler(9),
    "graded": [[1e300, 1e-10], [1e-10, 1e-300]],
    "graded, large": [[1e-150, 1e-30, 0.0], [1e-30, 1e100, 1e10], [0.0, 1e10, 1e30]],
    "gram": (lambda a: (a.T @ a).tolist())(np.random.default_rng(1).standard_normal((12, 8))),
}


@pytest.mark.parametrize("name", DEFINITE)
@pytest.mark.parametrize("reading", [famous.binary, famous.decimal])
def test_the_factor_is_within_its_bound(name: str, reading: Any) -> None:
    rows = DEFINITE[name]
    found = cholesky(read_matrix(rows), "float")
    truth = hp.cholesky(hp.matrix(reading(rows)))
    computed = hp.matrix(found.l)
    for i in range(len(rows)):
        assert hp.frobenius(hp.row(computed - truth, i)) <= found.error_bound * hp.frobenius(hp.row(computed, i))
    assert found.error_bound < 1e-3


def test_published_factors() -> None:
    """The Cholesky factor of Pascal's matrix holds the binomials, that of Moler's ones and minus ones (Higham, ch. 28)."""
    n = 20
    assert cholesky(read_matrix(famous.pascal(n))).l.tolist() == [[float(famous.comb(i, j)) for j in range(n)] for i in range(n)]
    assert cholesky(read_matrix(famous.moler(n))).l.tolist() == [
        [1.0 if i == j else -1.0 if i > j else 0.0 for j in range(n)] for i in range(n)
    ]
    exact = cholesky(read_matrix([[4, 12, -16], [12, 37, -43], [-16, -43, 98]]), "exact")
    assert exact.l == [["2", "0", "0"], ["6", "1", "0"], ["-8", "5", "3"]]


def test_exactly_with_roots() -> None:
    assert cholesky(read_matrix([[4, 2], [2, 3]]), "exact").l == [["2", "0"], ["1", "sqrt(2)"]]
    upper = cholesky(read_matrix([[4, 2], [2, 3]]), "exact", lower=False).to_json()
    assert upper["u"] == [["2", "1"], ["0", "sqrt(2)"]]
    assert "l" not in upper


def test_ldl() -> None:
    found = cholesky(read_matrix([[4, 2], [2, 3]]), "exact", form="ldl")
    assert (found.l, found.d) == ([["1", "0"], ["1/2", "1"]], ["4", "2"])
    semidefinite = cholesky(read_matrix([[4, 2], [2, 1]]), form="ldl")
    assert semidefinite.d.tolist() == [4, 0]
    indefinite = cholesky(read_matrix([[1, 2], [2, 1]]), "exact", form="ldl")
    assert indefinite.d == ["1", "-3"]
    zero = cholesky(read_matrix([[0, 0], [0, 0]]), form="ldl")
    assert zero.d.tolist() == [0, 0]
    floats = cholesky(read_matrix([[0.7, 0.1], [0.1, 0.2]]), form="ldl")
    assert np.allclose((floats.l * floats.d) @ floats.l.T, [[0.7, 0.1], [0.1, 0.2]], atol=1e-16)
    with pytest.raises(MathematicsRefuses, match="leading minor of order 1 is 0"):
        cholesky(read_matrix([[0, 1], [1, 0]]), form="ldl")


def test_complex() -> None:
    random = np.random.default_rng(7)
    b = random.standard_normal((6, 4)) + 1j * random.standard_normal((6, 4))
    a = b.conj().T @ b
    found = cholesky(from_array(a))
    assert np.allclose(found.l @ found.l.conj().T, a, atol=1e-13)
    assert (np.diagonal(found.l).imag == 0).all()
    upper = cholesky(from_array(a), lower=False).to_json()["u"]
    assert np.allclose(upper.conj().T @ upper, a, atol=1e-13)


REFUSED = [
    ([[1, 2], [2, 1]], "leading minor of order 2 is -3", 2),
    ([[0]], "leading minor of order 1 is 0", 1),
    ([[-1.5]], "leading minor of order 1 is -3/2", 1),
    ([[1, 1], [1, 1]], "leading minor of order 2 is 0", 2),
    ([[2, 1, 0], [1, 2, 3], [0, 3, 1]], "leading minor of order 3 is -15", 3),
    ([[0.1, 0.1], [0.1, 0.1]], "leading minor of order 2 is 0", 2),
    ([[0, 1], [1, 0]], "leading minor of order 1 is 0", 1),
]


@pytest.mark.parametrize(("rows", "reason", "minor"), REFUSED)
@pytest.mark.parametrize("arithmetic", ["float", "exact"])
def test_what_is_not_positive_definite_is_refused_with_the_minor(rows: Any, reason: str, minor: int, arithmetic: Any) -> None:
    with pytest.raises(NotPositiveDefinite, match=reason) as caught:
        cholesky(read_matrix(rows), arithmetic)
    assert caught.value.facts["leading_minor"] == minor


def test_what_is_not_symmetric_is_refused() -> None:
    with pytest.raises(NotPositiveDefinite, match=r"not symmetric: the entry in row 2, column 1 is 3"):
        cholesky(read_matrix([[1, 2], [3, 4]]))
    with pytest.raises(NotPositiveDefinite, match="not Hermitian"):
        cholesky(read_matrix([[2, {"re": 0, "im": 1}], [{"re": 0, "im": 1}, 2]]))
    with pytest.raises(NotPositiveDefinite, match="not real"):
        cholesky(read_matrix([[{"re": 1, "im": 1}]]))
    with pytest.raises(ShapeMismatch):
        cholesky(read_matrix([[1, 2, 3]]))
    almost = np.array([[1.0, 0.1 + 0.2], [0.3, 1.0]])
    assert cholesky(from_array(almost)).l[1, 0] == pytest.approx(0.3)


def test_what_floats_cannot_decide_is_left_open() -> None:
    with pytest.raises(Undecided):
        cholesky(read_matrix(famous.hilbert_floats(12)))
    assert cholesky(read_matrix(famous.hilbert(12))).l[0][0] == "1"
    random = np.random.default_rng(3)
    b = random.standard_normal((30, 60))
    with pytest.raises(Undecided):
        cholesky(from_array(b.T @ b))
    complex_gram = (b[:3, :6] + 1j).conj().T @ (b[:3, :6] + 1j)
    with pytest.raises(Undecided):
        cholesky(from_array(complex_gram))
    with pytest.raises(NotPositiveDefinite, match="leading minor of order 2 is not positive"):
        cholesky(from_array(np.array([[1, 2j], [-2j, 1]])))


def test_a_weight_is_refused_at_its_place() -> None:
    with pytest.raises(NotPositiveDefinite) as caught:
        require_positive_definite(read_matrix([[1, 2], [2, 1]]), "/weight")
    assert caught.value.pointer == "/weight"
    require_positive_definite(read_matrix([[2, 1], [1, 2]]), "/weight")


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_whole_matrices_are_decided_as_sylvester_has_it(n: int, seed: int) -> None:
    b = np.random.default_rng(seed).integers(-3, 4, (n, n))
    a = (b + b.T).tolist()
    minors = [famous.exact_determinant(famous.binary([row[:k] for row in a[:k]])) for k in range(1, n + 1)]
    if all(minor > 0 for minor in minors):
        found = cholesky(read_matrix(a))
        assert np.allclose(found.l @ found.l.T, a, atol=1e-13)
        return
    first = next(k for k, minor in enumerate(minors, 1) if minor <= 0)
    with pytest.raises(NotPositiveDefinite) as caught:
        cholesky(read_matrix(a))
    assert caught.value.facts["leading_minor"] == first


@given(st.integers(0, 2**32 - 1), st.floats(1e-9, 1e-3), st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_the_certificate_refuses_perturbed_factors(seed: int, size: float, what: int) -> None:
    random = np.random.default_rng(seed)
    b = random.standard_normal((6, 4))
    a = b.T @ b
    l, d = np.linalg.cholesky(a), np.ones(4)  # noqa: E741
    assert all(check.passed for check in factor_checks(a, l, d))
    i, j = sorted(random.integers(0, 4, 2).tolist())
    if what == 0:
        l[j, i] += size * (1 + abs(l[j, i]))
    elif what == 1:
        d[j] *= 1 + size
    elif what == 2:
        l[0, 3] = size
    else:
        l = -l  # noqa: E741
    assert not all(check.passed for check in factor_checks(a, l, d))


def test_the_exact_certificate_refuses_perturbed_factors() -> None:
    matrix = read_matrix([[4, 2], [2, 3]])
    l, d = [[flint.fmpq(1), flint.fmpq(0)], [flint.fmpq(1, 2), flint.fmpq(1)]], [flint.fmpq(4), flint.fmpq(2)]  # noqa: E741
    assert ldl_check(matrix, l, d).passed
    assert not ldl_check(matrix, l, [flint.fmpq(4), flint.fmpq(3)]).passed
    for i in range(2):
        for j in range(2):
            wrong = [list(row) for row in l]
            wrong[i][j] += 1
            assert not ldl_check(matrix, wrong, d).passed


def test_the_sizes_of_fractions() -> None:
    n = 6
    found = cholesky(read_matrix(famous.hilbert(n)), "exact", form="ldl")
    product = Fraction(1)
    for entry in found.d:
        product *= Fraction(entry)
    assert str(product) == famous.hilbert_determinant(n)
