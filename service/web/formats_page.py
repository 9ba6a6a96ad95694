"""The tables of docs/formats.md: what a request may come as, what an answer may leave as, what the bare answer of each operation is.

Written by `python -m service.web.formats_page` between the marks of the page; a test fails when they are stale.
"""

from __future__ import annotations

from pathlib import Path

from service.web import encodings
from service.web.array_files import CSV, NPY, TSV
from service.web.forms import JSON, KINDS
from service.web.multipart import MULTIPART
from service.web.operators import renewed, table
from service.web.packed import MSGPACK
from service.web.reading import BODIES
from service.web.registry import by_family

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
READ = {
    JSON: "an object with the operation's fields",
    CSV: "the main array, or a table with a line of names; the other fields are in the query",
    TSV: "the same, with tabs",
    NPY: "the main array, as `numpy.save` writes it; the other fields are in the query",
    MSGPACK: "the object, arrays as lists or {shape, dtype, data}; or the main array alone, the other fields in the query",
    MULTIPART: "a part for each field: a file for an array or a table, text for a text, JSON for anything else",
}


def page(text: str) -> str:
    """The page with its tables renewed."""
    return renewed(text, TABLES)


def bodies() -> str:
    encoded = ", ".join(f"`{name}`" for name in encodings.DECODERS)
    rows = [(f"`{name}`", READ[name]) for name in BODIES]
    return table(("content type", "what it holds"), rows) + f"\nEach of them may come with `Content-Encoding` {encoded}.\n"


def answers() -> str:
    rows = [(f"`{kind.name}`", f"`{kind.media_type}`", kind.holds) for kind in KINDS]
    return table(("`?format=`", "`Accept`", "what it holds"), rows)


def operations() -> str:
    rows = []
    for _, entries in by_family():
        for entry in entries:
            filled = entry.table or entry.main
            rows.append((f"`{entry.name}`", f"`{filled}`" if filled else "", ", else ".join(f"`{member}`" for member in entry.bare)))
    return table(("operation", "a file fills", "the bare answer"), rows)


TABLES = {"bodies": bodies, "answers": answers, "operations": operations}


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
