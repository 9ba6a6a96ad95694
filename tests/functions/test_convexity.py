"""Convexity: certificates, constants, and counterexamples whose numbers are checked here again."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np
import pytest

from service.errors import CheckFailed, InputError, MathematicsRefuses, Undecided
from service.expression.arena import fresh_arena
from service.functions.convexity import convexity
from service.functions.domains import domain_of
from service.functions.function import Function, Question
from service.functions.minimize import minimize
from service.functions.smoothness import KNOWN
from tests.functions.asking import ask
from tests.functions.textbook_convexity import ROWS, Row

LEARNING = {"X": "matrix(n,d)", "t": "vector(d)", "y": "vector(n)"}


@pytest.mark.parametrize(
    ("expression", "strong", "lipschitz"),
    [("x^2 + y^2 + x*y", 1.0, 3.0), ("3*x^2 + 4*y^2", 6.0, 8.0), ("(x - y)^2", 0.0, 4.0), ("x + y", 0.0, 0.0)],
)
def test_quadratics_have_their_constants(expression: str, strong: float, lipschitz: float) -> None:
    answer = ask(convexity, expression=expression, wrt=["x", "y"])
    assert (answer["convex"], answer["strictly_convex"]) == (True, strong > 0)
    assert answer["strong_convexity_constant"] == pytest.approx(strong)
    assert answer["lipschitz_constant"] == pytest.approx(lipschitz)


def test_polynomials_of_one_unknown_are_decided() -> None:
    assert ask(convexity, expression="x^4 - 4*x^3 + 6*x^2")["convex"]  # f'' = 12·(x - 1)², touches 0
    assert ask(convexity, expression="x^4 + x^2")["strong_convexity_constant"] == 2
    assert not ask(convexity, expression="x^4 - 4*x^3 + 5.999*x^2")["convex"]
    assert ask(convexity, expression="-x^4")["concave"]


@pytest.mark.parametrize(
    ("expression", "f"),
    [
        ("x^3", lambda x: x**3),
        ("sin(x)", math.sin),
        ("x^4 - x^2", lambda x: x**4 - x**2),
        ("sqrt(abs(x))", lambda x: math.sqrt(abs(x))),
    ],
)
def test_a_counterexample_lies_above_its_chord(expression: str, f: Any) -> None:
    answer = ask(convexity, expression=expression)
    example = answer["counterexample"]
    u, v = example["u"]["x"], example["v"]["x"]
    assert not answer["convex"]
    assert f((u + v) / 2) > (f(u) + f(v)) / 2


@pytest.mark.parametrize(
    "expression",
    ["sum(log(1 + exp(X*t))) - y'*X*t", "norm2(X*t - y)^2", "norm2(X*t - y)^2 + norm2(t)^2/2", "sum(exp(X*t))"],
)
def test_losses_by_the_structure_of_the_hessian(expression: str) -> None:
    assert ask(convexity, expression=expression, variables=LEARNING, wrt="t")["convex"]


def test_doubt_is_an_error() -> None:
    with fresh_arena(), pytest.raises(Undecided):
        convexity({"expression": "t'*X*t", "variables": {"X": "matrix(n,n)", "t": "vector(n)"}, "wrt": "t"})


@pytest.mark.parametrize(
    ("expression", "variables"),
    [
        ("log(exp(x) + exp(y))", {}),
        ("abs(x) + max(x, 2*y)", {}),
        ("sqrt(x^2 + y^2 + 1)", {}),
        ("x^4 + y^4 + x^2*y^2", {}),
        ("exp(x^2) + relu(y - x)", {}),
        ("norm2(A*x - b) + norm1(x)", {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}),
        ("logsumexp(A*x + b)", {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}),
        ("tr(S*X) - logdet(X)", {"X": "spd(n)", "S": "spd(n)"}),
        ("nuclear_norm(M) + normF(M)^2", {"M": "matrix(m,n)"}),
    ],
)
def test_convex_by_rules(expression: str, variables: dict[str, str]) -> None:
    """S. Boyd, L. Vandenberghe: Convex Optimization, sections 3.1.5 and 3.2."""
    wrt = next((name for name in ("x", "X", "M") if name in variables), ["x", "y"])
    answer = ask(convexity, expression=expression, variables=variables, wrt=wrt)
    assert answer["convex"]
    assert not answer["concave"]
    assert answer["certificate"]["text"]


@pytest.mark.parametrize(
    ("expression", "convex", "concave"),
    [
        ("exp(x)", True, False),
        ("-log(x)", True, False),
        ("x*log(x)", True, False),
        ("sqrt(x)", False, True),
        ("x^2 + sin(x)", True, False),
        ("abs(x)", True, False),
        ("relu(x)", True, False),
        ("x^2 - abs(x)", False, None),
        ("-abs(x) + x", False, True),
    ],
)
def test_of_one_unknown(expression: str, convex: bool, concave: bool | None) -> None:
    """A kink is no second derivative: that of abs is 0 where it has one."""
    answer = ask(convexity, expression=expression)
    assert answer["convex"] == convex
    assert answer["concave"] in (concave, None if not concave else True)


@pytest.mark.parametrize("expression", ["1/x^2", "tan(x)^2"])
def test_on_a_domain_with_holes_nothing_is_convex(expression: str) -> None:
    """The second derivative is above 0 on both sides of the hole."""
    with fresh_arena(), contextlib.suppress(Undecided):
        assert not convexity({"expression": expression})["convex"]


KINDS = {(True, True): "both", (True, False): "convex", (True, None): "convex", (False, True): "concave", (None, True): "concave"}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.expression} {', '.join(row.domain)}" for row in ROWS])
def test_textbook_functions(row: Row) -> None:
    request: dict[str, Any] = {"expression": row.expression, "variables": row.variables, "domain": list(row.domain), "at": row.at}
    answer = ask(convexity, **request, **({"wrt": list(row.wrt)} if row.wrt else {}))
    assert KINDS.get((answer["convex"], answer["concave"]), "neither") == row.kind
    if row.kind == "neither":
        with fresh_arena():
            question = Question(request, "domain")
            function = Function(question)
            domain = domain_of(question, function)
            u, v = ({name: np.array(value) for name, value in answer["counterexample"][end].items()} for end in "uv")
            columns = [function.unknowns.column(end) for end in (u, v)]
            assert all(domain.holds(column) for column in columns)
            assert function.value((columns[0] + columns[1]) / 2) > (function.value(columns[0]) + function.value(columns[1])) / 2


@pytest.mark.parametrize(
    ("expression", "domain"),
    [
        ("(x^2 - 1)^1.5", []),
        ("sqrt(x*y)", []),
        ("x^x", []),
        ("log(x*y)", []),
        ("x^2/y", ["x > 0"]),
        ("x*log(x/y)", ["x > y"]),
        ("sqrt(x*y)", ["x > 0"]),
        ("1/(x*y)", ["x*1 > 0"]),
        ("x^-1", ["x > -1"]),
        ("sin(x)", ["x >= 0", "x <= 3.15"]),
        ("(x^2 - y)^1.5", ["y > 0"]),
    ],
)
def test_nothing_is_convex_for_want_of_a_condition(expression: str, domain: list[str]) -> None:
    with fresh_arena(), contextlib.suppress(Undecided):
        answer = convexity({"expression": expression, "domain": domain})
        assert not answer["convex"]
        assert not answer["concave"]


def test_constants_on_a_part_of_the_line() -> None:
    answer = ask(convexity, expression="x^4", domain=["x >= 1", "x <= 2"])
    assert (answer["strong_convexity_constant"], answer["lipschitz_constant"]) == (12, 48)
    assert answer["strongly_convex"]


@pytest.mark.parametrize(("domain", "error"), [(["x > 1", "x < 0"], MathematicsRefuses), (["z > 1"], InputError), (["x"], InputError)])
def test_a_domain_that_is_none_is_refused(domain: list[str], error: type[Exception]) -> None:
    with fresh_arena(), pytest.raises(error):
        convexity({"expression": "x^2", "domain": domain})


def test_a_domain_has_to_be_convex() -> None:
    with fresh_arena(), pytest.raises(MathematicsRefuses) as told:
        convexity({"expression": "x^2", "domain": ["x^2 >= 1"]})
    assert told.value.pointer == "/domain/0"


ROWS_OF_CONSTANTS = [  # expression, m, L of the gradient, L of the function; None where there is none, or none is told
    ("softplus(3*x)", None, 9 / 4, 3),
    ("log(1 + exp(x))", None, 1 / 4, 1),
    ("sqrt(1 + x^2)", None, 1, 1),
    ("log(cosh(2*x))", None, 4, 2),
    ("x^2 + sin(x)", 1, 3, None),
    ("x^2 + y^2 + sin(x + y)/2", 1, 3, None),
    ("log(exp(x) + exp(y))", None, 1 / 2, 1),
    ("log(exp(3*x) + exp(4*x))", None, 25 / 2, 5),
    ("abs(x) + 3*abs(y)", None, None, 4),
    ("3*sin(x)", None, 3, 3),
    ("tanh(x)", None, 4 / (3 * math.sqrt(3)), 1),
    ("sigmoid(x)", None, 1 / (6 * math.sqrt(3)), 1 / 4),
    ("atan(x)", None, 3 * math.sqrt(3) / 8, 1),
    ("exp(-x^2)", None, 2, math.sqrt(2 / math.e)),
    ("1/(1 + x^2)", None, 2, 3 * math.sqrt(3) / 8),
    ("log(1 + x^2)", None, 2, 1),
    ("erf(x)", None, math.sqrt(8 / (math.pi * math.e)), 2 / math.sqrt(math.pi)),
    ("exp(x)", None, None, None),
]


@pytest.mark.parametrize(("expression", "strong", "lipschitz", "slope"), ROWS_OF_CONSTANTS)
def test_constants_of_known_functions(expression: str, strong: float | None, lipschitz: float | None, slope: float | None) -> None:
    answer = ask(convexity, expression=expression)
    assert answer["lipschitz_constant"] == (None if lipschitz is None else pytest.approx(lipschitz))
    assert answer["function_lipschitz_constant"] == (None if slope is None else pytest.approx(slope))
    assert answer["strong_convexity_constant"] == (None if strong is None else pytest.approx(strong))


@pytest.mark.parametrize(
    ("expression", "strong", "lipschitz", "slope"),
    [
        ("sum(softplus(X*t)) - y'*X*t", None, "sigma_max(X)^2/4", "sigma_max(X)*sqrt(n) + norm2(X'*y)"),
        ("norm2(X*t - y)^2", None, "2*sigma_max(X)^2", None),
        ("norm2(X*t - y)^2 + lam*norm2(t)^2", "2*lam", "2*sigma_max(X)^2 + 2*lam", None),
        ("logsumexp(X*t)", None, "sigma_max(X)^2/2", "sigma_max(X)"),
        ("logsumexp(t)", None, "1/2", "1"),
        ("norm2(X*t - y)", None, None, "sigma_max(X)"),
        ("norm1(t)", None, None, "sqrt(d)"),
        ("sqrt(1 + norm2(X*t)^2)", None, "sigma_max(X)^2", "sigma_max(X)"),
    ],
)
def test_constants_in_symbols(expression: str, strong: str | None, lipschitz: str | None, slope: str | None) -> None:
    answer = ask(convexity, expression=expression, variables=LEARNING, wrt="t", domain=["lam > 0"] if "lam" in expression else [])
    assert answer["convex"]
    assert answer["strong_convexity_constant"] == strong
    assert answer["lipschitz_constant"] == lipschitz
    assert answer["function_lipschitz_constant"] == slope


def test_logistic_loss_on_data() -> None:
    data = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]])
    request = {"variables": LEARNING, "wrt": "t", "at": {"X": data.tolist(), "y": [0, 1, 1]}}
    answer = ask(convexity, expression="sum(softplus(X*t)) - y'*X*t + norm2(t)^2/2", **request)
    assert answer["lipschitz_constant"] == pytest.approx(np.linalg.norm(data, 2) ** 2 / 4 + 1)
    assert answer["strong_convexity_constant"] == 1
    descent = ask(
        minimize,
        expression="sum(softplus(X*t)) - y'*X*t + norm2(t)^2/2",
        **request,
        start={"t": [1, 1]},
        method="gradient-descent",
        iterations=40,
    )
    assert descent["step"] == pytest.approx(1 / answer["lipschitz_constant"])
    assert (descent["rate_bound"]["applies"], descent["rate_bound"]["holds"]) == (True, True)


def test_constants_that_do_not_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KNOWN, "softplus", ("0", "1/5", "1"))
    with fresh_arena(), pytest.raises(CheckFailed, match="constants"):
        convexity({"expression": "softplus(x)"})


@pytest.mark.parametrize(
    ("expression", "quasiconvex", "quasiconcave", "domain"),
    [
        ("sqrt(abs(x))", True, None, []),
        ("log(x)", True, True, []),
        ("x^3", True, True, []),
        ("x^2", True, None, []),
        ("exp(-x^2)", None, True, []),
        ("sigmoid(2*x - 1)", True, True, []),
        ("floor(x)", True, True, []),
        ("x*y", None, True, ["x > 0", "y > 0"]),
        ("x*y", None, None, []),
        ("x/y", True, True, ["x > 0", "y > 0"]),
        ("(2*x + 3*y - 1)/(x + y + 1)", True, True, ["x + y > -1"]),
        ("(x^2 + y^2)/(x + y)", True, None, ["x + y > 0"]),
        ("sqrt(x)/y", None, True, ["x > 0", "y > 0"]),
        ("x^2*y^3", None, True, ["x > 0", "y > 0"]),
        ("max(sqrt(abs(x)), y)", True, None, []),
        ("x^2 + sqrt(abs(y))", None, None, []),
        ("sin(x)", None, None, []),
    ],
)
def test_quasiconvexity(expression: str, quasiconvex: bool | None, quasiconcave: bool | None, domain: list[str]) -> None:
    """Sections 3.4.1 and 3.4.2 of Boyd and Vandenberghe."""
    answer = ask(convexity, expression=expression, domain=domain)
    assert (answer["quasiconvex"], answer["quasiconcave"]) == (quasiconvex, quasiconcave)
