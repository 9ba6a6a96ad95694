"""docs/functions.md, the functions of the language as the registry knows them.

Written by `python -m service.language.guide`; a test fails when the file is stale.
"""

from __future__ import annotations

from pathlib import Path

import service.operations  # noqa: F401  (fills the registry)
from service.expression.operation import Operation, operations

PAGE = Path(__file__).resolve().parents[2] / "docs" / "functions.md"

_HEAD = """# The functions of the language

Generated from the code by `python -m service.language.guide`. How expressions are written is told in [language.md](language.md).
"""


def page() -> str:
    """The page in Markdown: a table a family, with other names and the points without a derivative."""
    families: dict[str, list[Operation]] = {}
    for operation in operations():
        if operation.in_language:
            families.setdefault(operation.family, []).append(operation)
    parts = [_HEAD]
    for family in sorted(families):
        parts.append(f"\n## {family.capitalize()}\n\n| function | value | no derivative |\n|---|---|---|\n")
        parts += [_row(operation) for operation in sorted(families[family], key=lambda operation: operation.name)]
    return "".join(parts)


def _row(operation: Operation) -> str:
    written = ", ".join(f"`{form}`" for form in operation.usage().split(" or "))
    if operation.aliases:
        written += f"; also {', '.join(f'`{name}`' for name in operation.aliases)}"
    value = operation.summary().replace("|", "\\|")
    return f"| {written} | {value} | {operation.kink.format(x='x', y='y')} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
