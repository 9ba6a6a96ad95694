"""POST /v1/norm"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.symbolic_sums import symbolic_norm
from service.errors import InputError
from service.linalg import norm as linalg
from service.linalg.matrices import read_symbolic_matrix, read_symbolic_vector
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, MatrixField, VariablesField, VectorField
from service.web.linear_algebra import Answer, ErrorBoundAnswer, LatexAnswer, TakesExpressions, WidestArithmeticAnswer
from service.web.order_field import OrderField
from service.web.values import NUMBER, REAL, nullable


class Request(TakesExpressions):
    vector = VectorField(read=read_symbolic_vector, metadata={"description": "A list of entries; or send `matrix`"})
    matrix = MatrixField(read=read_symbolic_matrix, metadata={"description": "A list of rows; or send `vector`"})
    ord = OrderField(
        ("fro", "nuc", "max"),
        metadata={
            "description": 'The order of `norm`, as in numpy.linalg.norm. Of a vector: a number p for (Σ|xᵢ|^p)^(1/p), "inf", "-inf", '
            "0 for the number of entries that are not zero; left out, 2. Of a matrix: "
            '1, 2, "inf", -1, -2, "-inf", "fro", "nuc", "max"; left out, "fro"'
        },
    )
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions; what is not declared is a scalar"})


def value(description: str, *, required: bool = False) -> Answer:
    return Answer(nullable(REAL), description + "; null beyond the range of doubles", required=required)


class Response(ResponseSchema):
    norm = Answer(REAL, "The norm of the order asked for; in exact arithmetic a text of the language, such as sqrt(14)")
    latex = LatexAnswer("The norm asked for")
    ord = Answer({"anyOf": [NUMBER, {"type": "string"}]}, "Its order")
    is_norm = fields.Boolean(required=True, metadata={"description": "false where the formula of that order gives no norm (p < 1)"})
    l1 = value("Of a vector Σ|xᵢ|, of a matrix the largest sum of a column", required=True)
    l2 = value("√(Σ|xᵢ|²), of a vector")
    linf = value("Of a vector max|xᵢ|, of a matrix the largest sum of a row", required=True)
    frobenius = value("√(Σ|aᵢⱼ|²), of a matrix")
    spectral = value("The largest singular value, of a matrix")
    nuclear = value("The sum of the singular values, of a matrix")
    max = value("max|aᵢⱼ|, of a matrix")
    arithmetic = WidestArithmeticAnswer()
    error_bound = ErrorBoundAnswer(
        "Verified bound on the relative error of each norm, the rounding of decimals included. In exact arithmetic 0, unless `spectral` "
        "and `nuclear` are numbers: with three singular values or more they have no short closed form"
    )
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="norm",
    examples=[
        Example("Of a vector", {"vector": [3, -4, 12]}),
        Example("Of a matrix", {"matrix": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
        Example("Exactly", {"vector": [1, 2, 3], "arithmetic": "exact"}),
        Example("Of expressions", {"vector": ["r*cos(t)", "r*sin(t)"]}),
        Example("Of order 3", {"vector": [1, 2.5, -3], "ord": 3}),
    ],
)
def norm(request: dict[str, Any]) -> dict[str, Any]:
    """Norms of a vector or of a matrix.

    The usual ones, and one of any order; in floats with a bound on the relative error, or exactly, in rationals and square roots.
    """
    vector, matrix, order, arithmetic = (request.get(name) for name in ("vector", "matrix", "ord", "arithmetic"))
    for name, array, other in (("vector", vector, matrix), ("matrix", matrix, vector)):
        if array is not None and other is None and array.kind == "symbolic" and arithmetic is None:
            return symbolic_norm(array, name, order, request.get("variables"))
    if vector is not None and matrix is None:
        return linalg.vector_norm(vector, order, arithmetic).to_json()
    if matrix is not None and vector is None:
        return linalg.matrix_norm(matrix, order, arithmetic).to_json()
    raise InputError("a norm is that of a vector or of a matrix: send one of the two", '"vector": [3, 4], or "matrix": [[1, 2], [3, 4]]')
