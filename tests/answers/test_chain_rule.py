"""The chain rule: paths that add up, jacobians whose product is their sum, circles that are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from service.answers import chain_rule as module
from service.answers.chain_rule import chain_rule
from service.errors import CheckFailed, ExpressionSyntaxError, InputError, InvalidDeclaration, ShapeMismatch
from service.expression.arena import fresh_arena
from service.expression.sums import scale
from tests import oracle

ARRAYS = {"A": "matrix(m,n)", "M": "square(n)", "N": "square(n)", "x": "vector(n)", "b": "vector(m)"}
SIZES = {"m": 4, "n": 3}
SHAPES = {"A": (4, 3), "M": (3, 3), "N": (3, 3), "x": (3,), "b": (4,)}
REQUESTS: tuple[dict[str, Any], ...] = (
    {"inner": {"u": "t^2", "v": "ln(t)"}, "outer": "u*v", "wrt": "t"},
    {"inner": {"u": "s*t", "v": "exp(u)"}, "outer": "u*v + t", "wrt": ["s", "t"]},
    {"inner": {"v": "exp(u)", "u": "s*t"}, "outer": ["u", "v*s"], "wrt": ["s", "t"]},
    {"inner": {"u": "x'*x"}, "outer": "log(u)*x[1]", "variables": {"x": "vector(3)"}, "wrt": "x"},
    {"inner": {"r": "A*x - b"}, "outer": "r'*r + sum(x)", "variables": ARRAYS, "wrt": "x"},
    {"inner": {"r": "A*x - b"}, "outer": "r'*r", "variables": ARRAYS, "wrt": "A"},
    {"inner": {"X": "inv(M)"}, "outer": "tr(X*N)", "variables": ARRAYS, "wrt": "M"},
    {"inner": {"u": ["t^2", "s*sin(t)"]}, "outer": "C*u", "variables": {"C": "matrix(3,2)"}, "wrt": ["s", "t"]},
    {"inner": {"u": ["t^2", "sin(t)"]}, "outer": "u'*u", "wrt": "t"},
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def draw(request: dict[str, Any], seed: int) -> dict[str, Any]:
    """A point, with the values of the inner functions at it."""
    random = np.random.default_rng(seed)
    values: dict[str, Any] = dict(SIZES)
    shapes = {**SHAPES, "C": (3, 2)}
    for name in [*request.get("variables", {}), "s", "t"]:
        values[name] = random.uniform(0.3, 1.7, shapes.get(name, ())) + (3 * np.eye(3) if name in "MN" else 0)
    if request.get("variables") == {"x": "vector(3)"}:
        values["x"] = random.uniform(0.3, 1.7, 3)
    for _ in request["inner"]:
        for name, source in request["inner"].items():
            text = source if isinstance(source, str) else f"[{', '.join(source)}]"
            if set(request["inner"]) & set(text.replace("(", " ").replace(")", " ").replace("*", " ").split()) <= set(values):
                values[name] = oracle.evaluate(text, values)
    return values


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_the_paths_add_up(request_: dict[str, Any]) -> None:
    answer = chain_rule(request_)
    for seed in range(2):
        values = draw(request_, seed)
        parts = [path["product"]["text"] for path in answer["paths"]] + ([answer["direct"]["text"]] if "direct" in answer else [])
        total = sum(oracle.evaluate(text, values) for text in parts)
        np.testing.assert_allclose(total, oracle.evaluate(answer["result"]["text"], values), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("request_", [request for request in REQUESTS if "variables" not in request], ids=str)
def test_the_jacobians_multiply_to_the_paths(request_: dict[str, Any]) -> None:
    answer = chain_rule(request_)
    values = draw(request_, 3)
    outer, inner = (np.atleast_2d(oracle.evaluate(answer["jacobians"][side]["text"], values)) for side in ("outer", "inner"))
    paths = np.asarray(sum(oracle.evaluate(path["product"]["text"], values) for path in answer["paths"]))
    rows, middle = oracle.shape(answer["jacobians"]["outer"]["text"], values)
    product = outer.reshape(rows, middle) @ inner.reshape(middle, -1)
    np.testing.assert_allclose(product.ravel(), paths.ravel(), rtol=1e-9)


def test_the_example_of_the_lecture() -> None:
    answer = chain_rule(
        {
            "inner": {"u": "x1^2*x2^2", "v": "sqrt(x2*x3)"},
            "outer": ["u^2", "u*v", "v^2"],
            "wrt": ["x1", "x2", "x3"],
            "at": {"x1": 1.5, "x2": 2, "x3": 0.5},
        }
    )
    assert answer["value"][1][1] == pytest.approx(11.25)
    assert [path["through"] for path in answer["paths"]] == ["u", "v"]
    assert answer["jacobians"]["outer"]["text"] == "[2*u, 0; v, u; 0, 2*v]"


def test_a_path_is_told_in_the_inner_names() -> None:
    answer = chain_rule(REQUESTS[0])
    (first, second) = answer["paths"]
    assert (first["outer_derivative"]["text"], first["inner_derivative"]["text"], first["product"]["text"]) == ("v", "2*t", "2*t*v")
    assert second["product"]["text"] == "u/t"
    assert answer["result"]["text"] == "2*t*log(t) + t"
    assert "direct" not in answer


def test_inner_functions_may_be_made_of_each_other_in_any_order() -> None:
    forward, backward = (chain_rule(REQUESTS[place])["paths"] for place in (1, 2))
    assert [path["through"] for path in forward] == ["u", "v"]
    assert [path["through"] for path in backward] == ["v", "u"]
    inner = {path["through"]: path["inner_derivative"]["text"] for path in forward}
    assert inner["v"] == "[t*exp(s*t), s*exp(s*t)]"


def test_only_inner_functions_that_depend_on_the_variable_have_a_path() -> None:
    answer = chain_rule({"inner": {"u": "s^2", "v": "t^2"}, "outer": "u*v", "wrt": "t"})
    assert [path["through"] for path in answer["paths"]] == ["v"]
    assert chain_rule({"inner": {"u": "s^2"}, "outer": "u", "wrt": "q"})["paths"] == []


def test_a_list_of_points_gives_a_list_of_values() -> None:
    answer = chain_rule({"inner": {"u": "t^2"}, "outer": "sin(u)", "wrt": "t", "at": [{"t": 0}, {"t": 1}]})
    assert answer["value"] == pytest.approx([0, 2 * np.cos(1)])


def test_least_squares_reads_as_in_a_book() -> None:
    answer = chain_rule({"inner": {"r": "A*x - b"}, "outer": "r'*r", "variables": ARRAYS, "wrt": "x"})
    (path,) = answer["paths"]
    assert [path[part]["text"] for part in ("outer_derivative", "inner_derivative", "product")] == ["2*r", "A", "2*A'*r"]
    assert answer["result"]["text"] == "2*A'*(A*x - b)"


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ({"u": "u + x"}, "u needs u"),
        ({"u": "v + x", "v": "u^2"}, "u needs v needs u"),
        ({"a_1": "b_1", "b_1": "c_1", "c_1": "b_1"}, "b_1 needs c_1"),
    ],
)
def test_circles_are_refused_and_named(inner: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        chain_rule({"inner": inner, "outer": next(iter(inner)), "wrt": "x"})
    assert caught.value.pointer.startswith("/inner/")


def test_a_long_chain_is_no_recursion() -> None:
    inner = {f"u{k}": f"sin(u{k - 1})" if k else "x" for k in range(60)}
    answer = chain_rule({"inner": inner, "outer": "u59", "wrt": "x", "at": {"x": 0}})
    assert answer["value"] == 1


def test_mistakes_point_to_their_place() -> None:
    with pytest.raises(ExpressionSyntaxError) as syntax:
        chain_rule({"inner": {"u": "x^"}, "outer": "u"})
    assert syntax.value.pointer == "/inner/u"
    with pytest.raises(InputError, match="inner function") as wrt:
        chain_rule({"inner": {"u": "x^2"}, "outer": "u", "wrt": "u"})
    assert wrt.value.pointer == "/wrt"
    with pytest.raises(ShapeMismatch, match="declared as") as shape:
        chain_rule({"inner": {"u": "x'*x"}, "outer": "u", "variables": {"x": "vector(n)", "u": "vector(3)"}})
    assert shape.value.pointer == "/inner/u"
    with pytest.raises(InvalidDeclaration, match="log"):
        chain_rule({"inner": {"log": "x^2"}, "outer": "x"})
    with pytest.raises(InputError, match="no inner function"):
        chain_rule({"inner": {}, "outer": "x"})
    with pytest.raises(InputError, match="one array"):
        chain_rule({"inner": {"r": "A*x"}, "outer": "r'*r", "variables": ARRAYS})


def test_paths_that_do_not_add_up_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = module._contracted
    monkeypatch.setattr(module, "_contracted", lambda *parts: scale(2, right(*parts)))
    for request in REQUESTS[:2]:
        with pytest.raises(CheckFailed, match="sum-of-paths"):
            chain_rule(request)
