"""The names of labels do not depend on the names that came in, nor on the order of the factors."""

from __future__ import annotations

import random

import pytest

from service.expression.arena import fresh_arena
from service.expression.labels import LONG, canonical
from service.expression.tensors import Factor, Labels, variable

LENGTH = 2 * LONG
A, B = "A", "B"
CHAINS: dict[str, tuple[list[tuple[str, Labels]], Labels]] = {
    "a path of equal matrices": ([(A, (k, k + 1)) for k in range(LENGTH)], (0, LENGTH)),
    "a path between vectors": ([("x", (0,)), *[(A, (k, k + 1)) for k in range(LENGTH)], ("x", (LENGTH,))], ()),
    "symmetric and transposed ones": ([("SAB"[k % 3], (k, k + 1) if k % 2 else (k + 1, k)) for k in range(LENGTH)], (0, LENGTH)),
    "vectors on the way": ([part for k in range(LENGTH) for part in ((A, (k, k + 1)), ("x", (k,)))], (LENGTH,)),
    "a cycle": ([(A, (k, (k + 1) % LENGTH)) for k in range(LENGTH)], ()),
    "a cycle of two kinds": ([(A if k % 5 else B, (k, (k + 1) % LENGTH)) for k in range(LENGTH)], ()),
    "two paths at one label": ([(A, (k, k + 1)) for k in range(LENGTH)] + [(B, (0, 99)), (A, (99, 98)), ("x", (98,))], (0,)),
    "a cycle of two labels, and a path": ([(A, (90, 91)), (A, (91, 90)), *[(A, (k, k + 1)) for k in range(LENGTH)]], (0, LENGTH)),
    "branches": ([(A, (k, k + 1)) for k in range(LENGTH)] + [(B, (2, 90)), (B, (5, 91))], (0, LENGTH)),
}


@pytest.mark.parametrize("name", CHAINS)
def test_equal_products_have_equal_labels(name: str) -> None:
    factors, out = CHAINS[name]
    with fresh_arena():
        leaves = {
            "A": variable("A", ("n", "n")),
            "B": variable("B", ("n", "n")),
            "S": variable("S", ("n", "n"), frozenset({"symmetric"})),
            "x": variable("x", ("n",)),
        }
        plain: list[Factor] = [(leaves[letter], labels) for letter, labels in factors]
        expected, names = canonical(plain, out)
        chosen = random.Random(5)
        for _ in range(20):
            used = sorted({label for _, labels in factors for label in labels} | set(out))
            renamed = dict(zip(used, chosen.sample(range(1000), len(used)), strict=True))
            shuffled = [(tensor, tuple([renamed[label] for label in labels])) for tensor, labels in plain]
            chosen.shuffle(shuffled)
            found, others = canonical(shuffled, tuple([renamed[label] for label in out]))
            assert found == expected
            assert [others[renamed[label]] for label in out] == [names[label] for label in out]


def test_different_products_have_different_labels() -> None:
    with fresh_arena():
        matrix, other = variable("A", ("n", "n")), variable("B", ("n", "n"))
        seen = set()
        for place in range(LENGTH):
            factors: list[Factor] = [(other if k == place else matrix, (k, k + 1)) for k in range(LENGTH)]
            seen.add(canonical(factors, (0, LENGTH))[0])
            factors = [(matrix, (k + 1, k) if k == place else (k, k + 1)) for k in range(LENGTH)]
            seen.add(canonical(factors, (0, LENGTH))[0])
        assert len(seen) == 2 * LENGTH
