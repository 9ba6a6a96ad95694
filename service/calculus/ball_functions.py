"""What the registered operations are in ball arithmetic. Arguments are arrays of balls, with the axes of the tensors.

An operation is recognised by identity with the registered one, so that each is named just once. One that is missing here
can be compared only by normal form and modulo primes; the tests find it by the registry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, reduce
from typing import Any

import flint
import numpy as np

import service.operations  # noqa: F401 (importing it fills the registry)
from service.expression.operation import Array, Operation, operation

Ball = Any
BallFunction = Callable[..., Any]


class Imprecise(Exception):
    """Never leaves the package: a ball is too wide to tell, or the value does not exist."""


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


# --- one matrix -----------------------------------------------------------------------------------------------------


def _matrix(A: Array) -> Any:
    return flint.arb_mat(A.tolist())


def _array(matrix: Any) -> Array:
    return np.array(matrix.tolist(), dtype=object)


def _real(value: Any) -> Ball:
    """A complex ball that is real, as far as it tells."""
    if not value.imag.contains(0):
        raise Imprecise
    return value.real


def _inverse(A: Array) -> Array:
    return _array(_matrix(A).inv())


def _pseudoinverse(A: Array) -> Any:
    """Of full rank: inv(A'A)·A' or A'·inv(A·A')."""
    return _inverse(A.T @ A) @ A.T if A.shape[0] >= A.shape[1] else A.T @ _inverse(A @ A.T)


def _sine_and_cosine(A: Array) -> Any:
    """exp(iA) = cos A + i·sin A."""
    return _array((flint.acb_mat(_matrix(A)) * flint.acb(0, 1)).exp())


def _eigen(A: Array) -> tuple[list[Any], Array]:
    """The eigenvalues, if they are simple, and the eigenvectors as columns."""
    values, vectors = flint.acb_mat(_matrix(A)).eig(right=True)
    return values, _array(vectors)


def _by_eigenvalues(function: Callable[[Any], Any], A: Array) -> Any:
    """f(A) = R·diag(f(w))·inv(R)."""
    values, vectors = _eigen(A)
    inverse = _array(flint.acb_mat(vectors.tolist()).inv())
    return np.frompyfunc(_real, 1, 1)((vectors * np.array([function(value) for value in values], dtype=object)) @ inverse)


def _largest_eigenvalue(A: Array) -> Ball:
    """The largest real part."""
    return reduce(flint.arb.max, [value.real for value in flint.acb_mat(_matrix(A)).eig()])


def _eigenprojection(A: Array) -> Any:
    values, vectors = _eigen(A)
    place = max(range(len(values)), key=lambda k: float(values[k].real))
    if any(k != place and not values[k].real < values[place].real for k in range(len(values))):
        raise Imprecise
    inverse = _array(flint.acb_mat(vectors.tolist()).inv())
    return np.frompyfunc(_real, 1, 1)(np.outer(vectors[:, place], inverse[place]))


def _squared_singular_values(A: Array) -> list[Ball]:
    gram = A.T @ A if A.shape[0] >= A.shape[1] else A @ A.T
    return [_real(value) for value in flint.acb_mat(_matrix(gram)).eig()]


MATRICES: dict[str, BallFunction] = {
    "inv": _inverse,
    "pinv": _pseudoinverse,
    "det": lambda A: _matrix(A).det(),
    "logdet": lambda A: abs(_matrix(A).det()).log(),
    "expm": lambda A: _array(_matrix(A).exp()),
    "sinm": lambda A: np.frompyfunc(lambda entry: entry.imag, 1, 1)(_sine_and_cosine(A)),
    "cosm": lambda A: np.frompyfunc(lambda entry: entry.real, 1, 1)(_sine_and_cosine(A)),
    "logm": partial(_by_eigenvalues, flint.acb.log),
    "sqrtm": partial(_by_eigenvalues, flint.acb.sqrt),
    "lambda_max": _largest_eigenvalue,
    "eigenprojection": _eigenprojection,
    "sigma_max": lambda A: reduce(flint.arb.max, _squared_singular_values(A)).sqrt(),
    "nuclear_norm": lambda A: sum((value.sqrt() for value in _squared_singular_values(A)), flint.arb(0)),
}


def _entrywise(function: Callable[..., Ball], *arrays: Array) -> Any:
    return np.frompyfunc(function, len(arrays), 1)(*arrays)


def _refusing(function: BallFunction) -> BallFunction:
    """The function, a singular matrix or eigenvalues that are not told apart being Imprecise."""

    def guarded(*arguments: Array) -> Any:
        try:
            return function(*arguments)
        except (ZeroDivisionError, ValueError):
            raise Imprecise from None

    return guarded


FUNCTIONS: dict[Operation, BallFunction] = {
    **{operation(name): partial(_entrywise, function) for name, function in NUMBERS.items()},
    **{operation(name): function for name, function in ARRAYS.items()},
    **{operation(name): _refusing(function) for name, function in MATRICES.items()},
}
