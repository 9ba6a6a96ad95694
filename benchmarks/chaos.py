"""`make chaos`: what the service promises of bad days, measured on the real one: attackers, kills, a cache that fails, a long run.

    python -m benchmarks.chaos [--minutes 10] [attackers deadlines kills redis soak overhead]

Prints a row for each promise of docs/decisions: the figure, its bound, whether it held; ends with status 1 when one did not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import cache_faults, chaos_parts
from benchmarks.__main__ import table
from benchmarks.chaos_parts import Row, Service
from tests import servers

PARTS: dict[str, Callable[[Service], Iterator[Row]]] = {
    "attackers": chaos_parts.attackers,
    "deadlines": chaos_parts.deadlines,
    "kills": chaos_parts.kills,
    "overhead": chaos_parts.overhead,
    "redis": cache_faults.promises,
    "soak": chaos_parts.soak,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[], metavar="part", help=", ".join(PARTS))
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the long run is")
    asked = parser.parse_args(arguments)
    rows: list[Row] = []
    for name in asked.parts or PARTS:
        with service(asked.minutes) as running:
            for row in PARTS[name](running):
                rows.append(row)
                print(table([row.cells()]).splitlines()[-1], flush=True)
    print("\n" + table([row.cells() for row in rows]))
    return 0 if all(row.holds for row in rows) else 1


@contextmanager
def service(minutes: float) -> Iterator[Service]:
    """The service as it is deployed, two workers, behind what claims to be one proxy."""
    with (
        tempfile.TemporaryDirectory() as folder,
        servers.started(Path(folder), WEB_CONCURRENCY="2", TRUSTED_PROXIES="1", LOG_LEVEL="warning") as (base, process),
    ):
        running = Service(urlsplit(base).port or 0, process, minutes)
        running.wait_until_ready()
        yield running


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
