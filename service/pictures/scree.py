"""The share of each principal component in the variance, and the shares added up."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from service.pictures import style
from service.scenes.components import Scree

MOST_BARS = 60


def draw(scene: Scree) -> bytes:
    figure, axes = style.new_figure()
    places, percent = np.arange(1, len(scene.ratios) + 1), 100 * scene.ratios
    if len(places) <= MOST_BARS:
        axes.bar(places, percent, color=style.BLUE, width=0.6, label="of each")
    else:
        axes.plot(places, percent, color=style.BLUE, label="of each")
    marker = "o" if len(places) <= MOST_BARS else ""
    axes.plot(places, np.minimum(np.cumsum(percent), 100), color=style.ORANGE, marker=marker, markersize=4, label="added up")
    axes.set_ylim(0, 105)
    axes.set_xlim(0.4, len(places) + 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("principal component")
    axes.set_ylabel("share of the variance in %")
    axes.legend(loc="center right")
    axes.set_title(scene.title)
    return style.to_svg(figure, scene.title, scene.description)
