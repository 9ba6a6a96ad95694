"""Index notation: what matrix notation cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from opt_einsum import contract

from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Operation, Printed, register
from service.expression.products import product
from service.expression.shapes import Axes, Shape, Size, Sizes, shape_of, substitute
from service.expression.tensors import Labels, Tensor, leaf


class Pattern(NamedTuple):
    """Labels of each argument and of the result; `sizes[label]`. A label twice in `out` is a diagonal, one that no argument has repeats."""

    inputs: tuple[Labels, ...]
    out: Labels
    sizes: Axes


LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


@register
class Einsum(Operation):
    """Einstein's notation, einsum(ik,lj->ijkl, A, B): the labels that are not on the right are summed; a label twice on the right
    is a diagonal."""

    name, family, arity, in_language = "einsum", "index notation", (0, None), False
    signature = "einsum(ik,lj->ijkl, A, B)"

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return shape_of(tuple(parameter.sizes[label] for label in parameter.out))

    def sized(self, parameter: Any, sizes: Mapping[str, Size]) -> Any:
        return parameter._replace(sizes=tuple([substitute(size, sizes) for size in parameter.sizes]))

    def value(self, node: Node, *arguments: Array) -> Array:
        pattern: Pattern = node.parameter
        distinct = list(dict.fromkeys(pattern.out))
        operands: list[Any] = []
        for labels, argument in zip(pattern.inputs, arguments, strict=True):
            operands += [argument, labels]
        carried = {label for labels in pattern.inputs for label in labels}
        for label in [*distinct, *range(len(pattern.sizes))]:
            if label not in carried:
                carried.add(label)
                operands += [np.ones(pattern.sizes[label]), (label,)]
        core = contract(*operands, tuple(distinct))
        if len(distinct) == len(pattern.out):
            return np.asarray(core)
        result = np.zeros([int(pattern.sizes[label]) for label in pattern.out])
        grid = np.ix_(*[np.arange(pattern.sizes[label]) for label in distinct])
        result[tuple(grid[distinct.index(label)] for label in pattern.out)] = core
        return result

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        pattern: Pattern = node.parameter
        return product(1, list(zip(arguments, pattern.inputs, strict=True)), pattern.out, dict(enumerate(pattern.sizes)))

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"einsum({_pattern_text(node.parameter)}{''.join(', ' + argument.text for argument in arguments)})")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        pattern: Pattern = node.parameter
        parts = [
            f"{argument.within_latex(Binding.ATOM)}_{{{_letters(labels)}}}"
            for labels, argument in zip(pattern.inputs, arguments, strict=True)
        ]
        seen: dict[int, int] = {}
        out = []
        for position, label in enumerate(pattern.out):
            if label in seen:
                fresh = len(pattern.sizes) + position
                parts.append(rf"\delta_{{{LETTERS[label]}{LETTERS[fresh]}}}")
                out.append(fresh)
            else:
                seen[label] = label
                out.append(label)
        summed = [label for label in range(len(pattern.sizes)) if label not in pattern.out]
        sign = rf"\sum_{{{','.join(LETTERS[label] for label in summed)}}} " if summed else ""
        return Printed(rf"\left[{sign}{' '.join(parts) or '1'}\right]_{{{_letters(tuple(out))}}}")

    def numpy(self, node: Node, *arguments: Printed) -> Printed:
        pattern: Pattern = node.parameter
        names, extra, out = list(arguments), list(pattern.inputs), list(pattern.out)
        for position, label in enumerate(pattern.out):
            size = pattern.sizes[label]
            if label in out[:position]:
                out[position] = len(pattern.sizes) + position
                extra.append((label, out[position]))
                names.append(Printed(f"np.eye({size})"))
        carried = {label for labels in extra for label in labels}
        for label, size in enumerate(pattern.sizes):
            if label not in carried:
                extra.append((label,))
                names.append(Printed(f"np.ones({size})"))
        spec = ",".join(_letters(labels) for labels in extra) + "->" + _letters(tuple(out))
        return Printed(f'np.einsum("{spec}", {", ".join(name.text for name in names)})')


def _letters(labels: Labels) -> str:
    return "".join(LETTERS[label] for label in labels)


def _pattern_text(pattern: Pattern) -> str:
    return ",".join(_letters(labels) for labels in pattern.inputs) + "->" + _letters(pattern.out)


@register
class Pairing(Operation):
    """The index map of vec: pairing(m, n)[k, i, j] is 1 where k = i + m·j (counted from 0), else 0."""

    name, family, arity, in_language = "pairing", "index notation", (0, 0), False

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        shape: Shape = parameter
        return shape

    def sized(self, parameter: Any, sizes: Mapping[str, Size]) -> Any:
        return tuple([substitute(size, sizes) for size in parameter])

    def value(self, node: Node, *arguments: Array) -> Array:
        pairs, rows, columns = node.parameter
        return np.eye(pairs).reshape(pairs, columns, rows).transpose(0, 2, 1)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        _, rows, columns = node.parameter
        return leaf("pairing", (rows, columns), node.parameter)

    def text(self, node: Node, *arguments: Printed) -> Printed:
        _, rows, columns = node.parameter
        return Printed(f"pairing({rows}, {columns})")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        _, rows, columns = node.parameter
        return Printed(rf"P_{{{rows},{columns}}}")

    def numpy(self, node: Node, *arguments: Printed) -> Printed:
        pairs, rows, columns = node.parameter
        return Printed(f"np.eye({pairs}).reshape({pairs}, {columns}, {rows}).transpose(0, 2, 1)")
