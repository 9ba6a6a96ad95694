"""Arrays as files: CSV, TSV, .npy and base64, in and out, read strictly and written so that they read back the same."""

from __future__ import annotations

import base64
import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.errors import LimitExceeded, MatrixFormatError
from service.web.array_files import as_base64, read_base64, read_csv, read_npy, write_npy
from service.web.rows import NoSuchForm, write_rows


def write_csv(value: Any) -> bytes:
    return write_rows(value, b",")


FLOATS = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(allow_nan=False, allow_infinity=False))


def npy(array: np.ndarray[Any, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, **options)
    return out.getvalue()


@given(FLOATS)
@settings(deadline=None, max_examples=100)
def test_what_is_written_reads_back_the_same(array: np.ndarray[Any, Any]) -> None:
    for back in (
        read_csv(write_rows(array, b",")),
        read_csv(write_rows(array, b"\t"), b"\t"),
        read_npy(write_npy(array)),
        read_base64(as_base64(array)),
    ):
        assert back.floats.tolist() == array.tolist()
        assert back.shape == array.shape


CSV: list[tuple[bytes, Any, str]] = [
    (b"1,2\n3,4\n", [[1, 2], [3, 4]], "integer"),
    (b"1.5, -2e-3\r\n3,4\r\n", [[1.5, -0.002], [3, 4]], "float"),
    (b"\xef\xbb\xbf7", [[7]], "integer"),
    (b".5,+1\n1.,1E3", [[0.5, 1], [1, 1000]], "float"),
    (b'"1","2"', [[1, 2]], "integer"),
    (b"1/2,3", [["1/2", "3"]], "rational"),
    (b"18446744073709551617", [["18446744073709551617"]], "integer"),
    (b"9007199254740993,1", [["9007199254740993", "1"]], "integer"),
    (b"1-2i,3j\n0,1e1+1e-1j", [[1 - 2j, 3j], [0, 10 + 0.1j]], "float"),
    (b"1e22,0.1", [[1e22, 0.1]], "float"),
]


@pytest.mark.parametrize(("data", "rows", "kind"), CSV)
def test_csv(data: bytes, rows: Any, kind: str) -> None:
    found = read_csv(data)
    assert found.kind == kind
    if isinstance(rows[0][0], str):
        assert [[str(entry) for entry in row] for row in found.exact.tolist()] == rows
    else:
        assert found.floats.tolist() == rows


REFUSED: list[tuple[bytes, str, str]] = [
    (b"", "the file is empty", ""),
    (b"\n\n", "the file is empty", ""),
    (b"1,2\n3\n", "line 2 has 1 cells where line 1 has 2", "/1"),
    (b"1,2\n\n3,4\n", "line 2 has 1 cells where line 1 has 2", "/1"),
    (b"1,\n3,4", "line 1, column 2 is empty", "/0/1"),
    (b"a,b\n1,2\n", 'line 1, column 1 is "a", which is not a number', "/0/0"),
    (b"1,2\n3,x\n", 'line 2, column 2 is "x"', "/1/1"),
    (b"1,nan", "which is not a number", "/0/1"),
    (b"1,inf", "which is not a number", "/0/1"),
    (b"1,1e999", "line 1, column 2 is beyond the range of doubles", "/0/1"),
    (b"1e999,1", "beyond the range of doubles", "/0/0"),
    (b"1;2\n3;4", 'line 1, column 1 is "1;2"', "/0/0"),
    (b"1 2\n3 4", 'line 1, column 1 is "1 2"', "/0/0"),
    (b"[[1,2],[3,4]]", 'is "[[1"', "/0/0"),
    (b"1,2\r3,4", "bare carriage return", ""),
    (b"1,\xff", "line 1 is not UTF-8", ""),
    (b"1,true", 'is "true"', "/0/1"),
    (b"1_0,2", 'is "1_0"', "/0/0"),
    (b"1/0,2", "divides by zero", "/0/0"),
    ("١,2".encode(), "which is not a number", "/0/0"),
]


@pytest.mark.parametrize(("data", "detail", "pointer"), REFUSED)
def test_malformed_csv_is_refused_by_line_and_column(data: bytes, detail: str, pointer: str) -> None:
    with pytest.raises(MatrixFormatError) as caught:
        read_csv(data)
    fault = caught.value.all_faults()[0]
    assert detail in fault.detail
    assert fault.pointer == pointer


def test_files_keep_to_the_limits() -> None:
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        read_csv(b"\n" * 2_300_000 + b"1")
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        read_csv(b"," * 2_300_000)
    with pytest.raises(LimitExceeded, match="matrix-entries"):
        read_npy(npy(np.zeros((1, 1))).replace(b"(1, 1)", b"(9999999, 99999999)"))
    with pytest.raises(LimitExceeded, match="exact-digits"):
        read_csv(b"1" * 5000)


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", "<f2", "<i8", ">i4", "|i1", "|u1", "<u8", "<c16", ">c8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_of_every_kind(dtype: str, order: Any) -> None:
    array = np.array([[1, 2, 3], [4, 5, 6]]).astype(dtype, order=order)
    found = read_npy(npy(array))
    assert found.floats.tolist() == array.tolist()
    assert found.numbers is not None
    assert found.numbers.flags.c_contiguous


def test_npy_of_one_axis_is_a_vector_and_versions_are_read() -> None:
    assert read_npy(npy(np.array([1.5, 2]))).is_vector
    for version in ((1, 0), (2, 0), (3, 0)):
        assert read_npy(npy(np.array([[1.5]]), version=version)).floats.tolist() == [[1.5]]


GOOD = npy(np.array([[1.0, 2.0]]))
BAD_NPY: list[tuple[bytes, str]] = [
    (b"", "does not start with"),
    (b"PK\x03\x04" + GOOD, "does not start with"),
    (GOOD[:-1], "15 bytes of data where the shape [1, 2] of float64 needs 16"),
    (GOOD + b"\0", "17 bytes of data"),
    (GOOD[:20], "the header"),
    (GOOD.replace(b"<f8", b"|O8"), "is not one of numbers"),
    (npy(np.array([[None]], object), allow_pickle=True), "objects are not read"),
    (npy(np.array([[True]])), "is not one of numbers"),
    (npy(np.array([["a"]])), "is not one of numbers"),
    (npy(np.zeros((1, 1), "g")), "is not one of numbers"),
    (npy(np.zeros(2, [("a", float), ("b", float)])), "records"),
    (npy(np.zeros((2, 2, 2))), "of shape [2, 2, 2] is not a matrix"),
    (npy(np.zeros((0, 2))), "is not a matrix"),
    (npy(np.array(1.5)), "is not a matrix"),
    (npy(np.array([[np.nan]])), "not finite"),
    (b"\x93NUMPY\x01\x00\xff\xff{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}", "the header"),
    (GOOD.replace(b"(1, 2)", b"(0 2,)"), "the header"),
]


@pytest.mark.parametrize(("data", "detail"), BAD_NPY)
def test_a_file_that_is_no_array_of_numbers_is_refused(data: bytes, detail: str) -> None:
    with pytest.raises(MatrixFormatError) as caught:
        read_npy(data)
    assert detail in caught.value.detail


@given(st.binary(max_size=40), st.integers(0, 200))
@settings(deadline=None, max_examples=200)
def test_no_bytes_break_a_reader(data: bytes, cut: int) -> None:
    for read, given_ in ((read_csv, data), (read_npy, data), (read_npy, GOOD[:cut] + data + GOOD[cut:])):
        with contextlib.suppress(MatrixFormatError, LimitExceeded):
            read(given_)


BAD_BASE64: list[tuple[dict[str, Any], str]] = [
    ({"base64": "AAAA"}, "the shape is not"),
    ({"base64": "AAAA", "shape": [1, True]}, "the shape is not"),
    ({"base64": "AAA", "shape": [1]}, "not base64"),
    ({"base64": "é", "shape": [1]}, "not base64"),
    ({"base64": "AAAA", "shape": [1]}, "3 bytes of data"),
    ({"base64": "AAAA", "shape": [1], "dtype": "object"}, "objects are not read"),
    ({"base64": "AAAA", "shape": [1], "dtype": "f8,f8"}, "is not one of numbers"),
    ({"base64": "AAAA", "shape": [1], "dtype": 3}, "the dtype is not a text"),
    ({"base64": "AAAA", "shape": [1], "order": "F"}, "an object is not an array"),
    ({"base64": 1, "shape": [1]}, "an object is not an array"),
]


@pytest.mark.parametrize(("value", "detail"), BAD_BASE64)
def test_an_object_that_is_no_array_is_refused(value: dict[str, Any], detail: str) -> None:
    with pytest.raises(MatrixFormatError) as caught:
        read_base64(value)
    assert detail in caught.value.detail


def test_base64_in() -> None:
    text = base64.b64encode(np.array([1.0, 2.5], "<f4").tobytes()).decode()
    found = read_base64({"shape": [2, 1], "dtype": "float32", "base64": text})
    assert found.floats.tolist() == [[1], [2.5]]
    assert found.is_binary or found.kind == "integer"


WRITTEN: list[tuple[Any, bytes]] = [
    (3, b"3\n"),
    ("45/22", b"45/22\n"),
    ([1.5, 2], b"1.5\n2\n"),
    ([["1/2", "3"]], b"1/2,3\n"),
    (np.array([1.5, 2]), b"1.5\n2.0\n"),
    (np.array([[1 - 2j, 0.5]]), b"1.0-2.0i,0.5+0.0i\n"),
    (np.zeros((0, 2)), b""),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN, ids=lambda value: repr(value)[:30])
def test_csv_is_written_as(value: Any, text: bytes) -> None:
    assert write_csv(value) == text


@pytest.mark.parametrize(
    ("write", "value"),
    [(write_csv, [[[1]]]), (write_csv, [1, [[2]]]), (write_csv, {"a": [[1, 2], [3, 4]]}), (write_npy, ["1/2"]), (write_npy, {"a": 1})],
)
def test_what_is_no_array_has_no_such_form(write: Any, value: Any) -> None:
    with pytest.raises(NoSuchForm):
        write(value)
