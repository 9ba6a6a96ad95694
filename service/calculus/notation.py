"""Tensors → nodes: back to what a person reads.

A product is a graph: labels are its points, vectors sit on a point, matrices join two. Reducing the graph gives matrix
notation: vectors on one point multiply entry by entry; a summed point with one matrix is a matrix-vector product, with
two a matrix product, with none an inner product. Each reduction removes a point or joins two edges, so it ends. What
cannot be reduced, or has more than two axes, is written in index notation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from service import limits
from service.calculus import build
from service.calculus.compression import compressed, parts_of
from service.calculus.factoring import common_names_out, factored
from service.calculus.graph import Entries, Stuck, Weighted
from service.calculus.index_form import WrittenTerm, by_axes, write
from service.calculus.quotients import simplified
from service.calculus.stacking import ProductGraph
from service.expression.arena import find
from service.expression.nodes import Node, make
from service.expression.numbers import Rational, tidy
from service.expression.shapes import axes
from service.expression.sums import scale
from service.expression.tensors import Apply, Factor, Leaf, Power, Product, Sum, Tensor
from service.operations import leaves
from service.operations.index_notation import Pattern
from service.operations.matrices import entry_of, is_written_out


class Notation:
    """Writes tensors as nodes; `variables` are the nodes of the variable leaves by name, `decimals` prefers 0.5 to 1/2."""

    def __init__(self, variables: Mapping[str, Node], decimals: bool = False) -> None:
        self.variables = dict(variables)
        self.decimals = decimals
        self.known: dict[Tensor, Node] = {}
        build.remember_request()

    def declare(self, variables: Iterable[leaves.Variable]) -> None:
        """Further variables that tensors may hold."""
        for declared in variables:
            self.variables[declared.name] = leaves.variable(declared)

    def node(self, root: Tensor) -> Node:
        """The node of a tensor; a tensor with one axis is a column. Iterative, shared parts once."""
        if len(root.shape) > 2 and root not in self.known:
            terms = compressed(root)
            if not (len(terms) == len(terms[0].cores) == 1 and len(terms[0].cores[0].axes) == len(root.shape)):
                self.known[root] = factored([term.node(root.shape) for term in write(terms, self.node)], self.decimals)
        for tensor in self._order(root):
            node = self.known[tensor] = self._write(1, tensor)
            if tensor.symmetric:
                build.symmetric_nodes().add(node)
        return self.known[root]

    def terms(self, root: Tensor) -> list[WrittenTerm]:
        """A tensor as cores and deltas."""
        return write(compressed(root), self.node)

    def in_indices(self, root: Tensor) -> Node:
        """A tensor in index notation, its factors as they are: Σ_j A_ij x_j where `node` gives A*x, while there are letters."""
        nodes = []
        for weight, term in parts_of(root):
            few = isinstance(term, Product) and len(term.sizes) + len(term.out) <= limits.limit("index-letters")
            if few and isinstance(term, Product) and any(labels for _, labels in term.factors):
                for factor, _ in term.factors:
                    self.node(factor)
                above, below = self._scalars(tuple(factor for factor in term.factors if not factor[1]))
                signed = self._signed(weight * term.coefficient, [factor for factor in term.factors if factor[1]])
                nodes.append(self._index_notation(term, above, below, *signed))
            else:
                nodes.append(self.node(scale(weight, term)))
        return build.add(nodes)

    def _order(self, root: Tensor) -> list[Tensor]:
        """What has to be written, children first; a product that is only ever a term of sums is written there."""
        known = self.known
        if root in known:
            return []
        stack: list[Tensor] = [root]
        seen = {root}
        wanted = {root}
        for tensor in stack:
            terms_only = isinstance(tensor, Sum)
            for child in tensor.children():
                if child in known:
                    continue
                if not (terms_only and isinstance(child, Product)):
                    wanted.add(child)
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
        return sorted(wanted, key=lambda tensor: tensor.id)

    def _write(self, coefficient: Rational, tensor: Tensor) -> Node:
        """coefficient · tensor, the tensor's children being known."""
        better = simplified(tensor)
        if better is not tensor:
            for child in better.children():
                self.node(child)
            return self._write(coefficient, better)
        if isinstance(tensor, Product):
            return self._product(coefficient * tensor.coefficient, tensor)
        if tensor in self.known:
            node = self.known[tensor]
        elif isinstance(tensor, Sum):
            node = self._sum(1, tensor)
        elif isinstance(tensor, Power):
            node = self._power(tensor)
        elif isinstance(tensor, Apply):
            node = make(tensor.operation.name, *[self.known[argument] for argument in tensor.arguments])
        else:
            assert isinstance(tensor, Leaf)
            node = self._leaf(tensor)
        return node if coefficient == 1 else build.scaled(coefficient, [], [], node, self.decimals)

    def _leaf(self, tensor: Leaf) -> Node:
        if tensor.kind == "variable":
            node = self.variables.get(tensor.name)
            if node is None:
                node = leaves.variable(leaves.Variable(tensor.name, (*tensor.shape, 1, 1)[:2], tensor.properties))
            return build.transpose(node) if node.shape[0] == 1 and node.shape[1] != 1 else node
        if tensor.kind == "constant":
            return leaves.constant(tensor.name)
        if tensor.kind == "size":
            return leaves.size(tensor.name)
        if tensor.kind == "unit":
            return build.filled("unit", tensor.name + 1, *tensor.shape)
        return build.filled("pairing", *tensor.name)

    # Sums.

    def _sum(self, coefficient: Rational, tensor: Sum) -> Node:
        literal = self._literal(coefficient, tensor) or self._by_entries(coefficient, tensor)
        if literal is not None:
            return literal
        if not tensor.shape:
            return factored([self._write(coefficient * weight, term) for weight, term in _polynomial_order(tensor)], self.decimals)
        write = self._write if any(_is_diagonal(term) for _, term in tensor.terms) else self._term  # I - 1 1'/n
        nodes = [write(coefficient * weight, term) for weight, term in tensor.terms]
        arrays = [node for node in nodes if axes(node.shape)]
        return factored(nodes if arrays else [self._write(coefficient * weight, term) for weight, term in tensor.terms], self.decimals)

    def _term(self, coefficient: Rational, term: Tensor) -> Node:
        """A term of a sum; what repeats one number over a whole array is written as the number."""
        if not isinstance(term, Product):
            return self._write(coefficient, term)
        if 0 < len(term.out) < 3 and len(set(term.out)) == len(term.out) and all(not labels for _, labels in term.factors):
            above, below = self._scalars(term.factors)
            return build.scaled(coefficient * term.coefficient, above, below, None, self.decimals)
        return self._write(coefficient, term)

    def _literal(self, coefficient: Rational, tensor: Sum) -> Node | None:
        """Σ entry · e_i e_j' over known sizes, written out: [1, x; y, 2]."""
        shape = tensor.shape
        if len(shape) not in (1, 2) or not all(isinstance(size, int) for size in shape):
            return None
        rows, columns = (*shape, 1)[:2]
        assert isinstance(rows, int)
        assert isinstance(columns, int)
        entries: dict[int, Node] = {}
        for weight, term in tensor.terms:
            if isinstance(term, Leaf) and term.kind == "unit":
                positions: list[tuple[int, ...]] = [(term.name, 0)]
                scalars: tuple[Factor, ...] = ()
            elif isinstance(term, Product):
                labelled = {labels: factor for factor, labels in term.factors if labels}
                units = [labelled.get((label,)) for label in range(len(shape))]
                if (
                    len(labelled) != len(shape)
                    or term.out != tuple(range(len(shape)))
                    or not all(isinstance(u, Leaf) and u.kind == "unit" for u in units)
                ):
                    return None
                positions = [tuple([u.name for u in units if isinstance(u, Leaf)] + [0])[:2]]
                scalars = tuple(factor for factor in term.factors if not factor[1])
            else:
                return None
            row, column = positions[0]
            above, below = self._scalars(scalars)
            entry = build.scaled(coefficient * weight, above, below, None, self.decimals)
            place = row * columns + column
            entries[place] = build.add([entries[place], entry]) if place in entries else entry
        zero = leaves.number(0)
        return make("literal", *[entries.get(place, zero) for place in range(rows * columns)], parameter=(rows, columns))

    def _by_entries(self, coefficient: Rational, tensor: Tensor) -> Node | None:
        """A sum with several written arrays in it: x*[1, 0; y, 2] + [0, 1; 0, y] as one."""
        shape = tensor.shape
        sizes = [size for size in shape if isinstance(size, int)]
        if not is_written_out(tensor) or len(sizes) != len(shape) or math.prod(sizes) > build.MOST_WRITTEN_OUT:
            return None
        entries = [self.node(scale(coefficient, entry_of(tensor, places))) for places in itertools.product(*map(range, sizes))]
        return make("literal", *entries, parameter=(*sizes, 1)[:2])

    # Powers.

    def _power(self, tensor: Power) -> Node:
        if isinstance(tensor.exponent, Tensor):
            return build.raised(self.known[tensor.base], self.known[tensor.exponent], self.decimals)
        if tensor.exponent < 0:
            one = leaves.number(1)
            return make("divide" if not tensor.shape else "entry-divide", one, self._positive_power(tensor.base, -tensor.exponent))
        return self._positive_power(tensor.base, tensor.exponent)

    def _positive_power(self, base: Tensor, exponent: Rational) -> Node:
        norm = self._norm(base) if exponent.denominator == 2 else None
        if norm is not None:
            return build.raised(norm, 2 * exponent, self.decimals)
        return build.raised(self.known[base], exponent, self.decimals)

    def _norm(self, tensor: Tensor) -> Node | None:
        """The norm whose square the tensor is: the root of a sum of squares."""
        if isinstance(tensor, Product) and not tensor.out and len(tensor.factors) == 1 and tensor.coefficient == 1:
            factor, labels = tensor.factors[0]
            if labels and len(set(labels)) == len(labels) and isinstance(factor, Power) and factor.exponent == 2:
                return make("norm2" if len(labels) == 1 else "normF", self.known.get(factor.base) or self.node(factor.base))
        return None

    # Products.

    def _scalars(self, factors: Sequence[Factor], flipped: Mapping[int, Node] | None = None) -> tuple[list[Node], list[Node]]:
        """The factors above and below the fraction line; `flipped` as `_signed` gives it."""
        above: list[Node] = []
        below: list[Node] = []
        for place, (factor, _) in enumerate(factors):
            opposite = flipped.get(place) if flipped else None
            if isinstance(factor, Power) and not isinstance(factor.exponent, Tensor) and factor.exponent < 0:
                if opposite is None:
                    below.append(self._positive_power(factor.base, -factor.exponent))
                else:
                    below.append(build.raised(opposite, -factor.exponent, self.decimals))
            elif opposite is None:
                above.append(common_names_out(self.known[factor], self.decimals))
            else:
                exponent = factor.exponent if isinstance(factor, Power) and not isinstance(factor.exponent, Tensor) else 1
                above.append(build.raised(opposite, exponent, self.decimals))
        return above, below

    def _product(self, coefficient: Rational, tensor: Product) -> Node:
        scalar_factors = tuple(factor for factor in tensor.factors if not factor[1])
        labelled = [factor for factor in tensor.factors if factor[1]]
        if not tensor.out and not labelled:
            return self._monomial(coefficient, tensor)
        if coefficient == 0:
            if len(tensor.shape) < 3:
                return build.filled("zeros", *tensor.shape)
            rest = [(build.filled("ones", size), (axis + 1,)) for axis, size in enumerate(tensor.shape[1:])]
            parts = [(build.filled("zeros", tensor.shape[0]), (0,)), *rest]
            pattern = Pattern(tuple([labels for _, labels in parts]), tuple(range(len(parts))))
            return make("einsum", *[node for node, _ in parts], parameter=pattern)
        if (
            len(labelled) == 1
            and isinstance(labelled[0][0], Sum)
            and labelled[0][1] == tensor.out
            and len(set(tensor.out)) == len(tensor.out)
            and not scalar_factors
            and coefficient in (1, -1)
        ):
            return self._sum(coefficient, labelled[0][0])
        if len(labelled) == 2 and all(isinstance(factor, Leaf) and factor.kind == "unit" for factor, _ in labelled):
            written = self._by_entries(tidy(Fraction(coefficient) / tensor.coefficient), tensor)
            if written is not None:
                return written
        graph = ProductGraph(tensor.out, tensor.sizes)
        coefficient, flipped = self._signed(coefficient, [*labelled, *scalar_factors])
        above, below = self._scalars(scalar_factors, {place - len(labelled): node for place, node in flipped.items()} if flipped else None)
        try:
            for place, (factor, labels) in enumerate(labelled):
                graph.put(self._weighted(factor, flipped.get(place)), labels)
            array, more_scalars = graph.reduce()
        except Stuck:
            return self._index_notation(tensor, above, below, coefficient, flipped)
        return build.scaled(coefficient, above + more_scalars, below, array, self.decimals)

    def _monomial(self, coefficient: Rational, tensor: Product) -> Node:
        factors = tensor.factors
        if len(factors) == 1 and isinstance(factors[0][0], Sum) and (coefficient.denominator == 1 or self.decimals):
            return self._sum(coefficient, factors[0][0])
        coefficient, flipped = self._signed(coefficient, factors)
        for place, (factor, _) in enumerate(factors if coefficient < 0 else ()):  # -(b - A*x)'*c as (A*x - b)'*c
            opposite = self._product(-1, factor) if isinstance(factor, Product) else None
            if opposite is not None and opposite.operation is not build.NEGATE:
                coefficient, flipped[place] = -coefficient, opposite
                break
        above, below = self._scalars(factors, flipped)
        return build.scaled(coefficient, above, below, None, self.decimals)

    def _signed(self, coefficient: Rational, factors: Sequence[Factor]) -> tuple[Rational, dict[int, Node]]:
        """As `_with_signs`; and 0.000005*(8943*x^2 + 200000) is 0.044715*x^2 + 1 where decimals were used."""
        coefficient, opposites = self._with_signs(coefficient, factors)
        if not self.decimals or coefficient.denominator == 1:
            return coefficient, opposites
        for place, (factor, _) in enumerate(factors):
            if isinstance(factor, Sum):
                weights = [Fraction(weight) for weight, _ in factor.terms]
                scales = [Fraction(1), Fraction(coefficient), *[1 / abs(weight) for weight in weights]]
                best = min(scales, key=lambda each: sum(map(_digits, [coefficient / each, *[each * weight for weight in weights]])))
                if best != 1:
                    inside = tidy(-best if place in opposites else best)
                    return tidy(coefficient / best), {**opposites, place: self._sum(inside, factor)}
        return coefficient, opposites

    def _with_signs(self, coefficient: Rational, factors: Sequence[Factor]) -> tuple[Rational, dict[int, Node]]:
        """The coefficient, and the opposites of those sums among the factors, by place, that read better: -(a - b) is b - a.

        Of an odd power of a sum it is the opposite of the sum, where the request has that.
        """
        flipped: dict[int, Node] = {}
        able: dict[int, tuple[Sum, bool]] = {}
        for place, (factor, _) in enumerate(factors):
            if isinstance(factor, Sum) and sum(factor is other for other, _ in factors) == 1:
                negative, whole = sum(weight < 0 for weight, _ in factor.terms), len(factor.terms)
                asked = not factor.shape and build.is_of_request(self.known[factor])
                if (2 * negative > whole and not asked) or (2 * negative == whole and self._better_opposite(factor)):
                    flipped[place] = self._sum(-1, factor)
                    coefficient = -coefficient
                    able.update({place: (factor, True)} if 2 * negative == whole else {})
                elif 2 * negative == whole:
                    able[place] = factor, False
            elif isinstance(factor, Power) and isinstance(factor.base, Sum) and type(factor.exponent) is int:
                if factor.exponent % 2 == 0 or _is_rest(factor.base, 1) or not self._better_opposite(factor.base):
                    continue
                flipped[place] = self._sum(-1, factor.base)
                coefficient = -coefficient
        if coefficient < 0:
            for place, (factor, is_flipped) in able.items():
                if is_flipped and not _is_rest(factor, -1) and not self._is_kept(factor, flipped[place], -1):
                    del flipped[place]
                    return -coefficient, flipped
                if not is_flipped and not _is_rest(factor, 1) and not self._is_kept(factor, self.known[factor], 1):
                    flipped[place] = self._sum(-1, factor)
                    return -coefficient, flipped
        return coefficient, flipped

    def _is_kept(self, factor: Sum, node: Node, sign: int) -> bool:
        """Whether a sum of the request stays as it is even behind a minus sign: a number, and 1 - y."""
        return build.is_of_request(node) and (not factor.shape or _has_one(factor, sign))

    def _better_opposite(self, factor: Sum) -> bool:
        """Of a - b and b - a: 1 - f rather than f - 1, else what the request has."""
        if _is_rest(factor, 1) or _is_rest(factor, -1):
            return _is_rest(factor, -1)
        return not build.is_of_request(self.known[factor]) and _has_opposite(factor) and build.is_of_request(self._sum(-1, factor))

    def _weighted(self, factor: Tensor, flipped: Node | None) -> Weighted:
        if flipped is not None:
            return Weighted(flipped, factor.exponent if isinstance(factor, Power) and type(factor.exponent) is int else 1)
        if isinstance(factor, Power) and not isinstance(factor.exponent, Tensor):
            return Weighted(self.known[factor.base], factor.exponent, factor.base.symmetric)
        return Weighted(self.known[factor], symmetric=factor.symmetric)

    def _index_notation(
        self, tensor: Product, above: list[Node], below: list[Node], coefficient: Rational, flipped: Mapping[int, Node]
    ) -> Node:
        factors = [factor for factor in tensor.factors if factor[1]]
        labelled = []
        for place, (factor, labels) in enumerate(factors):
            whole = Entries([self._weighted(factor, flipped[place])]).node() if place in flipped else self.known[factor]
            labelled.append((whole, labels))
        array = by_axes(labelled, tensor.out, tensor.sizes)
        return build.scaled(coefficient, above, below, array, self.decimals)


LONGEST = 400


def _digits(value: Rational) -> int:
    """About how long a number is in print; beyond doubles, longer than any other."""
    if value in (1, -1):
        return 0
    try:
        return len(f"{abs(float(value)):.15g}")
    except OverflowError:
        return LONGEST


def _is_diagonal(term: Tensor) -> bool:
    return isinstance(term, Product) and len(set(term.out)) < len(term.out)


def _has_opposite(tensor: Sum) -> bool:
    """Whether the opposite of a sum, or of its transpose, was ever made: else the request cannot have it."""
    labels = tuple(range(len(tensor.shape)))
    keys = {(labels, tensor.shape), (labels[::-1], tensor.shape[::-1])}
    return any(find((Product, -1, ((tensor, at),), labels, shape)) is not None for at, shape in keys)


def _is_rest(tensor: Sum, sign: int) -> bool:
    """Whether sign · tensor is 1 - f, what a function such as softmax or tanh² lacks to 1."""
    others = [term.base if isinstance(term, Power) else term for _, term in tensor.terms]
    return _has_one(tensor, sign) and any(isinstance(other, Apply) and other.operation.at_most_one for other in others)


def _has_one(tensor: Sum, sign: int) -> bool:
    """Whether sign · tensor is a number minus something."""
    ones = [weight for weight, term in tensor.terms if isinstance(term, Product) and not term.factors]
    return len(tensor.terms) == 2 and len(ones) == 1 and sign * ones[0] > 0


def _polynomial_order(tensor: Sum) -> Sequence[tuple[Rational, Tensor]]:
    """A polynomial's terms by falling degree, then by the age of their variables; any other sum as it is."""
    keyed = []
    for weight, term in tensor.terms:
        factors = [factor for factor, _ in term.factors] if isinstance(term, Product) else [term]
        monomial = []
        for factor in factors:
            base, exponent = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, 1)
            if not isinstance(base, Leaf) or not isinstance(exponent, int) or exponent < 0:
                return tensor.terms
            monomial.append((base.id, -exponent))
        keyed.append((sum(power for _, power in monomial), sorted(monomial), weight, term))
    return [(weight, term) for _, _, weight, term in sorted(keyed, key=lambda item: item[:2])]
