"""Verdicts on pairs of expressions, and on every law of the registry."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from service.calculus.compare import Verdict, decide
from service.calculus.evaluate import Evaluator
from service.errors import Undecided
from service.expression.arena import fresh_arena
from service.expression.nodes import Node
from service.expression.operation import Law, operations
from service.language import declare, parse_together

VARIABLES = {
    "A": "matrix(m,n)",
    "B": "matrix(n,m)",
    "M": "square(n)",
    "N": "square(n)",
    "P": "spd(n)",
    "Q": "orthogonal(n)",
    "x": "vector(n)",
    "y": "vector(n)",
}
TRUE = (
    ("A'*B'", "(B*A)'", "normal-form"),
    ("tr(A*B)", "tr(B*A)", "normal-form"),
    ("vec(A*M*B)", "kron(B', A)*vec(M)", "normal-form"),
    ("normF(A)^2", "tr(A'*A)", "normal-form"),
    ("softmax(n*a)", "1", "normal-form"),
    ("det(M*N)", "det(M)*det(N)", "modular"),
    ("Q*Q'", "eye(n)", "normal-form"),
    ("a^2 - b^2", "(a - b)*(a + b)", "modular"),
    ("sin(2*a)", "2*sin(a)*cos(a)", "numerical"),
    ("sin(a)^2 + cos(a)^2 - 1", "0", "numerical"),
    ("log(a*b)", "log(a) + log(b)", "numerical"),
    ("sqrt(2) + sqrt(3)", "sqrt(5 + 2*sqrt(6))", "numerical"),
    ("det(expm(M))", "exp(tr(M))", "numerical"),
    ("sqrtm(P)*sqrtm(P)", "P", "numerical"),
    ("abs(sin(a))", "sqrt(1 - cos(a)^2)", "numerical"),
    ("softmax(x + a)", "softmax(x)", "numerical"),
)
FALSE = (
    ("M*N", "N*M", "modular"),
    ("(M + N)^2", "M^2 + 2*M*N + N^2", "modular"),
    ("det(Q)", "1", "modular"),
    ("a", "a + 1/10^40", "modular"),
    ("sqrt(a^2)", "a", "numerical"),
    ("norm2(x + y)", "norm2(x) + norm2(y)", "numerical"),
    ("exp(pi*sqrt(163))", "262537412640768744", "numerical"),
    ("sin(pi*a)", "0*a", "numerical"),
    ("relu(a - 100)", "0*a", "numerical"),
    ("relu(a - 10^9)", "0*a", "numerical"),
    ("where(a > 123456, 1, 0)", "0", "numerical"),
    ("erf(a)", "tanh(a)", "numerical"),
    ("norm2(A)", "normF(A)", "numerical"),
    ("exp(a)", "exp(a)*(1 + 1e-12)", "numerical"),
    ("atan(a) + atan(1/a)", "pi/2", "numerical"),
    ("x", "x'", "shape"),
    ("x", "sum(x)", "shape"),
)
UNDECIDED = (
    ("log(-1 - a^2)", "a"),
    ("sqrt(-1 - a^2)^2", "5"),
    ("1/0*a", "a"),
    ("9^9^9*a", "a"),
    ("a^(10^400)", "a^(10^400 + 1)"),
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def nodes(left: str, right: str, variables: dict[str, str] | None = None) -> tuple[Node, Node]:
    first, second = parse_together({"/left": left, "/right": right}, declare(VARIABLES if variables is None else variables)).values()
    return first, second


def verdict(left: str, right: str) -> Verdict:
    return decide(*nodes(left, right), f"{left} = {right}")


@pytest.mark.parametrize(("left", "right", "by"), TRUE)
def test_equal(left: str, right: str, by: str) -> None:
    found = verdict(left, right)
    assert found.equivalent
    assert found.decided_by == by
    assert (found.error_probability == 0) == (by == "normal-form")
    assert all(check.passed for check in found.checks)
    assert found.counterexample is None


@pytest.mark.parametrize(("left", "right", "by"), FALSE)
def test_different(left: str, right: str, by: str) -> None:
    found = verdict(left, right)
    assert not found.equivalent
    assert found.decided_by == by
    assert found.error_probability == 0
    if by != "shape":
        assert_shows_the_difference(found, *nodes(left, right))


def assert_shows_the_difference(found: Verdict, left: Node, right: Node) -> None:
    """The values told at the counterexample are those of the expressions there, and they differ by as much as is told."""
    example = found.counterexample
    assert example is not None
    assert example.difference > 0
    for node, value in ((left, example.left), (right, example.right)):
        computed = Evaluator(node, example.place.sizes)(example.place.point)
        np.testing.assert_allclose(computed, value, rtol=1e-6, atol=1e-9)
    assert np.max(np.abs(example.left - example.right)) == pytest.approx(example.difference, rel=1e-3, abs=1e-8)


@pytest.mark.parametrize(("left", "right"), UNDECIDED)
def test_undecided_is_not_no(left: str, right: str) -> None:
    with pytest.raises(Undecided) as caught:
        verdict(left, right)
    assert caught.value.hint


def test_large_arrays_are_undecided_with_a_way_out() -> None:
    large = {"A": "matrix(1000,1000)", "B": "matrix(1000,1000)"}
    with pytest.raises(Undecided, match="too large") as caught:
        decide(*nodes("A*B", "B*A", large), "")
    assert "letters" in str(caught.value.hint)


def test_an_expression_is_itself_even_where_it_has_no_value() -> None:
    assert verdict("log(-1 - a^2)", "log(-1 - a^2)").equivalent
    large = {"A": "matrix(1000,1000)"}
    assert decide(*nodes("A*A", "A*A", large), "").equivalent


@pytest.mark.parametrize(
    ("left", "right", "left_only", "right_only"),
    [
        ("log(a*b)", "log(a) + log(b)", True, False),
        ("sqrt(a)^2", "a", False, True),
        ("a/a", "1", False, True),
        ("sin(a)", "cos(pi/2 - a)", False, False),
    ],
)
def test_where_only_one_is_defined_is_told(left: str, right: str, left_only: bool, right_only: bool) -> None:
    domains = verdict(left, right).domains
    assert domains is not None
    assert (domains.left_only is not None, domains.right_only is not None) == (left_only, right_only)
    for place, side in ((domains.left_only, 0), (domains.right_only, 1)):
        if place is not None:
            finite = [bool(np.isfinite(Evaluator(node, place.sizes)(place.point)).all()) for node in nodes(left, right)]
            assert finite == [side == 0, side == 1]


def test_pieces_make_the_estimate_careful() -> None:
    smooth, pieces = verdict("sin(2*a)", "2*sin(a)*cos(a)"), verdict("relu(a) - relu(-a)", "a")
    assert smooth.error_probability < 1e-60
    assert 1e-3 < pieces.error_probability < 0.1
    assert "relu" in pieces.detail


def test_the_same_question_has_the_same_answer() -> None:
    first, second = (verdict("M*N", "N*M") for _ in range(2))
    assert first.counterexample is not None
    assert second.counterexample is not None
    np.testing.assert_array_equal(first.counterexample.left, second.counterexample.left)


# --- the laws of the registry ---------------------------------------------------------------------------------------

LAWS = [pytest.param(law, id=f"{law.left} = {law.right}") for entry in operations() for law in entry.laws]


def decided_law(law: Law, right: str) -> tuple[Verdict, tuple[Node, Node]]:
    pair = nodes(law.left, right, law.variables)
    try:
        return decide(*pair, law.left), pair
    except Undecided as error:
        pytest.skip(error.detail)


@pytest.mark.parametrize("law", LAWS)
def test_a_law_holds_or_is_refuted_outside_its_domain(law: Law) -> None:
    found, pair = decided_law(law, law.right)
    if not found.equivalent:
        assert_shows_the_difference(found, *pair)
        assert found.counterexample is not None
        entries = np.concatenate([np.ravel(value) for value in found.counterexample.place.point.values()])
        outside = (entries < law.domain[0]) | (entries > law.domain[1])
        assert outside.any()


@pytest.mark.parametrize("law", LAWS)
def test_a_law_that_is_off_by_a_trifle_is_refused(law: Law) -> None:
    found, _ = decided_law(law, f"({law.right}) + 1e-12")
    assert not found.equivalent
