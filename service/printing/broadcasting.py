"""Code that lets a vector go with every row or column of a matrix, X - mu, where the mathematics has X - ones(N)*mu'."""

from __future__ import annotations

from collections.abc import Sequence

from service.expression import codes
from service.expression.codes import Code
from service.expression.shapes import SCALAR


def broadcast(order: Sequence[Code]) -> Code:
    """The last of the parts, which come operands first; what repeats a vector beside a whole matrix is left to broadcasting."""
    known: dict[Code, Code] = {}
    for code in order:
        operands = [known[operand] for operand in code.operands]
        if code.form in ("add", "multiply") and code.shape != SCALAR and 1 not in code.shape:
            operands = _spread(operands, code)
        same = all(new is old for new, old in zip(operands, code.operands, strict=True))
        known[code] = code if same else codes.make(code.form, operands, code.shape, code.detail)
    return known[order[-1]]


def _spread(operands: list[Code], whole: Code) -> list[Code]:
    """The operands, outer products with ones as the vector that they repeat; one operand has to be a whole matrix."""
    vectors = [_vector_of(operand) for operand in operands]
    is_whole = any(vector is None and operand.shape == whole.shape for vector, operand in zip(vectors, operands, strict=True))
    return [vector or operand for vector, operand in zip(vectors, operands, strict=True)] if is_whole else operands


def _vector_of(code: Code) -> Code | None:
    """x standing for x*ones(n)', x' for ones(m)*x', with signs and scalars; None for anything else."""
    if code.form == "outer":
        left, right = code.operands
        if right.role == "ones":
            return codes.make("standing", (left,), left.shape)
        *scalars, array = left.operands if left.form == "multiply" else code.operands[:1]
        if array.role != "ones" or any(scalar.shape != SCALAR for scalar in scalars):
            return None
        lying = codes.transpose(right)
        return codes.make("multiply", (*scalars, lying), lying.shape) if scalars else lying
    if code.form not in ("negative", "multiply", "divide"):
        return None
    *scalars, array = code.operands[::-1] if code.form == "divide" else code.operands
    inside = _vector_of(array) if all(scalar.shape == SCALAR for scalar in scalars) else None
    if inside is None:
        return None
    operands = (inside, *scalars) if code.form == "divide" else (*scalars, inside)
    return codes.make(code.form, operands, inside.shape)
