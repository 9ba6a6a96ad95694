"""The shapes of answers about eigenvalues, which several endpoints share."""

from __future__ import annotations

from service.web.linear_algebra import Answer
from service.web.values import COMPLEX, NUMBER, array_of, nullable

COMPLEX_TEXT = {
    "title": "ExactComplexNumber",
    "type": "object",
    "properties": {"re": {"type": "string"}, "im": {"type": "string"}},
    "required": ["re", "im"],
    "additionalProperties": False,
    "description": "a complex number in closed form, or with digits",
}
CLOSED_FORM = {"type": "string", "description": 'a rational, a closed form such as "(1 + sqrt(5))/2", or digits'}
SPECTRAL = {"title": "SpectralNumber", "anyOf": [NUMBER, CLOSED_FORM, COMPLEX, COMPLEX_TEXT]}
SPECTRAL_MATRIX = array_of(array_of(SPECTRAL))
MULTIPLICITY = {
    "title": "Multiplicity",
    "type": "object",
    "properties": {
        "eigenvalue": SPECTRAL,
        "algebraic_multiplicity": {"type": "integer"},
        "geometric_multiplicity": {"type": "integer"},
    },
    "required": ["eigenvalue", "algebraic_multiplicity", "geometric_multiplicity"],
    "additionalProperties": False,
}


class MultiplicitiesAnswer(Answer):
    def __init__(self, description: str, *, required: bool = True) -> None:
        super().__init__(nullable(array_of(MULTIPLICITY)), description, required=required)


class RayleighAnswer(Answer):
    def __init__(self, *, required: bool = True) -> None:
        schema = {
            "title": "RayleighRange",
            "type": "object",
            "properties": {"minimum": SPECTRAL, "maximum": SPECTRAL},
            "required": ["minimum", "maximum"],
            "additionalProperties": False,
        }
        super().__init__(schema, "The bounds of x'Ax / x'x, which are the extreme eigenvalues", required=required)
