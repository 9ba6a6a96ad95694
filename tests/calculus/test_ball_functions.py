"""Every operation of the registry in ball arithmetic: the ball holds the value that NumPy computes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from service.calculus.ball_functions import FUNCTIONS, Imprecise
from service.calculus.balls import Balls, ball, balls
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.sampling import Style, as_doubles, draw_point, variables_of
from service.calculus.tensor_values import parts
from service.expression.arena import fresh_arena
from service.expression.operation import Sample, operations
from service.expression.tensors import Apply
from service.language import declare, parse
from service.precision import precision

SIZES = {"m": 4, "n": 3, "p": 2, "q": 5}
SAMPLES = [
    pytest.param(sample, id=f"{entry.name}: {sample.expression} {sample.variables or ''}")
    for entry in operations()
    for sample in entry.samples
]


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena(), np.errstate(all="ignore"):
        yield


def uniform(low: float, high: float) -> Style:
    return Style(lambda random: Fraction(random.randrange(int(low * 2**32), int(high * 2**32)), 2**32), dominant=True)


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_ball_holds_the_value(sample: Sample) -> None:
    node = parse(sample.expression, declare(sample.variables)).node
    tensor = lower(node)
    missing = [part.operation.name for part in parts([tensor]) if isinstance(part, Apply) and part.operation.name not in FUNCTIONS]
    assert not missing, f"say in service/calculus/ball_functions.py what {missing} is in ball arithmetic"
    point = draw_point(variables_of([node]).values(), SIZES, uniform(*sample.domain), Random(3))
    with precision(200):
        found = Balls({name: balls(value) for name, value in point.items()}, SIZES)(tensor)
        middle = np.asarray(np.frompyfunc(float, 1, 1)(found), dtype=float)
        bits = [entry.rel_accuracy_bits() for entry in found.flat if not entry.contains(0)]
    np.testing.assert_allclose(middle, Evaluator(node, SIZES)(as_doubles(point)), rtol=1e-9, atol=1e-12)
    assert min(bits, default=200) > 120, "a ball is narrow at a generic point"


@pytest.mark.parametrize(
    ("text", "x"),
    [("log(x)", -1), ("sqrt(x)", -1), ("1/x", 0), ("x^(1/3)", -8), ("atanh(x)", 2), ("acosh(x)", 0), ("gamma(x)", -2)],
)
def test_what_does_not_exist_is_no_finite_ball(text: str, x: int) -> None:
    with precision(100):
        assert not Balls({"x": balls(np.array(x, dtype=object))}, {})(lower(parse(text).node)).item().is_finite()


@pytest.mark.parametrize(("text", "value"), [("sign(x)", 0), ("step(x)", 0), ("abs(x)", 0), ("relu(x)", 0), ("x == 0", 1), ("floor(x)", 0)])
def test_an_exact_ball_knows_its_side_of_a_kink(text: str, value: int) -> None:
    with precision(100):
        assert Balls({"x": balls(np.array(0, dtype=object))}, {})(lower(parse(text).node)).item() == value


def test_a_ball_across_a_jump_does_not_tell() -> None:
    wide = np.array(ball(Fraction(1, 3)) - ball(Fraction(1, 3)), dtype=object)
    with precision(100), pytest.raises(Imprecise):
        Balls({"x": wide}, {})(lower(parse("sign(x)").node))


def test_a_singular_matrix_does_not_tell() -> None:
    singular = np.array([[1, 2], [2, 4]], dtype=object)
    with precision(100), pytest.raises(Imprecise):
        Balls({"A": balls(singular)}, {"n": 2})(lower(parse("inv(A)", declare({"A": "matrix(n,n)"})).node))


def test_the_precision_is_back_afterwards() -> None:
    def bits() -> Any:
        return (ball(1) / 3).rel_accuracy_bits()

    before = bits()
    with precision(500):
        assert bits() > 490
    assert bits() == before
