"""`python -m service.web.proxy_problems` prints deploy/problems.conf: what nginx answers itself, as the same problem documents."""

from __future__ import annotations

import sys

from service.errors import DeadlineExceeded, LimitExceeded, NablaError, Overloaded
from service.web import problems, writing
from service.web.problems import (
    HeadersTooLarge,
    HttpError,
    InternalError,
    MethodNotAllowed,
    NotFound,
    NotImplementedHere,
    QueryTooLong,
    RateLimited,
    RequestTimeout,
)

# nginx's status, which of ours it is, and what it says. 494 is nginx's name for header fields that are too large.
ANSWERS: tuple[tuple[int, type[NablaError], str, str], ...] = (
    (400, HttpError, "the HTTP request is broken", "speak HTTP/1.1 as RFC 9112 has it"),
    (404, NotFound, "there is nothing at this address", "GET /v1/operations lists the operations"),
    (405, MethodNotAllowed, "this method is not answered", "operations answer to GET, POST and QUERY"),
    (408, RequestTimeout, "the request did not arrive within its time", "send it faster"),
    (413, LimitExceeded, "the body is over the limit body-bytes", "GET /v1/limits lists every limit"),
    (414, QueryTooLong, "the first line of the request is too long", "send the fields as a JSON body"),
    (429, RateLimited, "too many requests or connections from your address", "wait a second"),
    (494, HeadersTooLarge, "the header fields are too large", "send at most 8 kB in one"),
    (500, InternalError, "the proxy failed on this request; the fault is not yours", "try again in a moment"),
    (501, NotImplementedHere, "this transfer coding is not known", "send Transfer-Encoding: chunked"),
    (502, Overloaded, "the service cannot be reached at the moment", "try again in a moment"),
    (504, DeadlineExceeded, "the service did not answer in time", "ask for less, or try again later"),
    (505, HttpError, "this version of HTTP is not spoken here", "speak HTTP/1.1"),
)


def as_nginx() -> str:
    """A location for each status, and the directives that lead there."""
    lines = ["# Made by `python -m service.web.proxy_problems`: what nginx answers itself."]
    for status, kind, detail, hint in ANSWERS:
        row = problems.PROBLEMS[kind.code]
        body = writing.to_json(problems.document(kind(detail, hint), "/")).decode().strip()
        lines += [
            f"error_page {status} ={row.status} /problem-{status};",
            f"location = /problem-{status} {{",
            "    internal;",
            f"    default_type {problems.MEDIA_TYPE};",
            "    add_header Cache-Control no-store always;",
            "    add_header X-Content-Type-Options nosniff always;",
            "    add_header X-Request-Id $sane_request_id always;",
            *(["    add_header Retry-After 1 always;"] if row.status in (429, 503) else []),
            *(['    add_header Allow "GET, HEAD, OPTIONS, POST, QUERY" always;'] if row.status == 405 else []),
            f"    return {row.status} '{body}\n';",
            "}",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_nginx())
