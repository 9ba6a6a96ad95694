"""A computation graph: values square, operations round, local derivatives on the edges. Laid out in layers (Sugiyama) by igraph."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import igraph
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, FancyArrowPatch, Patch, Rectangle
from matplotlib.path import Path

from service.pictures import style
from service.scenes.graph import GraphScene, Link, Vertex

LETTER, EDGE_LETTER, LINE = 0.088, 0.07, 0.17  # inches that a letter is wide, and a line high
GAP, ROW, MARGIN = 0.45, 0.32, 0.2  # inches between layers, between rows, around
COLOURS = (style.ORANGE, style.GREEN, style.VIOLET, style.BLUE)

Point = tuple[float, float]


@dataclass(frozen=True)
class _Box:
    """Where a vertex is, and how large, in inches."""

    x: float
    y: float
    width: float
    height: float


def draw(scene: GraphScene) -> bytes:
    boxes, routes, (width, height) = _layout(scene)
    figure = Figure(figsize=(width, height + 0.35))
    axes = figure.add_axes((0, 0, 1, height / (height + 0.35)))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    figure.text(0.5, 1 - 0.2 / (height + 0.35), style.label(scene.title, int(width / 0.09)), ha="center", va="center", fontsize=11)
    for link, route in zip(scene.links, routes, strict=True):
        _draw_link(axes, link, route)
    for vertex, box in zip(scene.vertices, boxes, strict=True):
        _draw_vertex(axes, vertex, box)
    if scene.strands:
        handles = [Line2D([], [], color=colour, linewidth=2) for colour in COLOURS[: len(scene.strands)]]
        axes.legend(handles, [style.label(name, 60) for name in scene.strands], loc="lower center", ncols=2, fontsize=8, frameon=False)
    return style.to_svg(figure, scene.title, scene.description)


# --- where things go ------------------------------------------------------------------------------------------------


def _layout(scene: GraphScene) -> tuple[list[_Box], list[list[Point]], Point]:
    """The boxes, the points that each link goes through from box to box, and the size of the whole."""
    layers = _layers(scene)
    sizes = [_size(vertex) for vertex in scene.vertices]
    graph = igraph.Graph(n=len(scene.vertices), edges=[(link.source, link.target) for link in scene.links], directed=True)
    layout = graph.layout_sugiyama(layers=layers, maxiter=200)
    routing = layout.edge_routing if scene.links else []
    row = max(height for _, height in sizes) + ROW
    lanes = [point[0] for point in layout.coords] + [point[0] for points in routing for point in points]
    top = max(lanes, default=0.0)
    across = _columns(scene, layers, sizes)
    legend = 0.22 * ((len(scene.strands) + 1) // 2) + (0.1 if scene.strands else 0.0)

    def at(lane: float, layer: float) -> Point:
        return across[round(layer)], MARGIN + legend + row / 2 + (top - lane) * row

    boxes = [_Box(*at(lane, layer), *size) for (lane, _), layer, size in zip(layout.coords, layers, sizes, strict=True)]
    routes = []
    for link, points in zip(scene.links, routing, strict=True):
        start, end = boxes[link.source], boxes[link.target]
        between = sorted(at(lane, layer) for lane, layer in points)
        routes.append([(start.x + start.width / 2, start.y), *between, (end.x - end.width / 2, end.y)])
    return boxes, routes, (across[-1] + max(size[0] for size in sizes) / 2 + MARGIN, 2 * MARGIN + legend + row * (top + 1))


def _layers(scene: GraphScene) -> list[int]:
    """How many links the longest way to each vertex has; links go from earlier vertices to later ones."""
    layers = [0] * len(scene.vertices)
    for link in sorted(scene.links, key=lambda link: link.target):
        layers[link.target] = max(layers[link.target], layers[link.source] + 1)
    return layers


def _columns(scene: GraphScene, layers: list[int], sizes: list[Point]) -> list[float]:
    """Where each layer is, from left to right: the boxes and the longest text between two layers fit."""
    count = max(layers) + 1
    widths = [max(size[0] for size, layer in zip(sizes, layers, strict=True) if layer == place) for place in range(count)]
    gaps = [GAP] * count
    for link in scene.links:
        place = layers[link.target]
        gaps[place] = max(gaps[place], len(link.text) * EDGE_LETTER + 0.45)
    found = [MARGIN + widths[0] / 2]
    for place in range(1, count):
        found.append(found[-1] + widths[place - 1] / 2 + gaps[place] + widths[place] / 2)
    return found


def _size(vertex: Vertex) -> Point:
    letters = max(len(line) for line in vertex.lines)
    width, height = letters * LETTER + 0.2, len(vertex.lines) * LINE + 0.14
    if vertex.is_value:
        return max(width, height, 0.42), height
    return max(width * 1.12, 0.42), max(height * 1.25, 0.42)


# --- what is drawn --------------------------------------------------------------------------------------------------


def _draw_vertex(axes: Axes, vertex: Vertex, box: _Box) -> None:
    shape: Patch
    if vertex.is_value:
        shape = Rectangle((box.x - box.width / 2, box.y - box.height / 2), box.width, box.height)
    else:
        shape = Ellipse((box.x, box.y), box.width, box.height)
    shape.set(facecolor=style.PAPER, edgecolor=style.INK if vertex.moves else style.GREY, linewidth=1.2, zorder=3)
    axes.add_patch(shape)
    colours = (style.INK if vertex.moves else style.GREY, style.GREY)
    for place, line in enumerate(vertex.lines):
        y = box.y + ((len(vertex.lines) - 1) / 2 - place) * LINE
        colour = style.BLUE if line.startswith("∂") else colours[min(place, 1)]
        axes.text(box.x, y, style.label(line), ha="center", va="center_baseline", fontsize=9.5 if place == 0 else 8, color=colour, zorder=4)


def _draw_link(axes: Axes, link: Link, route: list[Point]) -> None:
    colour = style.GREY if not link.moves else style.INK if link.strand is None else COLOURS[link.strand]
    vertices, codes = [route[0]], [Path.MOVETO]
    for (x, y), (to_x, to_y) in pairwise(route):
        middle = (x + to_x) / 2
        vertices += [(middle, y), (middle, to_y), (to_x, to_y)]
        codes += [Path.CURVE4] * 3
    width = 1.5 if link.moves else 0.8
    arrow = FancyArrowPatch(
        path=Path(vertices, codes), arrowstyle="-|>", mutation_scale=9, color=colour, linewidth=width, shrinkA=0, shrinkB=0, zorder=1
    )
    arrow.set_fill(True)
    axes.add_patch(arrow)
    if link.text:
        (x, y), (to_x, to_y) = route[-2:]
        text, paper = style.label(link.text), {**style.BEHIND, "alpha": 1.0}
        axes.text((x + to_x) / 2, (y + to_y) / 2, text, color=colour, ha="center", va="center", fontsize=8, bbox=paper, zorder=2)
