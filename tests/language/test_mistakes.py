"""Mistakes people make, where they are found, and what they are told: each line is one."""

from __future__ import annotations

from typing import Any

import pytest

from service.errors import ExpressionSyntaxError, InputError, InvalidDeclaration, MatrixFormatError, NablaError, ShapeMismatch, UnknownName
from service.language import declare, parse, parse_number

VARIABLES = {
    "A": "matrix(m,n)",
    "B": "matrix(n,p)",
    "S": "square(n)",
    "x": "vector(n)",
    "y": "vector(n)",
    "z": "vector(m)",
    "v": "vector(3)",
}

SYNTAX: list[tuple[str, tuple[int, int], str, str]] = [
    # sent, place, what is wrong, what would be right
    ("", (0, 0), "empty", "x^2 + 3*x"),
    ("  ", (0, 0), "empty", ""),
    ("2 3", (0, 3), "no operator between 2 and 3", "2*3"),
    ("a 2", (0, 3), "no operator", "a*2"),
    ("a b", (0, 3), "no operator between a and b", "a*b"),
    ("a sin(b)", (0, 5), "no operator", "a*sin(...)"),
    ("(a + 1)2", (6, 8), "no operator", "(a + 1)*2"),
    ("x'y", (1, 3), "no operator", "x'*y"),
    ("A.T x", (1, 5), "no operator", "A.T*x"),
    ("(a + b)' c", (7, 10), "no operator", "(a + b)'*c"),
    ("[1 2 3]", (1, 4), "no operator", "commas: [1, 2]"),
    ("[a b]", (1, 4), "no operator", "commas: [a, b]"),
    ("1.2.3", (0, 5), "no operator", "one decimal point"),
    ("0x1F", (0, 4), "no operator", "decimal"),
    ("2[1]", (0, 2), "no operator", "2*["),
    ("import os", (0, 9), "no operator", "import*os"),
    ("a if b else c", (2, 4), "if is no operator", "where("),
    ("a and b", (2, 5), "and is no operator", "where("),
    ("a^", (1, 2), "missing after ^", "a number, a name"),
    ("a +", (2, 3), "missing after +", ""),
    ("log(", (3, 4), "never closed", ") is missing"),
    ("*a", (0, 1), "begins with *", ""),
    ("= a", (0, 1), "begins with =", "alone"),
    ("'a'", (0, 1), "begins with '", "quotation marks"),
    ("a*/b", (1, 3), "between * and /", ""),
    ("a//b", (1, 3), "between / and /", "floor(a/b)"),
    ("a^^2", (1, 3), "between ^ and ^", "once"),
    ("a += 1", (2, 4), "between + and =", "assignments"),
    ("a <> b", (2, 4), "between < and >", "!="),
    ("a === b", (2, 5), "between == and =", "write =="),
    ("a =< b", (2, 4), "=< is no comparison", "<="),
    ("a = 3", (2, 3), "has no =", "=="),
    ("a < b < c", (6, 7), "chained", "where(a < b, b < c, 0)"),
    ("(a + 1", (0, 1), "( is never closed", ") is missing"),
    ("[1, 2", (0, 1), "[ is never closed", "] is missing"),
    ("a + 1)", (5, 6), ") closes nothing", "leave it out"),
    ("a]", (1, 2), "] closes nothing", "["),
    ("(a + 1]", (0, 7), "( is closed by ]", "write )"),
    ("()", (0, 2), "nothing between", ""),
    ("[]", (0, 2), "nothing between", ""),
    ("sin()", (0, 5), "sin takes 1 argument, not 0", "sin(x)"),
    ("sin(a, b)", (0, 9), "sin takes 1 argument, not 2", "sin(x)"),
    ("where(a > 0, 1)", (0, 15), "where takes 3 arguments, not 2", "where(c, a, b)"),
    ("sin a", (0, 3), "sin is a function", "sin(a)"),
    ("inv A", (0, 3), "inv is a function", "inv(A)"),
    ("sin^2(a)", (0, 3), "sin is a function", "sin(x)^2"),
    ("sin[a]", (0, 3), "sin is a function", "round brackets"),
    ("gamma*a", (0, 5), "gamma is a function", "gamma_1"),
    ("[1, 2; 3]", (0, 9), "row 2 of the literal has 1 entry", "equally long"),
    ("[1; 2, 3; 4]", (0, 9), "row 2 of the literal has 2 entries", "equally long"),
    ("[1,, 2]", (2, 4), "between , and ,", ""),
    ("max(a; b)", (5, 6), "a ; outside", "commas"),
    ("a; b", (1, 2), "a ; outside", "[1, 2; 3, 4]"),
    ("a, b", (1, 2), "a , outside", "[x, y]"),
    ("1,5*a", (1, 2), "a , outside", "decimal sign"),
    ("v[0]", (2, 3), "0 is no place", "count from 1"),
    ("v[-1]", (2, 3), "no place", "count from 1"),
    ("v[i]", (2, 3), "i is no place", "whole numbers"),
    ("v[1.5]", (2, 5), "1.5 is no place", "whole numbers"),
    ("v[1", (3, 3), "never closed", "] is missing"),
    ("eye(n + 1)", (4, 9), "n + 1 is no size", "m*n"),
    ("eye()", (4, 4), "a size is missing", ""),
    ("eye(0)", (4, 5), "0 is no size", "1"),
    ("eye(pi)", (4, 6), "pi is a constant", "another letter"),
    ("eye(n, m)", (0, 9), "eye takes 1 argument, not 2", "eye(n)"),
    ("ones(n", (4, 5), "never closed", ") is missing"),
    ("unit(a, n)", (5, 6), "a is no number", "1/2"),
    ("vector(1/0)", (7, 10), "no number", "1/2"),
    ("einsum(A, x)", (7, 8), "einsum begins with the labels", "->"),
    ("einsum(ij->k, A)", (11, 12), "the label k stands on the right", "->"),
    ("einsum(i->i)", (7, 8), "come its arrays", "->"),
    ("einsum(ij->i, A, x)", (0, 19), "einsum takes 1 argument, not 2", ""),
    # characters of other notations
    ("a − b", (2, 3), "−", "minus sign is -"),
    ("a × b", (2, 3), "×", "written *"),
    ("a·b", (1, 2), "·", "written *"),
    ("a ÷ b", (2, 3), "÷", "written /"),
    ("a²", (1, 2), "²", "^2"),
    ("a⁻¹", (1, 2), "⁻", "^-"),
    ("x₁", (1, 2), "₁", "x1"),
    ("√a", (0, 1), "√", "sqrt(x)"),
    ("a ≤ b", (2, 3), "≤", "<="),
    ("“a”", (0, 1), "“", "quotation marks"),
    ('"a"', (0, 1), '"', "quotation marks"),
    ("A’", (1, 2), "’", "A'"),
    ("Aᵀ", (1, 2), "ᵀ", "A'"),
    ("X^⊤", (2, 3), "⊤", "A'"),
    ("{a}", (0, 1), "{", "( )"),
    ("a^{2}", (2, 3), "{", "x^(a + b)"),
    (r"\frac{a}{b}", (0, 1), "\\", "(a)/(b)"),
    (r"\theta^2", (0, 1), "\\", "theta"),
    (r"A\b", (1, 2), "\\", "inv(A)*b"),
    (r"\foo", (0, 1), "\\", "no LaTeX"),
    ("$a$", (0, 1), "$", "LaTeX"),
    ("|a|", (0, 1), "|", "abs(x)"),
    ("‖x‖", (0, 1), "‖", "norm2(x)"),
    ("a!", (1, 2), "!", "gamma(x + 1)"),
    ("a ! = b", (2, 3), "!", ""),
    ("∑x", (0, 1), "∑", "sum(x)"),
    ("∂a", (0, 1), "∂", "derivative"),
    ("A @ B", (2, 3), "@", "written *"),
    ("a & b", (2, 3), "&", "where("),
    ("a % b", (2, 3), "%", "remainder"),
    ("a:b", (1, 2), ":", "ranges"),
    ("a ? b", (2, 3), "?", "where("),
    ("a # b", (2, 3), "#", "comments"),
    ("1_000", (1, 2), "_", "separators"),
    ("__class__", (0, 1), "_", "begins with a letter"),
    ("a.b", (1, 2), ".", "no points"),
    ("A.inv()", (1, 2), ".", "inv(x)"),
    ("np.exp(a)", (2, 3), ".", "exp(x)"),
    ("A.t", (1, 2), ".", "A.T"),
    ("A.'", (1, 2), ".", "A'"),
    ("a .+ b", (2, 3), ".", "+ goes entry by entry"),
    ("a\u200b+ b", (1, 2), "U+200B", "invisible"),
    ("𝑥 + 1", (0, 1), "𝑥", "write x"),
    ("a €", (2, 3), "€", "operators"),
]


@pytest.mark.parametrize(("text", "place", "detail", "hint"), SYNTAX, ids=[row[0] for row in SYNTAX])
def test_syntax(text: str, place: tuple[int, int], detail: str, hint: str) -> None:
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(text, declare(VARIABLES))
    told(caught.value, detail, hint)
    assert caught.value.span is not None
    assert (caught.value.span.start, caught.value.span.end) == place


NAMES: list[tuple[str, str, str, str]] = [
    # sent, the name in question, what is wrong, what would be right
    ("sinn(a)", "sinn", "no function called sinn", "sin"),
    ("Sin(a)", "Sin", "no function called Sin", "did you mean sin?"),
    ("norm(x)", "norm", "no function called norm", "norm2(x)"),
    ("transpose(A)", "transpose", "no function", "A'"),
    ("2 + x(y + 1)", "x", "x is a variable", "x*(...)"),
    ("A(1,2)", "A", "A is a variable", "A[1,2]"),
    ("f(a + 1)", "f", "no function called f", "f*(...)"),
    ("e(a)", "e", "e is a constant", "exp(x)"),
    ("if(a, b, c)", "if", "no function called if", "where("),
    ("pow(a, 2)", "pow", "no function called pow", "x^y"),
    ("S^T", "T", "T is not declared", "A'"),
    ("S - a*I", "I", "I is not declared", "eye(n)"),
    ("a*inf", "inf", "inf is not declared", "numbers"),
    ("True", "True", "True is not declared", "numbers"),
]


@pytest.mark.parametrize(("text", "name", "detail", "hint"), NAMES, ids=[row[0] for row in NAMES])
def test_names(text: str, name: str, detail: str, hint: str) -> None:
    with pytest.raises(UnknownName) as caught:
        parse(text, declare(VARIABLES))
    told(caught.value, detail, hint)
    assert caught.value.span is not None
    assert text[caught.value.span.start : caught.value.span.end] == name


SHAPES: list[tuple[str, str, str, str]] = [
    # sent, the part that does not fit, what is said of the operands, what would fit
    ("A*z", "A*z", "A is a matrix of m×n and z is a vector with m entries", "did you mean A'*z?"),
    ("1 + (A + 2*A)*z", "(A + 2*A)*z", "(A + 2*A) is a matrix of m×n", "(A + 2*A)'*z"),
    ("A*B*x", "A*B*x", "A*B is a matrix of m×p and x is a vector with n entries", "A*B needs p rows"),
    ("z*x'*y*A*z", "z*x'*y*A", "z*x'*y is a vector with m entries and A is", "(z*x'*y)'*A"),
    ("x*y", "x*y", "x is a vector with n entries and y is", "x'*y (inner product) or x*y' (outer product) or x.*y"),
    ("x'*y'", "x'*y'", "x' is a row with n entries", "x'*y (inner product)"),
    ("A*A", "A*A", "A is a matrix of m×n", "A'*A or A*A'"),
    ("2A*z", "2A*z", "2A is a matrix of m×n", "(2A)'*z"),
    ("(A)(z)", "(A)(z)", "(A) is a matrix", "(A)'*(z)"),
    ("A + A'", "A + A'", "A' is a matrix of n×m: + goes entry by entry", "A + A"),
    ("z - A*y - x", "z - A*y - x", "z - A*y is a vector with m entries and x is a vector with n entries", "same shape"),
    ("A - B'*B*x'", "B'*B*x'", "B'*B is a matrix of p×p", "p rows"),
    ("x + y'", "x + y'", "y' is a row with n entries", "x + y"),
    ("x - y'", "x - y'", "y' is a row with n entries", "x - y"),
    ("x.*z", "x.*z", "x is a vector with n entries and z is a vector with m entries", "same shape"),
    ("x < A", "x < A", "< goes entry by entry", ""),
    ("x/y", "x/y", "only a scalar divides", "x./y"),
    ("1/S", "1/S", "only a scalar divides", "inv(S)"),
    ("A/S", "A/S", "only a scalar divides", "A*inv(S)"),
    ("z/S", "z/S", "only a scalar divides", "inv(...)"),
    ("x^2", "x^2", "x is a vector", "x.^2"),
    ("A^-1", "A^-1", "only a square matrix", "A.^-1"),
    ("2^x", "2^x", "exponent", "2.^x"),
    ("e^x", "e^x", "exponent", "exp(x)"),
    ("e^S", "e^S", "exponent", "expm(S)"),
    ("det(A)", "det(A)", "A is a matrix of m×n", "A'*A"),
    ("dot(x, z)", "dot(x, z)", "x is a vector with n entries and z is a vector with m entries", ""),
    ("[A, 1]", "[A, 1]", "A is a matrix of m×n", "entry by entry"),
    ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]", "[1, 2] is a vector", "[1, 2; 3, 4]"),
    ("v[4]", "v[4]", "no entry 4", "1 to 3"),
    ("einsum(ij,j->i, A, z)", "einsum(ij,j->i, A, z)", "z is a vector with m entries", ""),
    ("1/pairing(m, n)", "1/pairing(m, n)", "pairing(m, n) is an array of m*n×m×n", ""),
    ("einsum(i,j,k->ijk, x, y, z)'", "einsum(i,j,k->ijk, x, y, z)'", "more than two axes", "einsum"),
    ("A*pairing(m, n)*x", "A*pairing(m, n)*x", "more than two axes", "einsum"),
    ("tr(2*pairing(m, n))", "tr(2*pairing(m, n))", "more than two axes", "einsum"),
    ("A[1]", "A[1]", "A[i,j]", ""),
    ("x[1][2]", "x[1][2]", "x[1] is a scalar", ""),
    ("where(x > 0, A, 1)", "where(x > 0, A, 1)", "x > 0 is a vector with n entries and A is a matrix of m×n", ""),
]


@pytest.mark.parametrize(("text", "part", "detail", "hint"), SHAPES, ids=[row[0] for row in SHAPES])
def test_shapes(text: str, part: str, detail: str, hint: str) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        parse(text, declare(VARIABLES))
    told(caught.value, detail, hint)
    assert caught.value.span is not None
    assert text[caught.value.span.start : caught.value.span.end] == part


def test_every_suggestion_about_shapes_is_true() -> None:
    """What `did you mean` proposes is accepted."""
    tried = 0
    for text, part, _, _ in SHAPES:
        with pytest.raises(ShapeMismatch) as caught:
            parse(text, declare(VARIABLES))
        hint = caught.value.hint or ""
        for proposal in hint.removeprefix("did you mean ").rstrip("?").split(" or ") if hint.startswith("did you mean") else ():
            proposed = proposal.partition(" (")[0] if proposal.endswith(")") and " (" in proposal else proposal
            if part == text and proposed.count("(") == proposed.count(")"):
                parse(proposed, declare(VARIABLES))
                tried += 1
    assert tried > 20


SOURCES: list[tuple[Any, type[NablaError], str, str, str]] = [
    # sent, error, pointer, what is wrong, what would be right
    (None, InputError, "/expression", "no expression", "x^2*y"),
    (True, InputError, "/expression", "no expression", ""),
    ({"a": 1}, InputError, "/expression", "no expression", ""),
    (float("nan"), InputError, "/expression", "no expression", ""),
    ([["a", ["b"]]], InputError, "/expression/0/1", "nested too deeply", "list of such lists"),
    (["a", None], InputError, "/expression/1", "no expression", ""),
    ([], MatrixFormatError, "/expression", "at least one entry", ""),
    ([[]], MatrixFormatError, "/expression/0", "at least one entry", ""),
    (["a", ["b"]], MatrixFormatError, "/expression/1", "mixed", "all are texts"),
    ([["a", "b"], ["c"]], MatrixFormatError, "/expression/1", "row 2 has 1 entry, the first row has 2", "equally long"),
    ([["a", "b +"], ["c", "d"]], ExpressionSyntaxError, "/expression/0/1", "missing after +", ""),
    (["a", "sinn(b)"], UnknownName, "/expression/1", "sinn", "sin"),
    (["a", "x"], ShapeMismatch, "/expression/1", "a vector with n entries", "one text"),
    (["a", "A*z"], ShapeMismatch, "/expression/1", "A is a matrix", "A'*z"),
    ("eye(x)", InvalidDeclaration, "/expression", "x is declared as a variable", "not declared"),
]


@pytest.mark.parametrize(("source", "error", "pointer", "detail", "hint"), SOURCES, ids=[str(row[0]) for row in SOURCES])
def test_sources(source: Any, error: type[NablaError], pointer: str, detail: str, hint: str) -> None:
    with pytest.raises(NablaError) as caught:
        parse(source, declare(VARIABLES))
    assert type(caught.value) is error
    assert caught.value.pointer == pointer
    told(caught.value, detail, hint)


def test_a_point_has_no_variables() -> None:
    with pytest.raises(UnknownName) as caught:
        parse_number("pi/a", "/at/x")
    assert caught.value.pointer == "/at/x"
    assert caught.value.span is not None
    assert caught.value.span.start == 3
    with pytest.raises(ShapeMismatch):
        parse_number("[1, 2]")


def test_messages_do_not_repeat_long_input() -> None:
    long = "a" * 90
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(f"{long} {long}")
    assert len(caught.value.detail) + len(caught.value.hint or "") < 250


def told(error: NablaError, detail: str, hint: str) -> None:
    assert detail in error.detail
    assert hint in (error.hint or "")
    assert error.pointer
