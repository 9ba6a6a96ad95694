"""Exact linear algebra over Q(λ) = Q[x]/(f), where λ is any root of the irreducible polynomial f.

An element is an fmpq_poly of a degree below that of f. What is computed here holds for every root of f at once. With f linear
it is plain rational arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint

Vector = list[Any]


@dataclass(frozen=True)
class NumberField:
    """`modulus` is the irreducible fmpq_poly f."""

    modulus: Any

    @property
    def degree(self) -> int:
        return int(self.modulus.degree())

    @property
    def generator(self) -> Any:
        """The root λ."""
        return flint.fmpq_poly([0, 1]) % self.modulus

    def element(self, value: Any) -> Any:
        return flint.fmpq_poly([value])

    def times(self, left: Any, right: Any) -> Any:
        return left * right % self.modulus

    def inverse(self, value: Any) -> Any:
        """1/value for a value that is not 0."""
        common, inverse, _ = value.xgcd(self.modulus)
        return inverse / common[0]

    def shifted(self, a: Any) -> list[Vector]:
        """A − λI for an fmpq_mat."""
        return [
            [self.element(entry) - (self.generator if i == j else 0) for j, entry in enumerate(row)] for i, row in enumerate(a.tolist())
        ]

    def product(self, rows: list[Vector], columns: list[Vector]) -> list[Vector]:
        turned = list(zip(*columns, strict=True))
        zero = self.element(0)
        return [[sum((x * y for x, y in zip(row, column, strict=True)), zero) % self.modulus for column in turned] for row in rows]

    def reduced(self, rows: list[Vector]) -> tuple[list[Vector], list[int]]:
        """The reduced row echelon form without its zero rows, and the pivot columns."""
        pivots: list[int] = []
        work = [list(row) for row in rows]
        for column in range(len(work[0]) if work else 0):
            place = next((i for i in range(len(pivots), len(work)) if work[i][column] != 0), None)
            if place is None:
                continue
            rank = len(pivots)
            work[rank], work[place] = work[place], work[rank]
            scale = self.inverse(work[rank][column])
            work[rank] = [self.times(entry, scale) for entry in work[rank]]
            for i, row in enumerate(work):
                if i != rank and row[column] != 0:
                    factor = row[column]
                    work[i] = [(x - factor * y) % self.modulus for x, y in zip(row, work[rank], strict=True)]
            pivots.append(column)
        return work[: len(pivots)], pivots

    def null_space(self, rows: list[Vector]) -> list[Vector]:
        """A basis of {v: rows·v = 0}; in each vector one of the free entries is 1 and the others 0."""
        n = len(rows[0])
        reduced, pivots = self.reduced(rows)
        basis = []
        for free in (column for column in range(n) if column not in pivots):
            vector = [self.element(int(j == free)) for j in range(n)]
            for row, pivot in zip(reduced, pivots, strict=True):
                vector[pivot] = -row[free]
            basis.append(vector)
        return basis

    def chains(self, a: Any, blocks: tuple[int, ...]) -> list[list[Vector]]:
        """Jordan chains v₁, v₂ = ..., with (A − λI)v₁ = 0 and (A − λI)v₂ = v₁, ..., one for each block, the longest first.

        From the top: a chain of length k starts with a vector that (A − λI)^k maps to 0 and that is independent of what
        (A − λI)^(k−1) maps to 0 and of the vectors of longer chains.
        """
        shifted = self.shifted(a)
        kernels, power = [], shifted
        for _ in range(blocks[0]):
            kernels.append(self.null_space(power))
            power = self.product(power, shifted)
        found: list[list[Vector]] = []
        for level in range(blocks[0], 0, -1):
            below = kernels[level - 2] if level > 1 else []
            known = below + [chain[level - 1] for chain in found]
            for candidate in kernels[level - 1]:
                if sum(len(chain) == level for chain in found) == blocks.count(level):
                    break
                if len(self.reduced([*known, candidate])[1]) > len(known):
                    known.append(candidate)
                    chain = [candidate]
                    for _ in range(level - 1):
                        chain.insert(0, [row[0] for row in self.product(shifted, [[entry] for entry in chain[0]])])
                    found.append(chain)
        return found
