"""From tensors to notation and back: what is written means the tensor, whatever the way it was made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.calculus.differentiate import derivatives
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.expression.arena import fresh_arena
from service.expression.nodes import Node
from service.expression.shapes import axes
from service.expression.tensors import Leaf, Tensor, variable
from service.language import declare, parse
from service.printing.printers import to_latex, to_text
from tests import oracle
from tests.expression.recipes import LEAVES, SIZES, SYMMETRIC, Recipe, recipes, tensor_of, values
from tests.operations.tensor_values import TensorValues

PROPERTY = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
DECLARED = {
    name: "scalar"
    if not shape
    else f"vector({shape[0]})"
    if len(shape) == 1
    else "symmetric(n)"
    if name in SYMMETRIC
    else f"matrix({','.join(map(str, shape))})"
    for name, shape in LEAVES.items()
}


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def leaf(name: str) -> Leaf:
    return variable(name, LEAVES[name], frozenset({"symmetric"}) if name in SYMMETRIC else frozenset())


def depending(tensor: Tensor) -> list[Leaf]:
    """The variables inside."""
    found: dict[Tensor, None] = {tensor: None}
    stack = [tensor]
    while stack:
        for child in stack.pop().children():
            if child not in found:
                found[child] = None
                stack.append(child)
    return [part for part in found if isinstance(part, Leaf) and part.kind == "variable"]


def assert_same(left: np.ndarray, right: np.ndarray, of: str) -> None:
    if np.isfinite(right).all():
        np.testing.assert_allclose(left, right, rtol=1e-7, atol=1e-7 * max(1.0, float(np.abs(right).max(initial=0))), err_msg=of)


def written(tensor: Tensor) -> Node:
    return Notation({}).node(tensor)


@given(recipes(), st.integers(0, 99))
@PROPERTY
def test_what_is_written_has_the_value_of_the_tensor(recipe: Recipe, seed: int) -> None:
    """By the service's evaluator and by the tests' own."""
    with fresh_arena():
        tensor, point = tensor_of(recipe), values(seed)
        node = written(tensor)
        assert axes(node.shape) == tensor.shape
        expected = TensorValues(point, SIZES)(tensor)
        assert_same(Evaluator(node, dict(SIZES))(point), expected, to_text(node))
        if np.isfinite(expected).all():
            assert_same(oracle.evaluate(to_text(node), {**point, **SIZES}), expected, to_text(node))


@given(recipes(), st.integers(0, 99))
@PROPERTY
def test_reading_and_lowering_it_gives_the_tensor_back(recipe: Recipe, seed: int) -> None:
    """The identical tensor; where a function hides a way to simplify, one of the same values."""
    with fresh_arena():
        tensor = tensor_of(recipe)
        node = written(tensor)
        again = lower(parse(to_text(node), declare(DECLARED)).node)
        assert again.shape == tensor.shape
        if again is not tensor:
            point = TensorValues(values(seed), SIZES)
            assert_same(point(again), point(tensor), to_text(node))


@given(recipes())
@PROPERTY
def test_writing_is_settled_after_one_round(recipe: Recipe) -> None:
    """The text of what was read back is the text itself."""
    with fresh_arena():
        text = to_text(written(tensor_of(recipe)))
        assert to_text(parse(text, declare(DECLARED)).node) == text


@given(recipes(), st.integers(0, 99))
@PROPERTY
def test_derivatives_are_written_right_too(recipe: Recipe, seed: int) -> None:
    """First derivatives have up to four axes: deltas, repeated axes, index notation."""
    with fresh_arena():
        tensor = tensor_of(recipe)
        by = depending(tensor)[:1]
        for derivative in derivatives(tensor, by):
            point = values(seed)
            node = written(derivative)
            expected = TensorValues(point, SIZES)(derivative)
            assert_same(Evaluator(node, dict(SIZES))(point), expected, to_text(node))
            if np.isfinite(expected).all():
                assert_same(oracle.evaluate(to_text(node), {**point, **SIZES}).reshape(expected.shape), expected, to_text(node))


@given(recipes())
@PROPERTY
def test_what_has_at_most_two_axes_needs_no_index_notation(recipe: Recipe) -> None:
    """Except where three matrices meet in one point."""
    with fresh_arena():
        text = to_text(written(tensor_of(recipe)))
        if "einsum(" in text:
            pattern = text.split("einsum(")[1].split("->")[0]
            assert max(pattern.replace(",", "").count(letter) for letter in pattern.replace(",", "")) > 2, text


@given(recipes())
@PROPERTY
def test_the_latex_closes_what_it_opens(recipe: Recipe) -> None:
    with fresh_arena():
        latex = to_latex(written(tensor_of(recipe)))
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\left") - latex.count(r"\leftarrow") == latex.count(r"\right") - latex.count(r"\rightarrow")


@pytest.mark.parametrize("expression", ["diag(diag(A + B))", "-diag(diag(A - B))", "diag(diag(A + B))*x"])
def test_the_diagonal_of_a_sum_is_not_the_sum(expression: str) -> None:
    with fresh_arena():
        parsed = parse(expression, declare({"A": "matrix(n,n)", "B": "matrix(n,n)", "x": "vector(n)"}))
        node = Notation(parsed.variables).node(lower(parsed.node))
        point = {"A": np.arange(9.0).reshape(3, 3), "B": np.ones((3, 3)), "x": np.array([1.0, 2.0, 4.0])}
        assert_same(Evaluator(node, {"n": 3})(point), oracle.evaluate(expression, point), to_text(node))
