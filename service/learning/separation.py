"""Why a likelihood has no maximum: a direction in which it never falls.

A binomial, multinomial or Poisson likelihood has no maximum exactly when there is a direction d ≠ 0 along which every observation
fits better or as well, the further the better: x·d ≥ 0 for all successes and ≤ 0 for all failures, not all of them 0 (Albert,
Anderson: Biometrika 71, 1984; for counts Correia, Guimarães, Zylkin: arXiv 1903.01633). A linear programme finds it in floats; it is
then rounded to rationals and verified in exact arithmetic against the decimals that were sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.linalg import qr

from service.linalg.matrix import Floats

ON_PLANE = 1e-7
DENOMINATORS = (1, 2, 4, 12, 100, 1_000, 10**6)


@dataclass(frozen=True)
class Demands:
    """What a direction D (p×c, a column for each linear predictor) has to do: (X·D)[row, above] − (X·D)[row, below] ≥ 0, or = 0 where
    `equal`; an `above` or `below` of −1 stands for 0."""

    row: NDArray[np.intp]
    above: NDArray[np.intp]
    below: NDArray[np.intp]
    equal: NDArray[np.bool_]
    columns: int

    def matrix(self, X: Floats) -> Floats:
        """The demands as rows over vec D, column after column."""
        p = X.shape[1]
        found = np.zeros((len(self.row), p * self.columns))
        for c in range(self.columns):
            found[:, c * p : (c + 1) * p] = X[self.row] * ((self.above == c).astype(float) - (self.below == c))[:, None]
        return found


@dataclass(frozen=True)
class Direction:
    """A direction D (p×c) that separates, verified exactly; `complete` where every demand is met with a surplus."""

    entries: tuple[tuple[Fraction, ...], ...]
    complete: bool

    @property
    def kind(self) -> str:
        return "complete" if self.complete else "quasi-complete"


def separating_direction(X: Floats, exact: Any, demands: Demands) -> Direction | None:
    """A direction that meets the demands, some with a surplus, or None where none is found. `exact` is X as fmpq_mat (n×p)."""
    sizes = np.abs(X).max(axis=0)
    rows = demands.matrix(X / np.where(sizes > 0, sizes, 1))
    scale = np.tile(np.where(sizes > 0, sizes, 1), demands.columns)
    best: Direction | None = None
    for strict in (True, False):
        found = _programme(rows, demands.equal, strict)
        if found is None:
            continue
        for candidate in _rational(rows, found, scale, X, exact, demands):
            verified = verify(exact, candidate, demands)
            if verified is not None and verified.complete:
                return verified
            best = best or verified
            if best is not None and not strict:
                break
    return best


def _programme(rows: Floats, equal: NDArray[np.bool_], strict: bool) -> NDArray[np.float64] | None:
    """The direction within |d| ≤ 1 with the largest smallest surplus (`strict`), or with the largest sum of surpluses."""
    width = rows.shape[1]
    free = ~equal
    if not free.any() or (strict and equal.any()):
        return None
    kept = rows[free]
    if strict:
        cost, above = np.append(np.zeros(width), -1.0), np.hstack([-kept, np.ones((len(kept), 1))])
        fixed, bounds = np.zeros((0, width + 1)), [(-1.0, 1.0)] * width + [(-width - 1.0, width + 1.0)]
    else:
        cost, above = -kept.mean(axis=0), -kept
        fixed, bounds = rows[equal], [(-1.0, 1.0)] * width
    result: Any = optimize.linprog(cost, above, np.zeros(len(above)), fixed, np.zeros(len(fixed)), bounds, method="highs")
    if result.status != 0 or not -result.fun > 1e-9:
        return None
    return np.asarray(result.x[:width])


def _rational(
    rows: Floats, found: NDArray[np.float64], scale: NDArray[np.float64], X: Floats, exact: Any, demands: Demands
) -> Iterator[list[Fraction]]:
    """Directions near the one found, in rationals; where demands are met without a surplus, exactly so: in their null space."""
    p = X.shape[1]
    active = np.flatnonzero(np.abs(rows @ found) <= ON_PLANE * np.abs(found).max())
    direction = found / scale
    if not len(active):
        yield from _rounded(direction, None)
        units = [Fraction(2) ** int(power) for power in np.frexp(scale)[1]]  # where the predictors differ much in size
        for near in _rounded(found, None):
            yield [value / unit for value, unit in zip(near, units, strict=True)]
        return
    chosen = rows[active]
    _, triangle, order = qr(chosen.T, mode="economic", pivoting=True)
    diagonal = np.abs(np.diagonal(triangle))
    rank = int((diagonal > 1e-9 * max(diagonal[0], 1e-300)).sum()) if diagonal.size else 0
    entries = []
    for place in active[order[:rank]]:
        row = [flint.fmpq(0)] * (p * demands.columns)
        for column, sign in ((demands.above[place], 1), (demands.below[place], -1)):
            if column >= 0:
                for j in range(p):
                    row[column * p + j] += sign * exact[int(demands.row[place]), j]
        entries.append(row)
    yield from _rounded(direction, _null_space(entries, p * demands.columns))


def _null_space(rows: list[list[Any]], width: int) -> list[list[Fraction]]:
    """A basis of what the rows map to 0, exactly."""
    if not rows:
        return [[Fraction(int(i == j)) for j in range(width)] for i in range(width)]
    reduced, rank = flint.fmpq_mat(rows).rref()
    pivots = [next(j for j in range(width) if reduced[i, j] != 0) for i in range(rank)]
    basis = []
    for free in sorted(set(range(width)) - set(pivots)):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for i, pivot in enumerate(pivots):
            vector[pivot] = -Fraction(int(reduced[i, free].p), int(reduced[i, free].q))
        basis.append(vector)
    return basis


def _rounded(direction: NDArray[np.float64], basis: list[list[Fraction]] | None) -> Iterator[list[Fraction]]:
    """The direction, its largest entry 1, with ever finer denominators; inside the span of a basis where one is given."""
    if basis is not None and not basis:
        return
    weights = direction
    if basis is not None:
        floats = np.array([[float(value) for value in vector] for vector in basis])
        weights = np.linalg.lstsq(floats.T, direction, rcond=None)[0]
    largest = np.abs(weights).max()
    if not largest > 0:
        return
    for denominator in DENOMINATORS:
        near = [Fraction(float(value / largest)).limit_denominator(denominator) for value in weights]
        if basis is None:
            yield near
        else:
            yield [
                sum((weight * vector[j] for weight, vector in zip(near, basis, strict=True)), Fraction(0)) for j in range(len(direction))
            ]


def verify(exact: Any, direction: Sequence[Fraction], demands: Demands) -> Direction | None:
    """The direction where it meets every demand in exact arithmetic, some with a surplus; else None."""
    p = exact.ncols()
    columns = [direction[c * p : (c + 1) * p] for c in range(demands.columns)]
    matrix = flint.fmpq_mat([[flint.fmpq(column[j].numerator, column[j].denominator) for column in columns] for j in range(p)])
    scores = [[*row, flint.fmpq(0)] for row in (exact * matrix).tolist()]  # the last, −1, stands for 0
    surplus = [
        scores[i][a] - scores[i][b] for i, a, b in zip(demands.row.tolist(), demands.above.tolist(), demands.below.tolist(), strict=True)
    ]
    equal = demands.equal.tolist()
    if any(value != 0 if fixed else value < 0 for value, fixed in zip(surplus, equal, strict=True)) or not any(surplus):
        return None
    return Direction(tuple(map(tuple, columns)), not any(equal) and all(value > 0 for value in surplus))
