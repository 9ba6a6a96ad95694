"""POST /v1/rank"""

from __future__ import annotations

import contextlib
from typing import Any

from marshmallow import fields

from service.answers.exact_constants import with_constants
from service.answers.symbolic_rank import symbolic_rank
from service.errors import MatrixFormatError, UnknownName
from service.linalg import rank as linalg
from service.linalg.matrices import read_symbolic_matrix
from service.teaching.elimination import rank_steps
from service.teaching.exact_steps import small_exact
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import ChecksField, MatrixField, NumberField, VariablesField
from service.web.linear_algebra import Answer, ArithmeticRequest, DependenciesAnswer, TakesExpressions
from service.web.matrix_steps import MatrixStepsAnswer, StepsRequest, with_steps
from service.web.values import NUMBER, array_of, nullable


class Request(TakesExpressions, ArithmeticRequest, StepsRequest):
    matrix = MatrixField(
        read=read_symbolic_matrix,
        required=True,
        metadata={"description": 'A list of rows. An entry is a number, an exact text such as "45/22", or an expression such as "u1*v1"'},
    )
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions"})
    tolerance = NumberField(
        minimum=0,
        metadata={"description": "Floats: singular values up to here count as zero. Left out, max(m, n)·ε·σ₁, and a clear gap is demanded"},
    )


class Response(ResponseSchema):
    rank = Answer({"type": "integer"}, "The number of linearly independent rows")
    max_rank = Answer({"type": "integer"}, "min(m, n)")
    nullity = Answer({"type": "integer"}, "n - rank, the dimension of the null space")
    dependencies = DependenciesAnswer("row", "The rows that are combinations of earlier ones, from 0; null where floats do not show how")
    explanation = fields.String(required=True, metadata={"description": "The rank in words, with the relations behind it"})
    arithmetic = Answer({"type": "string", "enum": ["float", "exact", "symbolic"]}, "The arithmetic that was used")
    singular_values = Answer(array_of(NUMBER), "In decreasing order, when the rank was read off from them", required=False)
    tolerance = Answer(NUMBER, "The bound above which they count", required=False)
    gap = Answer(nullable(NUMBER), "The last one that counts over the next; null when either is missing or zero", required=False)
    steps = MatrixStepsAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="rank",
    left_side=r"\operatorname{rank} A",
    examples=[
        Example("Whole entries: exact, with the relation behind the deficiency", {"matrix": [[0, 1, 2], [1, 2, 1], [2, 7, 8]]}),
        Example("Floats: by singular values", {"matrix": [[0.5, 1.5], [0.25, 0.8], [0.1, 0.3]]}),
        Example("More columns than rows", {"matrix": [[1, 2, 4, 4], [3, 4, 8, 0]]}),
        Example("Elimination, step by step", {"matrix": [[1, 2, 3], [2, 4, 7]], "steps": True}),
        Example("Expressions: the rank at almost every point", {"matrix": [["u1*v1", "u1*v2"], ["u2*v1", "u2*v2"]]}),
    ],
)
def rank(request: dict[str, Any]) -> dict[str, Any]:
    """Rank of a matrix.

    Exact for whole and rational entries whatever the arithmetic; for decimals the number of singular values above the
    tolerance, and an error when they leave it open. Each dependent row is written as a combination of earlier ones. For
    expressions it is the generic rank: the one at almost every point.
    """
    return with_steps(_rank(request), request, lambda: rank_steps(small_exact(request["matrix"])))


def _rank(request: dict[str, Any]) -> dict[str, Any]:
    matrix = request["matrix"]
    if matrix.kind == "symbolic":
        with contextlib.suppress(UnknownName, MatrixFormatError):  # names, or constants that are no sums of roots
            matrix = with_constants(matrix, "/matrix")
    if matrix.kind == "symbolic":
        return symbolic_rank(matrix.texts(), request.get("variables"))
    return linalg.rank(matrix, request.get("arithmetic"), request.get("tolerance")).to_json()
