"""What the operations on matrices are in ball arithmetic; those on numbers and arrays are in ball_functions.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, reduce
from itertools import product
from typing import Any

import flint
import numpy as np

from service.expression.operation import Array

Ball = Any
BallFunction = Callable[..., Any]


class Imprecise(Exception):
    """Never leaves the package: a ball is too wide to tell, or the value does not exist."""


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


def _expm(A: Array) -> Array:
    return _array(_matrix(A).exp())


def _sinm(A: Array) -> Array:
    return np.asarray(np.frompyfunc(lambda entry: entry.imag, 1, 1)(_sine_and_cosine(A)), dtype=object)


def _cosm(A: Array) -> Array:
    return np.asarray(np.frompyfunc(lambda entry: entry.real, 1, 1)(_sine_and_cosine(A)), dtype=object)


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


def _polar(A: Array) -> Any:
    """A·(A'A)^(-1/2) or (AA')^(-1/2)·A, of full rank."""
    root = partial(_by_eigenvalues, flint.acb.rsqrt)
    return A @ root(A.T @ A) if A.shape[0] >= A.shape[1] else root(A @ A.T) @ A


_logm = partial(_by_eigenvalues, flint.acb.log)
_sqrtm = partial(_by_eigenvalues, flint.acb.sqrt)


# --- Fréchet derivatives --------------------------------------------------------------------------------------------


def _derivative(function: Callable[[Array], Array], A: Array, *directions: Array) -> Array:
    """Of an entire function: the block in the upper right corner of f(X_k), X_0 = A, X_k = [X_(k-1), I⊗E_k; 0, X_(k-1)]."""
    X, size = A, len(A)
    for depth, direction in enumerate(directions):
        corner = np.kron(np.eye(1 << depth, dtype=int).astype(object), direction)
        X = np.block([[X, corner], [np.zeros(X.shape, dtype=int).astype(object), X]])
    return function(X)[:size, -size:]


def _derivative_of_inverse(function: Callable[[Array], Array], of: BallFunction, A: Array, *directions: Array) -> Array:
    """Of a function whose inverse g has the derivatives `of`: L(E) solves g'(Y; L) = E at Y = f(A), the second one
    g'(Y; L(E, F)) = -g''(Y; L(E), L(F)). Higher ones are not made."""
    if len(directions) > 2:
        raise Imprecise
    Y, size = function(A), len(A)
    units = np.eye(size * size, dtype=int).astype(object).reshape(-1, size, size)
    columns = _matrix(np.stack([of(Y, unit).ravel() for unit in units], axis=1))

    def solve(right: Array) -> Array:
        return _array(columns.solve(_matrix(right.reshape(-1, 1)))).reshape(size, size)

    first = [solve(direction) for direction in directions]
    return first[0] if len(first) == 1 else -solve(of(Y, *first))


def _derivative_of_square(Y: Array, *directions: Array) -> Array:
    left, right = (Y, *directions) if len(directions) == 1 else directions
    return np.asarray(left @ right + right @ left)


def _each(single: BallFunction) -> BallFunction:
    """The derivative along arrays of matrices: the leading axes of all directions side by side, then the matrix."""

    def apply(A: Array, *directions: Array) -> Array:
        leading = [direction.shape[:-2] for direction in directions]
        result = np.empty((*sum(leading, ()), *A.shape), dtype=object)
        places: Iterator[tuple[tuple[int, ...], ...]] = product(*[np.ndindex(shape) for shape in leading])
        for place in places:
            result[sum(place, ())] = single(A, *[direction[index] for direction, index in zip(directions, place, strict=True)])
        return result

    return apply


_UNGUARDED: dict[str, BallFunction] = {
    "inv": _inverse,
    "pinv": _pseudoinverse,
    "det": lambda A: _matrix(A).det(),
    "logdet": lambda A: abs(_matrix(A).det()).log(),
    "polar": _polar,
    "expm": _expm,
    "sinm": _sinm,
    "cosm": _cosm,
    "logm": _logm,
    "sqrtm": _sqrtm,
    "expm_frechet": _each(partial(_derivative, _expm)),
    "sinm_frechet": _each(partial(_derivative, _sinm)),
    "cosm_frechet": _each(partial(_derivative, _cosm)),
    "logm_frechet": _each(partial(_derivative_of_inverse, _logm, partial(_derivative, _expm))),
    "sqrtm_frechet": _each(partial(_derivative_of_inverse, _sqrtm, _derivative_of_square)),
    "lambda_max": _largest_eigenvalue,
    "eigenprojection": _eigenprojection,
    "sigma_max": lambda A: reduce(flint.arb.max, _squared_singular_values(A)).sqrt(),
    "nuclear_norm": lambda A: sum((value.sqrt() for value in _squared_singular_values(A)), flint.arb(0)),
}


def _refusing(function: BallFunction) -> BallFunction:
    """The function, a singular matrix or eigenvalues that are not told apart being Imprecise."""

    def guarded(*arguments: Array) -> Any:
        try:
            return function(*arguments)
        except (ZeroDivisionError, ValueError):
            raise Imprecise from None

    return guarded


MATRICES = {name: _refusing(function) for name, function in _UNGUARDED.items()}
