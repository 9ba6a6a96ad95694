"""Sizes and shapes: products of letters, and what is learned by making them equal."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.expression import shapes
from service.expression.shapes import SCALAR, Shape, Size, Sizes

SIZES = st.one_of(st.integers(1, 12), st.builds(shapes.join, st.integers(1, 4), st.lists(st.sampled_from("mnp"), max_size=3)))
QUICK = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((), 1),
        ((3, 4), 12),
        (("n",), "n"),
        (("n", "m"), "m*n"),
        (("n", 2, "m", 3), "6*m*n"),
        (("n", "n"), "n*n"),
        (("2*m", "3*n"), "6*m*n"),
        ((1, "n"), "n"),
    ],
)
def test_the_product_of_sizes(sizes: tuple[Size, ...], expected: Size) -> None:
    assert shapes.multiply(*sizes) == expected


@given(SIZES, SIZES, SIZES)
@QUICK
def test_the_product_is_commutative_and_associative(a: Size, b: Size, c: Size) -> None:
    assert shapes.multiply(a, b) == shapes.multiply(b, a)
    assert shapes.multiply(shapes.multiply(a, b), c) == shapes.multiply(a, shapes.multiply(b, c))


@given(SIZES, SIZES, st.integers(1, 5), st.integers(1, 5))
@QUICK
def test_substituting_goes_through_products(a: Size, b: Size, m: int, n: int) -> None:
    values = {"m": m, "n": n}
    together = shapes.substitute(shapes.multiply(a, b), values)
    assert together == shapes.multiply(shapes.substitute(a, values), shapes.substitute(b, values))


@pytest.mark.parametrize(
    ("shape", "axes", "public", "words"),
    [
        (SCALAR, (), [], "a scalar"),
        (("n", 1), ("n",), ["n"], "a vector with n entries"),
        ((1, "n"), ("n",), [1, "n"], "a row with n entries"),
        (("m", "n"), ("m", "n"), ["m", "n"], "a matrix of m×n"),
        ((2, 3), (2, 3), [2, 3], "a matrix of 2×3"),
        (("?1", 1), ("?1",), ["?1"], "a vector with unknown entries"),
        (("m", "n", "p"), ("m", "n", "p"), ["m", "n", "p"], "an array of m×n×p"),
    ],
)
def test_what_a_shape_is_called(shape: Shape, axes: tuple[Size, ...], public: list[Size], words: str) -> None:
    assert shapes.axes(shape) == axes
    assert shapes.public(shape) == public
    assert shapes.describe(shape) == words


@pytest.mark.parametrize("axes", [(), ("n",), ("m", "n"), (2, "n", "p")])
def test_axes_and_shape_are_each_others_inverse(axes: tuple[Size, ...]) -> None:
    assert shapes.axes(shapes.shape_of(axes)) == axes


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("?1", 3, 3),
        ("?1", "n", "n"),
        (7, "?1", 7),
        ("?1", "m*n", "m*n"),
        ("?1*m", "m*n", "n"),
        ("2*?1", 6, 3),
        ("2*?1", "2*n", "n"),
        ("2*?1", "4*n", "2*n"),
        ("?1*n", "?1*n", "?1"),
    ],
)
def test_an_unknown_size_is_found(left: Size, right: Size, found: Size) -> None:
    for a, b in ((left, right), (right, left)):
        sizes = Sizes()
        assert sizes.unify(a, b)
        assert sizes.resolve("?1") == found
        assert sizes.resolve(left) == sizes.resolve(right)


@pytest.mark.parametrize(("left", "right"), [(2, 3), ("m", "n"), ("m", 3), ("2*?1", 3), ("?1", "?1*n"), ("m*n", "m*p"), ("?1*?2", "m*n")])
def test_declared_sizes_stay_different(left: Size, right: Size) -> None:
    for a, b in ((left, right), (right, left)):
        sizes = Sizes()
        assert not sizes.unify(a, b)
        assert not sizes.found


def test_what_was_found_is_used_everywhere() -> None:
    sizes = Sizes()
    rows, columns, inner = sizes.unknown(), sizes.unknown(), sizes.unknown()
    assert sizes.unify(columns, inner)
    assert sizes.unify(inner, "n")
    assert sizes.unify_shapes((rows, columns), ("m", "n"))
    assert sizes.resolve_shape((rows, columns)) == ("m", "n")
    assert sizes.resolve(shapes.multiply(rows, inner)) == "m*n"
    assert not sizes.unify(rows, columns)


@given(st.lists(st.tuples(st.sampled_from(["?1", "?2", "?3", "m", "n", 2]), st.sampled_from(["?1", "?2", "?3", "m", "n", 2])), max_size=6))
@QUICK
def test_what_is_made_equal_stays_equal(pairs: list[tuple[Size, Size]]) -> None:
    sizes = Sizes()
    equal = [pair for pair in pairs if sizes.unify(*pair)]
    for left, right in equal:
        assert sizes.resolve(left) == sizes.resolve(right)
