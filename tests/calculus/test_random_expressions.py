"""A few hundred random expressions; `python -m benchmarks.random_expressions` takes ten thousand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from service.answers import derivation
from service.expression.operation import operation
from tests.calculus.examination import WRONG, examine
from tests.calculus.random_expressions import question

BATCHES, BATCH = 12, 40


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_expressions_are_differentiated_right(batch: int) -> None:
    outcomes = [examine(seed) for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    assert not [str(outcome) for outcome in outcomes if outcome.is_bad]
    answered = [outcome for outcome in outcomes if outcome.text]
    assert len(answered) > 0.7 * BATCH


def test_a_wrong_rule_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sine whose derivative is a thousandth off, and a service that does not check itself."""
    rule = type(operation("sin")).derivative

    def wrong(self: Any, *tensors: Any) -> Any:
        return rule(self, *tensors) * Fraction(1001, 1000)

    monkeypatch.setattr(type(operation("sin")), "derivative", wrong)
    monkeypatch.setattr(derivation, "_checks", lambda *_: [])
    seeds = [seed for seed in range(400) if "sin(" in question(seed).expression and len(question(seed).expression) < 60]
    assert sum(examine(seed).status == WRONG for seed in seeds) > len(seeds) / 4
