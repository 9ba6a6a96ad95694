"""What people write instead, and what is right: tables, so that a new mistake is a new line.

Each hint is what a person should type, with the smallest example that shows it.
"""

from __future__ import annotations

import re
import unicodedata

from service.operations.leaves import GREEK

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ"
SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉"

CHARACTERS: dict[str, str] = {
    **dict.fromkeys("−–—‐‑﹣－", "the minus sign is -"),
    **dict.fromkeys("×·⋅∙•∗✕＊", "a product is written *"),
    **dict.fromkeys("⊙∘○⊚", "the product entry by entry is written .*"),
    "⊗": "the Kronecker product is written kron(A, B)",
    **dict.fromkeys("÷∕⁄／", "a quotient is written /"),
    "＋": "the plus sign is +",
    **dict.fromkeys("ᵀ⊤⊺†′’‘ʹ´＇", "the transpose is written A' or A.T"),
    **dict.fromkeys('“”„"«»`', "an expression has no quotation marks"),
    **dict.fromkeys("≤⩽≦", "write <="),
    **dict.fromkeys("≥⩾≧", "write >="),
    "≠": "write !=",
    **dict.fromkeys("≈≡≃", "write == for a comparison"),
    "√": "write sqrt(x)",
    "∛": "write cbrt(x)",
    "∑": "write sum(x) for the sum of the entries",
    "∏": "write prod(x) for the product of the entries",
    "∫": "there are no integrals in the language",
    **dict.fromkeys("∂∇", "the operations derivative and gradient differentiate; the expression is the function alone"),
    **dict.fromkeys("‖∥", "write norm2(x) for the length of a vector, normF(A) for a matrix"),
    "|": "write abs(x) for an absolute value, norm2(x) for a length, det(A) for a determinant",
    "!": "a factorial is written gamma(x + 1)",
    "∞": "infinity is not a number here",
    "@": "the matrix product is written *",
    **dict.fromkeys("{}", "brackets are ( ): x^(a + b)"),
    "$": "leave out the $ of LaTeX",
    "&": "conditions are nested: where(a > 0, where(b > 0, x, y), y)",
    "%": "there is no remainder and no percentage: write x/100",
    ":": "an index is one whole number, A[1,2]; there are no ranges and no assignments",
    "?": "a choice is written where(x > 0, a, b)",
    "~": "write != for unequal",
    "#": "an expression has no comments",
    "_": "a name begins with a letter, and a number is written without separators",
    **dict.fromkeys("⟨⟩〈〉", "an inner product is written dot(x, y) or x'*y"),
    **dict.fromkeys("（）", "brackets are ( )"),
    "，": "write ,",
    "⋆": "a product is written *",
    "°": "angles are in radians: x*pi/180",
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", "it is invisible; delete it"),
}

LATEX: dict[str, str] = {
    "frac": "write (a)/(b)",
    "tfrac": "write (a)/(b)",
    "dfrac": "write (a)/(b)",
    "sqrt": "write sqrt(x)",
    "cdot": "a product is written *",
    "times": "a product is written *",
    "odot": "the product entry by entry is written .*",
    "circ": "the product entry by entry is written .*",
    "otimes": "the Kronecker product is written kron(A, B)",
    "top": "the transpose is written A'",
    "intercal": "the transpose is written A'",
    "prime": "the transpose is written A'",
    "left": "brackets are ( )",
    "right": "brackets are ( )",
    "sum": "write sum(x) for the sum of the entries",
    "prod": "write prod(x) for the product of the entries",
    "begin": "a matrix is written [1, 2; 3, 4]",
    "lVert": "write norm2(x)",
    "Vert": "write norm2(x)",
    "leq": "write <=",
    "le": "write <=",
    "geq": "write >=",
    "ge": "write >=",
    "neq": "write !=",
    "exp": "write exp(x)",
    "ln": "write log(x)",
    "operatorname": "write the function's name alone: tr(A)",
    "mathrm": "write the name alone",
    "mathbf": "write the name alone",
    "boldsymbol": "write the name alone",
    "infty": "infinity is not a number here",
    "partial": "the operations derivative and gradient differentiate; the expression is the function alone",
    **{name: f"write {name}" for name in GREEK},
    **{name: f"write {name}(x)" for name in "sin cos tan sec csc cot sinh cosh tanh log det max min".split()},
}

FUNCTIONS: dict[str, str] = {
    "norm": "norm2(x) is the length of a vector, normF(A) the Frobenius norm of a matrix; also norm1, norminf",
    "transpose": "the transpose is written A' or A.T",
    "T": "the transpose is written A' or A.T",
    "inverse": "the inverse is written inv(A)",
    "matmul": "the matrix product is written A*B",
    "multiply": "the product entry by entry is written x.*y",
    "hadamard": "the product entry by entry is written A.*B",
    "pow": "a power is written x^y",
    "power": "a power is written x^y",
    "factorial": "a factorial is written gamma(x + 1)",
    "arctan2": "did you mean atan2?",
    "identity": "the identity matrix is written eye(n)",
    "I": "the identity matrix is written eye(n)",
    "cross": "there is no cross product; dot(x, y), outer(x, y) and kron(A, B) there are",
    "if": "a choice is written where(x > 0, a, b)",
    "piecewise": "a choice is written where(x > 0, a, b)",
    "diff": "the operation derivative differentiates; the expression is the function alone",
    "grad": "the operation gradient differentiates; the expression is the function alone",
}

NAMES: dict[str, str] = {
    "I": 'the identity matrix is written eye(n); a scalar called I is declared: {"I": "scalar"}',
    **dict.fromkeys("inf Inf infinity Infinity oo nan NaN None null True False true false".split(), "only numbers are values"),
}
"""Undeclared names that hardly anyone means as a scalar variable; `I` only where there are matrices."""

WORDS: dict[str, str] = {
    "if": "a choice is written where(condition, a, b)",
    "else": "a choice is written where(condition, a, b)",
    "and": "conditions are nested: where(a > 0, where(b > 0, x, y), y)",
    "or": "conditions are nested: where(a > 0, x, where(b > 0, x, y))",
    "for": "there are no loops; sum(x) adds the entries of an array",
    "mod": "there is no remainder",
}
"""Words between two operands."""

PAIRS: dict[tuple[str, str], str] = {
    ("/", "/"): "for a whole quotient write floor(a/b)",
    ("^", "^"): "write ^ once",
    ("<", ">"): "write !=",
    ("==", "="): "write ==",
    ("!=", "="): "write !=",
    **{(sign, "="): "there are no assignments: send the expression alone" for sign in "+-*/^"},
}
"""Two operators side by side."""

_MODULES = frozenset("np numpy math sp scipy sympy torch jnp jax tf".split())


def hint_for_character(text: str, position: int) -> str:
    """What to write instead of the character at this place."""
    character, rest = text[position], text[position + 1 :]
    if character == "\\":
        command = re.match(r"[A-Za-z]+", rest)
        known = LATEX.get(command[0]) if command else None
        latex = command and len(command[0]) > 1
        return known or ("the language is no LaTeX: a/b, x^2, sqrt(x), A'" if latex else r"write inv(A)*b for A\b")
    if character == ".":
        return _hint_for_point(text[:position], rest)
    if character == "!" and rest.startswith("="):
        return "write !="
    if character in SUPERSCRIPTS:
        return f"write ^{unicodedata.normalize('NFKC', character).replace('−', '-')}"
    if character in SUBSCRIPTS:
        return f"write the digit: x{unicodedata.normalize('NFKC', character)}"
    if character in CHARACTERS:
        return CHARACTERS[character]
    plain = unicodedata.normalize("NFKC", character)
    if plain != character and plain.isalnum():
        return f"write {plain}"
    return "the language has names, numbers, ( ) [ ] , ; and the operators + - * / ^ ' .* ./ .^ < <= > >= == !="


def _hint_for_point(before: str, after: str) -> str:
    if after[:1] == "'":
        return "the transpose is written A' or A.T"
    if after[:1] in ("+", "-"):
        return f"{after[0]} goes entry by entry already"
    owner = re.search(r"(\w+)\s*$", before)
    member = re.match(r"\s*([^\W\d]\w*)", after)
    if owner and member and owner[1] in _MODULES:
        return f"functions have no prefix: {member[1]}(x)"
    if member and member[1] == "t":
        return "the transpose is written A' or A.T"
    if member:
        return f"names have no points: a product is x*y, a function comes first: {member[1]}(x)"
    return "the decimal point stands between digits, or in .* ./ .^ .T"
