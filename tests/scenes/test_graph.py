"""What computation graphs show: every value and operation, local derivatives that multiply along the paths to the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.errors import CheckFailed, LimitExceeded
from service.expression.arena import fresh_arena
from service.language import parse
from service.scenes.graph import GraphScene, graph_scene
from service.teaching.computation_graph import computation_graph


def scene_of(expression: str, at: dict[str, float] | None = None, gradient: dict[str, float] | None = None) -> GraphScene:
    with fresh_arena():
        parsed = parse(expression)
        graph = computation_graph(parsed.node, [node.parameter for node in parsed.variables.values()])
        point: dict[str, Any] | None = at and {name: np.asarray(value) for name, value in at.items()}
        return graph_scene(graph, expression, point, gradient)


def test_the_example_of_automatic_differentiation() -> None:
    scene = scene_of("sin(x1) + x1*x2", {"x1": 2, "x2": 3}, {"x1": 2.5838531634528574, "x2": 2})
    values = {vertex.lines[0]: vertex.lines[1:] for vertex in scene.vertices if vertex.is_value}
    assert values == {"x1": ("2", "∂ 2.584"), "x2": ("3", "∂ 2"), "v1": ("0.9093", "∂ 1"), "v2": ("6", "∂ 1"), "f": ("6.909", "∂ 1")}
    assert {vertex.lines[0] for vertex in scene.vertices if not vertex.is_value} == {"sin", "×", "+"}
    assert {link.text for link in scene.links if link.text} == {"cos(x1) = -0.416", "x2 = 3", "x1 = 2", "1"}
    assert all(link.source < link.target for link in scene.links)
    assert "Paths to f: 2 from x1 and 1 from x2" in scene.description


def test_a_wrong_gradient_is_refused() -> None:
    with pytest.raises(CheckFailed):
        scene_of("sin(x1) + x1*x2", {"x1": 2, "x2": 3}, {"x1": 2.5838531634528574, "x2": 2.000001})


@pytest.mark.parametrize(
    ("expression", "symbol"),
    [
        ("x + y + z", "+"),
        ("x - y", "−"),
        ("x*y", "×"),
        ("x^2", "·^2"),
        ("2*x", "2*·"),
        ("exp(x)", "exp"),
        ("x/y", "/"),
        ("x - y + z", "· - · + ·"),
    ],
)
def test_operations_in_short(expression: str, symbol: str) -> None:
    assert [vertex.lines for vertex in scene_of(expression).vertices if not vertex.is_value] == [(symbol,)]


def test_paths_are_told_apart() -> None:
    scene = scene_of("x^2*log(x)")
    assert scene.strands == ("x → v1 → f", "x → v2 → f")
    assert {link.text: link.strand for link in scene.links if link.text} == {"2*x": 0, "1/x": 1, "v2": 0, "v1": 1}


@pytest.mark.parametrize("expression", ["x", "3 + 0*x", "[x, 2]", "-x"])
def test_small_graphs(expression: str) -> None:
    assert scene_of(expression).vertices


def test_large_graphs_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="picture-parts"):
        scene_of("+".join(f"sin(x{i})" for i in range(40)))
