"""Hessians by one array as a core and deltas, and the linear systems with them, which are never formed.

The Hessian of ‖T - U V'‖² by U is 2 δ_ik (V'V)_jl: a matrix of the size of V'V says it all, and H·S = -G is S·(2 V'V) = -G.
Forms, for a matrix variable with axes i, j and the Hessian's axes i, j, k, l:

entries    δ_ik δ_jl w_ij                    S = -G/w, entry by entry; for a vector, a diagonal Hessian
rows       δ_ik C_jl, or C_ijl               one system for all rows, or one for each
columns    δ_jl C_ik, or C_ikj               the same of the columns
sum        δ_ik C_jl + δ_jl D_ik             a Sylvester equation, D·S + S·C' = -G
dense      anything else
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from service import limits
from service.calculus.compression import parts_of, restricted
from service.errors import SingularMatrix
from service.expression.numbers import Rational
from service.expression.operation import Array
from service.expression.sums import add
from service.expression.tensors import Product, Tensor


@dataclass(frozen=True)
class Core:
    """`form` is one of the names above; `cores` are C, or C and D, or the Hessian itself where it is dense.

    `each` tells that there is a core for each row or column: then its axes are that index, and the two of the matrix.
    """

    form: str
    cores: tuple[Tensor, ...]
    each: bool = False


def core_of(hessian: Tensor) -> Core:
    """The form of a Hessian by a vector (axes i, k) or a matrix (axes i, j, k, l)."""
    rank = len(hessian.shape) // 2
    parts = parts_of(hessian)
    ties = [_ties(term, rank) for _, term in parts]
    common = frozenset.intersection(*ties)
    if rank == 1:
        return Core("entries", (_core(parts, (0,)),)) if common else Core("dense", (hessian,))
    if common == {"rows", "columns"}:
        return Core("entries", (_core(parts, (0, 1)),))
    for form, kept, own in (("rows", (1, 3), 0), ("columns", (0, 2), 1)):
        if form in common:
            each = any(_depends(term, own) for _, term in parts)
            return Core(form, (_core(parts, (own, *kept) if each else kept),), each)
    if all(ties):
        rows = [part for part, tie in zip(parts, ties, strict=True) if "rows" in tie]
        columns = [part for part, tie in zip(parts, ties, strict=True) if "rows" not in tie]
        if not any(_depends(term, 0) for _, term in rows) and not any(_depends(term, 1) for _, term in columns):
            return Core("sum", (_core(rows, (1, 3)), _core(columns, (0, 2))))
    return Core("dense", (hessian,))


def _ties(term: Tensor, rank: int) -> frozenset[str]:
    """Which axes of the variable are tied to their second appearance by a delta."""
    if not isinstance(term, Product):
        return frozenset()
    names = ("rows", "columns")[:rank]
    return frozenset(name for place, name in enumerate(names) if term.out[place] == term.out[place + rank])


def _depends(term: Tensor, axis: int) -> bool:
    """Whether the entries differ along an axis."""
    return not isinstance(term, Product) or any(term.out[axis] in labels for _, labels in term.factors)


def _core(parts: Sequence[tuple[Rational, Tensor]], kept: tuple[int, ...]) -> Tensor:
    """The sum of the terms with these of the Hessian's axes; the others are tied to one of them, or nothing depends on them."""
    found: list[tuple[Rational, Tensor]] = []
    for weight, term in parts:
        assert isinstance(term, Product)
        found.append((1, restricted(weight, term, kept)))
    return add(found, found[0][1].shape)


def solve(core: Core, values: Sequence[Array], gradient: Array) -> tuple[Array, float]:
    """The S with H·S = -G, and the condition number of H in the 2-norm.

    `values` are those of the cores, with all their axes. Raises SingularMatrix where H is singular to double precision.
    """
    C = values[0]
    if core.form == "entries":
        condition = _condition(np.abs(C))
        return -gradient / C, condition
    if core.form == "sum":
        D = values[1]
        condition = _condition(np.abs(np.add.outer(np.linalg.eigvals(D), np.linalg.eigvals(C))))
        return np.asarray(linalg.solve_sylvester(D, C.T, -gradient)), condition
    rows = gradient.T if core.form == "columns" else gradient
    if core.form == "dense":
        C, rows = C.reshape(gradient.size, gradient.size), gradient.reshape(1, -1)
    limits.check("cubic-size", C.shape[-1])
    condition = _condition(np.linalg.svd(C, compute_uv=False))
    steps = np.linalg.solve(C, -rows[..., None])[..., 0] if core.each else np.linalg.solve(C, -rows.T).T
    return (steps.T if core.form == "columns" else steps.reshape(gradient.shape)), condition


def _condition(singular_values: Array) -> float:
    largest, smallest = float(np.max(singular_values)), float(np.min(singular_values))
    if not smallest > largest * singular_values.size * np.finfo(float).eps:
        raise SingularMatrix(
            "the Hessian is singular at this point to double precision, so there is no Newton step",
            hint="add a term such as norm2(x)^2/1000 to the function, or take another point",
            facts={"largest_singular_value": largest, "smallest_singular_value": smallest},
        )
    return largest / smallest
