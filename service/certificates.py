"""What was verified about one answer. Every answer carries a list of these; a failing one becomes an error."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from service.errors import CheckFailed


@dataclass(frozen=True)
class Check:
    """One verified property of one answer.

    `error` is the measured violation and `tolerance` its bound, in the unit that `detail` names (relative unless it
    says otherwise); both are None for a yes-or-no property. `passed` is decided at birth by `measured` and `decided`.
    """

    name: str
    passed: bool
    error: float | None
    tolerance: float | None
    detail: str

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "passed": self.passed, "error": self.error, "tolerance": self.tolerance, "detail": self.detail}


def measured(name: str, error: float, tolerance: float, detail: str) -> Check:
    """A check of a number: passes when `error <= tolerance`; NaN and infinity never pass."""
    error = float(error)
    finite = math.isfinite(error)
    return Check(name, finite and bool(error <= tolerance), error if finite else None, float(tolerance), detail)


def decided(name: str, holds: bool, detail: str) -> Check:
    """A check of an exact yes-or-no property."""
    return Check(name, bool(holds), None, None, detail)


def require(checks: Iterable[Check]) -> list[Check]:
    """The checks as a list; raises CheckFailed naming those that did not pass (promise 2: never hidden)."""
    checks = list(checks)
    failed = [check for check in checks if not check.passed]
    if failed:
        names = ", ".join(check.name for check in failed)
        raise CheckFailed(
            f"an answer was computed, but its own check refused it: {names} ({failed[0].detail})",
            hint='the input is probably too ill-conditioned for this arithmetic; try "arithmetic": "exact" where the operation takes it',
            facts={"checks": [check.to_json() for check in checks]},
        )
    return checks
