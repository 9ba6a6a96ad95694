"""POST /v1/autodiff"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.autodiff import MODES
from service.answers.autodiff import autodiff as answer
from service.web.calculus import LINE, ExpressionAnswer, ExpressionRequest, PointAnswer, ValueAnswer
from service.web.calculus_drawings import AUTODIFF_GRAPH
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import AnswerField, ChecksField, ChoiceField, RequestField, WrtField, is_number
from service.web.values import SHAPE, TEXT, VALUE, VALUES, nullable

ARRAY = ValueAnswer.schema
NULLABLE_LINE = nullable(LINE)
NULLABLE_ARRAY = nullable(ARRAY)
KIND = {**TEXT, "enum": ["input", "intermediate", "output"]}
COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


class SeedField(RequestField):
    """A name, or numbers: an array, or names to arrays."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, (str, list, dict)) and not is_number(value):
            raise self.wrong(value, 'a name such as "x1", numbers, or names to numbers such as {"x1": 1}')
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [VALUE, VALUES]}


class TraceAnswer(AnswerField):
    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": {**TEXT, "description": "of the value: an input, v1, v2, ..., or f"},
                "latex": TEXT,
                "kind": KIND,
                "expression": {**NULLABLE_LINE, "description": "what it is computed from; null for an input"},
                "value": ARRAY,
                "rule": {**TEXT, "description": "the rule of differentiation"},
                "code": TEXT,
                "dot": {**ARRAY, "description": "forward: its derivative along the seed"},
                "dot_expression": {**NULLABLE_LINE, "description": "what that is computed from"},
                "bar": {**NULLABLE_ARRAY, "description": "reverse: the derivative of the output by it; null where none is asked for"},
                "bar_expression": {**NULLABLE_LINE, "description": "what that is computed from"},
                "text": {**TEXT, "description": "a sentence about the line"},
            },
            "required": ["name", "latex", "kind", "expression", "value", "rule", "code", "text"],
            "additionalProperties": False,
        },
    }


class BackwardAnswer(AnswerField):
    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "through": {**TEXT, "description": "the value whose operation is passed"},
                "expression": LINE,
                "rule": TEXT,
                "code": TEXT,
                "contributions": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"to": TEXT, "expression": LINE, "value": ARRAY},
                        "required": ["to", "expression", "value"],
                        "additionalProperties": False,
                    },
                },
                "text": TEXT,
            },
            "required": ["through", "expression", "rule", "code", "contributions", "text"],
            "additionalProperties": False,
        },
    }


class GraphAnswer(AnswerField):
    schema = {
        "type": "object",
        "properties": {
            "nodes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": TEXT,
                        "latex": TEXT,
                        "kind": KIND,
                        "shape": SHAPE,
                        "operation": {"anyOf": [TEXT, {"type": "null"}], "description": "in short: +, *, sin"},
                        "expression": LINE,
                    },
                    "required": ["name", "latex", "kind", "shape"],
                    "additionalProperties": False,
                },
            },
            "edges": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "source": TEXT,
                        "target": TEXT,
                        "derivative": {
                            "description": "of the target by the source; null where the source does not depend on wrt",
                            "anyOf": [
                                {
                                    "type": "object",
                                    "properties": {"text": TEXT, "latex": TEXT, "shape": SHAPE},
                                    "required": ["text", "latex", "shape"],
                                    "additionalProperties": False,
                                },
                                {"type": "null"},
                            ],
                        },
                    },
                    "required": ["source", "target", "derivative"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["nodes", "edges"],
        "additionalProperties": False,
    }


class ArraysAnswer(AnswerField):
    schema = {"type": "object", "additionalProperties": ARRAY}


class CountsAnswer(AnswerField):
    schema = COUNTS


class Request(ExpressionRequest):
    wrt = WrtField(metadata={"description": "The name, or names, to differentiate by; left out, every variable in order of appearance"})
    mode = ChoiceField(
        MODES,
        "reverse",
        metadata={"description": "reverse: a pass back from an output gives its derivatives by all inputs. forward: a pass along an input"},
    )
    seed = SeedField(
        metadata={
            "description": 'Forward: an input such as "x1" or "x[2]", or a direction {"x1": 1, "x2": 0}. Reverse: an output such as '
            '"f2", or the weights of all. Left out, the first input, or output'
        }
    )


class Response(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The variables differentiated by"})
    mode = fields.String(required=True, metadata={"description": "forward or reverse"})
    at = PointAnswer(required=True, metadata={"description": "The point"})
    value = ValueAnswer(required=True, metadata={"description": "The function at the point"})
    seed = ArraysAnswer(
        required=True, metadata={"description": "Forward: the direction of the inputs. Reverse: the weights of the outputs"}
    )
    derivative = ValueAnswer(
        metadata={"description": "Forward: of the function along the seed. Reverse: by the inputs, of the weighted outputs"}
    )
    trace = TraceAnswer(required=True, metadata={"description": "Every value on the way with its derivative, in the order of evaluation"})
    backward = BackwardAnswer(metadata={"description": "Reverse: the steps of the pass, from the output to the inputs"})
    gradient = ValueAnswer(metadata={"description": "The derivatives by all inputs, by as many passes as it takes, up to 100"})
    jacobian = ValueAnswer(metadata={"description": "The same of a function with several outputs"})
    passes_for_full_gradient = fields.Integer(
        required=True, metadata={"description": "Forward: one for each input. Reverse: one for each output"}
    )
    passes = CountsAnswer(required=True, metadata={"description": "The same for both modes"})
    operations = CountsAnswer(
        required=True,
        metadata={"description": "Floating-point operations of the function, and of function and full derivative in each mode, as written"},
    )
    cheap_gradient_ratio = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Those in reverse mode over those of the function; null where this has none"},
    )
    graph = GraphAnswer(required=True, metadata={"description": "The computation graph, with the local derivative along each edge"})
    checks = ChecksField()


@endpoint(
    family="calculus",
    request=Request,
    response=Response,
    bare=("gradient", "jacobian", "derivative"),
    drawings={"graph": AUTODIFF_GRAPH},
    examples=[
        Example("Forward, along one input", {"expression": "sin(x1) + x1*x2", "at": {"x1": 2, "x2": 3}, "mode": "forward", "seed": "x1"}),
        Example("In reverse: all derivatives in one pass", {"expression": "sin(x1) + x1*x2", "at": {"x1": 2, "x2": 3}}),
        Example(
            "Through arrays",
            {
                "expression": "norm2(tanh(W*x) - y)^2",
                "variables": {"W": "matrix(m,n)", "x": "vector(n)", "y": "vector(m)"},
                "wrt": "W",
                "at": {"W": [[1, -1, 0.5], [0.25, 2, -0.5]], "x": [1, 2, 3], "y": [0, 1]},
            },
        ),
        Example("At a kink", {"expression": "relu(x)*y", "at": {"x": 0, "y": 1}}, refused="undefined-at-point"),
    ],
)
def autodiff(request: dict[str, Any]) -> dict[str, Any]:
    """Automatic differentiation, with its trace.

    Forward mode computes with each value its derivative along one direction; reverse mode computes the values first, and then
    the derivatives of the output by each of them, from the last to the first. A full derivative takes a pass for each input, or
    for each output. Each rule is checked against differences of its operation, and the result against the derived formula.
    """
    return answer(request)
