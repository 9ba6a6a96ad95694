"""Derivatives by declared variables, including those that other variables are declared to depend on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.calculus.differentiate import derivatives
from service.expression.products import product
from service.expression.shapes import SCALAR
from service.expression.sums import add
from service.expression.tensors import Tensor
from service.operations.leaves import Variable, derivative_name, tensor_of


def derivative_variable(variable: Variable, by: str) -> Variable:
    """The variable that stands for the derivative of one by a scalar that it depends on: dA_dx, d2A_dx2, d2A_dxdy."""
    base = variable.derivative_of or variable.name
    by_all = tuple(sorted((*variable.derivative_by, by)))
    kept = variable.properties & {"symmetric"}
    return variable._replace(name=derivative_name(base, by_all), derivative_of=base, derivative_by=by_all, properties=kept)


def total_derivatives(root: Tensor, by: Sequence[Variable], variables: Iterable[Variable]) -> tuple[list[Tensor], list[Variable]]:
    """∂root/∂v for each v of `by` (axes of the root, then of v), and the derivative variables that this brought in.

    The chain rule through what depends on v: ∂root/∂v + Σ ∂root/∂A · dA/dv.
    """
    dependent = [variable for variable in variables if variable.depends_on and any(v.name in variable.depends_on for v in by)]
    found = derivatives(root, [tensor_of(variable) for variable in (*by, *dependent)])
    direct, through = found[: len(by)], found[len(by) :]
    brought: list[Variable] = []
    for place, v in enumerate(by):
        for variable, adjoint in zip(dependent, through, strict=True):
            if v.name in variable.depends_on and v.shape == SCALAR:
                rate = derivative_variable(variable, v.name)
                brought.append(rate)
                labels = tuple(range(len(adjoint.shape)))
                rest = labels[len(root.shape) :]
                term = product(1, [(adjoint, labels), (tensor_of(rate), rest)], labels[: len(root.shape)])
                direct[place] = add([(1, direct[place]), (1, term)], root.shape)
    return direct, brought
