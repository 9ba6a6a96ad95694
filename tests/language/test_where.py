"""Names for parts of a text: `... where t0 = ...`."""

from __future__ import annotations

import pytest

from service import limits
from service.errors import ExpressionSyntaxError, NablaError
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.printing import printers

SIZES = {"x": "vector(n)", "A": "matrix(n,n)"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("t0.*x + t0 where t0 = exp(A*x)", "exp(A*x).*x + exp(A*x)"),
        ("t1*t1 where t0 = a + b, t1 = t0^2", "(a + b)^2*(a + b)^2"),
        ("t0 + max(t0, a) where t0 = max(a, b)", "max(a, b) + max(max(a, b), a)"),
        ("u where u = [a, b]", "[a, b]"),
        ("where(a > 0, t0, 1) where t0 = exp(a)", "where(a > 0, exp(a), 1)"),
    ],
)
def test_a_definition_stands_for_its_meaning(text: str, meaning: str) -> None:
    assert parse(text, declare(SIZES)).node is parse(meaning, declare(SIZES)).node


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("x + t0 where x = exp(a)", 13),
        ("t0 where t0 = a, t0 = b", 17),
        ("t0 where t0 = ", 9),
        ("t0 where t0 = (a", 14),
    ],
)
def test_a_mistake_in_a_definition_is_shown_where_it_is(text: str, position: int) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(text, declare(SIZES))
    assert caught.value.span is not None
    assert caught.value.span.start == position


def test_a_definition_ends_with_its_text() -> None:
    parsed = parse(["t0 where t0 = a^2", "t0"], declare(None))
    assert list(parsed.variables) == ["a", "t0"]


def test_a_long_expression_names_its_repeated_parts_and_reads_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printers, "SHORTER", 1)
    monkeypatch.setattr(printers, "READABLE", 40)
    with fresh_arena():
        node = parse("tanh(A*x + x).*(1 - tanh(A*x + x).^2) + t0*tanh(A*x + x)", declare(SIZES)).node
        text = printers.to_text(node)
        assert text == "t1.*(1 - t1.^2) + t0*t1 where t1 = tanh(A*x + x)"
        assert parse(text, declare(SIZES)).node is node
        assert r"\text{where}" in printers.to_latex(node)


def test_many_doublings_print_in_a_few_lines() -> None:
    """2^60 copies of x, written out, would be longer than any limit."""
    text = "x" + "".join(f", t{k} = t{k - 1}.*cos(t{k - 1})" for k in range(1, 60)).replace(", ", " where ", 1).replace("t0", "x")
    with fresh_arena():
        node = parse("t59" + text[1:], declare(SIZES)).node
        assert len(printers.to_text(node)) < limits.limit("answer-characters")
        once = printers.to_text(node)
        assert printers.to_text(parse(once, declare(SIZES)).node) == once


def test_a_name_stays_a_name_for_errors() -> None:
    with pytest.raises(NablaError, match="t0"):
        parse("A*t0 where t0 = [1, 2]", declare(SIZES))
