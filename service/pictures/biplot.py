"""Observations and variables in the plane of the first two principal components."""

from __future__ import annotations

import numpy as np

from service.pictures import style
from service.scenes.components import Biplot

SIDE = 5.8  # inches
FEW = 300


def draw(scene: Biplot) -> bytes:
    figure, (axes,) = style.new_panels(1, SIDE, SIDE * 0.9)
    few = len(scene.scores) <= FEW
    axes.plot(scene.scores[:, 0], scene.scores[:, 1], "o", color=style.BLUE, markersize=4 if few else 2, alpha=0.7)
    axes.axhline(0, color=style.GREY, linewidth=0.6)
    axes.axvline(0, color=style.GREY, linewidth=0.6)
    for (x, y), name in zip(scene.arrows.tolist(), scene.names, strict=True):
        arrow = {"arrowstyle": "-|>", "color": style.ORANGE, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (x, y), (0, 0), arrowprops=arrow)
        length = float(np.hypot(x, y)) or 1.0
        room = 0.07 * float(np.abs(scene.scores).max())
        beyond = (x + room * x / length, y + room * y / length)
        axes.text(*beyond, style.label(name), color=style.ORANGE, ha="center", va="center", bbox=style.BEHIND)
    axes.margins(0.1)
    axes.set_aspect("equal", adjustable="datalim")
    unit = f", in units of 1e{scene.exponent}" if scene.exponent else ""
    axes.set_xlabel(scene.axes[0] + unit)
    axes.set_ylabel(scene.axes[1] + unit)
    axes.set_title(scene.title)
    return style.to_svg(figure, scene.title, scene.description)
