"""Determinants, inverses, systems and eigenvalues of expressions: known answers, and answers that a perturbation is told from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from service.answers.symbolic_eigen import symbolic_eigen
from service.answers.symbolic_matrix import points, symbolic_determinant, symbolic_inverse, symbolic_solve, written
from service.errors import LimitExceeded, MathematicsRefuses, ShapeMismatch, SingularMatrix, Undecided, UndefinedAtPoint


def generic(n: int) -> list[list[str]]:
    return [[f"a{i}{j}" for j in range(n)] for i in range(n)]


DETERMINANTS = [
    ([["a", "b"], ["c", "d"]], "a*d - b*c"),
    ([["1", "x", "x^2"], ["1", "y", "y^2"], ["1", "z", "z^2"]], "-(y - z)*(x - z)*(x - y)"),
    ([["x"]], "x"),
    ([["a", "b"], ["2*a", "2*b"]], "0"),
    ([["1/a", 0], [0, "1/(a + b)"]], "1/(a*(a + b))"),
    ([["0.5", "x"], [1, 2]], "-x + 1"),
]


@pytest.mark.parametrize(("rows", "expected"), DETERMINANTS)
def test_determinants(rows: Any, expected: str) -> None:
    answer = symbolic_determinant(rows, None)
    assert answer["determinant"] == expected
    assert answer["checks"][0].passed


def test_an_inverse_names_where_it_holds() -> None:
    answer = symbolic_inverse([["a", "b"], ["c", "d"]], None)
    assert answer["provided"] == ["a*d - b*c != 0"]
    assert answer["inverse"][0][0] == "d/(a*d - b*c)"
    assert answer["determinant"] == "a*d - b*c"


def test_a_system() -> None:
    answer = symbolic_solve([["a", "b"], ["c", "d"]], [["p"], ["q"]], None)
    assert answer["provided"] == ["a*d - b*c != 0"]
    assert answer["checks"][0].passed


EIGENVALUES: list[tuple[Any, list[Any]]] = [
    ([["a", "b"], ["b", "a"]], ["a + b", "a - b"]),
    ([["a", "-b"], ["b", "a"]], [{"re": "a", "im": "b"}, {"re": "a", "im": "-b"}]),
    ([["a", 1], [0, "a"]], ["a", "a"]),
    ([["a", 1, 0], [0, "b", "c"], [0, 0, "d"]], ["a", "b", "d"]),
    ([["a", "b", "b", "b"], ["b", "a", "b", "b"], ["b", "b", "a", "b"], ["b", "b", "b", "a"]], ["a + 3*b", "a - b", "a - b", "a - b"]),
    ([["x"]], ["x"]),
]


@pytest.mark.parametrize(("rows", "expected"), EIGENVALUES)
def test_eigenvalues(rows: Any, expected: list[Any]) -> None:
    answer = symbolic_eigen(rows, None, vectors=True)
    assert answer["eigenvalues"] == expected
    assert answer["checks"][0].passed


def test_defective_families() -> None:
    assert symbolic_eigen([["a", 1], [0, "a"]], None, vectors=False)["defective"] is True
    assert symbolic_eigen([["a", 0], [0, "a"]], None, vectors=False)["defective"] is False


@pytest.mark.parametrize(
    "rows",
    [
        generic(2),
        generic(3),
        [["a", "b", "c"], ["b", "d", "f"], ["c", "f", "g"]],
        [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]],
        [[0, 0, "a"], [1, 0, 0], [0, 1, 0]],
        [[0, "a", 0, 0], ["a", 0, "b", 0], [0, "b", 0, "c"], [0, 0, "c", 0]],
        [["sqrt(2)", "x"], ["x", "sqrt(2)"]],
        [["exp(t)", "1/t"], [2, "log(t)"]],
    ],
)
def test_closed_forms_agree_with_lapack(rows: Any) -> None:
    check = symbolic_eigen(rows, None, vectors=True)["checks"][0]
    assert check.error is not None
    assert check.error < 1e-9


def test_eigenvectors_of_two_by_two() -> None:
    answer = symbolic_eigen([["a", "b"], ["c", "a"]], None, vectors=True)
    assert answer["eigenvectors"] == [["b", "b"], ["sqrt(b*c)", "-sqrt(b*c)"]]


def test_eigenvectors() -> None:
    rows = [["1 - p", "q"], ["p", "1 - q"]]
    answer = symbolic_eigen(rows, None, vectors=True)
    assert answer["eigenvalues"] == ["-p - q + 1", "1"]
    assert answer["eigenvectors"] == [["1", "q"], ["-1", "p"]]


REFUSED: list[tuple[Any, tuple[Any, ...], type[Exception]]] = [
    (symbolic_inverse, ([["a", "2*a"], ["b", "2*b"]], None), SingularMatrix),
    (symbolic_inverse, ([["a", "b", "c"]], None), ShapeMismatch),
    (symbolic_determinant, ([["a", "b", "c"]], None), ShapeMismatch),
    (symbolic_determinant, (generic(9), None), LimitExceeded),
    (symbolic_inverse, (generic(8), None), LimitExceeded),
    (symbolic_determinant, ([["(a + b + c + d)^200", 1], [2, "(a - b + c)^300"]], None), LimitExceeded),
    (symbolic_determinant, ([["x[1]", "norm2(x)"], [1, "x[2]"]], {"x": "vector(n)"}), ShapeMismatch),
    (symbolic_determinant, ([["1/(a - a)", 1], [1, 2]], None), UndefinedAtPoint),
    (symbolic_determinant, ([["log(-1 - x^2)", 1], [1, 2]], None), Undecided),
    (symbolic_solve, ([["a"]], [["b"], ["c"]], None), ShapeMismatch),
    (symbolic_eigen, (generic(4), None, True), MathematicsRefuses),
    (symbolic_eigen, (generic(5), None, True), LimitExceeded),
    (symbolic_inverse, ([["sqrt(a)", "a"], [1, "sqrt(a)"]], None), (Undecided, SingularMatrix)),
    (symbolic_inverse, ([["sin(t)", "cos(t)^2"], [1, "1/sin(t) - sin(t)"]], None), (Undecided, SingularMatrix)),
    (symbolic_eigen, ([["sin(t)^2 + cos(t)^2", 0], [0, 1]], None, True), Undecided),
]


@pytest.mark.parametrize(("operation", "arguments", "error"), REFUSED)
def test_what_is_refused(operation: Any, arguments: Any, error: Any) -> None:
    with pytest.raises(error):
        operation(*arguments)


def test_entries_of_declared_arrays() -> None:
    answer = symbolic_determinant([["x[1]", "x[2]"], ["x[2]", "x[1]"]], {"x": "vector(2)"})
    assert answer["checks"][0].passed


def test_a_perturbed_answer_is_told() -> None:
    rows = [["a", "b"], ["c", "d"]]
    for text, right in (("a*d - b*c", True), ("a*d + b*c", False), ("a*d - 1.001*b*c", False)):
        node = written([[text]], None)[2]
        errors = [abs(shown.ravel()[0] - np.linalg.det(a)) / abs(np.linalg.det(a)) for a, shown in points(rows, None, node)]
        assert bool(max(errors) < 1e-9) is right
