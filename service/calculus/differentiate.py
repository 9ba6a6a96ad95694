"""The derivative of a tensor by variables, in reverse mode: one sweep, whatever the number of variables.

The adjoint of a tensor t is ∂root/∂t with the axes of the root, then those of t. It is collected from all users of t:
a Sum passes it on with its coefficient, a Product contracts it with the other factors, an Apply with its own Jacobian.
All of these are products of tensors.py, so the result is again an expression, and is differentiated again for a Hessian.
(Laue, Mitterreiter, Giesen: Computing Higher Order Derivatives of Matrix and Tensor Expressions, NeurIPS 2018.)
"""

from __future__ import annotations

from collections.abc import Sequence

from service.calculus.expand import shorter
from service.calculus.forward import differential_of
from service.expression.algebra import call, hadamard
from service.expression.operation import Elementwise
from service.expression.products import power, product
from service.expression.sums import add, filled, identity, number, scale
from service.expression.tensors import Apply, Factor, Labels, Power, Product, Sum, Tensor

MOST_FACTORS = 16
"""An adjoint of more factors is passed on in one piece: dissolved at each of n layers it would make n² factors of them."""

MOST_PRODUCTS = 32
"""The derivatives by more factors of one product share their parts: written out they would have n² factors."""

Contributions = dict[Tensor, list[Tensor]]


def derivatives(root: Tensor, variables: Sequence[Tensor]) -> list[Tensor]:
    """∂root/∂v for each variable, with the axes of the root followed by those of v.

    Raises NotDifferentiable where an operation has no derivative.
    """
    order = _depending(root, variables)
    wanted = set(variables)
    adjoints: Contributions = {tensor: [] for tensor in order}
    if root in adjoints:
        adjoints[root].append(identity(root.shape) if root.shape else number(1))
    rank = len(root.shape)
    results: dict[Tensor, Tensor] = {}
    if rank and any(isinstance(tensor, Apply) and tensor.operation.directional for tensor in order):
        results = {variable: differential_of(root, {variable: number(1)}) for variable in variables if not variable.shape}
        if len(results) == len(variables):
            return list(results.values())
    for tensor in reversed(order):  # users before what they use, since ids count up from leaves to root
        parts = adjoints.pop(tensor)
        adjoint = parts[0] if len(parts) == 1 else shorter(add([(1, part) for part in reversed(parts)], root.shape + tensor.shape))
        if tensor in wanted and tensor not in results:
            results[tensor] = adjoint
        if isinstance(adjoint, Product) and len(adjoint.factors) > MOST_FACTORS:
            adjoint = call("grouped", adjoint)
        if isinstance(tensor, Sum):
            for coefficient, term in tensor.terms:
                if term in adjoints:
                    adjoints[term].append(scale(coefficient, adjoint))
        elif isinstance(tensor, Product):
            _through_product(tensor, adjoint, rank, adjoints)
        elif isinstance(tensor, Power):
            _through_power(tensor, adjoint, rank, adjoints)
        elif isinstance(tensor, Apply):
            _through_operation(tensor, adjoint, rank, adjoints)
    return [results.get(variable, filled(0, root.shape + variable.shape)) for variable in variables]


def _depending(root: Tensor, variables: Sequence[Tensor]) -> list[Tensor]:
    """The tensors inside root that depend on the variables, in order of creation."""
    seen = {root}
    stack = [root]
    while stack:
        for child in stack.pop().children():
            if child not in seen:
                seen.add(child)
                stack.append(child)
    depending: set[Tensor] = set(variables) & seen
    order = []
    for tensor in sorted(seen, key=lambda tensor: tensor.id):
        if tensor in depending or any(child in depending for child in tensor.children()):
            depending.add(tensor)
            order.append(tensor)
    return order


def _shifted(labels: Labels, by: int) -> Labels:
    return tuple([label + by for label in labels])


def _through_product(tensor: Product, adjoint: Tensor, rank: int, adjoints: Contributions) -> None:
    """The product rule: the adjoint times all factors but one, for each factor in turn."""
    if not rank and not tensor.sizes:  # scalars only
        if sum(factor in adjoints for factor, _ in tensor.factors) > MOST_PRODUCTS:
            _through_long_product(tensor, adjoint, adjoints)
            return
        for position, (factor, _) in enumerate(tensor.factors):
            if factor in adjoints:
                rest = (*tensor.factors[:position], *tensor.factors[position + 1 :], (adjoint, ()))
                adjoints[factor].append(product(tensor.coefficient, rest))
        return
    root_labels = tuple(range(rank))
    above = (adjoint, root_labels + _shifted(tensor.out, rank))
    factors: list[Factor] = [(factor, _shifted(labels, rank)) for factor, labels in tensor.factors]
    sizes = {label + rank: size for label, size in enumerate(tensor.sizes)}
    for position, (factor, labels) in enumerate(factors):
        if factor in adjoints:
            others = factors[:position] + factors[position + 1 :]
            adjoints[factor].append(product(tensor.coefficient, [above, *others], root_labels + labels, sizes))


def _through_long_product(tensor: Product, adjoint: Tensor, adjoints: Contributions) -> None:
    """All products of n scalars but one as n products of two: of those before each, and of those after it."""
    scalars = [factor for factor, _ in tensor.factors]
    before: list[Tensor] = [product(tensor.coefficient, [(adjoint, ())])]
    for factor in scalars[:-1]:
        before.append(call("grouped", product(1, [(before[-1], ()), (factor, ())])))
    after: Tensor = number(1)
    for factor, others in zip(reversed(scalars), reversed(before), strict=True):
        if factor in adjoints:
            adjoints[factor].append(product(1, [(others, ()), (after, ())]))
        after = call("grouped", product(1, [(factor, ()), (after, ())]))


def _along(adjoint: Tensor, local: Tensor, rank: int) -> Tensor:
    """The adjoint times a derivative that goes entry by entry."""
    if not adjoint.shape:
        return product(1, ((adjoint, ()), (local, ())))
    labels = tuple(range(len(adjoint.shape)))
    return product(1, [(adjoint, labels), (local, labels[rank:] if local.shape else ())], labels)


def _through_power(tensor: Power, adjoint: Tensor, rank: int, adjoints: Contributions) -> None:
    """d b^e = e·b^(e-1) db + b^e·log(b) de."""
    base, exponent = tensor.base, tensor.exponent
    if base in adjoints:
        lowered = (
            hadamard(exponent, power(base, exponent - 1)) if isinstance(exponent, Tensor) else scale(exponent, power(base, exponent - 1))
        )
        adjoints[base].append(_along(adjoint, lowered, rank))
    if isinstance(exponent, Tensor) and exponent in adjoints:
        adjoints[exponent].append(_reduced(_along(adjoint, hadamard(tensor, call("log", base)), rank), rank, exponent))


def _reduced(adjoint: Tensor, rank: int, argument: Tensor) -> Tensor:
    """A scalar that went with every entry collects from all of them."""
    if len(adjoint.shape) > rank and not argument.shape:
        labels = tuple(range(len(adjoint.shape)))
        return product(1, [(adjoint, labels)], labels[:rank])
    return adjoint


def _through_operation(tensor: Apply, adjoint: Tensor, rank: int, adjoints: Contributions) -> None:
    """The chain rule with the operation's own derivative."""
    operation, arguments = tensor.operation, tensor.arguments
    if isinstance(operation, Elementwise):
        local = operation.derivative(tensor, *arguments)
        locals_ = local if isinstance(local, tuple) else (local,)
        for argument, part in zip(arguments, locals_, strict=True):
            if argument in adjoints:
                adjoints[argument].append(_reduced(_along(adjoint, part, rank), rank, argument))
        return
    for position, argument in enumerate(arguments):
        if argument in adjoints:
            whole = operation.adjoint(tensor, position, adjoint, *arguments)
            if whole is not None:
                adjoints[argument].append(whole)
                continue
            jacobian = operation.jacobian(tensor, position, *arguments)
            root_labels = tuple(range(rank))
            inner = tuple(range(rank, rank + len(tensor.shape)))
            outer = tuple(range(rank + len(tensor.shape), rank + len(tensor.shape) + len(argument.shape)))
            factors = [(adjoint, root_labels + inner), (jacobian, inner + outer)]
            adjoints[argument].append(product(1, factors, root_labels + outer))
