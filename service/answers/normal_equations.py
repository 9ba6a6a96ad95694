"""The derivation of a linear fit: the sum of squares expanded, differentiated by the engine, set to zero, solved; and why not so in
floats. Each line is proved the same function as the one before it, or is a step of the engine, which proves its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from service.answers.derivation import derive
from service.answers.equivalence import compare
from service.answers.task import read_task
from service.certificates import decided, require
from service.language import declare, parse_together
from service.printing.printers import to_latex, to_text

VARIABLES = {"X": "matrix(n,p)", "y": "vector(n)", "b": "vector(p)"}
WEIGHTS = {"W": "diagonal(n)"}
PENALTY = {"D": "diagonal(p)"}
FACTORS = {"R": "matrix(p,p)", "Q": "matrix(n,p)", "y": "vector(n)"}

Line = dict[str, str]


def steps(weighted: bool, penalised: bool, condition_number: float | None) -> list[dict[str, Any]]:
    """The steps to the normal equations and their solution, and the last one with the condition numbers of this fit.

    `weighted`: with the diagonal matrix W of the weights; `penalised`: with b'*D*b added, D diagonal with a zero for the intercept.
    """
    return [*_symbolic(weighted, penalised), _in_floats(weighted, penalised, condition_number)]


@lru_cache(maxsize=4)
def _symbolic(weighted: bool, penalised: bool) -> tuple[dict[str, Any], ...]:
    w = "W*" if weighted else ""
    variables = VARIABLES | (WEIGHTS if weighted else {}) | (PENALTY if penalised else {})
    more = " + b'*D*b" if penalised else ""
    matrix = f"X'*{w}X" + (" + D" if penalised else "")
    matrix = f"({matrix})" if penalised else matrix
    objective = ("(y - X*b)'*W*(y - X*b)" if weighted else "norm2(y - X*b)^2") + more
    expanded = f"y'*{w}y - 2*b'*X'*{w}y + b'*X'*{w}X*b{more}"
    by_engine = derive(read_task("gradient", {"expression": expanded, "variables": variables, "wrt": "b", "steps": True}))
    gradient = f"2*{matrix}*b - 2*X'*{w}y"
    solution = f"inv({matrix.strip('()') if penalised else matrix})*X'*{w}y"
    penalty = " The penalty is b'*D*b, D diagonal: the weight of each coefficient, zero for the intercept." if penalised else ""
    first = (
        f"The weighted sum of squared residuals, multiplied out; W is diagonal.{penalty}"
        if weighted
        else f"The sum of squared residuals, multiplied out.{penalty}"
    )
    before, after = _same(objective, expanded, variables)
    told, collected = _same(by_engine["result"]["text"], gradient, variables)
    left, right = _same(f"{matrix}*({solution})", f"X'*{w}y", variables)
    equation = {"left": _line(f"{matrix}*b", variables), "right": right}
    sentence = f"At the minimum the gradient is zero: {equation['left']['text']} = {right['text']}, the normal equations."
    solved = f"b = {solution} solves them: put in, it gives {right['text']}. The second derivative, 2*{matrix}, is positive definite"
    solved += ", so this is the minimum." if penalised else " where the columns of X are independent, so this is the minimum."
    return (
        _step("expand", before, after, first),
        *by_engine["steps"],
        _step("collect by b", told, collected, "The gradient, with b apart."),
        _step("set to zero", collected, equation["left"], sentence) | {"equation": equation},
        _step("solve", left, right, solved) | {"solution": _line(solution, variables)},
    )


def _in_floats(weighted: bool, penalised: bool, condition_number: float | None) -> dict[str, Any]:
    """Why X'X is not formed in floats: with X = Q*R and Q'*Q = eye(p) it is R'*R, and the normal equations say R*b = Q'*y."""
    name = "W^(1/2)*X" if weighted else "X"
    name = f"[{name}; D^(1/2)]" if penalised else name
    right = "W^(1/2)*y" if weighted else "y"
    right = f"[{right}; 0]" if penalised else right
    product = "X'*W*X" if weighted else "X'*X"
    product = f"{product} + D" if penalised else product
    before, after = _factored()
    text = (
        f"In floats the inverse of {product} is not formed: its condition number is the square of that of A = {name}, and twice as many "
        f"digits are lost. With A = Q*R, where Q'*Q = eye(p) and R is triangular, {product} is R'*R, and what solves the normal equations "
        f"is inv(R)*Q'*{'y' if right == 'y' else 'c'}{'' if right == 'y' else f' with c = {right}'}, which keeps them."
    )
    found = {"rule": "QR instead of the inverse", "code": "qr-instead-of-the-inverse", "before": before, "after": after, "wrt": ["b"]}
    if condition_number is not None and condition_number < 1e150:
        text += f" Here the condition numbers are {condition_number:.3g} and {condition_number**2:.3g}."
        found["condition_numbers"] = {"design": condition_number, "normal_equations": condition_number**2}
    return found | {"text": text}


@lru_cache(maxsize=1)
def _factored() -> tuple[Line, Line]:
    return _same("inv(R'*R)*R'*Q'*y", "inv(R)*Q'*y", FACTORS)


def _step(rule: str, before: Line, after: Line, text: str) -> dict[str, Any]:
    return {"rule": rule, "code": rule.replace(" ", "-"), "before": before, "after": after, "text": text, "wrt": ["b"]}


def _same(left: str, right: str, variables: dict[str, str]) -> tuple[Line, Line]:
    """The two lines. Raises CheckFailed where they are not the same function, Undecided where that is open."""
    nodes = parse_together({"/left": left, "/right": right}, declare(variables)).values()
    verdict = compare(*nodes)
    require([decided("steps", verdict.equivalent, f"{left} = {right}"), *verdict.checks])
    return _line(left, variables), _line(right, variables)


def _line(text: str, variables: dict[str, str]) -> Line:
    used = {name: kind for name, kind in variables.items() if name in text}
    node = parse_together({"/line": text}, declare(used))["/line"]
    return {"text": to_text(node), "latex": to_latex(node)}
