"""Traces, norms, inner products and convolutions of expressions: texts, refusals, and a check that refuses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from service.answers.symbolic_sums import comparison, symbolic_convolution, symbolic_inner_product, symbolic_norm, symbolic_trace
from service.calculus.evaluate import Evaluator
from service.errors import InputError, ShapeMismatch, Undecided
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.linalg.matrices import read_symbolic_matrix, read_symbolic_vector
from service.operations.leaves import Variable

MATRIX, VECTOR = read_symbolic_matrix, read_symbolic_vector


@pytest.fixture(autouse=True)
def arena() -> Iterator[None]:
    with fresh_arena():
        yield


@pytest.mark.parametrize(
    ("rows", "variables", "text"),
    [
        ([["cos(t)", "-sin(t)"], ["sin(t)", "cos(t)"]], None, "2*cos(t)"),
        ([["a"]], None, "a"),
        ([["a", 1], [2, "-a"]], None, "0"),
        ([["a", 1], [2, "1/3"]], None, "(3*a + 1)/3"),
        ([["x[1]", 1], [2, "x[2]"]], {"x": "vector(2)"}, "x[1] + x[2]"),
    ],
)
def test_traces(rows: Any, variables: Any, text: str) -> None:
    found = symbolic_trace(MATRIX(rows), variables)
    assert found["trace"] == text
    assert found["checks"][0].passed


def test_norms() -> None:
    found = symbolic_norm(VECTOR(["a", 3]), "vector", None, None)
    assert (found["norm"], found["l1"], found["linf"], found["ord"]) == ("sqrt(a^2 + 9)", "abs(a) + 3", "max(abs(a), 3)", 2)
    assert symbolic_norm(VECTOR(["a", 0]), "vector", math.inf, None)["norm"] == "abs(a)"
    of_matrix = symbolic_norm(MATRIX([["a", "b"], [0, 1]]), "matrix", 1.0, None)
    assert of_matrix["frobenius"] == "sqrt(a^2 + b^2 + 1)"
    assert of_matrix["norm"] == "max(abs(a), abs(b) + 1)"
    with pytest.raises(InputError, match="no norm of the order"):
        symbolic_norm(MATRIX([["a"]]), "matrix", 2.0, None)


def test_inner_products() -> None:
    found = symbolic_inner_product(VECTOR(["cos(t)", "sin(t)"]), VECTOR(["-sin(t)", "cos(t)"]), None, None)
    assert (found["dot"], found["orthogonal"]) == ("0", True)
    found = symbolic_inner_product(VECTOR(["a", "b"]), VECTOR([1, 2]), None, None)
    assert found["dot"] == "a + 2*b"
    assert found["norm_x"] == "sqrt(a^2 + b^2)"
    assert found["orthogonal"] is None
    with pytest.raises(ShapeMismatch):
        symbolic_inner_product(VECTOR(["a"]), VECTOR([1, 2]), None, None)
    with pytest.raises(InputError, match="positive definite"):
        symbolic_inner_product(VECTOR(["a"]), VECTOR([1]), MATRIX([[1]]), None)


def test_convolutions() -> None:
    found = symbolic_convolution(VECTOR(["a", "b"]), VECTOR(["x", "y"]), "full", None)
    assert found["matrix"] == [["a", "0"], ["b", "a"], ["0", "b"]]
    assert found["convolution"][0] == "a*x"
    assert found["shape"] == [3, 2]
    circular = symbolic_convolution(VECTOR(["a", "b", "c"]), VECTOR(["x", 0]), "circular", None)
    assert len(circular["convolution"]) == 2
    with pytest.raises(ShapeMismatch):
        symbolic_convolution(VECTOR(["a", "b"]), VECTOR(["x"]), "valid", None)


def test_what_is_refused() -> None:
    with pytest.raises(ShapeMismatch, match="not a scalar"):
        symbolic_trace(MATRIX([["A*x", 1], [1, 2]]), {"A": "matrix(2,2)", "x": "vector(2)"})
    with pytest.raises(ShapeMismatch, match="a size that is not a number"):
        symbolic_trace(MATRIX([["x[1]"]]), {"x": "vector(n)"})
    with pytest.raises(ShapeMismatch, match="1×2"):
        symbolic_trace(MATRIX([["a", 1]]), None)
    for undecided in (["log(-1-x^2)", 0], ["x", 1e308], ["x", 1e-300, 1e300]):
        with pytest.raises(Undecided):
            symbolic_convolution(VECTOR(undecided), VECTOR([1e308, 1]), "full", None)
    with pytest.raises(InputError, match="complex"):
        symbolic_convolution(VECTOR(["x"]), VECTOR([{"re": 0, "im": 1}]), "full", None)


def test_a_wrong_expression_is_refused() -> None:
    entries = parse(["a", "b"], declare(None)).node
    evaluate = Evaluator(entries.arguments[0], {}, entries.arguments[1:])
    names = {step[0].parameter.name: step[0].parameter for step in evaluate.steps if isinstance(step[0].parameter, Variable)}
    for text, right in (("a + b", True), ("a + b*1.00001", False), ("a", False)):
        written = parse(text, declare(None)).node
        check = comparison([written], evaluate, names, [(2, 1)], lambda values: [np.sum(values[0])])
        assert check.passed is right
