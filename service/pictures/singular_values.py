"""Singular values in decreasing order."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from service.pictures import style
from service.scenes.singular_values import SingularValues

WIDE = 100  # the largest over the smallest: from here on the axis is logarithmic
LOWEST = 1e-20  # beside the largest
MOST_MARKS = 200


def draw(scene: SingularValues) -> bytes:
    figure, axes = style.new_figure()
    values, places = scene.values, np.arange(1, len(scene.values) + 1)
    counts = values > scene.tolerance
    positive = values[values > 0]
    if len(positive) and values[0] > WIDE * values[-1]:
        axes.set_yscale("log")
        floor = max(min(float(positive[-1]), scene.tolerance or float(positive[-1])) / 3, LOWEST * float(values[0]))
        values = np.maximum(values, floor)
        axes.set_ylim(floor / 2, float(values[0]) * 3)
        if floor < scene.tolerance:
            axes.axhline(scene.tolerance, color=style.RED, linewidth=1, linestyle="--", label="tolerance")
            axes.legend(loc="upper right")
    else:
        axes.set_ylim(0, float(values[0]) * 1.1 or 1.0)
    axes.plot(places, values, color=style.BLUE, linewidth=1)
    if len(values) <= MOST_MARKS:
        axes.plot(places[counts], values[counts], "o", color=style.BLUE)
        axes.plot(places[~counts], values[~counts], "o", color=style.BLUE, markerfacecolor=style.PAPER)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(0.5, len(values) + 0.5)
    axes.set_xlabel("i")
    axes.set_ylabel("σᵢ" + (f", in units of 1e{scene.exponent}" if scene.exponent else ""))
    axes.set_title(style.label(scene.title, style.LONGEST_TITLE))
    return style.to_svg(figure, scene.title, scene.description)
