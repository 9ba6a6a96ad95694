"""Derivatives by symmetric and diagonal matrices, in the three conventions that are in use.

G is the derivative in which all entries of X count as independent. For a symmetric X
independent  G
projected    (G + G')/2, the gradient among symmetric matrices: df = tr(G_p' dX), and G_p is symmetric
duplicated   G + G' - diag(diag(G)), whose entry i,j is the derivative by x_ij = x_ji, the free entries i ≤ j
             (Petersen and Pedersen, The Matrix Cookbook, 2012, section 2.8.2)
For a diagonal X the last two are diag(diag(G)).
"""

from __future__ import annotations

import numpy as np

from service.expression.operation import Array
from service.expression.products import product
from service.expression.shapes import SCALAR
from service.expression.sums import add, coefficient_of
from service.expression.tensors import Labels, Sum, Tensor
from service.operations.leaves import Variable

STRUCTURES = ("independent", "projected", "duplicated")
INDEPENDENT, PROJECTED, DUPLICATED = STRUCTURES


def is_structured(variable: Variable) -> bool:
    """Whether entries of the variable depend on each other, or are 0."""
    return variable.shape != SCALAR and not variable.properties.isdisjoint(("symmetric", "diagonal"))


def structured(tensor: Tensor, variable: Variable, structure: str) -> Tensor:
    """A derivative, the last axes of which are those of the variable, in a convention; as it is for any other variable."""
    if structure == INDEPENDENT or not is_structured(variable):
        return tensor
    *outer, row, column = range(len(tensor.shape))
    diagonal = _relabelled(tensor, (*outer, row, row), (*outer, row, row))
    if "diagonal" in variable.properties:
        return diagonal
    turned = _relabelled(tensor, (*outer, row, column), (*outer, column, row))
    return (tensor + turned) / 2 if structure == PROJECTED else tensor + turned - diagonal


def _relabelled(tensor: Tensor, labels: Labels, out: Labels) -> Tensor:
    """The entries at these labels, of an array of higher order term by term, so that equal terms meet."""
    coefficient, monic = coefficient_of(tensor)
    terms = monic.terms if isinstance(monic, Sum) and len(labels) > 2 else ((1, monic),)
    return add([(coefficient * weight, product(1, [(term, labels)], out)) for weight, term in terms], tensor.shape)


def structured_value(value: Array, last: int, variable: Variable, structure: str) -> Array:
    """The same of a value, in which the variable's axes are `last` axes from the end: 0 where they are the last two."""
    if structure == INDEPENDENT or not is_structured(variable):
        return value
    row, column = value.ndim - last - 2, value.ndim - last - 1
    turned = np.swapaxes(value, row, column)
    on_diagonal = np.eye(value.shape[row]).reshape(*[value.shape[axis] if axis in (row, column) else 1 for axis in range(value.ndim)])
    if "diagonal" in variable.properties:
        return np.asarray(value * on_diagonal)
    return np.asarray((value + turned) / 2 if structure == PROJECTED else value + turned - value * on_diagonal)
