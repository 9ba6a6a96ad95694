"""Run the benchmarks named on the command line, or all, and print their tables."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any


def table(rows: list[dict[str, Any]]) -> str:
    headings = list(rows[0])
    cells = [headings, *[[str(row[heading]) for heading in headings] for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(headings))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)


def main(names: list[str]) -> None:
    found = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if not module.name.startswith("_")]
    for name in names or found:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "run"):
            continue
        print(f"\n{name}: {(module.__doc__ or '').strip().splitlines()[0]}\n", flush=True)
        print(table(module.run()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
