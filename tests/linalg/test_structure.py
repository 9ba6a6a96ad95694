"""Promises about the structure of a matrix."""

from __future__ import annotations

from typing import Any

import pytest

from service.errors import MathematicsRefuses, NotPositiveDefinite
from service.linalg.matrices import read_matrix
from service.linalg.structure import STRUCTURES, structure_check

KEPT: list[tuple[str, list[list[Any]]]] = [
    ("symmetric", [[1, "1/3"], ["1/3", 2]]),
    ("hermitian", [[1, {"re": 0, "im": 1}], [{"re": 0, "im": -1}, 2]]),
    ("positive-definite", [[2, 1], [1, 2]]),
    ("diagonal", [[0.1, 0], [0, 3]]),
    ("tridiagonal", [[1, 2, 0], [3, 4, 5], [0, 6, 7]]),
    ("upper-triangular", [[1, 2], [0, 3]]),
    ("lower-triangular", [[1, 0], [2, 3]]),
    ("general", [[1, 2], [3, 4]]),
]


@pytest.mark.parametrize(("structure", "rows"), KEPT)
def test_promises_that_are_kept(structure: Any, rows: list[list[Any]]) -> None:
    assert structure_check(read_matrix(rows), structure).passed


@pytest.mark.parametrize("structure", [name for name in STRUCTURES if name not in ("general", "positive-definite")])
def test_promises_that_are_broken_name_the_entry(structure: Any) -> None:
    rows = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    with pytest.raises(MathematicsRefuses) as refused:
        structure_check(read_matrix(rows), structure)
    assert refused.value.pointer.startswith("/matrix/")


def test_an_indefinite_matrix_is_not_positive_definite() -> None:
    with pytest.raises(NotPositiveDefinite):
        structure_check(read_matrix([[1, 2], [2, 1]]), "positive-definite")
