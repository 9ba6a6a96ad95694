"""Products of rational matrices compared modulo a prime: what exact products would cost many times the factorization for.

A wrong entry of an answer goes unnoticed only if it differs from the right one by a multiple of the prime, 2^61 − 1: by chance with a
probability of about 2^-61. The prime is fixed, so that the same request has the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

PRIME = 2**61 - 1

Rows = Sequence[Sequence[Any]]


def residues(rows: Rows) -> Any:
    """The fmpq in `rows`, at least one of them, as an nmod_mat; None when a denominator is a multiple of the prime."""
    table = []
    for row in rows:
        for value in row:
            denominator = int(value.q)
            if denominator % PRIME == 0:
                return None
            reduced = int(value.p) % PRIME
            table.append(reduced if denominator == 1 else reduced * pow(denominator, -1, PRIME) % PRIME)
    return flint.nmod_mat(len(rows), len(rows[0]), table, PRIME)


def is_product(left: Rows, right: Rows, product: Rows) -> bool:
    """Whether left·right = product, modulo the prime; all three have at least one row and column."""
    one, two, three = residues(left), residues(right), residues(product)
    return one is not None and two is not None and three is not None and one * two == three
