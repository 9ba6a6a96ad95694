"""The graph of one product: labels are points, vectors sit on a point, matrices join two points."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.calculus import build
from service.expression.nodes import Node, make
from service.expression.numbers import Rational
from service.expression.shapes import Axes
from service.expression.tensors import Labels
from service.operations.leaves import number


class Stuck(Exception):
    """No matrix notation for this product; the caller writes it in index notation."""


@dataclass(frozen=True)
class Weighted:
    """A node to a power, entry by entry."""

    node: Node
    exponent: Rational | Node = 1
    symmetric: bool = False

    def transposed(self) -> Weighted:
        return self if self.symmetric else Weighted(build.transpose(self.node), self.exponent)

    def is_below(self) -> bool:
        """Whether it stands under a fraction line."""
        return not isinstance(self.exponent, Node) and self.exponent < 0


@dataclass
class Entries:
    """What multiplies entry by entry, on one point or along one edge."""

    items: list[Weighted] = field(default_factory=list)

    def node(self) -> Node:
        above = [build.raised(item.node, item.exponent, False) for item in self.items if not item.is_below()]
        below = [
            build.raised(item.node, -item.exponent, False)
            for item in self.items
            if not isinstance(item.exponent, Node) and item.exponent < 0
        ]
        if not below:
            return build.hadamard(*above)
        return make("entry-divide", build.hadamard(*above) if above else number(1), build.hadamard(*below))

    def transposed(self) -> Entries:
        return Entries([item.transposed() for item in self.items])

    def total(self) -> Node:
        """The sum of the entries of a vector: an inner product where there are two factors."""
        if len(self.items) == 1 and self.items[0].exponent == 2:
            node = self.items[0].node
            if not node.arguments:
                return build.times(build.transpose(node), node)
            return make("power", make("norm2", node), number(2))
        found: list[Node] = []
        for item in self.items:
            if item.node.operation is build.UNIT and len(self.items) > 1:
                rest = Entries([other for other in self.items if other is not item])
                return build.entry(rest.node(), item.node.parameter[0] - 1)
        for item in self.items:
            if item.exponent == 1 and len(self.items) > 1:
                rest = Entries([other for other in self.items if other is not item])
                found.append(build.times(build.transpose(item.node), rest.node()))
        return min(found, key=_written_before) if found else make("sum", self.node())


class Graph:
    """`matrices` maps a pair of points to what joins them, oriented (rows, columns) as the pair."""

    def __init__(self, out: Labels, sizes: Axes) -> None:
        self.out = out
        self.sizes = list(sizes)
        self.vectors: dict[int, Entries] = {}
        self.matrices: dict[tuple[int, int], Entries] = {}
        self.loops: dict[int, list[Weighted]] = {}
        self.scalars: list[Node] = []
        self.summed = set(range(len(sizes))) - set(out)

    def put(self, item: Weighted, labels: Labels) -> None:
        """One factor of the product."""
        if len(labels) == 1:
            self.vectors.setdefault(labels[0], Entries()).items.append(item)
        elif len(labels) == 2:
            self.join(labels[0], labels[1], item)
        else:
            raise Stuck

    def join(self, row: int, column: int, item: Weighted) -> None:
        """A matrix between two points, or from a point to itself."""
        if row == column:
            self.loops.setdefault(row, []).append(item)
        elif (column, row) in self.matrices:
            self.matrices[column, row].items.append(item.transposed())
        else:
            self.matrices.setdefault((row, column), Entries()).items.append(item)

    def edges(self, point: int) -> list[tuple[int, int]]:
        return [pair for pair in self.matrices if point in pair]

    def take_edge(self, row: int, column: int) -> Entries | None:
        """Remove and return what joins two points, oriented (row, column)."""
        if (row, column) in self.matrices:
            return self.matrices.pop((row, column))
        found = self.matrices.pop((column, row), None)
        return None if found is None else found.transposed()

    def eliminate(self, point: int) -> None:
        """Sum over one point."""
        edges = self.edges(point)
        loops = self.loops.pop(point, [])
        if len(loops) == 1 and loops[0].exponent == 1 and not edges and point not in self.vectors:
            self.scalars += build.trace(loops[0].node)
            return
        for loop in loops:
            self.put_diagonal(point, loop)
        vector = self.vectors.pop(point, None)
        if not edges:
            assert vector is not None
            self.scalars.append(vector.total())
        elif len(edges) == 1:
            self.multiply(point, edges[0], vector)
        elif len(edges) == 2:
            self.chain(point, edges, vector)
        else:
            raise Stuck

    def put_diagonal(self, point: int, loop: Weighted) -> None:
        self.vectors.setdefault(point, Entries()).items.append(Weighted(make("diag", loop.node), loop.exponent))

    def is_alone(self, point: int) -> bool:
        """Whether nothing but edges touches a summed point."""
        return point in self.summed and point not in self.vectors and point not in self.loops and not self.edges(point)

    def multiply(self, point: int, edge: tuple[int, int], vector: Entries | None) -> None:
        """A matrix times a vector; two matrices along one edge give a trace or the diagonal of a product."""
        other = edge[0] if edge[1] == point else edge[1]
        matrix = self.take_edge(other, point)
        assert matrix is not None
        alone = self.is_alone(other)
        plain = all(item.exponent == 1 for item in matrix.items)
        if len(matrix.items) == 2 and plain:
            left, right = matrix.items
            middle = [make("diag", vector.node())] if vector else []
            product = _fewer_transposes(
                build.times(left.node, *middle, right.transposed().node),
                build.times(right.node, *middle, left.transposed().node),
            )
            if not alone and not (_is_quadratic(left.node, right.node) or build.is_of_request(make("diag", product))):
                column = vector.node() if vector else build.filled("ones", self.sizes[point])
                self.vectors.setdefault(other, Entries()).items.append(Weighted(build.times(matrix.node(), column)))
                return
            if not alone:
                self.vectors.setdefault(other, Entries()).items.append(Weighted(make("diag", product)))
                return
            if not middle:
                product = _fewer_transposes(
                    product, build.times(left.transposed().node, right.node), build.times(right.transposed().node, left.node)
                )
            self.summed.discard(other)
            self.scalars += build.trace(product)
        elif vector is None and alone:
            self.summed.discard(other)
            only = matrix.items[0]
            squared = len(matrix.items) == 1 and only.exponent == 2
            matrix = min(matrix, matrix.transposed(), key=lambda entries: build.count_transposes(entries.node()))
            only = matrix.items[0]
            self.scalars.append(make("power", make("normF", only.node), number(2)) if squared else make("sum", matrix.node()))
        else:
            column = vector.node() if vector else build.filled("ones", self.sizes[point])
            self.vectors.setdefault(other, Entries()).items.append(Weighted(build.times(matrix.node(), column)))

    def chain(self, point: int, edges: list[tuple[int, int]], vector: Entries | None) -> None:
        """Two matrices that meet in a point: their product."""
        ends = [pair[0] if pair[1] == point else pair[1] for pair in edges]
        left, right = self.take_edge(ends[0], point), self.take_edge(point, ends[1])
        assert left is not None
        assert right is not None
        middle = [make("diag", vector.node())] if vector else []
        forward = build.times(left.node(), *middle, right.node())
        transposes = build.count_transposes(forward)
        if transposes:
            backward = build.times(right.transposed().node(), *middle, left.transposed().node())
            if build.count_transposes(backward) < transposes:
                self.join(ends[1], ends[0], Weighted(backward))
                return
        self.join(ends[0], ends[1], Weighted(forward))

    # The result.

    def written(self) -> Node | None:
        """What is left stands on the points of `out`."""
        out = self.out
        for point in list(self.loops):
            for loop in self.loops.pop(point):
                self.put_diagonal(point, loop)
        if not out:
            return None
        vectors = {point: self.vectors[point].node() if point in self.vectors else None for point in out}
        if len(out) == 1:
            return vectors[out[0]] or build.filled("ones", self.sizes[out[0]])
        if len(out) > 2:
            raise Stuck
        row, column = out
        if row == column:
            vector = vectors[row]
            return make("diag", vector) if vector else build.filled("eye", self.sizes[row])
        left, right = vectors[row], vectors[column]
        matrix = self.take_edge(row, column)
        if matrix is not None:
            factors = [make("diag", left)] if left else []
            factors.append(matrix.node())
            factors += [make("diag", right)] if right else []
            return build.times(*factors)
        if left is None and right is None:
            return build.filled("ones", self.sizes[row], self.sizes[column])
        left = left or build.filled("ones", self.sizes[row])
        return build.times(left, build.transpose(right or build.filled("ones", self.sizes[column])))


def _written_before(product: Node) -> tuple[int, bool, bool]:
    """Of the inner products u'*v = v'*u: that with fewer transposes, then that of the request."""
    first = product.arguments[0] if product.arguments else product
    return build.count_transposes(product), not build.is_of_request(product), not build.is_of_request(first)


def _is_quadratic(left: Node, right: Node) -> bool:
    """Whether the rows of one of two matrices are multiplied by the other's, which are the same times a matrix: a_i'*M*a_i."""
    factors = [node.arguments if node.operation is build.TIMES else (node,) for node in (left, right)]
    ends = [{inner.arguments[0] if inner.operation is build.TRANSPOSE else inner for inner in (parts[0], parts[-1])} for parts in factors]
    return max(map(len, factors)) > 1 and bool(ends[0] & ends[1])


def _fewer_transposes(*products: Node) -> Node:
    return min(products, key=build.count_transposes)
