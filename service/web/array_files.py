"""One array as a file: text/csv, text/tab-separated-values, application/x-npy; and {shape, dtype, base64} inside JSON.

Numbers pass through C only: comma-separated numbers are a JSON list but for the brackets, which orjson reads about a
hundred times faster than the csv module; the data of .npy and base64 are taken as they stand. The header of an .npy file is
matched, never evaluated, and nothing is unpickled.
"""

from __future__ import annotations

import binascii
import io
import math
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from service import limits
from service.errors import MatrixFormatError
from service.linalg.matrices import from_array, from_numbers, read_matrix
from service.linalg.matrix import LARGEST_INTEGER, Matrix, short
from service.web.rows import NoSuchForm

CSV, TSV, NPY = "text/csv", "text/tab-separated-values", "application/x-npy"
NUMERIC = b"0123456789+-.eE \r"
WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
EXACT = r"[0-9]+(?:/[0-9]+)?"
EXACT_COMPLEX = re.compile(rf"([+-]?{EXACT})?([+-]{EXACT}|(?<![0-9]){EXACT})[ij]", re.ASCII)
COMPLEX = re.compile(rf"({DECIMAL.pattern})({DECIMAL.pattern})[ij]|({DECIMAL.pattern})[ij]", re.ASCII)
LONGEST_SIZE = 15  # digits
MAGIC = b"\x93NUMPY"
DESCRIPTION = re.compile(rb"'descr'\s*:\s*'([^']{1,12})'")
FORTRAN = re.compile(rb"'fortran_order'\s*:\s*(True|False)")
SHAPE = re.compile(rb"'shape'\s*:\s*\(([0-9, ]{0,80})\)")
NPY_HINT = "numpy.save writes one: float64 or another type of numbers, one or two axes"
BASE64_HINT = 'an array in base64 is {"shape": [2, 2], "dtype": "float64", "base64": "..."}, row by row, little-endian'


# --- in ---------------------------------------------------------------------------------------------------------------


def read_csv(data: bytes, separator: bytes = b",") -> Matrix:
    """The matrix of lines of numbers. Cells are as in JSON, and exact texts ("45/22") and complex numbers ("1-2i") besides.

    Raises MatrixFormatError by line and column, LimitExceeded.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n\t ")
    if not data:
        raise MatrixFormatError("the file is empty", "a matrix has a line for each row: 1,2")
    if data.translate(None, NUMERIC + separator + b"\n"):
        return _read_cells(data, separator)
    lines = data.split(b"\n")
    widths = {line.count(separator) for line in lines}
    limits.check("matrix-entries", len(lines) * (max(widths) + 1))
    if len(widths) > 1:
        return _read_cells(data, separator)
    try:
        numbers = orjson.loads(b"[" + data.replace(b"\n", b",").replace(separator, b",") + b"]")
    except orjson.JSONDecodeError:  # ".5", "+1", a missing number, ...
        return _read_cells(data, separator)
    array = np.array(numbers, dtype=np.float64)
    if np.abs(array).max() >= LARGEST_INTEGER:  # whole numbers that doubles do not hold
        return _read_cells(data, separator)
    return from_numbers(array.reshape(len(lines), -1))


def _read_cells(data: bytes, separator: bytes) -> Matrix:
    """Cell by cell: for what is not plain numbers."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise MatrixFormatError(f"line {line} is not UTF-8 text", "a file of numbers; .npy is application/x-npy") from None
    if "\n" not in text and "\r" in text:
        raise MatrixFormatError("the lines end in a bare carriage return", "end each line with a line feed")
    cut = separator.decode()
    rows = [line.strip("\r").split(cut) for line in text.split("\n")]
    limits.check("matrix-entries", len(rows) * max(map(len, rows)))
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            counts = f"line {i + 1} has {len(row)} cells where line 1 has {len(rows[0])}"
            raise MatrixFormatError(counts, _hint_of_separator(text, cut), f"/{i}")
    return read_matrix([[_cell(_unquoted(cell.strip()), i, j, text, cut) for j, cell in enumerate(row)] for i, row in enumerate(rows)])


def _unquoted(cell: str) -> str:
    """The cell without the quotes around it; one quote alone stays, and is refused."""
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _cell(text: str, i: int, j: int, whole: str, cut: str) -> Any:
    """The JSON value of one cell."""
    where = f"line {i + 1}, column {j + 1}"
    if WHOLE.fullmatch(text):
        limits.check("exact-digits", len(text))
        return int(text)
    if DECIMAL.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise MatrixFormatError(f"{where} is beyond the range of doubles", None, f"/{i}/{j}")
        return number
    if found := COMPLEX.fullmatch(text):
        return {"re": float(found[1] or 0), "im": float(found[2] or found[3])}
    if re.fullmatch(r"[+-]?[0-9]+\s*/\s*[0-9]+", text):
        return text
    if found := EXACT_COMPLEX.fullmatch(text):
        return {"re": found[1] or "0", "im": found[2]}
    if not text:
        raise MatrixFormatError(f"{where} is empty", "each cell holds a number", f"/{i}/{j}")
    hint = _hint_of_separator(whole, cut)
    if i == 0 and "\n" in whole and any(letter.isalpha() for letter in text):
        hint = "the first line is a row of numbers, too: leave out a line of names"
    raise MatrixFormatError(f"{where} is {short(text)}, which is not a number", hint, f"/{i}/{j}")


def _hint_of_separator(text: str, cut: str) -> str:
    if cut == "," and ";" in text:
        return "the cells are separated by commas, not by semicolons"
    if cut == "," and "\t" in text:
        return f"cells separated by tabs are {TSV}"
    if cut == "," and " " in text.strip():
        return "the cells are separated by commas, not by blanks"
    return "a cell is a number, an exact text such as 45/22, or a complex number such as 1-2i; rows are equally long"


def read_npy(data: bytes) -> Matrix:
    """The matrix of an .npy file (version 1 to 3, either byte order, C or Fortran order); its doubles mean their binary values.

    Raises MatrixFormatError, LimitExceeded.
    """
    if not data.startswith(MAGIC) or len(data) < 10:
        raise MatrixFormatError("this is no .npy file: it does not start with \\x93NUMPY", NPY_HINT)
    wide = data[6] > 1
    start = 12 if wide else 10
    length = int.from_bytes(data[8:start], "little")
    header = data[start : start + min(length, 10_000)]
    description, fortran, shape = DESCRIPTION.search(header), FORTRAN.search(header), SHAPE.search(header)
    sizes = [size.strip() for size in shape[1].split(b",") if size.strip()] if shape else []
    if not (description and fortran and shape and all(size.isdigit() and len(size) <= LONGEST_SIZE for size in sizes)):
        if b"'descr'" in header and b"[" in header:
            raise MatrixFormatError("the array in the .npy file has records for entries", NPY_HINT)
        raise MatrixFormatError("the header of the .npy file is not one that NumPy writes", NPY_HINT)
    lengths = [int(size) for size in sizes]
    array = _array(data[start + length :], description[1].decode("ascii", "replace"), lengths, "the .npy file", NPY_HINT)
    return from_array(array.reshape(lengths[::-1]).T if fortran[1] == b"True" else array.reshape(lengths))


def read_base64(value: dict[str, Any]) -> Matrix:
    """The matrix of {"shape": [m, n], "dtype": "float64", "base64": "..."}; its doubles mean their binary values. Raises
    MatrixFormatError with a pointer relative to the value, LimitExceeded."""
    if set(value) - {"shape", "dtype", "base64"} or not isinstance(value.get("base64"), str):
        raise MatrixFormatError("an object is not an array", BASE64_HINT)
    shape, dtype = value.get("shape"), value.get("dtype", "float64")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise MatrixFormatError("the shape is not a list of whole numbers", BASE64_HINT, "/shape")
    if not isinstance(dtype, str):
        raise MatrixFormatError("the dtype is not a text", BASE64_HINT, "/dtype")
    try:
        data = binascii.a2b_base64(value["base64"], strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise MatrixFormatError(f"the text is not base64 ({str(error)[:80]})", BASE64_HINT, "/base64") from None
    return from_array(_array(data, dtype, shape, "the base64 text", BASE64_HINT).reshape(shape))


def _array(data: bytes, description: str, shape: list[int], what: str, hint: str) -> NDArray[Any]:
    """The flat array of these bytes; checks the type and that there are as many bytes as the shape says."""
    if len(shape) not in (1, 2) or 0 in shape:
        raise MatrixFormatError(f"an array of shape {shape[:8]} is not a matrix", "a matrix has two axes and at least one entry")
    limits.check("matrix-entries", math.prod(shape))
    try:
        dtype = np.dtype(description) if re.fullmatch(r"[<>=|]?[a-zA-Z]+[0-9]*", description) else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.kind not in "iufc" or dtype.itemsize > (16 if dtype.kind == "c" else 8):
        why = ": objects are not read" if description in ("|O", "O", "object") else ""
        raise MatrixFormatError(f"the type {short(description)} is not one of numbers that are read{why}", hint)
    wanted = math.prod(shape) * dtype.itemsize
    if len(data) != wanted:
        raise MatrixFormatError(f"{what} has {len(data)} bytes of data where the shape {shape} of {dtype} needs {wanted}", hint)
    return np.frombuffer(data, dtype)


READERS: dict[str, Callable[[bytes], Matrix]] = {CSV: read_csv, TSV: lambda data: read_csv(data, b"\t"), NPY: read_npy}


# --- out --------------------------------------------------------------------------------------------------------------


def write_npy(value: Any) -> bytes:
    """A number, a list or a matrix as an .npy file. Raises NoSuchForm for exact texts and whatever is no array."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise NoSuchForm("it is no array") from None
    if array.dtype.kind not in "iufc":
        raise NoSuchForm("its numbers are exact texts, or it is no array of numbers")
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False)), allow_pickle=False)
    return out.getvalue()


def as_bytes(array: NDArray[Any]) -> dict[str, Any]:
    """{"shape", "dtype", "data"}: the bytes of the array, row by row, little-endian."""
    plain = np.ascontiguousarray(array, np.complex128 if array.dtype.kind == "c" else np.float64 if array.dtype.kind == "f" else np.int64)
    data = (plain if sys.byteorder == "little" else plain.byteswap()).tobytes()
    return {"shape": list(array.shape), "dtype": plain.dtype.name, "data": data}


def as_base64(array: NDArray[Any]) -> dict[str, Any]:
    """{"shape", "dtype", "base64"}: the same with the bytes as text."""
    found = as_bytes(array)
    return {"shape": found["shape"], "dtype": found["dtype"], "base64": binascii.b2a_base64(found["data"], newline=False).decode()}
