"""Answers as rows of cells: what CSV, TSV and the plain text of a shell have in common.

A number is one cell, a vector has an entry on each line, a matrix a row; named values stand behind their names, and a list of
records of one kind is a table under a line of names. Numbers are written so that they read back the same, complex ones as 1.0-2.0i.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import orjson

Cell = str
PLAIN = re.compile(r"-?[0-9.]+(?:e[+-]?[0-9]+|/[0-9]+)?")


class NoSuchForm(ValueError):
    """The value cannot be written in this form; the text says why."""


def write_rows(value: Any, separator: bytes, quoted: bool = True) -> bytes:
    """The value as lines of cells, quoted where they need it. Raises NoSuchForm where it is no table."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and value.ndim in (1, 2):
        return _numbers(value, separator)
    cut = separator.decode()
    rows = rows_of(value)
    if quoted:
        rows = [[_quoted(cell, cut) for cell in row] for row in rows]
    return "".join(cut.join(row) + "\n" for row in rows).encode()


def _numbers(array: np.ndarray[Any, Any], separator: bytes) -> bytes:
    """Through C only."""
    if not array.size:
        return b""
    text = orjson.dumps(np.ascontiguousarray(array), option=orjson.OPT_SERIALIZE_NUMPY)
    if array.ndim == 1:
        return text[1:-1].replace(b",", b"\n") + b"\n"
    table = text[2:-2].replace(b"],[", b"\n") + b"\n"
    return table if separator == b"," else table.replace(b",", separator)


def _quoted(cell: Cell, separator: str) -> Cell:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in (separator, '"', "\r", "\n")) else cell


def rows_of(value: Any) -> list[list[Cell]]:
    """Raises NoSuchForm where the value is no table."""
    value = as_lists(value)
    if is_cell(value):
        return [[_written(value)]]
    if isinstance(value, dict):
        return [row for name, item in value.items() for row in _named(name, item)]
    if not isinstance(value, (list, tuple)):
        raise NoSuchForm("it holds something other than numbers and texts")
    if value and all(isinstance(item, dict) and not is_cell(item) for item in value):
        return _table(value)
    return [_line(item) for item in value]


def as_lists(value: Any) -> Any:
    """Arrays, and lists of arrays, as lists."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return [as_lists(item) for item in value] if isinstance(value, (list, tuple)) else value


def is_cell(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex, str)) or value is None or _is_complex(value) or _is_expression(value)


def _line(value: Any) -> list[Cell]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if is_cell(value):
        return [_written(value)]
    if isinstance(value, (list, tuple)) and all(map(is_cell, value)):
        return [_written(cell) for cell in value]
    raise NoSuchForm("it is no table: it has more than two levels")


def _named(name: str, value: Any) -> list[list[Cell]]:
    """A value behind its name; what an object holds, behind `name.part`."""
    if isinstance(value, dict) and not is_cell(value):
        return [[f"{name}.{below}", *rest] for part, item in value.items() for below, *rest in _named(part, item)]
    return [[name, *_line(_content(value))]]


def _content(value: Any) -> Any:
    """A matrix of one row behind its name is that row."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) else value


def _table(records: Sequence[dict[str, Any]]) -> list[list[Cell]]:
    """A line of names, then a line for each record; what a record does not have is an empty cell."""
    lines = [dict(_cells(record)) for record in records]
    names = list(dict.fromkeys(name for line in lines for name in line))
    return [names, *([line.get(name, "") for name in names] for line in lines)]


def _cells(record: dict[str, Any], above: str = "") -> Iterator[tuple[str, Cell]]:
    """Names and cells; short lists and objects inside are `name.1`, `name.part`; a table inside a record is left out."""
    for name, value in record.items():
        full = f"{above}{name}"
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if is_cell(value):
            yield full, "" if value is None else _written(value)
        elif isinstance(value, dict):
            yield from _cells(value, f"{full}.")
        elif isinstance(value, (list, tuple)) and all(map(is_cell, value)):
            yield from _cells({str(place): item for place, item in enumerate(value, 1)}, f"{full}.")


def _is_complex(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"re", "im"}


def _is_expression(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("text"), str) and "latex" in value


def _written(cell: Any) -> Cell:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool) or cell is None:
        return {True: "true", False: "false", None: "null"}[cell]
    if isinstance(cell, dict):
        return str(cell["text"]) if "text" in cell else _complex(cell["re"], cell["im"])
    if isinstance(cell, complex):
        return _complex(cell.real, cell.imag)
    return repr(cell)


def _complex(real: Any, imaginary: Any) -> Cell:
    """1.0-2.0i, 1/2+3/4i; with roots in it, (1/2) + (sqrt(3)/2)*i."""
    first, second = (part if isinstance(part, str) else repr(part) for part in (real, imaginary))
    if PLAIN.fullmatch(first) and PLAIN.fullmatch(second):
        return f"{first}{'' if second.startswith('-') else '+'}{second}i"
    return f"({first}) + ({second})*i"
