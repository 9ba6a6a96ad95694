"""Where the answer to a body stays: the GET that answers the same, as `Content-Location` (RFC 9110, 8.7), where its fields fit a query.

A link is given only when reading it back gives the very fields that were sent.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import orjson
from werkzeug.urls import iri_to_uri

from service.errors import NablaError
from service.web import reading
from service.web.computing import DEADLINE
from service.web.endpoint import Endpoint
from service.web.fields import RequestField
from service.web.forms import BY_TYPE, Form

LONGEST = 2_000  # characters of a link, as much as anything on the way carries
SAFE = "/*()[]{}:,'!"  # what may stand in a query as it is, and reads better so


def permalink(endpoint: Endpoint, sent: reading.Sent, form: Form) -> str | None:
    """The path and query; None for what came otherwise than as JSON, for what is long, and for what a query cannot say."""
    if sent.media_type != reading.JSON or len(sent.data) > LONGEST:
        return None
    try:
        payload: dict[str, Any] = orjson.loads(sent.data)
        payload.pop(DEADLINE, None)
        query = "&".join(f"{quote(name)}={quote(_text(endpoint, name, value), safe=SAFE)}" for name, value in payload.items())
        same = reading.fields_of_query(endpoint, query.encode()) == payload
    except (NablaError, ValueError, AttributeError):  # numbers that only the slow reader takes, or no object
        return None
    link = iri_to_uri(f"{endpoint.path}?{query}{_of_form(form, bool(query))}")  # as werkzeug writes it
    return link if same and len(link) <= LONGEST else None


def _text(endpoint: Endpoint, name: str, value: Any) -> str:
    field = endpoint.request.fields.get(name)
    if isinstance(value, str) and isinstance(field, RequestField) and field.textual:
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _of_form(form: Form, follows: bool) -> str:
    """The parameters that ask for this form."""
    if form.is_plain:
        return ""
    wishes = {"format": BY_TYPE[form.media_type].name, "member": form.member, "picture": form.picture}
    if form.base64:
        wishes = {"arrays": "base64"}
    return ("&" if follows else "") + "&".join(f"{name}={quote(value)}" for name, value in wishes.items() if value)
