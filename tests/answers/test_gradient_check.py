"""Gradients as clients send them, right and wrong: the verdict and the slip that is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.answers.gradient_check import gradient_check
from service.errors import InputError, UnknownName
from service.expression.arena import fresh_arena

VARIABLES = {
    "A": "matrix(m,n)",
    "M": "square(n)",
    "N": "square(n)",
    "S": "symmetric(n)",
    "P": "spd(n)",
    "x": "vector(n)",
    "y": "vector(m)",
}
RIGHT = (
    ("x'*S*x", "x", "2*S*x"),
    ("x'*M*x", "x", "M*x + M'*x"),
    ("norm2(A*x - y)^2/2", "x", "A'*A*x - A'*y"),
    ("logdet(M)", "M", "inv(M)'"),
    ("logsumexp(x)", "x", "exp(x)/sum(exp(x))"),
    ("log(1 + exp(a))", "a", "1/(1 + exp(-a))"),
    ("a^2*b", ["a", "b"], ["2*a*b", "a^2"]),
    ("A*x", "x", "A"),
    ("relu(a)", "a", "step(a)"),
)
WRONG = (
    ("x'*M*x", "x", "2*M*x", "symmetric-assumed", "M is symmetric"),
    ("x'*M*N*x", "x", "2*M*N*x", None, ""),
    ("x'*S*x", "x", "S*x", "factor", "factor 2 is missing"),
    ("norm2(A*x - y)^2/2", "x", "2*A'*(A*x - y)", "factor", "2 times"),
    ("x'*S*x", "x", "-2*S*x", "sign", "opposite"),
    ("tr(M*N)", "M", "N", "transposed", "transpose"),
    ("A*x", "x", "A'", "transposed", "n×m"),
    ("x'*S*x", "x", "2*x'*S", "row", "row"),
    ("sum(x)*a", "x", "a", "shape", "scalar"),
    ("norm2(A*x - y)^2/2", "x", "A'*A*x", "missing-term", "-A'*y"),
    ("norm2(A*x - y)^2/2", "x", "A'*A*x + A'*y", "sign", "A'*y"),
    ("a^2 + 3*sin(a)", "a", "2*a + cos(a)", "factor", "cos(a) stands there 1/3 times"),
    ("a^3", "a", "3*a^3", "exponent", "should be 2"),
    ("sin(a^2)", "a", "cos(a^2)", "missing-factor", "2*a"),
    ("sum(exp(x.^2))", "x", "exp(x.^2)", "missing-factor", "2*x"),
    ("norm2(x)", "x", "x", "missing-factor", "divided by norm2(x)"),
    ("tr(M*N*M)", "M", "N'*M' + M'.*N'", "elementwise-product", "M'.*N'"),
    ("logdet(P)", "P", "2*inv(P) - diag(diag(inv(P)))", "duplicated-entries", "independent"),
    ("tr(P*M)", "P", "(M + M')/2", "projected", "independent"),
    ("a^2*b", ["a", "b"], ["2*a*b", "2*a"], "entries", "entry 2, by b, should be a^2"),
    ("a^2*b", ["a", "b"], ["a^2", "2*a*b"], "order", "a, b"),
    ("a^2", "a", "exp(a)", None, ""),
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def asked(expression: str, wrt: Any, gradient: Any, **more: Any) -> dict[str, Any]:
    return gradient_check({"expression": expression, "variables": VARIABLES, "wrt": wrt, "gradient": gradient, **more})


@pytest.mark.parametrize(("expression", "wrt", "gradient"), RIGHT)
def test_right(expression: str, wrt: Any, gradient: Any) -> None:
    answer = asked(expression, wrt, gradient)
    assert answer["passed"] is True
    assert answer["error"] <= answer["tolerance"]
    assert answer["likely_slip"] is None
    assert "your-gradient" in [check["name"] for check in answer["checks"]]


@pytest.mark.parametrize(("expression", "wrt", "gradient", "code", "told"), WRONG)
def test_wrong(expression: str, wrt: Any, gradient: Any, code: str | None, told: str) -> None:
    answer = asked(expression, wrt, gradient)
    assert answer["passed"] is False
    slip = answer["likely_slip"]
    assert (slip and slip["code"]) == code, slip
    assert told in (slip["detail"] if slip else "")


def test_a_gradient_that_is_off_by_a_trifle_does_not_pass() -> None:
    answer = asked("x'*S*x", "x", "2.00000000001*S*x")
    assert answer["passed"] is False
    assert answer["counterexample"]["difference"] > 0


def test_what_was_expected_is_told() -> None:
    answer = asked("x'*M*x", "x", "2*M*x")
    assert answer["expected"]["text"] == "(M + M')*x"
    assert answer["error"] > 0.01
    assert answer["decided_by"] == "modular"


def test_the_layout_decides_whether_a_row_is_right() -> None:
    assert asked("x'*S*x", "x", "2*x'*S", layout="numerator")["passed"] is True
    assert asked("x'*S*x", "x", "2*S*x", layout="numerator")["likely_slip"]["code"] == "row"
    assert asked("A*x", "x", "A'", layout="denominator")["passed"] is True


def test_a_name_that_the_function_has_not_is_refused() -> None:
    with pytest.raises(UnknownName, match="z"):
        asked("a^2", "a", "2*z")


def test_several_arrays_are_checked_one_by_one() -> None:
    with pytest.raises(InputError, match="one array") as caught:
        asked("x'*M*x", ["x", "M"], "x")
    assert caught.value.pointer == "/wrt"
