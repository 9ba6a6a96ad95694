"""Every worked example of every operation in every form: what a form holds is what JSON holds, and what has no form says so."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import msgpack
import numpy as np
import pytest
from flask.testing import FlaskClient

from service.web.endpoint import Endpoint, Example
from service.web.forms import BY_NAME, CSV, JSON, KINDS, LATEX, MATHML, MSGPACK, TEXT, Form
from service.web.formulas import equations
from service.web.mathml import CORE_ATTRIBUTES, NAMESPACE, of_latex
from service.web.negotiation import best
from service.web.problems import NotAcceptable
from service.web.registry import ENDPOINTS

ANSWERED = [(entry, example) for entry in ENDPOINTS.values() for example in entry.examples if example.refused is None]
each_example = pytest.mark.parametrize(
    ("entry", "example"), ANSWERED, ids=[f"{entry.name}: {example.title}" for entry, example in ANSWERED]
)
FLAT = ("conditional-expectation", "critical-points")  # their bare answers are tables, which no formula shows
ARITY = {"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3, "mover": 2, "munder": 2, "munderover": 3, "mroot": 2}
LEAVES = {"mi", "mo", "mn", "mtext", "mspace", "annotation"}
ROWS = {"math", "semantics", "mrow", "msqrt", "mtable", "mtr", "mtd"}


def written(entry: Endpoint, answer: dict[str, Any], form: str) -> bytes | None:
    """The answer in this form; None where it has none."""
    try:
        return Form(BY_NAME[form].media_type).write(entry, answer)
    except NotAcceptable:
        return None


def test_every_operation_says_what_its_bare_answer_is() -> None:
    for entry in ENDPOINTS.values():
        assert entry.bare, entry.name
        assert set(entry.bare) <= set(entry.response.fields), entry.name


@each_example
def test_every_answer_in_every_form(entry: Endpoint, example: Example) -> None:
    answer = entry(entry.request.load(json.loads(json.dumps(example.request))))
    whole = json.loads(Form().write(entry, answer))
    bare = next((whole[name] for name in entry.bare if whole.get(name) is not None), None)

    packed = written(entry, answer, "msgpack")
    assert_same(msgpack.unpackb(packed or b""), whole)

    text = (written(entry, answer, "text") or b"").decode()
    assert text.endswith("\n") or bare == []
    if isinstance(bare, dict) and "text" in bare:
        assert text == bare["text"] + "\n"
    elif isinstance(bare, (str, int, float)):
        assert text == (str(bare).lower() if isinstance(bare, bool) else str(bare)) + "\n"

    cells, array = written(entry, answer, "csv"), written(entry, answer, "npy")
    if is_matrix(bare):
        rows = list(csv.reader(io.StringIO((cells or b"").decode())))
        assert [[float(cell) for cell in row] for row in rows] == [row if isinstance(row, list) else [row] for row in bare]
        assert np.load(io.BytesIO(array or b""), allow_pickle=False).tolist() == bare

    formula, drawn = written(entry, answer, "latex"), written(entry, answer, "mathml")
    if formula is None or drawn is None:
        assert entry.name in FLAT or has_three_levels(bare)
    else:
        result = whole.get("result")
        if isinstance(result, dict) and "result" in entry.bare:
            assert formula.decode().endswith(result["latex"] + "\n")
        assert_balanced(formula.decode())
        assert_core(drawn.decode(), formula.decode().strip())


def is_matrix(value: Any) -> bool:
    rows = value if isinstance(value, list) else []
    return bool(rows) and all(isinstance(x, (int, float)) for row in rows for x in (row if isinstance(row, list) else [row]))


def has_three_levels(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_three_levels, value.values()))
    return isinstance(value, list) and any(isinstance(x, list) and any(isinstance(y, list) for y in x) for x in value)


def assert_same(packed: Any, plain: Any) -> None:
    """Arrays of numbers are bytes in one and lists in the other."""
    if isinstance(packed, dict) and set(packed) == {"shape", "dtype", "data"}:
        array = np.frombuffer(packed["data"], packed["dtype"]).reshape(packed["shape"])
        if array.dtype.kind == "c":
            plain = np.vectorize(lambda x: complex(x["re"], x["im"]))(np.array(plain, dtype=object))
        assert array.tolist() == np.array(plain).reshape(array.shape).tolist()
    elif isinstance(packed, dict):
        assert list(packed) == list(plain)
        for name, value in packed.items():
            assert_same(value, plain[name])
    elif isinstance(packed, list):
        assert len(packed) == len(plain)
        for first, second in zip(packed, plain, strict=True):
            assert_same(first, second)
    else:
        assert packed == plain or (isinstance(plain, dict) and set(plain) == {"re", "im"})


def assert_balanced(latex: str) -> None:
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert re.findall(r"\\begin\{(\w+)\}", latex).sort() == re.findall(r"\\end\{(\w+)\}", latex).sort()


def assert_core(text: str, latex: str) -> None:
    """Elements, attributes and numbers of children of MathML Core; the LaTeX as alternative text."""
    root = ElementTree.fromstring(text)
    assert root.tag == f"{{{NAMESPACE}}}math"
    assert root.get("alttext") == latex
    for element in root.iter():
        name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
        assert name in LEAVES | ROWS | set(ARITY), name
        allowed = CORE_ATTRIBUTES.get(name, set()) | {"style", "display", "alttext", "encoding"}
        assert set(element.attrib) <= allowed, (name, element.attrib)
        if name in ARITY:
            assert len(element) == ARITY[name], ElementTree.tostring(element)
        if name in LEAVES:
            assert not len(element)
            assert not any(0xE000 <= ord(letter) < 0xF000 for letter in element.text or "")
        if name == "mi":
            assert set(element.attrib) <= {"mathvariant"}
            assert element.get("mathvariant", "normal") == "normal"


ACCEPTS: list[tuple[str, str | None]] = [
    ("*/*", JSON),
    ("*", JSON),
    ("text/plain", TEXT),
    ("text/*", TEXT),
    ("TEXT/CSV", CSV),
    ("text/*, text/plain;q=0", CSV),
    ("application/json;q=0, */*", TEXT),
    ("application/json; q=0.5, text/csv; q=0.9", CSV),
    ("text/csv;q=0.9, */*;q=0.1", CSV),
    ("text/csv, */*", CSV),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", JSON),
    ("application/x-latex;q=0.001", LATEX),
    ("application/mathml+xml;charset=utf-8", MATHML),
    ("application/vnd.msgpack", "application/vnd.msgpack"),
    ("application/msgpack, application/json;q=0.9", MSGPACK),
    ("text/csv;q=0", None),
    ("text/csv;q=2", None),
    ("text/csv;q=nan", None),
    ("image/png", None),
    (",,;;", None),
    ("*/*;q=0", None),
    ("application/json;q=0.000, text/plain;q=0.0", None),
]


@pytest.mark.parametrize(("accept", "wanted"), ACCEPTS)
def test_the_form_that_accept_likes_best(accept: str, wanted: str | None) -> None:
    types = [kind.media_type for kind in KINDS] + [other for kind in KINDS for other in kind.other_names]
    assert best(accept, types) == wanted


TEXTS: list[tuple[str, dict[str, Any], str]] = [
    ("inverse?format=text", {"matrix": [[2, 1], [5, 3]]}, "3.0\t-1.0\n-5.0\t2.0\n"),
    ("inverse?format=text", {"matrix": [["3/5", "1/3"], ["1/3", 1]]}, "45/22\t-15/22\n-15/22\t27/22\n"),
    ("eigen?format=text", {"matrix": [[0, -1], [1, 0]]}, "0.0+1.0i\n0.0-1.0i\n"),
    ("rank?format=text", {"matrix": [[1, 2], [2, 4]]}, "1\n"),
    ("gradient?format=text", {"expression": "x'*A*x", "variables": {"x": "vector(n)", "A": "matrix(n,n)"}, "wrt": "x"}, "(A + A')*x\n"),
    ("derivative?format=text", {"expression": "x^2", "at": {"x": 3}}, "6.0\n"),
    ("derivative?format=text&member=result", {"expression": "x^2", "at": {"x": 3}}, "2*x\n"),
    ("equivalent?format=text", {"left": "x+x", "right": "2*x"}, "true\n"),
    ("inverse?format=latex", {"matrix": [["3/5", "1/3"], ["1/3", 1]]},
     r"A^{-1} = \begin{bmatrix} \frac{45}{22} & -\frac{15}{22} \\ -\frac{15}{22} & \frac{27}{22} \end{bmatrix}" + "\n"),
    ("inverse?format=latex&member=condition_number", {"matrix": [[1, 0], [0, 1]]}, "1\n"),
    ("gradient?format=latex", {"expression": "x^2*y", "wrt": ["x", "y"]},
     "\\nabla_{x, y} f = \\begin{bmatrix} 2 x y \\\\ x^{2} \\end{bmatrix}\n"),
    ("derivative?format=latex", {"expression": "x^4", "order": 2}, "\\frac{\\partial^{2}f}{\\partial x^{2}} = 12 x^{2}\n"),
    ("definiteness?format=latex", {"matrix": [[1, 2], [2, 1]]}, "\\text{indefinite}\n"),
    ("determinant?format=latex", {"matrix": [["a", "b"], ["c", "d"]]}, "\\det A = a d - b c\n"),
    ("eigen?format=latex", {"matrix": [[0, -1], [1, 0]]},
     "\\lambda = \\begin{bmatrix} \\mathrm{i} \\\\ -\\mathrm{i} \\end{bmatrix}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "request_", "text"), TEXTS, ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_shell_and_a_page_get(client: FlaskClient, address: str, request_: dict[str, Any], text: str) -> None:
    answer = client.post(f"/v1/{address}", json=request_)
    assert answer.text == text


def test_errors_stay_problems(client: FlaskClient) -> None:
    answer = client.post("/v1/inverse?format=text", json={"matrix": [[0]]}, headers={"Accept": "text/plain"})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("value", "formula"),
    [
        (1 - 2j, r"1 - 2 \mathrm{i}"), (-2j, r"-2 \mathrm{i}"), (1j, r"\mathrm{i}"), (3 - 1j, r"3 - \mathrm{i}"), (3 + 0j, "3"), (0j, "0"),
        ({"re": "0", "im": "1/2"}, r"\frac{1}{2} \mathrm{i}"), ({"re": "1", "im": "-3/2"}, r"1 - \frac{3}{2} \mathrm{i}"),
        ({"re": "0", "im": "sqrt(2)"}, r"\sqrt{2} \mathrm{i}"),
        ({"re": "1/2", "im": "-3*sqrt(7)/2"}, r"\frac{1}{2} - \frac{3 \sqrt{7}}{2} \mathrm{i}"),
        ({"re": "1", "im": "1 + sqrt(2)"}, r"1 + \left(1 + \sqrt{2}\right) \mathrm{i}"),
        (complex(0, 1e20), r"\left(10^{20}\right) \mathrm{i}"),
        (1e20, "10^{20}"), (-1e-9, "-10^{-9}"), (1.5e20, r"1.5 \times 10^{20}"), (11e20, r"1.1 \times 10^{21}"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_by_hand(value: Any, formula: str) -> None:
    assert equations(value) == [("", formula)]


def test_brackets_grow_with_their_matrix_and_operators_are_spoken() -> None:
    bracket = of_latex(r"A = \begin{bmatrix} 1 \\ 2 \end{bmatrix}")
    assert bracket.count('stretchy="true"') == bracket.count('fence="true"') == 2
    spoken = of_latex(r"\nabla_{x} f = 2 x \sin\left(y\right) \mathrm{d} z_{ij} \mathrm{rate}")
    assert spoken.count("\u2062") == 4  # 2·x·sin, ·d, ·rate; none behind ∇ and d
    assert spoken.count("\u2061") == 1
    assert spoken.count("\u2063") == 1
    assert "<mi>rate</mi>" in spoken
