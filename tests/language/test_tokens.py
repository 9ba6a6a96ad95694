"""Text → tokens: what belongs together, and which letters make a name."""

from __future__ import annotations

import pytest

from service import limits
from service.errors import ExpressionSyntaxError, LimitExceeded
from service.language.tokens import END, is_name, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("2.*x", "2 .* x"),
        ("2./x", "2 ./ x"),
        ("2.^x", "2 .^ x"),
        ("2. * x", "2. * x"),
        ("2.5.*x", "2.5 .* x"),
        ("2.T", "2 .T"),
        ("A.T*x", "A .T * x"),
        ("A.T", "A .T"),
        (".5x", ".5 x"),
        ("1e-3x", "1e-3 x"),
        ("1E+3", "1E+3"),
        ("2e", "2 e"),
        ("2e-x", "2 e - x"),
        ("x**-2", "x ** - 2"),
        ("a<=b!=c==d>=e<f>g", "a <= b != c == d >= e < f > g"),
        ("theta_1 + x12", "theta_1 + x12"),
        ("σ(β*x)", "σ ( β * x )"),
        ("[1, 2; 3]'", "[ 1 , 2 ; 3 ] '"),
        (" x\t+\n y\u00a0", "x + y"),
    ],
)
def test_tokens(text: str, tokens: str) -> None:
    found = tokenize(text)
    assert [token.text for token in found[:-1]] == tokens.split()
    assert found[-1].kind == END
    assert all(text[token.start : token.end] == token.text for token in found)


@pytest.mark.parametrize("name", ["x", "X_1", "learning_rate", "θ", "Δx", "\u00e9", "ж", "lambda", "x2y3", "x" * 100])
def test_names(name: str) -> None:
    assert is_name(name)
    assert tokenize(name)[0].text == name


@pytest.mark.parametrize("text", ["", " x", "x ", "_x", "2x", "x-y", "x.y", "x²", "x₁", "𝑥", "ϕ", "Aᵀ", "x١", "e\u0301", "ª", "x\n", "'"])
def test_no_names(text: str) -> None:
    """A letter in disguise (𝑥, ϕ, ᵀ) would be another name in generated code."""
    assert not is_name(text)


@pytest.mark.parametrize(
    ("text", "position"), [("x²", 1), ("ab + 𝑥", 5), ("x = “y”", 4), ("θϕ", 1), ("x_١", 2), ("a\x00b", 1), ("e\u0301", 1)]
)
def test_the_place_of_a_foreign_character(text: str, position: int) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        tokenize(text)
    assert caught.value.span is not None
    assert caught.value.span.start == position


def test_limits() -> None:
    with pytest.raises(LimitExceeded) as caught:
        tokenize("x" * (limits.limit("name-length") + 1))
    assert caught.value.facts["limit"] == "name-length"
    with pytest.raises(LimitExceeded) as caught:
        tokenize("+" * (limits.limit("expression-length") + 1))
    assert caught.value.facts["limit"] == "expression-length"
