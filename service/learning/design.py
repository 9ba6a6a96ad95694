"""What a regression is fitted to: the design matrix with the names of its columns, the response, the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.errors import InputError, ShapeMismatch, UnknownName
from service.linalg.matrix import Matrix, joined

INTERCEPT = "intercept"


@dataclass(frozen=True)
class Design:
    """`columns` is n×p, a row an observation, the intercept's ones first when there is one; `names` are the p parameters; `response` and
    `weights` are n×1 (weights positive, or None for all equal)."""

    columns: Matrix
    names: tuple[str, ...]
    has_intercept: bool
    response: Matrix
    weights: Matrix | None = None

    @property
    def observations(self) -> int:
        return self.columns.shape[0]

    @property
    def parameters(self) -> int:
        return self.columns.shape[1]


def design_of_matrix(predictors: Matrix, response: Matrix, intercept: bool = True, weights: Matrix | None = None) -> Design:
    """The design of predictors n×q, named x1, x2, ... (or x, when they were sent as a vector) and a response of n entries.

    Raises ShapeMismatch, InputError for weights that are not positive, MatrixFormatError for an entry that is an expression.
    """
    names = ("x",) if predictors.is_vector else tuple(f"x{j + 1}" for j in range(predictors.shape[1]))
    return _design([predictors], names, response, intercept, weights, "/x" if predictors.is_vector else "/X")


def design_of_data(
    data: Mapping[str, Matrix], response: str | Matrix, intercept: bool = True, weights: Matrix | None = None
) -> Design:
    """The design of named columns: all but the one named by `response`, in their order. Raises as `design_of_matrix` does, and
    UnknownName."""
    columns = dict(data)
    if isinstance(response, str):
        if response not in columns:
            raise UnknownName(f'there is no column "{response}" in the data', f"the columns are {', '.join(columns)}", "/data")
        response = columns.pop(response)
    if not columns and not intercept:
        raise InputError("there is no predictor: the data hold the response only", "add a column, or the intercept", "/data")
    return _design(list(columns.values()), tuple(columns), response, intercept, weights, "/data")


def _design(
    parts: list[Matrix], names: tuple[str, ...], response: Matrix, intercept: bool, weights: Matrix | None, pointer: str
) -> Design:
    n = response.shape[0]
    for part in parts:
        part.refuse_expressions()
        if part.shape[0] != n:
            raise ShapeMismatch(
                f"the predictors have {part.shape[0]} observations and the response {n}",
                "a row of the predictors and an entry of the response for each observation",
                pointer,
                facts={"predictors": list(part.shape), "response": list(response.shape)},
            )
    response.refuse_expressions()
    if response.shape[1] != 1 or any(part.is_complex for part in (*parts, response)):
        raise InputError("the response is one real number for each observation", pointer="/y")
    if weights is not None:
        _check_weights(weights, n)
    if intercept:
        parts = [Matrix((n, 1), "integer", np.ones((n, 1))), *parts]
        names = (INTERCEPT, *names)
    return Design(joined(parts), names, intercept, response, weights)


def _check_weights(weights: Matrix, n: int) -> None:
    if weights.shape != (n, 1):
        raise ShapeMismatch(f"there are {weights.shape[0]} weights for {n} observations", "a weight for each observation", "/weights")
    if weights.is_complex or not (weights.floats > 0).all():
        raise InputError("a weight must be a positive number", "leave out the observations that shall not count", "/weights")
