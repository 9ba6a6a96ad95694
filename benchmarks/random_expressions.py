"""Random typed expressions, first and second order: how many right, wrong, crashing, in matrix notation, and how fast.

`python -m benchmarks.random_expressions [first] [last]` prints those that are not right.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.calculus.examination import RIGHT, Outcome, examine

COUNT = 10_000


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    answered = [outcome for outcome in outcomes if outcome.text]
    flat = [outcome for outcome in answered if outcome.rank <= 2]
    times = [outcome.milliseconds for outcome in answered]
    lengths = [len(outcome.text) for outcome in answered]
    rows = [{"what": status, "expressions": count} for status, count in Counter(outcome.status for outcome in outcomes).most_common()]
    share = f"{sum(outcome.is_in_matrix_notation for outcome in flat)} of {len(flat)}"
    return [
        *rows,
        {"what": "in matrix notation, of the answers with at most two axes", "expressions": share},
        {"what": "milliseconds with checks, p50 / p99 / largest", "expressions": _three(times)},
        {"what": "characters, p50 / p99 / largest", "expressions": _three(lengths)},
    ]


def _three(values: Sequence[float]) -> str:
    return f"{percentile(values, 0.5):.3g} / {percentile(values, 0.99):.3g} / {max(values):.4g}"


def run(first: int = 0, last: int = COUNT, show: bool = False) -> list[dict[str, Any]]:
    outcomes = []
    for seed in range(first, last):
        outcomes.append(examine(seed))
        if show and outcomes[-1].status != RIGHT:
            print(outcomes[-1], flush=True)
    return summary(outcomes)


if __name__ == "__main__":
    bounds = [int(argument) for argument in sys.argv[1:]]
    for row in run(*(bounds or [0, COUNT]), show=True):
        print(f"{row['what']:60} {row['expressions']}")
