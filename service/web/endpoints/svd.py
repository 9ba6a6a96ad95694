"""POST /v1/svd"""

from __future__ import annotations

from typing import Any

from service.linalg import balls, with_digits
from service.linalg import svd as linalg
from service.linalg.fundamental_subspaces import fundamental_subspaces
from service.scenes.plane import singular_plane
from service.scenes.singular_values import singular_values
from service.web.drawings import Drawing
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField
from service.web.linear_algebra import Answer, ConditionAnswer, DigitsAnswer, DigitsField, ErrorBoundAnswer, MatrixRequest, RadiusAnswer
from service.web.values import COMPLEX, EXACT, NUMBER, array_of, nullable

FACTOR = array_of(array_of({"anyOf": [NUMBER, COMPLEX]}))


class Request(MatrixRequest):
    full = BooleanField(
        load_default=False,
        metadata={"description": "true: u is m×m and vt is n×n. false: thin, u has min(m, n) columns and vt min(m, n) rows"},
    )
    vectors = BooleanField(load_default=True, metadata={"description": "false: only the singular values are answered, u and vt are null"})
    subspaces = BooleanField(load_default=False, metadata={"description": "true: also orthonormal bases of the four fundamental subspaces"})
    digits = DigitsField()


class Response(ResponseSchema):
    u = Answer(nullable(FACTOR), "The left singular vectors, in columns; null with digits, and without vectors")
    singular_values = Answer(array_of({"anyOf": [NUMBER, EXACT]}), "In decreasing order")
    digits = DigitsAnswer()
    radius = RadiusAnswer("singular_values")
    arithmetic = Answer({"type": "string", "enum": ["ball"]}, "ball, with digits", required=False)
    vt = Answer(
        nullable(FACTOR), "The right singular vectors, in rows: A = u·diag(singular_values)·vt; null with digits, and without vectors"
    )
    subspaces = Answer(
        {
            "type": "object",
            "properties": dict.fromkeys(("column_space", "left_null_space", "row_space", "null_space"), FACTOR),
            "required": ["column_space", "left_null_space", "row_space", "null_space"],
            "additionalProperties": False,
        },
        "Orthonormal bases, lists of vectors, when asked for: the column space and its complement, the left null space; the row space "
        "(the range of Aᴴ) and its complement, the null space",
        required=False,
    )
    rank = Answer(
        nullable({"type": "integer"}),
        "The rank, exact for whole and rational entries; null where the singular values of others leave no clear gap",
    )
    condition_number = ConditionAnswer("σ₁/σₙ, in the 2-norm")
    tolerance = Answer(NUMBER, "max(m, n)·ε·σ₁: singular values up to here count as zero")
    error_bound = ErrorBoundAnswer("Verified bound on the error of each singular value, relative to the largest")
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="singular_values",
    left_side=r"\sigma",
    drawings={
        "plane": Drawing(
            "plane", lambda request: singular_plane(request["matrix"]), "of a real 2×2 matrix, the ellipse that the unit circle becomes"
        ),
        "singular-values": Drawing("singular_values", lambda request: singular_values(request["matrix"]), "the singular values"),
    },
    examples=[
        Example("Thin", {"matrix": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}),
        Example("A 2×2 matrix: the unit circle becomes an ellipse", {"matrix": [[3, 1], [1, 2]]}),
        Example("Full", {"matrix": [[3, 0, 0], [0, 4, 0]], "full": True}),
        Example("The four fundamental subspaces", {"matrix": [[1, 2], [2, 4], [3, 6]], "vectors": False, "subspaces": True}),
        Example("Singular values with 40 digits", {"matrix": [[1, 2, 3], [4, 5, 6]], "digits": 40}),
    ],
)
def svd(request: dict[str, Any]) -> dict[str, Any]:
    """Singular value decomposition.

    Signs are normalised: in each row of `vt` the first entry whose size is within a millionth of the largest is positive
    (in the further columns of a full `u` likewise).
    """
    if balls.wanted(request.get("digits"), None):
        return with_digits.singular_values(request["matrix"], request["digits"])
    found = linalg.svd(request["matrix"], request["full"])
    answer = found.to_json(request["vectors"])
    if request["subspaces"]:
        whole = found if request["full"] else linalg.svd(request["matrix"], full=True)
        spaces = fundamental_subspaces(request["matrix"], whole)
        answer |= {"subspaces": spaces.to_json(), "checks": [*found.checks, *spaces.checks]}
    return answer
