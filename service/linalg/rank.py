"""The rank of a matrix, the relations between its rows, and the singular values that speak for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, Undecided
from service.linalg.dependencies import Dependency, exact_dependencies, shown
from service.linalg.exact import FALLBACK_SIZE, answer_digits, check_size
from service.linalg.exact_numbers import read_rational
from service.linalg.matrix import Arithmetic, Matrix, choose_arithmetic
from service.linalg.numerical_rank import CLEAR, NumericalRank, default_tolerance, numerical_rank

PRIME = 2**61 - 1


@dataclass(frozen=True)
class Rank:
    """The rank of an m×n matrix. `dependencies` write each row that depends on earlier rows in terms of them (None where floats
    do not show it); `singular_values`, `tolerance` and `gap` are there when the rank was read off from floats."""

    rank: int
    shape: tuple[int, int]
    dependencies: list[Dependency] | None
    arithmetic: Arithmetic
    checks: list[Check]
    numerical: NumericalRank | None = None

    def explanation(self) -> str:
        """The rank in words: against the largest possible one, and why it falls short."""
        most = min(self.shape)
        if self.rank == most:
            return f"the rank is {self.rank}, the largest that a {self.shape[0]}×{self.shape[1]} matrix can have"
        reason = f", because {shown(self.dependencies)}" if self.dependencies else ""
        return f"the rank is {self.rank} of at most {most}{reason}"

    def to_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "rank": self.rank,
            "max_rank": min(self.shape),
            "nullity": self.shape[1] - self.rank,
            "dependencies": None if self.dependencies is None else [entry.to_json() for entry in self.dependencies],
            "explanation": self.explanation(),
            "arithmetic": self.arithmetic,
        }
        if self.numerical:
            answer |= {
                "singular_values": self.numerical.singular_values,
                "tolerance": self.numerical.tolerance,
                "gap": self.numerical.gap,
            }
        return answer | {"checks": self.checks}


@np.errstate(all="ignore")  # an overflow makes a bound infinite, and is refused there
def rank(matrix: Matrix, arithmetic: Arithmetic | None = None, tolerance: float | None = None) -> Rank:
    """The rank of an m×n matrix.

    Whole and rational entries: exact, whatever the arithmetic, up to the limit exact-size. Floats: the number of singular
    values above max(m, n)·ε·σ₁, provided that they leave no doubt; with a `tolerance` given, the number above it, which
    is decided by definition. Raises LimitExceeded, Undecided.
    """
    limits.check("cubic-size", min(matrix.shape), "/matrix")
    if tolerance is None and _is_cheap_exactly(matrix):
        return _exact(matrix)
    mode = choose_arithmetic(arithmetic, True, matrix=matrix)
    if mode == "exact" and tolerance is not None:
        raise InputError("a tolerance has no meaning in exact arithmetic", "leave one of the two out", "/tolerance")
    if mode == "exact":
        return _exact(matrix)
    found = numerical_rank(matrix.floats, tolerance)
    if found.rank is None:
        raise undecided(found)
    checks = [clearance_check(found.rank, found, matrix.shape, tolerance)]
    if matrix.kind == "integer" and tolerance is None:
        checks.append(elimination_check(matrix, found.rank))
    dependencies = _of_decimals(matrix, found.rank) or found.dependencies
    return Rank(found.rank, matrix.shape, dependencies, "float", require(checks), found)


def _of_decimals(matrix: Matrix, found: int) -> list[Dependency] | None:
    """The exact relations between the decimals as sent, of a small matrix and if there are as many as floats show."""
    if max(matrix.shape) > FALLBACK_SIZE // 2 or matrix.is_complex:
        return None
    independent, dependencies = exact_dependencies(matrix.exact)
    return dependencies if len(independent) == found else None


def _is_cheap_exactly(matrix: Matrix) -> bool:
    """Whether the exact rank and the relations of whole or rational entries are within the limits."""
    fits = matrix.is_exact_data and min(matrix.shape) <= limits.limit("exact-size") and max(matrix.shape) <= limits.limit("cubic-size")
    return fits and 2 * answer_digits(matrix, _size(matrix)) <= limits.limit("exact-answer-digits")


def _size(matrix: Matrix) -> int:
    """How many coefficients the relations may hold."""
    m, n = matrix.shape
    return m * min(m, n)


def _exact(matrix: Matrix) -> Rank:
    limits.check("cubic-size", max(matrix.shape), "/matrix")
    if matrix.table.is_rational:
        check_size(matrix, _size(matrix))
    independent, dependencies = exact_dependencies(matrix.table)
    found = len(independent)
    if matrix.table.is_rational:
        checks = require([elimination_check(matrix, found), relations_check(matrix, dependencies, found)])
    else:
        across = len(matrix.table.echelon()[1])
        checks = require([decided("columns", across == found, "the elimination on the columns finds as many pivots as that on the rows")])
    return Rank(found, matrix.shape, dependencies, "exact", checks)


def undecided(found: NumericalRank, pointer: str = "/matrix") -> Undecided:
    """The error for singular values that leave the rank open."""
    values = found.singular_values
    count = int((values > found.tolerance).sum())
    return Undecided(
        f"the rank cannot be read off from floats: the singular values, from {values[0]:.3g} down to {values[-1]:.3g}, leave no clear gap "
        f"at the tolerance {found.tolerance:.2g} (above which there are {count})",
        hint='send "arithmetic": "exact" if the entries are exact as they stand, or a "tolerance" up to which singular values count as 0',
        pointer=pointer,
        facts={"singular_values_above_tolerance": count, "tolerance": found.tolerance, "smallest_singular_value": float(values[-1])},
    )


def clearance_check(rank: int, found: NumericalRank, shape: tuple[int, int], tolerance: float | None) -> Check:
    """That the singular values up to number `rank` lie clearly above the tolerance, and the others clearly below."""
    values = found.singular_values
    rounding = default_tolerance(shape, float(values[0]))
    last, following = values[rank - 1] if rank else np.float64(np.inf), values[rank] if rank < len(values) else np.float64(0)
    if tolerance is None:
        above, below = found.tolerance * CLEAR / last, following / found.tolerance if following else 0.0
        detail = "the tolerance times 10 against the last singular value that counts, or the next one against the tolerance"
    else:
        above, below = (tolerance + rounding) / last, (following + rounding) / tolerance if following else 0.0
        detail = "the tolerance against the singular values next to it, each moved by its rounding error"
    return measured("clearance", float(max(above, below)), 1.0, detail)


def elimination_check(matrix: Matrix, found: int) -> Check:
    """Compare the rank with that of an elimination on the columns instead of the rows, modulo a prime: a lower bound."""
    lower = int(flint.nmod_mat(matrix.exact.numer_denom()[0].transpose(), PRIME).rank())
    return decided("modular", lower == found, "the elimination modulo the prime 2^61 - 1, which can only lose rank, finds as many pivots")


def relations_check(matrix: Matrix, dependencies: list[Dependency], found: int) -> Check:
    """That each relation holds exactly: with m − rank of them, the rank cannot be more."""
    rows = matrix.exact.tolist()
    holds = len(rows) - len(dependencies) == found
    if dependencies:
        used = sorted({i for relation in dependencies for i, _ in relation.combination})
        place = {i: k for k, i in enumerate(used)}
        coefficients = flint.fmpq_mat(len(dependencies), len(used))
        for k, relation in enumerate(dependencies):
            for i, coefficient in relation.combination:
                coefficients[k, place[i]] = read_rational(str(coefficient)) or 0
        combined = coefficients * flint.fmpq_mat(len(used), matrix.shape[1], [value for i in used for value in rows[i]])
        holds = holds and combined == flint.fmpq_mat([rows[relation.index] for relation in dependencies])
        holds = holds and not {relation.index for relation in dependencies} & set(used)
    return decided("relations", holds, "each dependent row equals the stated combination of the independent ones, exactly")
