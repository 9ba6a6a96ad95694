"""PROBLEMS: every error that a client can meet, in one table, and its document (RFC 9457, application/problem+json).

`GET /problems/<code>` answers the table's text, and the documentation lists it. A test holds the table against the tree of
errors, so that a new class of `service/errors.py` is a row here or the tests fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from werkzeug import Response

from service import errors
from service.errors import Fault, NablaError
from service.web import strict_json, writing
from service.web.packed import NotMessagePack
from service.web.strict_json import DuplicateKey, NotJson

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 5
LONGEST_TEXT = 300  # characters of a detail or a hint
LARGEST_FACTS = 1_200  # bytes
LARGEST_BODY = 4_000  # bytes


@dataclass(eq=False)
class HttpError(NablaError):
    """What HTTP itself refuses. `headers` go out with the problem."""

    code, title = "bad-request", "Bad request"
    headers: Mapping[str, str] | None = None


class NotFound(HttpError):
    code, title = "not-found", "Not found"


class UnknownOperation(NotFound):
    code, title = "unknown-operation", "Unknown operation"


class MethodNotAllowed(HttpError):
    code, title = "method-not-allowed", "Method not allowed"


class NotAcceptable(HttpError):
    code, title = "not-acceptable", "Not acceptable"


class QueryTooLong(HttpError):
    code, title = "query-too-long", "The query string is too long"


class UnsupportedMediaType(HttpError):
    code, title = "unsupported-media-type", "Unsupported media type"


class Unauthorized(HttpError):
    code, title = "unauthorized", "A key is needed"


class Forbidden(HttpError):
    code, title = "forbidden", "Not allowed"


class RateLimited(HttpError):
    code, title = "rate-limited", "Too many requests"


class RequestTimeout(HttpError):
    code, title = "request-timeout", "The request took too long to arrive"


class ExpectationFailed(HttpError):
    code, title = "expectation-failed", "Expectation failed"


class HeadersTooLarge(HttpError):
    code, title = "headers-too-large", "The header fields are too large"


class NotImplementedHere(HttpError):
    code, title = "not-implemented", "Not implemented"


class InternalError(HttpError):
    code, title = "internal-error", "A defect of the service"


@dataclass(frozen=True)
class Problem:
    """One row: the error class, its HTTP status, and what a client does about it."""

    error: type[NablaError]
    status: int
    help: str

    @property
    def code(self) -> str:
        return self.error.code

    @property
    def title(self) -> str:
        return self.error.title

    @property
    def type(self) -> str:
        return f"/problems/{self.code}"


_ROWS = (
    Problem(errors.InputError, 400, "A field is missing, unknown or of the wrong type. `errors` names each by a JSON pointer."),
    Problem(errors.ExpressionSyntaxError, 400, "The text is not in the expression language. `position` counts its characters from 0."),
    Problem(
        errors.MatrixFormatError, 400, "Rows of different lengths, no entries, or an entry that is not a number. The pointer names it."
    ),
    Problem(
        NotJson,
        400,
        "The text is not JSON (RFC 8259): NaN, single quotes and trailing commas are not. `position` is where reading stopped.",
    ),
    Problem(NotMessagePack, 400, "The bytes are not MessagePack, or hold what JSON has no word for: NaN, extensions."),
    Problem(DuplicateKey, 400, "An object holds the same key twice, and which of the two is meant cannot be known."),
    Problem(HttpError, 400, "The HTTP request is not one that the service understands."),
    Problem(
        Unauthorized,
        401,
        "This service asks for a key, and none that is valid was sent: as `Authorization: Bearer <key>` or as `X-API-Key: <key>`.",
    ),
    Problem(Forbidden, 403, "The key is known, and switched off."),
    Problem(NotFound, 404, "There is nothing at this address. `GET /` and `GET /v1/operations` say what there is."),
    Problem(UnknownOperation, 404, "There is no operation of this name. `GET /v1/operations` lists them; the hint names the nearest."),
    Problem(MethodNotAllowed, 405, "The address answers to other methods; the header `Allow` lists them."),
    Problem(NotAcceptable, 406, "The answer cannot be had in any media type of the header `Accept`; `available` lists those that it can."),
    Problem(RequestTimeout, 408, "The request did not arrive within its time: `header-seconds` and `body-seconds` in `GET /v1/limits`."),
    Problem(
        errors.LimitExceeded, 413, "The request is over a stated limit: `limit`, `allowed`, `value`. `GET /v1/limits` lists every limit."
    ),
    Problem(QueryTooLong, 414, "The query string is too long. Send the same fields as a JSON body, with POST or QUERY."),
    Problem(UnsupportedMediaType, 415, "The body's media type, character set or encoding is not read. The hint is the corrected command."),
    Problem(ExpectationFailed, 417, "The header `Expect` asks for something other than `100-continue`."),
    Problem(errors.NablaError, 422, "The request is well-formed, but cannot be answered."),
    Problem(errors.MathematicsRefuses, 422, "The request is well-formed, but what it asks for does not exist."),
    Problem(errors.ShapeMismatch, 422, "The shapes of two operands do not fit. The detail names both; the hint says what would fit."),
    Problem(errors.UnknownName, 422, "A name is used that was not declared, given or defined. The hint names the nearest known one."),
    Problem(errors.InvalidDeclaration, 422, "A declaration in `variables` contradicts itself or its use."),
    Problem(
        errors.UndefinedAtPoint, 422, "There is no value at the point: log of 0, division by 0, an overflow, the derivative at a kink."
    ),
    Problem(errors.NotDifferentiable, 422, "The function has no derivative with respect to this variable."),
    Problem(
        errors.SingularMatrix,
        422,
        "The matrix has no inverse. The detail says which rows or columns depend on each other where that is known.",
    ),
    Problem(errors.RankDeficient, 422, "The columns are linearly dependent, so that the answer is not unique."),
    Problem(
        errors.NoSolution, 422, "The equations contradict each other; the detail says where. `least-squares` finds what comes nearest."
    ),
    Problem(errors.NotPositiveDefinite, 422, "The matrix is not positive definite."),
    Problem(errors.Separated, 422, "The likelihood has no maximum; the detail names the direction along which it grows for ever."),
    Problem(errors.NoConvergence, 422, "The iteration did not converge; the detail says where it stopped."),
    Problem(errors.Undecided, 422, "The question could not be decided with certainty. This is not a 'no'."),
    Problem(errors.CheckFailed, 422, "An answer was found, did not pass its own check, and is not given. `checks` shows the figures."),
    Problem(
        RateLimited,
        429,
        "Over the rate limit: wait as long as `Retry-After` says. `RateLimit` tells how many requests are left, with every answer.",
    ),
    Problem(HeadersTooLarge, 431, "There are too many header fields, or one is too long."),
    Problem(InternalError, 500, "This is a defect of the service. Its log has the details under the request's id (`X-Request-Id`)."),
    Problem(
        errors.CpuBudgetExceeded,
        429,
        "The client's long computations have used up its budget of processor time. Try again after `Retry-After`; short ones go on.",
    ),
    Problem(errors.Unavailable, 503, "The service cannot answer now. Try again after `Retry-After`."),
    Problem(
        errors.DeadlineExceeded,
        503,
        "The answer was not there within the request's time; `stage` says what was under way. `partial`, where it is there, holds "
        "what had been found by then: unverified. Ask for less, or try again later.",
    ),
    Problem(errors.Overloaded, 503, "The service has too much to do at once. Try again after `Retry-After`."),
    Problem(errors.ComputationDied, 503, "The process that computed ended twice, as when memory is short. Ask for less."),
    Problem(NotImplementedHere, 501, "The header `Transfer-Encoding` names a coding other than `chunked`."),
)

PROBLEMS: dict[str, Problem] = {row.code: row for row in _ROWS}


def document(error: NablaError, instance: str) -> dict[str, Any]:
    """The problem document of `error`, at most 4 kB as JSON: long lists and texts are cut, and say so."""
    problem = PROBLEMS[error.code]
    faults = error.all_faults()
    detail = _shorten(error.detail)
    members: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "instance": _shorten(instance, 120),
        "code": problem.code,
        "message": detail,
        "hint": _shorten(error.hint or next((fault.hint for fault in faults if fault.hint), None)),
        "errors": [_fault(fault) for fault in faults[:MOST_FAULTS]],
    }
    if len(faults) > MOST_FAULTS:
        members["more_errors"] = len(faults) - MOST_FAULTS
    members |= _facts(error, members)
    while len(members["errors"]) > 1 and len(orjson.dumps(members, option=writing.OPTIONS)) > LARGEST_BODY:
        members["errors"].pop()
        members["more_errors"] = len(faults) - len(members["errors"])
    return members


def _facts(error: NablaError, taken: Mapping[str, Any]) -> dict[str, Any]:
    return plain_facts({name: fact for name, fact in error.facts.items() if name not in taken})


def plain_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """An error's facts as JSON, unless they are large or cannot be written: a problem must not end in another one."""
    try:
        data = writing.to_json(dict(facts))
    except (NablaError, TypeError):
        return {}
    return strict_json.parse(data) if len(data) <= LARGEST_FACTS else {}


def _fault(fault: Fault) -> dict[str, Any]:
    span = fault.span
    return {
        "pointer": _shorten(fault.pointer, 120),
        "position": span.start if span else None,
        "length": span.end - span.start if span else None,
        "detail": _shorten(fault.detail),
        "hint": _shorten(fault.hint),
    }


def _shorten(text: str | None, length: int = LONGEST_TEXT) -> str | None:
    """The text with its middle left out when it is long."""
    if text is None or len(text) <= length:
        return text
    half = (length - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def response(error: NablaError, instance: str) -> Response:
    """The answer to a request that ends in `error`."""
    answer = Response(writing.to_json(document(error, instance)), PROBLEMS[error.code].status, mimetype=MEDIA_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    if isinstance(error, HttpError) and error.headers:
        answer.headers.update(error.headers)
    if answer.status_code in (429, 503):
        answer.headers.setdefault("Retry-After", str(error.facts.get("retry_after", 1)))
    return answer
