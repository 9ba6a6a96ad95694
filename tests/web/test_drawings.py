"""Pictures over the whole stack: those of every endpoint's examples, how they are asked for, and who loads what draws them."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.pictures import style
from service.web.endpoint import Endpoint
from service.web.registry import ENDPOINTS
from tests.servers import ROOT

NAMESPACE = "{http://www.w3.org/2000/svg}"
PICTURES = [(entry, name) for entry in ENDPOINTS.values() for name in entry.drawings]


def looked_at(picture: bytes) -> ET.Element:
    """The picture's root, after what holds for every picture."""
    root = ET.fromstring(picture)
    title, description = root.find(f"{NAMESPACE}title"), root.find(f"{NAMESPACE}desc")
    assert root.get("role") == "img"
    assert title is not None
    assert description is not None
    assert 5 < len(title.text or "") < 200
    assert len(description.text or "") > 20
    used = {colour.decode() for each in re.findall(rb'style="([^"]*)"', picture) for colour in re.findall(rb"#[0-9a-f]{6}", each)}
    assert used <= set(style.DARK)
    assert not re.search(rb"\bnan\b", picture)
    return root


@pytest.mark.parametrize(("entry", "name"), PICTURES, ids=[f"{entry.name}-{name}" for entry, name in PICTURES])
def test_every_picture_is_drawn_for_an_example(client: FlaskClient, entry: Endpoint, name: str) -> None:
    for example in entry.examples:
        answer = client.post(f"{entry.path}?picture={name}", json=example.request)
        if answer.status_code == 200:
            assert answer.mimetype == "image/svg+xml"
            looked_at(answer.data)
            return
        assert answer.get_json()["code"] in (example.refused, "not-acceptable")
    pytest.fail("no example has it")


def test_every_picture_is_documented() -> None:
    page = (ROOT / "docs/pictures.md").read_text(encoding="utf-8")
    assert [f"{entry.name} {name}" for entry, name in PICTURES if f"`{name}`" not in page or f"`{entry.name}`" not in page] == []


MATRIX: dict[str, Any] = {"matrix": [[3, 1], [1, 2]]}


def test_a_picture_is_asked_for_by_accept_or_in_the_query(client: FlaskClient) -> None:
    by_header = client.post("/v1/svd", json=MATRIX, headers={"Accept": "image/svg+xml"})
    by_format = client.post("/v1/svd?format=svg", json=MATRIX)
    by_name = client.get("/v1/svd?matrix=[[3,1],[1,2]]&picture=plane")
    assert by_header.data == by_format.data == by_name.data
    assert by_header.headers["ETag"] == by_format.headers["ETag"]
    assert client.post("/v1/svd?picture=singular-values", json=MATRIX).data != by_name.data
    assert client.post("/v1/svd", json=MATRIX, headers={"Accept": "image/*;q=0.5, */*;q=0.1"}).mimetype == "image/svg+xml"
    assert client.post("/v1/svd", json=MATRIX, headers={"Accept": "*/*"}).mimetype == "application/json"


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/v1/rank?format=svg", MATRIX, 406, "cannot be had as svg"),
        ("/v1/rank?picture=plane", MATRIX, 400, "rank has no picture called plane"),
        ("/v1/svd?picture=cube", MATRIX, 400, "svd has no picture called cube"),
        ("/v1/svd?picture=plane&format=json", MATRIX, 400, "picture is for the answer as SVG"),
        ("/v1/svd?picture=plane&picture=plane", MATRIX, 400, "stands twice"),
        ("/v1/svd?picture=plane", {"matrix": [[1, 2, 3], [4, 5, 6]]}, 406, "no picture of this answer of svd called plane"),
        ("/v1/svd?picture=plane", {"matrix": [[{"re": 0, "im": 1}, 1], [1, 1]]}, 406, "no picture of this answer"),
        ("/v1/eigen?format=svg", {"matrix": [["a", 1], [1, "b"]]}, 406, "no picture of this answer of eigen"),
        ("/v1/critical-points?format=svg", {"expression": "x^2 + y^2 + z^2"}, 406, "no picture of this answer of critical-points"),
        ("/v1/taylor?format=svg", {"expression": "sqrt(x)", "wrt": "x", "about": {"x": "a"}}, 406, "no picture of this answer of taylor"),
        ("/v1/linear-map?format=svg", {"expression": ["x", "y", "x + y"]}, 406, "no picture of this answer of linear-map"),
        ("/v1/linear-map?format=svg", {"expression": ["a*x", "y"], "wrt": ["x", "y"]}, 406, "no picture of this answer"),
        (
            "/v1/minimize?picture=curve",
            {"expression": "x^2 + y^2", "start": {"x": 1, "y": 1}},
            406,
            "no picture of this answer of minimize",
        ),
        ("/v1/minimize?format=svg", {"expression": "x^3", "start": {"x": -1}}, 422, ""),
        ("/v1/gradient?format=svg", {"expression": "x^2", "at": [{"x": 1}]}, 400, "a picture shows one point"),
        ("/v1/gradient?picture=contour", {"expression": "x*y*z"}, 406, "no picture of this answer of gradient called contour"),
        ("/v1/eigen?format=svg", {"matrix": [[1, 2, 3]]}, 406, "no picture of this answer of eigen"),
    ],
)
def test_where_there_is_no_picture(client: FlaskClient, path: str, body: dict[str, Any], status: int, told: str) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert told in answer.get_json()["detail"]


@pytest.mark.parametrize(
    "matrix",
    [
        [[0, 0], [0, 0]],
        [[1e-300, 2e-300], [3e-300, 1e-300]],
        [[1e300, 0], [0, 1]],
        [["1/3", 1], [1, "2/7"]],
        [[0, 0], [0, 1e-310]],
    ],
)
@pytest.mark.parametrize("path", ["svd?picture=plane", "svd?picture=singular-values"])
def test_odd_matrices(client: FlaskClient, path: str, matrix: list[list[Any]]) -> None:
    answer = client.post(f"/v1/{path}", json={"matrix": matrix})
    assert answer.status_code == 200, answer.text
    looked_at(answer.data)


WINDOWS = [
    ("/v1/gradient", {"expression": "x^2 + y^2", "picture": "contour", "window": {"x": [-1, 3], "y": [2, 5]}},
     "x from -1 to 3 and y from 2 to 5"),
    ("/v1/critical-points", {"expression": "x^3 - 3*x", "window": {"x": [-4, 7]}}, "for x from -4 to 7"),
    ("/v1/derivative", {"expression": "sin(x)", "window": {"x": [0, 1]}}, "for x from 0 to 1"),
    ("/v1/taylor", {"expression": "sin(x)", "window": {"x": [-7, 7]}}, "for x from -7 to 7"),
    ("/v1/minimize", {"expression": "x'*x", "variables": {"x": "vector(2)"}, "start": {"x": [1, 1]}, "window": {"x": [-2, 2]}},
     "x[1] from -2 to 2 and x[2] from -2 to 2"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "told"), WINDOWS)
def test_the_window_is_chosen(client: FlaskClient, path: str, body: dict[str, Any], told: str) -> None:
    query = {"format": "svg", **({"picture": body["picture"]} if "picture" in body else {})}
    asked = {name: value for name, value in body.items() if name != "picture"}
    answer = client.post(path, json=asked, query_string=query)
    assert answer.status_code == 200, answer.text
    assert told in answer.text
    for window, pointer in (({"q": [0, 1]}, "/window/q"), ({"x": [1, 0]}, "/window/x"), ({"x": [None, 0]}, "/window/x")):
        refused = client.post(path, json={**asked, "window": window}, query_string=query)
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (400, pointer)


def test_other_answers_load_no_matplotlib() -> None:
    program = """
import sys
from service.app import create_app
client = create_app().test_client()
body = {"matrix": [[3, 1], [1, 2]]}
assert client.post("/v1/svd", json=body).status_code == 200
assert client.post("/v1/gradient", json={"expression": "x^2*y"}).status_code == 200
assert client.post("/v1/rank?format=svg", json=body).status_code == 406
assert "matplotlib" not in sys.modules
assert client.post("/v1/svd?format=svg", json=body).status_code == 200
assert "matplotlib" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
