"""The graph of one product, and its reduction to matrix notation.

Labels are points, vectors sit on a point, matrices join two points, pairings (vec's index map) join three.
"""

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
        return min(found, key=build.count_transposes) if found else make("sum", self.node())


class ProductGraph:
    """`matrices` maps a pair of points to what joins them, oriented (rows, columns) as the pair."""

    def __init__(self, out: Labels, sizes: Axes) -> None:
        self.out = out
        self.sizes = sizes
        self.vectors: dict[int, Entries] = {}
        self.matrices: dict[tuple[int, int], Entries] = {}
        self.loops: dict[int, list[Weighted]] = {}
        self.pairings: list[Labels] = []
        self.scalars: list[Node] = []
        self.summed = set(range(len(sizes))) - set(out)

    def put(self, item: Weighted, labels: Labels) -> None:
        """One factor of the product."""
        if len(labels) == 1:
            self.vectors.setdefault(labels[0], Entries()).items.append(item)
        elif len(labels) == 2:
            self.join(labels[0], labels[1], item)
        elif item.node.operation is build.PAIRING and len(set(labels)) == 3:
            self.pairings.append(labels)
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

    # The reduction.

    def reduce(self) -> tuple[Node | None, list[Node]]:
        """The array (None for a scalar) and the scalars that multiply it; raises Stuck."""
        while self.summed:
            busy = {point for labels in self.pairings for point in labels}
            free = [point for point in self.summed if point not in busy]
            if free:
                point = min(free, key=lambda point: (len(self.edges(point)), point not in self.vectors, point))
                self.summed.discard(point)
                self.eliminate(point)
            elif not (self.pairings and self.absorb()):
                raise Stuck
        while self.pairings:
            if not self.absorb():
                raise Stuck
        return self.written(), self.scalars

    def eliminate(self, point: int) -> None:
        """Sum over one point."""
        edges = self.edges(point)
        loops = self.loops.pop(point, [])
        if len(loops) == 1 and loops[0].exponent == 1 and not edges and point not in self.vectors:
            self.scalars.append(make("tr", loops[0].node))
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
            if not alone:
                self.vectors.setdefault(other, Entries()).items.append(Weighted(make("diag", product)))
                return
            if not middle:
                product = _fewer_transposes(
                    product, build.times(left.transposed().node, right.node), build.times(right.transposed().node, left.node)
                )
            self.summed.discard(other)
            self.scalars.append(make("tr", product))
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
        backward = build.times(right.transposed().node(), *middle, left.transposed().node())
        if build.count_transposes(backward) < build.count_transposes(forward):
            self.join(ends[1], ends[0], Weighted(backward))
        else:
            self.join(ends[0], ends[1], Weighted(forward))

    # vec, kron and the commutation matrix.

    def absorb(self) -> bool:
        """Turn one pairing, or two, into vec(M), kron(u, v), kron(A, B) or a commutation matrix; False when none fits."""
        for position, first in enumerate(self.pairings):
            if self.owned(first[1:], (first,)):
                del self.pairings[position]
                self.absorb_one(first)
                return True
            if self.absorb_side(first):
                self.pairings.remove(first)
                return True
            for second in self.pairings[position + 1 :]:
                inside = {*first[1:], *second[1:]}
                if self.owned(tuple(inside), (first, second)) and self.absorb_two(first, second):
                    self.pairings = [labels for labels in self.pairings if labels not in (first, second)]
                    self.summed -= inside
                    return True
        return False

    def owned(self, points: tuple[int, ...], pairings: tuple[Labels, ...]) -> bool:
        """Whether these points are summed and touched by nothing outside: only these pairings, and edges among themselves."""
        inside = set(points)
        return (
            inside <= self.summed
            and not any(point in labels for labels in self.pairings if labels not in pairings for point in inside)
            and all(set(pair) <= inside for point in inside for pair in self.edges(point))
        )

    def absorb_one(self, labels: Labels) -> None:
        """Σ P[k,i,j]·M[i,j] = vec(M)[k]; Σ P[k,i,j]·u[i]·v[j] = kron(v, u)[k]."""
        point, row, column = labels
        for end in (row, column):
            for loop in self.loops.pop(end, []):
                self.put_diagonal(end, loop)
        matrix = self.take_edge(row, column)
        left, right = self.vectors.pop(row, None), self.vectors.pop(column, None)
        self.summed -= {row, column}
        if matrix is None:
            ones = [build.filled("ones", self.sizes[end]) for end in (row, column)]
            node = make("kron", right.node() if right else ones[1], left.node() if left else ones[0])
        else:
            factors = [make("diag", left.node())] if left else []
            factors.append(matrix.node())
            factors += [make("diag", right.node())] if right else []
            node = make("vec", build.times(*factors))
        self.vectors.setdefault(point, Entries()).items.append(Weighted(node))

    def absorb_side(self, labels: Labels) -> bool:
        """Σ P[k,i,j]·M[a,i]·v[j] = kron(v', M)[a,k], and Σ P[k,i,j]·u[i]·N[a,j] = kron(N, u')[a,k]."""
        point, row, column = labels
        for inner, other in ((row, column), (column, row)):
            edges = self.edges(inner)
            bare = not self.edges(other) and other not in self.loops and inner not in self.vectors and inner not in self.loops
            single = len(edges) == 1 and point not in edges[0] and {row, column} <= self.summed
            if single and bare and sum(inner in pairing or other in pairing for pairing in self.pairings) == 1:
                outside = edges[0][0] if edges[0][1] == inner else edges[0][1]
                matrix = self.take_edge(outside, inner)
                vector = self.vectors.pop(other, None)
                assert matrix is not None
                line = build.transpose(vector.node() if vector else build.filled("ones", self.sizes[other]))
                node = make("kron", line, matrix.node()) if inner == row else make("kron", matrix.node(), line)
                self.join(outside, point, Weighted(node))
                self.summed -= {row, column}
                return True
        return False

    def absorb_two(self, first: Labels, second: Labels) -> bool:
        """Σ P[I,k,i]·P[J,l,j]·A[i,j]·B[k,l] = kron(A, B)[I,J]; with A[i,l]·B[k,j] the columns are commuted."""
        rows, fast_row, slow_row = first
        columns, fast_column, slow_column = second
        if first[1:] == second[1:]:  # Σ P[I,i,j]·P[J,i,j]·M[i,j] = diag(vec(M))[I,J]
            if rows == columns:
                return False
            self.absorb_one(first)
            diagonal = self.vectors[rows].items.pop()
            self.join(rows, columns, Weighted(make("diag", diagonal.node), symmetric=True))
            if not self.vectors[rows].items:
                del self.vectors[rows]
            return True
        straight = self.between(slow_row, slow_column), self.between(fast_row, fast_column)
        if straight[0] is not None and straight[1] is not None:
            self.join(rows, columns, Weighted(make("kron", straight[0], straight[1])))
            self.forget(first, second)
            return True
        crossed = self.between(slow_row, fast_column), self.between(fast_row, slow_column)
        if crossed[0] is None or crossed[1] is None:
            return False
        commute = build.filled("commutation", self.sizes[fast_column], self.sizes[slow_column])
        trivial = crossed[0].operation is build.EYE and crossed[1].operation is build.EYE
        self.join(rows, columns, Weighted(commute if trivial else build.times(make("kron", crossed[0], crossed[1]), commute)))
        self.forget(first, second)
        return True

    def between(self, row: int, column: int) -> Node | None:
        """The matrix from one point to another, identity or diagonal when they are one; None when nothing joins them."""
        if row == column:
            if row in self.loops or self.edges(row):
                return None
            vector = self.vectors.get(row)
            return make("diag", vector.node()) if vector else build.filled("eye", self.sizes[row])
        if row in self.vectors or column in self.vectors or row in self.loops or column in self.loops:
            return None
        if (row, column) in self.matrices:
            return self.matrices[row, column].node()
        found = self.matrices.get((column, row))
        return None if found is None else found.transposed().node()

    def forget(self, first: Labels, second: Labels) -> None:
        for point in (*first[1:], *second[1:]):
            self.vectors.pop(point, None)
            for pair in self.edges(point):
                del self.matrices[pair]

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


def _fewer_transposes(*products: Node) -> Node:
    return min(products, key=build.count_transposes)
