"""POST /v1/independence"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.exact_constants import with_constants
from service.linalg import independence as linalg
from service.linalg.matrices import read_symbolic_matrix
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, NumberField, VectorsField
from service.web.linear_algebra import ARITHMETIC, Answer, ArithmeticAnswer, DependenciesAnswer
from service.web.values import ENTRY, array_of, nullable

COUNT = {"type": "integer", "minimum": 0}
YES_OR_NO = {"type": "boolean"}


class Request(RequestSchema):
    vectors = VectorsField(
        read=read_symbolic_matrix,
        required=True,
        metadata={"description": 'A list of vectors of one length. Exact entries are such as "45/22" or "sqrt(2)/2"'},
    )
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})
    tolerance = NumberField(
        minimum=0,
        metadata={"description": "Floats: singular values up to here count as zero. Left out, max(m, n)·ε·σ₁, and a clear gap is demanded"},
    )


class Response(ResponseSchema):
    independent = Answer(YES_OR_NO, "Whether no vector is a combination of the others")
    spans = Answer(YES_OR_NO, "Whether every vector of this length is a combination of them")
    basis = Answer(YES_OR_NO, "Whether they are both: a basis of the whole space")
    dimension = Answer(COUNT, "The dimension of their span")
    ambient_dimension = Answer(COUNT, "The number of entries of each vector")
    independent_vectors = Answer(nullable(array_of(COUNT)), "The vectors that are independent of earlier ones, from 0: a basis of the span")
    dependencies = DependenciesAnswer("vector", "The others as combinations of these; null where floats do not show how")
    relation = Answer(
        nullable(array_of(ENTRY)), "Coefficients, not all zero, of a combination that is the zero vector; null when there is none"
    )
    explanation = fields.String(required=True, metadata={"description": "The verdict in words"})
    arithmetic = ArithmeticAnswer()
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=Response,
    bare="independent",
    examples=[
        Example("A basis", {"vectors": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}),
        Example("One too many, with the relation", {"vectors": [[1, 0], [0, 1], ["sqrt(2)/2", "sqrt(2)/2"]]}),
        Example("Decimals", {"vectors": [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]}),
    ],
)
def independence(request: dict[str, Any]) -> dict[str, Any]:
    """Linear independence of vectors, and whether they span the space.

    Exact for whole, rational and root entries whatever the arithmetic; of decimals by singular values, and an error when they
    leave it open. Each dependent vector is written as a combination of earlier ones.
    """
    vectors = with_constants(request["vectors"], "/vectors")
    return linalg.independence(vectors, request.get("arithmetic"), request.get("tolerance")).to_json()
