"""Computations by hand on exact matrices: what they come to, that they hang together, and that a wrong step is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import flint
import numpy as np
import pytest

from service.errors import CheckFailed, InputError, LimitExceeded
from service.expression.arena import fresh_arena
from service.linalg.eigen_exact import exact_spectrum
from service.linalg.matrices import read_matrix, read_symbolic_matrix
from service.teaching.characteristic import diagonal_steps
from service.teaching.elimination import determinant_steps, inverse_steps, rank_steps, system_steps
from service.teaching.exact_steps import ExactStep, Line, matrix_line, proved, small_exact
from service.teaching.orthogonalization import gram_schmidt_steps, qr_steps

MATRICES: tuple[list[list[Any]], ...] = (
    [[0, 1, 2], [1, 2, 1], [2, 7, 8]],
    [[2, 1], [5, 3]],
    [[1, 2, 3], [2, 4, 7]],
    [[0, 0], [0, 0]],
    [["1/2", "-1/3"], [0.25, 3]],
    [[0, 2, 1], [0, 0, 3], [4, 0, 1]],
    [[7]],
    [[0]],
    [[1, 2, 3, 4]],
    [[1], [0], [2]],
    [[1e-20, 1], [1, 1e20]],
)
SPECTRA: tuple[list[list[Any]], ...] = (
    [[2, 1], [1, 2]],
    [[2, 1], [0, 2]],
    [[1, 1], [1, 0]],
    [[0, -1], [1, 0]],
    [[1, 2, 0], [0, 1, 0], [0, 0, 3]],
    [[1, -2], [3, 1]],
    [[5]],
    [[0, 0], [0, 0]],
    [["1/2", 1], [0, "1/3"]],
    [[0, 0, 1], [1, 0, 1], [0, 1, 0]],
    [[0, 0, 0, 0, 1], [1, 0, 0, 0, 1], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]],
    [[3, -1, 0, 0], [1, 1, 0, 0], [0, 0, 0, -2], [0, 0, 1, 2]],
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def exact(rows: list[list[Any]]) -> Any:
    return small_exact(read_matrix(rows))


def is_square(rows: list[list[Any]]) -> bool:
    return len(rows) == len(rows[0])


def everything() -> Iterator[tuple[str, Callable[[], list[ExactStep]]]]:
    """Every kind of steps on every matrix that it is for."""
    for rows in MATRICES:
        yield f"rank {rows}", lambda rows=rows: rank_steps(exact(rows))
        yield f"gram-schmidt {rows}", lambda rows=rows: qr_steps(exact(rows))
        yield f"solve {rows}", lambda rows=rows: system_steps(exact(rows), exact(rows) * exact([[k + 1] for k in range(len(rows[0]))]))
        if is_square(rows):
            yield f"determinant {rows}", lambda rows=rows: determinant_steps(exact(rows))
            if exact(rows).det() != 0:
                yield f"inverse {rows}", lambda rows=rows: inverse_steps(exact(rows))
    for rows in SPECTRA:
        yield f"eigen {rows}", lambda rows=rows: diagonal_steps(exact_spectrum(read_matrix(rows)))


with fresh_arena():
    ALL = dict(everything())


@pytest.mark.parametrize("name", ALL)
def test_every_step_is_proved_and_is_data(name: str) -> None:
    for told in proved(ALL[name]()):
        assert set(told) == {"rule", "code", "before", "after", "text"}
        assert told["text"][0].isupper()
        assert told["text"].endswith(".")
        for line in (told["before"], told["after"]):
            assert line["latex"].count("{") == line["latex"].count("}")


@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith(("gram", "eigen"))])
def test_elimination_goes_on_where_it_was(name: str) -> None:
    for one, two in itertools.pairwise(proved(ALL[name]())):
        assert one["after"] == two["before"]


def spoilt(line: Line) -> Line:
    """Another line, which means what it says."""
    if isinstance(line.value, flint.fmpq_mat) and line.inside is None and "(" not in line.text:
        other = flint.fmpq_mat(line.value)
        other[0, 0] += flint.fmpq(1, 1000)
        return matrix_line(other)
    return replace(line, text=line.text.replace("[", "[1 + ", 1) if "[" in line.text else f"{line.text} + 1/1000")


def is_true_as_well(step: ExactStep, after: Line) -> bool:
    """A multiple of an eigenvector is one, and any P diagonalizes 0."""
    if step.rule == "diagonal form":
        return not any(step.before.value.entries())
    exact_lines = all(isinstance(line.value, flint.fmpq_mat) for line in (step.before, after))
    return step.rule == "eigenvectors" and exact_lines and not any((step.before.value * after.value).entries())


@pytest.mark.parametrize("name", ALL)
def test_a_tampered_step_is_refused(name: str) -> None:
    steps = ALL[name]()
    for place, step in enumerate(steps):
        tampered = spoilt(step.after)
        if is_true_as_well(step, tampered):
            continue
        with pytest.raises(CheckFailed):
            proved([*steps[:place], replace(step, after=tampered), *steps[place + 1 :]])
        if isinstance(step.after.value, (list, np.ndarray)):
            wrong = replace(step.after, value=np.asarray(step.after.value) * 1.001 + 0.001)
            with pytest.raises(CheckFailed):
                proved([replace(step, after=wrong)])


def test_elimination_of_the_lecture_notes() -> None:
    told = proved(rank_steps(exact([[0, 1, 2], [1, 2, 1], [2, 7, 8]])))
    assert [(step["code"], step["after"]["text"]) for step in told] == [
        ("exchange-rows", "[1, 2, 1; 0, 1, 2; 2, 7, 8]"),
        ("subtract-a-multiple", "[1, 2, 1; 0, 1, 2; 0, 3, 6]"),
        ("subtract-a-multiple", "[1, 2, 1; 0, 1, 2; 0, 0, 0]"),
        ("rank-of-the-echelon-form", "2"),
    ]
    assert told[1]["text"] == "Row 3 minus 2 times row 1: its entry in column 1 becomes 0."


def test_results() -> None:
    assert proved(determinant_steps(exact([[0, 2], ["1/2", 3]])))[-1]["after"]["text"] == "-1"
    assert proved(inverse_steps(exact([[2, 1], [5, 3]])))[-1]["after"]["text"] == "[3, -1; -5, 2]"
    told = proved(system_steps(exact([[1, 2, 3], [2, 4, 7]]), exact([[1], [3]])))
    assert told[-1]["after"]["text"] == "[-2; 0; 1]"
    assert "unknown 2 can be chosen freely" in told[-1]["text"]
    assert told[0]["before"]["latex"].startswith(r"\left[\begin{array}{ccc|c}")


def test_gram_and_schmidt() -> None:
    told = proved(gram_schmidt_steps(exact([[1, 1, 2], [1, 0, 1], [0, 1, 1]])))
    assert [(step["code"], step["after"]["text"]) for step in told] == [
        ("normalize", "[sqrt(2)/2, sqrt(2)/2, 0]"),
        ("subtract-projections", "[1/2, -1/2, 1]"),
        ("normalize", "[sqrt(6)/6, -sqrt(6)/6, sqrt(6)/3]"),
        ("dependent-vector", "[0, 0, 0]"),
    ]
    assert "[1, 0, 1] - 1/2*[1, 1, 0] = [1/2, -1/2, 1]" in told[1]["text"]


def test_eigenvalues_by_the_characteristic_polynomial() -> None:
    told = proved(diagonal_steps(exact_spectrum(read_matrix([[2, 1], [1, 2]]))))
    assert [(step["code"], step["after"]["text"]) for step in told] == [
        ("characteristic-polynomial", "lambda^2 - 4*lambda + 3"),
        ("factor", "(lambda - 3)*(lambda - 1)"),
        ("eigenvalues", "[3, 1]"),
        ("shift", "[1, -1; 0, 0]"),
        ("eigenvectors", "[1; 1]"),
        ("shift", "[1, 1; 0, 0]"),
        ("eigenvectors", "[1; -1]"),
        ("diagonal-form", "[1, 1; 1, -1]*[3, 0; 0, 1]*inv([1, 1; 1, -1])"),
    ]
    assert told[0]["before"]["text"] == "det(lambda*eye(2) - [2, 1; 1, 2])"


@pytest.mark.parametrize("seed", range(12))
def test_random_matrices(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 9))
    rows = random.integers(-4, 5, (n, n)).tolist()
    a = exact(rows)
    assert proved(rank_steps(a))[-1]["after"]["text"] == str(a.rank())
    assert proved(determinant_steps(a))[-1]["after"]["text"] == str(a.det())
    assert proved(qr_steps(a)) is not None
    if a.det() != 0:
        assert proved(inverse_steps(a))[-1]["after"]["text"] == matrix_line(a.inv()).text
    if n < 6:
        assert proved(diagonal_steps(exact_spectrum(read_matrix(rows))))


def test_what_cannot_be_told() -> None:
    with pytest.raises(LimitExceeded) as caught:
        exact([[1] * 9])
    assert caught.value.facts["limit"] == "steps-size"
    with pytest.raises(LimitExceeded) as caught:
        proved(rank_steps(exact([["1" + "0" * 120, 1], [1, 1]])))
    assert caught.value.facts["limit"] == "steps-digits"
    for rows in ([["x", 1], [1, 1]], [["sqrt(2)", 1], [1, 1]], [[{"re": 1, "im": 1}]]):
        with pytest.raises(InputError):
            small_exact(read_symbolic_matrix(rows))
