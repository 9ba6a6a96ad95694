"""What a derivation builds grows with the expression, not faster: counted in objects, never in seconds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.total import total_derivatives
from service.expression.arena import fresh_arena
from service.expression.nodes import Node, in_order
from service.expression.sums import number
from service.language import declare, parse

Family = tuple[str, dict[str, Any]]


def product(n: int) -> Family:
    return "*".join(f"x{k}" for k in range(n)), {}


def logarithms(n: int) -> Family:
    return " + ".join(f"log(x{k}^2 + {k + 1})" for k in range(n)), {}


def nested(n: int) -> Family:
    return "sin(" * n + "x" + ")" * n, {}


def network(n: int) -> Family:
    """n layers of tanh, and the squared distance to a target."""
    layers = "".join(f"tanh(W{k}*" for k in range(n)) + "x" + ")" * n
    return f"norm2({layers} - y)^2", {**{f"W{k}": "matrix(n,n)" for k in range(n)}, "x": "vector(n)", "y": "vector(n)"}


def polynomial(n: int) -> Family:
    return " + ".join(f"{k + 1}*x^{k}" for k in range(n)), {}


def derived(family: Family) -> tuple[Node, list[Node], int]:
    """The function, its derivatives by all variables, and how many objects were made on the way."""
    text, variables = family
    parsed = parse(text, declare(variables))
    by = [node.parameter for node in parsed.variables.values()]
    tensors, _ = total_derivatives(lower(parsed.node), by, by)
    notation = Notation(parsed.variables)
    found = [notation.node(tensor) for tensor in tensors]
    return parsed.node, found, number(987_654_321).id


@pytest.mark.parametrize("family", [product, logarithms, nested, network, polynomial])
def test_the_work_grows_with_the_size(family: Callable[[int], Family]) -> None:
    counts = []
    for n in (8, 32):
        with fresh_arena():
            counts.append(derived(family(n))[2])
    assert math.log(counts[1] / counts[0]) / math.log(4) <= 1.1


def test_a_long_product_by_all_its_factors_is_not_written_out() -> None:
    counts = []
    for n in (64, 256):
        with fresh_arena():
            _, gradients, made = derived(product(n))
            counts.append((made, len(in_order(gradients))))
    assert all(more <= 4.5 * fewer for fewer, more in zip(*counts, strict=True))


@pytest.mark.parametrize(("family", "most"), [(product, 3), (logarithms, 3), (nested, 3), (network, 4), (polynomial, 3)])
def test_the_gradient_is_a_few_times_the_function(family: Callable[[int], Family], most: float) -> None:
    """Nodes of all gradients together, shared parts counted once."""
    for n in (4, 32):
        with fresh_arena():
            function, gradients, _ = derived(family(n))
            assert len(in_order(gradients)) <= most * len(in_order([function]))


def test_shared_parts_are_differentiated_once() -> None:
    """x → x*(x + 1), twelve times over: thousands of terms if it were multiplied out."""
    with fresh_arena():
        text = "x"
        for _ in range(12):
            text = f"({text})*({text} + 1)"
        assert len(derived((text, {}))[1]) == 1


def test_depth_costs_no_recursion() -> None:
    with fresh_arena():
        _, (gradient,), _ = derived(nested(900))
        assert len(in_order([gradient])) < 3000
