"""The guide says what is true: every row of its tables is run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from service.calculus.lower import lower
from service.errors import NablaError
from service.expression.shapes import describe
from service.language import declare, parse
from service.language.declarations import KINDS, PROPERTIES
from service.language.guide import PAGE, page
from service.language.hints import CHARACTERS, LATEX

GUIDE = (PAGE.parent / "language.md").read_text(encoding="utf-8")
VARIABLES: dict[str, Any] = json.loads(GUIDE.split("```json\n")[1].split("```")[0])


def rows(header: str) -> list[list[str]]:
    """The cells of every table with this header."""
    found = []
    for table in GUIDE.split(f"{header}\n")[1:]:
        for line in table.splitlines()[1:]:
            if not line.startswith("|"):
                break
            found.append([cell.strip() for cell in line.strip("|").split(" | ")])
    assert found, header
    return found


@pytest.mark.parametrize("row", rows("| written | read as |"), ids=lambda row: row[0])
def test_read_as(row: list[str]) -> None:
    """The same node, or (a chain is one node of many terms) the same function."""
    written, same = (parse(cell.strip("`"), declare(VARIABLES)).node for cell in row)
    assert written is same or lower(written) is lower(same)


@pytest.mark.parametrize("row", rows("| written | shape |"), ids=lambda row: row[0])
def test_shapes(row: list[str]) -> None:
    node = parse(row[0].strip("`"), declare(VARIABLES)).node
    assert describe(node.shape).removeprefix("a ") == row[1]


@pytest.mark.parametrize("row", rows("| written | detail | hint |"), ids=lambda row: row[0])
def test_mistakes(row: list[str]) -> None:
    with pytest.raises(NablaError) as caught:
        parse(row[0].strip("`"), declare(VARIABLES))
    assert row[1] in caught.value.detail
    assert row[2] in (caught.value.hint or "")
    assert caught.value.span is not None


def test_declarations() -> None:
    forms = [form for row in rows("| declaration | what it is |") for form in re.findall(r"`(\"[^`]*\"|\{[^`]*\})`", row[0])]
    for form in forms:
        assert declare({"K": json.loads(form)})
    kinds = {re.match(r"\"?(\w*)", form)[1] for form in forms}  # type: ignore[index]
    assert set(KINDS) <= kinds, "the guide leaves out a kind"
    assert all(f"`{name}`" in GUIDE for name in PROPERTIES)


def test_the_prose_about_dependence_and_inference() -> None:
    dependent = {"K": {"shape": ["n", "n"], "depends_on": ["t"]}}
    assert parse("dK_dt + d2K_dt2", declare(dependent)).node.shape == ("n", "n")
    found = parse("A*x - b", declare({"A": "matrix", "x": "vector", "b": "vector"})).declared
    assert [found[name].shape for name in "Axb"] == [("m", "n"), ("n", 1), ("m", 1)]


def test_the_page_of_functions_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m service.language.guide"


def test_hints_are_about_what_is_not_in_the_language() -> None:
    """A hint for a character or command that reads well would never be seen."""
    for text in (*CHARACTERS, *(f"\\{command}" for command in LATEX)):
        with pytest.raises(NablaError):
            parse(f"x {text} y")
