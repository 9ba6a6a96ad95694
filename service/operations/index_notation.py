"""Index notation: what matrix notation cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from opt_einsum import contract

from service import limits
from service.expression import codes
from service.expression.code_products import einsum
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Operation, Printed, Sample, register
from service.expression.products import product
from service.expression.shapes import Axes, Shape, Size, Sizes, axes, describe, multiply, shape_of, substitute
from service.expression.tensors import Labels, Tensor, leaf
from service.operations.constant_arrays import EYE, ConstantArray

LETTERS = "ijklmnopqrstuvwxyzabcdefgh"

_PAIRING = Spelling(
    "eye({2}).reshape({2}, {1}, {0}).swapaxes(1, 2)",
    pytorch="torch.eye({2}, **like).reshape({2}, {1}, {0}).swapaxes(1, 2)",
    julia="reshape(Matrix{Float64}(I, {2}, {2}), {2}, {0}, {1})",
    matlab="reshape(eye({2}), {2}, {0}, {1})",
)


class Pattern(NamedTuple):
    """Labels of each argument and of the result, counted from 0. Every label of `out` stands in some input."""

    inputs: tuple[Labels, ...]
    out: Labels


@register
class Einsum(Operation):
    """Einstein's notation: labels that are not on the right are summed; a label twice on the right is a diagonal."""

    name, family, arity, linear, any_order = "einsum", "index notation", (1, None), "each", True
    signature = "einsum(ik,lj->ijkl, A, B)"
    samples = (
        Sample("einsum(ij,jk->ik, A, B)", {"A": "matrix(m,n)", "B": "matrix(n,p)"}),
        Sample("einsum(ij->ji, A)", {"A": "matrix(m,n)"}),
        Sample("einsum(i->ii, x)", {"x": "vector(n)"}),
        Sample("einsum(ij,ij->, A, A)", {"A": "matrix(m,n)"}),
    )
    bad_samples = (
        Sample("einsum(ij,jk->ik, A, A)", {"A": "matrix(m,n)"}),
        Sample("einsum(i->i, A)", {"A": "matrix(m,n)"}),
    )

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        found: dict[int, Size] = {}
        limits.check("index-letters", 1 + max([label for labels in parameter.inputs for label in labels], default=-1))
        for labels, shape in zip(parameter.inputs, arguments, strict=True):
            if len(axes(shape)) != len(labels):
                raise self.refuse(f"{letters(labels) or 'no label'} names {len(labels)} axes, and {describe(shape)} has {len(axes(shape))}")
            for label, size in zip(labels, axes(shape), strict=True):
                if not sizes.unify(found.setdefault(label, size), size):
                    raise self.refuse(
                        f"the label {LETTERS[label]} is of size {found[label]} here and {size} there: {describe(shape)} does not fit"
                    )
        return shape_of(tuple([sizes.resolve(found[label]) for label in parameter.out]))

    def sized(self, node: Node, sizes: Mapping[str, Size]) -> Any:
        """Axes of size 1 are none: their labels go."""
        gone: set[int] = set()
        for labels, argument in zip(node.parameter.inputs, node.arguments, strict=True):
            gone.update(label for label, size in zip(labels, axes(argument.shape), strict=True) if substitute(size, sizes) == 1)
        if not gone:
            return node.parameter
        inputs = tuple([tuple([label for label in labels if label not in gone]) for labels in node.parameter.inputs])
        return Pattern(inputs, tuple([label for label in node.parameter.out if label not in gone]))

    def value(self, node: Node, *arguments: Array) -> Array:
        pattern: Pattern = node.parameter
        distinct = tuple(dict.fromkeys(pattern.out))
        operands: list[Any] = []
        for labels, argument in zip(pattern.inputs, arguments, strict=True):
            operands += [argument, labels]
        core = np.asarray(contract(*operands, distinct))
        if len(distinct) == len(pattern.out):
            return core
        lengths = dict(zip(distinct, core.shape, strict=True))
        result = np.zeros([lengths[label] for label in pattern.out])
        grid = dict(zip(distinct, np.ix_(*[np.arange(length) for length in core.shape]), strict=True))
        result[tuple([grid[label] for label in pattern.out])] = core
        return result

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        pattern: Pattern = node.parameter
        return product(1, list(zip(arguments, pattern.inputs, strict=True)), pattern.out)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        pattern: Pattern = node.parameter
        spec = ",".join(letters(labels) for labels in pattern.inputs) + "->" + letters(pattern.out)
        return Printed(f"einsum({spec}, {', '.join(argument.text for argument in arguments)})")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        """Σ over the summed labels of the entries; a label twice on the right is written with a Kronecker delta."""
        pattern: Pattern = node.parameter
        parts = [
            rf"\delta_{{{letters(labels)}}}" if operand.operation.name == "eye" else _indexed(argument, labels)
            for labels, operand, argument in zip(pattern.inputs, node.arguments, arguments, strict=True)
        ]
        out, deltas = _distinct(pattern)
        parts += [rf"\delta_{{{letters(labels)}}}" for labels in deltas]
        summed = sorted({label for labels in pattern.inputs for label in labels} - set(pattern.out))
        sign = rf"\sum_{{{', '.join(letters((label,)) for label in summed)}}} " if summed else ""
        if not out:
            return Printed(f"{sign}{' '.join(parts)}", Binding.SUM)
        return Printed(rf"\left[{sign}{' '.join(parts)}\right]_{{{letters(out)}}}", Binding.ATOM)

    def code(self, node: Node, *arguments: Code) -> Code:
        pattern: Pattern = node.parameter
        out, deltas = _distinct(pattern)
        sizes: dict[int, Size] = {}
        for labels, argument in zip(pattern.inputs, node.arguments, strict=True):
            sizes.update(zip(labels, axes(argument.shape), strict=True))
        operands = [codes.column(argument) for argument in arguments]
        operands += [codes.call(EYE, (codes.size(sizes[label]),), (sizes[label],) * 2) for label, _ in deltas]
        inputs = [letters(labels) for labels in (*pattern.inputs, *deltas)]
        return einsum(inputs, letters(out), operands, node.shape)


def _indexed(argument: Printed, labels: Labels) -> str:
    """The entry of an array at labels; a name that has a subscript already is put in braces."""
    text = argument.within_latex(Binding.ATOM)
    if not labels:
        return text
    return f"{{{text}}}_{{{letters(labels)}}}" if "_" in text else f"{text}_{{{letters(labels)}}}"


def letters(labels: Labels) -> str:
    return "".join([LETTERS[label] if label < len(LETTERS) else LETTERS[label - len(LETTERS)].upper() for label in labels])


def _distinct(pattern: Pattern) -> tuple[Labels, list[Labels]]:
    """The labels of the result made distinct, and the pairs of which a delta then makes the diagonal."""
    fresh = 1 + max([label for labels in pattern.inputs for label in labels], default=-1)
    out: list[int] = []
    deltas: list[Labels] = []
    for label in pattern.out:
        if label in out:
            deltas.append((label, fresh))
            label, fresh = fresh, fresh + 1
        out.append(label)
    return tuple(out), deltas


@register
class Pairing(ConstantArray):
    """The index map of vec for an m×n matrix: pairing(m, n)[k, i, j] is 1 where k = i + m·j (counted from 0), else 0."""

    name, signature, arity = "pairing", "pairing(m, n)", (2, 2)
    family = "index notation"
    samples = (Sample("einsum(kij,ij->k, pairing(m, n), A)", {"A": "matrix(m,n)"}),)

    def shape_for(self, *sizes: Size) -> Axes:
        rows, columns = sizes
        return multiply(rows, columns), rows, columns

    def array(self, node: Node, shape: tuple[int, ...]) -> Array:
        rows, columns = node.parameter
        full = np.eye(rows * columns).reshape(rows * columns, columns, rows).transpose(0, 2, 1)
        return full.reshape([size for size in full.shape if size != 1])

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        rows, columns = node.parameter
        return leaf("pairing", (rows, columns), (multiply(rows, columns), rows, columns))

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        rows, columns = node.parameter
        return Printed(rf"P^{{({rows}, {columns})}}")

    def code(self, node: Node, *arguments: Code) -> Code:
        return codes.call(_PAIRING, [codes.size(size) for size in (*node.parameter, node.shape[0])], node.shape)
