"""Where two expressions that are the same function are defined, in answers."""

from __future__ import annotations

from service.web.fields import AnswerField
from service.web.values import INTEGER, VALUES, by_name, record

PLACE = {"sizes": {**by_name(INTEGER), "description": "what the letters of sizes are"}, "point": VALUES}


class DomainsAnswer(AnswerField):
    schema = {
        "type": "object",
        "properties": {
            "same": {"type": "boolean"},
            "detail": {"type": "string"},
            **{side: {"anyOf": [record("PointOfDomain", PLACE, ("sizes",)), {"type": "null"}]} for side in ("left_only", "right_only")},
        },
        "required": ["same", "detail", "left_only", "right_only"],
        "additionalProperties": False,
    }
