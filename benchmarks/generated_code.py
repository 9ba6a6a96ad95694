"""Generated NumPy against NumPy by hand, the same function, gradient and Hessian, called again and again.

One thread, in turns, medians of CPU time; the answers are compared first.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from benchmarks.first_request import CASES, MOST_ENTRIES, SIZES, Kernel, by_hand, draw, with_nabla
from benchmarks.identities_speed import unchecked

ENOUGH = 0.5
"""Seconds that are enough for one case."""
FEWEST, MOST = 5, 2000


def medians(calls: dict[str, Kernel]) -> dict[str, float]:
    """Median seconds of each, called in turns; calls below a tenth of a millisecond are timed ten at a time."""
    start = time.process_time()
    for call in calls.values():
        call()
    several = 1 if time.process_time() - start > 2e-4 * len(calls) else 10
    times: dict[str, list[float]] = {name: [] for name in calls}
    total = 0.0
    while len(next(iter(times.values()))) < FEWEST or (total < ENOUGH and len(next(iter(times.values()))) < MOST):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(several):
                call()
            times[name].append((time.process_time() - start) / several)
            total += times[name][-1] * several
    return {name: statistics.median(found) for name, found in times.items()}


def run(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Times in ms, and how many times as long the generated code takes."""
    rows = []
    with unchecked():
        for name, case in CASES.items():
            for order in ("gradient", "hessian"):
                for n in sizes:
                    values = draw(case, n)
                    if order == "hessian" and values[case.wrt].size ** 2 > MOST_ENTRIES:
                        continue
                    calls = {"generated": with_nabla(case, order, values), "by hand": by_hand(case, order, values)}
                    np.testing.assert_allclose(*[call() for call in calls.values()], rtol=1e-7, atol=1e-9)
                    found = medians(calls)
                    row: dict[str, Any] = {"function": name, "": order, "n": n}
                    row.update({f"{kind}, ms": f"{seconds * 1e3:.3g}" for kind, seconds in found.items()})
                    rows.append({**row, "generated / by hand": round(found["generated"] / found["by hand"], 2)})
    return rows
