"""What `variables` may say, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from service.errors import InvalidDeclaration, LimitExceeded, NablaError
from service.expression.shapes import Shape
from service.language import declare, parse
from service.language.names import derivative_name, derivative_variable
from service.operations.leaves import Variable

SYMMETRIC, DEFINITE, DIAGONAL = {"symmetric"}, {"symmetric", "spd"}, {"symmetric", "diagonal"}


@pytest.mark.parametrize(
    ("kind", "shape", "properties"),
    [
        ("scalar", (1, 1), set()),
        ("vector(n)", ("n", 1), set()),
        ("vector(3)", (3, 1), set()),
        ("vector(1)", (1, 1), set()),
        (" Vector ( n ) ", ("n", 1), set()),
        ("matrix(m,n)", ("m", "n"), set()),
        ("matrix(1, n)", (1, "n"), set()),
        ("matrix(2,n*m)", (2, "m*n"), set()),
        ("matrix(2*3, 2*n*2)", (6, "4*n"), set()),
        ("square(n)", ("n", "n"), set()),
        ("symmetric(n)", ("n", "n"), SYMMETRIC),
        ("symmetric(n,n)", ("n", "n"), SYMMETRIC),
        ("spd(d)", ("d", "d"), DEFINITE),
        ("diagonal(4)", (4, 4), DIAGONAL),
        ("orthogonal(n)", ("n", "n"), {"orthogonal"}),
        ("matrix(N,d)", ("N", "d"), set()),
        ({"shape": []}, (1, 1), set()),
        ({}, (1, 1), set()),
        ({"shape": ["n"]}, ("n", 1), set()),
        ({"shape": [3, "k"]}, (3, "k"), set()),
        ({"shape": ["n", "n"], "properties": ["symmetric"]}, ("n", "n"), SYMMETRIC),
        ({"shape": ["n", "n"], "properties": "positive definite"}, ("n", "n"), DEFINITE),
        ({"shape": ["n", "n"], "properties": ["Positive-Definite", "diagonal"]}, ("n", "n"), DEFINITE | DIAGONAL),
    ],
)
def test_kinds(kind: Any, shape: Shape, properties: set[str]) -> None:
    declared = declare({"A": kind}).variables["A"]
    assert declared == Variable("A", shape, frozenset(properties))


def test_nothing_declared() -> None:
    assert declare(None) == declare({}) == declare()


def test_letters_of_sizes() -> None:
    assert declare({"A": "matrix(m,n*k)", "x": "vector(3)", "y": "vector"}).letters == {"m", "n", "k"}


BAD: list[tuple[Any, str, str, str]] = [
    # variables, pointer, what is wrong, what would be right
    ([], "/variables", "an object", "vector(n)"),
    ("x", "/variables", "an object", ""),
    ({"x": "vektor(n)"}, "/variables/x", "no kind", "did you mean vector?"),
    ({"x": "array(n)"}, "/variables/x", "no kind", "matrix(m,n)"),
    ({"x": "vector(n"}, "/variables/x", "no kind", ""),
    ({"x": "vector(m,n)"}, "/variables/x", "one size, not 2", "vector(n)"),
    ({"x": "vector()"}, "/variables/x", "one size, not 0", "vector(n)"),
    ({"A": "matrix(n)"}, "/variables/A", "two sizes, not 1", "matrix(m, n)"),
    ({"A": "symmetric(m,n)"}, "/variables/A", "one size, not 2", "symmetric(n)"),
    ({"s": "scalar(n)"}, "/variables/s", "no sizes, not 1", "scalar"),
    ({"x": "vector(n+1)"}, "/variables/x", "n+1 is no size", "m*n"),
    ({"x": "vector(0)"}, "/variables/x", "0 is no size", "1"),
    ({"x": "vector(-1)"}, "/variables/x", "-1 is no size", ""),
    ({"x": "vector(e)"}, "/variables/x", "e is a constant", "another letter"),
    ({"x": "vector(det)"}, "/variables/x", "det is a function", "another letter"),
    ({"x": 3}, "/variables/x", "a text or an object", "vector(n)"),
    ({"x": ["n"]}, "/variables/x", "a text or an object", "shape"),
    ({"x": None}, "/variables/x", "a text or an object", ""),
    ({"det": "scalar"}, "/variables/det", "det is a function", "det_1"),
    ({"2x": "scalar"}, "/variables/2x", "no name", "a letter"),
    ({"a/b": "scalar"}, "/variables/a~1b", "no name", ""),
    ({"__class__": "scalar"}, "/variables/__class__", "no name", ""),
    ({"": "scalar"}, "/variables/", "no name", ""),
    ({"x": {"shap": ["n"]}}, "/variables/x", "shap", "did you mean shape?"),
    ({"x": {"size": "n", "shape": []}}, "/variables/x", "size is no field", ""),
    ({"x": {"shape": "n"}}, "/variables/x/shape", "a list", '["n"]'),
    ({"x": {"shape": ["a", "b", "c"]}}, "/variables/x/shape", "at most two", ""),
    ({"x": {"shape": [1.5]}}, "/variables/x/shape", "whole number", ""),
    ({"x": {"shape": [True]}}, "/variables/x/shape", "whole number", ""),
    ({"x": {"shape": [-2]}}, "/variables/x", "-2 is no size", ""),
    ({"A": {"shape": ["m", "n"], "properties": ["symmetric"]}}, "/variables/A/properties", "only a square matrix", '["n","n"]'),
    ({"A": {"shape": ["n", "n"], "properties": ["symetric"]}}, "/variables/A/properties", "no property", "did you mean symmetric?"),
    ({"A": {"shape": ["n", "n"], "properties": [1]}}, "/variables/A/properties", "a list of texts", ""),
    (
        {"Q": {"shape": ["n", "n"], "properties": ["symmetric", "orthogonal"]}},
        "/variables/Q/properties",
        "orthogonal and symmetric",
        "one of",
    ),
    ({"A": {"depends_on": {"x": 1}}}, "/variables/A/depends_on", "a list of texts", ""),
    ({"A": {"depends_on": ["A"]}}, "/variables/A/depends_on", "cannot depend on A", ""),
    ({"A": {"depends_on": ["sin"]}}, "/variables/A/depends_on", "cannot depend on sin", ""),
    ({"A": {"depends_on": ["x"]}, "x": "vector(n)"}, "/variables/A/depends_on", "a vector with n entries", "scalars"),
]


@pytest.mark.parametrize(("variables", "pointer", "detail", "hint"), BAD, ids=[str(row[0]) for row in BAD])
def test_bad_declarations(variables: Any, pointer: str, detail: str, hint: str) -> None:
    with pytest.raises(InvalidDeclaration) as caught:
        declare(variables)
    assert caught.value.pointer == pointer
    assert detail in caught.value.detail
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("variables", "limit"),
    [
        ({f"x{k}": "scalar" for k in range(2_001)}, "variables"),
        ({"x" * 101: "scalar"}, "name-length"),
        ({"x": "vector(99999999999)"}, "matrix-entries"),
    ],
    ids=["names", "length", "size"],
)
def test_limits(variables: Any, limit: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        declare(variables)
    assert caught.value.facts["limit"] == limit
    assert caught.value.pointer.startswith("/variables")


def test_error_bodies_stay_small() -> None:
    for variables in ({"x" * 5000: "scalar"}, {"x": "v" * 5000}, {"x": {"y" * 5000: 1}}, {"x": "vector(" + "(" * 5000 + ")"}):
        with pytest.raises(NablaError) as caught:
            declare(variables)
        assert len(caught.value.detail) + len(caught.value.hint or "") + len(caught.value.pointer) < 500


# --- what depends on a scalar -----------------------------------------------------------------------------------------

A = Variable("A", ("m", "k"), frozenset(), ("x", "x2", "y"))


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("dA_dx", ("x",)),
        ("d2A_dx2", ("x", "x")),
        ("d2A_dxdy", ("x", "y")),
        ("d2A_dydx", ("x", "y")),
        ("dA_dx2", ("x2",)),
        ("d3A_dx2dy", ("x", "x", "y")),
        ("d2A_dx2dy", ("x2", "y")),
    ],
)
def test_names_of_derivatives(name: str, by: tuple[str, ...]) -> None:
    found = derivative_variable(name, [A])
    assert found == Variable(derivative_name("A", by), ("m", "k"), frozenset(), A.depends_on, "A", by)


@pytest.mark.parametrize("name", ["dA", "dA_dz", "A_dx", "d2A_dx", "dA_dxdy", "dB_dx", "dA_dx0", "d0A_dx", "dA_d", "d99999999A_dx99999999"])
def test_other_names_are_scalars(name: str) -> None:
    assert derivative_variable(name, [A]) is None


def test_derivatives_keep_symmetry_only() -> None:
    declarations = declare({"S": {"shape": ["n", "n"], "properties": ["spd"], "depends_on": "t"}})
    found = parse("dS_dt*S", declarations).variables["dS_dt"]
    assert found.parameter.properties == {"symmetric"}
    assert found.shape == ("n", "n")
