"""Random typed expressions: they grow from RULES by their shapes, over variables with symbolic sizes.

Element-wise functions come from the registry.
"""

from __future__ import annotations

import random
import re
from typing import Any, NamedTuple

import service.operations  # noqa: F401  (fills the registry)
from service.expression.operation import Elementwise, operations

SIZES = {"m": 3, "n": 4, "p": 2}
VARIABLES: dict[str, Any] = {
    "s": "scalar",
    "t": "scalar",
    **dict.fromkeys("xy", "vector(n)"),
    "z": "vector(m)",
    "u": "vector(p)",
    "r": {"shape": [1, "n"]},
    **dict.fromkeys("AC", "matrix(m,n)"),
    "B": "matrix(n,p)",
    **dict.fromkeys("MN", "matrix(n,n)"),
    "W": "matrix(m,m)",
    "E": "matrix(p,p)",
    "F": "matrix(m,p)",
    "S": "symmetric(n)",
    "P": "spd(n)",
    "D": "diagonal(n)",
}
SHAPES = dict(zip(VARIABLES, "1,1 1,1 n,1 n,1 m,1 p,1 1,n m,n m,n n,p n,n n,n m,m p,p m,p n,n n,n n,n".split(), strict=True))
NUMBERS = ("1", "2", "3", "4", "1/2", "0.5", "5/3", "pi", "n")
EXPONENTS = ("2", "3", "0.5", "-1", "-2", "(1/3)", "(3/2)", "s")
STAIRCASES = ("floor", "ceil")
"""Left out: of a steep argument they have steps closer than any difference can see."""
SMOOTH = ("exp", "sin", "cos", "tanh", "sigmoid", "softplus")


class Rule(NamedTuple):
    """`text` makes an expression of shape `result`; `<k,l>` is any expression of that shape, `{k}` the size itself.

    A letter of `result` is what it has to be, any other letter is drawn. `<f>` is an element-wise function, `<e>` an exponent.
    """

    weight: int
    result: str
    text: str


RULES = (
    Rule(16, "r,c", "<r,c> + <r,c>"),
    Rule(12, "r,c", "<r,c> - <r,c>"),
    Rule(12, "r,c", "<f>(<r,c>)"),
    Rule(6, "r,c", "<1,1>*<r,c>"),
    Rule(3, "r,c", "<r,c>/<1,1>"),
    Rule(2, "r,c", "<r,c> + <1,1>"),
    Rule(2, "r,c", "<1,1> - <r,c>"),
    Rule(2, "r,c", "-<r,c>"),
    Rule(1, "r,c", "max(<r,c>, <1,1>)"),
    Rule(1, "r,c", "min(<r,c>, <r,c>)"),
    Rule(1, "r,c", "where(<r,c> > <1,1>, <r,c>, <r,c>)"),
    Rule(4, "r,c", "<r,c>.*<r,c>"),
    Rule(3, "r,c", "<r,c>./<r,c>"),
    Rule(4, "r,c", "<r,c>.^<e>"),
    Rule(2, "r,c", "softmax(<r,c>)"),
    Rule(6, "r,c", "<c,r>'"),
    Rule(14, "r,c", "<r,k>*<k,c>"),
    Rule(4, "r,c", "<r,1>*<c,1>'"),
    Rule(2, "r,c", "outer(<r,1>, <c,1>)"),
    Rule(2, "r,c", "softmax_rows(<r,c>)"),
    Rule(2, "r,c", "diag(<r,1>)*<r,c>"),
    Rule(2, "r,c", "<r,c>*diag(<c,1>)"),
    Rule(2, "r,c", "pinv(<c,r>)"),
    Rule(3, "n,n", "inv(<n,n>)"),
    Rule(3, "m,m", "inv(<m,m>)"),
    Rule(3, "n,n", "<n,n>^2"),
    Rule(1, "n,n", "<n,n>^3"),
    Rule(1, "n,n", "<n,n>^-1"),
    Rule(2, "n,n", "diag(<n,1>)"),
    Rule(1, "n,n", "sqrtm(P)"),
    Rule(1, "n,n", "adj(<n,n>)"),
    Rule(1, "n,n", "expm(N)"),
    Rule(1, "n,n", "expm(<n,n>)"),
    Rule(1, "n,n", "logm(P)"),
    Rule(1, "n,n", "sinm(<n,n>)"),
    Rule(1, "n,n", "cosm(<n,n>)"),
    Rule(1, "r,c", "polar(<r,c>)"),
    Rule(1, "n,n", "eye(n)"),
    Rule(14, "r,1", "<r,k>*<k,1>"),
    Rule(4, "r,1", "<r,k>*<f>(<k,1>)"),
    Rule(3, "r,1", "diag(<r,r>)"),
    Rule(3, "n,1", "inv(<n,n>)*<n,1>"),
    Rule(3, "r,1", "softmax(<r,k>*<k,1>)"),
    Rule(3, "r,1", "<r,1>/norm2(<r,1>)"),
    Rule(3, "1,c", "<k,1>'*<k,c>"),
    Rule(6, "1,1", "<1,1>*<1,1>"),
    Rule(3, "1,1", "<1,1>/<1,1>"),
    Rule(6, "1,1", "<1,1>^<e>"),
    Rule(5, "1,1", "sum(<k,l>)"),
    Rule(4, "1,1", "sum(<k,1>)"),
    Rule(2, "1,1", "mean(<k,l>)"),
    Rule(1, "1,1", "prod(<k,1>)"),
    Rule(4, "1,1", "tr(<k,k>)"),
    Rule(3, "1,1", "tr(<k,l>'*<k,l>)"),
    Rule(2, "1,1", "det(<n,n>)"),
    Rule(1, "1,1", "logdet(P + x*x')"),
    Rule(2, "1,1", "logdet(<k,n>'*<k,n> + eye(n))"),
    Rule(2, "1,1", "norm2(<k,1>)"),
    Rule(4, "1,1", "norm2(<k,1>)^2"),
    Rule(2, "1,1", "normF(<k,l>)"),
    Rule(4, "1,1", "normF(<k,l>)^2"),
    Rule(1, "1,1", "norm1(<k,l>)"),
    Rule(1, "1,1", "norminf(<k,1>)"),
    Rule(1, "1,1", "max(<k,1>)"),
    Rule(1, "1,1", "sigma_max(A)"),
    Rule(1, "1,1", "nuclear_norm(C)"),
    Rule(1, "1,1", "lambda_max(P)"),
    Rule(6, "1,1", "<k,1>'*<k,1>"),
    Rule(4, "1,1", "<k,1>'*<k,l>*<l,1>"),
    Rule(2, "1,1", "<n,1>'*inv(<n,n>)*<n,1>"),
    Rule(1, "1,1", "dot(<k,1>, <k,1>)"),
    Rule(3, "1,1", "logsumexp(<k,1>)"),
    Rule(1, "1,1", "logsumexp(<k,l>)"),
    Rule(1, "1,1", "sum(vec(<k,l>))"),
    Rule(1, "1,1", "vec(<k,l>)'*vec(<k,l>)"),
    Rule(1, "1,1", "sum(kron(<k,l>, <l,1>))"),
    Rule(1, "1,1", "norm2(kron(<k,1>, <l,1>))^2"),
    Rule(1, "1,1", "log(<1,1>, 3)"),
    Rule(1, "1,1", "atan2(<1,1>, <1,1>)"),
)
_HOLE = re.compile(r"<([^<> ]+)>")


class Question(NamedTuple):
    """What is asked: the derivative of an expression by a variable, once or twice."""

    expression: str
    by: str
    order: int


class _Growth:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.functions = [
            entry.name
            for entry in operations()
            if isinstance(entry, Elementwise) and entry.in_language and entry.arity == (1, 1) and entry.name not in STAIRCASES
        ]

    def grow(self, shape: str, depth: int) -> str:
        """An expression of this shape, in brackets where it is not a name or a call."""
        if depth <= 0 or self.random.random() < 0.08:
            return self.leaf(shape)
        fitting = [(rule, bound) for rule in RULES if (bound := _fit(rule.result, shape)) is not None]
        rule, bound = self.random.choices(fitting, [rule.weight for rule, _ in fitting])[0]
        text = _HOLE.sub(lambda hole: self.fill(hole[1], bound, depth - 1), rule.text)
        return text if re.fullmatch(r"\w+\([^()]*\)", text) else f"({text})"

    def fill(self, hole: str, bound: dict[str, str], depth: int) -> str:
        if hole == "f":
            return self.random.choice(self.functions if self.random.random() < 0.5 else SMOOTH)
        if hole == "e":
            return self.random.choice(EXPONENTS)
        sizes = [
            size if size in SIZES or size == "1" else bound.setdefault(size, self.random.choice(list(SIZES))) for size in hole.split(",")
        ]
        return self.grow(",".join(sizes), depth)

    def leaf(self, shape: str) -> str:
        """A variable, its transpose, a number, or ones where there is nothing else."""
        rows, columns = shape.split(",")
        names = [name for name, own in SHAPES.items() if own == shape] * 3
        if shape == "1,1":
            return self.random.choice(names + list(NUMBERS))
        names += [f"{name}'" for name, own in SHAPES.items() if own == f"{columns},{rows}"]
        if not names or self.random.random() < 0.05:
            sizes = rows if columns == "1" else columns if rows == "1" else shape
            names = [f"ones({sizes})'" if rows == "1" else f"ones({sizes})"]
        return self.random.choice(names)


def _fit(pattern: str, shape: str) -> dict[str, str] | None:
    """What the letters of a rule's shape stand for, or None."""
    bound: dict[str, str] = {}
    for letter, size in zip(pattern.split(","), shape.split(","), strict=True):
        if letter in SIZES or letter == "1":
            if letter != size:
                return None
        elif size == "1" and pattern == "r,r":
            return None
        else:
            bound[letter] = size
    return bound


def question(seed: int) -> Question:
    """A random expression of depth up to 6, a variable that it holds, and the order 1 or 2."""
    growth = _Growth(seed)
    draw = growth.random
    rows, columns = draw.choice(list(SIZES)), draw.choice(list(SIZES))
    shape = draw.choices(("1,1", f"{rows},1", f"{rows},{columns}", f"1,{columns}"), (60, 22, 14, 4))[0]
    depth = draw.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6))
    while True:
        expression = growth.grow(shape, depth)
        held = [name for name in SHAPES if re.search(rf"(?<!\w){name}(?![\w(])", expression)]
        if held and len(expression) < 600:
            break
    by = draw.choice(held)
    order = draw.choice((1, 1, 2))
    if order == 2 and _rank(shape) + 2 * _rank(SHAPES[by]) > 4 and draw.random() < 0.9:
        order = 1
    return Question(expression[1:-1] if _is_bracketed(expression) else expression, by, order)


def _rank(shape: str) -> int:
    return sum(size != "1" for size in shape.split(","))


def _is_bracketed(text: str) -> bool:
    """Whether the first bracket closes at the end."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(text) - 1 and text[0] == "("
    return False
