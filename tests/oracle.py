"""An evaluator of the language that shares nothing with the service but the language's definition: an oracle for the tests.

Every value is an array with two axes, rows and columns (a scalar 1×1, a vector n×1), or with more where index notation
makes one. Recursive and slow, and written to be read beside the contract's section on the language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import linalg, special

Array = np.ndarray[Any, Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.(?![*/^'])\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d_]\w*)"
    r"|(?P<symbol>\.[*/^]|\*\*|\.T\b|[<>=!]=|->|[-+*/^'()\[\],;<>]))"
)


class Meaningless(Exception):
    """The text is not in the language, or its shapes do not fit."""


def evaluate(text: str, values: Mapping[str, Any]) -> Array:
    """The value of a text; `values` holds an array for each variable and a whole number for each letter of a size.

    The result has one axis for each size that is not 1.
    """
    named = {name: as_matrix(array) for name, array in values.items()}
    body, *definitions = re.split(r" where (?=\w+ = )|(?<=[\w)\]']), (?=t\d+ = )", text)
    with np.errstate(all="ignore"):
        for definition in definitions:
            name, _, meaning = definition.partition(" = ")
            named[name] = _Reader(meaning, named).whole()
        value = _Reader(body, named).whole()
    return value if value.ndim > 2 else value.reshape([length for length in value.shape if length != 1])


def shape(text: str, values: Mapping[str, Any]) -> tuple[int, ...]:
    """Rows and columns of the value."""
    with np.errstate(all="ignore"):
        return _Reader(text, {name: as_matrix(array) for name, array in values.items()}).whole().shape


def as_matrix(value: Any) -> Array:
    array = np.asarray(value, dtype=float)
    return array.reshape((*array.shape, 1, 1)[:2]) if array.ndim < 2 else array


def _is_scalar(array: Array) -> bool:
    return array.shape == (1, 1)


def _is_vector(array: Array) -> bool:
    return 1 in array.shape


def _square(array: Array) -> Array:
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise Meaningless(f"a square matrix is due, not {array.shape}")
    return array


def _entrywise(function: Callable[..., Any]) -> Callable[..., Array]:
    def apply(*arguments: Array) -> Array:
        shapes = {argument.shape for argument in arguments if not _is_scalar(argument)}
        if len(shapes) > 1:
            raise Meaningless(f"entry by entry, and the shapes are {shapes}")
        wanted = next(iter(shapes), (1, 1))
        return np.asarray(function(*[argument.reshape(()) if _is_scalar(argument) else argument for argument in arguments])).reshape(wanted)

    return apply


def _of_all(function: Callable[[Array], Any]) -> Callable[[Array], Array]:
    return lambda array: as_matrix(function(array))


def _of_entries_or_two(whole: Callable[[Array], Any], two: Callable[..., Any]) -> Callable[..., Array]:
    return lambda *arguments: as_matrix(whole(arguments[0])) if len(arguments) == 1 else _entrywise(two)(*arguments)


def _norm(of_vector: Any, of_matrix: Any) -> Callable[[Array], Array]:
    return lambda array: as_matrix(np.linalg.norm(array.ravel(), of_vector) if _is_vector(array) else np.linalg.norm(array, of_matrix))


def _times(left: Array, right: Array) -> Array:
    if _is_scalar(left) or _is_scalar(right):
        return left.reshape(()) * right if _is_scalar(left) else left * right.reshape(())
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise Meaningless(f"{left.shape} times {right.shape}")
    return left @ right


def _divide(left: Array, right: Array) -> Array:
    if not _is_scalar(right):
        raise Meaningless(f"division by {right.shape}")
    return left / right.reshape(())


def _power(base: Array, exponent: Array) -> Array:
    if not _is_scalar(exponent):
        raise Meaningless(f"exponent {exponent.shape}")
    if _is_scalar(base):
        return np.power(base, exponent)
    times = round(exponent.item())
    return np.asarray(np.linalg.matrix_power(_inverse(base) if times < 0 else _square(base), abs(times)))


def _transposed(array: Array) -> Array:
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
    return np.log(x) if base is None else _entrywise(lambda a, b: np.log(a) / np.log(b))(x, base)


def _eigenprojection(A: Array) -> Array:
    values, right = np.linalg.eig(_square(A))
    place = int(np.argmax(values.real))
    return np.outer(right[:, place], np.linalg.inv(right)[place]).real


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
    "step": lambda x: np.where(x > 0, 1.0, 0.0),
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
    **{name: _entrywise(function) for name, function in _ENTRYWISE.items()},
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

_ADD, _SUBTRACT = _entrywise(np.add), _entrywise(np.subtract)
_PRODUCTS: dict[str, Callable[[Array, Array], Array]] = {
    "*": _times,
    "/": _divide,
    ".*": _entrywise(np.multiply),
    "./": _entrywise(np.divide),
}
_POWERS = {"^": _power, "**": _power, ".^": _entrywise(np.power)}
_COMPARISONS: dict[str, Callable[..., Array]] = {
    symbol: _entrywise(lambda a, b, ufunc=ufunc: ufunc(a, b) * 1.0)
    for symbol, ufunc in {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}.items()
} | {"==": _entrywise(lambda a, b: np.equal(a, b) * 1.0), "!=": _entrywise(lambda a, b: np.not_equal(a, b) * 1.0)}


class _Reader:
    """comparison < sum < product < sign < power < postfix, by recursive descent, computing on the way."""

    def __init__(self, text: str, values: Mapping[str, Array]) -> None:
        self.values = values
        self.tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise Meaningless(f"cannot read {text[position : position + 20]!r}")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        self.tokens.append(("end", ""))
        self.place = 0

    def next_is(self, *symbols: str) -> str | None:
        kind, text = self.tokens[self.place]
        return text if kind == "symbol" and text in symbols else None

    def take(self, expected: str = "") -> str:
        text = self.tokens[self.place][1]
        if expected and text != expected:
            raise Meaningless(f"{expected!r} is due, not {text!r}")
        self.place += 1
        return text

    def whole(self) -> Array:
        value = self.comparison()
        if self.tokens[self.place][0] != "end":
            raise Meaningless(f"left over: {self.tokens[self.place][1]!r}")
        return value

    def comparison(self) -> Array:
        value = self.sum()
        symbol = self.next_is(*_COMPARISONS)
        if symbol:
            self.take()
            value = _COMPARISONS[symbol](value, self.sum())
        return value

    def sum(self) -> Array:
        value = self.product()
        while symbol := self.next_is("+", "-"):
            self.take()
            value = (_ADD if symbol == "+" else _SUBTRACT)(value, self.product())
        return value

    def product(self) -> Array:
        if self.next_is("-", "+"):  # a sign at the head of a term covers the term
            return -self.product() if self.take() == "-" else self.product()
        value = self.sign()
        while True:
            symbol = self.next_is(*_PRODUCTS)
            before = self.tokens[self.place - 1]
            if symbol:
                self.take()
                value = _PRODUCTS[symbol](value, self.sign())
            elif (before[0] == "number" or before[1] in (")", "]")) and (self.tokens[self.place][0] == "name" or self.next_is("(")):
                value = _times(value, self.sign())
            else:
                return value

    def sign(self) -> Array:
        if self.next_is("-", "+"):
            return -self.sign() if self.take() == "-" else self.sign()
        return self.power()

    def power(self) -> Array:
        base = self.postfix()
        symbol = self.next_is(*_POWERS)
        if symbol:
            self.take()
            return _POWERS[symbol](base, self.sign())
        return base

    def postfix(self) -> Array:
        value = self.atom()
        while symbol := self.next_is("'", ".T", "["):
            self.take()
            if symbol != "[":
                value = _transposed(value)
                continue
            places = [int(self.take()) - 1]
            while self.next_is(","):
                self.take()
                places.append(int(self.take()) - 1)
            self.take("]")
            value = as_matrix(value[tuple(places)] if len(places) > 1 else value.ravel()[places[0]])
        return value

    def atom(self) -> Array:
        kind, text = self.tokens[self.place]
        if kind == "number":
            self.take()
            return as_matrix(float(text))
        if kind == "name":
            self.take()
            if self.next_is("("):
                self.take()
                return self.call(text)
            if text in self.values:
                return self.values[text]
            if text in ("pi", "e"):
                return as_matrix(getattr(math, text))
            raise Meaningless(f"{text!r} has no value")
        if self.next_is("("):
            self.take()
            value = self.comparison()
            self.take(")")
            return value
        if self.next_is("["):
            self.take()
            return self.literal()
        raise Meaningless(f"an operand is due, not {text!r}")

    def call(self, name: str) -> Array:
        if name == "einsum":
            return self.einsum()
        if name not in FUNCTIONS:
            raise Meaningless(f"there is no function {name!r}")
        arguments = [self.comparison()]
        while self.next_is(","):
            self.take()
            arguments.append(self.comparison())
        self.take(")")
        return FUNCTIONS[name](*arguments)

    def einsum(self) -> Array:
        """Sum over what is not on the right; a letter twice on the right is a diagonal."""
        inputs = [self.take() if self.tokens[self.place][0] == "name" else ""]
        while self.next_is(","):
            self.take()
            inputs.append(self.take())
        self.take("->")
        out = self.take() if self.tokens[self.place][0] == "name" else ""
        operands: list[Array] = []
        while self.next_is(","):
            self.take()
            value = self.comparison()
            wanted = inputs[len(operands)]
            operands.append(value.reshape([length for length in value.shape if length != 1]) if len(wanted) < 3 else value)
        self.take(")")
        fresh = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        lengths = {
            letter: length for word, array in zip(inputs, operands, strict=True) for letter, length in zip(word, array.shape, strict=True)
        }
        result = ""
        for letter in out:
            if letter in result:
                other = next(fresh)
                inputs.append(letter + other)
                operands.append(np.eye(lengths[letter]))
                letter = other
            result += letter
        value = np.asarray(np.einsum(f"{','.join(inputs)}->{result}", *operands, optimize=len(operands) > 3))
        return value if value.ndim > 2 else as_matrix(value)

    def literal(self) -> Array:
        rows: list[list[float]] = [[]]
        while True:
            entry = self.comparison()
            if not _is_scalar(entry):
                raise Meaningless("an entry of a literal is no scalar")
            rows[-1].append(entry.item())
            symbol = self.take()
            if symbol == "]":
                break
            if symbol == ";":
                rows.append([])
            elif symbol != ",":
                raise Meaningless(f"{symbol!r} in a literal")
        if len({len(row) for row in rows}) > 1:
            raise Meaningless("rows of different lengths")
        return np.array(rows[0])[:, None] if len(rows) == 1 else np.array(rows)
