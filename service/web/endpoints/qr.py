"""POST /v1/qr"""

from __future__ import annotations

from typing import Any

from service.linalg import qr as linalg
from service.teaching.exact_steps import small_exact
from service.teaching.orthogonalization import qr_steps
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ArithmeticRequest, ErrorBoundAnswer
from service.web.matrix_steps import MatrixStepsAnswer, StepsRequest, with_steps
from service.web.values import MATRIX, array_of, nullable


class Request(ArithmeticRequest, StepsRequest):
    full = BooleanField(
        load_default=False, metadata={"description": "true: q is m×m and r is m×n. false: thin, with min(m, n) columns of q and rows of r"}
    )
    pivoting = BooleanField(
        load_default=False, metadata={"description": "true: A·P = Q·R with the columns in an order that makes the diagonal of r decrease"}
    )


class Response(ResponseSchema):
    q = Answer(MATRIX, "Orthonormal columns; exactly one for each independent column of A, with entries such as 2*sqrt(5)/5")
    r = Answer(MATRIX, "Upper triangular, the diagonal real and not negative")
    p = Answer(array_of(array_of({"type": "integer"})), "With pivoting, the permutation matrix: A·p = q·r", required=False)
    permutation = Answer(
        array_of({"type": "integer"}), "With pivoting, the columns of A in the order of those of A·p, from 0", required=False
    )
    rank = Answer(
        nullable({"type": "integer"}),
        "The rank, exact for whole and rational entries; null where the singular values of others leave no clear gap",
    )
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer(
        "Verified bound on ‖q - q*‖ (Frobenius) and on each column of r relative to its norm; null where the columns are dependent, or "
        "could not be proven independent: the factors are not unique then"
    )
    steps = MatrixStepsAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="r",
    left_side="R",
    examples=[
        Example("Thin", {"matrix": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
        Example("Full, with pivoting", {"matrix": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "full": True, "pivoting": True}),
        Example("Exactly", {"matrix": [[1, 2], [3, 4]], "arithmetic": "exact"}),
        Example("By Gram and Schmidt, step by step", {"matrix": [[1, 1], [1, 0], [0, 1]], "steps": True}),
    ],
)
def qr(request: dict[str, Any]) -> dict[str, Any]:
    """QR factorization.

    By Householder reflections, or exactly by Gram and Schmidt. The diagonal of `r` is not negative, which makes the factors of
    independent columns unique; where it is zero the first entry of the column of `q` whose size is within a millionth of the
    largest is positive.
    """
    answer = linalg.qr(request["matrix"], request["full"], request["pivoting"], request.get("arithmetic")).to_json()
    return with_steps(answer, request, lambda: qr_steps(small_exact(request["matrix"]), answer.get("permutation")))
