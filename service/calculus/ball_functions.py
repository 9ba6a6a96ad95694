"""What operations are in ball arithmetic, by name. Arguments are arrays of balls, with the axes of the tensors.

An operation that is missing here can be compared only by normal form and modulo primes; the tests find it by the registry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import flint
import numpy as np

from service.calculus.ball_matrices import MATRICES, Ball, BallFunction, Imprecise
from service.expression.operation import Array

__all__ = ["FUNCTIONS", "Imprecise"]


# --- one number -----------------------------------------------------------------------------------------------------


def _sign(x: Ball) -> int:
    """The sign of a ball that does not straddle 0."""
    if x > 0:
        return 1
    if x < 0:
        return -1
    if x == 0:
        return 0
    raise Imprecise


def _whole(x: Ball) -> Ball:
    """A rounded value that is one number, not several."""
    if not x.is_exact():
        raise Imprecise
    return x


def _cube_root(x: Ball) -> Ball:
    sign = _sign(x)
    return sign * abs(x).root(3) if sign else flint.arb(0)


def _chosen(condition: Ball, yes: Ball, no: Ball) -> Ball:
    return yes if _sign(condition) else no


def _polygamma(order: Ball, x: Ball) -> Ball:
    return flint.acb(x).polygamma(flint.acb(order)).real


NUMBERS: dict[str, Callable[..., Ball]] = {
    "exp": flint.arb.exp,
    "expm1": flint.arb.expm1,
    "log": flint.arb.log,
    "log1p": flint.arb.log1p,
    "log2": lambda x: x.log() / flint.arb.const_log2(),
    "log10": lambda x: x.log() / flint.arb.const_log10(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
    "cbrt": _cube_root,
    "sin": flint.arb.sin,
    "cos": flint.arb.cos,
    "tan": flint.arb.tan,
    "sec": flint.arb.sec,
    "csc": flint.arb.csc,
    "cot": flint.arb.cot,
    "asin": flint.arb.asin,
    "acos": flint.arb.acos,
    "atan": flint.arb.atan,
    "atan2": flint.arb.atan2,
    "sinh": flint.arb.sinh,
    "cosh": flint.arb.cosh,
    "tanh": flint.arb.tanh,
    "sech": flint.arb.sech,
    "asinh": flint.arb.asinh,
    "acosh": flint.arb.acosh,
    "atanh": flint.arb.atanh,
    "erf": flint.arb.erf,
    "erfc": flint.arb.erfc,
    "gamma": flint.arb.gamma,
    "loggamma": lambda x: abs(x.gamma()).log(),
    "digamma": flint.arb.digamma,
    "polygamma": _polygamma,
    "abs": abs,
    "sign": lambda x: flint.arb(_sign(x)),
    "floor": lambda x: _whole(x.floor()),
    "ceil": lambda x: _whole(x.ceil()),
    "relu": lambda x: x.max(flint.arb(0)),
    "step": lambda x: flint.arb(_sign(x) > 0),
    "max": flint.arb.max,
    "min": flint.arb.min,
    "where": _chosen,
    "less": lambda x, y: flint.arb(_sign(x - y) < 0),
    "less_equal": lambda x, y: flint.arb(_sign(x - y) <= 0),
    "greater": lambda x, y: flint.arb(_sign(x - y) > 0),
    "greater_equal": lambda x, y: flint.arb(_sign(x - y) >= 0),
    "equal": lambda x, y: flint.arb(_sign(x - y) == 0),
    "not_equal": lambda x, y: flint.arb(_sign(x - y) != 0),
}  # fmt: skip
"""Entry by entry; a scalar goes with every entry."""


# --- one array ------------------------------------------------------------------------------------------------------


def _softmax(x: Array) -> Any:
    shares = _entrywise(flint.arb.exp, x)
    return shares / shares.sum()


def _softmax_rows(A: Array) -> Any:
    shares = _entrywise(flint.arb.exp, A)
    return shares / shares.sum(axis=1, keepdims=True)


ARRAYS: dict[str, BallFunction] = {
    "greatest": lambda x: reduce(flint.arb.max, x.flat),
    "least": lambda x: reduce(flint.arb.min, x.flat),
    "prod": lambda x: math.prod(x.flat, start=flint.arb(1)),
    "logsumexp": lambda x: _entrywise(flint.arb.exp, x).sum().log(),
    "softmax": _softmax,
    "softmax_rows": _softmax_rows,
}


def _entrywise(function: Callable[..., Ball], *arrays: Array) -> Any:
    return np.frompyfunc(function, len(arrays), 1)(*arrays)


FUNCTIONS: dict[str, BallFunction] = {
    **{name: partial(_entrywise, function) for name, function in NUMBERS.items()},
    **ARRAYS,
    **MATRICES,
}
