"""POST /v1/backpropagation"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_network import symbolic_backpropagation
from service.errors import InputError, NablaError
from service.learning.backpropagation import backpropagation as numeric
from service.learning.layers import LARGEST_SIZE, LETTERS, read_layers, read_size, vector_of, with_numbers
from service.learning.network import LAYERS, LOSSES, one_hot
from service.linalg.matrix import Matrix
from service.scenes.network import NetworkScene, network_scene
from service.web import left_sides
from service.web.drawings import Drawing
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ArrayField, ChecksField, ChoiceField, RequestField, VectorField
from service.web.learning_fields import LabelsField
from service.web.linear_algebra import Answer
from service.web.values import NUMBER, array_of, nullable


class LayersField(ArrayField):
    """A list of layers."""

    takes_files = False

    def __init__(self, **options: Any) -> None:
        super().__init__(read_layers, **options)

    def json_schema(self) -> dict[str, Any]:
        array = {"type": "array"}
        layer = {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": [*LAYERS, "linear", "dense", "conv"]},
                "W": array,
                "b": array,
                "kernel": array,
                "mode": {"type": "string"},
                "size": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "bias": {"type": "boolean"},
            },
            "required": ["type"],
            "additionalProperties": False,
        }
        return array_of({"anyOf": [{"type": "string"}, layer]})


class SizeField(RequestField):
    """A letter or a whole number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | int:
        return read_size(value, f"/{attr}")

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "enum": list(LETTERS)}, {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE}]}


class Request(RequestSchema):
    layers = LayersField(
        required=True,
        metadata={
            "description": "The layers in order, each an object with a type: affine (W, and b where there is a bias; with symbols size and "
            "bias), relu, sigmoid, tanh, softmax, convolution (kernel, mode: valid, same, full or circular, and b, one number in a list)"
        },
    )
    loss = ChoiceField(
        tuple(LOSSES),
        "squared-error",
        metadata={"description": "squared-error: ‖a - t‖²/2. mean-squared-error: ‖a - t‖²/m. cross-entropy: -Σ t log a"},
    )
    x = VectorField(metadata={"description": "The input; left out, the network is one of symbols"})
    target = LabelsField(
        metadata={"description": "What the output should be, t; of a cross-entropy the place of the class, or probabilities"}
    )
    inputs = SizeField(load_default="n", metadata={"description": "With symbols: the size of the input"})


class Response(ResponseSchema):
    value = Answer(nullable(NUMBER), "The loss; null with symbols")
    loss = Answer({"type": "object"}, "Its type and value; with symbols its text in the last layer's output, and written out")
    output = Answer({}, "Of the network; with symbols its name")
    layers = Answer(
        array_of({"type": "object"}),
        "Each layer: output, delta = the gradient of the loss by that output (null where it is beyond doubles), jacobian of the output "
        "by the input (null over the limit formed-entries), jacobian_shapes (the output's axes first), and gradients of its weights. With "
        "symbols h1, h2, ... are the outputs and d1, d2, ... the deltas",
    )
    gradients = Answer({"type": "object"}, "Of the loss by every weight, by names: W1, b1, kernel2; each of the shape of the weight")
    input_gradient = Answer({}, "Of the loss by the input x")
    variables = Answer({"type": "object"}, "With symbols: the declarations under which the texts can be sent back", required=False)
    checks = ChecksField()


W1, W2 = [[0.5, -0.25], [0.75, 0.1], [-0.3, 0.8]], [[0.2, -0.4, 0.6], [0.9, 0.3, -0.5]]


def _network(request: dict[str, Any]) -> NetworkScene:
    return network_scene(_answered(request)["layers"], request["loss"])


def _answered(request: dict[str, Any]) -> dict[str, Any]:
    specs, x, target = request["layers"], request.get("x"), request.get("target")
    if x is None:
        if target is not None:
            raise InputError("there is a target, and no input", 'send "x", or leave the target out for symbols', "/x")
        return symbolic_backpropagation(specs, request["loss"], request["inputs"])
    if x.is_complex:
        raise InputError("the input of a network is real", None, "/x")
    layers = with_numbers(specs, "/layers")
    return numeric(layers, LOSSES[request["loss"]](_target(target, specs, x)), vector_of(x))


@endpoint(
    family="learning",
    request=Request,
    response=Response,
    bare="gradients",
    left_side=left_sides.losses,
    drawings={
        "network": Drawing("network", _network, "the network, with the shapes of its weights and Jacobians"),
    },
    examples=[
        Example(
            "Two layers and a classifier",
            {
                "layers": [
                    {"type": "affine", "W": W1, "b": [0.1, 0, -0.1]},
                    {"type": "tanh"},
                    {"type": "affine", "W": W2, "b": [0, 0]},
                    {"type": "softmax"},
                ],
                "loss": "cross-entropy",
                "x": [1, 2],
                "target": 0,
            },
        ),
        Example("One layer of symbols: the gradient d1*x'", {"layers": [{"type": "affine", "size": "m"}, {"type": "sigmoid"}]}),
        Example(
            "A convolution",
            {
                "layers": [{"type": "convolution", "kernel": [1, 0, -1]}, {"type": "relu"}, {"type": "affine", "W": [[1, 2]]}],
                "x": [3, 1, 4, 8],
                "target": [1],
            },
        ),
        Example(
            "An input that does not fit",
            {"layers": [{"type": "affine", "W": [[1, 2]]}], "x": [1, 2, 3], "target": [0]},
            refused="shape-mismatch",
        ),
    ],
)
def backpropagation(request: dict[str, Any]) -> dict[str, Any]:
    """Gradients of a network's loss by all its weights, layer by layer.

    With numbers: forward values, the delta of each layer, the gradient of every weight, checked by complex steps of the forward pass.
    Without an input, with symbols for sizes and weights: the same as expressions, checked by differences of the loss.
    """
    return _answered(request)


def _target(target: Any, specs: Any, x: Matrix) -> Any:
    """The target as an array; a class by its place has as many classes as the last affine layer has rows."""
    if target is None:
        raise InputError("a loss needs a target", "it has the size of the network's output", "/target")
    if isinstance(target, int):
        rows = [spec.arrays["W"].shape[0] for spec in specs if "W" in spec.arrays]
        return one_hot(target, rows[-1] if rows else x.shape[0])
    try:
        target.refuse_expressions()
    except NablaError as error:
        raise error.at("/target") from None
    if target.shape[1] != 1 or target.is_complex:
        raise InputError("the target is a list of real numbers", "it has the size of the network's output", "/target")
    return vector_of(target)
