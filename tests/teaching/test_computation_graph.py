"""The computation graph: its parts are the function, its local derivatives add up over the paths to the derivative."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from service.errors import LimitExceeded
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.teaching.computation_graph import Graph, computation_graph
from tests import oracle

FUNCTIONS: tuple[Any, ...] = (
    "sin(x1) + x1*x2",
    "exp(sin(x1))",
    "x1*x2 - x1/x2",
    "(x1 + x2)^2*log(x1 + x2)",
    "where(x1 > x2, x1^2, -x2)",
    "x1^x2*sqrt(x1)",
    ["x1^2*x2^2", "sqrt(x1*x2)", "x1^2*x2^2", "x2", "3"],
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def graph_of(expression: Any, variables: dict[str, Any] | None = None, wrt: set[str] | None = None) -> Graph:
    parsed = parse(expression, declare(variables))
    return computation_graph(parsed.node, [node.parameter for name, node in parsed.variables.items() if wrt is None or name in wrt])


def edges(graph: Graph) -> list[tuple[str, str, str | None]]:
    return [(edge["source"], edge["target"], edge["derivative"] and edge["derivative"]["text"]) for edge in graph.to_json()["edges"]]


def test_the_graph_of_the_lecture_notes() -> None:
    graph = graph_of("sin(x1) + x1*x2")
    shown = [
        (part["name"], part["kind"], part.get("operation"), part.get("expression", {}).get("text")) for part in graph.to_json()["nodes"]
    ]
    assert shown == [
        ("x1", "input", None, None),
        ("x2", "input", None, None),
        ("v1", "intermediate", "sin", "sin(x1)"),
        ("v2", "intermediate", "*", "x1*x2"),
        ("f", "output", "+", "v1 + v2"),
    ]
    assert edges(graph) == [("x1", "v1", "cos(x1)"), ("x1", "v2", "x2"), ("x2", "v2", "x1"), ("v1", "f", "1"), ("v2", "f", "1")]


@pytest.mark.parametrize("expression", FUNCTIONS, ids=str)
def test_the_sum_over_the_paths_is_the_derivative(expression: Any) -> None:
    graph = graph_of(expression)
    point: dict[str, Any] = {"x1": 1.3, "x2": 0.7}
    values = dict(point)
    for part in graph.parts:
        if part.line is not None:
            values[part.name] = oracle.evaluate(part.to_json()["expression"]["text"], values)
    for output in graph.outputs:
        for name in point:
            total = sum(
                math.prod(float(oracle.evaluate(str(edge.to_json()["derivative"]["text"]), values)) for edge in path)
                for path in graph.paths(name, output.name)
            )
            assert np.isclose(total, _slope(graph, output.name, name, point), rtol=1e-6)


def _slope(graph: Graph, output: str, by: str, point: dict[str, Any], h: float = 1e-5) -> float:
    def value(move: float) -> float:
        values = {**point, by: point[by] + move}
        for part in graph.parts:
            if part.line is not None:
                values[part.name] = oracle.evaluate(part.to_json()["expression"]["text"], values)
        return float(values[output])

    return (value(h) - value(-h)) / (2 * h)


def test_arrays_have_jacobians_along_the_edges() -> None:
    graph = graph_of("norm2(A*x - b)^2/2", {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, {"x"})
    assert edges(graph) == [
        ("A", "v1", None),
        ("x", "v1", "A"),
        ("v1", "v2", "eye(m)"),
        ("b", "v2", None),
        ("v2", "v3", "2*v2"),
        ("v3", "f", "1/2"),
    ]


@pytest.mark.parametrize("expression", ["f*v + v1", "u1*v_bar + f2", "sin(f)*v3 + w"])
def test_names_are_none_of_the_function(expression: str) -> None:
    graph = graph_of(expression)
    names = [part.name for part in graph.parts]
    assert len(set(names)) == len(names)
    assert {part.name for part in graph.inputs} == set(parse(expression, declare(None)).variables)


def test_too_many_paths_and_parts_are_refused_by_name() -> None:
    line = "x"
    for _ in range(8):  # 2^8 paths
        line = f"(sin({line}) + cos({line}))"
    graph = graph_of(line)
    assert graph.count_paths("x", "f") == 256
    with pytest.raises(LimitExceeded) as caught:
        graph.paths("x", "f")
    assert caught.value.facts["limit"] == "paths"
    with pytest.raises(LimitExceeded) as caught:
        graph_of(" + ".join(f"sin({k}*x)" for k in range(200)))
    assert caught.value.facts["limit"] == "graph-parts"
