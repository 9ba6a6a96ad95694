"""The reduction of a product to matrix notation, with vec, kron and the commutation matrix.

Pairings, vec's index maps P[k,i,j] = 1 where k = i + m·j, join three points of the graph.
"""

from __future__ import annotations

import itertools

from service.calculus import build
from service.calculus.graph import Entries, Graph, Stuck, Weighted
from service.expression.nodes import Node, make
from service.expression.shapes import Axes, multiply
from service.expression.tensors import Labels


class ProductGraph(Graph):
    def __init__(self, out: Labels, sizes: Axes) -> None:
        super().__init__(out, sizes)
        self.pairings: list[Labels] = []
        self.regrouped: set[int] = set()

    def is_alone(self, point: int) -> bool:
        """Whether nothing but edges touches a summed point."""
        return super().is_alone(point) and not any(point in labels for labels in self.pairings)

    def put(self, item: Weighted, labels: Labels) -> None:
        """One factor of the product."""
        if item.node.operation is build.PAIRING and labels[0] not in labels[1:]:
            self.pairings.append(labels)
        else:
            super().put(item, labels)

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

    def absorb(self) -> bool:
        """Turn one pairing, or two, into vec(M), kron(u, v), kron(A, B) or a commutation matrix; False when none fits."""
        for first in self.pairings:
            if self.owned(first[1:], (first,)):
                self.pairings.remove(first)
                self.absorb_one(first)
                return True
        for first, second in itertools.combinations(self.pairings, 2):
            inside = {*first[1:], *second[1:]}
            if self.owned(tuple(inside), (first, second)) and self.absorb_two(first, second):
                self.pairings = [labels for labels in self.pairings if labels not in (first, second)]
                self.summed -= inside
                return True
        for first in self.pairings:
            if self.absorb_side(first):
                self.pairings.remove(first)
                return True
        return self.split_diagonal() or self.regroup() or self.separate()

    def owned(self, points: tuple[int, ...], pairings: tuple[Labels, ...]) -> bool:
        """Whether these points are summed and touched by nothing outside: only these pairings, and edges among themselves."""
        inside = set(points)
        return (
            inside <= self.summed
            and not any(point in labels for labels in self.pairings if labels not in pairings for point in inside)
            and all(set(pair) <= inside for point in inside for pair in self.edges(point))
        )

    def absorb_one(self, labels: Labels) -> None:
        """Σ P[k,i,j]·M[i,j] = vec(M)[k]; Σ P[k,i,j]·u[i]·v[j] = kron(v, u)[k]; Σ P[k,i,i]·u[i] = vec(diag(u))[k]."""
        point, row, column = labels
        self.straighten(row, column)
        matrix = self.take_edge(row, column)
        if row == column:
            diagonal = self.between(row, column)
            assert diagonal is not None
            node = make("vec", diagonal)
            self.vectors.pop(row, None)
        elif matrix is None:
            left, right = self.vectors.pop(row, None), self.vectors.pop(column, None)
            ones = [build.filled("ones", self.sizes[end]) for end in (row, column)]
            node = make("kron", right.node() if right else ones[1], left.node() if left else ones[0])
        else:
            node = make("vec", self.scaled(row, matrix, column))
        self.summed -= {row, column}
        self.vectors.setdefault(point, Entries()).items.append(Weighted(node))

    def straighten(self, *points: int) -> None:
        """Loops as the vectors of their diagonals."""
        for point in points:
            for loop in self.loops.pop(point, []):
                self.put_diagonal(point, loop)

    def scaled(self, row: int, matrix: Entries, column: int) -> Node:
        """diag(u)·M·diag(v), with the vectors that sit on the ends taken away."""
        left, right = self.vectors.pop(row, None), self.vectors.pop(column, None)
        factors = [make("diag", left.node())] if left else []
        factors.append(matrix.node())
        factors += [make("diag", right.node())] if right else []
        return build.times(*factors)

    def stack_edge(self, labels: Labels) -> None:
        """Σ P[k,i,j]·W[i,j]·... = vec(W)[k] · Σ P[k,i,j]·..., because k tells i and j."""
        point, row, column = labels
        matrix = self.take_edge(row, column)
        if matrix is not None:
            self.vectors.setdefault(point, Entries()).items.append(Weighted(make("vec", matrix.node())))

    def absorb_side(self, labels: Labels) -> bool:
        """Σ P[k,i,j]·M[a,i]·v[j] = kron(v', M)[a,k], and Σ P[k,i,j]·u[i]·N[a,j] = kron(N, u')[a,k].

        Where a is i or j itself, M or N is the identity.
        """
        point, row, column = labels
        for inner, other in ((row, column), (column, row)):
            if other not in self.summed or inner == other or any({inner, other} & {*more} for more in self.pairings if more != labels):
                continue
            edges = [pair for pair in self.edges(inner) if other not in pair]
            if any(inner not in pair for pair in self.edges(other)) or len(edges) != (inner in self.summed) or point in sum(edges, ()):
                continue
            self.straighten(row, column)
            self.stack_edge(labels)
            vector = self.vectors.pop(other, None)
            line = build.transpose(vector.node() if vector else build.filled("ones", self.sizes[other]))
            outside, matrix = inner, build.filled("eye", self.sizes[inner])
            if edges:
                outside = edges[0][0] if edges[0][1] == inner else edges[0][1]
                edge = self.take_edge(outside, inner)
                assert edge is not None
                matrix = self.scaled(-1, edge, inner)
            node = make("kron", line, matrix) if inner == row else make("kron", matrix, line)
            self.join(outside, point, Weighted(node))
            self.summed -= {other, inner}
            return True
        return False

    def split_diagonal(self) -> bool:
        """P[k,i,i] is Σ_j P[k,i,j]·δ[i,j]."""
        for position, (point, row, column) in enumerate(self.pairings):
            if row == column:
                fresh = len(self.sizes)
                self.sizes.append(self.sizes[row])
                self.summed.add(fresh)
                self.pairings[position] = (point, row, fresh)
                self.join(row, fresh, Weighted(build.filled("eye", self.sizes[row]), symmetric=True))
                return True
        return False

    def regroup(self) -> bool:
        """vec of kron's axes: with k = (i, j), i = (a, b) and j = (c, d), P[k,i,j] is a permutation of k = ((a, c), (b, d))."""
        for outer in self.pairings:
            inner = [[more for more in self.pairings if more[0] == end] for end in outer[1:]]
            alone = all(len(found) == 1 and super(ProductGraph, self).is_alone(end) for found, end in zip(inner, outer[1:], strict=True))
            if not alone or outer[1] == outer[2] or outer[0] in self.regrouped:
                continue
            (rows,), (columns,) = inner
            a, b, c, d = (self.sizes[point] for point in (*rows[1:], *columns[1:]))
            permuted = make("kron", build.filled("eye", d), make("kron", build.filled("commutation", c, b), build.filled("eye", a)))
            fresh = len(self.sizes)
            self.sizes += [self.sizes[outer[0]], multiply(a, c), multiply(b, d)]
            self.summed |= {fresh, fresh + 1, fresh + 2}
            self.regrouped.add(fresh)
            self.summed -= {*outer[1:]}
            self.join(outer[0], fresh, Weighted(permuted))
            new: list[Labels] = [(fresh, fresh + 1, fresh + 2), (fresh + 1, rows[1], columns[1]), (fresh + 2, rows[2], columns[2])]
            self.pairings = [labels for labels in self.pairings if labels not in (outer, rows, columns)] + new
            return True
        return False

    def separate(self) -> bool:
        """P[k,i,j] = (1 ⊗ I)[k,i]·(I ⊗ 1)[k,j], where k, i and j are three points; what hangs on i alone goes into its factor."""
        for labels in self.pairings:
            point, row, column = labels
            if row == column:
                continue
            self.pairings.remove(labels)
            for inner, other in ((row, column), (column, row)):
                matrix, outside = build.filled("eye", self.sizes[inner]), inner
                edges = self.edges(inner)
                if inner in self.summed and len(edges) == 1 and point not in edges[0] and not any(inner in more for more in self.pairings):
                    outside = edges[0][0] if edges[0][1] == inner else edges[0][1]
                    edge = self.take_edge(inner, outside)
                    assert edge is not None
                    self.straighten(inner)
                    matrix = self.scaled(inner, edge, -1)
                    self.summed.discard(inner)
                ones = build.filled("ones", self.sizes[other])
                self.join(point, outside, Weighted(make("kron", ones, matrix) if inner == row else make("kron", matrix, ones)))
            return True
        return False

    def absorb_two(self, first: Labels, second: Labels) -> bool:
        """Σ P[I,k,i]·P[J,l,j]·A[i,j]·B[k,l] = kron(A, B)[I,J]; with A[i,l]·B[k,j] the columns are commuted."""
        rows, fast_row, slow_row = first
        columns, fast_column, slow_column = second
        if rows == columns:
            return False
        if (
            first[1:] == second[1:]
            and fast_row != slow_row
            and not any(self.edges(point) or point in self.vectors or point in self.loops for point in first[1:])
        ):
            self.join(rows, columns, Weighted(build.filled("eye", self.sizes[rows]), symmetric=True))
            return True
        if first[1:] == second[1:]:  # Σ P[I,i,j]·P[J,i,j]·M[i,j] = diag(vec(M))[I,J]
            self.absorb_one(first)
            diagonal = self.vectors[rows].items.pop()
            self.join(rows, columns, Weighted(make("diag", diagonal.node), symmetric=True))
            if not self.vectors[rows].items:
                del self.vectors[rows]
            return True
        if fast_row == slow_row or fast_column == slow_column:
            return False
        self.straighten(*first[1:], *second[1:])
        self.stack_edge(first)
        self.stack_edge(second)
        for row, column in ((slow_row, fast_column), (fast_row, slow_column)):
            crossed = row == column or self.has_edge(row, column)
            if crossed:
                break
        commute = build.filled("commutation", self.sizes[fast_column], self.sizes[slow_column])
        if crossed:
            slow_column, fast_column = fast_column, slow_column
        left, right = self.between(slow_row, slow_column), self.between(fast_row, fast_column)
        if left is None or right is None:
            return False
        trivial = left.operation is build.EYE and right.operation is build.EYE
        node = commute if trivial and crossed else make("kron", left, right)
        self.join(rows, columns, Weighted(build.times(node, commute) if crossed and not trivial else node))
        self.forget(first, second)
        return True

    def has_edge(self, row: int, column: int) -> bool:
        return (row, column) in self.matrices or (column, row) in self.matrices

    def between(self, row: int, column: int) -> Node | None:
        """The matrix from one point to another with the vectors on them, an identity or diagonal when they are one.

        Where nothing joins them it is u·v', with ones for what is not there; None where there are other edges.
        """
        if row == column:
            if row in self.loops or self.edges(row):
                return None
            vector = self.vectors.get(row)
            return make("diag", vector.node()) if vector else build.filled("eye", self.sizes[row])
        if any({*pair} != {row, column} for point in (row, column) for pair in self.edges(point)):
            return None
        ends = [self.vectors.get(point) for point in (row, column)]
        if not self.has_edge(row, column):
            left, right = (
                end.node() if end else build.filled("ones", self.sizes[point]) for end, point in zip(ends, (row, column), strict=True)
            )
            return build.times(left, build.transpose(right))
        found = self.matrices.get((row, column)) or self.matrices[column, row].transposed()
        factors = [make("diag", ends[0].node())] if ends[0] else []
        factors.append(found.node())
        factors += [make("diag", ends[1].node())] if ends[1] else []
        return build.times(*factors)

    def forget(self, first: Labels, second: Labels) -> None:
        for point in (*first[1:], *second[1:]):
            self.vectors.pop(point, None)
            for pair in self.edges(point):
                del self.matrices[pair]
