"""Every form of a derivative says the same: index notation, cores and deltas as text, as data and as code, Kronecker products."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from service.answers import derivation, forms
from service.answers.points import values_at
from service.answers.task import FORMS, LAYOUTS, Task, read_back, read_task
from service.errors import CheckFailed, NablaError
from service.expression.arena import fresh_arena
from service.expression.tensors import Tensor
from service.operations.leaves import Variable
from tests.calculus.examination import VARIABLES as RANDOM_VARIABLES
from tests.calculus.random_expressions import question

Array = np.ndarray[Any, Any]
SHAPES = {
    "A": (3, 3),
    "B": (3, 3),
    "X": (3, 3),
    "S": (3, 3),
    "R": (2, 3),
    "T": (2, 3),
    "U": (2, 4),
    "V": (3, 4),
    "C": (4, 2),
    "x": (3,),
    "y": (2,),
}
LETTERS = {2: "m", 3: "n", 4: "r"}
VARIABLES = {
    name: f"matrix({LETTERS[shape[0]]},{LETTERS[shape[1]]})" if len(shape) == 2 else f"vector({LETTERS[shape[0]]})"
    for name, shape in SHAPES.items()
} | {"S": "symmetric(n)"}

CASES = """
    hessian    | normF(T - U*V')^2             | U
    hessian    | normF(T - U*V')^2             | V
    hessian    | sum(exp(R))                   | R
    hessian    | logdet(X)                     | X
    hessian    | normF(R)^4                    | R
    hessian    | sum(log(1 + exp(R*x)))        | x
    hessian    | x'*A*x                        | x
    hessian    | sum(x.^4)                     | x
    hessian    | tr(S*A*S*B)                   | S
    jacobian   | A*X*B                         | X
    jacobian   | R*x                           | R
    jacobian   | x'*A                          | A
    jacobian   | A*x                           | x
    jacobian   | X'*X                          | X
    jacobian   | X^3                           | X
    jacobian   | sigmoid(A*X*B)                | X
    jacobian   | kron(R, C)                    | R
    jacobian   | softmax(x)                    | x
    jacobian   | t*x                           | t
    jacobian   | t^2*A                         | t
    jacobian   | tr(R)*eye(n)                  | A
    derivative | inv(X)                        | X
    derivative | inv(S)                        | S
    derivative | tanh(R*x)                     | R
    derivative | max(x)*X                      | X
    derivative | x*y'                          | x
    derivative | diag(x)                       | x
    derivative | sum(x)*ones(n,n)              | x
    derivative | t^3                           | t
    gradient   | x'*A*x                        | x
    gradient   | tr(A*X)                       | X
    gradient   | tr(A*S)                       | S
    gradient   | sum(x)                        | x
"""
ROWS = [[part.strip() for part in line.split("|")] for line in CASES.strip().splitlines() if "tr(R)" not in line]
THIRD = [["derivative", "sum(x.^4)", "x"], ["derivative", "norm2(x)^3", "x"], ["derivative", "tr(X^3)", "X"]]


def task_of(kind: str, expression: str, wrt: str, form: str, **more: Any) -> Task:
    return read_task(kind, {"expression": expression, "variables": VARIABLES, "wrt": wrt, "form": form, **more})


def derived(kind: str, expression: str, wrt: str, form: str, **more: Any) -> dict[str, Any]:
    with fresh_arena():
        result: dict[str, Any] = derivation.derive(task_of(kind, expression, wrt, form, **more))["result"]
    return result


def point(task: Task) -> dict[str, Any]:
    random = np.random.default_rng(5)
    values = {name: random.uniform(0.5, 1.5, shape) for name, shape in SHAPES.items()}
    values |= {name: values[name] + 3 * np.eye(3) for name in "XS"}
    values["S"] = values["S"] + values["S"].T
    return {name: values[name].tolist() for name in SHAPES if name in task.variables} | ({"t": 0.7} if "t" in task.variables else {})


def value_of(kind: str, expression: str, wrt: str, form: str, **more: Any) -> Array:
    with fresh_arena():
        task = task_of(kind, expression, wrt, form, **more)
        return np.asarray(derivation.values(derivation.derive(task), task, point(task)))


def run(code: str, *arguments: Any) -> Any:
    names: dict[str, Any] = {}
    exec(code, names)
    (function,) = [value for name, value in names.items() if name.startswith(("apply", "gradient", "derivative", "jacobian", "hessian"))]
    return function(*arguments)


def arguments_of(code: str) -> list[str]:
    match = re.search(r"^def (?!placed)\w+\((.*)\):", code, re.MULTILINE)
    assert match is not None
    return match[1].split(", ")


@pytest.mark.parametrize(("kind", "expression", "wrt"), ROWS)
@pytest.mark.parametrize("layout", ["mixed", "numerator", "denominator"])
def test_all_forms_have_the_same_value(kind: str, expression: str, wrt: str, layout: str) -> None:
    expected = value_of(kind, expression, wrt, "automatic", layout=layout)
    for form in ("einsum", "structured"):
        np.testing.assert_allclose(value_of(kind, expression, wrt, form, layout=layout), expected, rtol=1e-12, atol=1e-12)
    stacked = value_of(kind, expression, wrt, "kronecker", layout=layout)
    if expected.ndim < 3:
        np.testing.assert_allclose(stacked, expected, rtol=1e-12, atol=1e-12)
    else:
        assert stacked.ndim == 2
        stacked = stacked.T if layout == "denominator" else stacked
        np.testing.assert_allclose(stacked.reshape(-1, order="F"), expected.reshape(-1, order="F"), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kind", "expression", "wrt"), ROWS)
def test_the_answer_says_its_form(kind: str, expression: str, wrt: str) -> None:
    for form in FORMS:
        result = derived(kind, expression, wrt, form)
        rank = len(result["shape"])
        automatic = "einsum" if rank > 2 else "matrix"
        assert result["form"] == ("matrix" if rank == 0 else automatic if form == "automatic" else form)
        assert ("terms" in result) == (result["form"] == "structured")


@pytest.mark.parametrize(("kind", "expression", "wrt"), ROWS)
@pytest.mark.parametrize("form", FORMS)
def test_latex_has_no_double_subscript(kind: str, expression: str, wrt: str, form: str) -> None:
    latex = derived(kind, expression.replace("A", "A_1").replace("R", "R_2"), wrt.replace("A", "A_1").replace("R", "R_2"), form, variables={
        **VARIABLES, "A_1": VARIABLES["A"], "R_2": VARIABLES["R"]
    })["latex"]  # fmt: skip
    assert not re.search(r"_(\w|\{[^{}]*\})_", latex), latex
    assert latex.count("{") == latex.count("}")


def assembled(result: dict[str, Any], task: Task, lengths: tuple[int, ...]) -> Array:
    """The array that the terms describe, by nothing but their data."""
    whole = np.zeros(lengths)
    letters = "abcdefgh"[: len(lengths)]
    for term in result["terms"]:
        arrays: list[Any] = []
        labels = []
        for core in term["cores"]:
            arrays.append(np.asarray(values_at(read_back(core["text"], task.parsed), task.variables, point(task), task.parsed.sizes)))
            labels.append("".join(letters[axis] for axis in core["axes"]))
        for first, second in term["deltas"]:
            arrays.append(np.eye(lengths[first]))
            labels.append(letters[first] + letters[second])
        whole += np.einsum(f"{','.join(labels)}->{letters}", *arrays)
    return whole


@pytest.mark.parametrize(("kind", "expression", "wrt"), [*ROWS, *THIRD])
def test_the_terms_are_the_array(kind: str, expression: str, wrt: str) -> None:
    more = {"order": 3} if [kind, expression, wrt] in THIRD else {}
    with fresh_arena():
        task = task_of(kind, expression, wrt, "structured", **more)
        answer = derivation.derive(task)
        if answer["result"]["shape"]:
            expected = np.asarray(derivation.values(answer, task, point(task)))
            found = assembled(answer["result"], task, np.squeeze(expected).shape)
            np.testing.assert_allclose(found, np.squeeze(expected), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kind", "expression", "wrt"), [*ROWS, *THIRD])
def test_the_code_applies_it(kind: str, expression: str, wrt: str) -> None:
    more = {"order": 3} if [kind, expression, wrt] in THIRD else {}
    with fresh_arena():
        task = task_of(kind, expression, wrt, "structured", **more)
        answer = derivation.derive(task)
        whole = np.asarray(derivation.values(answer, task, point(task)))
        values = {name: np.asarray(value) for name, value in point(task).items()}
    result = answer["result"]
    if "applied" in result:
        (name,) = result["applied"]["introduced"]
        direction = np.random.default_rng(6).uniform(-1, 1, SHAPES[wrt])
        values[name] = direction
        whole = np.tensordot(np.squeeze(whole), direction, direction.ndim)
    code = result["code"]["numpy"]
    found = run(code, *[values[argument] for argument in arguments_of(code)])
    np.testing.assert_allclose(np.squeeze(found), np.squeeze(whole), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("kind", "expression", "wrt", "core", "deltas", "applied"),
    [
        ("hessian", "normF(T - U*V')^2", "U", {"text": "2*V'*V", "shape": ["r", "r"], "axes": [1, 3]}, [[0, 2]], "2*dU*V'*V"),
        ("hessian", "normF(A - X*B)^2", "B", {"text": "2*X'*X", "shape": ["n", "n"], "axes": [0, 2]}, [[1, 3]], "2*X'*X*dB"),
        ("hessian", "sum(exp(R))", "R", {"text": "exp(R)", "shape": ["m", "n"], "axes": [0, 1]}, [[0, 2], [1, 3]], "exp(R).*dR"),
        ("jacobian", "R*x", "R", {"text": "x", "shape": ["n"], "axes": [2]}, [[0, 1]], "dR*x"),
        ("jacobian", "R", "R", {"text": "1", "shape": [], "axes": []}, [[0, 2], [1, 3]], "dR"),
        ("jacobian", "3*R", "R", {"text": "3", "shape": [], "axes": []}, [[0, 2], [1, 3]], "3*dR"),
    ],
)
def test_a_core_and_deltas(kind: str, expression: str, wrt: str, core: dict[str, Any], deltas: Any, applied: str) -> None:
    result = derived(kind, expression, wrt, "structured")
    (term,) = result["terms"]
    (found,) = term["cores"]
    assert {name: found[name] for name in core} == core
    assert term["deltas"] == deltas
    assert result["applied"]["text"] == applied


def test_a_structured_hessian_is_not_formed() -> None:
    """At these sizes it would have 3.6e11 entries."""
    result = derived("hessian", "normF(T - U*V')^2", "U", "structured")
    random = np.random.default_rng(1)
    T, U, V, dU = (random.uniform(-1, 1, shape) for shape in ((2000, 500), (2000, 300), (500, 300), (2000, 300)))
    np.testing.assert_allclose(run(result["code"]["numpy"], T, U, V, dU), 2 * dU @ (V.T @ V), rtol=1e-9, atol=1e-9)


def test_index_notation_on_request() -> None:
    assert derived("gradient", "x'*A*x", "x", "einsum")["text"] == "einsum(ji,j->i, A, x) + einsum(ij,j->i, A, x)"
    assert derived("jacobian", "R*x", "x", "einsum")["text"] == "R"
    assert derived("derivative", "exp(x)", "x", "einsum")["latex"] == r"\left[\exp\left(x\right)_{i} \delta_{ij}\right]_{ij}"


def test_the_applied_form_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    contracted = forms.product

    def perturbed(coefficient: Any, *arguments: Any) -> Tensor:
        return contracted(coefficient * 2, *arguments)

    monkeypatch.setattr(forms, "product", perturbed)
    with pytest.raises(CheckFailed):
        derived("jacobian", "A*X*B", "X", "structured")


def test_the_direction_has_a_name_of_its_own() -> None:
    with fresh_arena():
        task = read_task("jacobian", {"expression": "R*x + dR", "variables": {"R": "matrix(m,n)", "x": "vector(n)", "dR": "vector(m)"},
                                      "wrt": "R", "form": "structured"})  # fmt: skip
        result = derivation.derive(task)["result"]
    assert result["applied"]["text"] == "d_R*x"
    assert result["applied"]["introduced"] == {"d_R": "matrix(m,n)"}
    assert isinstance(task.variables["R"], Variable)


def test_products_with_more_indices_than_letters() -> None:
    names = [f"A{place}" for place in range(60)]
    with fresh_arena():
        variables = dict.fromkeys(names, "matrix(n,n)") | {"x": "vector(n)"}
        request = {"expression": "*".join([*names, "x"]), "variables": variables, "wrt": "x", "form": "einsum"}
        assert derivation.derive(read_task("jacobian", request))["result"]["text"] == "*".join(names)


def test_the_denominator_layout_transposes_the_kronecker_form() -> None:
    texts = {layout: derived("jacobian", "R*A", "R", "kronecker", layout=layout)["text"] for layout in LAYOUTS}
    assert texts == {"mixed": "kron(A', eye(m))", "numerator": "kron(A', eye(m))", "denominator": "kron(A, eye(m))"}


def test_the_blocks_of_a_hessian_have_the_same_directions() -> None:
    with fresh_arena():
        request = {"expression": "normF(T - U*V')^2", "variables": VARIABLES, "wrt": ["U", "V"], "form": "structured"}
        blocks = derivation.derive(read_task("hessian", request))["results"]
    assert [list(blocks[row][column]["applied"]["introduced"]) for row in "UV" for column in "UV"] == [["dU"], ["dV"], ["dU"], ["dV"]]
    assert blocks["U"]["U"]["applied"]["latex"] == r"2 \mathrm{d} U V^\top V"


def test_what_is_applied_to_a_row_lies_where_the_function_does() -> None:
    with fresh_arena():
        request = {"expression": "t*r", "variables": {"r": {"shape": [1, "n"]}}, "wrt": "r", "form": "structured"}
        result = derivation.derive(read_task("jacobian", request))["result"]
    assert (result["applied"]["text"], result["applied"]["shape"]) == ("t*dr", [1, "n"])


@pytest.mark.parametrize("batch", range(4))
def test_random_expressions_in_every_form(batch: int) -> None:
    """What is answered in one form is answered in each: the service itself compares the text with the derivative."""
    for seed in range(20_000 + 15 * batch, 20_015 + 15 * batch):
        asked = question(seed)
        request = {"expression": asked.expression, "variables": RANDOM_VARIABLES, "wrt": asked.by, "order": asked.order}
        outcomes = {}
        for form in FORMS:
            try:
                with fresh_arena():
                    derivation.derive(read_task("derivative", {**request, "form": form}))
                outcomes[form] = "answered"
            except NablaError as error:
                outcomes[form] = type(error).__name__
        assert len(set(outcomes.values())) == 1, (seed, asked, outcomes)
