"""Differentials: their spelling, and their value against differences computed by an evaluator of our own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from service.answers import differential as module
from service.answers.differential import differential
from service.errors import CheckFailed, InputError, InvalidDeclaration
from service.expression.arena import fresh_arena
from service.expression.sums import scale
from tests import oracle

VARIABLES: dict[str, Any] = {
    "A": "matrix(m,n)",
    "B": "matrix(n,p)",
    "M": "square(n)",
    "N": "square(n)",
    "S": "symmetric(n)",
    "D": "diagonal(n)",
    "x": "vector(n)",
    "y": "vector(m)",
    "r": {"shape": [1, "n"]},
}
SIZES = {"m": 4, "n": 3, "p": 2}
SHAPES = {"A": (4, 3), "B": (3, 2), "M": (3, 3), "N": (3, 3), "S": (3, 3), "D": (3, 3), "x": (3,), "y": (4,), "r": (1, 3)}

TEXTBOOK = (
    ("A*B", "dA*B + A*dB"),
    ("inv(M)", "-inv(M)*dM*inv(M)"),
    ("tr(M)", "tr(dM)"),
    ("det(M)", "det(M)*tr(inv(M)*dM)"),
    ("logdet(M)", "tr(inv(M)*dM)"),
    ("A'", "dA'"),
    ("M.*N", "N.*dM + M.*dN"),
    ("kron(A, B)", "kron(dA, B) + kron(A, dB)"),
    ("vec(A)", "vec(dA)"),
    ("x*y'", "dx*y' + x*dy'"),
    ("exp(x)", "exp(x).*dx"),
    ("norm2(x)", "x'*dx/norm2(x)"),
    ("a*sin(b)", "sin(b)*da + a*cos(b)*db"),
    ("r*M", "dr*M + r*dM"),
)
OTHERS = (
    "x'*M*x",
    "norm2(A*x - y)^2/2",
    "inv(M'*M)",
    "M*N*M",
    "softmax(x)",
    "logsumexp(A*x)",
    "normF(A*B)",
    "M^3",
    "adj(M)",
    "diag(x)*M",
    "tr(S*M)",
    "logdet(eye(n) + D)",
    "x.^a",
    "a^b",
    "prod(x)",
    "pinv(A)",
    "sigmoid(A*x)",
    "[a*b, a^2; 1, sin(b)]",
    "sum(x)/n",
    "exp(-x'*S*x)",
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def asked(expression: Any, **more: Any) -> dict[str, Any]:
    return differential({"expression": expression, "variables": VARIABLES, **more})


def draw(name: str, random: np.random.Generator) -> Any:
    """A value for a variable or its differential, with what is declared of it."""
    value = random.uniform(0.3, 1.7, SHAPES.get(name, ()))
    if name in "MNSD":
        value = value + 3 * np.eye(3)
    return value + value.T if name == "S" else np.diag(np.diag(value)) if name == "D" else value


@pytest.mark.parametrize(("expression", "spelling"), TEXTBOOK)
def test_the_spelling_of_the_textbook(expression: str, spelling: str) -> None:
    assert asked(expression)["result"]["text"] == spelling


@pytest.mark.parametrize("expression", [*[text for text, _ in TEXTBOOK], *OTHERS])
def test_it_is_what_the_function_changes_by(expression: str) -> None:
    answer = asked(expression)
    random = np.random.default_rng(zlib.crc32(expression.encode()))
    here = {**SIZES, **{name: draw(name, random) for name in answer["wrt"]}}
    step = {name: draw(name, random) for name in answer["wrt"]}

    def f(h: float) -> Any:
        return oracle.evaluate(expression, {**here, **{name: here[name] + h * step[name] for name in step}})

    expected = (4 * (f(5e-4) - f(-5e-4)) / 1e-3 - (f(1e-3) - f(-1e-3)) / 2e-3) / 3
    found = oracle.evaluate(answer["result"]["text"], {**here, **{f"d{name}": value for name, value in step.items()}})
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * float(np.max(np.abs(expected), initial=1)))


def test_the_names_that_it_introduces_are_declared() -> None:
    introduced = asked("tr(S*A'*A) + r*D*x + a")["introduced"]
    assert introduced == {
        "dS": "symmetric(n)",
        "dA": "matrix(m,n)",
        "dr": {"shape": [1, "n"]},
        "dD": "diagonal(n)",
        "dx": "vector(n)",
        "da": "scalar",
    }


def test_what_is_answered_can_be_sent_back() -> None:
    answer = asked("M*N", wrt="M")
    again = differential({"expression": answer["result"]["text"], "variables": {**VARIABLES, **answer["introduced"]}, "wrt": "N"})
    assert again["result"]["text"] == "dM*dN"


def test_a_scalar_function_has_its_gradients_read_off() -> None:
    answer = asked("det(M) + tr(M*N)")
    assert answer["gradients"]["N"]["text"] == "M'"
    assert set(answer["gradients"]) == {"M", "N"}
    assert "gradients-read-off" in [check["name"] for check in answer["checks"]]
    assert "gradients" not in asked("M*N")


def test_only_what_is_named_varies() -> None:
    assert asked("A*B", wrt="A")["result"]["text"] == "dA*B"
    assert asked("A*B", wrt=["B"])["introduced"] == {"dB": "matrix(n,p)"}


def test_a_matrix_that_depends_on_a_scalar_brings_its_rate() -> None:
    answer = differential(
        {"expression": "M*T", "variables": {"M": "square(n)", "T": {"shape": ["n", "n"], "depends_on": ["t"]}}, "wrt": ["M", "t"]}
    )
    assert answer["result"]["text"] == "dM*T + dt*M*dT_dt"


def test_kinks_are_named() -> None:
    assert any("relu" in check["detail"] for check in asked("relu(x)")["checks"] if check["name"] == "kinks")


def test_latex_has_an_upright_d() -> None:
    assert asked("A*B")["result"]["latex"] == r"\mathrm{d} A B + A \mathrm{d} B"
    assert r"\mathrm{d} \theta_{1}" in differential({"expression": "theta_1^2"})["result"]["latex"]


def test_a_name_that_would_be_a_function_is_written_apart() -> None:
    answer = differential({"expression": "et^2"})
    assert answer["result"]["text"] == "2*et*d_et"


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(InvalidDeclaration, match="dx") as caught:
        differential({"expression": "x*dx", "wrt": "x"})
    assert caught.value.hint


def test_a_constant_has_no_differential() -> None:
    with pytest.raises(InputError):
        differential({"expression": "2"})


def test_a_wrong_differential_is_refused_by_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    right = module.differential_of
    monkeypatch.setattr(module, "differential_of", lambda root, given: scale(2, right(root, given)))
    for expression in ("A*B", "det(M)", "x'*M*x"):
        with pytest.raises(CheckFailed):
            asked(expression)
