"""Where arguments from second derivatives hold: for functions without kinks, on convex domains."""

from __future__ import annotations

from collections.abc import Collection

from service.answers.kinks import kinked_nodes, with_its_kinks
from service.calculus.differentiate import derivatives
from service.calculus.lower import lower
from service.calculus.tensor_values import parts
from service.errors import NotDifferentiable
from service.expression.nodes import Node
from service.expression.tensors import Apply, Leaf, Power, Tensor
from service.functions.semidefinite import sign_of

EVERYWHERE = frozenset(
    "exp expm1 sigmoid softplus sin cos sinh cosh tanh sech atan asinh erf erfc logsumexp softmax softmax_rows expm".split()
)
"""Functions with a value for every argument."""
POSITIVE_ARGUMENT = frozenset(("log", "log2", "log10"))


def is_smooth(function: Node, names: Collection[str]) -> bool:
    """Whether the function has no kinks in the unknowns."""
    return not kinked_nodes(with_its_kinks(function), names)


def has_convex_domain(function: Node, names: Collection[str]) -> bool:
    """Whether the domain is known to be convex: given by u > 0 for affine u, or all of the space."""
    for part in parts([lower(function)]):
        if not _moves(part, names):
            continue
        if isinstance(part, Apply) and part.operation.name not in EVERYWHERE:
            if part.operation.name in ("logdet", "inv", "det", "tr"):
                continue  # of what is declared: definite matrices are a convex set
            if part.operation.name not in POSITIVE_ARGUMENT or not _is_half_space(part.arguments[0], names):
                return False
        if isinstance(part, Power) and not _is_tame(part, names):
            return False
    return True


def _is_tame(part: Power, names: Collection[str]) -> bool:
    if isinstance(part.exponent, Tensor):
        return _is_half_space(part.base, names)
    if part.exponent.denominator == 1:
        return part.exponent > 0 or _is_positive(part.base)
    return _is_half_space(part.base, names)


def _is_positive(tensor: Tensor) -> bool:
    found = sign_of(tensor)
    return bool(found and found.strict and found.sign > 0)


def _is_half_space(tensor: Tensor, names: Collection[str]) -> bool:
    """Whether u > 0 everywhere, or u is affine."""
    return _is_positive(tensor) or is_affine(tensor, names)


def is_affine(tensor: Tensor, names: Collection[str]) -> bool:
    """Whether the derivatives by the unknowns do not depend on them."""
    moving = [part for part in parts([tensor]) if isinstance(part, Leaf) and part.kind == "variable" and part.name in names]
    try:
        return not any(_moves(slope, names) for slope in derivatives(tensor, moving))
    except NotDifferentiable:
        return False


def _moves(tensor: Tensor, names: Collection[str]) -> bool:
    return any(isinstance(part, Leaf) and part.kind == "variable" and part.name in names for part in parts([tensor]))
