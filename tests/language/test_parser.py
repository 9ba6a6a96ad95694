"""What binds to what. Expressions that mean the same by the grammar are the same node."""

from __future__ import annotations

from typing import Any

import pytest

from service import limits
from service.errors import LimitExceeded
from service.expression.nodes import Node
from service.language import declare, parse, parse_number
from service.language.parser import parse_text
from service.printing.printers import to_text

VARIABLES = {
    "A": "matrix(m,n)",
    "B": "matrix(n,p)",
    "S": "square(n)",
    "x": "vector(n)",
    "y": "vector(n)",
    "z": "vector(m)",
    "v": "vector(3)",
}


def node(text: Any, variables: dict[str, Any] = VARIABLES) -> Node:
    return parse(text, declare(variables)).node


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a + b*c", "a + (b*c)"),
        ("a - b - c", "a + (-b) + (-c)"),
        ("a - b*c", "a + (-(b*c))"),
        ("a - -b", "a + (-(-b))"),
        ("a/b/c", "(a/b)/c"),
        ("a/b*c", "(a/b)*c"),
        ("a*b/c", "(a*b)/c"),
        ("a/(b)c", "(a/b)*c"),
        ("-a^2", "-(a^2)"),
        ("-a*b", "-(a*b)"),
        ("-a/b", "-(a/b)"),
        ("-a + b", "(-a) + b"),
        ("a*-b*c", "a*(-b)*c"),
        ("x.*-y*s", "(x.*(-y))*s"),
        ("2^-a", "2^(-a)"),
        ("2^-a^b", "2^(-(a^b))"),
        ("2^-a*b", "(2^(-a))*b"),
        ("a^b^c", "a^(b^c)"),
        ("a**b", "a^b"),
        ("+a", "a"),
        ("-+-a", "-(-a)"),
        ("2a", "2*a"),
        ("2a*b", "2*a*b"),
        ("3(a + 1)", "3*(a + 1)"),
        ("(a)(b)", "a*b"),
        ("2 sin(a) cos(b)", "2*sin(a)*cos(b)"),
        ("1/2a", "(1/2)*a"),
        ("2a^2", "2*(a^2)"),
        ("2^3a", "(2^3)*a"),
        ("a^2(b + 1)", "(a^2)*(b + 1)"),
        ("v[1] a", "v[1]*a"),
        ("-2a", "-(2*a)"),
        ("x'*y", "(x')*y"),
        ("S*x.^2", "S*(x.^2)"),
        ("-x'", "-(x')"),
        ("S^2'", "(S^2)'"),
        ("S^-1'*S", "(S^(-1))'*S"),
        ("S'^2'", "((S')^2)'"),
        ("r^s^t'", "(r^(s^t))'"),
        ("x.^2'", "(x.^2)'"),
        ("-S^2.T", "-((S^2)')"),
        ("S'^2", "(S')^2"),
        ("A.T", "A'"),
        ("A.T.T", "A''"),
        ("2.*x", "2 .* x"),
        ("x.*y.*x", "x .* y .* x"),
        ("x./y.*x", "(x./y).*x"),
        ("x.^2.^3", "x.^(2.^3)"),
        ("(S*x)[1]", "((S*x)[1])"),
        ("x'[1]", "(x')[1]"),
        ("a + b < c*d", "(a + b) < (c*d)"),
        ("where(a < b, a, b)", "where((a < b), a, b)"),
        ("[1, a; b, 2]", "[(1), (a); (b), (2)]"),
        ("log(a, 2)", "log((a), (2))"),
        ("e", "(e)"),
    ],
)
def test_binding(text: str, same: str) -> None:
    assert node(text) is node(same)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("a - b - c", "a - (b - c)"),
        ("a/b*c", "a/(b*c)"),
        ("(-a)^2", "-a^2"),
        ("(a^b)^c", "a^b^c"),
        ("x.*-y*s", "-(x.*y*s)"),
        ("2^-a", "-(2^a)"),
        ("1/2a", "1/(2a)"),
    ],
)
def test_not_the_same(text: str, other: str) -> None:
    assert node(text) is not node(other)


def test_chains_are_one_node() -> None:
    assert len(node("a + b - c + d").arguments) == 4
    assert len(node("a*b*c*d").arguments) == 4
    assert len(node("x.*y.*x").arguments) == 3
    assert node("a + (b + c)") is not node("a + b + c")


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("[1, 2, 3]", (3, 1)),
        ("[1; 2]", (2, 1)),
        ("[1, 2; 3, 4; 5, 6]", (3, 2)),
        ("[a]", (1, 1)),
        ("[1, 2]'", (1, 2)),
        ("[a, 1]'*[1, a]", (1, 1)),
    ],
)
def test_literals(text: str, shape: tuple[int, int]) -> None:
    assert node(text).shape == shape


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("2", 2),
        ("2.", 2),
        ("007", 7),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("1e3", "1e3"),
        ("2.50e-03", "2.50e-3"),
        ("1E+2", "1e2"),
        ("0.10", "0.10"),
        ("2.e1", "2e1"),
    ],
)
def test_numbers_are_exact_and_print_as_written(text: str, parameter: object) -> None:
    found = node(text)
    assert found.parameter == parameter
    assert node(to_text(found)) is found


@pytest.mark.parametrize(
    ("text", "decimals"),
    [("x^2/3", False), ("0.5*x", True), ("1e3", True), (["1", "0.5"], True), ([1, 2], False), ([1.5], True), ("2.", False)],
)
def test_whether_decimals_were_used(text: Any, decimals: bool) -> None:
    assert parse(text, declare({"x": "scalar"})).decimals is decimals


@pytest.mark.parametrize("text", ["pi/2", "3/5", "sqrt(2)", "-1e-3", "e^2", "π"])
def test_numbers_of_points(text: str) -> None:
    assert parse_number(text).shape == (1, 1)


def test_every_step_knows_its_place() -> None:
    text = "2*(a + b)^2 - sin(c*d)"
    places = {text[step.start : step.end] for step in parse_text(text).steps}
    assert {"(a + b)", "(a + b)^2", "2*(a + b)^2", "c*d", "sin(c*d)", "- sin(c*d)", text} <= places


# --- no input reaches the recursion limit ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(f"x{k}" for k in range(10_000)),
        "*".join(["x"] * 10_000),
        "x" + "'" * 10_000,
        "+" * 10_000 + "x",
        "x" + "/2" * 10_000,
        " - ".join(["x"] * 10_000),
        "(" * 500 + "x" + " + 1)" * 500,
        "-" * 900 + "x",
        "^".join(["x"] * 900),
    ],
    ids=lambda text: f"{text[:6]}...{text[-6:]}",
)
def test_long_expressions_parse(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits._values, "variables", 20_000)
    assert to_text(parse(text).node)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("-" * 10_000 + "x", "expression-depth"),
        ("^".join(["x"] * 10_000), "expression-depth"),
        ("(" * 10_000 + "x" + ")" * 10_000, "expression-depth"),
        ("sin(" * 10_000 + "x" + ")" * 10_000, "expression-depth"),
        ("[" * 10_000, "expression-depth"),
        ("2^-" * 10_000 + "x", "expression-depth"),
        ("x+" * 45_000 + "x", "expression-nodes"),
        ("1" * 401, "number-digits"),
        ("1e400", "number-digits"),
        ("1e-99999999999999999999", "number-digits"),
        ("0." + "0" * 400, "number-digits"),
        (" + ".join(f"x{k}" for k in range(2_001)), "variables"),
        (["x"] * 40_001, "expression-nodes"),
        ("eye(10000000)", "matrix-entries"),
    ],
)
def test_limits_are_named(text: Any, limit: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        parse(text)
    assert caught.value.facts["limit"] == limit
    assert caught.value.pointer.startswith("/expression")


def test_a_thousand_brackets_parse() -> None:
    depth = limits.limit("expression-depth")
    assert to_text(parse("(" * depth + "x" + ")" * depth).node) == "x"
