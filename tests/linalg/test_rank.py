"""Ranks: exact with their relations, read off from floats only where these leave no doubt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import CheckFailed, InputError, Undecided
from service.linalg.dependencies import Dependency, exact_dependencies, float_dependencies
from service.linalg.matrices import read_matrix
from service.linalg.numerical_rank import numerical_rank
from service.linalg.rank import elimination_check, rank, relations_check
from tests.linalg import famous

CASES = [
    ([[0, 1, 2], [1, 2, 1], [2, 7, 8]], 2),
    ([[1, 2, 4, 4], [3, 4, 8, 0]], 2),
    ([[1, 2, 3], [2, 4, 6]], 1),
    ([[0]], 0),
    ([[0, 0], [0, 0], [0, 0]], 0),
    ([[5]], 1),
    ([[0, 3]], 1),
    ([[0], [3]], 1),
    (famous.magic(4), 3),
    (famous.magic(8), 3),
    (famous.magic(7), 7),
    (famous.hilbert(12), 12),
    ([["1/2", "1/3"], [3, 2]], 1),
    ([[2**70, 1], [2**71, 2]], 1),
    (famous.pascal(20), 20),
]


@pytest.mark.parametrize(("rows", "expected"), CASES)
@pytest.mark.parametrize("arithmetic", [None, "exact"])
def test_exact_ranks(rows: Any, expected: int, arithmetic: Any) -> None:
    answer = rank(read_matrix(rows), arithmetic).to_json()
    m, n = len(rows), len(rows[0])
    assert answer["rank"] == expected
    assert answer["max_rank"] == min(m, n)
    assert answer["nullity"] == n - expected
    assert len(answer["dependencies"]) == m - expected


def test_the_relations() -> None:
    answer = rank(read_matrix([[0, 0], [1, 2], [2, 4], [3, 5], [4, 7]])).to_json()
    assert answer["dependencies"] == [
        {"row": 0, "combination": []},
        {"row": 2, "combination": [{"row": 1, "coefficient": "2"}]},
        {"row": 4, "combination": [{"row": 1, "coefficient": "1"}, {"row": 3, "coefficient": "1"}]},
    ]


FLOATS = [
    ("as typed", [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]], 2),
    ("Läuchli", [[1, 1], [1e-9, 0], [0, 1e-9]], 2),
    ("hilbert 10", famous.hilbert_floats(10), 10),
    ("wide", [[0.5, 1.5, 2.5]], 1),
    ("zero column", [[0.5, 0], [1.5, 0]], 1),
    ("complex", [[{"re": 0, "im": 1}, 1], [-1, {"re": 0, "im": 1}]], 1),
]


@pytest.mark.parametrize(("name", "rows", "expected"), FLOATS)
def test_float_ranks(name: str, rows: Any, expected: int) -> None:
    answer = rank(read_matrix(rows))
    assert answer.rank == expected
    assert answer.arithmetic == "float"
    assert answer.numerical is not None


def test_relations_between_decimals_are_exact() -> None:
    answer = rank(read_matrix(FLOATS[0][1]))
    assert [entry.sentence() for entry in answer.dependencies or []] == ["row 3 = -row 1 + 2·row 2"]


UNDECIDED = [
    ("hilbert 12", famous.hilbert_floats(12)),
    ("units of the rows", [[1e-20, 0], [0, 0.5]]),
    ("more than rounding, less than the tolerance", [[1, 1], [1, 1.000000000000001], [1, 1]]),
    ("graded", (np.diag(np.logspace(0, -30, 30)) + np.tri(30, 30, -1) * 1e-40).tolist()),
]


@pytest.mark.parametrize(("name", "rows"), UNDECIDED)
def test_without_a_clear_gap_the_rank_is_undecided(name: str, rows: Any) -> None:
    with pytest.raises(Undecided, match="no clear gap"):
        rank(read_matrix(rows))


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_products_have_the_rank_of_the_inner_size(m: int, n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    inner = int(random.integers(1, min(m, n) + 1))
    a = random.standard_normal((m, inner)) @ random.standard_normal((inner, n))
    try:
        assert rank(read_matrix(a.tolist())).rank == inner
    except Undecided:
        assert np.linalg.cond(a) > 1e8 or inner < min(m, n)


@given(st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1, max_size=6))
@settings(deadline=None)
def test_whole_ranks_agree_with_the_transpose_and_every_relation_holds(rows: list[list[int]]) -> None:
    answer = rank(read_matrix(rows))
    assert answer.rank == rank(read_matrix([list(column) for column in zip(*rows, strict=True)])).rank
    assert answer.rank == np.linalg.matrix_rank(np.array(rows, dtype=float))


def test_beyond_exact_sizes_floats_and_a_prime_agree() -> None:
    random = np.random.default_rng(9)
    rows = random.integers(-3, 4, (200, 150)) @ random.integers(-3, 4, (150, 200))
    answer = rank(read_matrix(rows.tolist()))
    assert answer.rank == 150
    assert [check.name for check in answer.checks] == ["clearance", "modular"]


def test_a_tolerance_decides() -> None:
    rows = [[3.0, 0.5], [0.0, 0.01]]
    assert rank(read_matrix(rows), tolerance=0.1).rank == 1
    assert rank(read_matrix(rows), tolerance=0.001).rank == 2
    assert rank(read_matrix([[2, 0], [0, 1]]), tolerance=1.5).rank == 1
    with pytest.raises(CheckFailed, match="clearance"):
        rank(read_matrix([[2, 0], [0, 1]]), tolerance=1)
    with pytest.raises(InputError, match="no meaning in exact"):
        rank(read_matrix(rows), "exact", tolerance=0.1)


def test_the_certificates_refuse_a_perturbed_rank() -> None:
    matrix = read_matrix([[0, 1, 2], [1, 2, 1], [2, 7, 8]])
    _, dependencies = exact_dependencies(matrix.exact)
    assert elimination_check(matrix, 2).passed
    assert relations_check(matrix, dependencies, 2).passed
    assert not elimination_check(matrix, 3).passed
    assert not elimination_check(matrix, 1).passed
    assert not relations_check(matrix, dependencies, 1).passed
    assert not relations_check(matrix, [], 2).passed
    wrong = Dependency("row", 2, ((0, "3"), (1, "1")))
    assert not relations_check(matrix, [wrong], 2).passed


def test_float_relations() -> None:
    a = np.array([[1.0, 2, 0.5], [2, 4, 1], [0.3, 0.1, 0.2], [2.6, 4.2, 1.4]])
    found = float_dependencies(a, 2, 1e-12)
    assert found is not None
    assert [entry.sentence() for entry in found] == ["row 2 = 2·row 1", "row 4 = 2·row 1 + 2·row 3"]
    assert float_dependencies(a, 3, 1e-12) is None
    assert float_dependencies(a, 1, 1e-12) is None


def test_sentences() -> None:
    assert Dependency("row", 1, ()).sentence() == "row 2 is zero"
    assert Dependency("column", 2, ((0, "-1"), (1, "-3/2"))).sentence() == "column 3 = -column 1 - 3/2·column 2"
    assert Dependency("column", 1, ((0, "2"),)).sentence(["dose", "age"]) == "age = 2·dose"
    assert Dependency("row", 9, tuple((i, "1") for i in range(9))).sentence().endswith("+ row 6 + ...")


def test_numerical_rank_of_nothing() -> None:
    assert numerical_rank(np.zeros((2, 3))).rank == 0


def test_the_explanation() -> None:
    deficient = rank(read_matrix([[0, 1, 2], [1, 2, 1], [2, 7, 8]]))
    assert deficient.explanation() == "the rank is 2 of at most 3, because row 3 = 3·row 1 + 2·row 2"
    assert rank(read_matrix([[1, 2]])).explanation() == "the rank is 1, the largest that a 1×2 matrix can have"


def test_large_deficient_matrices_take_no_minutes() -> None:
    random = np.random.default_rng(16)
    rows = (random.standard_normal((400, 100)) @ random.standard_normal((100, 300))).tolist()
    answer = rank(read_matrix(rows))
    assert answer.rank == 100
    assert len(answer.dependencies or []) == 300
    tall = rank(read_matrix([[i, 2 * i] for i in range(1, 5000)]))
    assert tall.rank == 1
    assert tall.dependencies is None


def test_rank_of_whole_numbers_beyond_doubles_is_exact_in_float_mode_too() -> None:
    n = 2**53
    assert rank(read_matrix([[n + 1, n], [n, n - 1]]), "float").rank == 2


def test_rank_that_only_underflow_would_lower_is_undecided() -> None:
    with pytest.raises(Undecided):
        rank(read_matrix([[1e200, 0], [0, 1e-200]]))
