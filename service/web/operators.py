"""The tables of docs/operations.md: settings, limits, metrics, as the code has them.

Written by `python -m service.web.operators` between the marks of the page; a test fails when they are stale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from service.limits import LIMITS
from service.settings import SETTINGS
from service.web.metrics import METRICS
from service.web.problems import PROBLEMS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
MARKED = re.compile(r"(?s)(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)")
KINDS = {"counter": "counter", "histogram": "histogram", "live": "gauge", "each": "gauge of each worker", "max": "gauge"}


def page(text: str) -> str:
    """The page with its tables renewed."""
    return renewed(text, TABLES)


def renewed(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """A page with its tables renewed. Raises KeyError for a table that there is not."""
    return MARKED.sub(lambda match: f"{match[1]}\n{tables[match[2]]()}\n{match[3]}", text)


def settings() -> str:
    rows = [(f"`{entry.name.upper()}`", f"`{entry.default}`" if entry.default != "" else "", entry.metadata["help"]) for entry in SETTINGS]
    return table(("setting", "default", "meaning"), rows)


def limits() -> str:
    rows = [(f"`{row.name}`", f"{row.default:,}", row.unit, row.help) for row in LIMITS]
    return table(("limit", "default", "in", "the largest allowed ..."), rows)


def metrics() -> str:
    rows = []
    for row in METRICS:
        name = row.name + ("_total" if row.kind == "counter" else "")
        rows.append((f"`{name}`", KINDS[row.kind], ", ".join(f"`{label}`" for label in row.labels), row.help))
    return table(("metric", "kind", "labels", "meaning"), rows)


def problems() -> str:
    rows = [(f"`{row.code}`", str(row.status), row.help) for row in PROBLEMS.values() if row.status in (401, 403, 408, 429, 431, 500, 503)]
    return table(("code", "status", "meaning"), rows)


TABLES = {"settings": settings, "limits": limits, "metrics": metrics, "problems": problems}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
