"""POST /v1/eigen"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_eigen import symbolic_eigen
from service.linalg import balls
from service.linalg.eigen import eigen as in_floats
from service.linalg.eigen_exact import eigen_exactly, eigen_with_digits, exact_spectrum, pencil
from service.linalg.matrix import Matrix, choose_arithmetic
from service.scenes.plane import eigen_plane
from service.teaching.characteristic import eigen_steps
from service.teaching.exact_steps import of_small
from service.web.drawings import Drawing
from service.web.eigen_fields import SPECTRAL, SPECTRAL_MATRIX, MultiplicitiesAnswer, RayleighAnswer
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, MatrixField
from service.web.linear_algebra import (
    Answer,
    DigitsAnswer,
    ErrorBoundAnswer,
    PreciseArithmeticAnswer,
    ProvidedAnswer,
    RadiusAnswer,
    SymbolicRequest,
    is_symbolic,
)
from service.web.matrix_steps import MatrixStepsAnswer, StepsRequest, with_steps
from service.web.values import NUMBER, TEXT, array_of, nullable, record


class Request(SymbolicRequest, StepsRequest):
    b = MatrixField(metadata={"description": "The B of A·x = λ·B·x, invertible; what is answered is about B⁻¹A then"})
    left = BooleanField(load_default=False, metadata={"description": "true: the left eigenvectors y, with y*A = λy*, too"})
    vectors = BooleanField(load_default=True, metadata={"description": "false: eigenvalues only"})


POLYNOMIAL = record("CharacteristicPolynomial", {"coefficients": array_of(TEXT), "text": TEXT, "factored": TEXT}, ("text", "factored"))
EIGENSPACE = record("Eigenspace", {"factor": TEXT, "eigenvalues": nullable(array_of(SPECTRAL)), "basis": array_of(array_of(TEXT))})


class Response(ResponseSchema):
    eigenvalues = Answer(array_of(SPECTRAL), "All n, in decreasing order (real part, then imaginary part), repeated by multiplicity")
    eigenvectors = Answer(
        nullable(SPECTRAL_MATRIX),
        "In columns, in the order of the eigenvalues; of a defective matrix fewer than n. Floats: of unit length, the first entry within "
        "a millionth of the largest positive. Exact: whole numbers for rational eigenvalues. null where they could not be had",
    )
    left_eigenvectors = Answer(nullable(SPECTRAL_MATRIX), "Likewise", required=False)
    symmetric = Answer({"type": "boolean"}, "Whether A = A'")
    hermitian = Answer({"type": "boolean"}, "Whether A = A*; its eigenvalues are real")
    defective = Answer(
        nullable({"type": "boolean"}), "Whether there is no basis of eigenvectors; null where floats leave it open", required=False
    )
    multiplicities = MultiplicitiesAnswer(
        "The different eigenvalues; exact for whole and rational entries. null where floats leave it open", required=False
    )
    trace = Answer(SPECTRAL, "The sum of the eigenvalues")
    determinant = Answer(nullable(SPECTRAL), "Their product, as the operation determinant answers it", required=False)
    spectral_radius = Answer(NUMBER, "The largest modulus", required=False)
    condition_numbers = Answer(
        array_of(nullable(NUMBER)),
        "1/|y*x| of each eigenvalue: how much more than the entries it can change; null when it is not simple",
        required=False,
    )
    error_bounds = Answer(
        array_of(NUMBER), "A verified bound on the error of each eigenvalue, the rounding of decimals included", required=False
    )
    rayleigh_quotient = RayleighAnswer(required=False)
    characteristic_polynomial = Answer(
        POLYNOMIAL, "Exact: det(λI - A), its coefficients from the highest, as text, factored", required=False
    )
    jordan_form = Answer(nullable(SPECTRAL_MATRIX), "Exact: the Jordan form, where the eigenvalues have closed forms", required=False)
    eigenspaces = Answer(
        nullable(array_of(EIGENSPACE)),
        "Exact, for eigenvalues of a degree beyond 2: bases whose entries are polynomials in the eigenvalue lambda",
        required=False,
    )
    approximations = Answer(nullable(array_of(SPECTRAL)), "Exact: the eigenvalues as doubles; null beyond their range", required=False)
    arithmetic = PreciseArithmeticAnswer()
    provided = ProvidedAnswer()
    digits = DigitsAnswer()
    radius = RadiusAnswer("eigenvalues")
    error_bound = ErrorBoundAnswer(
        "The largest error bound, relative to the Frobenius norm of the matrix; 0 when exact, relative to each with digits"
    )
    steps = MatrixStepsAnswer()
    checks = ChecksField()


def _operand(request: dict[str, Any]) -> Matrix:
    """The matrix whose eigenvalues are asked for."""
    return pencil(request["matrix"], request["b"]) if "b" in request else request["matrix"]


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="eigenvalues",
    left_side=r"\lambda",
    drawings={
        "plane": Drawing("plane", lambda request: eigen_plane(_operand(request)), "of a real 2×2 matrix, what it does to its eigenvectors")
    },
    examples=[
        Example("A symmetric matrix", {"matrix": [[2, 1], [1, 2]]}),
        Example("A defective one", {"matrix": [[2, 1], [0, 2]]}),
        Example("Closed forms", {"matrix": [[1, 1], [1, 0]], "arithmetic": "exact"}),
        Example("Complex eigenvalues, left eigenvectors", {"matrix": [[0.5, -1.5], [1, 0.25]], "left": True}),
        Example("A·x = λ·B·x", {"matrix": [[2, 1], [1, 3]], "b": [[2, 0], [0, 1]]}),
        Example("By the characteristic polynomial, step by step", {"matrix": [[2, 1], [1, 2]], "steps": True}),
        Example("Of expressions, up to 4×4", {"matrix": [["a", "b"], ["b", "a"]]}),
        Example("With 30 digits", {"matrix": [[1, 2, 3], [4, 5, 6], [7, 8, 10]], "digits": 30}),
    ],
)
def eigen(request: dict[str, Any]) -> dict[str, Any]:
    """Eigenvalues and eigenvectors.

    Every eigenvalue in floats has a bound on its error that holds; of whole and rational entries it is the nearest double
    to the exact eigenvalue, and multiplicities are exact. In exact arithmetic eigenvalues of degree up to 4 come in closed
    form, others with digits.
    """
    if "b" in request:
        request = {**request, "arithmetic": request.get("arithmetic", "float"), "matrix": _operand(request)}
    return with_steps(_eigen(request), request, lambda: eigen_steps(exact_spectrum(of_small(request["matrix"]))))


def _eigen(request: dict[str, Any]) -> dict[str, Any]:
    if is_symbolic(request, "matrix"):
        return symbolic_eigen(request["matrix"].texts(), request.get("variables"), request["vectors"])
    matrix, arithmetic, digits = request["matrix"], request.get("arithmetic"), request.get("digits")
    if arithmetic != "exact" and balls.wanted(digits, arithmetic):
        return eigen_with_digits(matrix, request["digits"])
    if choose_arithmetic(arithmetic, matrix=matrix) == "exact":
        balls.wanted(digits, None)
        return eigen_exactly(matrix, digits, request["left"], request["vectors"])
    return in_floats(matrix, request["left"], request["vectors"])
