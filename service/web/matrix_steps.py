"""`steps` on the operations on matrices: how a request asks for them, and how they are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.expression.arena import fresh_arena
from service.teaching.exact_steps import ExactStep, proved
from service.web.calculus import LINE
from service.web.endpoint import RequestSchema
from service.web.fields import BooleanField
from service.web.linear_algebra import Answer
from service.web.values import TEXT, array_of

STEP = {
    "title": "MatrixStep",
    "type": "object",
    "properties": {
        "rule": {**TEXT, "description": "the rule's name"},
        "code": {**TEXT, "description": "the same as a code that stays"},
        "before": {**LINE, "description": "the line before; of a system and an inverse both sides beside each other"},
        "after": {**LINE, "description": "the line after"},
        "text": {**TEXT, "description": "a sentence about the step; rows, columns and vectors count from 1"},
    },
    "required": ["rule", "code", "before", "after", "text"],
    "additionalProperties": False,
}


class StepsRequest(RequestSchema):
    """An operation that can be told step by step."""

    steps = BooleanField(
        load_default=False,
        metadata={"description": "true: the computation by hand, exactly and step by step, of a real matrix up to the limit steps-size"},
    )


class MatrixStepsAnswer(Answer):
    def __init__(self) -> None:
        super().__init__(array_of(STEP), "The computation by hand, where it was asked for; each step is checked exactly", required=False)


def with_steps(answer: dict[str, Any], request: dict[str, Any], tell: Callable[[], list[ExactStep]]) -> dict[str, Any]:
    """The answer, with the steps of `tell()` where they are asked for."""
    if not request["steps"]:
        return answer
    with fresh_arena():
        return {**answer, "steps": proved(tell())}
