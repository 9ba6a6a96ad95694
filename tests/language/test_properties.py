"""Whatever is sent: an expression or an error that says so, never anything else. What is printed reads back as itself."""

from __future__ import annotations

import contextlib
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import NablaError
from service.expression.arena import fresh_arena
from service.expression.operation import operations
from service.language import declare, parse
from service.printing.printers import to_text

VARIABLES: dict[str, Any] = {
    "A": "matrix(m,n)", "B": "matrix(n,m)", "S": "square(n)", "x": "vector(n)", "y": "vector(n)", "z": "vector(m)",
    "v": "vector", "M": "matrix", "D": {"shape": ["n"], "depends_on": ["t"]},
}  # fmt: skip
FUNCTIONS = [operation.name for operation in operations() if operation.in_language]
PIECES = [
    *VARIABLES,
    *"a b t e pi n dD_dt T I 2 3 0.5 1e3 0 2. + - * / ^ ** .* ./ .^ ' .T ( ) [ ] [1] [1,2] , ; < >= == != = . _ @ \\frac ² −".split(),
    *(" ", "  ", "\u200b", "->", "einsum(ij,jk->ik, ", "einsum(i->ii, ", "einsum(->, "),
    *(f"{name}(" for name in FUNCTIONS),
]


def no_surprise(source: Any, variables: Any = VARIABLES) -> None:
    with fresh_arena(), contextlib.suppress(NablaError):
        to_text(parse(source, declare(variables)).node)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(max_examples=400, deadline=None)
def test_any_tokens(text: str) -> None:
    no_surprise(text)


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text(text: str) -> None:
    no_surprise(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(PIECES) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PIECES) | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_as_an_expression(source: Any) -> None:
    no_surprise(source)


KINDS = st.sampled_from(
    ["vector", "matrix", "vector(n)", "matrix(2,n)", "spd(3)", "symmetric", "vector(m*n)", "scalar", "matrix(", "vector(0)"]
)
FIELDS = st.fixed_dictionaries({}, optional={"shape": JSON, "properties": JSON, "depends_on": JSON})


@given(JSON | st.dictionaries(st.sampled_from(["x", "A", "e", "n", "sin", "_", ""]), KINDS | FIELDS | JSON, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_json_as_variables(variables: Any) -> None:
    no_surprise("A*x + e'*n", variables)


# --- printed and read back --------------------------------------------------------------------------------------------


def brackets(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    infix = st.sampled_from([" + ", " - ", "*", "/", "^", ".*", "./", ".^", " < "])
    return st.one_of(
        st.tuples(inner, infix, inner).map("".join),
        st.tuples(inner, infix, inner).map(lambda parts: f"({''.join(parts)})"),
        inner.map(lambda text: f"-{text}"),
        inner.map(lambda text: f"({text})'"),
        st.tuples(st.sampled_from(["sin", "exp", "sum", "norm2", "tr", "inv", "diag"]), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
    )


EXPRESSIONS = st.recursive(st.sampled_from(["a", "b", "2", "0.5", "3", "x", "y", "z", "A", "B", "S", "pi"]), brackets, max_leaves=10)


@given(EXPRESSIONS)
@settings(max_examples=400, deadline=None)
def test_what_is_printed_reads_back(text: str) -> None:
    """The printed text means the same: it has the same shape and prints as itself."""
    declarations = declare(VARIABLES)
    with fresh_arena():
        try:
            node = parse(text, declarations).node
        except NablaError:
            return
        printed = to_text(node)
        again = parse(printed, declarations).node
        assert again.shape == node.shape
        if not re.search(r"-\s*\(?-", printed):  # a sign of a sign is written in two ways
            assert to_text(again) == printed
