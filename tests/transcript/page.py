"""`python -m tests.transcript.page` writes docs/curl.md from the transcript; the tests run every line of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.servers import ROOT

HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "curl.md"
HOST = "http://127.0.0.1:8000"
HEAD = f"""# With curl

Every way in and out, and every mistake with what is answered to it. The tests run each command below with curl itself against the
service, and compare; where an answer is long, the parts that matter are shown. The service is at `{HOST}`
(`make serve`).
"""


@dataclass(frozen=True)
class Entry:
    """One thing that a person types, and what comes back.

    `prints` is the whole output, `contains` parts of it in their order. A mistake has a `status` and a `hint`; unless `final`, the
    answer holds the command that was meant, which is run too, and must succeed. `exits` is the exit status of the shell.
    """

    say: str
    run: str
    prints: str | None = None
    contains: tuple[str, ...] = ()
    exits: int = 0
    status: int | None = None
    hint: str = ""
    final: bool = False


@dataclass(frozen=True)
class Section:
    """Entries that run one after the other in one folder."""

    name: str
    title: str
    say: str
    entries: tuple[Entry, ...]


def sections() -> list[Section]:
    """The transcript, file by file."""
    return [_read(path) for path in sorted(HERE.glob("*.yaml"))]


def _read(path: Path) -> Section:
    raw = yaml.safe_load(path.read_text())
    entries = tuple(Entry(**{**entry, "contains": tuple(entry.get("contains", ()))}) for entry in raw["entries"])
    return Section(path.stem, raw["title"], raw["say"].strip(), entries)


def page() -> str:
    """docs/curl.md."""
    return "\n".join([HEAD, *(_section(section) for section in sections())])


def _section(section: Section) -> str:
    return "\n".join([f"## {section.title}", "", section.say, "", *(_entry(entry) for entry in section.entries)])


def _entry(entry: Entry) -> str:
    lines = [entry.say.strip(), "", "```sh", entry.run.strip(), "```", ""]
    if entry.status is not None:
        hint = f", with the hint\n\n```text\n{entry.hint}\n```\n" if entry.hint else ".\n"
        lines.append(f"is refused with {entry.status}{hint}")
    elif entry.prints is not None:
        lines += ["```text", entry.prints.rstrip("\n"), "```", ""]
    elif entry.contains:
        lines += ["```text", "… " + " …\n… ".join(entry.contains) + " …", "```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
