"""A linear regression: the fit with its bands, residuals, their quantiles, leverage."""

from __future__ import annotations

from matplotlib.axes import Axes

from service.pictures import style
from service.scenes.regression import Axis, Scatter

FEW = 60  # points up to here are drawn large
STRENGTH = (0.10, 0.22)


def draw(scene: Scatter) -> bytes:
    figure, axes = style.new_figure()
    if scene.level is not None:
        axes.axhline(scene.level, color=style.GREY, linewidth=0.8)
    if scene.curve is not None:
        for (name, lower, upper), alpha in zip(scene.bands, STRENGTH, strict=False):
            axes.fill_between(scene.curve[0], lower, upper, color=style.BLUE, alpha=alpha, linewidth=0, label=name)
        axes.plot(*scene.curve, color=style.BLUE, label="fit" if scene.bands else None)
    for (name, x, height), line in zip(scene.contours, ("--", ":"), strict=False):
        axes.plot(x, height, color=style.RED, linewidth=1, linestyle=line, label=name)
        axes.plot(x, -height, color=style.RED, linewidth=1, linestyle=line)
    few = len(scene.x) <= FEW
    axes.plot(scene.x, scene.y, "o", color=style.INK, markersize=4.5 if few else 2.2, markerfacecolor="none" if few else style.INK)
    _name(axes, scene)
    axes.set_xlabel(_label(scene.across))
    axes.set_ylabel(_label(scene.up))
    axes.set_title(style.label(scene.title, style.LONGEST_TITLE))
    if scene.bands or scene.contours:
        axes.legend(loc="best", fontsize=8)
    return style.to_svg(figure, scene.title, scene.description)


def _name(axes: Axes, scene: Scatter) -> None:
    """The numbers of the observations that stand out, on the side where there is room."""
    if not scene.named:
        return
    middle = (float(scene.x.min()) + float(scene.x.max())) / 2
    for place, number in scene.named:
        x, y = float(scene.x[place]), float(scene.y[place])
        side, across = ("left", 6) if x <= middle else ("right", -6)
        axes.annotate(str(number), (x, y), (across, 0), textcoords="offset points", ha=side, va="center", fontsize=8, color=style.ORANGE)


def _label(axis: Axis) -> str:
    return style.label(axis.name) + (f", in units of 1e{axis.exponent}" if axis.exponent else "")
