"""The functions of the language on arrays with two axes, rows and columns: what tests/oracle.py computes with."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg, special

Array = np.ndarray[Any, Any]


class Meaningless(Exception):
    """The text is not in the language, or its shapes do not fit."""


def as_matrix(value: Any) -> Array:
    array = np.asarray(value, dtype=float)
    return array.reshape((*array.shape, 1, 1)[:2]) if array.ndim < 2 else array


def is_scalar(array: Array) -> bool:
    return array.shape == (1, 1)


def _is_vector(array: Array) -> bool:
    return 1 in array.shape


def _square(array: Array) -> Array:
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise Meaningless(f"a square matrix is due, not {array.shape}")
    return array


def entrywise(function: Callable[..., Any]) -> Callable[..., Array]:
    def apply(*arguments: Array) -> Array:
        shapes = {argument.shape for argument in arguments if not is_scalar(argument)}
        if len(shapes) > 1:
            raise Meaningless(f"entry by entry, and the shapes are {shapes}")
        wanted = next(iter(shapes), (1, 1))
        return np.asarray(function(*[argument.reshape(()) if is_scalar(argument) else argument for argument in arguments])).reshape(wanted)

    return apply


def _of_all(function: Callable[[Array], Any]) -> Callable[[Array], Array]:
    return lambda array: as_matrix(function(array))


def _of_entries_or_two(whole: Callable[[Array], Any], two: Callable[..., Any]) -> Callable[..., Array]:
    return lambda *arguments: as_matrix(whole(arguments[0])) if len(arguments) == 1 else entrywise(two)(*arguments)


def _norm(of_vector: Any, of_matrix: Any) -> Callable[[Array], Array]:
    return lambda array: as_matrix(np.linalg.norm(array.ravel(), of_vector) if _is_vector(array) else np.linalg.norm(array, of_matrix))


def times(left: Array, right: Array) -> Array:
    if is_scalar(left) or is_scalar(right):
        return left.reshape(()) * right if is_scalar(left) else left * right.reshape(())
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise Meaningless(f"{left.shape} times {right.shape}")
    return left @ right


def divide(left: Array, right: Array) -> Array:
    if not is_scalar(right):
        raise Meaningless(f"division by {right.shape}")
    return left / right.reshape(())


def power(base: Array, exponent: Array) -> Array:
    if not is_scalar(exponent):
        raise Meaningless(f"exponent {exponent.shape}")
    if is_scalar(base):
        return np.power(base, exponent)
    times = round(exponent.item())
    return np.asarray(np.linalg.matrix_power(_inverse(base) if times < 0 else _square(base), abs(times)))


def transposed(array: Array) -> Array:
    if array.ndim != 2:
        raise Meaningless(f"the transpose of {array.shape}")
    return array.T


def _diag(array: Array) -> Array:
    return np.diag(array.ravel()) if _is_vector(array) else np.diag(_square(array))[:, None]


def _softmax(array: Array) -> Array:
    weights = np.exp(array - array.max())
    return np.asarray(weights / weights.sum())


def _softmax_rows(array: Array) -> Array:
    weights = np.exp(array - array.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _dot(left: Array, right: Array) -> Array:
    if left.size != right.size:
        raise Meaningless("the inner product of vectors of different lengths")
    return as_matrix(left.ravel() @ right.ravel())


def _inverse(A: Array) -> Array:
    """Raises LinAlgError for a matrix that is singular in doubles."""
    if np.linalg.cond(_square(A)) > 1e12:
        raise np.linalg.LinAlgError
    return np.linalg.inv(A)


def _pairing(m: Array, n: Array) -> Array:
    """The index map of vec: 1 where k = i + m·j (from 0), axes k, i, j."""
    rows, columns = _whole(m), _whole(n)
    return np.eye(rows * columns).reshape((rows * columns, rows, columns), order="F")


def _adjugate(A: Array) -> Array:
    """By cofactors, so that a singular matrix has one too."""
    size = len(_square(A))
    cofactors = [
        [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(A, i, 0), j, 1)) if size > 1 else 1.0 for j in range(size)]
        for i in range(size)
    ]
    return np.asarray(cofactors).T


def _logarithm(x: Array, base: Array | None = None) -> Array:
    return np.log(x) if base is None else entrywise(lambda a, b: np.log(a) / np.log(b))(x, base)


def _eigenprojection(A: Array) -> Array:
    values, right = np.linalg.eig(_square(A))
    place = int(np.argmax(values.real))
    return np.outer(right[:, place], np.linalg.inv(right)[place]).real


def _polar(A: Array) -> Array:
    """By Newton's iteration for the sign of a matrix, on the square factor that is left after a QR decomposition."""
    if _is_vector(A):
        return A / np.linalg.norm(A)
    if A.shape[0] < A.shape[1]:
        return _polar(A.T).T
    Q, R = np.linalg.qr(A)
    for _ in range(60):
        R = (R + np.linalg.inv(R).T) / 2
    return np.asarray(Q @ R)


def _by_eigenvalues(f: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def function(A: Array) -> Array:
        values, vectors = np.linalg.eig(A)
        return np.real(vectors * f(values.astype(complex)) @ np.linalg.inv(vectors))

    return function


def _frechet(f: Callable[[Array], Array]) -> Callable[..., Array]:
    """The derivative of f along directions, by extrapolated differences in one direction after the other."""

    def derivative(A: Array, *directions: Array) -> Array:
        if not directions:
            return f(_square(A))
        *others, last = directions
        along = []
        for matrix in last.reshape(-1, *A.shape):
            scale = min(0.02 * np.linalg.norm(A), 0.05) / max(np.linalg.norm(matrix), 1e-300)

            def central(h: float, matrix: Array = matrix) -> Array:
                return (derivative(A + h * matrix, *others) - derivative(A - h * matrix, *others)) / (2 * h)

            rows = [central(scale / 2**k) for k in range(4)]
            for order in (4, 16, 64):
                rows = [(order * finer - coarser) / (order - 1) for coarser, finer in itertools.pairwise(rows)]
            along.append(rows[0])
        leading = [length for direction in directions for length in direction.shape[:-2]]
        return np.stack(along, axis=-3).reshape(*leading, *A.shape)

    return derivative


def _whole(array: Array) -> int:
    return round(array.item())


def _commutation(m: Array, n: Array) -> Array:
    """K·vec(A) = vec(A') for an m×n matrix A."""
    rows, columns = _whole(m), _whole(n)
    matrix = np.zeros((rows * columns, rows * columns))
    for i in range(rows):
        for j in range(columns):
            matrix[i * columns + j, j * rows + i] = 1
    return matrix


def _unit(k: Array, n: Array) -> Array:
    return np.eye(_whole(n))[:, _whole(k) - 1 : _whole(k)]


def _filled(value: float) -> Callable[..., Array]:
    return lambda *sizes: np.full((*map(_whole, sizes), 1)[:2], value)


def _real(array: Any) -> Array:
    return np.real(np.asarray(array))


_ENTRYWISE: dict[str, Callable[..., Any]] = {
    **{name: getattr(np, name) for name in "exp log2 log10 log1p expm1 sqrt cbrt abs sign floor ceil".split()},
    **{name: getattr(np, name) for name in "sin cos tan sinh cosh tanh".split()},
    **{f"a{name}": getattr(np, f"arc{name}") for name in "sin cos tan sinh cosh tanh".split()},
    "ln": np.log,
    "sec": lambda x: 1 / np.cos(x),
    "csc": lambda x: 1 / np.sin(x),
    "cot": lambda x: np.cos(x) / np.sin(x),
    "sech": lambda x: 1 / np.cosh(x),
    "csch": lambda x: 1 / np.sinh(x),
    "coth": lambda x: np.cosh(x) / np.sinh(x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "step": lambda x: np.heaviside(x, 0),
    "erf": special.erf,
    "erfc": special.erfc,
    "gamma": special.gamma,
    "loggamma": special.gammaln,
    "digamma": special.psi,
    "polygamma": lambda k, x: special.polygamma(int(k), x),
    "atan2": np.arctan2,
    "where": np.where,
}

FUNCTIONS: dict[str, Callable[..., Array]] = {
    **{name: entrywise(function) for name, function in _ENTRYWISE.items()},
    "log": _logarithm,
    "sum": _of_all(np.sum),
    "mean": _of_all(np.mean),
    "prod": _of_all(np.prod),
    "max": _of_entries_or_two(np.max, np.maximum),
    "min": _of_entries_or_two(np.min, np.minimum),
    "dot": _dot,
    "outer": lambda x, y: np.outer(x.ravel(), y.ravel()),
    "norm1": _norm(1, 1),
    "norm2": _norm(2, 2),
    "norminf": _norm(np.inf, np.inf),
    "normF": _norm(2, "fro"),
    "tr": lambda A: as_matrix(np.trace(_square(A))),
    "det": lambda A: as_matrix(np.linalg.det(_square(A))),
    "logdet": lambda A: as_matrix(np.log(np.linalg.det(_square(A)))),
    "inv": _inverse,
    "pinv": np.linalg.pinv,
    "adj": _adjugate,
    "diag": _diag,
    "vec": lambda A: A.reshape((-1, 1), order="F"),
    "kron": np.kron,
    "expm": lambda A: linalg.expm(_square(A)),
    "logm": lambda A: _real(linalg.logm(_square(A))),
    "sqrtm": lambda A: _real(linalg.sqrtm(_square(A))),
    "sinm": lambda A: linalg.sinm(_square(A)),
    "cosm": lambda A: linalg.cosm(_square(A)),
    "expm_frechet": _frechet(linalg.expm),
    "logm_frechet": _frechet(_by_eigenvalues(np.log)),
    "sqrtm_frechet": _frechet(_by_eigenvalues(np.sqrt)),
    "sinm_frechet": _frechet(linalg.sinm),
    "cosm_frechet": _frechet(linalg.cosm),
    "polar": _polar,
    "softmax": _softmax,
    "softmax_rows": _softmax_rows,
    "logsumexp": _of_all(lambda x: x.max() + np.log(np.sum(np.exp(x - x.max())))),
    "lambda_max": lambda A: as_matrix(np.linalg.eigvals(_square(A)).real.max()),
    "eigenprojection": _eigenprojection,
    "sigma_max": _of_all(lambda A: np.linalg.svd(A, compute_uv=False)[0]),
    "nuclear_norm": _of_all(lambda A: np.linalg.svd(A, compute_uv=False).sum()),
    "eye": lambda n: np.eye(_whole(n)),
    "ones": _filled(1.0),
    "zeros": _filled(0.0),
    "unit": _unit,
    "commutation": _commutation,
    "pairing": _pairing,
}
FUNCTIONS |= {
    other: FUNCTIONS[name]
    for name, others in {"tr": "trace", "inv": "inverse", "det": "determinant", "step": "heaviside", "atan2": "arctan2"}.items()
    for other in others.split()
}
