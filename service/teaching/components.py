"""Tensors written entry by entry, with sums over indices: y_i = sum_j W_ij*x_j."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import NamedTuple

from service.calculus import build
from service.calculus.notation import Notation
from service.expression.nodes import Node, make
from service.expression.operation import Binding, Elementwise, Printed
from service.expression.shapes import Axes, Size
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor
from service.operations.leaves import Variable, name_to_latex, number
from service.teaching.indexed import Label, delta, entry, subscript, sum_over, with_subscript
from service.teaching.inert import By, Inert, inert, names_in

KRONECKER_RULE = "Kronecker delta"
LETTERS = "ijklmpqrstuvwabcdefgho"

Labels = tuple[Label, ...]
Key = tuple[Tensor, Labels]


class Part(NamedTuple):
    """How a product is written at given labels: factors with their labels, letters that are summed, deltas."""

    factors: tuple[Key, ...]
    summed: tuple[str, ...]
    deltas: tuple[tuple[Label, Label], ...]


class Components:
    """Writes tensors entry by entry. `letters` collects the indices in use, and their sizes; none is the name of something."""

    def __init__(self, variables: Mapping[str, Node], taken: Iterable[str], decimals: bool) -> None:
        self.variables = variables
        self.notation = Notation(variables, decimals)
        self.decimals = decimals
        self.letters: dict[str, Size] = {}
        self.fresh = _fresh(frozenset(taken))

    def labels(self, shape: Axes) -> tuple[str, ...]:
        """Fresh letters for the axes of an array."""
        found = []
        for size in shape:
            letter = next(self.fresh)
            self.letters[letter] = size
            found.append(letter)
        return tuple(found)

    def write(self, root: Tensor, labels: Labels) -> Node:
        """The entry of a tensor at these labels. Iterative; equal tensors at equal labels once."""
        parts: dict[Key, Part] = {}
        stack: list[Key] = [(root, labels)]
        seen = {stack[0]}
        for key in stack:
            if isinstance(key[0], Product):
                parts[key] = self._part(key[0], key[1])
            for inner in self._inside(key, parts):
                if inner not in seen:
                    seen.add(inner)
                    stack.append(inner)
        written: dict[Key, Node] = {}
        for key in sorted(stack, key=lambda key: key[0].id):  # what a tensor is made of is older than it
            written[key] = self._written(key, parts, written)
        return written[root, labels]

    def _inside(self, key: Key, parts: Mapping[Key, Part]) -> list[Key]:
        tensor, labels = key
        if isinstance(tensor, Product):
            return [
                (factor.base, inner) if isinstance(factor, Power) and _is_below(factor) else (factor, inner)
                for factor, inner in parts[key].factors
            ]
        if isinstance(tensor, Sum):
            return [(term, labels) for _, term in tensor.terms]
        if isinstance(tensor, (Power, Apply)) and (isinstance(tensor, Power) or isinstance(tensor.operation, Elementwise)):
            return [(child, labels if child.shape else ()) for child in tensor.children()]
        return []

    def _part(self, tensor: Product, labels: Labels) -> Part:
        names: dict[int, Label] = {}
        deltas: list[tuple[Label, Label]] = []
        for label, outer in zip(tensor.out, labels, strict=True):
            if label in names:
                deltas.append((names[label], outer))
            names.setdefault(label, outer)
        units = {(factor, inner): _position(factor) for factor, inner in tensor.factors}
        picked = {inner[0]: position for (_, inner), position in units.items() if position is not None and inner[0] not in names}
        names.update(picked)  # a sum with a unit vector picks one entry
        summed = []
        for label, size in enumerate(tensor.sizes):
            if label not in names:
                (letter,) = self.labels((size,))
                names[label] = letter
                summed.append(letter)
        factors = []
        for factor, inner in tensor.factors:
            position = units[factor, inner]
            if position is not None:
                deltas += [(names[inner[0]], position)] if inner[0] not in picked else []
            else:
                factors.append((factor, tuple([names[label] for label in inner])))
        return Part(tuple(factors), tuple(summed), tuple(deltas))

    def _written(self, key: Key, parts: Mapping[Key, Part], written: Mapping[Key, Node]) -> Node:
        tensor, labels = key
        if isinstance(tensor, Product):
            return self._product(tensor, parts[key], written)
        if isinstance(tensor, Sum):
            return build.add([build.scaled(weight, [written[term, labels]], [], None, self.decimals) for weight, term in tensor.terms])
        if isinstance(tensor, Power):
            return self._power(tensor, labels, written)
        if isinstance(tensor, Apply) and isinstance(tensor.operation, Elementwise):
            return make(tensor.operation.name, *[written[child, labels if child.shape else ()] for child in tensor.arguments])
        if isinstance(tensor, Leaf) and tensor.kind == "unit":
            return delta(labels[0], tensor.name)
        if isinstance(tensor, Leaf) and tensor.kind in ("constant", "size"):
            return self.notation.node(tensor)
        node = self.variables[tensor.name] if isinstance(tensor, Leaf) and tensor.kind == "variable" else self.notation.node(tensor)
        return entry(node, tensor, labels) if labels or isinstance(tensor, Apply) else node

    def _product(self, tensor: Product, part: Part, written: Mapping[Key, Node]) -> Node:
        inside: tuple[list[Node], list[Node]] = [], []
        outside: tuple[list[Node], list[Node]] = [], []
        for factor, labels in part.factors:
            above, below = inside if labels else outside
            if isinstance(factor, Power) and _is_below(factor):
                assert not isinstance(factor.exponent, Tensor)
                below.append(build.raised(written[factor.base, labels], -factor.exponent, self.decimals))
            else:
                above.append(written[factor, labels])
        coefficient = tensor.coefficient
        if part.summed and not outside[0] and not outside[1] and coefficient != 0:
            sign = -1 if coefficient < 0 else 1  # a number stands inside the sum, its sign before it
            body = sum_over(part.summed, build.scaled(sign * coefficient, *inside, None, self.decimals))
            coefficient = sign
        else:
            body = sum_over(part.summed, build.scaled(1, *inside, None, self.decimals))
        factors = [*outside[0], body] if inside[0] or inside[1] or part.summed else outside[0]
        node = build.scaled(coefficient, factors, outside[1], None, self.decimals)
        deltas = [delta(left, right) for left, right in part.deltas]
        return build.times(*deltas, node) if deltas else node

    def _power(self, tensor: Power, labels: Labels, written: Mapping[Key, Node]) -> Node:
        base = written[tensor.base, labels]
        if isinstance(tensor.exponent, Tensor):
            return build.raised(base, written[tensor.exponent, labels if tensor.exponent.shape else ()], self.decimals)
        if tensor.exponent < 0:
            return make("divide", number(1), build.raised(base, -tensor.exponent, self.decimals))
        return build.raised(base, tensor.exponent, self.decimals)


def _position(tensor: Tensor) -> int | None:
    """Where a unit vector has its one; None for any other tensor."""
    return int(tensor.name) if isinstance(tensor, Leaf) and tensor.kind == "unit" else None


def _is_below(factor: Power) -> bool:
    """Whether it stands under a fraction line."""
    return not isinstance(factor.exponent, Tensor) and factor.exponent < 0


def _fresh(taken: frozenset[str]) -> Iterator[str]:
    """Letters that are no names: i, j, ..., then i1, j1, ..."""
    for round_ in count():
        for letter in LETTERS:
            name = f"{letter}{round_ or ''}"
            if name not in taken:
                yield name


class EntryDerivative(Inert):
    """d/dx_j, of what is written with indices by these components."""

    name, word = "d/dx_j", "derivative"

    def __init__(self, components: Components) -> None:
        self.components = components

    def leaf_rule(self, node: Node, decimals: bool) -> tuple[str, Node]:
        """∂X_ab/∂X_ij = δ_ai·δ_bj, and for an operation on arrays ∂f(U)_i/∂x_j = Σ ∂f_i/∂U_ab · ∂U_ab/∂x_j."""
        (leaf,), by = node.arguments, node.parameter
        array, tensor, labels = leaf.parameter.what
        if isinstance(array.parameter, Variable):
            return KRONECKER_RULE, build.times(*[delta(a, b) for a, b in zip(by.labels, labels, strict=True)])
        assert isinstance(tensor, Apply)
        operation, write = tensor.operation, self.components.write
        terms = []
        for place, argument in enumerate(tensor.arguments):
            inner = self.components.labels(argument.shape)
            slope = write(operation.jacobian(tensor, place, *tensor.arguments), labels + inner)
            change = write(argument, inner)
            if by.variable.name in names_in(change):
                terms.append(sum_over(inner, build.times(slope, inert(self, change, by))))
        return operation.rule_name(*[True for _ in terms]), build.add(terms)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        by: By = node.parameter
        return Printed(f"d/d{by.variable.name}_{subscript(by.labels)}({arguments[0].text})", Binding.POSTFIX)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        by: By = node.parameter
        below = rf"\partial {with_subscript(name_to_latex(by.variable.name), by.labels)}"
        if not node.arguments[0].arguments:
            return Printed(rf"\frac{{\partial {arguments[0].text}}}{{{below}}}", Binding.POWER)
        return Printed(rf"\frac{{\partial}}{{{below}}}\left({arguments[0].text}\right)", Binding.POWER)
