"""What the server itself refuses, before or beside Flask: gunicorn's errors as problem documents, in bytes for a socket."""

from __future__ import annotations

from http import HTTPStatus

from gunicorn.http import errors

from service import limits
from service.errors import NablaError, Overloaded
from service.web import problems, writing
from service.web.problems import (
    ExpectationFailed,
    HeadersTooLarge,
    HttpError,
    InternalError,
    NotImplementedHere,
    QueryTooLong,
    RequestTimeout,
)

# Each class of gunicorn's parser and what it means to a client; the first that fits. Nothing that was sent is echoed.
REFUSALS: tuple[tuple[type[Exception], type[HttpError], str, str], ...] = (
    (errors.InvalidResponseHeader, InternalError, "the service failed on this request; the fault is not yours", "try again later"),
    (errors.InvalidResponseHeaderName, InternalError, "the service failed on this request; the fault is not yours", "try again later"),
    (errors.LimitRequestLine, QueryTooLong, "the first line of the request is too long", "send the fields as a JSON body"),
    (errors.LimitRequestHeaders, HeadersTooLarge, "there are too many header fields, or one is too long", "send at most 64, of 8 kB each"),
    (errors.ExpectationFailed, ExpectationFailed, "only Expect: 100-continue is known", "leave the header Expect out"),
    (errors.UnsupportedTransferCoding, NotImplementedHere, "this transfer coding is not known", "send Transfer-Encoding: chunked"),
    (errors.InvalidHTTPVersion, HttpError, "the HTTP version is not one that is spoken here", "speak HTTP/1.1"),
    (errors.InvalidRequestMethod, HttpError, "the request line holds no HTTP method", "methods are in capitals: GET, POST, QUERY"),
    (errors.InvalidRequestLine, HttpError, "the first line is no HTTP request line", "METHOD /path HTTP/1.1, percent-encoded"),
    (errors.ObsoleteFolding, HttpError, "a header field goes on in a second line", "write each header field in one line"),
    (errors.InvalidHeaderName, HttpError, "a header field has a name that HTTP does not allow", "names are letters, digits and hyphens"),
    (errors.InvalidHeader, HttpError, "a header field is broken, missing, twice there or contradicts another", "one Host, one length"),
    (errors.InvalidChunkSize, HttpError, "a chunk of the body has no size that could be read", "chunk sizes are hexadecimal"),
    (errors.ParseException, HttpError, "the HTTP request could not be read", "speak HTTP/1.1 as RFC 9112 has it"),
    (errors.NoMoreData, HttpError, "the request broke off", "end the head of the request with an empty line"),
)  # fmt: skip


def of(error: BaseException) -> NablaError:
    """The problem that an exception of gunicorn, or one that left the application, is to a client."""
    for kind, problem, detail, hint in REFUSALS:
        if isinstance(error, kind):
            return problem(detail, hint)
    return InternalError("the service failed on this request; the fault is not yours", "report the X-Request-Id of this answer")


def too_slow(limit: str) -> NablaError:
    return RequestTimeout(
        f"the request did not arrive within its time: the limit {limit}",
        "send it faster, or over a proxy that gathers it",
        facts={"limit": limit, "allowed": limits.limit(limit)},
    )


def full() -> NablaError:
    return Overloaded("the service holds too many unfinished requests", "try again in a moment")


def as_bytes(problem: NablaError, request_id: str) -> bytes:
    """The whole HTTP answer; the connection ends with it."""
    row = problems.PROBLEMS[problem.code]
    body = writing.to_json(problems.document(problem, "/"))
    headers = {
        "Content-Type": problems.MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request_id,
    } | ({"Retry-After": "1"} if row.status == 503 else {})
    head = f"HTTP/1.1 {row.status} {HTTPStatus(row.status).phrase}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + b"\r\n" + body
