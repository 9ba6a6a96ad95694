"""Functions of one variable."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from service.pictures import style
from service.scenes.curve import CurveScene, Panel

WIDTH, HEIGHT = 6.4, 2.6  # of one panel
MOST_NAMES = 8


def draw(scene: CurveScene) -> bytes:
    figure = Figure(figsize=(WIDTH, HEIGHT * len(scene.panels) + 0.4), layout="constrained")
    axes = figure.subplots(len(scene.panels), 1, sharex=True, squeeze=False)[:, 0]
    colours = iter(style.CYCLE * 2)
    for panel, each in zip(scene.panels, axes, strict=True):
        each.axhline(0, color=style.GREY, linewidth=0.6)
        for line in panel.lines:
            dashes = {"linestyle": "--", "color": style.ORANGE} if line.dashed else {"color": next(colours)}
            each.plot(line.x, line.y, label=style.label(line.name), **dashes)
        for mark in panel.marks:
            each.plot([mark.x], [mark.y], "o", color=style.ORANGE if mark.name == "the point" else style.INK, markersize=5)
        _name_marks(panel, each)
        each.set_ylim(panel.low, panel.high)
        if len(panel.lines) > 1:
            each.legend(fontsize=8)
        each.set_ylabel(style.label(panel.name, 24))
    axes[-1].set_xlim(scene.low, scene.high)
    axes[-1].set_xlabel(style.label(scene.variable))
    axes[0].set_title(style.label(scene.title, style.LONGEST_TITLE))
    return style.to_svg(figure, scene.title, scene.description)


def _name_marks(panel: Panel, axes: Axes) -> None:
    """The names of maxima and minima beside them, where they are few."""
    named = [mark for mark in panel.marks if mark.name not in ("", "the point")]
    for mark in named if len(named) <= MOST_NAMES else []:
        above = mark.y < (panel.low + panel.high) / 2 if mark.name != "maximum" else mark.y < panel.high - 0.15 * (panel.high - panel.low)
        above = above if mark.name != "minimum" else not mark.y > panel.low + 0.15 * (panel.high - panel.low)
        axes.annotate(
            mark.name,
            (mark.x, mark.y),
            (0, 7 if above else -7),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=8,
            bbox=style.BEHIND,
        )
