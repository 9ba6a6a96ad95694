"""Comparisons, entry by entry: the value is 1 where it holds, else 0."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from service.expression import codes
from service.expression.algebra import call
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node
from service.expression.operation import Array, Binding, Elementwise, Law, Printed, Sample, register
from service.expression.sums import filled, number
from service.expression.tensors import Apply, Tensor, number_of
from service.operations.entrywise import off_zero
from service.operations.samples import MATRIX, VECTOR, VECTOR_AND_MATRIX, VECTORS

IVERSON = (r"\left[", r"\right]")
_INDICATOR = Spelling("where({0}, 1.0, 0.0)", pytorch="{0}.to(**like)", julia="float", matlab="double", role="indicator")


class Comparison(Elementwise):
    """`ufunc` compares, and is called so in generated code; `opposite` is the comparison that holds where this one does not."""

    family, arity, in_language = "comparisons", (2, 2), False
    kink, only_jumps, at_most_one, is_condition = "where both sides are equal", True, True, True
    symbol: ClassVar[str]
    latex_symbol: ClassVar[str]
    ufunc: ClassVar[np.ufunc]
    at_equality: ClassVar[int]
    """The value where both sides are equal."""
    samples_of: ClassVar[tuple[tuple[str, dict[str, str]], ...]] = (
        ("x {} y", {}),
        ("x {} 1", VECTOR),
        ("A {} s", MATRIX),
        ("x' {} y'", VECTORS),
    )

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.signature = f"x {cls.symbol} y"
        cls.samples = tuple(Sample(pattern.format(cls.symbol), variables) for pattern, variables in cls.samples_of)
        cls.bad_samples = (Sample(f"x {cls.symbol} A", VECTOR_AND_MATRIX),)

    def value(self, node: Node, *arguments: Array) -> Array:
        return np.asarray(self.ufunc(*arguments), dtype=np.float64)

    def side(self, node: Node, *arguments: Array) -> Array:
        return off_zero(np.subtract(*arguments))

    def derivative(self, y: Tensor, *x: Tensor) -> tuple[Tensor, ...]:
        return filled(0, y.shape), filled(0, y.shape)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """Two numbers are compared at once; a tensor equals itself."""
        left, right = arguments
        if left is right:
            return filled(self.at_equality, left.shape)
        a, b = number_of(left), number_of(right)
        return number(int(self.ufunc(a, b))) if a is not None and b is not None else None

    def text(self, node: Node, *arguments: Printed) -> Printed:
        left, right = (argument.within(Binding.SUM) for argument in arguments)
        return Printed(f"{left} {self.symbol} {right}", Binding.COMPARISON)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        """In the brackets of Iverson, [x < y]: a number, not a statement."""
        left, right = (argument.within_latex(Binding.SUM) for argument in arguments)
        return Printed(rf"{IVERSON[0]}{left} {self.latex_symbol} {right}{IVERSON[1]}")

    def code(self, node: Node, *arguments: Code) -> Code:
        holds = codes.entry_by_entry("compare", arguments, node.shape, self.symbol)
        return codes.each(_INDICATOR, (holds,), node.shape)


def truth(code: Code) -> Code:
    """A condition, 1 or 0 (or not 0) by entry, as what is true or false."""
    if code.form == "transpose":
        return codes.transpose(truth(code.operands[0]))
    if code.role == "indicator":
        return code.operands[0]
    return codes.entry_by_entry("compare", (code, codes.number(0)), code.shape, "!=")


@register
class Less(Comparison):
    """1 where x < y, else 0."""

    name, symbol, latex_symbol, ufunc, at_equality = "less", "<", "<", np.less, 0
    laws = (Law("(x < y) + (x >= y)", "1"), Law("x < y", "y > x", VECTORS))


@register
class LessEqual(Comparison):
    """1 where x ≤ y, else 0."""

    name, symbol, latex_symbol, ufunc, at_equality = "less_equal", "<=", r"\le", np.less_equal, 1
    laws = (Law("(x <= y) + (x > y)", "1"), Law("x <= x", "1"))


@register
class Greater(Comparison):
    """1 where x > y, else 0."""

    name, symbol, latex_symbol, ufunc, at_equality = "greater", ">", ">", np.greater, 0
    laws = (Law("x > y", "step(x - y)", VECTORS), Law("x > x", "0"))


@register
class GreaterEqual(Comparison):
    """1 where x ≥ y, else 0."""

    name, symbol, latex_symbol, ufunc, at_equality = "greater_equal", ">=", r"\ge", np.greater_equal, 1
    laws = (Law("x >= y", "y <= x", VECTORS),)


@register
class Equal(Comparison):
    """1 where x = y, else 0."""

    name, symbol, latex_symbol, ufunc, at_equality = "equal", "==", "=", np.equal, 1
    laws = (Law("(x == y) + (x != y)", "1"), Law("(x == max(x))'*x", "max(x)", VECTOR))


@register
class NotEqual(Comparison):
    """1 where x ≠ y, else 0."""

    name, symbol, latex_symbol, ufunc, at_equality = "not_equal", "!=", r"\ne", np.not_equal, 0
    laws = (Law("x != y", "(x < y) + (x > y)", VECTORS), Law("(x > y) != 0", "x > y"))

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """(x < y) != 0 is x < y: a comparison is 0 or 1."""
        left, right = arguments
        if number_of(right) == 0 and isinstance(left, Apply) and isinstance(left.operation, Comparison):
            return call(left.operation.name, *left.arguments)
        return super().rewrite(left, right)
