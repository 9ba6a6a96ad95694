"""A network: a column of units for the values between two layers, and between the columns what the layers are."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from service.pictures import style
from service.scenes.network import MOST_UNITS, NetworkLayer, NetworkScene

STEP, GAP, RADIUS, TOP, FOOT = 1.55, 0.36, 0.12, 0.85, 1.0  # inches

Units = list[float | None]
"""How high the units of a column stand; None stands for those left out."""


def draw(scene: NetworkScene) -> bytes:
    sizes = [scene.layers[0].inputs, *[layer.outputs for layer in scene.layers]] if scene.layers else ["n"]
    tallest = max(len(_units(size)) for size in sizes)
    width, height = STEP * len(sizes) + 1.2, GAP * tallest + TOP + FOOT
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    axes.text(width / 2, height - 0.2, scene.title, ha="center", va="center", fontsize=11)
    middle = FOOT + GAP * tallest / 2
    columns = [(0.6 + STEP * place, [None if y is None else middle + y for y in _units(size)]) for place, size in enumerate(sizes)]
    for layer, (x, units), (to_x, to_units) in zip(scene.layers, columns, columns[1:], strict=False):
        _draw_layer(axes, layer, (x, units), (to_x, to_units), height)
    for size, (x, units) in zip(sizes, columns, strict=True):
        _draw_units(axes, x, units)
        axes.text(x, middle - GAP * tallest / 2 - 0.12, style.label(size, 12), ha="center", va="center", fontsize=9)
    x = columns[-1][0] + 0.95
    for y in columns[-1][1]:
        if y is not None:
            axes.plot([columns[-1][0], x], [y, middle], color=style.GREY, linewidth=0.7, zorder=1)
    axes.add_patch(Rectangle((x - 0.22, middle - 0.16), 0.44, 0.32, facecolor=style.PAPER, edgecolor=style.INK, zorder=3))
    axes.text(x, middle, "L", ha="center", va="center", zorder=4)
    axes.text(x, height - 0.5, style.label(scene.loss.replace("-", "\n"), 40), ha="center", va="center", fontsize=8, color=style.GREY)
    return style.to_svg(figure, scene.title, scene.description)


def _units(size: str) -> Units:
    """Around 0, from the top."""
    parts = size.split("×")
    count = math.prod(int(part) for part in parts) if all(part.isdigit() for part in parts) else 0
    shown: list[bool] = [True] * count if 0 < count <= MOST_UNITS else [True, True, True, False, True]
    return [(len(shown) - 1) / 2 * GAP - place * GAP if there else None for place, there in enumerate(shown)]


def _draw_units(axes: Axes, x: float, units: Units) -> None:
    for place, y in enumerate(units):
        if y is None:
            before, after = units[place - 1], units[place + 1]
            assert before is not None
            assert after is not None
            axes.text(x, (before + after) / 2, "⋮", ha="center", va="center", fontsize=12)
        else:
            axes.add_patch(Circle((x, y), RADIUS, facecolor=style.PAPER, edgecolor=style.INK, zorder=3))


def _draw_layer(axes: Axes, layer: NetworkLayer, start: tuple[float, Units], end: tuple[float, Units], height: float) -> None:
    (x, units), (to_x, to_units) = start, end
    here, there = [y for y in units if y is not None], [y for y in to_units if y is not None]
    if layer.reach is None:
        pairs = [(y, to_y) for y in here for to_y in there]
    else:
        pairs = [(y, to_y) for place, to_y in enumerate(there) for y in here[place : place + layer.reach]]
    lines = LineCollection([[(x, y), (to_x, to_y)] for y, to_y in pairs], colors=style.BLUE, linewidths=0.8, zorder=1)
    axes.add_collection(lines)
    middle = (x + to_x) / 2
    axes.text(middle, height - 0.5, style.label(layer.kind), ha="center", va="center", fontsize=10, color=style.BLUE)
    for place, shape in enumerate(layer.shapes):
        axes.text(middle, FOOT - 0.3 - 0.19 * place, style.label(shape, 20), ha="center", va="center", fontsize=8, color=style.GREY)
