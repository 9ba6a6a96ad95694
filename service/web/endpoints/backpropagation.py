"""POST /v1/backpropagation"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_network import symbolic_backpropagation
from service.errors import InputError
from service.learning.arrays import doubles, read_array
from service.learning.backpropagation import REDUCTIONS, of_one, output_shape
from service.learning.backpropagation import backpropagation as numeric
from service.learning.layers import ARRAYS, KINDS, LARGEST_SIZE, LETTERS, OTHER_NAMES, read_layers, read_size, with_numbers
from service.learning.losses import LOSSES, OTHER_LOSSES, target_array
from service.linalg.matrix import Matrix
from service.scenes.network import NetworkScene, network_scene
from service.web import left_sides
from service.web.calculus import ExpressionAnswer
from service.web.drawings import Drawing
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ArrayField, ChecksField, ChoiceField, NumberField, RequestField, is_number
from service.web.linear_algebra import Answer
from service.web.values import DECLARATION, INTEGER, NUMBER, SHAPE, TEXT, VALUE, array_of, by_name, nullable, record


class LayersField(ArrayField):
    """A list of layers."""

    takes_files = False

    def __init__(self, **options: Any) -> None:
        super().__init__(read_layers, **options)

    def json_schema(self) -> dict[str, Any]:
        array, size = VALUE, {"anyOf": [TEXT, INTEGER, array_of({"anyOf": [TEXT, INTEGER]})]}
        layer = {
            "title": "Layer",
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": [*KINDS, *OTHER_NAMES]},
                **dict.fromkeys(ARRAYS, array),
                "mode": {"type": "string"},
                **dict.fromkeys(("size", "stride", "padding", "dilation"), size),
                **dict.fromkeys(("alpha", "epsilon"), NUMBER),
                "bias": {"type": "boolean"},
            },
            "required": ["type"],
            "additionalProperties": False,
        }
        return array_of({"anyOf": [{"type": "string"}, layer]})


class SamplesField(ArrayField):
    """An array of numbers with one axis or several."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_array, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)
        return doubles(found) if isinstance(found, Matrix) else found


class TargetField(SamplesField):
    """The place of a class, a number, or an array of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value if is_number(value) else super()._deserialize(value, attr, data, **kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [NUMBER, *super().json_schema()["anyOf"]]}


class SizeField(RequestField):
    """A letter or a whole number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | int:
        return "N" if value == "N" and attr == "samples" else read_size(value, f"/{attr}")

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "enum": [*LETTERS, "N"]}, {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE}]}


class InputsField(SizeField):
    """A size, or the rows and columns of a matrix."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            if len(value) != 2 or not all(isinstance(size, int) for size in value):
                raise self.wrong(value, "a size, or two whole numbers for the rows and columns of a matrix")
            return [read_size(size, f"/{attr}/{place}") for place, size in enumerate(value)]
        return super()._deserialize(value, attr, data, **kwargs)

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [*super().json_schema()["anyOf"], array_of({"type": "integer"})]}


class Request(RequestSchema):
    layers = LayersField(
        required=True,
        metadata={
            "description": "The layers in order, each an object with a type: affine (W, and b where there is a bias; with symbols size and "
            "bias), relu, leaky-relu and elu (alpha), sigmoid, tanh, softplus, silu, gelu, softmax, flatten, layernorm (gamma, beta, "
            "epsilon); convolution, that of mathematics (kernel, a vector or matrix; mode: valid, same, full or circular; b, one number); "
            "conv1d and conv2d, as frameworks have them (kernel: outputs × inputs × window, or a window; b, stride, padding, dilation); "
            "maxpool1d, maxpool2d, avgpool1d, avgpool2d (size, stride, padding). With symbols convolutions and pools have a size"
        },
    )
    loss = ChoiceField(
        (*LOSSES, *OTHER_LOSSES),
        "squared-error",
        metadata={
            "description": "squared-error: ‖a - t‖²/2. mean-squared-error: ‖a - t‖²/m. mean-absolute-error: Σ|a - t|/m. huber: r²/2 up to "
            "1, |r| - 1/2 beyond. cross-entropy: -Σ t log a, of probabilities; with-logits: of scores, softmax within. "
            "binary-cross-entropy: -Σ t log a + (1 - t) log(1 - a); with-logits: of scores. hinge: Σ max(0, 1 - t a), t = -1 or 1"
        },
    )
    x = SamplesField(
        metadata={
            "description": "The input: a vector, a matrix, or channels × rows × columns; without x and X the network is one of symbols"
        }
    )
    X = SamplesField(metadata={"description": "In its place a batch: a row, or an array, for each sample"})
    target = TargetField(
        metadata={
            "description": "What the output should be, t; of a cross-entropy the place of the class, or probabilities; of a batch one for "
            "each sample"
        }
    )
    reduction = ChoiceField(REDUCTIONS, "mean", metadata={"description": "Of a batch: whether the losses are averaged or added up"})
    subgradient = NumberField(
        minimum=0,
        maximum=1,
        metadata={
            "description": "What to take at a kink, such as relu at 0: 0 the slope from the left, as frameworks do, 1 that from the right; "
            "left out, a kink is refused. Of equal entries in a pool the first counts, of losses the slope is 0"
        },
    )
    inputs = InputsField(load_default="n", metadata={"description": "With symbols: the size of the input, two numbers for a matrix"})
    samples = SizeField(metadata={"description": "With symbols: the number of samples, a row each, such as N; left out, x is one sample"})


EXPRESSION = ExpressionAnswer.schema
ARRAY = {"anyOf": [VALUE, EXPRESSION]}
LOSS = record(
    "Loss",
    {
        "type": TEXT,
        "value": NUMBER,
        "reduction": TEXT,
        "text": {**TEXT, "description": "with symbols: in the last layer's output"},
        "expression": {**TEXT, "description": "with symbols: written out"},
        "latex": TEXT,
    },
    ("value", "reduction", "text", "expression", "latex"),
)
LAYER = record(
    "LayerAnswer",
    {
        "index": INTEGER,
        "type": TEXT,
        "input_shape": SHAPE,
        "output_shape": SHAPE,
        "input_size": {"anyOf": [INTEGER, TEXT]},
        "output_size": {"anyOf": [INTEGER, TEXT]},
        "output": VALUE,
        "delta": nullable(ARRAY),
        "jacobian": nullable(ARRAY),
        "jacobian_shapes": by_name(SHAPE),
        "gradients": by_name(ARRAY),
    },
)

KINK = record(
    "SubgradientTaken", {"layer": INTEGER, "what": TEXT, "entries": array_of(INTEGER), "samples": array_of(INTEGER)}, ("entries", "samples")
)


class Response(ResponseSchema):
    value = Answer(nullable(NUMBER), "The loss; null with symbols")
    values = Answer(array_of(NUMBER), "Of a batch: the loss of each sample", required=False)
    loss = Answer(LOSS, "Its type and value; with symbols its text in the last layer's output, and written out")
    output = Answer(VALUE, "Of the network; with symbols its name")
    layers = Answer(
        array_of(LAYER),
        "Each layer: output, delta = the gradient of the loss by that output (null where it is beyond doubles), jacobian of the output "
        "by the input (null over the limit formed-entries), jacobian_shapes (the output's axes first), and gradients of its weights. Of a "
        "batch output, delta and jacobian have the samples along their first axis. With symbols h1, h2, ... are the outputs and d1, d2, "
        "... the deltas",
    )
    gradients = Answer(by_name(ARRAY), "Of the loss by every weight, by names: W1, b1, kernel2; each of the shape of the weight")
    input_gradient = Answer(nullable(ARRAY), "Of the loss by the input x")
    kinks = Answer(array_of(KINK), "Where a subgradient was taken: the layer, the entries and the samples", required=False)
    variables = Answer(by_name(DECLARATION), "With symbols: the declarations under which the texts can be sent back", required=False)
    checks = ChecksField()


W1, W2 = [[0.5, -0.25], [0.75, 0.1], [-0.3, 0.8]], [[0.2, -0.4, 0.6], [0.9, 0.3, -0.5]]


def _network(request: dict[str, Any]) -> NetworkScene:
    return network_scene(_answered(request)["layers"], request["loss"])


def _answered(request: dict[str, Any]) -> dict[str, Any]:
    specs, one, batch, target = request["layers"], request.get("x"), request.get("X"), request.get("target")
    loss = OTHER_LOSSES.get(request["loss"], request["loss"])
    if one is None and batch is None:
        if target is not None:
            raise InputError("there is a target, and no input", 'send "x", or leave the target out for symbols', "/x")
        return symbolic_backpropagation(specs, loss, request["inputs"], request.get("samples"))
    if one is not None and batch is not None:
        raise InputError("there are both x and X", "x is one sample, X a batch of them", "/X")
    layers = with_numbers(specs, "/layers")
    x = one_sample(one) if batch is None else (batch[:, None] if batch.ndim == 1 else batch)
    targets = target_array(target, loss, output_shape(layers, x), batch is not None)
    answer = numeric(layers, LOSSES[loss](targets), x, request["reduction"], request.get("subgradient"))
    answer["loss"] = {"type": loss, "value": answer["value"]}
    if batch is None:
        return of_one(answer)
    answer["loss"]["reduction"] = request["reduction"]
    return answer


def one_sample(x: Any) -> Any:
    """One sample with the axis of samples; a column is a vector."""
    return (x[:, 0] if x.ndim == 2 and x.shape[1] == 1 else x)[None]


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
            "A batch of images: two channels of edges, pooled",
            {
                "layers": [
                    {"type": "conv2d", "kernel": [[[[1, -1], [1, -1]]], [[[1, 1], [-1, -1]]]], "b": [0.5, 0.25], "padding": 1},
                    "gelu",
                    {"type": "avgpool2d", "size": 2},
                    "flatten",
                    {"type": "affine", "W": [[1, 0, 2, 0, 1, 0, 2, 1], [0, 1, 1, 0, 2, 1, 0, 0]]},
                ],
                "loss": "cross-entropy-with-logits",
                "X": [[[1, 2, 0], [0, 1, 3], [2, 0, 1]], [[0, 1, 1], [4, 0, 1], [1, 1, 0]]],
                "target": [0, 1],
            },
        ),
        Example(
            "relu at 0, as frameworks take it",
            {"layers": [{"type": "affine", "W": [[1, -1], [1, 1]]}, "relu"], "x": [1, 1], "target": [1, 1], "subgradient": 0},
        ),
        Example(
            "A kink without a choice",
            {"layers": [{"type": "affine", "W": [[1, -1]]}, "relu"], "x": [1, 1], "target": [1]},
            refused="not-differentiable",
        ),
        Example(
            "A batch of symbols: the gradient d1'*x",
            {"layers": [{"type": "affine", "size": "m"}, "tanh"], "samples": "N", "loss": "mean-squared-error"},
        ),
        Example(
            "A convolution of symbols, written out",
            {"layers": [{"type": "conv1d", "size": 2}, "tanh"], "inputs": 4},
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
