"""Why a matrix cannot be inverted: the errors, with the linear relations that show it."""

from __future__ import annotations

import math
from typing import Any

from service.errors import SingularMatrix, Undecided
from service.linalg.dependencies import RELATIONS_SHOWN, Dependency, exact_dependencies, shown
from service.linalg.exact import is_exactly_singular
from service.linalg.matrix import Matrix
from service.linalg.numerical_rank import numerical_rank


def singular(matrix: Matrix, consequence: str) -> SingularMatrix:
    """The error for an n×n `matrix` whose exact determinant is zero."""
    independent, dependencies = exact_dependencies(matrix.table)
    n, rank = matrix.shape[0], len(independent)
    return SingularMatrix(
        f"the matrix is singular: its determinant is 0 and its rank is {rank} where {n} is needed, "
        f"because {shown(dependencies)}. {consequence}",
        pointer="/matrix",
        facts={"determinant": "0", "rank": rank, "nullity": n - rank, "dependencies": _first(dependencies)},
    )


def singular_in_floats(matrix: Matrix, consequence: str, bound: float | None = None) -> SingularMatrix | Undecided:
    """The error for an n×n `matrix` that floats cannot tell from a singular one: singular when its singular values show a
    clear gap, undecided otherwise. `bound` is the relative effect of the rounding of its entries on the answer."""
    found = numerical_rank(matrix.floats)
    n = matrix.shape[0]
    if found.rank is None or found.rank == n:
        return too_sensitive("the answer", bound)
    relations = f", because {shown(found.dependencies)}" if found.dependencies else ""
    if is_exactly_singular(matrix):
        what, why = "singular", "its determinant is 0"
    else:
        first, next_one = found.singular_values[0], found.singular_values[found.rank]
        what = "singular to the precision of floats"
        why = f"its determinant cannot be told from 0 (its singular values fall from {first:.2g} to {next_one:.2g})"
    return SingularMatrix(
        f"the matrix is {what}: {why} and its rank is {found.rank} where {n} is needed{relations}. {consequence}",
        hint=None if matrix.is_complex else 'if the entries are exact as they stand, send "arithmetic": "exact"',
        pointer="/matrix",
        facts={"rank": found.rank, "nullity": n - found.rank, "tolerance": found.tolerance, "dependencies": _first(found.dependencies)},
    )


def too_sensitive(what: str, bound: float | None) -> Undecided:
    """The error for a float answer of which not even the first digits can be told."""
    amount = f"may change {what} by {bound:.2g} of its size" if bound and math.isfinite(bound) else f"decides {what}"
    return Undecided(
        f"the matrix is so close to a singular one that the rounding of its entries to floats {amount}",
        hint='send "arithmetic": "exact", which takes decimals as they stand, or exact texts such as "1/3" as entries',
        pointer="/matrix",
    )


def _first(dependencies: list[Dependency] | None) -> list[dict[str, Any]]:
    """The first relations as JSON, without long ones: a problem document stays small."""
    relations = [entry.to_json() for entry in (dependencies or [])[:RELATIONS_SHOWN]]
    return [relation for relation in relations if len(str(relation)) <= 500]
