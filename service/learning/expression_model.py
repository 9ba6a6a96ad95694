"""A model that is an expression: f(x, θ) for each observation, with its derivatives by the parameters, derived symbolically."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from service import limits
from service.calculus.differentiate import derivatives
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.pointwise import Pointwise
from service.errors import InputError, NablaError, ShapeMismatch, UnknownName
from service.expression.nodes import Node
from service.expression.operation import is_function
from service.expression.shapes import SCALAR
from service.expression.tensors import Tensor
from service.expression.tensors import variable as variable_tensor
from service.language import Parsed, declare, parse
from service.language.tokens import is_name
from service.linalg.matrix import Matrix
from service.operations.leaves import Variable, variable

Numbers = NDArray[Any]


class Column:
    """The numbers of one column, as doubles, in extended precision and as balls: the decimals that were sent."""

    def __init__(self, matrix: Matrix, pointer: str) -> None:
        try:
            matrix.refuse_expressions()
            self.doubles = np.ascontiguousarray(matrix.floats[:, 0])
        except NablaError as error:
            raise error.at(pointer) from None
        if matrix.is_complex:
            raise InputError("the observations are real numbers", pointer=pointer)
        self.matrix = matrix

    @cached_property
    def extended(self) -> Numbers:
        if self.matrix.is_binary:
            return self.doubles.astype(np.longdouble)
        if self.matrix.numbers is not None:
            return np.array([repr(value) for value in self.doubles.tolist()]).astype(np.longdouble)
        return np.array([np.longdouble(str(value.p)) / np.longdouble(str(value.q)) for value in self._rationals])

    @cached_property
    def _rationals(self) -> list[Any]:
        if self.matrix.is_binary:
            return [flint.fmpq(*value.as_integer_ratio()) for value in self.doubles.tolist()]
        return [row[0] for row in self.matrix.exact.tolist()]

    def balls(self) -> Numbers:
        """Inside `precision(bits)`."""
        found = np.empty(len(self.doubles), dtype=object)
        found[:] = [flint.arb(value) for value in self._rationals]
        return found

    def of(self, kind: Any) -> Numbers:
        return self.doubles if kind is np.float64 else self.extended


@dataclass(frozen=True)
class ExpressionModel:
    """`names` are the parameters in their order; `columns` the predictors that occur. The Hessian's entries are those with j ≤ k."""

    parsed: Parsed
    names: tuple[str, ...]
    columns: Mapping[str, Column]

    @cached_property
    def tensors(self) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """f, its gradient by the parameters, and the rows of the upper triangle of its Hessian."""
        root = lower(self.parsed.node)
        by = [variable_tensor(name) for name in self.names]
        gradient = derivatives(root, by)
        return root, gradient, [entry for j, part in enumerate(gradient) for entry in derivatives(part, by[j:])]

    @cached_property
    def value(self) -> Pointwise:
        return Pointwise([self.tensors[0]])

    @cached_property
    def first(self) -> Pointwise:
        return Pointwise([self.tensors[0], *self.tensors[1]])

    @cached_property
    def second(self) -> Pointwise:
        root, gradient, hessian = self.tensors
        return Pointwise([root, *gradient, *hessian])

    def values(
        self, which: Pointwise, theta: Sequence[Any], kind: Any = np.float64, columns: Mapping[str, Column] | None = None
    ) -> list[Any]:
        """The values of `which` at every observation."""
        point = {name: column.of(kind) for name, column in (self.columns if columns is None else columns).items()}
        return which.floats({**point, **dict(zip(self.names, theta, strict=True))}, kind)

    def written_gradient(self) -> dict[str, Node]:
        """The derivative by each parameter, as nodes."""
        names = {name: variable(Variable(name)) for name in (*self.names, *self.columns)}
        notation = Notation(names, self.parsed.decimals)
        return dict(zip(self.names, [notation.node(part) for part in self.tensors[1]], strict=True))


def read_expression(source: object, columns: Mapping[str, Matrix], parameters: Sequence[str], pointer: str = "/expression") -> Parsed:
    """A scalar expression over columns and parameters, all of them numbers.

    Raises what the language raises; UnknownName for another name; ShapeMismatch where it is no scalar.
    """
    if not isinstance(source, str):
        raise InputError("the model is a text", 'such as "b1*(1 - exp(-b2*x))"', pointer)
    named = dict.fromkeys(parameters, "scalar")
    named |= {name: "scalar" for name in columns if is_name(name) and not is_function(name)}
    try:
        declared = declare(named)
    except NablaError as error:
        error.pointer = "/start" if error.pointer.rpartition("/")[2] in parameters else "/data"
        raise
    parsed = parse(source, declared, pointer)
    for name in parsed.variables:
        if name not in named:
            known = f"the columns are {', '.join(columns) or 'none'}, the parameters {', '.join(parameters) or 'none'}"
            hint = f'a parameter needs a value in "start": {{"{name}": 1}}; {known}' if parameters or pointer == "/expression" else known
            raise UnknownName(f"{name} is neither a column of the data nor a parameter with a starting value", hint, pointer)
    if parsed.node.shape != SCALAR:
        raise ShapeMismatch("the model is a number for each observation", "write it with numbers only", pointer)
    return parsed


class Response:
    """What is observed: a column, or an expression over columns. Raises UnknownName, and what the language raises."""

    def __init__(self, source: str, columns: Mapping[str, Matrix]) -> None:
        self.function: Pointwise | None = None
        if source in columns:
            self.columns = {source: Column(columns[source], pointer_of(source))}
            return
        try:
            parsed = read_expression(source, columns, (), "/response")
        except UnknownName as error:
            error.hint = f"the columns are {', '.join(columns) or 'none'}"
            raise
        self.columns = {name: Column(columns[name], pointer_of(name)) for name in parsed.variables}
        if not self.columns:
            raise InputError("the response is a number for each observation, and holds no column", "such as y or log(y)", "/response")
        self.function = Pointwise([lower(parsed.node)])

    def floats(self, kind: Any = np.float64) -> Numbers:
        values = {name: column.of(kind) for name, column in self.columns.items()}
        found = self.function.floats(values, kind)[0] if self.function else next(iter(values.values()))
        return np.asarray(found)

    def balls(self) -> Numbers:
        values = {name: column.balls() for name, column in self.columns.items()}
        return np.asarray(self.function.balls(values)[0] if self.function else next(iter(values.values())))


def one_column(matrix: Matrix, j: int) -> Matrix:
    """The column j (from 0) of a matrix, as a matrix."""
    if matrix.numbers is not None:
        return Matrix((matrix.shape[0], 1), matrix.kind, matrix.numbers[:, j : j + 1], is_binary=matrix.is_binary)
    return Matrix((matrix.shape[0], 1), matrix.kind, None, [[row[j]] for row in matrix.rows], is_binary=matrix.is_binary)


def pointer_of(name: str) -> str:
    return f"/{name}" if name in ("x", "y") else f"/data/{name}"


def check_size(model: ExpressionModel, observations: int) -> None:
    """Raises LimitExceeded where the derivatives at all observations are too many numbers."""
    limits.check("fit-entries", observations * len(model.second.order), "/expression")
