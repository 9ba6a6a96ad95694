"""The checks of derivatives: where they look, and what they do not let pass."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from service.answers.task import Task, read_task
from service.calculus import verify
from service.calculus.verify import check_all_same, check_derivative, check_derivatives, check_same, draw_sizes, draw_value
from service.errors import Undecided
from service.expression.arena import fresh_arena
from service.operations.leaves import Variable

VARIABLES = {"x": "vector(n)", "A": "matrix(m,n)", "B": "matrix(n,n)", "S": "symmetric(n)", "D": "diagonal(n)"}


@pytest.fixture(autouse=True)
def an_arena() -> Iterator[None]:
    with fresh_arena():
        yield


def task(expression: str, wrt: str = "x") -> Task:
    return read_task("derivative", {"expression": expression, "variables": VARIABLES, "wrt": wrt})


def passes(function: str, derivative: str, by: str) -> bool:
    """Whether the second text passes as the derivative of the first."""
    left, right = task(function, by), task(derivative, by)
    return check_derivative(left.parsed.node, right.parsed.node, [by], {**right.variables, **left.variables}, "differences").passed


@pytest.mark.parametrize(
    ("function", "derivative", "by"),
    [
        ("x'*B*x", "(B + B')*x", "x"),
        ("tr(A'*A)", "2*A", "A"),
        ("logdet(B)", "inv(B)'", "B"),
        ("logdet(A*A')", "2*inv(A*A')*A", "A"),
        ("sum(log(x))", "1./x", "x"),
        ("sum(asin(x))", "1./sqrt(1 - x.^2)", "x"),
        ("sum(acosh(x))", "1./sqrt(x.^2 - 1)", "x"),
        ("sum(log(-x))", "1./x", "x"),
        ("norm1(x)", "sign(x)", "x"),
        ("x'*S*x", "x*x'", "S"),
        ("sum(x)*tr(D*D)", "2*sum(x)*D", "D"),
        ("s*x'*x", "x'*x", "s"),
    ],
)
def test_the_right_derivative_passes(function: str, derivative: str, by: str) -> None:
    assert passes(function, derivative, by)


@pytest.mark.parametrize(
    ("function", "derivative", "by"),
    [
        ("x'*B*x", "2*B*x", "x"),
        ("x'*B*x", "(B + B')*x + 0.0001*x", "x"),
        ("tr(A'*A)", "A", "A"),
        ("logdet(B)", "inv(B)", "B"),
        ("tr(B*B)", "2*B", "B"),
        ("det(B)", "det(B)*inv(B)", "B"),
        ("sum(exp(x))", "-exp(x)", "x"),
        ("sum(x)", "x", "x"),
        ("x'*x", "zeros(n)", "x"),
        ("s^3", "2*s^2", "s"),
    ],
)
def test_a_slip_does_not_pass(function: str, derivative: str, by: str) -> None:
    assert not passes(function, derivative, by)


PARTS = {"x": "(B + B')*x*exp(s)", "B": "x*x'*exp(s)", "s": "x'*B*x*exp(s) + 0.00001*cos(s)"}


@pytest.mark.parametrize("wrong", [*PARTS, ""])
@pytest.mark.parametrize("slip", ["{} + 0.00001*({})", "0*({})", "-({})"])
def test_of_several_derivatives_each_one_is_checked(wrong: str, slip: str) -> None:
    """The check says which one failed."""
    function = task("x'*B*x*exp(s) + 0.00001*sin(s)")
    texts = {name: slip.format(text, text) if name == wrong else text for name, text in PARTS.items()}
    parts = {(name,): task(text).parsed.node for name, text in texts.items()}
    checks = check_derivatives(function.parsed.node, parts, task("x'*B*x*s").variables, "differences")
    failed = [check.detail for check in checks if not check.passed]
    assert all(detail.startswith(f"by {wrong}:") for detail in failed)
    assert len(failed) == bool(wrong)
    assert len(checks) == (len(PARTS) if wrong else 1)


def test_a_small_derivative_does_not_hide_behind_a_large_one() -> None:
    function = task("1000*x'*x + s^2")
    checks = check_derivatives(
        function.parsed.node,
        {("x",): task("2000*x").parsed.node, ("s",): task("2.001*s").parsed.node},
        {**task("x*s").variables},
        "differences",
    )
    alone = check_derivative(function.parsed.node, task("2.001*s").parsed.node, ["s"], function.variables, "differences")
    assert [check.passed for check in checks] == [True, alone.passed] == [True, False]


def test_of_several_texts_each_one_is_read_back() -> None:
    left, other = task("x'*B*x"), task("B*x")
    variables, same = left.variables, np.asarray
    pairs = [(left.parsed.node, left.parsed.node, same), (other.parsed.node, task("B*x + 0.000001*x").parsed.node, same)]
    assert check_all_same(pairs[:1], variables, "read-back").passed
    assert not check_all_same(pairs, variables, "read-back").passed
    assert not check_all_same(pairs[::-1], variables, "read-back").passed
    undefined = task("sqrt(-1 - x'*x)").parsed.node
    with pytest.raises(Undecided):
        check_all_same([*pairs[:1], (undefined, undefined, same)], variables, "read-back")


def test_nothing_is_said_where_nothing_is_defined() -> None:
    left = task("sqrt(-1 - x'*x)")
    with pytest.raises(Undecided):
        check_derivative(left.parsed.node, left.parsed.node, ["x"], left.variables, "differences")
    with pytest.raises(Undecided):
        check_same(left.parsed.node, left.parsed.node, left.variables, "read-back")


def test_different_functions_are_not_the_same() -> None:
    left = task("x'*B*x")
    assert check_same(left.parsed.node, task("x'*B'*x").parsed.node, left.variables, "read-back").passed
    assert not check_same(left.parsed.node, task("x'*B*x + 0.000001*sum(x)").parsed.node, left.variables, "read-back").passed


def test_different_letters_get_different_numbers() -> None:
    variables = {name: Variable(name, (f"l{place}", f"k{place}")) for place, name in enumerate("ABCD")}
    for attempt in range(6):
        sizes = draw_sizes(variables, attempt)
        assert len(set(sizes.values())) == len(sizes) == 8
        assert all(isinstance(size, int) and size > 1 for size in sizes.values())


def test_values_have_what_is_declared_of_them() -> None:
    random = np.random.default_rng(3)

    def draw(*properties: str) -> np.ndarray:
        return draw_value(Variable("A", ("n", "n"), frozenset(properties)), {"n": 4}, random, -0.9, 0.9)

    symmetric, positive, diagonal, plain = draw("symmetric"), draw("symmetric", "spd"), draw("symmetric", "diagonal"), draw()
    assert np.array_equal(symmetric, symmetric.T)
    assert np.linalg.eigvalsh(positive).min() > 0
    assert np.array_equal(diagonal, np.diag(np.diag(diagonal)))
    assert not np.array_equal(plain, plain.T)
    assert np.linalg.cond(plain) < 1e3
    assert draw_value(Variable("x", ("n", 1)), {"n": 4}, random, 0.3, 1.7).shape == (4,)
    assert draw_value(Variable("s"), {}, random, 0.3, 1.7).shape == ()


def test_the_same_check_gives_the_same_figures() -> None:
    left = task("sum(exp(B*x))")
    right = task("B'*exp(B*x)")
    checks = [check_derivative(left.parsed.node, right.parsed.node, ["x"], left.variables, "differences") for _ in range(2)]
    assert checks[0] == checks[1]
    assert checks[0].error is not None
    assert checks[0].error < verify.TOLERANCE / 10


STEEP = [
    ("sin(1000000*s)", "1000000*cos(1000000*s)", "s"),
    ("sin(exp(20*s))", "20*exp(20*s)*cos(exp(20*s))", "s"),
    ("cos((((s*pi)^2)^2.5)^2.5)", "-12.5*pi*(s*pi)^11.5*sin((s*pi)^12.5)", "s"),
    (
        "sigmoid(sin(sinh((3 - s)*(s + 3))))",
        "-2*s*cosh(9 - s^2)*cos(sinh(9 - s^2))*sigmoid(sin(sinh(9 - s^2)))*sigmoid(-sin(sinh(9 - s^2)))",
        "s",
    ),
    ("sigmoid(1000*s)", "1000*sigmoid(1000*s)*sigmoid(-1000*s)", "s"),
    ("tanh(exp(20*s))", "20*exp(20*s)*(1 - tanh(exp(20*s))^2)", "s"),
    ("0.00000000000000000001*s^2", "0.00000000000000000002*s", "s"),
]


@pytest.mark.parametrize(("function", "derivative", "by"), STEEP)
def test_what_is_steep_saturated_or_tiny_is_decided_all_the_same(function: str, derivative: str, by: str) -> None:
    """The right derivative passes, one that is a little wrong does not."""
    assert passes(function, derivative, by)
    assert not passes(function, f"1.001*({derivative})", by)


@pytest.mark.parametrize(
    ("function", "derivative", "by"),
    [
        ("sin(1000000000*s)", "1000000000*cos(1000000000*s)", "s"),
        ("sum(max(B, B'))", "2*step(B - B')", "B"),
    ],
)
def test_where_no_point_decides_nothing_is_said(function: str, derivative: str, by: str) -> None:
    """Noise, and kinks on which every point lies."""
    with pytest.raises(Undecided):
        passes(function, derivative, by)


@pytest.mark.parametrize(("function", "derivative"), [("s", "0"), ("1", "s"), ("sin(s)^2 + cos(s)^2", "s"), ("sin(1000*s)", "cos(1000*s)")])
def test_nothing_and_something_are_not_the_same(function: str, derivative: str) -> None:
    assert not passes(function, f"{derivative} + 0*s", "s")
