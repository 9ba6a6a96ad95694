"""POST /v1/solve"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.symbolic_matrix import symbolic_solve
from service.errors import InputError
from service.linalg import balls, with_digits
from service.linalg import solve as linalg
from service.linalg.matrices import read_symbolic_vector_or_matrix
from service.linalg.matrix import Matrix, as_sent
from service.linalg.structure import STRUCTURES, structure_check
from service.teaching.elimination import system_steps
from service.teaching.exact_steps import ExactStep, small_exact
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, ChoiceField
from service.web.linear_algebra import (
    VECTOR_OR_MATRIX,
    Answer,
    ConditionAnswer,
    ConditionNormAnswer,
    DigitsAnswer,
    ErrorBoundAnswer,
    LatexAnswer,
    PreciseArithmeticAnswer,
    ProvidedAnswer,
    RadiusAnswer,
    RightHandSideField,
    SymbolicRequest,
    is_symbolic,
)
from service.web.matrix_steps import MatrixStepsAnswer, StepsRequest, with_steps
from service.web.values import MATRIX, array_of, nullable

COUNT = {"type": "integer", "minimum": 0}


class Request(SymbolicRequest, StepsRequest):
    rhs = RightHandSideField(
        read_symbolic_vector_or_matrix,
        required=True,
        metadata={"description": "The right-hand side, an entry for each row; a list of rows holds one right-hand side in each column"},
    )
    general = BooleanField(
        load_default=False,
        metadata={
            "description": "true: all solutions, of a singular system too. Of a matrix that is not square they are given in any case"
        },
    )
    structure = ChoiceField(
        STRUCTURES,
        "general",
        metadata={"description": "What the matrix is, as a promise: it is checked, and a matrix that breaks it is refused by the entry"},
    )


class Response(ResponseSchema):
    x = Answer(VECTOR_OR_MATRIX, "The solution, in the shape of the right-hand side")
    unique = Answer({"type": "boolean"}, "Whether there is no other solution", required=False)
    rank = Answer(COUNT, "The rank of the matrix, with `general`", required=False)
    degrees_of_freedom = Answer(COUNT, "How many unknowns can be chosen freely", required=False)
    free_variables = Answer(array_of(COUNT), "Their places, from 0; they are 0 in x", required=False)
    null_space = Answer(MATRIX, "A list of vectors: x plus any combination of them is a solution, too", required=False)
    explanation = fields.String(metadata={"description": "The same in words"})
    condition_number = ConditionAnswer("‖A‖·‖A⁻¹‖: how much larger than that of the entries the relative error of x can be")
    condition_norm = ConditionNormAnswer()
    arithmetic = PreciseArithmeticAnswer()
    digits = DigitsAnswer()
    radius = RadiusAnswer("x")
    provided = ProvidedAnswer()
    latex = LatexAnswer("x")
    error_bound = ErrorBoundAnswer(
        "Verified bound on max|x - x*| / max|x*|, the worst right-hand side, the rounding of decimals to doubles included; 0 when exact"
    )
    correct_digits = Answer(nullable({"type": "integer"}), "The same in digits of the largest entry of x; null when exact")
    steps = MatrixStepsAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="x",
    left_side="x",
    examples=[
        Example("One right-hand side", {"matrix": [[2, 1], [5, 3]], "rhs": [1, 2]}),
        Example("Two right-hand sides, exactly", {"matrix": [[2, 1], [5, 4]], "rhs": [[1, 0], [0, 1]], "arithmetic": "exact"}),
        Example("By elimination, step by step", {"matrix": [[2, 1], [5, 3]], "rhs": [1, 2], "steps": True}),
        Example("Of expressions", {"matrix": [["a", "b"], ["c", "d"]], "rhs": ["p", "q"]}),
        Example("With 30 digits", {"matrix": [[1, 0.1], [0.3, 0.7]], "rhs": [1, 0], "digits": 30}),
        Example("All solutions", {"matrix": [[1, 2, 3], [2, 4, 7]], "rhs": [1, 3], "arithmetic": "exact"}),
        Example("No solution", {"matrix": [[1, 1], [1, 2], [1, 3]], "rhs": [1, 2, 4]}, refused="no-solution"),
        Example("No unique solution", {"matrix": [[1, 2], [2, 4]], "rhs": [1, 3]}, refused="singular-matrix"),
    ],
)
def solve(request: dict[str, Any]) -> dict[str, Any]:
    """Solution of a system A·x = b.

    Square: in floats by LU with iterative refinement and a verified bound on the error, or exactly. A singular system is
    refused with the relations between the rows, and whether there is no solution or there are infinitely many. Not square, or
    with `general`: one solution and the null space, or the relation that the right-hand side breaks.
    """
    return with_steps(_solve(request), request, lambda: _steps(request))


def _steps(request: dict[str, Any]) -> list[ExactStep]:
    return system_steps(small_exact(request["matrix"]), small_exact(request["rhs"], "/rhs"))


def _solve(request: dict[str, Any]) -> dict[str, Any]:
    if is_symbolic(request, "matrix", "rhs"):
        if request["structure"] != "general":
            raise InputError("the structure of a matrix of expressions is not checked", "leave it out", "/structure")
        answer = symbolic_solve(request["matrix"].texts(), request["rhs"].texts(), request.get("variables"))
        return {**answer, "x": as_sent(request["rhs"], answer["x"])}
    matrix, rhs = request["matrix"], request["rhs"]
    promised = [] if request["structure"] == "general" else [structure_check(matrix, request["structure"], request.get("arithmetic"))]
    answer = _solution(request, matrix, rhs)
    return {**answer, "checks": [*answer["checks"], *promised]}


def _solution(request: dict[str, Any], matrix: Matrix, rhs: Matrix) -> dict[str, Any]:
    if balls.wanted(request.get("digits"), request.get("arithmetic")):
        return with_digits.solve(matrix, rhs, request["digits"])
    if request["general"] or matrix.shape[0] != matrix.shape[1]:
        return linalg.solve_generally(matrix, rhs, request.get("arithmetic"))
    return linalg.solve(matrix, rhs, request.get("arithmetic")).to_json()
