"""Backpropagation through a network with symbolic sizes and weights, in the language, layer by layer.

Layer k computes h_k of h_(k-1), and d_k stands for the gradient of the loss by h_k. What a layer does to d_k is the gradient of d_k'*h_k
by its input and its weights: d2*h1' for W2, W2'*d2 for h1. All of them put together are checked against differences of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service import limits
from service.answers.derivation import derive
from service.answers.symbolic_layers import LOSSES, Shape, Written, declared, loss_text, paired, written
from service.answers.task import read_task
from service.calculus.substitute import substitute
from service.calculus.verify import check_derivatives
from service.certificates import require
from service.errors import InputError, NablaError
from service.expression.nodes import Node
from service.language import declare, parse
from service.learning.layers import LETTERS, LayerSpec
from service.printing.printers import to_latex, to_text

Size = str | int


def symbolic_backpropagation(
    specs: Sequence[LayerSpec], loss: str, inputs: Size | list[int], samples: Size | None = None
) -> dict[str, Any]:
    """The gradient of the loss by every weight, with the input x of the size `inputs` (two numbers for a matrix) and the target t.

    With `samples` x and t have a row for each sample, and the loss is the mean. Raises InputError for weights without an input and for
    layers that cannot be written out, and what the language raises.
    """
    limits.check("symbolic-layers", len(specs), "/layers")
    network = _Network(specs, inputs, None if samples is None else str(samples))
    last = len(specs)
    shapes = network.shapes
    known = network.variables | {"t": declared(shapes[-1])}
    output = f"h{last}"
    loss_of_output = loss_text(loss, output, shapes[-1], network.batch)
    delta = _gradient(loss_of_output, known, output)
    values: dict[str, Node] = {}
    for place, layer in enumerate(network.layers, 1):
        values[f"h{place}"] = substitute(_read(layer.text, known), values)
    deltas = {f"d{last}": substitute(_read(delta["text"], known), values)}
    layers: list[dict[str, Any]] = []
    composed: dict[str, Node] = {}
    gradients: list[dict[str, Any]] = []
    latest = delta
    for place in range(last, 0, -1):
        by_input, layer = network.before(place), network.layers[place - 1]
        product = paired(f"d{place}", layer.text, shapes[place])
        found = {name: _gradient(product, known, name) for name in (by_input, *layer.weights)}
        everything = {**values, **deltas}
        for name in layer.weights:
            composed[name] = substitute(_read(found[name]["text"], known), everything)
        gradients.insert(0, {name: found[name] for name in layer.weights})
        deltas[f"d{place - 1}"] = substitute(_read(found[by_input]["text"], known), everything)
        layers.insert(0, network.told(place, latest, found))
        latest = found[by_input]
    composed["x"] = deltas["d0"]
    function = substitute(_read(loss_of_output, known), values)
    variables = {name: each for name, each in declare(known).variables.items() if name[0] not in "hd"}
    checks = check_derivatives(function, {(name,): node for name, node in composed.items()}, variables, "finite-differences")
    return {
        "value": None,
        "loss": {
            "type": loss,
            "text": to_text(_read(loss_of_output, known)),
            "expression": to_text(function),
            "latex": to_latex(_read(loss_of_output, known)),
        },
        "output": output,
        "layers": layers,
        "gradients": {name: gradient for found in gradients for name, gradient in found.items()},
        "input_gradient": latest,
        "variables": known,
        "checks": require(checks),
    }


class _Network:
    """`shapes[k]` is the shape of h_k, h_0 being x; `layers[k - 1]` tells h_k in terms of h_(k-1)."""

    def __init__(self, specs: Sequence[LayerSpec], inputs: Size | list[int], batch: str | None) -> None:
        self.specs = specs
        self.batch = batch
        sizes = [str(size) for size in inputs] if isinstance(inputs, list) else [str(inputs)]
        if batch and len(sizes) > 1:
            raise InputError("a batch of matrices cannot be told with symbols", 'leave "samples" out, or give one size', "/samples")
        if batch in sizes and not batch.isdigit():
            raise InputError(f"{batch} is the size of the input", '"samples": "N"', "/samples")
        self.shapes: list[Shape] = [(batch, *sizes) if batch else tuple(sizes)]
        self.layers: list[Written] = []
        self.variables: dict[str, Any] = {"x": declared(self.shapes[0])}
        taken = {*sizes, str(batch), *(str(spec.size) for spec in specs if spec.size is not None)}
        free = iter([letter for letter in LETTERS if letter not in taken])
        for place, spec in enumerate(specs, 1):
            try:
                layer = written(spec, place, self.before(place), self.shapes[-1], free, batch)
            except NablaError as error:
                raise (error if error.pointer.startswith("/layers") else error.at("/layers")) from None
            self.layers.append(layer)
            self.shapes.append(layer.shape)
            self.variables |= {**layer.weights, f"h{place}": declared(layer.shape), f"d{place}": declared(layer.shape)}

    def before(self, place: int) -> str:
        """The name of the input of a layer."""
        return f"h{place - 1}" if place > 1 else "x"

    def told(self, place: int, delta: dict[str, Any], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """A layer of the answer."""
        layer = self.layers[place - 1]
        outer, inner = ([_number(size) for size in self.shapes[i][1 if self.batch else 0 :]] for i in (place, place - 1))
        shapes = {"input": [*outer, *inner]}
        for name, declaration in layer.weights.items():
            sizes = declaration[declaration.index("(") + 1 : -1].split(",") if "(" in declaration else []
            shapes[_bare(name)] = [*outer, *[_number(size) for size in sizes]]
        told: dict[str, Any] = {
            "index": place,
            "type": self.specs[place - 1].kind,
            "input_size": _count(inner),
            "output_size": _count(outer),
            "input_shape": inner,
            "output_shape": outer,
            "output": f"h{place} = {layer.text}",
            "delta": delta,
            "jacobian": None,
            "jacobian_shapes": shapes,
            "gradients": {_bare(name): found[name] for name in layer.weights},
        }
        if len(self.shapes[place]) == len(self.shapes[place - 1]) == 1:
            request = {"expression": layer.text, "variables": self.variables, "wrt": self.before(place)}
            jacobian = derive(read_task("jacobian", request))["result"]
            told["jacobian"] = {name: jacobian[name] for name in ("text", "latex", "shape")}
        return told


def _bare(name: str) -> str:
    return name.rstrip("0123456789")


def _number(size: str) -> Size:
    return int(size) if size.isdigit() else size


def _count(shape: list[Size]) -> Size:
    """The number of entries; a text where sizes are letters."""
    if len(shape) == 1:
        return shape[0]
    total = 1
    for size in shape:
        if not isinstance(size, int):
            return "*".join(map(str, shape))
        total *= size
    return total


def _gradient(text: str, known: dict[str, Any], wrt: str) -> dict[str, Any]:
    found = derive(read_task("gradient", {"expression": text, "variables": known, "wrt": wrt}))["result"]
    return {name: found[name] for name in ("text", "latex", "shape")}


def _read(text: str, known: dict[str, Any]) -> Node:
    return parse(text, declare(known)).node


__all__ = ["LOSSES", "symbolic_backpropagation"]
