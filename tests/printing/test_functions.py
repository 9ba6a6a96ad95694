"""The function around the code: arguments, sizes, checks of shapes, names, parts with a name, and limits."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from service.errors import LimitExceeded
from service.expression.arena import fresh_arena
from service.expression.nodes import make
from service.expression.operation import operations
from service.language import declare, parse
from service.operations.leaves import Variable, number, variable
from service.printing.functions import DIALECTS, to_code
from tests.operations.points import draw

LINEAR = {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}


def written(text: str, declared: Mapping[str, Any], dialect: str = "numpy") -> str:
    with fresh_arena():
        parsed = parse(text, declare(declared))
        return to_code(parsed.node, [node.parameter for node in parsed.variables.values()], "f", f"{text}.", dialect)


def defined(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["f"]


def test_the_whole_function_in_numpy() -> None:
    assert written("A'*(exp(A*x) - b)", LINEAR) == (
        "import numpy as np\n\n\n"
        "def f(A, x, b):\n"
        '    """A\'*(exp(A*x) - b).\n\n'
        "    A: a matrix of m×n, x: a vector with n entries, b: a vector with m entries.\n"
        '    """\n'
        "    m, n = A.shape\n"
        "    if x.shape != (n,) or b.shape != (m,):\n"
        '        raise ValueError(f"the shapes due are A (m, n), x (n,), b (m,); given are {A.shape}, {x.shape}, {b.shape}")\n'
        "    return A.T @ (np.exp(A @ x) - b)\n"
    )


def test_the_whole_function_in_julia() -> None:
    assert written("A'*(erf(A*x) - b)", LINEAR, "julia") == (
        "using SpecialFunctions\n\n"
        '"""\n    f(A, x, b)\n\nA\'*(erf(A*x) - b).\n\n'
        'A: a matrix of m×n, x: a vector with n entries, b: a vector with m entries.\n"""\n'
        "function f(A, x, b)\n"
        "    m, n = size(A)\n"
        '    size(x) == (n,) && size(b) == (m,) || throw(DimensionMismatch("the shapes due are A (m, n), x (n,), b (m,); '
        'given are $(size(A)), $(size(x)), $(size(b))"))\n'
        "    return A' * (erf.(A * x) - b)\n"
        "end\n"
    )


def test_the_whole_function_in_matlab() -> None:
    assert written("A'*(softmax(A*x) - b)", LINEAR, "matlab") == (
        "function result = f(A, x, b)\n"
        "    % A'*(softmax(A*x) - b).\n"
        "    % A: a matrix of m×n, x: a vector with n entries, b: a vector with m entries.\n"
        "    [m, n] = size(A);\n"
        "    assert(isequal(size(x), [n, 1]) && isequal(size(b), [m, 1]), 'the shapes due are A [m, n], x [n, 1], b [m, 1]');\n"
        "    result = A' * (softmax(A * x) - b);\n"
        "end\n\n"
        "function result = softmax(x)\n"
        "    result = exp(x - max(x(:)));\n"
        "    result = result / sum(result(:));\n"
        "end\n"
    )


# --- shapes and sizes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [(4, 3, 3), (3, 4, 4), ((3, 1), 3, 4), (3, 3, (4, 1))])
def test_arguments_that_do_not_fit_are_refused(wrong: tuple[Any, Any, Any]) -> None:
    x, columns, b = wrong
    f = defined(written("A*x - b", LINEAR))
    with pytest.raises(ValueError, match=r"the shapes due are A \(m, n\), x \(n,\), b \(m,\); given are "):
        f(np.ones((4, columns)), np.ones(x), np.ones(b))


def test_a_matrix_that_is_not_square_is_refused() -> None:
    with pytest.raises(ValueError, match=r"given are \(3, 2\)"):
        defined(written("tr(A) + sum(A)", {"A": "matrix(n,n)"}))(np.ones((3, 2)))


def test_what_fits_in_any_case_is_not_checked() -> None:
    assert "shape" not in written("sum(x.^2) + s*sum(y)", {"x": "vector(n)", "y": "vector(m)"})


@pytest.mark.parametrize(
    ("text", "declared", "point", "expected"),
    [
        ("sum(x)/n", {"x": "vector(n)"}, {"x": [1, 2, 6]}, 3),
        ("sum(x)/n", {"x": "vector(2*n)"}, {"x": [1, 2, 6, 3]}, 6),
        ("sum(x)*n + sum(y)*m", {"x": "vector(m)", "y": "vector(m*n)"}, {"x": [1, 2], "y": [1, 2, 3, 4, 5, 6]}, 51),
        ("x*n", {"y": "vector(n)"}, {"x": 2, "n": 5}, 10),
        ("sum(ones(n)) + x", {"y": "vector(n)"}, {"x": 2, "n": 5}, 7),
        ("x[2] + n", {"x": "vector(3)", "y": "vector(n)"}, {"x": [1, 2, 3], "n": 4}, 6),
    ],
)
def test_sizes_come_from_shapes_or_are_arguments(text: str, declared: dict[str, Any], point: dict[str, Any], expected: float) -> None:
    arguments = {name: np.array(value, dtype=float) if isinstance(value, list) else value for name, value in point.items()}
    assert defined(written(text, declared))(**arguments) == pytest.approx(expected)


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_names_that_a_language_uses_are_changed(dialect: str) -> None:
    names = "lambda np jnp torch special end function size norm numel t0 like result vec_ sigma_1".split()
    source = written(" + ".join(f"exp({name})*exp({name})" for name in names), {}, dialect)
    listed = re.search(r"f\(([^)]*)\)", source)
    assert listed
    given = listed[1].split(", ")
    assert len(set(given)) == len(names)
    assert [name.rstrip("_") for name in given] == [name.rstrip("_") for name in names]
    assert not set(given) & DIALECTS[dialect].reserved
    if dialect == "numpy":
        assert defined(source)(*[1.0] * len(names)) == pytest.approx(len(names) * np.exp(2))


def test_matlab_has_no_greek_letters() -> None:
    assert "f(theta, x)" in written("θ*x", {}, "matlab")
    assert "return θ * x" in written("θ*x", {})


def test_a_variable_called_as_a_size_keeps_them_apart() -> None:
    with fresh_arena():
        x, n = Variable("x", ("n", 1)), Variable("n")
        total = make("divide", make("times", variable(n), make("sum", variable(x))), make("size", parameter="n"))
        assert defined(to_code(total, [x, n], "f", "Text."))(np.ones(4), 3.0) == pytest.approx(3)


# --- parts with a name ----------------------------------------------------------------------------------------------


def test_what_is_used_twice_is_computed_once() -> None:
    source = written("exp(A*x)'*b*exp(A*x)", LINEAR)
    assert "    t0 = np.exp(A @ x)\n    return (t0 @ b) * t0\n" in source


def test_transposes_and_leaves_need_no_name() -> None:
    assert "return t0 + 2 * t0.T\n" in written("A*B + 2*(A*B)'", {"A": "matrix(n,n)", "B": "matrix(n,n)"})
    assert "t0" not in written("A'*x + A'*b", {"A": "matrix(n,n)", "x": "vector(n)", "b": "vector(n)"})


def test_deep_nesting_and_long_sums_can_be_read_by_python() -> None:
    deep = "sin(" * 400 + "x" + ")" * 400
    wide = " + ".join(f"exp({k}*x)" for k in range(3000))
    long = "*".join(f"cos({k}*x)" for k in range(3000))
    for text in (deep, wide, long):
        assert np.isfinite(defined(written(text, {}))(0.001))


def test_an_answer_that_would_be_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.limits._values", {"answer-characters": 1000, "derivation-nodes": 10**6, "expression-length": 10**6})
    with fresh_arena(), pytest.raises(LimitExceeded):
        to_code(make("add", *[number(10**9 + k) for k in range(200)]), [], "f", "Text.")


def test_numbers_are_written_so_that_every_language_reads_them() -> None:
    assert "return 3.5e-5 * x + 0.5 + 5\n" in written("3.5e-05*x + .5 + 5.", {})
    assert "2.0^n" in written("2^n*x", {"y": "vector(n)"}, "julia"), "powers of whole numbers overflow in silence in Julia"
    assert "1e+30 * x" in written(f"{10**30}*x", {})


# --- the form of every operation ------------------------------------------------------------------------------------

_JULIA_BLOCKS = re.compile(r"\b(?:function|for)\b|\bend\b")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_sample_is_written_in_every_dialect(dialect: str) -> None:
    for entry in operations():
        for sample in entry.samples:
            with fresh_arena():
                drawn = draw([sample.expression], sample.variables, sample.domain)
                variables = [drawn.variables[name] for name in sorted(drawn.variables)]
                source = to_code(drawn.nodes[0], variables, "f", "Text.", dialect)
            assert_well_formed(source, dialect)


def assert_well_formed(source: str, dialect: str) -> None:
    if dialect not in ("julia", "matlab"):
        ast.parse(source)
        return
    code = re.sub(r'"""(?s:.*?)"""|%.*', "", source)
    stack: list[str] = []
    for sign in re.findall(r"[()\[\]]", code):
        if sign in "([":
            stack.append(sign)
        else:
            assert stack, source
            assert stack.pop() + sign in ("()", "[]"), source
    assert not stack, source
    assert not re.search(r"\b(?:np|jnp|torch|special|linalg)\.|\*\*|@ |\{\d", code), source
    outside = code
    while re.search(r"\[[^\[\]]*\]|\([^()]*\)", outside):  # `end` inside brackets is the last index
        outside = re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", outside)
    words = _JULIA_BLOCKS.findall(outside)
    assert words.count("end") == len(words) - words.count("end"), source
