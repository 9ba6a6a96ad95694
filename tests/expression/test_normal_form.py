"""The normal form of tensors: it means the same, it is reached at once, and it does not depend on the way there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from service.expression.arena import fresh_arena
from service.expression.products import power, product
from service.expression.sums import add
from service.expression.tensors import Apply, Power, Product, Sum, Tensor
from tests.expression.recipes import SIZES, Recipe, products, recipes, tensor_of, value_of, values
from tests.operations.tensor_values import TensorValues

PROPERTY = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEEDS = st.integers(0, 10_000)


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def leaf(name: str) -> Recipe:
    return ("leaf", name)


def chain(*names: str) -> Recipe:
    """A matrix product."""
    factors = tuple([(leaf(name), (place, place + 1)) for place, name in enumerate(names)])
    return ("product", 1, factors, (0, len(names)), ("n", "n"))


def cycle(*names: str) -> Recipe:
    """The trace of a matrix product."""
    return ("product", 1, tuple([(leaf(name), (place, (place + 1) % len(names))) for place, name in enumerate(names)]), (), ())


@given(recipes(), SEEDS)
@example(("call", "exp", ("product", 1, ((leaf("x"), (0,)),), (0, 10), ("n", "m"))), 1)
@example(("call", "exp", ("product", Fraction(1, 10), ((leaf("A"), (0, 1)),), (0, 10), ("n", "m"))), 1)
@example(("power", 2, ("product", 2, ((leaf("A"), (0, 1)),), (0, 10), ("n", "m"))), 1)
@PROPERTY
def test_it_means_the_same(recipe: Recipe, seed: int) -> None:
    """Against sums over indices written out, entry by entry."""
    with fresh_arena():
        point = values(seed)
        expected = value_of(recipe, point)
        tensor = tensor_of(recipe)
        if np.isfinite(expected).all():
            np.testing.assert_allclose(TensorValues(point, SIZES)(tensor), expected, rtol=1e-8, atol=1e-8 * max(1, np.abs(expected).max()))


@given(recipes(), SEEDS)
@example(chain("A", "A", "A"), 1)
@example(cycle("A", "A", "A", "A", "A"), 1)
@example(cycle("S", "A", "S", "A"), 3)
@example(cycle("S", "T", "S", "T"), 5)
@PROPERTY
def test_the_order_and_the_names_of_labels_do_not_matter(recipe: Recipe, seed: int) -> None:
    """The identical object: equality is `is`."""
    with fresh_arena():
        assert tensor_of(recipe, random.Random(seed)) is tensor_of(recipe)


@given(products(st.sampled_from([leaf("A"), leaf("S"), leaf("A"), leaf("x"), leaf("C")]), 6), SEEDS)
@PROPERTY
def test_products_of_repeated_factors_have_one_form(recipe: Recipe, seed: int) -> None:
    with fresh_arena():
        assert tensor_of(recipe, random.Random(seed)) is tensor_of(recipe)


@given(recipes())
@PROPERTY
def test_it_is_reached_at_once(recipe: Recipe) -> None:
    """Making a tensor again from its own parts gives the tensor itself; so it does for every tensor inside."""
    with fresh_arena():
        stack = [tensor_of(recipe)]
        while stack:
            tensor = stack.pop()
            assert made_again(tensor) is tensor
            stack += tensor.children()


def made_again(tensor: Tensor) -> Tensor:
    if isinstance(tensor, Product):
        return product(tensor.coefficient, tensor.factors, tensor.out, dict(enumerate(tensor.sizes)))
    if isinstance(tensor, Sum):
        return add(tensor.terms, tensor.shape)
    if isinstance(tensor, Power):
        return power(tensor.base, tensor.exponent)
    return tensor


@given(recipes(), SEEDS)
@PROPERTY
def test_what_is_called_symmetric_is_symmetric(recipe: Recipe, seed: int) -> None:
    with fresh_arena():
        tensor = tensor_of(recipe)
        value = TensorValues(values(seed), SIZES)(tensor)
        if tensor.symmetric:
            np.testing.assert_allclose(value, value.T, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "recipe",
    [
        leaf("S"),
        ("product", 1, ((leaf("A"), (1, 0)), (leaf("A"), (1, 2))), (0, 2), ("n", "n")),
        ("product", 1, ((leaf("C"), (10, 0)), (leaf("C"), (10, 2))), (0, 2), ("n", "n")),
        ("product", 2, ((leaf("A"), (1, 0)), (leaf("S"), (1, 2)), (leaf("A"), (2, 3))), (0, 3), ("n", "n")),
        ("product", 1, ((leaf("x"), (0,)), (leaf("x"), (1,))), (0, 1), ("n", "n")),
        ("product", 1, ((leaf("x"), (0,)),), (0, 0), ("n", "n")),
        ("product", 1, (), (0, 0), ("n", "n")),
        ("sum", None, ((1, leaf("A")), (1, ("product", 1, ((leaf("A"), (1, 0)),), (0, 1), ("n", "n"))))),
        ("sum", None, ((2, leaf("S")), (-3, leaf("T")))),
        ("call", "exp", leaf("S")),
        ("call", "inv", leaf("S")),
        ("power", 2, leaf("S")),
    ],
    ids=str,
)
def test_symmetry_is_known_without_being_told(recipe: Recipe) -> None:
    with fresh_arena():
        assert tensor_of(recipe).symmetric


@given(recipes(), st.integers(1, 3))
@PROPERTY
def test_a_tensor_minus_itself_is_zero(recipe: Recipe, times: int) -> None:
    """Also when it was made in another way: like terms meet."""
    with fresh_arena():
        left, right = tensor_of(recipe), tensor_of(recipe, random.Random(times))
        difference = add([(times, left), (-times, right)], left.shape)
        assert isinstance(difference, Product)
        assert difference.coefficient == 0


@given(recipes())
@PROPERTY
def test_functions_are_applied_to_normal_forms_only(recipe: Recipe) -> None:
    with fresh_arena():
        stack = [tensor_of(recipe)]
        while stack:
            tensor = stack.pop()
            if isinstance(tensor, Apply):
                assert all(made_again(argument) is argument for argument in tensor.arguments)
            if isinstance(tensor, Sum):
                assert len(tensor.terms) > 1
                assert not any(isinstance(term, Sum) or (isinstance(term, Product) and term.coefficient != 1) for _, term in tensor.terms)
            if isinstance(tensor, Product):
                assert not any(isinstance(factor, Product) and (factor.out or factor.coefficient != 1) for factor, _ in tensor.factors)
            stack += tensor.children()
