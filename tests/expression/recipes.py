"""Recipes of tensors: plain data that hypothesis draws, made into a tensor by the constructors and into a value by NumPy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st

import service.operations  # noqa: F401  (fills the registry)
from service.expression.algebra import call
from service.expression.numbers import Rational
from service.expression.products import power, product
from service.expression.shapes import Axes
from service.expression.sums import add
from service.expression.tensors import Labels, Tensor, unit, variable

Array = np.ndarray[Any, Any]
Recipe: TypeAlias = tuple[Any, ...]
SIZES = {"m": 2, "n": 3}
LEAVES: dict[str, Axes] = (
    {"s": (), "t": (), "x": ("n",), "y": ("n",), "z": ("m",)} | dict.fromkeys(("A", "B", "S", "T"), ("n", "n")) | {"C": ("m", "n")}
)
SYMMETRIC = frozenset("ST")
UNITS = {"e_1": 0, "e_2": 1}
NUMBERS = [1, 1, 2, 3, -1, -2, Fraction(1, 2), Fraction(-2, 3)]


def shape_of(recipe: Recipe) -> Axes:
    """The sizes of the axes that a recipe makes."""
    kind = recipe[0]
    if kind == "leaf":
        return LEAVES[recipe[1]]
    if kind == "unit":
        return ("n",)
    if kind == "product":
        return recipe[4]
    return shape_of(recipe[2][0][1] if kind == "sum" else recipe[2])


def tensor_of(recipe: Recipe, shuffle: random.Random | None = None) -> Tensor:
    """The tensor of a recipe; with `shuffle`, from factors and terms in another order and labels of other names."""
    kind = recipe[0]
    if kind == "leaf":
        return variable(recipe[1], LEAVES[recipe[1]], frozenset({"symmetric"}) if recipe[1] in SYMMETRIC else frozenset())
    if kind == "unit":
        return unit(UNITS[recipe[1]], "n")
    if kind == "sum":
        terms = [(coefficient, tensor_of(term, shuffle)) for coefficient, term in recipe[2]]
        if shuffle:
            shuffle.shuffle(terms)
        return add(terms, shape_of(recipe))
    if kind == "power":
        return power(tensor_of(recipe[2], shuffle), recipe[1])
    if kind == "call":
        return call(recipe[1], tensor_of(recipe[2], shuffle))
    _, coefficient, factors, out, shape = recipe
    made = [(tensor_of(factor, shuffle), labels) for factor, labels in factors]
    labels = sorted({label for _, own in made for label in own} | set(out))
    names = dict(zip(labels, labels, strict=True))
    if shuffle:
        shuffle.shuffle(made)
        new = labels + [label + 50 for label in labels]
        shuffle.shuffle(new)
        names = dict(zip(labels, new, strict=False))
    renamed = [(tensor, tuple([names[label] for label in own])) for tensor, own in made]
    sizes = {names[label]: size for label, size in zip(out, shape, strict=True)}
    return product(coefficient, renamed, tuple([names[label] for label in out]), sizes)


def value_of(recipe: Recipe, values: dict[str, Array]) -> Array:
    """The value of a recipe, from what its words mean."""
    kind = recipe[0]
    if kind == "leaf":
        return values[recipe[1]]
    if kind == "unit":
        return np.eye(SIZES["n"])[UNITS[recipe[1]]]
    if kind == "sum":
        return np.asarray(sum(float(coefficient) * value_of(term, values) for coefficient, term in recipe[2]))
    if kind == "power":
        return np.power(value_of(recipe[2], values), float(recipe[1]))
    if kind == "call":
        argument = value_of(recipe[2], values)
        return np.linalg.inv(argument) if recipe[1] == "inv" else np.asarray(getattr(np, recipe[1])(argument))
    _, coefficient, factors, out, shape = recipe
    return float(coefficient) * contraction([(value_of(factor, values), labels) for factor, labels in factors], out, shape)


def contraction(factors: Sequence[tuple[Array, Labels]], out: Labels, shape: Axes) -> Array:
    """Σ Π factor[labels] over what is not in `out`: entry by entry, in the plainest way."""
    lengths = {label: length for array, labels in factors for label, length in zip(labels, array.shape, strict=True)}
    lengths |= {label: SIZES[str(size)] for label, size in zip(out, shape, strict=True)}
    names = list(lengths)
    result = np.zeros([lengths[label] for label in out])
    for places in np.ndindex(*lengths.values()):
        at = dict(zip(names, places, strict=True))
        entry = 1.0
        for array, labels in factors:
            entry *= array[tuple([at[label] for label in labels])]
        result[tuple([at[label] for label in out])] += entry
    return result


def values(seed: int) -> dict[str, Array]:
    """Positive random values; square matrices with a heavy diagonal, those of SYMMETRIC symmetric."""
    draw = np.random.default_rng(seed)
    result = {}
    for name, shape in LEAVES.items():
        value = np.asarray(draw.uniform(0.3, 1.7, [SIZES[str(size)] for size in shape]))
        if shape == ("n", "n"):
            value = value + 3 * np.eye(3)
        result[name] = value + value.T if name in SYMMETRIC else value
    return result


# --- what hypothesis draws ------------------------------------------------------------------------------------------

COEFFICIENTS = st.sampled_from(NUMBERS)
_LEAF_RECIPES = [("leaf", name) for name in LEAVES] + [("unit", name) for name in UNITS]


def recipes(depth: int = 2) -> st.SearchStrategy[Recipe]:
    """Tensors of at most two axes."""
    if depth == 0:
        return st.sampled_from(_LEAF_RECIPES)
    smaller = recipes(depth - 1)
    return st.one_of(st.sampled_from(_LEAF_RECIPES), products(smaller), sums(smaller), powers(smaller), calls(smaller))


@st.composite
def products(draw: st.DrawFn, factors: st.SearchStrategy[Recipe], largest: int = 4) -> Recipe:
    """A product over few labels, so that they meet often; `out` may have a label twice, or one that no factor has."""
    chosen = draw(st.lists(factors, min_size=1, max_size=largest))
    labelled = []
    for factor in chosen:
        labels = [draw(st.integers(0, 2)) + (0 if size == "n" else 10) for size in shape_of(factor)]
        labelled.append((factor, tuple(labels)))
    out = tuple(draw(st.lists(st.sampled_from([0, 1, 2, 3, 10, 11]), max_size=2)))
    return ("product", draw(COEFFICIENTS), tuple(labelled), out, tuple(["n" if label < 10 else "m" for label in out]))


@st.composite
def sums(draw: st.DrawFn, terms: st.SearchStrategy[Recipe]) -> Recipe:
    first = draw(terms)
    shape = shape_of(first)
    others = [("leaf", name) for name, own in LEAVES.items() if own == shape]
    if len(shape) == 2 and shape[0] == shape[1]:
        others.append(("product", 1, ((first, (1, 0)),), (0, 1), shape))  # its own transpose
    rest = draw(st.lists(st.sampled_from([*others, first]), min_size=1, max_size=3))
    return ("sum", None, tuple([(draw(COEFFICIENTS), term) for term in (first, *rest)]))


@st.composite
def powers(draw: st.DrawFn, bases: st.SearchStrategy[Recipe]) -> Recipe:
    exponents: list[Rational] = [2, 3, -1, -2, Fraction(1, 2)]
    return ("power", draw(st.sampled_from(exponents)), draw(bases))


@st.composite
def calls(draw: st.DrawFn, arguments: st.SearchStrategy[Recipe]) -> Recipe:
    argument = draw(arguments)
    names = ["exp", "tanh"]
    if argument in [("leaf", name) for name in "ABST"]:
        names += ["inv"] * 3
    return ("call", draw(st.sampled_from(names)), argument)
