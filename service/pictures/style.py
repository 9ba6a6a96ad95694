"""How pictures look, and a figure as SVG: the same bytes every time, readable on light and dark, with a title and a description.

Every colour is drawn as it is on light paper. A style sheet inside the picture exchanges the colours of the table below where the
reader prefers dark; a program that knows no style sheets shows the light picture, on its own paper.
"""

from __future__ import annotations

import io
import re
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, PAPER, FAINT, GREY = "#1f2328", "#fefefe", "#d5d9de", "#6a737d"
BLUE, ORANGE, GREEN, RED, VIOLET = "#0b62c4", "#b35300", "#1a7f37", "#cf222e", "#8250df"
DARK = {
    INK: "#e6edf3",
    PAPER: "#0d1117",
    FAINT: "#30363d",
    GREY: "#8b949e",
    BLUE: "#6cb0ff",
    ORANGE: "#f0a050",
    GREEN: "#56d364",
    RED: "#ff8178",
    VIOLET: "#c8a6ff",
}
"""What each colour is on dark paper. A picture uses no others."""
CYCLE = (BLUE, ORANGE, GREEN, VIOLET, RED)

BEHIND = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 1.0}
"""A box behind letters that stand on lines."""

SIZE = (6.4, 4.2)  # inches, of 72 points
LONGEST_LABEL = 40
LONGEST_TITLE = 80
LONGEST_DESCRIPTION = 600

# Set once, at import: Matplotlib's context managers for settings are not made for threads.
matplotlib.rcParams.update(
    {
        "svg.hashsalt": "nabla",  # names inside the file depend on what is drawn only
        "svg.fonttype": "path",  # the same letters everywhere
        "font.family": "DejaVu Sans",  # comes with Matplotlib
        "font.size": 10,
        "figure.facecolor": PAPER,
        "axes.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.titlesize": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=CYCLE),
        "axes.unicode_minus": True,
        "grid.color": FAINT,
        "grid.linewidth": 0.6,
        "text.color": INK,
        "xtick.color": GREY,
        "ytick.color": GREY,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "legend.facecolor": PAPER,
        "legend.edgecolor": FAINT,
        "legend.framealpha": 0.9,
        "lines.linewidth": 1.6,
    }
)

_SHEET = (
    "@media (prefers-color-scheme: dark) {"
    + "".join(f'[style*="{part}: {light}"]{{{part}:{dark} !important}}' for light, dark in DARK.items() for part in ("fill", "stroke"))
    + "}"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_drawing = Lock()  # Matplotlib's fonts are not made for threads either


def new_figure() -> tuple[Figure, Axes]:
    """An empty figure and its only axes."""
    figure = Figure(figsize=SIZE, layout="constrained")
    return figure, figure.add_subplot()


def new_panels(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """An empty figure of so many inches, and `count` axes side by side."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, [figure.add_subplot(1, count, place + 1) for place in range(count)]


def label(text: str, longest: int = LONGEST_LABEL) -> str:
    """A name from a request as a label: of one line, not too long, its dollar signs no formula."""
    plain = _CONTROL.sub(" ", text)
    plain = plain if len(plain) <= longest else plain[: longest - 1] + "…"
    return plain.replace("\\", "∖").replace("$", r"\$")


def to_svg(figure: Figure, title: str, description: str) -> bytes:
    """The figure as a file that stands for itself: `title` and `description` are what a screen reader reads."""
    out = io.BytesIO()
    nothing: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with _drawing:
        figure.savefig(out, format="svg", metadata=nothing)
    text = out.getvalue().decode()
    start = text.index("<svg ")
    head, _, rest = text[start:].partition(">")
    names = f'<title id="title">{_content(title)}</title>\n <desc id="description">{_content(description)}</desc>'
    sheet = rest.replace("</style>", f"{_SHEET}</style>", 1)
    return f'{head} role="img" aria-labelledby="title description">\n {names}{sheet}'.encode()


def _content(text: str) -> str:
    return escape(_CONTROL.sub(" ", text)[:LONGEST_DESCRIPTION])
