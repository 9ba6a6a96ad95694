"""What a person sees: the front page, in a terminal or in a browser, and the reference with the files it is made of."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, render_template, request, send_from_directory
from werkzeug import Response

from service.version import VERSION
from service.web import commands
from service.web.discovery import LINKS, TAGLINE
from service.web.endpoint import Endpoint
from service.web.forms import MATHML, Form
from service.web.registry import ENDPOINTS, by_family

HERE = Path(__file__).parent
OPENAPI = HERE.parent.parent / "openapi.yaml"
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",  # frame-ancestors, for browsers that do not know it
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

pages = Blueprint("pages", __name__, template_folder="templates")


# What the front page shows at work: an operation, and what it is asked.
SHOWN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("gradient", {"expression": "norm2(A*x - b)^2", "variables": {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}, "wrt": "x"}),
    ("hessian", {"expression": "x^2*y + sin(x*y)"}),
    ("derivative", {"expression": "log(1 + exp(-x))"}),
    ("inverse", {"matrix": [["3/5", "1/3"], ["1/3", 1]]}),
    ("eigen", {"matrix": [[1, 1], [1, 0]], "arithmetic": "exact"}),
)
TRIED = ("derivative", "gradient", "hessian", "taylor", "critical-points")  # what a person may try: operations on one expression


@pages.get("/")
def home() -> Response:
    """Examples to paste, of every operation: as a page for a browser, as text for a terminal."""
    host = commands.here()
    families = [(family, [_shown(entry, host) for entry in entries]) for family, entries in by_family()]
    if request.accept_mimetypes.best_match(["text/plain", "text/html"]) == "text/html":
        shown = [{**example, "command": commands.curl(host.rstrip("/") + example["path"], example["request"])} for example in at_work()]
        return _page(render_template("home.html", tagline=TAGLINE, version=VERSION, families=families, shown=shown, tried=TRIED))
    lines = [
        f"Nabla {VERSION}. {TAGLINE}",
        f"Reference: {host}docs  Operations: {host}v1/operations  For language models: {host}llms.txt",
        "",
        "Send JSON with POST, or the same fields in the query of a GET; ?format=text|csv|latex|mathml|svg|... asks for another form.",
        "",
    ]
    for family, entries in families:
        lines += [f"## {family}", ""]
        for entry in entries:
            lines += [f"# {entry['name']}: {entry['summary']}", entry["command"], ""]
    return Response("\n".join(lines), mimetype="text/plain", headers={"Vary": "Accept", "Cache-Control": "no-cache", "Link": LINKS})


@cache
def at_work() -> list[dict[str, Any]]:
    """The examples with their results in MathML, computed when the page is first asked for."""
    found = []
    for name, asked in SHOWN:
        entry = ENDPOINTS[name]
        formula = Form(MATHML).write(entry, entry(entry.request.load(asked))).decode()
        found.append({"name": name, "path": entry.path, "request": asked, "mathml": formula})
    return found


def _shown(entry: Endpoint, host: str) -> dict[str, str]:
    first = next(iter(entry.examples), None)
    command = commands.curl(host.rstrip("/") + entry.path, first.request) if first else ""
    return {"name": entry.name, "summary": entry.summary, "command": command}


@pages.get("/docs")
def docs() -> Response:
    """The reference, rendered in the browser from openapi.json by files that are served from here."""
    return _page(render_template("docs.html"))


def _page(html: str) -> Response:
    return Response(html, mimetype="text/html", headers={**SECURITY, "Vary": "Accept", "Cache-Control": "no-cache", "Link": LINKS})


@pages.get("/static/<path:name>")
def static(name: str) -> Response:
    """Style sheets and scripts of the pages."""
    return send_from_directory(HERE / "static", name, max_age=3600)


@pages.get("/openapi.yaml")
def openapi_yaml() -> Response:
    """The service's description, OpenAPI 3.1."""
    return Response(OPENAPI.read_bytes(), mimetype="application/yaml", headers={"Cache-Control": "no-cache"})


@pages.get("/openapi.json")
def openapi_json() -> Response:
    """The same as JSON."""
    return Response(_openapi_as_json(), mimetype="application/json", headers={"Cache-Control": "no-cache"})


@cache
def _openapi_as_json() -> bytes:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.dumps(yaml.load(OPENAPI.read_bytes(), loader), ensure_ascii=False).encode()
