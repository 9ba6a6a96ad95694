"""The endpoint decorator: one operation is a request schema, a response schema, worked examples and a handler of a few lines.

    @endpoint(family="linear algebra", request=Request, response=Response, examples=[Example("...", {"matrix": [[1, 2], [3, 4]]})])
    def rank(request: dict[str, Any]) -> dict[str, Any]:
        \"\"\"Rank of a matrix.                      (the summary; what follows is the description, in Markdown)\"\"\"

The function's name is the file's name and the operationId; with hyphens for underscores it is the path, `/v1/<name>`.
`service/web/registry.py` finds the endpoints; routes, `GET /v1/operations`, `GET /`, `openapi.yaml` and the tests read
them from there, and nothing else has to be told of a new one.

A handler takes the validated fields (those that were left out have their default, or are absent when they have none)
and returns a dict of strings, ints, floats, lists, dicts, NumPy arrays, complex numbers, fractions and Checks, in the
order that a reader expects. It raises the errors of `service/errors.py`. It is a pure function: no clock, no chance.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from marshmallow import RAISE, Schema, fields

from service.expression.arena import fresh_arena
from service.web.drawings import Drawings, draw
from service.web.fields import ArrayField, IntegerField
from service.web.retirement import Retirement

LeftSide = str | Callable[[dict[str, Any]], str | dict[str, str]]
Handler = Callable[[dict[str, Any]], dict[str, Any]]

DEADLINE = (
    "Milliseconds from the arrival of the request after which it is given up, with 503 and the code deadline-exceeded; "
    "at most the limit request-milliseconds, which is in force when it is left out"
)


class RequestSchema(Schema):
    """What an operation takes. Its fields come from `service/web/fields.py`, which coerces nothing.

    Every operation takes `deadline_ms`; the pipeline keeps it to itself (service/web/computing.py).
    """

    class Meta:
        unknown = RAISE

    deadline_ms = IntegerField(minimum=1, metadata={"description": DEADLINE})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fields["deadline_ms"] = self.fields.pop("deadline_ms")  # last, as it is the least of what an operation is about


class ResponseSchema(Schema):
    """What an operation answers: the documentation that the examples are tested against. Answers are not dumped through it."""

    class Meta:
        unknown = RAISE


@dataclass(frozen=True)
class Example:
    """One worked request. Its answer is computed, shown in openapi.yaml and replayed by the tests.

    `refused` is the code of the problem that the request ends in, for an example of what the operation refuses.
    """

    title: str
    request: Mapping[str, Any]
    refused: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """One operation: all that the rest of the web layer knows about it. Calling it calls the handler, in an arena of its own:
    no earlier request has a say in the order of terms."""

    operation_id: str
    family: str
    summary: str
    description: str
    request: Schema
    response: Schema
    examples: tuple[Example, ...]
    handler: Handler
    bare: tuple[str, ...] = ()  # the member of the answer that a shell, or a file of numbers, is after: the first that there is
    left_side: LeftSide = ""  # what the bare answer is equal to, in LaTeX
    drawings: Drawings = field(default_factory=dict)  # the answer as pictures
    retirement: Retirement | None = None  # when it is deprecated, and what takes its place
    direct: bool = False  # whether small arrays of doubles bound its cost, so that it need not be killed (computing.is_small)

    @property
    def name(self) -> str:
        """The operation's name, in kebab-case."""
        return self.operation_id.replace("_", "-")

    @cached_property
    def main(self) -> str | None:
        """The field that a file fills: the one called `matrix`, else the first array that is required."""
        required = [name for name in self.arrays if self.request.fields[name].required]
        return "matrix" if "matrix" in self.arrays else next(iter(required), None)

    @cached_property
    def arrays(self) -> tuple[str, ...]:
        """The fields that hold a matrix or a vector."""
        return tuple(name for name, field in self.request.fields.items() if isinstance(field, ArrayField) and field.takes_files)

    @cached_property
    def table(self) -> str | None:
        """The field that a file of named columns fills."""
        return next((name for name, field in self.request.fields.items() if getattr(field, "takes_tables", False)), None)

    @property
    def path(self) -> str:
        return f"/v1/{self.name}"

    def left(self, answer: dict[str, Any]) -> str | dict[str, str]:
        """The left side of the equation that the bare answer is the right side of; by name where the answer is."""
        return self.left_side if isinstance(self.left_side, str) else self.left_side(answer)

    def is_words(self, member: str) -> bool:
        """Whether the member is a word, such as "indefinite", rather than an expression."""
        described = self.response.fields.get(member)
        return isinstance(described, fields.String) or "enum" in getattr(described, "schema", {})

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        with fresh_arena():
            return self.handler(request)

    def picture(self, request: dict[str, Any], name: str | None = None) -> bytes:
        """The answer as the picture of this name, or as the first that there is. Raises NotAcceptable where there is none."""
        with fresh_arena():
            return draw(self.name, self.drawings, request, name)


def endpoint(
    *,
    family: str,
    request: type[RequestSchema],
    response: type[ResponseSchema],
    examples: Sequence[Example],
    bare: str | Sequence[str] = (),
    left_side: LeftSide = "",
    drawings: Drawings | None = None,
    direct: bool = False,
    retirement: Retirement | None = None,
) -> Callable[[Handler], Endpoint]:
    """Make a handler an endpoint. The schemas are built here, once: building one costs more than loading with it."""

    def decorate(handler: Handler) -> Endpoint:
        summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n")
        return Endpoint(
            operation_id=handler.__name__,
            family=family,
            summary=summary.rstrip("."),
            description=description.strip(),
            request=request(),
            response=response(),
            examples=tuple(examples),
            handler=handler,
            bare=(bare,) if isinstance(bare, str) else tuple(bare),
            left_side=left_side,
            drawings=drawings or {},
            direct=direct,
            retirement=retirement,
        )

    return decorate
