"""Conditional expectations E[Y | X = x] of pairs of observations, or of a joint distribution, in exact rational arithmetic.

All moments are those of the distribution itself (of the sample, each pair with weight 1/N): the mean squared error
E[(Y − f(X))²] is least for f(x) = E[Y | X = x], where it is E[Var(Y | X)], and Var(Y) = E[Var(Y | X)] + Var(E[Y | X])
(Grimmett and Stirzaker, Probability and Random Processes, 3rd ed., ch. 3.7 and 7.9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint

from service import limits
from service.certificates import Check, decided, require
from service.errors import InputError, MathematicsRefuses, ShapeMismatch
from service.linalg.exact_numbers import beyond_doubles, nearest_double
from service.linalg.matrix import LARGEST_INTEGER, Arithmetic, Matrix

SUM_TOLERANCE = flint.fmpq(1, 10**9)
"""How far the probabilities of a joint table may be from adding up to 1."""
ZERO = flint.fmpq(0)

Key = Any  # fmpq, or the text of a category


@dataclass(frozen=True)
class Group:
    """What is known of Y where X = x: the weight of X = x, in units of the distribution's `total`, and the weight of each value of Y."""

    x: Key
    weight: Any
    values: dict[Any, Any]

    def mean(self) -> Any:
        return sum((y * weight for y, weight in self.values.items()), ZERO) / self.weight

    def variance(self) -> Any:
        """About the mean, divided by the weight."""
        mean = self.mean()
        return sum(((y - mean) ** 2 * weight for y, weight in self.values.items()), ZERO) / self.weight


def of_pairs(x: Sequence[Key], y: Matrix) -> list[Group]:
    """The groups of N pairs, x in order. Raises ShapeMismatch, InputError, LimitExceeded."""
    if len(x) != y.shape[0]:
        raise ShapeMismatch(f"x has {len(x)} entries and y has {y.shape[0]}: there is a y for each x", pointer="/x")
    limits.check("exact-entries", len(x), "/x")
    counted: dict[Key, dict[Any, Any]] = {}
    for key, row in zip(x, y.exact.tolist(), strict=True):
        values = counted.setdefault(key, {})
        values[row[0]] = values.get(row[0], ZERO) + 1
    return [Group(key, sum(counted[key].values(), ZERO), counted[key]) for key in _ordered(counted)]


def of_table(joint: Matrix, x: Sequence[Key] | None, y: Matrix | None) -> list[Group]:
    """The groups of a joint distribution: a row for each value of X, a column for each of Y; probabilities, or whole numbers that
    count. `x` and `y` are those values, 0, 1, 2, ... when left out. Raises ShapeMismatch, InputError, MathematicsRefuses."""
    rows, columns = joint.shape
    limits.check("exact-entries", rows * columns, "/joint")
    keys = list(range(rows)) if x is None else list(x)
    values = [flint.fmpq(j) for j in range(columns)] if y is None else [row[0] for row in y.exact.tolist()]
    if len(keys) != rows:
        raise ShapeMismatch(f"the joint table has {rows} rows, and x {len(keys)} values: a row for each value of X", pointer="/x")
    if len(values) != columns:
        raise ShapeMismatch(f"the joint table has {columns} columns, and y {len(values)} values: a column for each of Y", pointer="/y")
    for name, entries in (("x", keys), ("y", values)):
        if len(set(entries)) < len(entries):
            raise InputError(f"a value of {name} stands there twice", "each row and each column of the table has its own value", f"/{name}")
    table = joint.exact.tolist()
    for i, row in enumerate(table):
        for j, weight in enumerate(row):
            if weight < 0:
                raise InputError("a probability is negative", "entries are probabilities, or whole numbers that count", f"/joint/{i}/{j}")
    total = sum((weight for row in table for weight in row), ZERO)
    if total == 0:
        raise MathematicsRefuses("all probabilities are 0", "they add up to 1", "/joint")
    if joint.kind != "integer" and abs(total - 1) > SUM_TOLERANCE:
        detail = f"the probabilities add up to {nearest_double(total):.6g}, not to 1"
        raise InputError(detail, "send probabilities that do, or whole numbers that count", "/joint")
    groups = {key: dict(zip(values, row, strict=True)) for key, row in zip(keys, table, strict=True)}
    found = [Group(key, sum(groups[key].values(), ZERO), {y: w for y, w in groups[key].items() if w != 0}) for key in _ordered(groups)]
    return [group for group in found if group.weight != 0]


def _ordered(keys: Any) -> list[Key]:
    """Numbers by size, then texts by their letters."""
    return sorted(keys, key=lambda key: (1, ZERO, key) if isinstance(key, str) else (0, flint.fmpq(key), ""))


def conditional_expectation(groups: Sequence[Group], counted: bool, arithmetic: Arithmetic) -> dict[str, Any]:
    """The table of E[Y | X = x] and Var(Y | X = x), and the two laws of total expectation and variance, verified exactly.

    Floats are the nearest to the exact values. Raises MathematicsRefuses beyond the range of doubles.
    """
    total = sum((group.weight for group in groups), ZERO)
    means, variances = [group.mean() for group in groups], [group.variance() for group in groups]
    shares = [group.weight / total for group in groups]
    marginal: dict[Any, Any] = {}
    for group in groups:
        for y, weight in group.values.items():
            marginal[y] = marginal.get(y, ZERO) + weight / total
    mean = sum((y * weight for y, weight in marginal.items()), ZERO)
    variance = sum(((y - mean) ** 2 * weight for y, weight in marginal.items()), ZERO)
    within = sum((share * part for share, part in zip(shares, variances, strict=True)), ZERO)
    between = sum((share * (part - mean) ** 2 for share, part in zip(shares, means, strict=True)), ZERO)

    def told(value: Any) -> Any:
        return str(value) if arithmetic == "exact" else _double(value)

    table = []
    for group, share, group_mean, group_variance in zip(groups, shares, means, variances, strict=True):
        table.append(
            {
                "x": group.x if isinstance(group.x, str) else _key(group.x, arithmetic),
                "mean": told(group_mean),
                "variance": told(group_variance),
                "count": int(group.weight.p) if counted else None,
                "probability": told(share),
                "distribution": [{"y": told(y), "probability": told(group.values[y] / group.weight)} for y in sorted(group.values)],
            }
        )
    return {
        "table": table,
        "mse": told(within),
        "mean": told(mean),
        "variance": told(variance),
        "variance_of_means": told(between),
        "mean_of_variances": told(within),
        "explained": told(between / variance) if variance != 0 else None,
        "count": int(total.p) if counted else None,
        "arithmetic": arithmetic,
        "checks": require(checks(groups, means, within, between, mean, variance)),
    }


def checks(groups: Sequence[Group], means: Sequence[Any], mse: Any, between: Any, mean: Any, variance: Any) -> list[Check]:
    """Exactly, and straight from the pairs: what makes f(x) = E[Y | X = x] the best guess, and the two laws."""
    total = sum((group.weight for group in groups), ZERO)
    best = all(sum(((y - f) * w for y, w in group.values.items()), ZERO) == 0 for group, f in zip(groups, means, strict=True))
    squared = ZERO
    for group, f in zip(groups, means, strict=True):
        squared += sum(((y - f) ** 2 * w for y, w in group.values.items()), ZERO)
    expectation = sum((group.weight * f for group, f in zip(groups, means, strict=True)), ZERO) / total
    return [
        decided("optimal", best, "E[Y - f(x) | X = x] = 0 for each x, exactly: the derivative of the mean squared error by f(x) is 0"),
        decided("mse", squared / total == mse, "the mean squared error of f(x) = E[Y | X = x], summed over all pairs, exactly"),
        decided("total-expectation", expectation == mean, "E[E[Y | X]] = E[Y], exactly"),
        decided("total-variance", mse + between == variance, "E[Var(Y | X)] + Var(E[Y | X]) = Var(Y), exactly"),
    ]


def _key(value: Any, arithmetic: Arithmetic) -> Any:
    value = flint.fmpq(value)
    if arithmetic == "exact":
        return str(value)
    if value.q == 1:
        return int(value.p) if abs(value.p) <= LARGEST_INTEGER else str(value)
    return _double(value)


def _double(value: Any) -> float:
    try:
        return nearest_double(value)
    except OverflowError:
        raise beyond_doubles() from None
