"""Every operation of the registry, on its own samples: nothing here names an operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from service.calculus.differentiate import derivatives
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.errors import NotDifferentiable, ShapeMismatch
from service.expression.arena import fresh_arena
from service.expression.nodes import at_sizes
from service.expression.operation import Elementwise, Operation, Sample, apply, is_function, operations
from service.expression.products import product
from service.expression.shapes import axes
from service.expression.tensors import Apply, Leaf, Tensor, number_of, variable
from service.printing import printers
from tests.operations.points import ALL_ONE, SIZES, Array, draw
from tests.operations.tensor_values import TensorValues

ALL = list(operations())
SAMPLES = [
    pytest.param(entry, sample, id=f"{sample.expression} {sample.variables or ''}".strip()) for entry in ALL for sample in entry.samples
]
BAD_SAMPLES = [pytest.param(sample, id=sample.expression) for entry in ALL for sample in entry.bad_samples]
LAWS = [pytest.param(law, id=f"{law.left} = {law.right}") for entry in ALL for law in entry.laws]
NAMED = [pytest.param(entry, id=entry.name) for entry in ALL]
PROMISED = """
    exp log ln log2 log10 log1p expm1 sqrt cbrt abs sign floor sin cos tan sec csc cot asin acos atan sinh cosh tanh sech asinh acosh
    atanh sigmoid relu softplus step erf erfc gamma loggamma digamma atan2 max min where
    sum mean prod dot outer norm1 norm2 norminf normF tr det logdet inv pinv adj diag vec kron expm logm sqrtm sinm cosm
    softmax softmax_rows logsumexp lambda_max sigma_max nuclear_norm eye ones zeros commutation vector matrix
""".split()


@pytest.fixture(autouse=True)
def as_the_service_does_it() -> Iterator[None]:
    """Nodes live in an arena of their own, and values are computed without warnings."""
    with fresh_arena(), np.errstate(all="ignore"):
        yield


# --- what an operation says of itself -------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", NAMED)
def test_it_documents_itself(entry: Operation) -> None:
    assert entry.summary()
    assert entry.family
    if entry.in_language:
        assert re.fullmatch(r"[^\n]{4,140}[.]", entry.summary()), "the first line of the docstring is the summary, one sentence"
        assert is_function(entry.name)
        assert entry.usage().startswith(f"{entry.name}(")
        assert entry.samples


@pytest.mark.parametrize("entry", NAMED)
def test_an_alias_is_the_same_function(entry: Operation) -> None:
    for alias in entry.aliases if entry.in_language else ():
        sample = entry.samples[0]
        texts = [sample.expression, sample.expression.replace(f"{entry.name}(", f"{alias}(")]
        named, aliased = draw(texts, sample.variables, sample.domain).nodes
        assert named is aliased


def test_every_function_that_clients_rely_on_is_there() -> None:
    assert [name for name in PROMISED if not is_function(name)] == []


# --- values, shapes, tensors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_the_value_has_the_shape_that_the_rule_says(entry: Operation, sample: Sample) -> None:
    drawn = draw([sample.expression], sample.variables, sample.domain)
    (value,) = drawn.values()
    assert value.shape == axes(at_sizes(drawn.nodes[0], SIZES).shape)
    assert np.isfinite(value).all()


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_the_tensor_has_the_value(entry: Operation, sample: Sample) -> None:
    drawn = draw([sample.expression], sample.variables, sample.domain)
    tensor = lower(drawn.nodes[0])
    assert tensor.shape == axes(drawn.nodes[0].shape)
    np.testing.assert_allclose(TensorValues(drawn.point, SIZES)(tensor), drawn.values()[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("entry", "sample"), [case for case in SAMPLES if case.values[0].kink])
def test_what_has_a_kink_tells_the_sides_of_it(entry: Operation, sample: Sample) -> None:
    """Samples are generic, so no entry is on a kink; and the pieces are those of the arguments, or one for all of them."""
    assert type(entry).side is not Operation.side
    drawn = draw([sample.expression], sample.variables, sample.domain)
    evaluate = Evaluator(drawn.nodes[0], SIZES)
    known = {node: value for (node, _), value in zip(evaluate.steps, evaluate.all_values(drawn.point), strict=True)}
    used = [node for node in known if node.operation is entry]
    assert used
    for node in used:
        arguments = [known[argument] for argument in node.arguments]
        sides = np.asarray(entry.side(node, *arguments), dtype=float)
        assert np.isfinite(sides).all()
        assert sides.shape in ((), *[np.shape(argument) for argument in arguments])


@pytest.mark.parametrize("law", LAWS)
def test_the_law_holds(law: Any) -> None:
    drawn = draw([law.left, law.right], law.variables, law.domain)
    left, right = drawn.values()
    np.testing.assert_allclose(left + np.zeros_like(right), right + np.zeros_like(left), rtol=1e-9, atol=1e-11)
    point = TensorValues(drawn.point, SIZES)
    np.testing.assert_allclose(point(lower(drawn.nodes[0])) + np.zeros_like(left), left, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("entry", NAMED)
def test_a_matrix_of_one_entry_is_a_scalar(entry: Operation) -> None:
    """Where every letter is 1, arrays have no axes left: values exist, and laws hold, all the same."""
    for texts, variables, domain in [([s.expression], s.variables, s.domain) for s in entry.samples] + [
        (law[:2], *law[2:]) for law in entry.laws
    ]:
        drawn = draw(texts, variables, domain, ALL_ONE)
        try:
            left, *right = drawn.values()
        except ShapeMismatch:  # the second unit vector of one entry
            continue
        assert np.isfinite(left).all()
        np.testing.assert_allclose([left] * len(right), right, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("sample", BAD_SAMPLES)
def test_what_does_not_fit_is_refused_by_its_shape(sample: Sample) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        lower(draw([sample.expression], sample.variables, sample.domain).nodes[0])
    assert re.search(r"\ba scalar|\ba vector|\ba row|\ba matrix|entries|\d|rows|powers", caught.value.detail)


# --- derivatives ----------------------------------------------------------------------------------------------------


def applied(entry: Operation, sample: Sample) -> Iterator[tuple[Apply, TensorValues]]:
    """Each use of the operation among the tensors of a sample, on fresh variables in place of its arguments."""
    drawn = draw([sample.expression], sample.variables, sample.domain)
    values = TensorValues(drawn.point, SIZES)
    root = lower(drawn.nodes[0])
    values(root)
    seen = {root}
    stack = [root]
    while stack:
        tensor = stack.pop()
        if isinstance(tensor, Apply) and tensor.operation is entry:
            arguments: list[Tensor] = []
            point: dict[str, Array] = {}
            for place, argument in enumerate(tensor.arguments):
                if number_of(argument) is None:
                    point[f"t{place}"] = values(argument)
                    argument = variable(f"t{place}", argument.shape)
                arguments.append(argument)
            again = apply(entry, *arguments)
            assert isinstance(again, Apply)
            assert again.operation is entry
            yield again, TensorValues(point, SIZES)
        stack += [child for child in tensor.children() if child not in seen]
        seen.update(tensor.children())


def rules(y: Apply) -> Iterator[tuple[Leaf, Tensor]]:
    """The operation's own derivative by each of its arguments, with the axes of the value, then of the argument."""
    for position, x in enumerate(y.arguments):
        if isinstance(x, Leaf):
            if isinstance(y.operation, Elementwise):
                assert all(part.shape == y.shape for part in parts(y)), "a slope has the shape of the value"
                yield x, derivatives(y, [x])[0]
            else:
                rule = y.operation.jacobian(y, position, *y.arguments)
                assert rule.shape == y.shape + x.shape
                yield x, rule


def parts(y: Apply) -> tuple[Tensor, ...]:
    assert isinstance(y.operation, Elementwise)
    found = y.operation.derivative(y, *y.arguments)
    return found if isinstance(found, tuple) else (found,)


def differences(f: Callable[[Array], Array], x: Array) -> Array:
    """∂f/∂x by Richardson-extrapolated central differences."""
    columns = []
    for place in np.ndindex(x.shape):

        def central(step: float, place: tuple[int, ...] = place) -> Array:
            ahead, behind = x.copy(), x.copy()
            ahead[place] += step
            behind[place] -= step
            return (f(ahead) - f(behind)) / (2 * step)

        columns.append((4 * central(1e-4) - central(2e-4)) / 3)
    stacked = np.stack(columns, axis=-1)
    return np.reshape(stacked, (*stacked.shape[:-1], *x.shape))


def check_rule(y: Tensor, x: Leaf, rule: Tensor, values: TensorValues) -> None:
    """A derivative against differences of the value."""

    def f(moved: Array) -> Array:
        return TensorValues({**values.variables, x.name: moved}, SIZES)(y)

    expected = differences(f, np.array(values.variables[x.name], dtype=float))
    np.testing.assert_allclose(values(rule), expected, rtol=1e-6, atol=1e-7 * max(1.0, float(np.abs(expected).max(initial=0))))


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_the_derivative_is_that_of_the_value_twice(entry: Operation, sample: Sample) -> None:
    """The rule against differences of the value, and the derivative of the rule against differences of the rule."""
    for y, values in applied(entry, sample):
        try:
            for x, rule in rules(y):
                check_rule(y, x, rule, values)
                check_rule(rule, x, derivatives(rule, [x])[0], values)
        except NotDifferentiable as error:
            pytest.skip(error.detail)


def spoil(entry: Operation, change: Callable[[Tensor], Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the rule of an operation by a wrong one."""
    name = "derivative" if isinstance(entry, Elementwise) else "jacobian"
    right = getattr(type(entry), name)

    def wrong(self: Operation, *arguments: Any) -> Any:
        found = right(self, *arguments)
        return tuple([change(part) for part in found]) if isinstance(found, tuple) else change(found)

    monkeypatch.setattr(type(entry), name, wrong)


def uses_with_rules(entry: Operation) -> list[tuple[Apply, Leaf, Tensor, TensorValues]]:
    try:
        return [(y, x, rule, values) for sample in entry.samples for y, values in applied(entry, sample) for x, rule in rules(y)]
    except NotDifferentiable:
        return []


def is_refused(y: Tensor, x: Leaf, rule: Tensor, values: TensorValues) -> bool:
    try:
        check_rule(y, x, rule, values)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("entry", NAMED)
def test_a_wrong_factor_would_be_found(entry: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(is_refused(*use) for use in uses_with_rules(entry))
    spoil(entry, lambda rule: rule * Fraction(1001, 1000), monkeypatch)
    for y, x, rule, values in uses_with_rules(entry):
        assert is_refused(y, x, rule, values) == bool(values(rule).any())


@pytest.mark.parametrize("entry", NAMED)
def test_a_forgotten_transpose_would_be_found(entry: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some sample must notice when the axes of a square argument are swapped: samples are not symmetric."""
    square = [y for y, x, _, _ in uses_with_rules(entry) if len(x.shape) == 2 and x.shape[0] == x.shape[1]]
    if square and not isinstance(entry, Elementwise):
        spoil(entry, swapped, monkeypatch)
        assert any(is_refused(*use) for use in uses_with_rules(entry))


def swapped(rule: Tensor) -> Tensor:
    labels = tuple(range(len(rule.shape)))
    if len(labels) < 2 or rule.shape[-1] != rule.shape[-2]:
        return rule
    return product(1, [(rule, labels)], (*labels[:-2], labels[-1], labels[-2]))


# --- printing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_the_printed_text_means_the_same(entry: Operation, sample: Sample) -> None:
    drawn = draw([sample.expression], sample.variables, sample.domain)
    text = printers.to_text(drawn.nodes[0])
    again = draw([text, sample.expression], sample.variables, sample.domain)
    left, right = again.values()
    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-14)
    assert again.nodes[0].shape == again.nodes[1].shape
    assert printers.to_text(again.nodes[0]) == text


@pytest.mark.parametrize(("entry", "sample"), SAMPLES)
def test_the_latex_is_balanced(entry: Operation, sample: Sample) -> None:
    latex = printers.to_latex(draw([sample.expression], sample.variables, sample.domain).nodes[0])
    assert latex.strip()
    assert "None" not in latex
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert latex.count(r"\left") - latex.count(r"\leftarrow") == latex.count(r"\right") - latex.count(r"\rightarrow")
    assert re.findall(r"\\begin{(\w+)}", latex) == re.findall(r"\\end{(\w+)}", latex)[::-1]
    assert not re.search(r"\^(\{[^{}]*\}|\\top|\w)\s*\^", latex), "two superscripts on one base do not typeset"
