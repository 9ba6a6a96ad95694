"""Linear maps: their matrices, and numbers that show what is not linear."""

from __future__ import annotations

import pytest

from service.functions.linear_map import linear_map
from tests.functions.asking import ask

VECTORS = {"x": "vector(2)", "X": "matrix(2,2)"}


def test_matrix_kernel_and_image() -> None:
    answer = ask(linear_map, expression="[1, 2, 3; 2, 4, 6]*x", variables={"x": "vector(3)"})
    assert answer["linear"]
    assert answer["matrix"] == [["1", "2", "3"], ["2", "4", "6"]]
    assert (answer["rank"], answer["injective"], answer["surjective"]) == (1, False, False)
    assert answer["kernel"] == [["-2", "1", "0"], ["-3", "0", "1"]]
    assert answer["image"] == [["1", "2"]]


def test_matrices_as_unknowns() -> None:
    """The transpose of 2×2 matrices is the commutation matrix."""
    answer = ask(linear_map, expression="X'", variables=VECTORS)
    assert answer["matrix"] == [["1", "0", "0", "0"], ["0", "0", "1", "0"], ["0", "1", "0", "0"], ["0", "0", "0", "1"]]
    assert ask(linear_map, expression="tr(X)", variables=VECTORS)["rank"] == 1


@pytest.mark.parametrize("expression", ["a*x + 2*y", "(x + 1)^2 - x^2 - 1", "sin(1)*x"])
def test_linear_though_it_does_not_look_so(expression: str) -> None:
    assert ask(linear_map, expression=expression, wrt=["x", "y"])["linear"]


@pytest.mark.parametrize(
    ("expression", "axiom", "affine"),
    [("x*y", "homogeneity", False), ("x + 1", "homogeneity", True), ("abs(x)", "homogeneity", False), ("log(x)", "homogeneity", False)],
)
def test_an_axiom_fails_with_numbers(expression: str, axiom: str, affine: bool) -> None:
    answer = ask(linear_map, expression=expression)
    example = answer["counterexample"]
    assert (answer["linear"], example["axiom"], answer["affine"]) == (False, axiom, affine)
    assert example["left"] != example["right"]


def test_additivity_alone_can_fail() -> None:
    """cbrt(x³ + y³) is homogeneous."""
    example = ask(linear_map, expression="cbrt(x^3 + y^3)", wrt=["x", "y"])["counterexample"]
    assert example["axiom"] == "additivity"
