"""The contract of an operation, and the registry.

One class an operation, holding all that the service knows about it: shape rule, value, form as tensors, derivative,
how it prints, laws, samples. Parser, differentiation, printers, documentation and tests read the registry; none of them
names an operation. The classes are in service/operations/, a file a family.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import numpy as np

from service.errors import ShapeMismatch, UnknownName
from service.expression.codes import Code, Spelling, each
from service.expression.products import product, view
from service.expression.shapes import SCALAR, Axes, Shape, Size, Sizes, describe
from service.expression.sums import number
from service.expression.tensors import Tensor, make_apply, number_of

if TYPE_CHECKING:
    from service.expression.nodes import Node

Array = np.ndarray[Any, Any]
T = TypeVar("T", bound="Operation")


class Binding:
    """How tightly a printed form holds together; a weaker one is put in brackets where a tighter one is needed."""

    COMPARISON, SUM, PRODUCT, NEGATIVE, POWER, POSTFIX, ATOM = range(7)


class Printed(NamedTuple):
    """A printed form and its binding."""

    text: str
    binding: int = Binding.ATOM

    def within(self, binding: int) -> str:
        """The text where at least `binding` is needed."""
        return self.text if self.binding >= binding else f"({self.text})"

    def within_latex(self, binding: int) -> str:
        return self.text if self.binding >= binding else rf"\left({self.text}\right)"


class Sample(NamedTuple):
    """Arguments for the tests: expressions in the language, over variables declared as in a request.

    Generic on purpose: not square where it need not be, not symmetric, sizes all different. `domain` is the range of
    the random entries.
    """

    expression: str
    variables: dict[str, Any] = {}
    domain: tuple[float, float] = (0.3, 1.7)


class Law(NamedTuple):
    """Two expressions that are the same function."""

    left: str
    right: str
    variables: dict[str, Any] = {}
    domain: tuple[float, float] = (0.3, 1.7)


class Operation:
    """One operation of the language.

    Values are arrays with one axis for each size that is not 1: a vector and its transpose both have one axis. Printing
    methods get the printed arguments and return a Printed.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    family: ClassVar[str]
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """Least and greatest number of arguments (None: any)."""
    signature: ClassVar[str] = ""
    """How a person writes it, for documentation and hints: `log(x, b)`; made from the name where empty."""
    in_language: ClassVar[bool] = True
    """Whether `name(...)` is a function call of the language (operators and leaves are not)."""
    size_arguments: ClassVar[bool] = False
    """Whether the arguments are sizes, not values: `eye(n)`."""
    any_order: ClassVar[bool] = False
    """Whether an argument may have more than two axes."""
    directional: ClassVar[bool] = False
    """Whether `along` and `adjoint` give the derivative in a form more readable than its Jacobian."""
    inverse_of_argument: ClassVar[bool] = False
    """Whether value times argument is the identity matrix (products.py cancels them)."""
    sums_to_one: ClassVar[int | None] = None
    """The axis from which on the entries of the value add up to 1: 0 for softmax, 1 for softmax_rows."""
    partner: ClassVar[str] = ""
    """An operation whose value for the same argument makes something simpler with this one: `with_partner`."""
    at_most_one: ClassVar[bool] = False
    """Whether no value is greater than 1: then 1 - f is written rather than f - 1."""
    is_condition: ClassVar[bool] = False
    """Whether the value is 1 where something holds, else 0."""
    kink: ClassVar[str] = ""
    """Where the operation is not differentiable, in words: "where its argument is 0"."""
    only_jumps: ClassVar[bool] = False
    """Whether the value is constant between its kinks."""
    rule: ClassVar[str] = ""
    """What its rule of differentiation is called in textbooks; made from the name where empty."""
    squared_rule: ClassVar[str] = ""
    """What the rule for its square is called, where that is simpler than its own."""
    linear: ClassVar[str] = ""
    """"each" where it is linear in each of its arguments (a*b, tr(A)), "together" where in all of them at once (a + b)."""
    samples: ClassVar[Sequence[Sample]] = ()
    bad_samples: ClassVar[Sequence[Sample]] = ()
    laws: ClassVar[Sequence[Law]] = ()

    # What it is.

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        """The shape of the value; raises ShapeMismatch (`refuse`) when the arguments do not fit."""
        raise TypeError(f"{self.name} has no shape rule")

    def sized(self, node: Node, sizes: Mapping[str, Size]) -> Any:
        """The parameter with letters of sizes replaced by numbers; what has sizes in its parameter overrides it."""
        return node.parameter

    def value(self, node: Node, *arguments: Array) -> Array:
        """The value in doubles, independent of the tensor form: checks are made against it. All sizes are whole numbers here."""
        raise TypeError(f"{self.name} has no value")

    def side(self, node: Node, *arguments: Array) -> Array:
        """On which smooth piece each entry lies, as a number; NaN on a kink. Asked only of operations that have a `kink`.

        A NaN is a candidate: other parts of a function may smooth the kink out (service/answers/kinks.py decides).
        """
        return np.zeros(())

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        """The operation as a tensor."""
        raise TypeError(f"{self.name} has no tensor form")

    # What it is as a tensor that is no sum, power or product.

    def rewrite(self, *arguments: Tensor) -> Tensor | None:
        """A simpler tensor that is the same function, or None; tried before an Apply is made."""
        return None

    def as_sum(self, *arguments: Tensor) -> Tensor | None:
        """The same function as a sum, less tidy or less stable, which is tried where it may cancel: σ(-x) = 1 - σ(x)."""
        return None

    def squared(self, *arguments: Tensor) -> Tensor | None:
        """The square of the value, where it is simpler: |x|² = x²."""
        return None

    def share(self, *arguments: Tensor) -> Tensor | None:
        """The value over the sum of its entries, where that has a name: exp(x)/sum(exp(x)) is softmax(x)."""
        return None

    def with_partner(self, *arguments: Tensor) -> Tensor:
        """The value times that of the `partner`: sign(x)·|x| = x."""
        raise TypeError(f"{self.name} has no partner")

    def lift(self, *arguments: Tensor) -> Tensor | None:
        """The operation taken inside a transposed or repeated argument, where it may be."""
        return None

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return arguments[0]

    def tensor_symmetric(self, *arguments: Tensor) -> bool:
        """Whether the Apply is a symmetric matrix."""
        return False

    def jacobian(self, y: Tensor, position: int, *x: Tensor) -> Tensor:
        """∂y/∂x[position] with the axes of y, then those of x[position]."""
        raise TypeError(f"{self.name} has no derivative")

    def along(self, y: Tensor, position: int, direction: Tensor, *x: Tensor) -> Tensor | None:
        """The derivative along a direction in x[position], of the shape of y; None: by the Jacobian."""
        return None

    def adjoint(self, y: Tensor, position: int, above: Tensor, *x: Tensor) -> Tensor | None:
        """`above`, which has axes of its own and then those of y, contracted with the Jacobian; None: as it stands."""
        return None

    # How its derivative is told.

    def rule_name(self, *changing: bool) -> str:
        """What the rule is called, where these of the arguments are differentiated."""
        if self.linear == "each" and len(changing) > 1:
            return "product rule" if sum(changing) > 1 else "constant factor"
        return self.rule or f"derivative of {self.name}"

    def differential(self, node: Node, *changes: Node | None) -> Node | None:
        """The differential as textbooks write it, from those of the arguments (None: the argument is constant).

        None where it follows from `linear`, or where what the tensor form gives reads well.
        """
        return None

    # How it prints.

    def text(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(f"{self.name}({', '.join(argument.text for argument in arguments)})")

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        return Printed(rf"\operatorname{{{self.name}}}\left({', '.join(argument.text for argument in arguments)}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        """What a program does, in every dialect of generated code."""
        raise TypeError(f"{self.name} has no code")

    # What it says.

    def refuse(self, detail: str, hint: str | None = None) -> ShapeMismatch:
        return ShapeMismatch(detail, hint=hint)

    def usage(self) -> str:
        return self.signature or f"{self.name}({', '.join('xyzabc'[: max(self.arity[0], 1)])})"

    @classmethod
    def summary(cls) -> str:
        return (cls.__doc__ or "").strip().split("\n")[0]


class Elementwise(Operation):
    """f applied to each entry; a scalar among arrays goes with every entry."""

    family, any_order = "element-wise functions", True
    exact: ClassVar[dict[int, int]] = {}
    """Arguments whose value is whole: sin(0) = 0."""
    latex_name: ClassVar[str] = ""
    """The LaTeX command, `\\sin`; made from the name where empty."""
    spelling: ClassVar[Spelling]
    """How generated code calls it; by its name, where a class does not say otherwise."""

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if "name" in cls.__dict__ and "spelling" not in cls.__dict__:
            cls.spelling = Spelling(cls.name)

    def shape(self, arguments: Sequence[Shape], parameter: Any, sizes: Sizes) -> Shape:
        return broadcast(self, arguments, sizes)

    def lower(self, node: Node, *arguments: Tensor) -> Tensor:
        return apply(self, *arguments)

    def derivative(self, y: Tensor, *x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The partial derivative of each entry by the entry of each argument, of the shape of y."""
        raise TypeError(f"{self.name} has no derivative")

    def lift(self, *arguments: Tensor) -> Tensor | None:
        values = [number_of(argument) for argument in arguments]
        if len(values) == 1 and values[0] is not None and values[0] in self.exact:
            return number(self.exact[int(values[0])])
        inner: list[Tensor] = []
        pattern = None
        for argument in arguments:
            if not argument.shape:
                inner.append(argument)
                continue
            found = view(argument)
            if found is None or (pattern is not None and pattern != found[1:]):
                return None
            inner.append(found[0])
            pattern = found[1:]
        if pattern is None:
            return None
        labels, out, sizes = pattern
        return product(1, [(apply(self, *inner), labels)], out, sizes)

    def tensor_shape(self, *arguments: Axes) -> Axes:
        return next((shape for shape in arguments if shape), ())

    def tensor_symmetric(self, *arguments: Tensor) -> bool:
        return all(argument.symmetric or not argument.shape for argument in arguments)

    def latex(self, node: Node, *arguments: Printed) -> Printed:
        name = self.latex_name or rf"\operatorname{{{self.name}}}"
        return Printed(rf"{name}\left({', '.join(argument.text for argument in arguments)}\right)")

    def code(self, node: Node, *arguments: Code) -> Code:
        return each(self.spelling, arguments, node.shape)


def broadcast(operation: Operation, arguments: Sequence[Shape], sizes: Sizes) -> Shape:
    """The common shape of arguments that are scalars or all of one shape."""
    result: Shape = SCALAR
    for shape in arguments:
        if shape == SCALAR:
            continue
        if result is SCALAR:
            result = shape
        elif result != shape and not sizes.unify_shapes(result, shape):
            transposed = result == (shape[1], shape[0])
            raise operation.refuse(
                f"{operation.name} goes entry by entry: {describe(result)} and {describe(shape)} do not fit",
                "transpose one of them" if transposed else "both need the same shape, or one of them is a scalar",
            )
    return result if result is SCALAR else sizes.resolve_shape(result)


# --- the registry ---------------------------------------------------------------------------------------------------

_registry: dict[str, Operation] = {}
_functions: dict[str, Operation] = {}


def register(cls: type[T]) -> type[T]:
    """Class decorator: one instance of the class becomes the operation of its name."""
    instance = cls()
    names = (instance.name, *instance.aliases)
    for name in names if instance.in_language else ():
        if name in _functions:
            raise ValueError(f"two operations are called {name}")
        _functions[name] = instance
    if instance.name in _registry:
        raise ValueError(f"two operations are called {instance.name}")
    _registry[instance.name] = instance
    return cls


def operations() -> Iterator[Operation]:
    """Every operation, in order of registration."""
    return iter(_registry.values())


def operation(name: str) -> Operation:
    """The operation registered under this name (not an alias); KeyError is a defect of the caller."""
    return _registry[name]


def function(name: str) -> Operation:
    """The function that a person calls `name`; raises UnknownName with the nearest names."""
    found = _functions.get(name)
    if found is None:
        near = difflib.get_close_matches(name, _functions, n=3, cutoff=0.6)
        raise UnknownName(
            f"there is no function called {name}",
            hint=f"did you mean {' or '.join(near)}?"
            if near
            else "GET /v1/operations lists the functions; two names side by side need a * between them",
        )
    return found


def is_function(name: str) -> bool:
    return name in _functions


# --- applying an operation to tensors -------------------------------------------------------------------------------


def apply(operation: Operation, *arguments: Tensor) -> Tensor:
    """The operation applied to tensors, rewritten where a simpler tensor is the same function."""
    simpler = operation.rewrite(*arguments) or operation.lift(*arguments)
    if simpler is not None:
        return simpler
    shape = operation.tensor_shape(*[argument.shape for argument in arguments])
    symmetric = len(shape) == 2 and shape[0] == shape[1] and operation.tensor_symmetric(*arguments)
    return make_apply(operation, arguments, shape, symmetric)
