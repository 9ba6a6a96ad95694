"""POST /v1/matrix-equation"""

from __future__ import annotations

from typing import Any

from service.answers.exact_constants import with_constants
from service.linalg import matrix_equation as linalg
from service.linalg.matrices import read_symbolic_matrix
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, MatrixField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer, ErrorBoundAnswer
from service.web.values import MATRIX, array_of

TEXT = {"type": "string"}


class Request(RequestSchema):
    A = MatrixField(read=read_symbolic_matrix, metadata={"description": "The matrix on the left of X"})
    B = MatrixField(read=read_symbolic_matrix, metadata={"description": "The matrix on the right of X"})
    C = MatrixField(read=read_symbolic_matrix, required=True, metadata={"description": "The right-hand side"})
    equation = ChoiceField(
        linalg.EQUATIONS,
        metadata={"description": "Left out, AXB=C; AX=C or XB=C when only one of A and B is sent. A' is the conjugate transpose of A"},
    )
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


class Response(ResponseSchema):
    X = Answer(MATRIX, "The solution; with zeros in the free places of vec X when it is not unique")
    equation = Answer(TEXT | {"enum": list(linalg.EQUATIONS)}, "The equation that was solved")
    unique = Answer({"type": "boolean"}, "Whether there is no other solution")
    degrees_of_freedom = Answer({"type": "integer", "minimum": 0}, "How many entries of X can be chosen freely")
    null_space = Answer(array_of(MATRIX), "Solutions for C = 0: any combination of them may be added")
    condition = Answer(TEXT, "When there is exactly one solution for every C")
    method = Answer(
        TEXT | {"enum": ["two solves", "kronecker", "eigenvalues"]},
        "kronecker: the system of vec X, whose matrix is a sum of Kronecker products; two solves: A·Y = C, then X·B = Y",
    )
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer("Verified bound on the error relative to the largest entry of X; 0 when exact")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    request=Request,
    response=Response,
    bare="X",
    left_side="X",
    examples=[
        Example("AXB = C", {"A": [[1.0, 2.0], [3.0, 5.0]], "B": [[2.0, 1.0], [1.0, 1.0]], "C": [[17.0, 12.0], [43.0, 30.0]]}),
        Example(
            "Sylvester's equation, exactly",
            {"A": [[1, 2], [0, 3]], "B": [[4, 0], [1, 5]], "C": [[1, 0], [0, 1]], "equation": "AX+XB=C", "arithmetic": "exact"},
        ),
        Example("Lyapunov's equation", {"A": [[-1.5, 0.5], [0, -2]], "C": [[-1, 0], [0, -1]], "equation": "AX+XA'=C"}),
        Example("No solution", {"A": [[1, 2], [2, 4]], "C": [[1], [1]]}, refused="no-solution"),
    ],
)
def matrix_equation(request: dict[str, Any]) -> dict[str, Any]:
    """Linear equations for a matrix: AXB = C, Sylvester's and Lyapunov's.

    AXB = C is solved by two systems and compared with the one system (B' ⊗ A)·vec X = vec C. Exact arithmetic gives all
    solutions, of rectangular and singular equations too.
    """
    given = {name: with_constants(request[name], f"/{name}") for name in ("A", "B", "C") if name in request}
    return linalg.matrix_equation(given.get("A"), given.get("B"), given["C"], request.get("equation"), request.get("arithmetic")).to_json()
