"""Reading JSON arrays: what is taken, what it means, and what is refused by its place."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import limits
from service.errors import InputError, LimitExceeded, MatrixFormatError
from service.linalg.matrices import from_array, read_matrix, read_symbolic_matrix, read_vector, read_vector_or_matrix
from service.linalg.matrix import choose_arithmetic, joined

UNIT = {"re": 0, "im": 1}

KINDS = [
    ([[1, 2], [3, 4]], "integer"),
    ([[1.0, 2.0]], "integer"),
    ([[1, 2.5]], "float"),
    ([[1e300, 1]], "float"),
    ([[2**60]], "integer"),
    ([[10**400]], "integer"),
    ([[2**53 + 1, 0.5]], "rational"),
    ([["1/2", 1]], "rational"),
    ([["3", 1]], "rational"),
    ([[1, UNIT]], "float"),
]


@pytest.mark.parametrize(("value", "kind"), KINDS)
def test_the_kind_of_a_matrix(value: Any, kind: str) -> None:
    assert read_matrix(value).kind == kind


def test_expressions_are_kept_where_they_are_taken() -> None:
    matrix = read_symbolic_matrix([["a+b", "1/2"], [3, 0.5]])
    assert matrix.kind == "symbolic"
    assert matrix.texts() == [["a+b", "1/2"], [3, 0.5]]


REFUSED = [
    (None, "", "null is not a matrix"),
    (3, "", "the number 3 is not a matrix"),
    ("[[1]]", "", 'the text "[[1]]" is not a matrix'),
    ({}, "", "an object is not a matrix"),
    ([], "", "an empty list is not a matrix"),
    ([[]], "/0", "row 1 is empty"),
    ([[], []], "/0", "row 1 is empty"),
    ([1, 2], "/0", "row 1 is the number 1, not a list"),
    ([[1, 2], 3], "/1", "row 2 is the number 3, not a list"),
    ([[1, 2, 3], [1, 2]], "/1", "row 2 has 2 entries where row 1 has 3"),
    ([[1, 2], [3]], "/1", "row 2 has 1 entry where row 1 has 2"),
    ([[1, True]], "/0/1", "the entry in row 1, column 2 is true: a boolean is not a number"),
    ([[1], [False]], "/1/0", "the entry in row 2, column 1 is false: a boolean is not a number"),
    ([[1, 2], [None, 3]], "/1/0", "the entry in row 2, column 1 is null, not a number"),
    ([[1, [2]]], "/0/1", "nested too deep"),
    ([[1, {"a": 1}]], "/0/1", "an object that is not a complex number"),
    ([[{}]], "/0/0", "an object that is not a complex number"),
    ([[{"re": "x", "im": 2}]], "/0/0", 'has the part "x", which is no number'),
    ([[{"re": "1/0", "im": 2}]], "/0/0", "which is no number"),
    ([[1, {"re": "1", "im": float("inf")}]], "/0/1", "which is no number"),
    ([[{"re": "1", "im": 2}, "x"]], "/0/1", "which is no number"),
    ([[{"re": True}]], "/0/0", "an object that is not a complex number"),
    ([[{"re": 2**60 + 1}]], "/0/0", "beyond 2^53"),
    ([[UNIT, "1/2"]], "/0/1", "a text beside complex numbers"),
    ([[1.0, float("nan")]], "/0/1", "not finite"),
    ([[1], [float("inf")]], "/1/0", "not finite"),
    ([[{"re": float("inf"), "im": 0}]], "/0/0", "not finite"),
    ([["1/2", float("inf")]], "/0/1", "not finite"),
    ([[2**60 + 1, float("-inf")]], "/0/1", "not finite"),
    ([["1/0"]], "/0/0", "divides by zero"),
    ([[1, "x"]], "/0/1", 'the entry in row 1, column 2 is the text "x", which is not a number'),
    ([["١"]], "/0/0", "which is not a number"),
    ([["1_000"]], "/0/0", "which is not a number"),
    ([["nan"]], "/0/0", "which is not a number"),
    ([["."]], "/0/0", "which is not a number"),
    ([[""]], "/0/0", "which is not a number"),
]


@pytest.mark.parametrize(("value", "pointer", "detail"), REFUSED)
def test_what_is_no_matrix_is_refused_by_its_place(value: Any, pointer: str, detail: str) -> None:
    with pytest.raises(MatrixFormatError) as caught:
        read_matrix(value)
    fault = caught.value.all_faults()[0]
    assert detail in fault.detail
    assert fault.pointer == pointer


def test_several_entries_are_refused_at_once_but_not_all() -> None:
    with pytest.raises(MatrixFormatError) as caught:
        read_matrix([[None, 1, True]] * 100)
    pointers = [fault.pointer for fault in caught.value.all_faults()]
    assert pointers[:3] == ["/0/0", "/0/2", "/1/0"]
    assert len(pointers) < 20


def test_a_vector_is_a_flat_list_or_a_column() -> None:
    assert read_vector([1, 2]).is_vector
    assert read_vector([1, 2]).shape == (2, 1)
    assert not read_vector([[1], [2]]).is_vector
    assert read_vector_or_matrix([[1, 2]]).shape == (1, 2)
    with pytest.raises(MatrixFormatError, match="1×2 matrix is not a vector"):
        read_vector([[1, 2]])
    with pytest.raises(MatrixFormatError, match="entry 2 is true") as caught:
        read_vector([1, True])
    assert caught.value.pointer == "/1"


EXACT = [
    ("45/22", flint.fmpq(45, 22)),
    (" -6 / 4 ", flint.fmpq(-3, 2)),
    ("+7", flint.fmpq(7)),
    ("0.25", flint.fmpq(1, 4)),
    (".5", flint.fmpq(1, 2)),
    ("3.", flint.fmpq(3)),
    ("1e-3", flint.fmpq(1, 1000)),
    ("-2.5E2", flint.fmpq(-250)),
    (0.1, flint.fmpq(1, 10)),
    (1e-3, flint.fmpq(1, 1000)),
    (2**70 + 1, flint.fmpq(2**70 + 1)),
]


@pytest.mark.parametrize(("entry", "value"), EXACT)
def test_what_an_entry_means_exactly(entry: Any, value: Any) -> None:
    assert read_matrix([[entry, "1"]]).exact.tolist()[0][0] == value


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3), min_size=1, max_size=4))
def test_floats_are_read_as_they_are(rows: list[list[float]]) -> None:
    assert np.array_equal(read_matrix(rows).floats, np.array(rows))


@given(st.lists(st.integers(-(2**80), 2**80), min_size=1, max_size=6))
def test_whole_numbers_of_any_size_are_kept(row: list[int]) -> None:
    matrix = read_matrix([row])
    assert [int(value) for value in matrix.integers.entries()] == row
    assert matrix.kind == "integer"


def test_a_whole_number_is_never_rounded_in_silence() -> None:
    matrix = read_matrix([[1, 2**53 + 1]])
    assert choose_arithmetic(None, matrix=matrix) == "exact"
    with pytest.raises(MatrixFormatError, match="no double holds") as caught:
        choose_arithmetic("float", matrix=matrix)
    assert caught.value.pointer == "/matrix/0/1"
    assert choose_arithmetic("float", matrix=read_matrix([[2**60]])) == "float"


def test_the_arithmetic_by_default() -> None:
    assert choose_arithmetic(None, a=read_matrix([[1, 2.5]])) == "float"
    assert choose_arithmetic(None, a=read_matrix([[1]]), b=read_vector(["1/2"]), c=None) == "exact"
    assert choose_arithmetic("float", a=read_matrix([["1/3"]])) == "float"
    with pytest.raises(InputError, match="real entries only"):
        choose_arithmetic("exact", a=read_matrix([[UNIT]]))


def test_limits_are_named() -> None:
    digits = "9" * (limits.limit("exact-digits") + 2)
    for value in ([[int(digits)]], [[digits]], [[f"1/{digits}"]], [["1e-999999"]]):
        with pytest.raises(LimitExceeded, match="exact-digits"):
            read_matrix(value)
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        from_array(np.zeros((1, limits.limit("matrix-entries") + 1)))


def test_arrays_that_never_were_text_mean_their_binary_values() -> None:
    assert from_array(np.array([[0.1]])).exact.tolist()[0][0] == flint.fmpq(*(0.1).as_integer_ratio())
    assert from_array(np.array([1, 2])).is_vector
    assert from_array(np.array([[2**60 + 1]])).kind == "integer"
    assert from_array(np.array([[2**64 - 1]], dtype=np.uint64)).rows == [[2**64 - 1]]
    for bad in (np.zeros((0, 2)), np.zeros((1, 1, 1)), np.array([[True]]), np.array([[None]]), np.array([[np.nan]])):
        with pytest.raises(MatrixFormatError):
            from_array(bad)


def test_matrices_side_by_side() -> None:
    both = joined([read_matrix([[1], [2]]), read_matrix([[0.5], [3]])])
    assert both.kind == "float"
    assert both.floats.tolist() == [[1, 0.5], [2, 3]]
    exact = joined([read_matrix([[1], [2]]), read_matrix([["1/3"], [0.1]])])
    assert exact.kind == "rational"
    assert str(exact.exact.tolist()) == "[[1, 1/3], [2, 1/10]]"
