"""Variables replaced by expressions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.calculus.substitute import substitute
from service.errors import ShapeMismatch
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.printing.printers import to_text

VARIABLES = {"A": "matrix(m,n)", "x": "vector(n)", "u": "vector(m)"}


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def put(text: str, **replacements: str) -> str:
    found = {name: parse(source, declare(VARIABLES)).node for name, source in replacements.items()}
    return to_text(substitute(parse(text, declare(VARIABLES)).node, found))


@pytest.mark.parametrize(
    ("text", "replacements", "result"),
    [
        ("a + b", {"a": "b^2"}, "b^2 + b"),
        ("a*b", {"a": "b", "b": "a"}, "b*a"),
        ("sin(a)*a", {"a": "x'*x"}, "sin(x'*x)*(x'*x)"),
        ("u'*u", {"u": "A*x"}, "(A*x)'*(A*x)"),
        ("[a, a^2]", {"a": "1 + b"}, "[1 + b, (1 + b)^2]"),
        ("u[1]", {"u": "2*u"}, "(2*u)[1]"),
        ("b", {"a": "2"}, "b"),
    ],
)
def test_all_at_once(text: str, replacements: dict[str, str], result: str) -> None:
    declared = {**VARIABLES, "u": "vector(3)"} if "[1]" in text else VARIABLES
    found = {name: parse(source, declare(declared)).node for name, source in replacements.items()}
    assert to_text(substitute(parse(text, declare(declared)).node, found)) == result


def test_another_shape_is_refused() -> None:
    with pytest.raises(ShapeMismatch, match="u is a vector with m entries"):
        put("u'*u", u="x")


def test_shared_parts_stay_shared() -> None:
    """Doubling 200 times is 2^200 terms written out, and 200 nodes."""
    node = parse("a + a").node
    whole = parse("a").node
    for _ in range(200):
        whole = substitute(node, {"a": whole})
    assert whole.shape == (1, 1)
