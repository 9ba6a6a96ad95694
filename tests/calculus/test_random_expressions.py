"""A few hundred random expressions; `python -m benchmarks.random_expressions` takes ten thousand."""

from __future__ import annotations

import pytest

from tests.calculus.examination import examine

BATCHES, BATCH = 12, 40


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_expressions_are_differentiated_right(batch: int) -> None:
    outcomes = [examine(seed) for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    assert not [str(outcome) for outcome in outcomes if outcome.is_bad]
    answered = [outcome for outcome in outcomes if outcome.text]
    assert len(answered) > 0.7 * BATCH
