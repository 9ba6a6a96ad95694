"""What the calculus endpoints share: their fields, and the way from a request to an answer.

The derivation is cached without the point, so that a new point costs an evaluation only. Its values are computed from
the printed result, found or made: the same request gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from service.answers import derivation
from service.answers.directional import KINDS, derive_product, product_values, read_product
from service.answers.newton import newton
from service.answers.points import spread
from service.answers.task import EXPLANATIONS, FORMS, LAYOUTS, Task, read_task
from service.calculus.structure import INDEPENDENT, STRUCTURES
from service.errors import InputError, LimitExceeded
from service.expression.shapes import SCALAR, public
from service.printing.functions import DIALECTS
from service.printing.printers import to_text
from service.web import trace
from service.web.derivations import cached
from service.web.endpoint import RequestSchema, ResponseSchema
from service.web.fields import (
    AnswerField,
    BooleanField,
    ChecksField,
    ChoiceField,
    ChoicesField,
    ExpressionField,
    PointField,
    ProductField,
    VariablesField,
    WrtField,
)
from service.web.values import NOTHING, SHAPE, TEXT, TEXTS, VALUE, VALUES, array_of, record

LAYOUT = (
    "mixed: a gradient has the shape of its variable, a Jacobian a row for each entry of the function. "
    "numerator: gradients are rows. denominator: Jacobians are transposed"
)


FORM = (
    "How an array is written. automatic: in matrix notation, one with more than two axes as cores and deltas in index notation. "
    "einsum: in index notation. structured: as cores and deltas, given as data too, with code that applies the derivative and does "
    "not form it. kronecker: one with more than two axes as the matrix ∂vec(f)/∂vec(X)', vec column-major (docs/forms.md)"
)


STRUCTURE = (
    "Derivatives by symmetric, spd and diagonal matrices, from the G of independent entries. independent: G. "
    "projected: (G + G')/2, the gradient among such matrices. duplicated: G + G' - diag(diag(G)), by the free entries. "
    "By a diagonal matrix the last two are diag(diag(G))"
)
PRODUCT = (
    "At a point, a product with the derivative, which is not formed then: jvp J*d along directions of the variables, "
    "vjp J'*u with weights of the function's shape, hvp H*d with the Hessian of a scalar function"
)
CODE = f"The languages of the generated code beside NumPy: {', '.join(name for name in DIALECTS if name != 'numpy')}"
EXPLAIN = (
    "How the steps are told. rules: by the rules of differentiation, by name, with differentials for arrays. "
    "index: entry by entry, with sums over indices and the Kronecker delta. differential: df = f'(x)*dx, tr(G'*dX), by scalars too. "
    "paths: as the sum over the paths of the computation graph, with the Jacobians along them"
)


class ExpressionRequest(RequestSchema):
    """An expression and what its names stand for."""

    expression = ExpressionField(
        required=True,
        metadata={"description": 'The function, such as "x^2*y"; a list is a vector function, a list of lists a matrix function'},
    )
    variables = VariablesField(metadata={"description": 'What is not a scalar, such as {"x": "vector(n)", "A": "matrix(m,n)"}'})
    at = PointField(
        metadata={"description": 'Where to evaluate: names to numbers, arrays or exact texts such as "pi/2"; or a list of such points'}
    )


class DerivativeRequest(ExpressionRequest):
    wrt = WrtField(metadata={"description": "The name, or names, to differentiate by; left out, every variable in order of appearance"})
    layout = ChoiceField(LAYOUTS, "mixed", metadata={"description": LAYOUT})
    form = ChoiceField(FORMS, "automatic", metadata={"description": FORM})
    structure = ChoiceField(STRUCTURES, INDEPENDENT, metadata={"description": STRUCTURE})
    vectorized = BooleanField(load_default=False, metadata={"description": "The same as form: kronecker"})
    product = ProductField(metadata={"description": PRODUCT})
    code = ChoicesField(tuple(DIALECTS), metadata={"description": CODE})
    steps = BooleanField(load_default=False, metadata={"description": "Whether the answer tells the derivation step by step"})
    explain = ChoiceField(EXPLANATIONS, "rules", metadata={"description": EXPLAIN})


PRINTED = {
    "text": {**TEXT, "description": "in the language of requests: it can be sent back"},
    "latex": TEXT,
    "shape": SHAPE,
}
CODE_ANSWER = {
    "title": "Code",
    "type": "object",
    "properties": {name: {**TEXT, "description": dialect.description} for name, dialect in DIALECTS.items()},
    "required": ["numpy"],
    "additionalProperties": False,
}
AXES = {"type": "array", "items": {"type": "integer"}}
CORE = {
    "title": "Core",
    "type": "object",
    "properties": {**PRINTED, "axes": {**AXES, "description": "the axes of the result that its own are, counted from 0"}},
    "required": [*PRINTED, "axes"],
    "additionalProperties": False,
}
TERMS = {
    "type": "array",
    "description": "in the structured form: an entry of the result is the sum over the terms of the product of their cores and deltas",
    "items": {
        "title": "CoresAndDeltas",
        "type": "object",
        "properties": {
            "cores": {"type": "array", "items": CORE},
            "deltas": {"type": "array", "items": AXES, "description": "pairs of axes whose indices are equal, or else the term is 0"},
        },
        "required": ["cores", "deltas"],
        "additionalProperties": False,
    },
}
INTRODUCED = {**VALUES, "description": "the names that stand for the directions or weights"}
APPLIED = {
    "title": "AppliedDerivative",
    "type": "object",
    "description": "in the structured form: the result times a direction of the last variable, which the code computes",
    "properties": {**PRINTED, "introduced": INTRODUCED},
    "required": [*PRINTED, "introduced"],
    "additionalProperties": False,
}
RESULT = {
    "title": "Result",
    "type": "object",
    "properties": {
        **PRINTED,
        "form": {
            **TEXT,
            "enum": ["matrix", "entries", "einsum", "structured", "kronecker"],
            "description": "matrix notation, written out by entries, index notation, cores and deltas, or Kronecker products",
        },
        "entries": {
            "description": "texts of the components, where the result is written out and they are within the limit entries-characters",
            "anyOf": [TEXTS, NOTHING],
        },
        "code": CODE_ANSWER,
        "terms": TERMS,
        "applied": APPLIED,
    },
    "required": [*PRINTED, "form", "entries", "code"],
    "additionalProperties": False,
}


class ExpressionAnswer(AnswerField):
    schema = record("Expression", PRINTED)


class ResultAnswer(AnswerField):
    schema = RESULT


class ResultsAnswer(AnswerField):
    schema = {"type": "object", "additionalProperties": RESULT}


PRODUCT_RESULT = {
    "title": "ProductResult",
    "type": "object",
    "properties": {**PRINTED, "code": CODE_ANSWER},
    "required": [*PRINTED, "code"],
    "additionalProperties": False,
}


class ValueAnswer(AnswerField):
    schema = {"anyOf": [VALUE, VALUES, array_of(VALUES)]}


class PointAnswer(AnswerField):
    schema = PointField().json_schema()


LINE = record("Line", {"text": TEXT, "latex": TEXT})


class StepsAnswer(AnswerField):
    schema = {
        "type": "array",
        "items": {
            "title": "Step",
            "type": "object",
            "properties": {
                "rule": {**TEXT, "description": "the rule's name"},
                "code": {**TEXT, "description": "the same as a code that stays"},
                "before": {**LINE, "description": "the line before; d(f), d/dx(f) and d/dx_j(f) are not carried out yet"},
                "after": {**LINE, "description": "the line after"},
                "text": {**TEXT, "description": "a sentence about the step"},
                "wrt": {"type": "array", "items": TEXT, "description": "what is differentiated by"},
            },
            "required": ["rule", "code", "before", "after", "text", "wrt"],
            "additionalProperties": False,
        },
    }


class ProductAnswer(AnswerField):
    schema = {
        "title": "ProductAnswer",
        "type": "object",
        "properties": {
            "kind": {**TEXT, "enum": list(KINDS)},
            "result": PRODUCT_RESULT,
            "results": {"type": "object", "additionalProperties": PRODUCT_RESULT, "description": "by the name of the variable"},
            "introduced": INTRODUCED,
            "value": ValueAnswer.schema,
        },
        "required": ["kind", "introduced", "value"],
        "additionalProperties": False,
    }


class DerivativeResponse(ResponseSchema):
    operation = fields.String(required=True, metadata={"description": "The operation"})
    expression = ExpressionAnswer(required=True, metadata={"description": "The function as it was read"})
    wrt = fields.List(fields.String(), required=True, metadata={"description": "The variables differentiated by"})
    layout = fields.String(required=True, metadata={"description": "The layout in use"})
    structure = fields.String(metadata={"description": "The convention in use, where a variable is symmetric, spd or diagonal"})
    order = fields.Integer(metadata={"description": "The order, where it is above 1"})
    result = ResultAnswer(metadata={"description": "The derivative, where it is one array"})
    results = ResultsAnswer(metadata={"description": "The derivative by each variable, where they are several arrays"})
    value = ValueAnswer(
        metadata={
            "description": "Its value at the point, a list of values at a list of points; left out where a product with it was asked for "
            "and it has more entries than the limit formed-entries, and where a Newton step was and it is over the limits"
        }
    )
    product = ProductAnswer(metadata={"description": "The product that was asked for, and its value at the point"})
    at = PointAnswer(metadata={"description": "The point"})
    steps = StepsAnswer(metadata={"description": "The derivation, where it was asked for; each step has been checked at random points"})
    checks = ChecksField()


def differentiate(kind: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a derivative endpoint; `kind` is derivative, gradient, jacobian or hessian."""
    with trace.stage("parse"):
        task = read_task(kind, request)
    found = cached(kind, _parts(task), lambda: derivation.derive(task))
    answer = {name: value for name, value in found.items() if name != "checks"}
    checks = list(found["checks"])
    if "at" in request:
        answered, request = request["at"], {**request, "at": spread(request["at"], task.variables)}
        with trace.stage("evaluate"):
            answer.update(_value(task, request, found, checks))
        answer["at"] = answered
    if "product" in request:
        answer["product"] = _product(task, request, checks)
    if request.get("newton"):
        with trace.stage("evaluate"):
            answer["newton"], more = newton(task, _point(request, "newton"))
        checks += more
    answer["checks"] = checks
    return answer


def _value(task: Task, request: Mapping[str, Any], found: Mapping[str, Any], checks: list[Any]) -> dict[str, Any]:
    """The value at the point, but not of a large matrix that is not needed for a product with it or for a Newton step."""
    is_matrix = task.order > 1 or task.parsed.node.shape != SCALAR
    most = "formed-entries" if "product" in request and is_matrix else ""
    try:
        return {"value": derivation.values(found, task, request["at"], most, checks)}
    except LimitExceeded:
        if not most and not request.get("newton"):
            raise
        return {}


def _product(task: Task, request: Mapping[str, Any], checks: list[Any]) -> dict[str, Any]:
    """The product with its value; its checks are added to the others."""
    asked = read_product(task, request["product"])
    at = _point(request, "product")
    parts = {**_parts(task), "product": asked.kind, "of": list(asked.directions)}
    made = cached(f"{task.kind}-product", parts, lambda: derive_product(task, asked))
    checks += made["checks"]
    with trace.stage("evaluate"):
        value = product_values(made, task, asked, at)
    return {**{name: part for name, part in made.items() if name != "checks"}, "value": value}


def _point(request: Mapping[str, Any], field: str) -> object:
    if "at" not in request:
        raise InputError(f"{field} is computed at a point", hint='give the point, such as "at": {"x": [1, 2]}', pointer="/at")
    return request["at"]


def _parts(task: Task) -> dict[str, Any]:
    """What a derivation depends on: the expression as it prints, its variables, wrt and options."""
    return {
        "expression": to_text(task.parsed.node),
        "decimals": task.parsed.decimals,
        "variables": {
            name: [public(variable.shape), sorted(variable.properties), list(variable.depends_on)]
            for name, variable in task.variables.items()
        },
        "wrt": task.targets.names,
        "side by side": task.targets.side_by_side,
        "order": task.order,
        "layout": task.layout,
        "form": task.form,
        "structure": task.structure,
        "code": task.code,
        "explain": task.explain,
    }
