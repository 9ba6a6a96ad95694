"""What the literature says, against what the service answers: compared as functions by tests/oracle.py."""

from __future__ import annotations

import re
import zlib
from typing import Any

import numpy as np
import pytest

from service.answers.derivation import derive
from service.answers.task import read_task
from service.expression.arena import fresh_arena
from tests import oracle
from tests.calculus.further_identities import FURTHER
from tests.calculus.identities import IDENTITIES, KRONECKER, Identity

Array = oracle.Array
SIZES = {"m": 4, "n": 3, "p": 2, "q": 5}
POINTS = 2
WRONG_SHAPE = (oracle.Meaningless, ValueError, IndexError)
CASES = [pytest.param(identity, id=f"{identity.source}: {identity.expression} by {identity.wrt}") for identity in IDENTITIES + FURTHER]
STACKED = [pytest.param(identity, id=f"{identity.source}: {identity.expression} by {identity.wrt}") for identity in KRONECKER]

_DECLARED = re.compile(r"(\w+)(?:\[(\w+)\])?(?:=(\w+))?\(([^)]*)\)")


def declarations(identity: Identity) -> dict[str, Any]:
    """The `variables` of a request."""
    declared: dict[str, Any] = {}
    for name, parameter, kind, sizes in _DECLARED.findall(identity.variables):
        lengths = [int(size) if size.isdigit() else size for size in sizes.split(",") if size]
        if kind:
            declared[name] = f"{kind}({sizes})"
        elif parameter:
            declared[name] = {"shape": lengths, "depends_on": [parameter]}
        else:
            declared[name] = {"shape": lengths}
    return declared


def draw(identity: Identity, seed: int) -> dict[str, Any]:
    """Random values for all names; a variable that depends on x comes with its rates dU_dx and d2U_dx2."""
    random = np.random.default_rng(zlib.crc32(identity.expression.encode()) + seed)
    values: dict[str, Any] = dict(SIZES)
    for name, parameter, kind, sizes in _DECLARED.findall(identity.variables):
        lengths = [SIZES.get(size) or int(size) for size in sizes.split(",") if size]
        value = random.uniform(0.3, 1.7, lengths * 2 if kind else lengths)
        if value.ndim == 2 and len(value) == value.shape[1]:
            value = value + np.diag(np.arange(len(value)) + 1.5)
        values[name] = value @ value.T if kind == "spd" else value + value.T if kind == "symmetric" else value
        for rate in (f"d{name}_d{parameter}", f"d2{name}_d{parameter}2") if parameter else ():
            values[rate] = random.uniform(0.3, 1.7, lengths)
    for name in [identity.wrt, *re.findall(r"[^\W\d]\w*", identity.expression)]:
        if name not in values and name not in oracle.FUNCTIONS:
            values[name] = random.uniform(0.3, 1.7)
    return values


def moved(identity: Identity, values: dict[str, Any], step: float, direction: Array) -> dict[str, Any]:
    """The point moved along a direction, and with it what depends on the variable."""
    result = {**values, identity.wrt: values[identity.wrt] + step * direction}
    for name, parameter, _, _ in _DECLARED.findall(identity.variables):
        if parameter == identity.wrt:
            by = float(step * direction)
            result[name] = values[name] + by * values[f"d{name}_d{parameter}"] + by**2 / 2 * values[f"d2{name}_d{parameter}2"]
    return result


def differences(identity: Identity, values: dict[str, Any], direction: Array) -> Array:
    """The derivative of the expression along a direction, of the identity's order, twice for a Hessian."""
    second = identity.kind == "hessian" or identity.order == 2
    h = 3e-3 if second else 1e-3

    def f(step: float) -> Array:
        return oracle.evaluate(identity.expression, moved(identity, values, step, direction))

    def central(h: float) -> Array:
        return (f(h) - 2 * f(0) + f(-h)) / h**2 if second else (f(h) - f(-h)) / (2 * h)

    return (4 * central(h / 2) - central(h)) / 3


def same(left: Array, right: Array, tolerance: float = 1e-9) -> bool:
    return left.shape == right.shape and bool(np.allclose(left, right, rtol=tolerance, atol=tolerance * max(1, float(np.abs(right).max()))))


def answered(identity: Identity, stacked: bool = False) -> str:
    """The text that the service answers."""
    request = {"expression": identity.expression, "variables": declarations(identity), "wrt": identity.wrt, "vectorized": stacked}
    if identity.order > 1:
        request["order"] = identity.order
    with fresh_arena():
        text: str = derive(read_task(identity.kind, request))["result"]["text"]
    return text


@pytest.mark.parametrize("identity", CASES)
def test_the_published_formula_is_the_derivative(identity: Identity) -> None:
    """The table itself, against differences: the service has no part in it."""
    values = draw(identity, 0)
    shape = np.shape(values[identity.wrt])
    direction = np.random.default_rng(1).standard_normal(shape)
    if "=" in identity.variables and identity.wrt + "=" in identity.variables:
        direction = direction + direction.T
    slope = oracle.evaluate(identity.published, values)
    expected = np.tensordot(slope, direction, axes=len(shape)) if shape else slope * direction ** (identity.order)
    if identity.kind == "hessian":
        expected = np.tensordot(expected, direction, axes=len(shape))
    assert same(np.asarray(expected), differences(identity, values, direction), 1e-6)


@pytest.mark.parametrize("identity", STACKED)
def test_the_published_kronecker_form_is_the_derivative(identity: Identity) -> None:
    values = draw(identity, 0)
    direction = np.random.default_rng(1).standard_normal(np.shape(values[identity.wrt]))
    stacked = direction.reshape(-1, order="F")
    slope = oracle.evaluate(identity.published, values)
    expected = stacked @ slope @ stacked if identity.kind == "hessian" else slope @ stacked
    assert same(np.asarray(expected), differences(identity, values, direction).reshape(-1, order="F")[() if expected.ndim else 0], 1e-6)


@pytest.mark.parametrize("identity", STACKED)
def test_the_kronecker_form_is_the_published_one(identity: Identity) -> None:
    text = answered(identity, stacked=True)
    values = draw(identity, 0)
    published = oracle.evaluate(identity.published, values)
    value = oracle.evaluate(text, values)
    assert same(value, published), text
    assert not same(oracle.evaluate(f"({text})'", values), published) or same(published, published.T)


@pytest.mark.parametrize("identity", CASES)
def test_the_answer_is_the_published_formula(identity: Identity) -> None:
    text = answered(identity)
    for seed in range(POINTS):
        values = draw(identity, seed)
        published = oracle.evaluate(identity.published, values)
        assert same(oracle.evaluate(text, values), published), text
        assert oracle.shape(text, values) == oracle.shape(identity.published, values), text


def mutations(formula: str) -> list[str]:
    """The usual slips: a factor, a sign, a number, a transpose forgotten."""
    slips = [f"2*({formula})", f"-({formula})", f"0.999*({formula})"]
    for match in re.finditer(r"'", formula):
        slips.append(formula[: match.start()] + formula[match.end() :])
    for match in re.finditer(r"(?<![\w.])[2-9](?![\w.])", formula):
        slips.append(f"{formula[: match.start()]}{int(match[0]) + 1}{formula[match.end() :]}")
    for match in re.finditer(r" [+-] ", formula):
        slips.append(formula[: match.start()] + (" - " if match[0] == " + " else " + ") + formula[match.end() :])
    return slips


def is_harmless(identity: Identity, slip: str) -> bool:
    """Whether a slip says the same: (X'*X)' without its transpose."""
    values = draw(identity, 0)
    try:
        return same(oracle.evaluate(slip, values), oracle.evaluate(identity.published, values), 1e-12)
    except WRONG_SHAPE:
        return False


@pytest.mark.parametrize("identity", CASES)
def test_a_slip_in_the_formula_would_be_found(identity: Identity) -> None:
    text, values = answered(identity), draw(identity, 1)
    value = oracle.evaluate(text, values)
    slips = [slip for slip in mutations(identity.published) if not is_harmless(identity, slip)]
    assert len(slips) >= 3, "a factor and a sign make a difference"
    for slip in slips:
        try:
            wrong = oracle.evaluate(slip, values)
        except WRONG_SHAPE:
            continue
        assert not same(value, wrong), slip


def test_there_are_as_many_identities_as_promised() -> None:
    assert len(IDENTITIES) >= 150
    assert len({identity[1:] for identity in IDENTITIES}) >= 150
