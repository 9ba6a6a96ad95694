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
from service.expression.shapes import SCALAR, Shape, Size, split

LONGEST_CHAIN = 40
"""Products of more matrices than this are associated without looking for the best way (which costs the cube of it)."""
MOST_TERMS = 60
"""Longer sums are nested: Python's compiler has a limit on the depth of an expression."""
DEARER = 1.001
TYPICAL_SIZE = 1000
"""What a size that is a letter is taken for, when costs are compared."""


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
    """What products may know about the value: it is "diagonal" (of operand 0), "inverse", "ones" or the "length" of operand 0."""
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
    return code.role == "diagonal" or (code.form == "variable" and bool(code.detail[1]))


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

_ROW_SUMS = Spelling("sum({0}, axis=1)", julia="vec(sum({0}, dims=2))", matlab="sum({0}, 2)")
_COLUMN_SUMS = Spelling("sum({0}, axis=0)", julia="vec(sum({0}, dims=1))", matlab="sum({0}, 1)'")


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


def trace(code: Code) -> Code:
    """The sum of the diagonal; tr(A*B) is the sum of all entries of A.*B', and no product is made."""
    if code.form == "matmul":
        left, right = code.operands
        return total(multiply(transpose(left), right) if left.form == "transpose" else multiply(left, transpose(right)))
    if code.form == "outer":
        return inner(*code.operands)
    return call(Spelling("trace", julia="tr"), (code,), SCALAR)


# --- products -------------------------------------------------------------------------------------------------------

_SOLVE = Spelling("linalg.solve", julia="{0} \\ {1}", matlab="{0} \\ {1}")
_SOLVE_FROM_THE_RIGHT = Spelling("linalg.solve({2}, {3}).T", julia="{0} / {1}", matlab="{0} / {1}")
"""Of a matrix and the one to be inverted, and of their transposes in the other order."""


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


def solve(matrix: Code, right: Code) -> Code:
    """inv(matrix)*right."""
    return call(_SOLVE, (matrix, right), right.shape)


def matmul(left: Code, right: Code) -> Code:
    """The product of two arrays, neither of them a scalar."""
    rows, columns = left.shape[0], right.shape[1]
    if left.shape[1] == 1:
        return outer(left, column(right))
    if rows == 1:
        if columns == 1:
            return inner(column(left), right)
        return transpose(matmul(transpose(right), column(left)))
    if left.role == "diagonal":
        return scale_rows(left.operands[0], right)
    if right.role == "diagonal":
        return scale_columns(left, right.operands[0])
    inverse = _inverse_of(left)
    if inverse is not None:
        return solve(inverse, right)
    inverse = _inverse_of(right)
    if inverse is not None:
        return call(_SOLVE_FROM_THE_RIGHT, (left, inverse, transpose(inverse), transpose(left)), left.shape)
    if right.role == "ones" and columns == 1:
        transposed = left.form == "transpose"
        return call(_COLUMN_SUMS if transposed else _ROW_SUMS, left.operands if transposed else (left,), (rows, 1))
    return make("matmul", (left, right), (rows, columns))


def _inverse_of(code: Code) -> Code | None:
    """The matrix whose inverse this is, transposed or not; None where it is no inverse."""
    if code.role == "inverse":
        return code.operands[0]
    if code.form == "transpose" and code.operands[0].role == "inverse":
        return transpose(code.operands[0].operands[0])
    return None


def scale_rows(weights: Code, array: Code) -> Code:
    """diag(weights)*array."""
    if is_column(array.shape):
        return multiply(weights, array)
    if array.role == "diagonal":
        return call(array.detail, (multiply(weights, *array.operands),), array.shape)
    return make("scale_rows", (weights, array), array.shape)


def scale_columns(array: Code, weights: Code) -> Code:
    """array*diag(weights)."""
    return make("scale_columns", (array, weights), array.shape)


def times(factors: Sequence[Code]) -> Code:
    """The matrix product of a chain; scalars scale, inner products among them, and an outer product is made last.

    Where one row meets one column inside the chain it falls into segments, each a scalar, a column or a row.
    """
    scalars = [factor for factor in factors if factor.shape == SCALAR]
    segments: list[Code] = []
    chain: list[Code] = []
    for factor in factors:
        if factor.shape == SCALAR:
            continue
        chain.append(factor)
        if is_column(factor.shape):
            segments.append(_associated(chain))
            chain = []
    if chain:
        segments.append(_associated(chain))
    scalars += [segment for segment in segments if segment.shape == SCALAR]
    arrays = [segment for segment in segments if segment.shape != SCALAR]
    if len(arrays) == 2:  # a column and a row: the scalars scale the column, not the matrix
        return matmul(multiply(*scalars, arrays[0]), arrays[1])
    return multiply(*scalars, *arrays)


def _associated(chain: list[Code]) -> Code:
    """The product in the cheapest order. (Cormen et al., Introduction to Algorithms, 15.2: matrix-chain multiplication.)"""
    if chain[0].shape[0] == 1 or chain[-1].shape[1] == 1:
        chain = _opened(chain)
    count = len(chain)
    if count == 1:
        return chain[0]
    if count > LONGEST_CHAIN:
        return _associated_somehow(chain)
    lengths = [_length(chain[0].shape[0]), *[_length(factor.shape[1]) for factor in chain]]
    best: dict[tuple[int, int], tuple[float, int]] = {(place, place): (0.0, place) for place in range(count)}
    from_the_right = lengths[-1] == 1
    for span in range(1, count):
        for first in range(count - span):
            last = first + span
            places = range(first, last) if from_the_right else range(last - 1, first - 1, -1)
            best[first, last] = min(
                ((best[first, place][0] + best[place + 1, last][0] + _cost(chain, lengths, first, place, last), place) for place in places),
                key=lambda option: option[0],
            )

    def product(first: int, last: int) -> Code:
        if first == last:
            return chain[first]
        place = best[first, last][1]
        return matmul(product(first, place), product(place + 1, last))

    return product(0, count - 1)


def _opened(chain: list[Code]) -> list[Code]:
    """The chain with the factors of its products: a vector goes through them one by one."""
    if len(chain) == 1:
        return chain
    found: list[Code] = []
    stack = chain[::-1]
    while stack:
        code = stack.pop()
        if code.form == "matmul":
            stack += code.operands[::-1]
        elif code.form == "transpose" and code.operands[0].form == "matmul":
            stack += [transpose(operand) for operand in code.operands[0].operands]
        else:
            found.append(code)
    return found


def _associated_somehow(chain: list[Code]) -> Code:
    """From the end that is a vector; from the left where none is."""
    if chain[-1].shape[1] == 1:
        result = chain[-1]
        for factor in reversed(chain[:-1]):
            result = matmul(factor, result)
    else:
        result = chain[0]
        for factor in chain[1:]:
            result = matmul(result, factor)
    return result


def _cost(chain: list[Code], lengths: list[float], first: int, place: int, last: int) -> float:
    """Multiplications of the last step; scaling by a diagonal costs one for each entry. From the right either is a little dearer."""
    rows, middle, columns = lengths[first], lengths[place + 1], lengths[last + 1]
    if first == place and chain[first].role == "diagonal":
        return rows * columns
    if place + 1 == last and chain[last].role == "diagonal":
        return rows * columns * DEARER
    return rows * middle * columns * (DEARER if place + 1 == last and _inverse_of(chain[last]) is not None else 1)


def _length(size: Size) -> float:
    coefficient, letters = split(size)
    return float(coefficient * TYPICAL_SIZE ** len(letters))


# --- arrays from entries --------------------------------------------------------------------------------------------


def array(entries: Sequence[Code], rows: int, columns: int) -> Code:
    """An array written out, row by row."""
    if rows == 1 and columns != 1:
        return transpose(array(entries, columns, 1))
    return entries[0] if rows == columns == 1 else make("array", entries, (rows, columns))


def entry(code: Code, place: tuple[int, ...]) -> Code:
    """One entry, counted from 0."""
    return make("entry", (column(code),), SCALAR, place)
