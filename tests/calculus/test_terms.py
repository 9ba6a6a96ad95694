"""The terms of a tensor, contractions multiplied out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.terms import terms_of
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.printing.printers import to_text

VARIABLES = {"A": "matrix(m,n)", "M": "square(n)", "x": "vector(n)", "y": "vector(m)"}


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def texts(text: str, most: int = 12) -> list[str] | None:
    parsed = parse(text, declare(VARIABLES))
    found = terms_of(lower(parsed.node), most)
    notation = Notation(parsed.variables)
    return None if found is None else [to_text(notation.node(term)) for term in found]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a", ["a"]),
        ("2*a + b", ["2*a", "b"]),
        ("(a + b)*(a - b)", ["a^2", "-a*b", "a*b", "-b^2"]),
        ("A'*(A*x - y)", ["A'*A*x", "-A'*y"]),
        ("x'*(M + M')*x", ["x'*M*x", "x'*M*x"]),
        ("sin(a + b)", ["sin(a + b)"]),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert sorted(texts(text) or []) == sorted(terms)


def test_too_many_are_none() -> None:
    assert texts("(a + b)*(c + d)*(f + g)*(h + k)", most=8) is None
    assert len(texts("(a + b)*(c + d)*(f + g)", most=8) or []) == 8
