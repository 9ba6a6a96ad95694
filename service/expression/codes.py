"""Programs as a graph: what an operation computes, before it is written in NumPy, JAX, PyTorch, Julia or MATLAB.

Columns are the only vectors here: a row is the transpose of a column, so that the same computation is the same piece of
code. Constructors take the way that a specialist would: products associate best, `inv(A)*b` is a linear system, `diag(x)`
scales rows or columns, and no matrix is made for what a vector can do. service/printing/dialects.py writes the pieces.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.expression.arena import Interned, find, store
from service.expression.numbers import Rational
from service.expression.shapes import SCALAR, Shape, Size

MOST_TERMS = 60
"""Longer sums are nested: Python's compiler has a limit on the depth of an expression."""


@dataclass(frozen=True)
class Spelling:
    """How a function is written in each dialect: by its name, or a template in which `{0}`, `{1}` are the operands.

    `common` is the name after the prefix of the dialect: `linalg.inv` is np.linalg.inv, torch.linalg.inv, and inv where
    there are no modules. The other fields replace it, prefix and all. `helpers` are definitions that a dialect needs first.
    """

    common: str = ""
    numpy: str = ""
    jax: str = ""
    pytorch: str = ""
    julia: str = ""
    matlab: str = ""
    role: str = ""
    """What products may know about the value: it is the "identity", "diagonal" (of operand 0), "inverse", "ones", the "length" of
    operand 0; or an "indicator", 1 where operand 0 is true."""
    helpers: tuple[tuple[str, str], ...] = ()
    key: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", hash((self.common, self.numpy, self.jax, self.pytorch, self.julia, self.matlab, self.role)))

    def __hash__(self) -> int:
        return self.key


def helper(name: str, sources: tuple[tuple[str, str], ...]) -> Spelling:
    """A function that every dialect defines first."""
    return Spelling("", name, name, name, name, name, helpers=sources)


class Code(Interned):
    """A piece of code: `form` is the name of the method of a dialect that writes it; `detail` what it knows beside its operands.

    `plain` pieces are numbers of the host language, known without any array; `symmetric` ones are their own transposes at sight.
    """

    __slots__ = ("detail", "form", "operands", "plain", "shape", "symmetric")
    form: str
    operands: tuple[Code, ...]
    detail: Any
    shape: Shape
    plain: bool
    symmetric: bool

    @property
    def role(self) -> str:
        return self.detail.role if isinstance(self.detail, Spelling) else ""


_ARITHMETIC = frozenset(("number", "size", "constant", "add", "negative", "multiply", "divide", "power"))
_BY_ENTRIES = _ARITHMETIC | {"each", "compare"}


def make(form: str, operands: Sequence[Code], shape: Shape, detail: Hashable = None) -> Code:
    """The piece of this form, as it is."""
    key = (Code, form, detail, shape, *operands)
    found: Code | None = find(key)
    if found is None:
        found = Code()
        found.form, found.operands, found.shape, found.detail = form, tuple(operands), shape, detail
        found.plain = form in _ARITHMETIC and all(operand.plain for operand in operands)
        found.symmetric = len(shape) == 2 and shape[0] == shape[1] and _is_symmetric(found)
        store(key, found)
    return found


def _is_symmetric(code: Code) -> bool:
    if code.form in _BY_ENTRIES or code.role == "inverse":
        return all(operand.symmetric for operand in code.operands)
    if code.form == "matmul":
        left, right = code.operands
        return (left.form == "transpose" and left.operands[0] is right) or (right.form == "transpose" and right.operands[0] is left)
    if code.form == "outer":
        return code.operands[0] is code.operands[1]
    return code.role in ("diagonal", "identity") or (code.form == "variable" and bool(code.detail[1]))


# --- leaves and calls -----------------------------------------------------------------------------------------------


def number(value: Rational | str) -> Code:
    return make("number", (), SCALAR, value)


def variable(name: str, shape: Shape, symmetric: bool = False) -> Code:
    return make("variable", (), shape, (name, symmetric))


def constant(name: str) -> Code:
    """pi or e."""
    return make("constant", (), SCALAR, name)


def size(letters: Size) -> Code:
    """A size as a number."""
    return number(letters) if isinstance(letters, int) else make("size", (), SCALAR, letters)


def call(spelling: Spelling | str, operands: Sequence[Code], shape: Shape) -> Code:
    """A function of whole arrays."""
    return make("call", operands, shape, Spelling(spelling) if isinstance(spelling, str) else spelling)


def each(spelling: Spelling | str, operands: Sequence[Code], shape: Shape) -> Code:
    """A function of each entry."""
    return entry_by_entry("each", operands, shape, Spelling(spelling) if isinstance(spelling, str) else spelling)


# --- entry by entry -------------------------------------------------------------------------------------------------


def is_row(shape: Shape) -> bool:
    return len(shape) == 2 and shape[0] == 1 and shape[1] != 1


def is_column(shape: Shape) -> bool:
    return len(shape) == 2 and shape[1] == 1 and shape[0] != 1


def is_vector(shape: Shape) -> bool:
    return is_row(shape) or is_column(shape)


def column(code: Code) -> Code:
    """A vector standing up; anything else as it is."""
    return transpose(code) if is_row(code.shape) else code


def entry_by_entry(form: str, operands: Sequence[Code], shape: Shape, detail: Hashable = None) -> Code:
    """What goes entry by entry; of rows it is done to the columns."""
    if is_row(shape):
        return transpose(make(form, [column(operand) for operand in operands], shape[::-1], detail))
    return make(form, operands, shape, detail)


def _common(operands: Sequence[Code]) -> Shape:
    return next((operand.shape for operand in operands if operand.shape != SCALAR), SCALAR)


def add(terms: Sequence[Code]) -> Code:
    """The sum; a scalar goes with every entry."""
    while len(terms) > MOST_TERMS:
        terms = [add(terms[start : start + MOST_TERMS]) for start in range(0, len(terms), MOST_TERMS)]
    return terms[0] if len(terms) == 1 else entry_by_entry("add", terms, _common(terms))


def negative(code: Code) -> Code:
    return entry_by_entry("negative", (code,), code.shape)


def multiply(*factors: Code) -> Code:
    """The product entry by entry."""
    while len(factors) > MOST_TERMS:
        factors = tuple([multiply(*factors[start : start + MOST_TERMS]) for start in range(0, len(factors), MOST_TERMS)])
    return factors[0] if len(factors) == 1 else entry_by_entry("multiply", factors, _common(factors))


def divide(above: Code, below: Code) -> Code:
    """The quotient entry by entry."""
    return entry_by_entry("divide", (above, below), _common((above, below)))


def power(base: Code, exponent: Code) -> Code:
    """The power entry by entry. The square of a length needs no root: norm2(x)^2 is x'*x."""
    if base.role == "length" and exponent.form == "number" and exponent.detail == 2:
        (inside,) = base.operands
        return inner(column(inside), column(inside)) if is_vector(inside.shape) else total(power(inside, exponent))
    if base.form == "constant" and base.detail == "e":
        return each("exp", (exponent,), exponent.shape)
    return entry_by_entry("power", (base, exponent), _common((base, exponent)))


# --- sums of entries ------------------------------------------------------------------------------------------------


def reduce(code: Code, name: str, julia: str = "") -> Code:
    """All entries to one number; MATLAB reduces the columns of a matrix, then the row that is left."""
    if code.shape == SCALAR:
        return code
    matlab = "" if is_vector(code.shape) else f"{name}({name}({{0}}))"
    return call(Spelling(name, julia=julia, matlab=matlab), (column(code),), SCALAR)


def total(code: Code) -> Code:
    """The sum of all entries; of a product of two vectors it is their inner product."""
    if code.form == "transpose":
        return total(*code.operands)
    if is_column(code.shape):
        if code.form == "multiply" and len(code.operands) == 2 and all(is_column(operand.shape) for operand in code.operands):
            return inner(*code.operands)
        if code.form == "power" and code.operands[1].form == "number" and code.operands[1].detail == 2:
            return inner(code.operands[0], code.operands[0])
    return reduce(code, "sum")


# --- products -------------------------------------------------------------------------------------------------------


def transpose(code: Code) -> Code:
    """The transpose."""
    if code.shape == SCALAR or code.symmetric:
        return code
    if code.form == "transpose":
        return code.operands[0]
    if code.form == "outer":
        return make("outer", code.operands[::-1], code.shape[::-1])
    return make("transpose", (code,), code.shape[::-1])


def inner(left: Code, right: Code) -> Code:
    """The inner product of two columns."""
    if "ones" in (left.role, right.role):
        return total(right if left.role == "ones" else left)
    return make("inner", (left, right), SCALAR)


def outer(left: Code, right: Code) -> Code:
    """The outer product of two columns."""
    return make("outer", (left, right), (left.shape[0], right.shape[0]))


# --- arrays from entries --------------------------------------------------------------------------------------------


def array(entries: Sequence[Code], rows: int, columns: int) -> Code:
    """An array written out, row by row."""
    if rows == 1 and columns != 1:
        return transpose(array(entries, columns, 1))
    return entries[0] if rows == columns == 1 else make("array", entries, (rows, columns))


def entry(code: Code, place: tuple[int, ...]) -> Code:
    """One entry, counted from 0."""
    return make("entry", (column(code),), SCALAR, place)
