"""Functions with kinks and jumps. Away from them they are differentiated as usual; `kink` says where they are."""

from __future__ import annotations

import numpy as np

from service.expression import codes
from service.expression.algebra import call, spread
from service.expression.codes import Code, Spelling
from service.expression.nodes import Node, in_order
from service.expression.operation import Array, Binding, Elementwise, Law, Printed, Sample, register
from service.expression.products import power
from service.expression.sums import coefficient_of, filled
from service.expression.tensors import Apply, Tensor, number_of
from service.operations.comparisons import IVERSON, Comparison, truth
from service.operations.entrywise import Unary, is_nonnegative, off_zero
from service.operations.generated_helpers import MATLAB_WHERE
from service.operations.leaves import Variable
from service.operations.samples import BOTH_SIGNS, MATRICES, MATRIX, VECTOR, VECTOR_AND_MATRIX, VECTORS


class Jump(Unary):
    """A function that is constant between its jumps."""

    only_jumps = True

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return filled(0, y.shape)


class Rounding(Jump):
    """To a whole number, up or down."""

    kink = "where its argument is a whole number"

    def side(self, node: Node, *arguments: Array) -> Array:
        (x,) = arguments
        below = np.floor(x)
        return np.where(x == below, np.nan, below)


@register
class Abs(Unary):
    """The absolute value, |x|."""

    name, ufunc = "abs", np.abs
    parity, nonnegative, kink, exact = 1, True, "where its argument is 0", {k: k for k in range(2)}
    laws = (Law("abs(-x)", "abs(x)", VECTOR), Law("abs(abs(x))", "abs(x)"), Law("abs(x)^2", "x^2"), Law("sign(x)*abs(x)", "x"))

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("sign", x)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """|c·x| = |c|·|x|, and |x| = x where x cannot be negative."""
        (x,) = arguments
        if is_nonnegative(x):
            return x
        coefficient, monic = coefficient_of(x)
        return abs(coefficient) * call(self.name, monic) if coefficient != 1 else None

    def squared(self, *arguments: Tensor) -> Tensor | None:
        return power(arguments[0], 2)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\left|{arguments[0].text}\right|")


@register
class Sign(Jump):
    """-1, 0 or 1: the sign of each entry."""

    name, aliases, ufunc, latex_name = "sign", ("sgn",), np.sign, r"\operatorname{sgn}"
    parity, kink, exact, partner = -1, "where its argument is 0", {0: 0, 1: 1}, "abs"
    laws = (Law("sign(x)*abs(x)", "x", {}, BOTH_SIGNS), Law("sign(sign(x))", "sign(x)"), Law("sign(3*x)", "sign(x)", VECTOR))

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """sign(c·x) = sign(c)·sign(x), sign(sign(x)) = sign(x)."""
        (x,) = arguments
        coefficient, monic = coefficient_of(x)
        if coefficient not in (0, 1):
            return (1 if coefficient > 0 else -1) * call(self.name, monic)
        return x if isinstance(x, Apply) and x.operation is self else None

    def with_partner(self, *arguments: Tensor) -> Tensor:
        """sign(x)·|x| = x."""
        return arguments[0]


@register
class Floor(Rounding):
    """The largest whole number that is not greater than x."""

    name, ufunc, exact = "floor", np.floor, {0: 0, 1: 1}
    laws = (Law("floor(x)", "-ceil(-x)"), Law("floor(x + 1)", "floor(x) + 1", VECTOR), Law("floor(7/2)", "3"))

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        return _rounded(arguments[0], 0)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\left\lfloor {arguments[0].text} \right\rfloor")


@register
class Ceil(Rounding):
    """The smallest whole number that is not less than x."""

    name, aliases, ufunc, exact = "ceil", ("ceiling",), np.ceil, {0: 0, 1: 1}
    laws = (Law("ceil(x) - floor(x)", "1"), Law("ceil(-7/2)", "-3"))

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        return _rounded(arguments[0], 1)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\left\lceil {arguments[0].text} \right\rceil")


def _rounded(x: Tensor, up: int) -> Tensor | None:
    """A number rounded; what is whole already stays."""
    value = number_of(x)
    if value is not None:
        return filled(-(-value // 1) if up else value // 1, ())
    return x if isinstance(x, Apply) and isinstance(x.operation, (Floor, Ceil, Sign, Step)) else None


@register
class Relu(Unary):
    """max(x, 0), the rectified linear unit."""

    name, ufunc = "relu", np.maximum
    spelling = Spelling("maximum({0}, 0)", pytorch="torch.relu", julia="max({0}, 0)", matlab="max({0}, 0)")
    nonnegative, kink, exact = True, "where its argument is 0", {-1: 0, 0: 0, 1: 1}
    laws = (
        Law("relu(x)", "max(x, 0)", VECTOR, BOTH_SIGNS),
        Law("relu(x) - relu(-x)", "x", {}, BOTH_SIGNS),
        Law("relu(relu(x))", "relu(x)"),
    )

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = np.maximum(arguments[0], 0)
        return result

    def slope(self, y: Tensor, x: Tensor) -> Tensor:
        return call("step", x)

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """relu(c·x) = c·relu(x) for c > 0, and relu(x) = x where x cannot be negative."""
        (x,) = arguments
        if is_nonnegative(x):
            return x
        coefficient, _ = coefficient_of(x)
        return abs(coefficient) * call(self.name, x / abs(coefficient)) if abs(coefficient) not in (0, 1) else None


@register
class Step(Jump):
    """1 where x > 0, else 0: Heaviside's step, with step(0) = 0."""

    name, aliases, ufunc = "step", ("heaviside",), np.heaviside
    spelling = Spelling("heaviside({0}, 0)", pytorch="({0} > 0).to(**like)", julia="float({0} .> 0)", matlab="double({0} > 0)")
    nonnegative, kink, exact, partner, at_most_one = True, "where its argument is 0", {-1: 0, 0: 0, 1: 1}, "relu", True
    laws = (
        Law("step(x)", "x > 0", {}, BOTH_SIGNS),
        Law("step(x)*x", "relu(x)", {}, BOTH_SIGNS),
        Law("step(x).*relu(x)", "relu(x)", VECTOR, BOTH_SIGNS),
        Law("step(2*x)", "step(x)", VECTOR),
    )

    def value(self, node: Node, *arguments: Array) -> Array:
        result: Array = np.heaviside(arguments[0], 0)
        return result

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """step(c·x) = step(x) for c > 0, step(step(x)) = step(x)."""
        (x,) = arguments
        coefficient, _ = coefficient_of(x)
        if abs(coefficient) not in (0, 1):
            return call(self.name, x / abs(coefficient))
        return x if isinstance(x, Apply) and x.operation is self else None

    def squared(self, *arguments: Tensor) -> Tensor | None:
        return call(self.name, *arguments)

    def with_partner(self, *arguments: Tensor) -> Tensor:
        """step(x)·relu(x) = relu(x)."""
        return call("relu", *arguments)


@register
class Where(Elementwise):
    """a where the condition c holds (is not 0), else b: where(x > 0, x, -x) is |x|."""

    name, arity, signature = "where", (3, 3), "where(c, a, b)"
    spelling = Spelling("where", julia="ifelse", helpers=MATLAB_WHERE)
    kink = "where the condition changes"
    samples = (
        Sample("where(x > y, x^2, y)"),
        Sample("where(x < y, x, y - x)", VECTORS),
        Sample("where(A > 1, 2, A)", MATRIX),
        Sample("where(s > 1, A, B)", MATRICES),
    )
    bad_samples = (Sample("where(x > 0, A, 1)", VECTOR_AND_MATRIX),)
    laws = (Law("where(x > 0, x, -x)", "abs(x)", VECTOR, BOTH_SIGNS), Law("where(x > 1, x, x)", "x"))

    def value(self, node: Node, *arguments: Array) -> Array:
        condition, yes, no = arguments
        return np.where(condition != 0, yes, no)

    def side(self, node: Node, *arguments: Array) -> Array:
        """A condition that only jumps changes where the comparisons in it do, and they tell of that themselves."""
        return np.zeros(()) if only_jumps(node.arguments[0]) else off_zero(arguments[0])

    def derivative(self, y: Tensor, *x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of c: 0; of a: 1 where c holds; of b: 1 where it does not."""
        holds = spread(call("not_equal", x[0], filled(0, ())), y.shape)
        return filled(0, y.shape), holds, 1 - holds

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        condition, yes, no = arguments
        if yes is no and yes.shape:
            return yes
        known = number_of(condition)
        if known is None:
            return None
        shape = self.tensor_shape(yes.shape, no.shape)
        return spread(yes if known else no, shape)

    def code(self, node: Node, *arguments: Code) -> Code:
        condition, *values = arguments
        return codes.each(self.spelling, (truth(condition), *values), node.shape)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        condition, yes, no = (argument.text for argument in arguments)
        if isinstance(node.arguments[0].operation, Comparison):
            condition = condition.removeprefix(IVERSON[0]).removesuffix(IVERSON[1])
        return Printed(rf"\begin{{cases}} {yes} & \text{{if }} {condition} \\ {no} & \text{{otherwise}} \end{{cases}}", Binding.SUM)


def only_jumps(root: Node) -> bool:
    """Whether the value is constant between jumps: comparisons, signs and floors stand between it and every variable."""
    smooth: set[Node] = set()
    for node in in_order([root]):
        varies = isinstance(node.parameter, Variable) or any(argument in smooth for argument in node.arguments)
        if varies and not node.operation.only_jumps:
            smooth.add(node)
    return root not in smooth
