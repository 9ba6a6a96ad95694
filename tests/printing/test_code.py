"""Generated code computes what it says, in every dialect that can run here; no operation is named."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pytest

from service.answers.derivation import derive
from service.answers.task import read_task
from service.expression.arena import fresh_arena
from service.expression.nodes import Node, at_sizes
from service.expression.operation import operations
from service.language import declare, parse
from service.operations.leaves import Variable
from service.printing.functions import DIALECTS, to_code
from tests.operations.points import SIZES, draw
from tests.printing.running import RUNNERS, Array, Octave, arguments

SQUARE = {"A": "matrix(n,n)", "x": "vector(n)", "b": "vector(n)"}
LINEAR = {"A": "matrix(m,n)", "x": "vector(n)", "b": "vector(m)"}
DATA = {"X": "matrix(m,n)", "w": "vector(n)", "y": "vector(m)"}
FACTORS = {"T": "matrix(m,n)", "U": "matrix(m,p)", "V": "matrix(n,p)"}
TEXTBOOK: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("x^2*y", {}, "x"),
    ("exp(-(x - m)^2/(2*s^2))/(s*sqrt(2*pi))", {}, "s"),
    ("[x*y, sin(x)]", {}, "x"),
    ("a'*x", {"a": "vector(n)", "x": "vector(n)"}, "x"),
    ("x'*A*x", SQUARE, "x"),
    ("norm2(A*x - b)^2/2", LINEAR, "x"),
    ("norm2(A*x - b)", LINEAR, "x"),
    ("norm2(A*x - b)^2 + lambda*norm2(x)^2", LINEAR, "x"),
    ("(A*x - b)'*W*(A*x - b)", {**LINEAR, "W": "symmetric(m)"}, "x"),
    ("a'*X*b", {"X": "matrix(m,n)", "a": "vector(m)", "b": "vector(n)"}, "X"),
    ("a'*X'*X*b", {"X": "matrix(m,n)", "a": "vector(n)", "b": "vector(n)"}, "X"),
    ("a'*inv(X)*b", {"X": "matrix(n,n)", "a": "vector(n)", "b": "vector(n)"}, "X"),
    ("b'*inv(S)*b", {"S": "spd(n)", "b": "vector(n)"}, "b"),
    ("(x - c)'*inv(S)*(x - c)/2 + logdet(S)/2", {"S": "spd(n)", "x": "vector(n)", "c": "vector(n)"}, "S"),
    ("tr(A*X)", {"A": "matrix(n,m)", "X": "matrix(m,n)"}, "X"),
    ("tr(X'*A*X)", {"A": "matrix(m,m)", "X": "matrix(m,n)"}, "X"),
    ("tr(A*inv(X)*B)", {"A": "matrix(m,n)", "X": "matrix(n,n)", "B": "matrix(n,m)"}, "X"),
    ("det(X)", {"X": "matrix(n,n)"}, "X"),
    ("logdet(X'*X)", {"X": "matrix(4,3)"}, "X"),
    ("normF(T - U*V')^2", FACTORS, "U"),
    ("normF(X)", {"X": "matrix(m,n)"}, "X"),
    ("nuclear_norm(X)", {"X": "matrix(m,n)"}, "X"),
    ("lambda_max(S)", {"S": "symmetric(n)"}, "S"),
    ("sum(log(1 + exp(X*w))) - y'*X*w", DATA, "w"),
    ("sum(log(1 + exp(-y.*(X*w))))/m", DATA, "w"),
    ("mean((X*w - y).^2) + s*norm1(w)", DATA, "w"),
    ("y'*log(sigmoid(X*w)) + (1 - y)'*log(1 - sigmoid(X*w))", DATA, "w"),
    ("logsumexp(A*x)", LINEAR, "x"),
    ("b'*softmax(A*x)", LINEAR, "x"),
    ("softmax(A*x)", LINEAR, "x"),
    ("tr(B'*softmax_rows(X*C))", {"X": "matrix(m,n)", "C": "matrix(n,p)", "B": "matrix(m,p)"}, "C"),
    ("sum((tanh(X*M)*v - y).^2)", {**DATA, "M": "matrix(n,p)", "v": "vector(p)"}, "M"),
    ("sum((tanh(X*M)*v - y).^2)", {**DATA, "M": "matrix(n,p)", "v": "vector(p)"}, "v"),
    ("sum(relu(X*w - y))", DATA, "w"),
    ("max(X*w - y)", DATA, "w"),
    ("x/norm2(x)", {"x": "vector(n)"}, "x"),
    ("prod(x)", {"x": "vector(n)"}, "x"),
    ("sum(x.^3)/n", {"x": "vector(n)"}, "x"),
    ("exp(-norm2(x - c)^2/(2*s^2))", {"x": "vector(n)", "c": "vector(n)"}, "x"),
    ("vec(A*X*B)", {"A": "matrix(p,m)", "X": "matrix(m,n)", "B": "matrix(n,q)"}, "X"),
    ("tr(expm(A)*B)", {"A": "matrix(n,n)", "B": "matrix(n,n)"}, "A"),
    ("inv(A)*x", SQUARE, "x"),
)


class Case(NamedTuple):
    """An expression whose code is to have its value at a point; functions are called by the case's name."""

    name: str
    node: Node
    source: dict[str, str]
    values: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]
    value: Array
    """With two axes at least."""

    def expected(self, dialect: str) -> Array:
        """In Python vectors have one axis, but for a row as the result."""
        row = self.value.ndim == 2 and self.value.shape[0] == 1 != self.value.shape[1]
        return self.value if dialect == "matlab" or row else self.value.squeeze()

    def given(self, dialect: str) -> list[Any]:
        values: Mapping[str, Any] = self.values
        if dialect == "matlab":
            values = {name: np.reshape(value, self.shapes[name]) for name, value in self.values.items()}
        found = arguments(self.source[dialect], self.name, dialect, values, SIZES)
        return [np.full((1, 1), value) if dialect == "matlab" and isinstance(value, int) else value for value in found]


def case(name: str, text: str, declared: Mapping[str, Any], domain: tuple[float, float]) -> Case:
    drawn = draw([text], declared, domain)
    variables = [drawn.variables[variable] for variable in sorted(drawn.variables)]
    source = {dialect: to_code(drawn.nodes[0], variables, name, f"{text}.", dialect) for dialect in DIALECTS}
    shapes = {variable.name: at_sizes_of(variable) for variable in variables}
    shape = at_sizes(drawn.nodes[0], SIZES).shape
    return Case(name, drawn.nodes[0], source, drawn.point, shapes, np.reshape(drawn.values()[0], [int(size) for size in shape]))


def at_sizes_of(variable: Variable) -> tuple[int, ...]:
    return tuple([int(SIZES.get(str(size), size)) for size in variable.shape])


def texts() -> Iterator[tuple[str, dict[str, Any], tuple[float, float]]]:
    """The samples of every operation, and the textbook's functions with their derivatives of first and second order."""
    for entry in operations():
        for sample in entry.samples:
            yield sample.expression, sample.variables, sample.domain
    for text, declared, by in TEXTBOOK:
        for order in (1, 2):
            with fresh_arena():
                task = read_task("derivative", {"expression": text, "variables": declared, "wrt": by, "order": order})
                yield derive(task)["result"]["text"], declared, (0.3, 1.7)


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    with fresh_arena(), np.errstate(all="ignore"):
        return {f"f{place}": case(f"f{place}", *chosen) for place, chosen in enumerate(texts())}


@pytest.fixture(scope="module")
def by_octave(cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Array | str]:
    octave = Octave(tmp_path_factory.mktemp("octave"))
    for found in cases.values():
        octave.add(found.name, found.source["matlab"], found.given("matlab"))
    return octave.run()


def is_there(dialect: str) -> bool:
    if dialect == "matlab":
        return shutil.which("octave-cli") is not None
    return importlib.util.find_spec({"numpy": "numpy", "jax": "jax", "pytorch": "torch"}[dialect]) is not None


@pytest.mark.parametrize("dialect", [*RUNNERS, "matlab"])
def test_the_code_of_everything_computes_the_value(dialect: str, cases: dict[str, Case], request: pytest.FixtureRequest) -> None:
    if not is_there(dialect):
        pytest.skip(f"nothing here runs {dialect}")
    octave = request.getfixturevalue("by_octave") if dialect == "matlab" else {}
    wrong = []
    with np.errstate(all="ignore"):
        for found in cases.values():
            try:
                value = octave[found.name] if octave else RUNNERS[dialect](found.source[dialect], found.name, found.given(dialect))
                assert not isinstance(value, str), value
                expected = found.expected(dialect)
                assert value.shape == expected.shape
                np.testing.assert_allclose(value, expected, rtol=1e-7, atol=1e-9 * max(1.0, float(np.abs(expected).max())))
            except Exception as error:  # all of them are to be seen
                wrong.append(f"{type(error).__name__}: {str(error)[:400]}\n{found.source[dialect]}")
    assert not wrong, f"{len(wrong)} of {len(cases)} are wrong:\n" + "\n".join(wrong[:5])


# --- as a specialist writes it --------------------------------------------------------------------------------------


def lines(text: str, declared: Mapping[str, Any], dialect: str = "numpy") -> list[str]:
    """What the function does, without imports, helpers, documentation, sizes and checks."""
    with fresh_arena():
        parsed = parse(text, declare(declared))
        source = to_code(parsed.node, [node.parameter for node in parsed.variables.values()], "f", "Text.", dialect)
    source = source[source.find("def f") if "def f" in source else 0 :]
    return re.findall(r"^    ((?:t\d+ = |return |result = ).*)$", source, re.MULTILINE)


SMALL = {"A": "matrix(100,2)", "B": "matrix(2,100)", "x": "vector(2)"}
WRITTEN: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("A*B*x", {"A": "matrix(m,n)", "B": "matrix(n,p)", "x": "vector(p)"}, "return A @ (B @ x)"),
    ("b'*A*x", LINEAR, "return b @ (A @ x)"),
    ("A'*(A*x - b)", LINEAR, "return A.T @ (A @ x - b)"),
    ("2*A'*(A*x - b)/m", LINEAR, "return 2 * (A.T @ (A @ x - b)) / m"),
    ("x*b'*b", LINEAR, "return (b @ b) * x"),
    ("s*b*x'", LINEAR, "return np.outer(s * b, x)"),
    ("b*x'*A'", LINEAR, "return np.outer(b, A @ x)"),
    ("A*B*A", SMALL, "return A @ (B @ A)"),
    ("B*A*B", SMALL, "return B @ A @ B"),
    ("diag(b)*A", LINEAR, "return b[:, None] * A"),
    ("A*diag(x)", LINEAR, "return A * x"),
    ("diag(x)*x", LINEAR, "return x * x"),
    ("A'*diag(b)*A", LINEAR, "return A.T @ (b[:, None] * A)"),
    ("inv(A)*b", SQUARE, "return np.linalg.solve(A, b)"),
    ("inv(A)'*b", SQUARE, "return np.linalg.solve(A.T, b)"),
    ("b'*inv(A)*x", SQUARE, "return b @ np.linalg.solve(A, x)"),
    ("b'*inv(A)", SQUARE, "return np.reshape(np.linalg.solve(A.T, b), (1, -1))"),
    ("B*inv(A)", {"A": "matrix(n,n)", "B": "matrix(m,n)"}, "return np.linalg.solve(A.T, B.T).T"),
    ("B*inv(S)", {"S": "spd(n)", "B": "matrix(m,n)"}, "return np.linalg.solve(S, B.T).T"),
    ("(A + A')*x", SQUARE, "return A @ x + A.T @ x"),
    ("(A - A')*x", SQUARE, "return (A - A.T) @ x"),
    ("(A + 2*eye(n))*x", SQUARE, "return A @ x + 2 * x"),
    ("(diag(x) - x*x')*A", SQUARE, "return x[:, None] * A - np.outer(x, A.T @ x)"),
    ("A*(diag(x) - x*b')", SQUARE, "return A * x - np.outer(A @ x, b)"),
    ("2*einsum(ik,jl->ijkl, eye(n), A'*A)", SQUARE, 'return placed(2 * (A.T @ A), "ikil->ikl", (n, n, n, n))'),
    ("logdet(A)", SQUARE, "return np.linalg.slogdet(A)[1]"),
    ("tr(A'*B)", {"A": "matrix(m,n)", "B": "matrix(m,n)"}, "return np.sum(A * B)"),
    ("tr(A*B)", {"A": "matrix(m,n)", "B": "matrix(n,m)"}, "return np.sum(A * B.T)"),
    ("tr(x*b')", SQUARE, "return x @ b"),
    ("norm2(A*x - b)^2", LINEAR, "t0 = A @ x - b; return t0 @ t0"),
    ("normF(A)^2", SQUARE, "return np.sum(A**2)"),
    ("sum(x.*b)", SQUARE, "return x @ b"),
    ("sum((A*x).^2)", SQUARE, "t0 = A @ x; return t0 @ t0"),
    ("A*ones(n)", SQUARE, "return np.sum(A, axis=1)"),
    ("ones(n)'*A*x", SQUARE, "return np.sum(A @ x)"),
    ("logsumexp(x)", SQUARE, "return special.logsumexp(x)"),
    ("log(sum(exp(x)))", SQUARE, "return np.log(np.sum(np.exp(x)))"),
    ("vec(A')", SQUARE, "return A.reshape(-1)"),
    ("diag(A*B)", {"A": "matrix(m,n)", "B": "matrix(n,m)"}, "return np.sum(A * B.T, axis=1)"),
    ("diag(B'*inv(A)*B)", {"A": "matrix(n,n)", "B": "matrix(n,m)"}, "return np.sum(B.T * np.linalg.solve(A, B).T, axis=1)"),
    ("diag(x*b')", SQUARE, "return x * b"),
    ("A - b*ones(n)'", LINEAR, "return A - b[:, None]"),
    ("A - 2*ones(m)*x'/s", LINEAR, "return A - 2 * x / s"),
    ("A.*(exp(b)*ones(n)')", LINEAR, "return A * np.exp(b)[:, None]"),
    ("b*ones(n)' + ones(m)*x'", LINEAR, "return np.outer(b, np.ones(n)) + np.outer(np.ones(m), x)"),
    ("(A - b*ones(n)')'*b", LINEAR, "return A.T @ b - (b @ b) * np.ones(n)"),
    ("where(x > 0, x, b)", SQUARE, "return np.where(x > 0, x, b)"),
    ("A^2*x", SQUARE, "return A @ (A @ x)"),
    ("e^x + x^2", {}, "return np.exp(x) + x**2"),
)


BROADCAST = (
    ("A - b*ones(n)'", "A .- b", "A - b"),
    ("A - ones(m)*x'", "A .- x'", "A - x'"),
    ("A - 2*ones(m)*x'/s", "A .- 2 * x' / s", "A - 2 * x' / s"),
    ("A.*(b*ones(n)')", "A .* b", "A .* b"),
)


@pytest.mark.parametrize(("text", "julia", "matlab"), [pytest.param(*row, id=row[0]) for row in BROADCAST])
def test_a_vector_goes_with_every_row_or_column(text: str, julia: str, matlab: str) -> None:
    assert lines(text, LINEAR, "julia")[0].removeprefix("return ") == julia
    assert lines(text, LINEAR, "matlab")[0].rstrip(";").removeprefix("result = ") == matlab


@pytest.mark.parametrize(("text", "declared", "written"), [pytest.param(*row, id=row[0]) for row in WRITTEN])
def test_it_is_written_as_a_specialist_would(text: str, declared: dict[str, Any], written: str) -> None:
    assert "; ".join(lines(text, declared)) == written


def test_every_dialect_writes_in_its_own_way() -> None:
    text, declared = "A'*(exp(A*x) - b)/norm2(b)^2", LINEAR
    assert {dialect: lines(text, declared, dialect) for dialect in DIALECTS} == {
        "numpy": ["return (A.T @ (np.exp(A @ x) - b)) / (b @ b)"],
        "jax": ["return (A.T @ (jnp.exp(A @ x) - b)) / (b @ b)"],
        "pytorch": ["return (A.T @ (torch.exp(A @ x) - b)) / (b @ b)"],
        "julia": ["return (A' * (exp.(A * x) - b)) / dot(b, b)"],
        "matlab": ["result = (A' * (exp(A * x) - b)) / (b' * b);"],
    }


def test_only_names_are_indexed_in_matlab() -> None:
    assert lines("(A*x)[2]", LINEAR, "matlab") == ["t0 = A * x;", "result = t0(2);"]
    assert lines("(A*x)[2]", LINEAR, "julia") == ["return (A * x)[2]"]
