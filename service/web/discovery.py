"""How machines find their way: the catalogue of the API, pages for language models, robots, an icon, and links to all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, send_from_directory
from werkzeug import Response

from service.web import commands
from service.web.endpoint import Endpoint
from service.web.forms import KINDS
from service.web.registry import by_family

STATIC = Path(__file__).parent / "static"
TAGLINE = "The mathematics of machine learning over HTTP: every answer with its proof."
CATALOG = "/.well-known/api-catalog"
PROFILE = "https://www.rfc-editor.org/info/rfc9727"
OPENAPI_JSON, OPENAPI_YAML = "application/vnd.oai.openapi+json;version=3.1", "application/vnd.oai.openapi;version=3.1"

# relation (RFC 8631, RFC 9727): address, media type
RELATIONS: tuple[tuple[str, str, str], ...] = (
    ("service-desc", "/openapi.json", OPENAPI_JSON),
    ("service-desc", "/openapi.yaml", OPENAPI_YAML),
    ("service-doc", "/docs", "text/html"),
    ("service-doc", "/llms.txt", "text/plain"),
    ("service-meta", "/v1/operations", "application/json"),
    ("status", "/readyz", "application/json"),
)
LINKS = ", ".join(
    [f'<{address}>; rel="{relation}"; type="{kind}"' for relation, address, kind in RELATIONS] + [f'<{CATALOG}>; rel="api-catalog"']
)
"""The header Link of what is no operation: where the description, the documentation and the catalogue are."""

discovery = Blueprint("discovery", __name__)


def _text(lines: list[str]) -> Response:
    return Response("\n".join(lines) + "\n", mimetype="text/plain", headers={"Cache-Control": "no-cache", "Link": LINKS})


@discovery.get(CATALOG)
def api_catalog() -> Response:
    """The catalogue of RFC 9727: one API, and what describes it, as a linkset (RFC 9264)."""
    host = commands.here().rstrip("/")
    described: dict[str, Any] = {"anchor": f"{host}/v1"}
    for relation, address, kind in RELATIONS:
        described.setdefault(relation, []).append({"href": host + address, "type": kind})
    catalogue = {"anchor": f"{host}{CATALOG}", "item": [{"href": f"{host}/v1"}]}
    body = json.dumps({"linkset": [catalogue, described]}).encode() + b"\n"
    headers = {"Content-Type": f'application/linkset+json; profile="{PROFILE}"', "Cache-Control": "no-cache", "Link": LINKS}
    return Response(body, headers=headers)


@discovery.get("/llms.txt")
def llms() -> Response:
    """What there is, in the form of llmstxt.org."""
    return _text(_head() + [line for family, entries in by_family() for line in _family(family, entries)])


@discovery.get("/llms-full.txt")
def llms_full() -> Response:
    """The same with the fields and an example of every operation."""
    return _text(_head() + [line for _, entries in by_family() for entry in entries for line in _operation(entry)])


def _head() -> list[str]:
    return [
        "# Nabla",
        "",
        f"> {TAGLINE}",
        "",
        "Every operation answers POST with a JSON object, GET with the same fields in the query, and QUERY. Answers list the checks that",
        "they have passed; what cannot be answered is a problem document (RFC 9457) with a code, a JSON pointer and a hint.",
        f"An answer can be had as {', '.join(kind.name for kind in KINDS)}, by `Accept` or by `?format=`.",
        'Expressions are written as in MATLAB: "x\'*A*x + sum(log(1 + exp(b)))"; `variables` declares what is no scalar.',
        "",
        "## Service",
        "",
        "- [OpenAPI 3.1](/openapi.json): the whole description",
        "- [Operations](/v1/operations): fields and examples of every operation, as JSON",
        "- [Limits](/v1/limits): every limit in force",
        "- [All in one](/llms-full.txt): every operation with its fields and an example",
        "",
    ]


def _family(family: str, entries: list[Endpoint]) -> list[str]:
    return [f"## {family.capitalize()}", "", *(f"- [{entry.name}]({entry.path}): {entry.summary}" for entry in entries), ""]


def _operation(entry: Endpoint) -> list[str]:
    lines = [f"## POST {entry.path}: {entry.summary}", ""]
    if entry.description:
        lines += [entry.description, ""]
    for name, field in entry.request.fields.items():
        lines.append(f"- `{name}`{' (required)' if field.required else ''}: {field.metadata.get('description', '')}")
    example = next((example for example in entry.examples if example.refused is None), None)
    if example:
        lines += ["", f"Example: `{json.dumps(example.request, ensure_ascii=False)}`"]
    return [*lines, ""]


@discovery.get("/robots.txt")
def robots() -> Response:
    """Pages may be read; there is no use in walking through computations."""
    return _text(["User-agent: *", "Allow: /$", "Allow: /docs", "Allow: /llms", "Disallow: /v1/", "Disallow: /metrics"])


@discovery.get("/favicon.ico")
def favicon() -> Response:
    """The icon of the pages, for whoever asks for it here."""
    return send_from_directory(STATIC, "nabla.svg", mimetype="image/svg+xml", max_age=86_400)
