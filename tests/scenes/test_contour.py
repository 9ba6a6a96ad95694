"""What contour pictures show: the values and slopes of the function, and a window that holds what matters."""

from __future__ import annotations

import numpy as np

from service.expression.arena import fresh_arena
from service.language import parse
from service.scenes.contour import ContourScene, contour_scene
from service.scenes.curve import Mark
from service.scenes.sections import Floats, section


def contour(
    function: str, gradient: list[str], at: tuple[float, float] | None = None, path: Floats | None = None, marks: tuple[Mark, ...] = ()
) -> ContourScene | None:
    with fresh_arena():
        parsed, derivative = parse(function), parse(gradient)
        variables = {name: node.parameter for each in (parsed, derivative) for name, node in each.variables.items()}
        point = None if at is None else {"x": np.asarray(at[0]), "y": np.asarray(at[1])}
        found = section([parsed.node, derivative.node], [variables["x"], variables["y"]], variables, point, 2)
        assert found is not None
        return contour_scene(found, function, path, marks)


def test_values_and_slopes_stand_where_they_belong() -> None:
    scene = contour("x^2*y + y", ["2*x*y", "x^2 + 1"], at=(1.0, 2.0))
    assert scene is not None
    x, y = np.meshgrid(scene.x, scene.y)
    assert np.allclose(scene.values, x**2 * y + y)
    x, y = np.meshgrid(scene.at_x, scene.at_y)
    assert np.allclose(scene.slopes_x, 2 * x * y)
    assert np.allclose(scene.slopes_y, x**2 + 1)
    assert scene.gradient == (4, 2)
    assert scene.x[0] < 0 < 1 < scene.x[-1]
    assert "the gradient is (4, 2)" in scene.description


def test_the_window_is_where_the_function_is_defined() -> None:
    scene = contour("log(x)*y", ["y/x", "log(x)"])
    assert scene is not None
    assert scene.x[0] > 0 > scene.y[0]
    assert np.isfinite(scene.values).all()
    assert contour("log(-1 - x^2) + y", ["1", "1"]) is None


def test_a_path_is_inside_the_window() -> None:
    path = np.array([[3.0, 4.0], [1.0, 2.0], [0.0, 0.0]])
    scene = contour("x^2 + 3*y^2", ["2*x", "6*y"], path=path)
    assert scene is not None
    assert scene.x[0] < 0 < 3 < scene.x[-1]
    assert scene.y[0] < 0 < 4 < scene.y[-1]


def test_marks_are_inside_the_window_and_told() -> None:
    scene = contour("x^2 - y^2", ["2*x", "-2*y"], marks=(Mark(4.0, 0.0, "saddle point"), Mark(-4.0, 1.0, "local minimum")))
    assert scene is not None
    assert scene.x[0] < -4 < 4 < scene.x[-1]
    assert "a saddle point at (4, 0) and a local minimum at (-4, 1)" in scene.description
