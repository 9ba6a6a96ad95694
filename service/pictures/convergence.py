"""What is left of the value and of the gradient, step by step, on a logarithmic axis."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from service.pictures import style
from service.scenes.convergence import Convergence

MOST_MARKS = 60


def draw(scene: Convergence) -> bytes:
    figure, axes = style.new_figure()
    steps = np.arange(len(scene.gaps))
    marker = "o" if len(steps) <= MOST_MARKS else ""
    for name, values, colour in (("f − least value", scene.gaps, style.BLUE), ("norm of the gradient", scene.norms, style.ORANGE)):
        shown = np.where(values > 0, values, np.nan)  # 0 has no place on a logarithmic axis
        axes.plot(steps, shown, color=colour, marker=marker, markersize=4, label=name)
    if (scene.gaps > 0).any() or (scene.norms > 0).any():
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("step")
    axes.legend()
    axes.set_title(style.label(scene.title, style.LONGEST_TITLE))
    return style.to_svg(figure, scene.title, scene.description)
