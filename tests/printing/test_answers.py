"""Answers in all their printed forms: each means the same. The published identities are the samples."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from service.answers.derivation import derive
from service.answers.task import read_task
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.printing.printers import to_latex, to_text
from tests import oracle
from tests.calculus.identities import IDENTITIES, Identity
from tests.calculus.test_identities import declarations, draw

CASES = [pytest.param(identity, id=f"{identity.expression} by {identity.wrt}") for identity in dict.fromkeys(IDENTITIES)]


@cache
def answer(identity: Identity) -> dict[str, Any]:
    """Texts only: nothing of the arena is kept."""
    request = {"expression": identity.expression, "variables": declarations(identity), "wrt": identity.wrt}
    if identity.order > 1:
        request["order"] = identity.order
    with fresh_arena():
        return derive(read_task(identity.kind, request))


def run(code: str, name: str, values: dict[str, Any]) -> Any:
    """The function of the printed code, called with the values of its parameters; it has nothing but its own imports."""
    space: dict[str, Any] = {"__builtins__": __builtins__}
    exec(code, space)
    function = space[name]
    parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
    with np.errstate(all="ignore"):
        return function(*[values[parameter.rstrip("_") if parameter not in values else parameter] for parameter in parameters])


@pytest.mark.parametrize("identity", CASES)
def test_the_code_computes_what_the_text_says(identity: Identity) -> None:
    result, values = answer(identity)["result"], draw(identity, 0)
    expected = oracle.evaluate(result["text"], values)
    value = np.asarray(run(result["code"]["numpy"], identity.kind, values), dtype=float)
    assert np.squeeze(value).shape == expected.shape
    np.testing.assert_allclose(np.squeeze(value), expected, rtol=1e-9, atol=1e-9 * max(1.0, float(np.abs(expected).max())))


@pytest.mark.parametrize("identity", CASES)
def test_the_code_is_clean(identity: Identity) -> None:
    """Every import is used, every name is defined, the function says what it is."""
    tree = ast.parse(answer(identity)["result"]["code"]["numpy"])
    functions = {part.name: part for part in tree.body if isinstance(part, ast.FunctionDef)}
    function = functions[identity.kind]
    documentation = ast.get_docstring(function)
    assert documentation
    assert identity.wrt in documentation
    imported = {alias.asname or alias.name for part in tree.body if isinstance(part, ast.Import | ast.ImportFrom) for alias in part.names}
    names = [part for part in ast.walk(function) if isinstance(part, ast.Name)]
    loaded = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    helpers = set(functions) - {identity.kind}
    assert helpers <= loaded
    everywhere = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
    assert imported <= everywhere
    stored = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    inner = {argument.arg for part in ast.walk(function) if isinstance(part, ast.Lambda) for argument in part.args.args}
    parameters = {argument.arg for argument in function.args.args}
    assert loaded <= imported | helpers | stored | inner | parameters | {"float", "ValueError", "len", "range"}
    assert stored <= loaded, "what is computed is used"


@pytest.mark.parametrize("identity", CASES)
def test_the_texts_can_be_sent_back(identity: Identity) -> None:
    """Reading an answer and printing it again changes nothing; so for the expression that was sent."""
    found = answer(identity)
    declared = declarations(identity)
    rates = {
        name: {"shape": declared[re.sub(r"^d2?|_d\w+$", "", name)]["shape"]}
        for name in re.findall(r"\bd2?\w+_d\w+\b", found["result"]["text"])
    }
    with fresh_arena():
        for text in (found["expression"]["text"], found["result"]["text"]):
            assert to_text(parse(text, declare({**declared, **rates})).node) == text


@pytest.mark.parametrize("identity", CASES)
def test_the_latex_typesets(identity: Identity) -> None:
    found = answer(identity)
    for latex in (found["expression"]["latex"], found["result"]["latex"]):
        assert_typesets(latex)


def assert_typesets(latex: str) -> None:
    """Braces, \\left and \\right, and environments close in order; no base has two superscripts, nothing is left of the language."""
    stack: list[str] = []
    for token in re.findall(r"\\left(?![a-z])|\\right(?![a-z])|\\begin\{\w+\}|\\end\{\w+\}|(?<!\\)[{}]", latex):
        if token in (r"\left", "{") or token.startswith(r"\begin"):
            stack.append(token)
        else:
            opened = stack.pop()
            assert (opened, token) in ((r"\left", r"\right"), ("{", "}")) or opened[7:-1] == token[5:-1]
    assert not stack
    assert not re.search(r"\^(\{[^{}]*\}|\\top|\w)\s*\^", latex), "two superscripts"
    assert not re.search(r"_(\{[^{}]*\}|\w)\s*_", latex), "two subscripts"
    assert not re.search(r"(?<!\\)\*|'|\.\^|None", latex)


HOSTILE = {
    "lambda*x^2 + np": ("x", {}),
    "theta_1*x'*x + t0*sum(x)": ("x", {"x": "vector(n)"}),
    "θ'*A*θ": ("θ", {"θ": "vector(n)", "A": "matrix(n,n)"}),
    "sum(special.*x.^2)": ("x", {"x": "vector(n)", "special": "vector(n)"}),
    "linalg*x^2": ("x", {}),
    "derivative*x^2": ("x", {}),
    "n*x'*x": ("x", {"x": "vector(n)"}),
    "m*x'*x + n": ("x", {"x": "vector(n)"}),
    "x'*def": ("x", {"x": "vector(n)", "def": "vector(n)"}),
    "sum(x)*len": ("x", {"x": "vector(len)"}),
    "float*x + range": ("x", {}),
    "T*x'*x": ("x", {"x": "vector(n)"}),
    "i*exp(i*x)": ("x", {}),
    "ones_1*sum(x)": ("x", {"x": "vector(k)"}),
    "sum(ones(m,n)*x)": ("x", {"x": "vector(n)"}),
}


@pytest.mark.parametrize("expression", HOSTILE)
def test_names_that_mean_something_in_python(expression: str) -> None:
    by, declared = HOSTILE[expression]
    with fresh_arena():
        found = derive(read_task("derivative", {"expression": expression, "variables": declared, "wrt": by}))
    random = np.random.default_rng(1)
    values: dict[str, Any] = {"n": 3, "m": 2, "k": 4, "len": 3}
    for name, kind in declared.items():
        sizes = [values[size] for size in kind.split("(")[1].rstrip(")").split(",")]
        values[name] = random.uniform(0.5, 1.5, sizes)
    for name in re.findall(r"[^\W\d]\w*", expression):
        values.setdefault(name, 1.5)
    expected = oracle.evaluate(found["result"]["text"], values)
    value = run(found["result"]["code"]["numpy"], "derivative", values)
    np.testing.assert_allclose(np.squeeze(value), expected, rtol=1e-12)
    assert_typesets(found["result"]["latex"])


def test_names_in_latex() -> None:
    with fresh_arena():
        node = parse("theta_1 + x12 + learning_rate + α + beta").node
        assert to_latex(node) == r"\theta_{1} + x_{12} + \mathrm{learning}_{\mathrm{rate}} + \alpha + \beta"
