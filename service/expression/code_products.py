"""Matrix products as pieces of code: associated in the cheapest order, structure used before anything large is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from service.expression.codes import (
    Code,
    Spelling,
    add,
    call,
    column,
    divide,
    inner,
    is_column,
    make,
    multiply,
    negative,
    number,
    outer,
    size,
    total,
    transpose,
)
from service.expression.shapes import SCALAR, Shape, Size, split

LONGEST_CHAIN = 16
"""Products of more matrices than this are associated without looking for the best way (which costs the cube of it)."""
TYPICAL_SIZE = 1000
"""What a size that is a letter is taken for, when costs are compared."""
DEARER = 1.001
"""How much dearer it is to scale columns than rows, and to solve from the right than from the left."""
MOST_PRODUCTS = 4
"""A sum of more matrices than this is made before it meets a vector."""

_ROW_SUMS = Spelling("sum({0}, axis=1)", julia="vec(sum({0}, dims=2))", matlab="sum({0}, 2)")
_COLUMN_SUMS = Spelling("sum({0}, axis=0)", julia="vec(sum({0}, dims=1))", matlab="sum({0}, 1)'")
_SOLVE = Spelling("linalg.solve", julia="{0} \\ {1}", matlab="{0} \\ {1}")
_SOLVE_FROM_THE_RIGHT = Spelling("linalg.solve({2}, {3}).T", julia="{0} / {1}", matlab="{0} / {1}")
"""Of a matrix and the one to be inverted, and of their transposes in the other order."""


def matmul(left: Code, right: Code) -> Code:
    """The product of two arrays, neither of them a scalar."""
    rows, columns = left.shape[0], right.shape[1]
    if left.shape[1] == 1:
        return outer(left, column(right))
    if rows == 1:
        if columns == 1:
            return inner(column(left), right)
        return transpose(matmul(transpose(right), column(left)))
    return _with_structure(left, right) or make("matmul", (left, right), (rows, columns))


def _with_structure(left: Code, right: Code) -> Code | None:
    """The product of a matrix and another array where there is a cheaper way than to multiply."""
    if left.role == "identity" or right.role == "identity":
        return right if left.role == "identity" else left
    if left.role == "diagonal":
        return scale_rows(left.operands[0], right)
    if right.role == "diagonal":
        return scale_columns(left, right.operands[0])
    inverse = _inverse_of(left)
    if inverse is not None:
        return call(_SOLVE, (inverse, right), right.shape)
    inverse = _inverse_of(right)
    if inverse is not None:
        return call(_SOLVE_FROM_THE_RIGHT, (left, inverse, transpose(inverse), transpose(left)), left.shape)
    if right.role == "ones" and is_column(right.shape):
        transposed = left.form == "transpose"
        return call(_COLUMN_SUMS if transposed else _ROW_SUMS, left.operands if transposed else (left,), (left.shape[0], 1))
    if left.form == "outer":
        standing, lying = left.operands[0], matmul(transpose(left.operands[1]), right)
        return multiply(lying, standing) if lying.shape == SCALAR else matmul(standing, lying)
    if right.form == "outer":
        return outer(matmul(left, right.operands[0]), right.operands[1])
    return _distributed(left, right)


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


def _inverse_of(code: Code) -> Code | None:
    """The matrix whose inverse this is, transposed or not; None where it is no inverse."""
    if code.role == "inverse":
        return code.operands[0]
    if code.form == "transpose" and code.operands[0].role == "inverse":
        return transpose(code.operands[0].operands[0])
    return None


# --- sums in products -----------------------------------------------------------------------------------------------


def _distributed(left: Code, right: Code) -> Code | None:
    """(A + A')*x is A*x + A'*x, (diag(d) - u*u')*B is d.*B - u*(u'*B): no matrix is made for the sum.

    Differences of matrices stay, since entries may cancel exactly there and not in the products. Each product has a term in
    place of the sum, so this ends.
    """
    if is_column(right.shape) and _core(left) is not left:
        return _linear(left, lambda core: matmul(core, right))
    terms = _terms(left)
    thin = [_is_thin(_core(term)) for term in terms]
    positive = len(terms) <= MOST_PRODUCTS and all(slim or term.form != "negative" for slim, term in zip(thin, terms, strict=True))
    if len(terms) > 1 and (thin.count(False) <= 1 or (is_column(right.shape) and positive)):
        return add([_linear(term, lambda core: matmul(core, right)) for term in terms])
    terms = _terms(right)
    if len(terms) > 1 and [_is_thin(_core(term)) for term in terms].count(False) <= 1:
        return add([_linear(term, lambda core: matmul(left, core)) for term in terms])
    return None


def _terms(code: Code) -> list[Code]:
    """The terms of a sum of matrices, or of its transpose; of anything else, itself."""
    if code.form == "transpose" and code.operands[0].form == "add":
        return [_linear(term, transpose) for term in _terms(code.operands[0])]
    if code.form != "add" or any(term.shape == SCALAR for term in code.operands):
        return [code]
    return list(code.operands)


def _is_thin(code: Code) -> bool:
    """Whether a product with this matrix costs no more than a number for each entry."""
    return code.role in ("diagonal", "identity") or code.form == "outer"


def _core(code: Code) -> Code:
    """What is left of an array without its sign and its scalar factors."""
    while (inside := _multiple_of(code)) is not None:
        code = inside
    return code


def _multiple_of(code: Code) -> Code | None:
    """The array of which this is the opposite, or a multiple; None where it is none."""
    *scalars, array = code.operands if code.form in ("negative", "multiply") else code.operands[::-1] if code.form == "divide" else (code,)
    return array if array is not code and all(scalar.shape == SCALAR for scalar in scalars) else None


def _linear(code: Code, function: Callable[[Code], Code]) -> Code:
    """A linear function of an array, its sign and its scalar factors taken out."""
    array = _multiple_of(code)
    if array is None:
        return function(code)
    inside = _linear(array, function)
    if code.form == "negative":
        return negative(inside)
    return divide(inside, code.operands[1]) if code.form == "divide" else multiply(*code.operands[:-1], inside)


# --- chains ---------------------------------------------------------------------------------------------------------


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
    if arrays and arrays[0].form == "einsum":
        inputs, out, _ = arrays[0].detail
        return einsum([*[""] * len(scalars), *inputs], out, [*scalars, *arrays[0].operands[: len(inputs)]], arrays[0].shape)
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
    """Multiplications of the last step; scaling by a diagonal costs one for each entry."""
    rows, middle, columns = lengths[first], lengths[place + 1], lengths[last + 1]
    if first == place and chain[first].role == "diagonal":
        return rows * columns
    if place + 1 == last and chain[last].role == "diagonal":
        return rows * columns * DEARER
    return rows * middle * columns * (DEARER if place + 1 == last and _inverse_of(chain[last]) is not None else 1)


def _length(size: Size) -> float:
    coefficient, letters = split(size)
    return float(coefficient * TYPICAL_SIZE ** len(letters))


# --- traces, index notation ------------------------------------------------------------------------------------------


def trace(code: Code) -> Code:
    """The sum of the diagonal; tr(A*B) is the sum of all entries of A.*B', and no product is made."""
    if code.form == "matmul":
        left, right = code.operands
        return total(multiply(transpose(left), right) if left.form == "transpose" else multiply(left, transpose(right)))
    if code.form == "outer":
        return inner(*code.operands)
    return call(Spelling("trace", julia="tr"), (code,), SCALAR)


def diagonal(code: Code) -> Code:
    """The diagonal as a vector; that of A*B is the row sums of A.*B', and no product is made."""
    if code.role == "diagonal":
        return code.operands[0]
    if code.form == "transpose":
        return diagonal(*code.operands)
    if code.form == "matmul":
        left, right = code.operands
        return call(_ROW_SUMS, (multiply(left, transpose(right)),), (code.shape[0], 1))
    if code.form == "outer":
        return multiply(*code.operands)
    return call(Spelling("diag"), (code,), (code.shape[0], 1))


_PLACED = '''\
def placed(core, pattern, shape):
    """Zeros, but where indices of the same letter agree: there it is core."""
    result = np.zeros(shape)
    np.einsum(pattern, result)[...] = core
    return result'''


def einsum(inputs: Sequence[str], out: str, operands: Sequence[Code], shape: Shape) -> Code:
    """A product in index notation, of columns and arrays; every letter of `out` is in some input, and there once.

    Scalars scale what is no identity. In NumPy an identity between two axes of the result is not multiplied with: the last
    operand is then the same array made by writing what stands there into zeros. The detail is inputs, out, and whether that is so.
    """
    scalars = [operand for operand in operands if operand.shape == SCALAR]
    labelled = [_without_repetition(labels, operand) for labels, operand in zip(inputs, operands, strict=True) if labels]
    place = next((place for place, (_, operand) in enumerate(labelled) if operand.role != "identity"), -1)
    if scalars and place >= 0:
        labels, operand = labelled[place]
        labelled[place] = labels, multiply(*scalars, operand)
    result = _contracted(labelled, out, shape)
    return multiply(*scalars, result) if place < 0 else result


def _without_repetition(labels: str, operand: Code) -> tuple[str, Code]:
    """A matrix of which only the diagonal is taken, as that."""
    if len(labels) != 2 or labels[0] != labels[1]:
        return labels, operand
    return labels[0], diagonal(operand)


def _contracted(labelled: Sequence[tuple[str, Code]], out: str, shape: Shape) -> Code:
    inputs, operands = tuple([labels for labels, _ in labelled]), [operand for _, operand in labelled]
    deltas = [labels for labels, operand in labelled if operand.role == "identity" and set(labels) <= set(out)]
    if not deltas:
        return make("einsum", operands, shape, (inputs, out, False))
    same = {labels[1]: labels[0] for labels in deltas}
    view = "".join([same.get(letter, letter) for letter in out])
    rest = [("".join([same.get(letter, letter) for letter in labels]), operand) for labels, operand in labelled if labels not in deltas]
    carried = {letter for labels, _ in rest for letter in labels}
    letters = list(dict.fromkeys(view))
    kept = "".join([letter for letter in letters if letter in carried])
    pattern = f"{view}->{''.join([letter for letter in letters if letter not in carried])}{kept}"
    sizes = [size(length) for length in shape]
    lengths = ", ".join(f"{{{place}}}" for place in range(1, len(sizes) + 1))
    spelling = Spelling(numpy=f'placed({{0}}, "{pattern}", ({lengths}))', helpers=(("numpy", _PLACED),))
    core = _small(rest, kept, [shape[view.index(letter)] for letter in kept]) if rest else number(1)
    return make("einsum", [*operands, call(spelling, [core, *sizes], shape)], shape, (inputs, out, True))


def _small(labelled: Sequence[tuple[str, Code]], out: str, lengths: list[Size]) -> Code:
    """As a matrix product where it is one."""
    inputs, operands = tuple([labels for labels, _ in labelled]), [operand for _, operand in labelled]
    if inputs == (out,):
        return operands[0]
    if len(inputs) == 2 and len(out) == 2 and all(len(set(labels)) == len(labels) == 2 for labels in inputs):
        (first, left), (second, right) = labelled if out[0] in inputs[0] else reversed(labelled)
        summed = next(iter(set(first) - {out[0]}), "")
        if set(first) == {out[0], summed} and set(second) == {summed, out[1]} and summed not in out:
            left = left if first[0] == out[0] else transpose(left)
            return matmul(left, right if second[0] == summed else transpose(right))
    return make("einsum", operands, (*lengths, 1, 1)[: max(len(lengths), 2)], (inputs, out, False))
