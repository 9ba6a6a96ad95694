"""Backpropagation through a network with symbolic sizes and weights, in the language, layer by layer.

Layer k computes h_k of h_(k-1), and d_k stands for the gradient of the loss by h_k. What a layer does to d_k is the gradient of d_k'*h_k
by its input and its weights: d2*h1' for W2, W2'*d2 for h1. All of them put together are checked against differences of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service import limits
from service.answers.derivation import derive
from service.answers.task import read_task
from service.calculus.substitute import substitute
from service.calculus.verify import check_derivatives
from service.certificates import require
from service.errors import InputError
from service.expression.nodes import Node
from service.language import declare, parse
from service.learning.layers import LETTERS, LayerSpec
from service.printing.printers import to_latex, to_text

LOSSES = {
    "squared-error": "norm2({a} - {t})^2/2",
    "mean-squared-error": "norm2({a} - {t})^2/{size}",
    "cross-entropy": "-{t}'*log({a})",
    "binary-cross-entropy": "-({t}'*log({a}) + (1 - {t})'*log(1 - {a}))",
}


def symbolic_backpropagation(specs: Sequence[LayerSpec], loss: str, inputs: str | int) -> dict[str, Any]:
    """The gradient of the loss by every weight, with the input x of the size `inputs` and the target t.

    Raises InputError for a convolution and for weights without an input, and what the language raises.
    """
    limits.check("symbolic-layers", len(specs), "/layers")
    network = _Network(specs, inputs)
    last = len(specs)
    declared = network.variables | {"t": f"vector({network.sizes[-1]})"}
    output = f"h{last}"
    loss_text = LOSSES[loss].format(a=output, t="t", size=network.sizes[-1])
    delta = _gradient(loss_text, declared, output)
    values: dict[str, Node] = {}
    for place, text in enumerate(network.texts, 1):
        values[f"h{place}"] = substitute(_read(text, declared), values)
    deltas = {f"d{last}": substitute(_read(delta["text"], declared), values)}
    layers: list[dict[str, Any]] = []
    composed: dict[str, Node] = {}
    gradients: dict[str, Any] = {}
    latest = delta
    for place in range(last, 0, -1):
        by_input = network.before(place)
        product = f"d{place}'*({network.texts[place - 1]})"
        found = {name: _gradient(product, declared, name) for name in (by_input, *network.weights[place - 1])}
        known = {**values, **deltas}
        for name in network.weights[place - 1]:
            composed[name] = substitute(_read(found[name]["text"], declared), known)
            gradients[name] = found[name]
        deltas[f"d{place - 1}"] = substitute(_read(found[by_input]["text"], declared), known)
        layers.insert(0, network.told(place, latest, found))
        latest = found[by_input]
    composed["x"] = deltas["d0"]
    function = substitute(_read(loss_text, declared), values)
    variables = {name: each for name, each in declare(declared).variables.items() if name[0] not in "hd"}
    checks = check_derivatives(function, {(name,): node for name, node in composed.items()}, variables, "finite-differences")
    return {
        "value": None,
        "loss": {"type": loss, "text": loss_text, "expression": to_text(function), "latex": to_latex(_read(loss_text, declared))},
        "output": output,
        "layers": layers,
        "gradients": dict(sorted(gradients.items(), key=lambda item: (int(item[0].lstrip("Wb")), item[0]))),
        "input_gradient": latest,
        "variables": declared,
        "checks": require(checks),
    }


class _Network:
    """Sizes, names and texts: `sizes[k]` is the size of h_k, h_0 being x; `texts[k - 1]` is h_k in terms of h_(k-1)."""

    def __init__(self, specs: Sequence[LayerSpec], inputs: str | int) -> None:
        self.specs = specs
        self.sizes: list[str] = [str(inputs)]
        self.texts: list[str] = []
        self.weights: list[tuple[str, ...]] = []
        self.variables: dict[str, Any] = {"x": f"vector({inputs})"}
        taken = {str(inputs), *(str(spec.size) for spec in specs if spec.size is not None)}
        free = iter([letter for letter in LETTERS if letter not in taken])
        for place, spec in enumerate(specs, 1):
            self._add(place, spec, free)
            self.variables |= {f"h{place}": f"vector({self.sizes[-1]})", f"d{place}": f"vector({self.sizes[-1]})"}

    def before(self, place: int) -> str:
        """The name of the input of a layer."""
        return f"h{place - 1}" if place > 1 else "x"

    def _add(self, place: int, spec: LayerSpec, free: Any) -> None:
        at = f"/layers{spec.at}"
        if spec.arrays:
            raise InputError("this layer has numbers, and the network no input", 'send "x", or leave the numbers out', at)
        inner = self.before(place)
        weights: tuple[str, ...] = ()
        if spec.kind != "affine":
            text = f"{spec.kind}({inner})"
            size = self.sizes[-1]
        else:
            size = str(spec.size) if spec.size is not None else next(free, "")
            if not size:
                raise InputError("there are not enough letters for the sizes", 'give each affine layer its "size"', at)
            text = f"W{place}*{inner}"
            self.variables[f"W{place}"] = f"matrix({size},{self.sizes[-1]})"
            weights = (f"W{place}",)
            if spec.bias:
                text += f" + b{place}"
                self.variables[f"b{place}"] = f"vector({size})"
                weights += (f"b{place}",)
        self.sizes.append(size)
        self.texts.append(text)
        self.weights.append(weights)

    def told(self, place: int, delta: dict[str, Any], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """A layer of the answer."""
        m, n = (_number(self.sizes[i]) for i in (place, place - 1))
        shapes = {"input": [m, n]}
        for name in self.weights[place - 1]:
            shapes[name.rstrip("0123456789")] = [m, m, n] if name.startswith("W") else [m, m]
        jacobian = derive(read_task("jacobian", self._request(self.texts[place - 1], self.before(place))))["result"]
        return {
            "index": place,
            "type": self.specs[place - 1].kind,
            "input_size": n,
            "output_size": m,
            "output": f"h{place} = {self.texts[place - 1]}",
            "delta": delta,
            "jacobian": {name: jacobian[name] for name in ("text", "latex", "shape")},
            "jacobian_shapes": shapes,
            "gradients": {name.rstrip("0123456789"): found[name] for name in self.weights[place - 1]},
        }

    def _request(self, text: str, wrt: str) -> dict[str, Any]:
        return {"expression": text, "variables": self.variables, "wrt": wrt}


def _number(size: str) -> str | int:
    return int(size) if size.isdigit() else size


def _gradient(text: str, declared: dict[str, Any], wrt: str) -> dict[str, Any]:
    found = derive(read_task("gradient", {"expression": text, "variables": declared, "wrt": wrt}))["result"]
    return {name: found[name] for name in ("text", "latex", "shape")}


def _read(text: str, declared: dict[str, Any]) -> Node:
    return parse(text, declare(declared)).node
