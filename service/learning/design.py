"""What a regression is fitted to: the design matrix with the names of its columns, the response, the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.errors import InputError, ShapeMismatch, UnknownName
from service.linalg.matrix import Arithmetic, Matrix, choose_arithmetic, joined

INTERCEPT = "intercept"


@dataclass(frozen=True)
class Design:
    """`columns` is n×p, a row an observation, the intercept's ones first when there is one; `names` are the p parameters; `response` and
    `weights` are n×1 (weights positive, or None for all equal). `arithmetic` is the one to fit in."""

    columns: Matrix
    names: tuple[str, ...]
    has_intercept: bool
    response: Matrix
    weights: Matrix | None
    arithmetic: Arithmetic
    pointer: str  # where the predictors stand in the request

    @property
    def observations(self) -> int:
        return self.columns.shape[0]

    @property
    def parameters(self) -> int:
        return self.columns.shape[1]


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

    def design(self, intercept: bool = True, arithmetic: Arithmetic | None = None) -> Design:
        """The design of a linear model; its predictors are named x1, x2, ..., x for a vector, or by their columns.

        Raises InputError (predictors in several places or none, weights that are not positive), UnknownName, ShapeMismatch,
        MatrixFormatError for an entry that is an expression.
        """
        if [self.X, self.x, self.data].count(None) != 2:
            raise InputError("the predictors stand in exactly one of X (a matrix), x (a vector) and data (named columns)", pointer="/X")
        columns, pointer = self._predictors()
        y = self.y
        if y is None:
            y = columns.pop(self.response, None)
        if y is None:
            raise UnknownName(
                f'there is no response: neither y, nor a column "{self.response}" in data',
                f"the columns are {', '.join(columns)}" if self.data else "send y, a number for each observation",
                "/y",
            )
        if not columns and not intercept:
            raise InputError("there is no predictor, and no intercept either", "add a column", pointer)
        fields = {f"data/{name}": column for name, column in columns.items()} if self.data else columns
        mode = choose_arithmetic(arithmetic, **fields, y=y, weights=self.weights)
        return _design(list(columns.values()), _names(columns), y, intercept, self.weights, mode, pointer)

    def _predictors(self) -> tuple[dict[str, Matrix], str]:
        if self.X is not None:
            return {"X": self.X}, "/X"
        if self.x is not None:
            return {"x": self.x}, "/x"
        return dict(self.data or {}), "/data"


def _names(columns: Mapping[str, Matrix]) -> tuple[str, ...]:
    if "X" in columns and len(columns) == 1 and not columns["X"].is_vector:
        return tuple(f"x{j + 1}" for j in range(columns["X"].shape[1]))
    return tuple(columns)


def _design(
    parts: list[Matrix],
    names: tuple[str, ...],
    response: Matrix,
    intercept: bool,
    weights: Matrix | None,
    arithmetic: Arithmetic,
    pointer: str,
) -> Design:
    n = response.shape[0]
    for part in parts:
        if part.shape[0] != n:
            raise ShapeMismatch(
                f"the predictors have {part.shape[0]} observations and the response {n}",
                "a row of the predictors and an entry of the response for each observation",
                pointer,
                facts={"predictors": list(part.shape), "response": list(response.shape)},
            )
    if response.shape[1] != 1 or any(part.is_complex for part in (*parts, response)):
        raise InputError("the response is one real number for each observation", pointer="/y")
    if weights is not None:
        _check_weights(weights, n)
    if intercept:
        parts = [Matrix((n, 1), "integer", np.ones((n, 1))), *parts]
        names = (INTERCEPT, *names)
    return Design(joined(parts), names, intercept, response, weights, arithmetic, pointer)


def _check_weights(weights: Matrix, n: int) -> None:
    if weights.shape != (n, 1):
        raise ShapeMismatch(f"there are {weights.shape[0]} weights for {n} observations", "a weight for each observation", "/weights")
    if weights.is_complex or not (weights.floats > 0).all():
        raise InputError("a weight must be a positive number", "leave out the observations that shall not count", "/weights")
