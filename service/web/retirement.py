"""How an operation is taken out of service: what its answers and its description say of it beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime


@dataclass(frozen=True)
class Retirement:
    """From `since` on the operation is deprecated (RFC 9745), after `until` it may be gone (RFC 8594); `successor` is the path of
    what takes its place, `guide` the address that tells how to go over."""

    since: date
    until: date | None = None
    successor: str | None = None
    guide: str = "/docs"

    def headers(self) -> list[tuple[str, str]]:
        """The headers Deprecation, Sunset and Link of its answers."""
        links = [f'<{self.guide}>; rel="deprecation"; type="text/html"']
        found = [("Deprecation", f"@{int(_midnight(self.since).timestamp())}")]
        if self.until is not None:
            found.append(("Sunset", format_datetime(_midnight(self.until), usegmt=True)))
        if self.successor is not None:
            links.append(f'<{self.successor}>; rel="successor-version"')
        return [*found, ("Link", ", ".join(links))]

    def told(self) -> dict[str, str | None]:
        """The same for GET /v1/operations."""
        return {"since": self.since.isoformat(), "until": self.until.isoformat() if self.until else None, "successor": self.successor}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
