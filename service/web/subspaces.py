"""What the endpoints on the fundamental subspaces share: their request and their answer."""

from __future__ import annotations

from marshmallow import fields

from service.linalg.subspaces import SPACES
from service.web.endpoint import ResponseSchema
from service.web.fields import BooleanField, ChecksField, NumberField
from service.web.linear_algebra import Answer, ArithmeticAnswer, ConstantsRequest, DependenciesAnswer, ErrorBoundAnswer
from service.web.values import MATRIX, array_of, nullable

COUNT = {"type": "integer", "minimum": 0}


def each_space(schema: dict[str, object]) -> dict[str, object]:
    """An object with a member for each of the four subspaces."""
    members = dict.fromkeys(SPACES, schema)
    return {"type": "object", "properties": members, "required": list(SPACES), "additionalProperties": False}


class SubspaceRequest(ConstantsRequest):
    tolerance = NumberField(
        minimum=0,
        metadata={"description": "Floats: singular values up to here count as zero. Left out, max(m, n)·ε·σ₁, and a clear gap is demanded"},
    )
    all = BooleanField(load_default=False, metadata={"description": "true: the bases of all four fundamental subspaces, in `subspaces`"})


class SubspaceAnswer(ResponseSchema):
    basis = Answer(MATRIX, "A list of vectors; orthonormal in floats, empty for the space {0}")
    dimension = Answer(COUNT, "How many there are")
    ambient_dimension = Answer(COUNT, "How many entries each has")
    rank = Answer(COUNT, "The rank of the matrix")
    dimensions = Answer(each_space(COUNT), "The dimensions of the four fundamental subspaces")
    pivot_columns = Answer(
        nullable(array_of(COUNT)), "The columns that are independent of earlier ones, from 0; null where floats do not tell"
    )
    dependencies = DependenciesAnswer("column", "The other columns as combinations of these; null where floats do not show how")
    explanation = fields.String(required=True, metadata={"description": "Rank and nullity in words"})
    subspaces = Answer(each_space(MATRIX), "The bases of all four subspaces, each a list of vectors; with `all`", required=False)
    arithmetic = ArithmeticAnswer()
    error_bound = ErrorBoundAnswer(
        "Verified bound on the sine of the angle to the space of every matrix of this rank whose entries round to those sent; 0 when exact"
    )
    checks = ChecksField()
