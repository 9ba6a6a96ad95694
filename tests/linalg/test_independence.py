"""Linear independence: relations found exactly, and refused when they do not hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.errors import Undecided
from service.linalg.exact_tables import Table
from service.linalg.independence import exact_checks, independence
from service.linalg.matrices import read_matrix
from tests.linalg import famous

CASES: list[tuple[Any, int, Any]] = [
    ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], 3, None),
    ([[1, 2], [2, 4]], 1, ["2", "-1"]),
    ([[0, 0]], 0, ["-1"]),
    ([["1/2", "1/3"], [3, 2], [1, 0]], 2, ["6", "-1", "0"]),
    ([[1, 0, 2], [0, 1, 1], [1, 1, 3], [5, 5, 5]], 3, ["1", "1", "-1", "0"]),
]


@pytest.mark.parametrize(("vectors", "dimension", "relation"), CASES)
def test_whole_and_rational_vectors(vectors: Any, dimension: int, relation: Any) -> None:
    found = independence(read_matrix(vectors), "exact" if "/" in str(vectors) else None)
    assert (found.dimension, found.relation, found.arithmetic) == (dimension, relation, "exact")
    assert found.independent == (relation is None)
    assert found.spans == (dimension == len(vectors[0]))


def test_decimals() -> None:
    found = independence(read_matrix([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]))
    assert not found.independent
    assert found.relation == ["-1", "2", "-1"]
    assert "vector 3 = -vector 1 + 2·vector 2" in found.explanation()


def test_what_floats_leave_open_is_undecided() -> None:
    with pytest.raises(Undecided):
        independence(read_matrix(famous.hilbert_floats(12)))
    assert independence(read_matrix(famous.hilbert(12))).independent


def test_complex_vectors() -> None:
    i = {"re": 0, "im": 1}
    found = independence(read_matrix([[1, i], [i, -1]]), "exact")
    assert found.relation == [{"re": "0", "im": "1"}, "-1"]
    assert independence(read_matrix([[1, i], [i, -1]])).dimension == 1


def test_the_certificate_refuses_a_wrong_choice() -> None:
    rows = Table.of([[1, 2], [2, 4], [0, 1]])
    for kept, holds in (([0, 2], True), ([0, 1], False), ([0], False), ([0, 1, 2], False)):
        assert all(check.passed for check in exact_checks(rows, kept)) == holds


def test_large_float_vectors() -> None:
    assert independence(read_matrix(np.random.default_rng(0).standard_normal((40, 60)).tolist())).independent
