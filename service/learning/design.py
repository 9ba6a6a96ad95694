"""What a regression is fitted to: the design matrix with the names of its columns, the response, the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.errors import InputError, LimitExceeded, RankDeficient, ShapeMismatch, UnknownName
from service.linalg.matrix import EXACT_HINT, Arithmetic, Floats, Matrix, joined
from service.linalg.scaled_integers import ScaledIntegers, from_columns, integer_column

INTERCEPT = "intercept"
FLOAT_FIT_ENTRIES = 50_000  # up to here exact arithmetic may step in for floats
POWER_ENTRIES = 250_000  # the same for polynomials, whose columns floats often cannot tell apart
EXACT_COLUMNS = 40


@dataclass(frozen=True)
class Terms:
    """How observations become rows of the design: the intercept's one first when there is one, then the predictors as they are, or
    the powers 1 to `degree` of the only predictor. `names` are those of the p columns."""

    names: tuple[str, ...]
    has_intercept: bool
    degree: int | None = None

    @property
    def predictors(self) -> tuple[str, ...]:
        """The names without the intercept."""
        return self.names[1:] if self.has_intercept else self.names

    def floats(self, observed: Matrix) -> Floats:
        """The rows (n×p) as doubles."""
        values, first = observed.floats, int(self.has_intercept)
        rows = np.empty((len(values), len(self.names)))
        rows[:, :first] = 1.0
        if self.degree is None:
            rows[:, first:] = values
            return rows
        power = base = values[:, 0].astype(np.longdouble)
        with np.errstate(all="ignore"):
            for j in range(self.degree):
                rows[:, first + j] = power
                power = power * base
        return rows

    def integers(self, observed: Matrix) -> ScaledIntegers:
        """The rows (n×p) exactly."""
        n, columns, denominators = observed.shape[0], [], []
        if self.has_intercept:
            columns.append([1] * n)
            denominators.append(1)
        for j in range(observed.shape[1]):
            column, denominator = integer_column(observed, j)
            power, scale = column, denominator
            for step in range(1 if self.degree is None else self.degree):
                if step:
                    power, scale = [value * factor for value, factor in zip(power, column, strict=True)], scale * denominator
                columns.append(power)
                denominators.append(scale)
        return from_columns(columns, denominators)


@dataclass(frozen=True)
class Design:
    """`observed` (n×q) holds the predictors as sent, `terms` make the n×p design of them; `response` and `weights` are n×1 (weights
    positive, or None for all equal). `arithmetic` is the one to fit in; `pointer` is where the predictors stand in the request."""

    terms: Terms
    observed: Matrix
    response: Matrix
    weights: Matrix | None
    arithmetic: Arithmetic
    pointer: str
    labels: tuple[str, ...] = field(default=())  # of the predictors as sent, in order

    @property
    def names(self) -> tuple[str, ...]:
        return self.terms.names

    @property
    def has_intercept(self) -> bool:
        return self.terms.has_intercept

    @property
    def observations(self) -> int:
        return self.response.shape[0]

    @property
    def parameters(self) -> int:
        return len(self.terms.names)

    @cached_property
    def floats(self) -> Floats:
        """The design matrix n×p as doubles."""
        return self.terms.floats(self.observed)

    @cached_property
    def integers(self) -> ScaledIntegers:
        """The design matrix n×p exactly."""
        return self.terms.integers(self.observed)

    @cached_property
    def y(self) -> NDArray[np.float64]:
        return np.ascontiguousarray(self.response.floats[:, 0])

    @cached_property
    def w(self) -> NDArray[np.float64] | None:
        return None if self.weights is None else np.ascontiguousarray(self.weights.floats[:, 0])

    @property
    def is_exact_data(self) -> bool:
        """Whether the doubles of the design are the numbers that were sent."""
        parts = [self.observed, self.response, *([self.weights] if self.weights else [])]
        return self.terms.degree is None and not any(part.is_rounded for part in parts)

    @property
    def is_small(self) -> bool:
        """Whether exact arithmetic may step in for floats that cannot be trusted."""
        most = FLOAT_FIT_ENTRIES if self.terms.degree is None else POWER_ENTRIES
        return self.parameters <= EXACT_COLUMNS and self.observations * self.parameters <= most

    def require_determined(self) -> None:
        """Raises RankDeficient when there are fewer observations than parameters, LimitExceeded."""
        n, p = self.observations, self.parameters
        if n < p:
            raise RankDeficient(
                f"{n} observations cannot determine {p} parameters: {', '.join(self.names[:8])}{', ...' if p > 8 else ''}",
                "send more observations, or fewer predictors",
                self.pointer,
                facts={"observations": n, "parameters": p},
            )
        limits.check("cubic-size", p, self.pointer)


@dataclass(frozen=True)
class Observations:
    """What was observed, as a request has it: predictors as a matrix `X` (n×q), a vector `x`, or named columns in `data`; the response
    as a vector `y`, or as the column of `data` that `response` names; weights, one for each observation."""

    X: Matrix | None = None
    x: Matrix | None = None
    data: Mapping[str, Matrix] | None = None
    y: Matrix | None = None
    response: str = "y"
    weights: Matrix | None = None

    def with_named_response(self) -> Observations:
        """The same where `y` is the name of a column of `data`. Raises UnknownName, InputError."""
        name: Any = self.y
        if not isinstance(name, str):
            return self
        data = self.data or {}
        if name not in data:
            hint = f"the columns are {', '.join(data)}" if data else 'send a list of numbers, or a column of "data"'
            raise UnknownName(f'y names the column "{name[:60]}", and data has none of this name', hint[:200], "/y")
        if self.response not in ("y", name):
            both = f"y and response name two columns: {name[:60]} and {self.response[:60]}"
            raise InputError(both, "leave out one of the two", "/response")
        return replace(self, y=None, response=name)

    def with_named_weights(self) -> Observations:
        """The same where `weights` is the name of a column of `data`, which is no predictor then, or one number for all.

        Raises UnknownName.
        """
        weights: Any = self.weights
        if isinstance(weights, (int, float)):
            n = next((part.shape[0] for part in (self.y, self.X, self.x, *(self.data or {}).values()) if part is not None), 1)
            return replace(self, weights=Matrix((n, 1), "float", np.full((n, 1), float(weights)), is_vector=True))
        if not isinstance(weights, str):
            return self
        data = dict(self.data or {})
        if weights not in data:
            hint = f"the columns are {', '.join(data)}" if data else 'send a list of numbers, or a column of "data"'
            raise UnknownName(f'weights names the column "{weights[:60]}", and data has none of this name', hint, "/weights")
        return replace(self, weights=data.pop(weights), data=data)

    def design(self, intercept: bool = True, arithmetic: Arithmetic | None = None, degree: int | None = None) -> Design:
        """The design of a linear model; its predictors are named x1, x2, ..., x for a vector, or by their columns. With a `degree`,
        that of the polynomial in the only predictor, whose terms are named x, x^2, x^3, ...

        Raises InputError (predictors in several places or none, weights that are not positive, several predictors of a
        polynomial), UnknownName, ShapeMismatch, MatrixFormatError for an entry that would have to be rounded, LimitExceeded.
        """
        if [self.X, self.x, self.data].count(None) != 2:
            raise InputError("the predictors stand in exactly one of X (a matrix), x (a vector) and data (named columns)", pointer="/X")
        columns, pointer = self._predictors()
        y = self._response(columns)
        if (not columns or degree == 0) and not intercept:
            raise InputError("there is no predictor, and no intercept either", "add a column", pointer)
        mode = _arithmetic(arithmetic, {f"{pointer}/{name}" if self.data else pointer: m for name, m in columns.items()}, y, self.weights)
        names = _names(columns)
        if degree is not None:
            _check_polynomial(names, degree, y.shape[0], mode, pointer)
        for part in columns.values():
            _check_rows(part, y, pointer)
        if y.shape[1] != 1 or any(part.is_complex for part in (*columns.values(), y)):
            raise InputError("the response and the predictors are real numbers, one for each observation", pointer="/y")
        if self.weights is not None:
            _check_weights(self.weights, y.shape[0])
        powers = names if degree is None else tuple(names[0] if k == 1 else f"{names[0]}^{k}" for k in range(1, degree + 1))
        terms = Terms(((INTERCEPT,) if intercept else ()) + powers, intercept, degree)
        observed = joined(list(columns.values())) if columns else Matrix((y.shape[0], 0), "integer", np.empty((y.shape[0], 0)))
        return Design(terms, observed, y, self.weights, mode, pointer, names)

    def _predictors(self) -> tuple[dict[str, Matrix], str]:
        if self.X is not None:
            return {"X": self.X}, "/X"
        if self.x is not None:
            return {"x": self.x}, "/x"
        return dict(self.data or {}), "/data"

    def _response(self, columns: dict[str, Matrix]) -> Matrix:
        """The response; taken out of `columns` when it is one of them."""
        y = self.y
        if y is None:
            y = columns.pop(self.response, None) if self.data else None
        if y is None:
            raise UnknownName(
                f'there is no response: neither y, nor a column "{self.response[:60]}" in data',
                f'the columns are {", ".join(columns)}: name one with "response"' if self.data else "send y, a number for each observation",
                "/y",
            )
        return y


def _arithmetic(asked: Arithmetic | None, columns: Mapping[str, Matrix], y: Matrix, weights: Matrix | None) -> Arithmetic:
    """The arithmetic asked for, else "exact" as soon as an entry is an exact text or beyond doubles.

    Raises MatrixFormatError, by its place, for an entry that float arithmetic would have to round.
    """
    parts = {**columns, "/y": y} | ({} if weights is None else {"/weights": weights})
    mode = asked or ("exact" if any(part.numbers is None for part in parts.values()) else "float")
    for pointer, part in parts.items():
        if part.numbers is None:
            try:
                part.refuse_expressions()
                _ = part.floats if mode == "float" else None
            except InputError as error:
                raise error.at(pointer) from None
        if mode == "exact" and part.is_complex:
            raise InputError("exact arithmetic takes real entries only", EXACT_HINT, pointer)
    return mode


def _names(columns: Mapping[str, Matrix]) -> tuple[str, ...]:
    if "X" in columns and len(columns) == 1 and not columns["X"].is_vector:
        return tuple(f"x{j + 1}" for j in range(columns["X"].shape[1]))
    return tuple(columns)


def _check_polynomial(names: tuple[str, ...], degree: int, n: int, mode: Arithmetic, pointer: str) -> None:
    if len(names) != 1:
        raise InputError(f"a polynomial has one predictor, and there are {len(names)}", "send it as x, a vector", pointer)
    if mode == "exact" and degree > limits.limit("exact-size"):
        limits.check("exact-size", degree, "/degree")
    if n * (degree + 1) > limits.limit("matrix-entries"):
        raise LimitExceeded(
            f"{n} observations of a polynomial of degree {degree} are {n * (degree + 1)} entries, over the limit matrix-entries",
            "send fewer observations, or a lower degree",
            "/degree",
            facts={"limit": "matrix-entries", "allowed": limits.limit("matrix-entries"), "value": n * (degree + 1)},
        )


def _check_rows(part: Matrix, y: Matrix, pointer: str) -> None:
    if part.shape[0] != y.shape[0]:
        raise ShapeMismatch(
            f"the predictors have {part.shape[0]} observations and the response {y.shape[0]}",
            "a row of the predictors and an entry of the response for each observation",
            pointer,
            facts={"predictors": list(part.shape), "response": list(y.shape)},
        )


def _check_weights(weights: Matrix, n: int) -> None:
    if weights.shape != (n, 1):
        raise ShapeMismatch(f"there are {weights.shape[0]} weights for {n} observations", "a weight for each observation", "/weights")
    if weights.is_complex or not all(value > 0 for row in weights.rows for value in row):
        raise InputError("a weight must be a positive number", "leave out the observations that shall not count", "/weights")
