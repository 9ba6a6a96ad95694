"""What curves show: zeros of the derivative by their kind, poles as interruptions, windows where the function is defined."""

from __future__ import annotations

import math

import numpy as np
import pytest

from service.expression.arena import fresh_arena
from service.language import parse
from service.scenes.curve import START, CurveScene, Mark, curve_scene, taylor_scene
from service.scenes.sections import section


def curve(function: str, derivative: str, at: float | None = None) -> CurveScene:
    with fresh_arena():
        nodes = [parse(function), parse(derivative)]
        variables = {name: node.parameter for parsed in nodes for name, node in parsed.variables.items()}
        point = None if at is None else {"x": np.asarray(at)}
        found = section([parsed.node for parsed in nodes], [variables["x"]], variables, point, 1)
        assert found is not None
        scene = curve_scene(found, (function, "f'(x)"), 1)
    assert scene is not None
    return scene


@pytest.mark.parametrize(
    ("function", "derivative", "expected"),
    [
        ("x^2 + 4*x - 2", "2*x + 4", [(-2, "minimum")]),
        ("x^5 - 2*x^3", "5*x^4 - 6*x^2", [(-math.sqrt(1.2), "maximum"), (0, "horizontal tangent"), (math.sqrt(1.2), "minimum")]),
        ("x^3", "3*x^2", [(0, "horizontal tangent")]),
        ("1/(x^2 - 1)", "-2*x/(x^2 - 1)^2", [(0, "maximum")]),
        ("x*log(x)", "log(x) + 1", [(1 / math.e, "minimum")]),
        ("abs(x)", "sign(x)", []),  # a jump of the derivative is no zero
        ("exp(x)", "exp(x)", []),
        ("1/x", "-1/x^2", []),
    ],
)
def test_critical_points(function: str, derivative: str, expected: list[tuple[float, str]]) -> None:
    marks = curve(function, derivative).panels[0].marks
    assert [mark.name for mark in marks] == [name for _, name in expected]
    assert np.allclose([mark.x for mark in marks], [place for place, _ in expected], atol=1e-5)


def test_poles_interrupt_the_curve() -> None:
    line = curve("1/x", "-1/x^2").panels[0].lines[0]
    left, right = line.y[line.x < 0], line.y[line.x > 0]
    joined = line.y[(line.x > -0.02) & (line.x < 0.02)]
    assert np.nanmax(left) < 0 < np.nanmin(right)
    assert np.isnan(joined).any()


def test_a_window_is_where_the_function_is_defined() -> None:
    scene = curve("x*log(x)", "log(x) + 1")
    assert 0 < scene.low < 1 / math.e < 1 < scene.high
    assert np.isfinite(scene.panels[0].lines[0].y).all()


def test_the_point_has_its_tangent() -> None:
    scene = curve("x^2", "2*x", at=3.0)
    tangent = scene.panels[0].lines[1]
    slope = (tangent.y[1] - tangent.y[0]) / (tangent.x[1] - tangent.x[0])
    assert slope == pytest.approx(6)
    assert (3.0, 9.0, "the point") in [(mark.x, mark.y, mark.name) for mark in scene.panels[0].marks]
    assert scene.low < 0 < 3 < scene.high


def test_a_fast_oscillation_is_followed() -> None:
    line = curve("sin(100000*x)", "100000*cos(100000*x)").panels[0].lines[0]
    assert np.abs(np.diff(line.y)).max() < 1
    assert np.ptp(line.y) > 1


def test_nothing_to_show() -> None:
    with fresh_arena():
        parsed, derivative = parse("log(-1 - x^2)"), parse("-2*x/(-1 - x^2)")
        variables = {name: node.parameter for name, node in parsed.variables.items()}
        found = section([parsed.node, derivative.node], list(variables.values()), variables, None, 1)
        assert found is not None
        assert curve_scene(found, ("f", "f'"), 1) is None


def test_taylor_polynomials() -> None:
    with fresh_arena():
        parsed = [parse(text) for text in ("sin(x)", "0", "x", "0", "-x^3/6")]
        variables = {name: node.parameter for name, node in parsed[0].variables.items()}
        found = section([each.node for each in parsed], list(variables.values()), variables, {"x": np.asarray(0.0)}, 1)
        assert found is not None
        scene = taylor_scene(found.showing({"x": [-1, 1]}), "sin(x)", "x", 0.0)
    assert scene is not None
    function, *polynomials = scene.panels[0].lines
    assert [line.name for line in polynomials] == ["T0", "T1", "T3"]
    assert np.allclose(polynomials[-1].y, function.x - function.x**3 / 6)
    assert (scene.low, scene.high) == (-1, 1)


def test_known_points_are_marked_instead_of_found_ones() -> None:
    with fresh_arena():
        parsed, derivative = parse("x^2"), parse("2*x")
        variables = {name: node.parameter for name, node in parsed.variables.items()}
        found = section([parsed.node, derivative.node], list(variables.values()), variables, None, 1)
        assert found is not None
        scene = curve_scene(found, ("x^2", "f'"), 1, [Mark(0.0, 0.0, "global minimum"), Mark(25.0, 625.0, START)])
    assert scene is not None
    assert [mark.name for mark in scene.panels[0].marks] == ["global minimum", START]
    assert [mark.x for mark in scene.panels[1].marks] == [0.0]
    assert scene.high > 25
