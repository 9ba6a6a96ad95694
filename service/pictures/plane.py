"""A 2×2 matrix as what it does to the plane: the unit circle and square on the left, their images on the right."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from service.pictures import style
from service.scenes.plane import Plane, PlaneMap

ANGLES = np.linspace(0, 2 * np.pi, 181)
CIRCLE = np.array([np.cos(ANGLES), np.sin(ANGLES)])
SQUARE = np.array([[0.0, 1, 1, 0, 0], [0, 0, 1, 1, 0]])
WIDTH, HEIGHT = 7.6, 4.2


def draw(scene: PlaneMap) -> bytes:
    figure, (before, after) = style.new_panels(2, WIDTH, HEIGHT)
    figure.suptitle(style.label(scene.title, style.LONGEST_TITLE), fontsize=11)
    _panel(before, CIRCLE, SQUARE, [(arrow.name, arrow.vector) for arrow in scene.arrows])
    images = [(arrow.image_name, arrow.image) for arrow in scene.arrows]
    _panel(after, scene.matrix @ CIRCLE, scene.matrix @ SQUARE, images)
    before.set_title("before")
    after.set_title("after" + (f", in units of 1e{scene.exponent}" if scene.exponent else ""))
    return style.to_svg(figure, scene.title, scene.description)


def _panel(axes: Axes, circle: Plane, square: Plane, arrows: list[tuple[str, Plane]]) -> None:
    axes.fill(*square, facecolor=style.BLUE, alpha=0.12, edgecolor="none")
    axes.plot(*square, color=style.BLUE, linewidth=1.2)
    axes.plot(*circle, color=style.INK, linewidth=1.2)
    points = np.hstack([circle, square, np.zeros((2, 1))])
    low, high = points.min(axis=1), points.max(axis=1)
    reach = float((high - low).max()) or 1.0
    (x, y), half = (low + high) / 2, 0.62 * reach
    axes.set_xlim(x - half, x + half)
    axes.set_ylim(y - half, y + half)
    axes.set_aspect("equal")
    axes.axhline(0, color=style.GREY, linewidth=0.6)
    axes.axvline(0, color=style.GREY, linewidth=0.6)
    for (name, vector), colour in zip(arrows, (style.ORANGE, style.GREEN), strict=False):
        axes.annotate(
            "",
            (vector[0], vector[1]),
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0},
        )
        length = float(np.linalg.norm(vector))
        beyond = vector + (vector / length if length else np.array([0.0, 1])) * 0.075 * reach
        axes.text(beyond[0], beyond[1], name, color=colour, ha="center", va="center", fontsize=11, bbox=style.BEHIND)
