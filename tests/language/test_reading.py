"""Names, sizes and shapes of whole requests."""

from __future__ import annotations

from typing import Any

import pytest

from service.errors import NablaError, ShapeMismatch
from service.expression.shapes import Shape
from service.language import Declarations, declare, parse, parse_together
from service.printing.printers import to_text


def test_variables_in_order_of_appearance() -> None:
    parsed = parse("b*sin(a) + b + tr(A) + pi + sum(x)/n", declare({"x": "vector(n)", "A": "square(m)", "unused": "vector(k)"}))
    assert list(parsed.variables) == ["b", "a", "A", "x"]
    assert parsed.variables["a"].shape == (1, 1)
    assert parsed.variables["A"].shape == ("m", "m")
    assert parsed.sizes == {"n", "m", "k"}
    assert parsed.variable("unused").shape == ("k", 1)
    assert parsed.variable("new").shape == (1, 1)
    assert parsed.variable("b") is parsed.variables["b"]


def test_a_declared_name_wins_over_a_constant_and_a_size() -> None:
    assert list(parse("e'*e", declare({"e": "vector(n)"})).variables) == ["e"]
    assert list(parse("e + pi + π").variables) == []
    assert list(parse("n*sum(x)", declare({"x": "vector(n)"})).variables) == ["x"]
    assert list(parse("n*sum(x)", declare({"x": "vector(n)", "n": "scalar"})).variables) == ["n", "x"]
    assert list(parse("n*x").variables) == ["n", "x"]
    assert list(parse("n*sum(ones(n))").variables) == []


@pytest.mark.parametrize(
    ("source", "shape", "text"),
    [
        ("x^2", (1, 1), "x^2"),
        (["x", "y", 2], (3, 1), "[x, y, 2]"),
        (["x"], (1, 1), "[x]"),
        ([["x", "y"]], (1, 2), "[x, y]'"),
        ([["cos(t)", -1], [0.5, "t"]], (2, 2), "[cos(t), -1; 0.5, t]"),
        (3, (1, 1), "3"),
        (-0.25, (1, 1), "-0.25"),
        (1e-7, (1, 1), "1e-7"),
        (2**60, (1, 1), str(2**60)),
    ],
)
def test_sources(source: Any, shape: Shape, text: str) -> None:
    node = parse(source).node
    assert node.shape == shape
    assert to_text(node) == text


# --- sizes that are found ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "variables", "shapes", "shape"),
    [
        ("A*x", {"A": "matrix", "x": "vector"}, {"A": ("m", "n"), "x": ("n", 1)}, ("m", 1)),
        ("A*x", {"x": "vector", "A": "matrix"}, {"A": ("m", "n"), "x": ("n", 1)}, ("m", 1)),
        ("norm2(A*x - b)^2", {"A": "matrix", "x": "vector", "b": "vector"}, {"A": ("m", "n"), "x": ("n", 1), "b": ("m", 1)}, (1, 1)),
        ("x'*A*x", {"A": "matrix", "x": "vector"}, {"A": ("n", "n"), "x": ("n", 1)}, (1, 1)),
        ("A*x", {"A": "matrix", "x": "vector(3)"}, {"A": ("n", 3), "x": (3, 1)}, ("n", 1)),
        ("A*x", {"A": "matrix(n,k)", "x": "vector"}, {"x": ("k", 1)}, ("n", 1)),
        ("A*B", {"A": "matrix", "B": "matrix"}, {"A": ("m", "n"), "B": ("n", "p")}, ("m", "p")),
        ("det(A)", {"A": "matrix"}, {"A": ("n", "n")}, (1, 1)),
        ("S + A", {"S": "symmetric", "A": "matrix"}, {"S": ("n", "n"), "A": ("n", "n")}, ("n", "n")),
        ("n*sum(x)", {"x": "vector"}, {"x": ("m", 1)}, (1, 1)),
        ("c*sum(x)", {"x": "vector", "n": "scalar", "m": "scalar"}, {"x": ("p", 1)}, (1, 1)),
        ("vec(A)'*y", {"A": "matrix(m,n)", "y": "vector"}, {"y": ("m*n", 1)}, (1, 1)),
        ("vec(A)'*y", {"A": "matrix", "y": "vector(6)"}, None, None),
        ("vector(1)'*x", {"x": "vector(n)"}, {"x": ("n", 1)}, (1, 1)),
        ("y'*matrix(2)*x", {"x": "vector(n)", "y": "vector"}, {"x": ("n", 1), "y": ("m", 1)}, (1, 1)),
        ("sum(x)", {"x": "vector", "unused": "matrix"}, {"x": ("n", 1), "unused": ("m", "p")}, (1, 1)),
    ],
)
def test_inference(text: str, variables: dict[str, str], shapes: dict[str, Shape] | None, shape: Shape | None) -> None:
    if shapes is None:
        with pytest.raises(NablaError):
            parse(text, declare(variables))
        return
    parsed = parse(text, declare(variables))
    assert parsed.node.shape == shape
    assert {name: parsed.declared[name].shape for name in shapes} == shapes
    assert all(node.shape == parsed.declared[name].shape for name, node in parsed.variables.items() if name in parsed.declared)
    again = parse(to_text(parsed.node), Declarations(parsed.declared, parsed.sizes))
    assert again.node.shape == shape


def test_a_bare_vector_is_no_scalar() -> None:
    with pytest.raises(ShapeMismatch) as caught:
        parse("x*y", declare({"x": "vector", "y": "vector"}))
    assert "x'*y" in (caught.value.hint or "")


def test_inference_does_not_depend_on_what_was_read_before() -> None:
    """An interned node is not asked again for its sizes."""
    declarations = declare({"A": "matrix", "x": "vector", "b": "vector"})
    first = parse("A*x - b", declarations)
    assert parse("A*x - b", declarations).node is first.node
    assert parse("A*x", declarations).variables["x"].shape == ("n", 1)


def test_expressions_read_together_share_sizes() -> None:
    nodes = parse_together(
        {"/left": "A*x", "/right": "b", "/list": ["sum(x)", "c"]}, declare({"A": "matrix", "x": "vector", "b": "vector(4)"})
    )
    assert list(nodes) == ["/left", "/right", "/list"]
    assert nodes["/left"].shape == ("m", 1)
    nodes = parse_together({"/left": "A*x - b", "/right": "b"}, declare({"A": "matrix", "x": "vector", "b": "vector"}))
    assert nodes["/left"].shape == nodes["/right"].shape == ("m", 1)


def test_errors_of_expressions_read_together_point_to_theirs() -> None:
    with pytest.raises(NablaError) as caught:
        parse_together({"/left": "x", "/right": "x +"})
    assert caught.value.pointer == "/right"
    with pytest.raises(NablaError) as caught:
        parse_together({"/left": "x", "/inner/u": "x*x"}, declare({"x": "vector(n)"}))
    assert caught.value.pointer == "/inner/u"


def test_letters_of_one_expression_are_sizes_in_all() -> None:
    nodes = parse_together({"/left": "n", "/right": "tr(eye(n))"})
    assert nodes["/left"].operation.name == "size"
