"""The front page and the reference: examples that can be pasted, nothing from any other machine."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from flask.testing import FlaskClient

from service.web import commands
from service.web.registry import ENDPOINTS

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("accept", [None, "*/*", "text/plain"])
def test_a_terminal_gets_text(client: FlaskClient, accept: str | None) -> None:
    answer = client.get("/", headers={"Accept": accept} if accept else {})
    assert answer.mimetype == "text/plain"
    assert answer.text.endswith("\n") or not ENDPOINTS


def test_a_browser_gets_a_page(client: FlaskClient) -> None:
    answer = client.get("/", headers=BROWSER)
    assert answer.mimetype == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert all(f'id="{name}"' in answer.text for name in ENDPOINTS)


def test_each_operation_has_a_command_that_can_be_pasted(client: FlaskClient) -> None:
    text = client.get("/", base_url="http://nabla.example:8080").text
    lines = [line for line in text.splitlines() if line.startswith("curl ")]
    assert len(lines) == len(ENDPOINTS)
    for line in lines:
        words = shlex.split(line)
        url, body = words[2], words[words.index("-d") + 1]
        assert url.startswith("http://nabla.example:8080/v1/")
        answer = client.post(url.removeprefix("http://nabla.example:8080"), data=body.encode(), content_type="application/json")
        assert answer.status_code in (200, 422), answer.text


def test_a_forged_host_does_not_get_into_commands(client: FlaskClient) -> None:
    assert "evil" not in client.get("/", headers={"Host": "evil;rm -rf"}).text


def test_a_command_survives_the_shell() -> None:
    request = {"expression": "x'*A*x + 'θ'", "wrt": '"x"', "at": {"x": [1, 2]}}
    words = shlex.split(commands.curl("http://localhost:8000/v1/gradient", request))
    assert json.loads(words[-1]) == request


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_ask_nothing_of_another_machine(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers=BROWSER).text
    assets = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert assets
    for address in assets:
        assert address.startswith("/")
        if address.startswith("/static/"):
            assert client.get(address).status_code == 200, address


def test_static_files_stay_in_their_folder(client: FlaskClient) -> None:
    for name in ("../pages.py", "..%2fpages.py", "swagger-ui/../../pages.py", "none.js"):
        assert client.get(f"/static/{name}").status_code == 404


def test_the_description_is_served_in_both_forms(client: FlaskClient) -> None:
    as_json = client.get("/openapi.json").get_json()
    assert as_json["openapi"].startswith("3.1")
    assert client.get("/openapi.yaml").text.startswith("openapi: 3.1")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_run_in_no_frame_and_run_nothing_of_others(client: FlaskClient, path: str) -> None:
    headers = client.get(path, headers=BROWSER).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_picture_runs_nothing(client: FlaskClient) -> None:
    answer = client.get("/v1/autodiff?expression=x*y&at={%22x%22:1,%22y%22:2}&format=svg")
    assert answer.mimetype == "image/svg+xml", answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
