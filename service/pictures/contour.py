"""Contour lines of a function of two variables, its gradient field, and the way of a descent."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from service.pictures import style
from service.scenes.contour import ContourScene

SIDE = 5.6  # inches
EXPONENT = 0.35  # arrows grow with this power of the gradient's length


def draw(scene: ContourScene) -> bytes:
    width, height = float(np.ptp(scene.x)), float(np.ptp(scene.y))
    longest = max(width, height)
    figure, (axes,) = style.new_panels(1, max(SIDE * width / longest, 2.5) + 0.9, max(SIDE * height / longest, 2.0) + 0.7)
    lines = axes.contour(scene.x, scene.y, scene.values, levels=scene.levels, colors=style.BLUE, linewidths=0.9, linestyles="solid")
    axes.clabel(lines, fmt=lambda level: f"{level:.6g}", fontsize=8, colors=style.BLUE)
    _draw_field(axes, scene, longest)
    if scene.path is not None:
        axes.plot(scene.path[:, 0], scene.path[:, 1], "-o", color=style.RED, markersize=3, linewidth=1.2)
        axes.plot(*scene.path[-1:].T, "*", color=style.RED, markersize=11)
    for mark in scene.marks:
        axes.plot([mark.x], [mark.y], "o", color=style.ORANGE, markersize=6)
        axes.annotate(
            mark.name,
            (mark.x, mark.y),
            (0, 8),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            color=style.ORANGE,
            bbox=style.BEHIND,
        )
    if scene.point is not None:
        axes.plot([scene.point[0]], [scene.point[1]], "o", color=style.RED, markersize=6)
        size = float(np.hypot(*scene.gradient)) if scene.gradient else 0.0
        if scene.gradient and 0 < size < np.inf:
            end = [start + 0.15 * longest * rate / size for start, rate in zip(scene.point, scene.gradient, strict=True)]
            axes.annotate(
                "",
                (end[0], end[1]),
                scene.point,
                arrowprops={"arrowstyle": "-|>", "color": style.RED, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0},
            )
    axes.set_aspect("equal")
    axes.set_xlim(scene.x[0], scene.x[-1])
    axes.set_ylim(scene.y[0], scene.y[-1])
    axes.set_xlabel(style.label(scene.names[0]))
    axes.set_ylabel(style.label(scene.names[1]))
    axes.set_title(style.label(scene.title, 56))
    return style.to_svg(figure, scene.title, scene.description)


def _draw_field(axes: Axes, scene: ContourScene, longest: float) -> None:
    sizes = np.hypot(scene.slopes_x, scene.slopes_y)
    largest = float(np.nanmax(sizes, initial=0.0))
    if not 0 < largest < np.inf:
        return
    with np.errstate(all="ignore"):
        lengths = 0.85 * longest / len(scene.at_x) * (sizes / largest) ** EXPONENT
        u, v = (np.nan_to_num(lengths * slope / sizes) for slope in (scene.slopes_x, scene.slopes_y))
    axes.quiver(
        scene.at_x, scene.at_y, u, v, color=style.GREY, angles="xy", scale_units="xy", scale=1, width=0.0035, pivot="middle", zorder=1.5
    )
