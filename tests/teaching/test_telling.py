"""How derivations are told: which rules, in which words, and how much of it."""

from __future__ import annotations

from typing import Any

import pytest

from service.answers.derivation import derive
from service.answers.task import EXPLANATIONS, read_task
from service.errors import NablaError
from service.expression.arena import fresh_arena
from tests.calculus.identities import IDENTITIES, Identity
from tests.calculus.random_expressions import VARIABLES, question
from tests.calculus.test_identities import declarations

ARRAYS = {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)", "X": "matrix(n,n)", "W": "matrix(n,m)", "z": "vector(m)"}


def steps(kind: str, expression: Any, wrt: Any, variables: dict[str, Any] | None = None, **further: Any) -> list[dict[str, Any]]:
    request = {"expression": expression, "wrt": wrt, "variables": ARRAYS if variables is None else variables, "steps": True, **further}
    with fresh_arena():
        found: list[dict[str, Any]] = derive(read_task(kind, request))["steps"]
    return found


def codes(told: list[dict[str, Any]]) -> list[str]:
    return [step["code"] for step in told]


@pytest.mark.parametrize(
    ("expression", "wrt", "expected"),
    [
        ("s^2*sin(s)", "s", ["product-rule", "power-rule", "derivative-of-sin"]),
        ("sin(s)/s", "s", ["quotient-rule", "derivative-of-sin"]),
        ("exp(sin(s))", "s", ["chain-rule", "derivative-of-sin"]),
        ("2^s", "s", ["exponential-rule"]),
        ("s^s", "s", ["general-power-rule"]),
        ("3*s + 4", "s", ["linear-rules"]),
        ("norm2(A*x - b)^2", "x", ["squared-norm-rule", "linear-rules", "read-off-the-gradient"]),
        ("det(X)", "X", ["jacobi-s-formula", "collect-the-change", "read-off-the-gradient-from-the-trace"]),
        ("logdet(X)", "X", ["log-determinant-rule", "read-off-the-gradient-from-the-trace"]),
        ("tr(X*X)", "X", ["trace-rule", "product-rule", "collect-the-change", "read-off-the-gradient-from-the-trace"]),
        ("inv(X)", "X", ["inverse-rule", "read-off-the-derivative"]),
        ("norm2(x)", "x", ["norm-rule", "read-off-the-gradient"]),
        ("softmax(x)", "x", ["softmax-rule", "collect-the-change", "read-off-the-jacobian"]),
        ("logsumexp(x)", "x", ["log-sum-exp-rule", "read-off-the-gradient"]),
        ("diag(x)*x", "x", ["product-rule", "diagonal-rule", "collect-and-tidy", "collect-the-change", "read-off-the-jacobian"]),
    ],
)
def test_rules_go_by_the_names_of_textbooks(expression: str, wrt: str, expected: list[str]) -> None:
    assert codes(steps("derivative", expression, wrt)) == expected


def test_a_rule_is_stated_in_general_and_for_this_case() -> None:
    told = steps("derivative", "exp(s^2)/(1 + s)", "s", {})
    assert told[0]["text"] == "Quotient rule: d/ds(u/v) = (v*d/ds(u) - u*d/ds(v))/v^2, with u = exp(s^2), v = 1 + s."
    assert told[1]["text"].endswith("d/ds(exp(u)) = exp(u)*d/ds(u), with u = s^2.")


def test_letters_of_a_rule_are_no_names_of_the_request() -> None:
    (step, *_) = steps("derivative", "(u*v)/(1 + u)", "u", {})
    assert "d/du(w/p) = (p*d/du(w) - w*d/du(p))/p^2" in step["text"]


def test_the_linear_layer_by_the_index_method() -> None:
    """As the lecture notes have it."""
    told = steps("jacobian", "W*z", "z", explain="index")
    assert [(step["code"], step["after"]["text"]) for step in told] == [
        ("components", "sum_k W_ik*z_k"),
        ("linear-rules", "sum_k W_ik*d/dz_j(z_k)"),
        ("kronecker-delta", "sum_k W_ik*delta_jk"),
        ("contraction", "W_ij"),
        ("matrix-notation", "W"),
    ]
    assert told[2]["after"]["latex"] == r"\sum_{k} W_{ik} \delta_{jk}"
    assert told[1]["before"]["latex"] == r"\frac{\partial}{\partial z_{j}}\left(\sum_{k} W_{ik} z_{k}\right)"
    assert told[2]["text"] == "d/dz_j(z_k) is the Kronecker delta delta_jk: 1 where the indices agree, 0 elsewhere."


def test_indices_are_no_names_of_the_request() -> None:
    told = steps("jacobian", "k*i + j", "i", {"k": "matrix(n,n)", "i": "vector(n)", "j": "vector(n)"}, explain="index")
    assert told[0]["after"]["text"] == "sum_p k_lp*i_p + j_l"


def test_by_a_scalar_the_index_method_is_the_rules() -> None:
    assert steps("derivative", "s^2*sin(s)", "s", {}, explain="index") == steps("derivative", "s^2*sin(s)", "s", {})


def test_the_paths_of_the_lecture_notes() -> None:
    """dy/dx = dy/du·du/dx + dy/dv·dv/dx for x^2*log(x)."""
    told = steps("derivative", "x^2*log(x)", "x", {}, explain="paths")
    assert [(step["code"], step["after"]["text"]) for step in told] == [
        ("sum-over-the-paths", "d/dv1(f)*d/dx(v1) + d/dv2(f)*d/dx(v2)"),
        ("local-derivatives", "2*v2*x + v1*(1/x)"),
        ("intermediate-values", "2*log(x)*x + x^2*(1/x)"),
        ("collect-and-tidy", "2*x*log(x) + x"),
    ]
    assert "them: from x to f: x → v1 → f, x → v2 → f; where v1 = x^2, v2 = log(x), f = v1*v2." in told[0]["text"]
    assert told[0]["after"]["latex"].startswith(r"\frac{\partial f}{\partial v_{1}} \frac{\mathrm{d} v_{1}}{\mathrm{d} x}")


def test_where_there_is_no_path_the_derivative_is_0() -> None:
    (step,) = steps("derivative", "t^2", "s", {}, explain="paths")
    assert step["after"]["text"] == "0"
    assert "from s to f: none" in step["text"]


def test_what_is_not_told_by_paths_is_told_by_rules() -> None:
    many = "s"
    for _ in range(7):
        many = f"(sin({many}) + cos({many}))"
    for expression, wrt in (("[sum(x), x'*x]", "x"), (many, "s")):
        assert steps("derivative", expression, wrt, explain="paths") == steps("derivative", expression, wrt)


BY_JACOBIANS = [
    (
        "norm2(A*x - b)^2/2",
        "x",
        "v2'*A*dx",
        "x → v1 → v2 → v3 → f; where v1 = A*x, v2 = v1 - b, v3 = norm2(v2)^2, f = v3/2. The Jacobians: v1 by x: A, v2 by v1: eye(m), "
        "v3 by v2: 2*v2, f by v3: 1/2.",
    ),
    ("tanh(A*x)", "x", "(1 - tanh(v1).^2).*(A*dx)", "x → v1 → f; where v1 = A*x, f = tanh(v1). The Jacobians: v1 by x: A, f by v1: diag("),
    ("x'*x*sum(x)", "x", "2*v1*x'*dx + x'*x*sum(dx)", "x → f, x → v1 → f; where v1 = sum(x), f = x'*x*v1. The Jacobians: f by x: 2*v1*x, "),
    ("norm2(A*x)^2", "A", "2*v1'*dA*x", "A → v1 → f; where v1 = A*x"),
]


@pytest.mark.parametrize(("expression", "wrt", "after", "told"), BY_JACOBIANS)
def test_with_arrays_the_change_goes_through_the_jacobians(expression: str, wrt: str, after: str, told: str) -> None:
    first, *_ = steps("derivative", expression, wrt, explain="paths")
    assert (first["code"], first["after"]["text"]) == ("sum-over-the-paths-of-jacobians", after)
    assert told in first["text"]


def test_differentials_by_scalars() -> None:
    told = steps("gradient", "s^2*t", ["s", "t"], {}, explain="differential")
    assert [(step["wrt"], step["before"]["text"], step["after"]["text"]) for step in told[:3]] == [
        (["s"], "d(s^2*t)", "t*d(s^2)"),
        (["s"], "t*d(s^2)", "2*t*s*ds"),
        (["s"], "2*t*s*ds", "2*s*t*ds"),
    ]
    assert codes(told)[-1] == "partial-derivatives"


def test_several_derivatives_are_partial() -> None:
    told = steps("gradient", "s^2*t", ["s", "t"], {})
    assert told[0]["before"]["latex"].count(r"\frac{\partial}{\partial") == 2
    assert r"\frac{\mathrm{d}}{\mathrm{d} s}" in steps("derivative", "s^2", "s", {})[0]["before"]["latex"]


def test_a_first_derivative_is_told_once_for_all_blocks_of_a_hessian() -> None:
    told = steps("hessian", "x'*X*x", ["x", "X"])
    assert [step["before"]["text"] for step in told].count("d(x'*X*x)") == 2
    assert [step["wrt"] for step in told if step["before"]["text"].startswith("d(")].count(["x"]) >= 2


def test_each_order_is_told() -> None:
    told = steps("derivative", "s^4", "s", {}, order=3)
    assert [step["before"]["text"] for step in told if step["before"]["text"].startswith("d/ds(")] == [
        "d/ds(s^4)",
        "d/ds(4*s^3)",
        "d/ds(12*s^2)",
    ]


@pytest.mark.parametrize("explain", EXPLANATIONS)
def test_what_is_too_large_is_told_in_short(explain: str) -> None:
    large = steps("derivative", " + ".join(f"sin({k}*s)" for k in range(1, 200)), "s", {}, explain=explain)
    assert codes(large) == ["in-one-step"]
    deep = steps("derivative", "sin(" * 600 + "s" + ")" * 600, "s", {}, explain=explain)
    assert codes(deep) == ["in-one-step"]
    many = steps("derivative", "*".join(f"sin({k}*s)" for k in range(1, 12)), "s", {}, order=2, explain=explain)
    assert sum(len(str(step)) for step in many) < 200_000


@pytest.mark.parametrize("wrt", ["x", "X"])
def test_large_arrays_are_told_as_quickly(wrt: str) -> None:
    sizes = {"x": "vector(4000)", "X": "matrix(60,60)"}
    told = steps("gradient", f"sum({wrt}.^2)", wrt, sizes, explain="index")
    assert codes(told)[-1] == "matrix-notation"


def test_indices_over_too_much_at_once_give_way_to_the_rules() -> None:
    told = steps("gradient", "tr(X*X*X)", "X", {"X": "matrix(60,60)"}, explain="index")
    assert codes(told)[0] == "trace-rule"


@pytest.mark.parametrize("explain", EXPLANATIONS)
@pytest.mark.parametrize(
    ("expression", "wrt"),
    [
        ("softmax(W*S)", "S"),
        ("tr(S*K*S)", "S"),
        ("logdet(K)", "K"),
        ("tr(D*K)", "D"),
        ("max(eye(n), x*x')", "x"),
        ("where(x > 1, x.^2, x)", "x"),
        ("floor(9*x).*x", "x"),
        ("norminf(A*x)", "x"),
        ("x + sum(x)", "x"),
        ("prod(x)*ones(n)", "x"),
        ("kron(x, b)", "x"),
    ],
)
def test_symmetry_jumps_and_constant_arrays(expression: str, wrt: str, explain: str) -> None:
    """A derivative by one entry of a symmetric matrix has a meaning only together with that by the mirrored one."""
    declared = {**ARRAYS, "W": "matrix(m,n)", "S": "symmetric(n)", "K": "spd(n)", "D": "diagonal(n)"}
    assert steps("derivative", expression, wrt, declared, explain=explain)


def test_decimals_stay_decimals() -> None:
    assert steps("derivative", "0.5*s^2", "s", {})[-1]["after"]["text"] == "s"
    assert "0.25" in steps("derivative", "0.25*s^3", "s", {})[0]["after"]["text"]


@pytest.mark.parametrize("seed", range(40))
def test_random_expressions_are_told_without_a_false_step(seed: int) -> None:
    """What is answered without steps is answered with them, and the last line is the answer."""
    asked = question(seed)
    request = {"expression": asked.expression, "variables": VARIABLES, "wrt": asked.by, "order": asked.order}
    try:
        with fresh_arena():
            answer = derive(read_task("derivative", request))
    except NablaError:
        return
    for explain in EXPLANATIONS:
        with fresh_arena():
            told = derive(read_task("derivative", request | {"steps": True, "explain": explain}))
        assert told["result"] == answer["result"]
        assert told["steps"][-1]["after"] == {form: answer["result"][form] for form in ("text", "latex")}


@pytest.mark.parametrize("explain", EXPLANATIONS)
@pytest.mark.parametrize("identity", IDENTITIES, ids=lambda identity: f"{identity.source}: {identity.expression}")
def test_published_identities_are_told(identity: Identity, explain: str) -> None:
    request = {
        "expression": identity.expression,
        "variables": declarations(identity),
        "wrt": identity.wrt,
        "steps": True,
        "explain": explain,
    }
    if identity.order > 1:
        request["order"] = identity.order
    with fresh_arena():
        told = derive(read_task(identity.kind, request | {"steps": True, "explain": explain}))["steps"]
    assert 0 < len(told) < 20
    assert not {"the-remaining-rules", "in-one-step", "at-once"} & set(codes(told))
