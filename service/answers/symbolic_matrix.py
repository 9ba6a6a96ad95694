"""Determinant, inverse, solution and eigenvalues of a matrix whose entries are expressions.

What is answered holds at almost every point; `provided` names what must not vanish there. By minors (Laplace), which need no
division, so that nothing but the terms of the answer is ever formed; each answer is compared with NumPy's at random points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service import limits
from service.answers.rational_functions import Letters, Quotient, may_factor, quotient_text, reduced
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.certificates import Check, measured
from service.errors import ShapeMismatch, SingularMatrix, Undecided
from service.expression.nodes import Node
from service.expression.shapes import axes
from service.language import declare, parse
from service.printing.printers import to_latex, to_text

SEED = 20_260_102
POINTS, ATTEMPTS = 3, 24
TOLERANCE = 1e-6
LARGEST_CONDITION = 1e10


@dataclass(frozen=True)
class Entries:
    """An n×k table of expressions as quotients of polynomials in `letters`, which are written as `names`."""

    rows: list[list[Quotient]]
    letters: Letters
    names: list[str]
    declared: Mapping[str, Any] | None

    def text(self, quotient: Quotient) -> str:
        return quotient_text(quotient, self.names)


def read(rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None, extra: Sequence[str] = ()) -> Entries:
    """Raises what the language raises, with pointers below /matrix; LimitExceeded."""
    parsed = parse([list(row) for row in rows], declare(variables), "/matrix")
    shape = len(rows), len(rows[0])
    if parsed.node.shape != shape:
        raise ShapeMismatch("the entries of the matrix are scalars", "write the entries of an array one by one: x[1], x[2]", "/matrix")
    tensors = [lower(node) for node in parsed.node.arguments]
    letters = Letters(tensors, extra)
    names = letters.texts(Notation(parsed.variables))
    quotients = iter(letters.quotients)
    return Entries([[next(quotients) for _ in row] for row in rows], letters, names, variables)


# --- minors ---------------------------------------------------------------------------------------------------------------


def minors(rows: list[list[Any]], zero: Any) -> dict[int, Any]:
    """Of polynomials, k×n with k ≤ n: the determinants of k columns, by the set of columns as bits. 2^n·n products."""
    found = {0: zero + 1}
    for row in rows:
        following: dict[int, Any] = {}
        for columns, value in found.items():
            if value == 0:
                continue
            for j, entry in enumerate(row):
                if entry != 0 and not columns >> j & 1:
                    sign = -1 if (columns >> (j + 1)).bit_count() % 2 else 1
                    chosen = columns | 1 << j
                    following[chosen] = following.get(chosen, zero) + sign * value * entry
        found = following
    return found


def whole_rows(entries: list[list[Quotient]]) -> tuple[list[list[Any]], list[Any]]:
    """Each row times a common denominator of its entries, and these denominators."""
    rows, scales = [], []
    for row in entries:
        scale = row[0][1]
        for _, below in row[1:]:
            scale = scale * (below / scale.gcd(below))
        rows.append([top * (scale / below) for top, below in row])
        scales.append(scale)
    return rows, scales


def check_terms(rows: list[list[Any]], determinants: int = 1) -> None:
    """A determinant has at most as many terms as the product of the sums of the terms of the rows; so many of them are formed."""
    n = len(rows)
    limits.check("symbolic-size", n, "/matrix")
    count, smaller = 1, 1
    for row in rows:
        count *= max(1, sum(len(entry) for entry in row))
        smaller *= max([1, *(len(entry) for entry in row)])
    permutations = 1
    for k in range(2, n + 1):
        permutations *= k
    limits.check("symbolic-terms", min(count, permutations * smaller) * determinants, "/matrix")
    limits.check(
        "symbolic-degree", sum(max(int(entry.total_degree()) for entry in row if entry != 0) for row in rows if any(row)), "/matrix"
    )


def determinant_of(entries: Entries) -> Quotient:
    rows, scales = whole_rows(entries.rows)
    check_terms(rows)
    zero = entries.letters.context.constant(0)
    top = minors(rows, zero).get((1 << len(rows)) - 1, zero)
    below = zero + 1
    for scale in scales:
        below = below * scale
    return reduced(top, below)


def adjugate(rows: list[list[Any]], zero: Any) -> list[list[Any]]:
    """The adjugate of a square table of polynomials: rows·adjugate = det·I."""
    n, full = len(rows), (1 << len(rows)) - 1
    cofactors = []
    for i in range(n):
        found = minors(rows[:i] + rows[i + 1 :], zero)
        cofactors.append([(-1) ** (i + j) * found.get(full & ~(1 << j), zero) for j in range(n)])
    return [list(column) for column in zip(*cofactors, strict=True)]


# --- operations ----------------------------------------------------------------------------------------------------------


def symbolic_determinant(rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """As the operation determinant answers it. Raises ShapeMismatch, LimitExceeded, Undecided, CheckFailed, and what `read` does."""
    require_square(rows, "a determinant")
    entries = read(rows, variables)
    value = determinant_of(entries)
    (text,), latex, node = written([[entries.text(value)]], variables)
    check = _compared(
        rows,
        variables,
        node,
        lambda a, found: found.ravel()[0] - np.linalg.det(a),
        lambda a: max(abs(np.linalg.det(a)) * min(np.linalg.cond(a), 1e6), 1e-12 * np.linalg.norm(a) ** len(a)),
        regular=False,
    )
    provided = provided_for([below for row in entries.rows for _, below in row], entries)
    return {
        "determinant": text[0],
        "latex": latex,
        "provided": provided,
        "arithmetic": "symbolic",
        "sign": None,
        "log_abs_determinant": None,
        "error_bound": 0.0,
        "checks": [check],
    }


def symbolic_inverse(rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """As the operation inverse answers it. Raises as `symbolic_determinant`, and SingularMatrix."""
    require_square(rows, "an inverse")
    n = len(rows)
    entries = read(rows, variables)
    whole, scales = whole_rows(entries.rows)
    check_terms(whole, n)
    zero = entries.letters.context.constant(0)
    table = adjugate(whole, zero)
    determinant = sum((whole[0][j] * table[j][0] for j in range(n)), zero)
    if determinant == 0:
        raise _singular()
    inverse = [[reduced(table[i][j] * scales[j], determinant) for j in range(n)] for i in range(n)]
    texts, latex, node = written([[entries.text(value) for value in row] for row in inverse], variables)
    value = determinant_of(entries)
    check = _compared(
        rows,
        variables,
        node,
        lambda a, found: a @ found.reshape(n, n) - np.eye(n),
        lambda a: max(1.0, float(np.linalg.cond(a))),
    )
    return {
        "inverse": texts,
        "latex": latex,
        "determinant": written([[entries.text(value)]], variables)[0][0][0],
        "provided": provided_for([value[0], *[below for row in entries.rows for _, below in row]], entries),
        "condition_number": None,
        "condition_norm": "2",
        "arithmetic": "symbolic",
        "error_bound": 0.0,
        "checks": [check],
    }


def symbolic_solve(rows: Sequence[Sequence[Any]], rhs: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """The x with A·x = b, b n×k. `x` has the shape of `rhs`. Raises as `symbolic_inverse`."""
    require_square(rows, "a unique solution for every right-hand side")
    n, k = len(rows), len(rhs[0])
    if len(rhs) != n:
        raise ShapeMismatch(f"the matrix has {n} rows and the right-hand side {len(rhs)}", pointer="/rhs")
    limits.check("symbolic-size", k, "/rhs")
    parse([row[0] for row in rhs] if k == 1 else [list(row) for row in rhs], declare(variables), "/rhs")  # for its own pointers
    entries = read([list(row) + list(right) for row, right in zip(rows, rhs, strict=True)], variables)
    whole, _ = whole_rows(entries.rows)
    check_terms(whole, k)
    zero = entries.letters.context.constant(0)
    table = adjugate([row[:n] for row in whole], zero)
    determinant = sum((whole[0][j] * table[j][0] for j in range(n)), zero)
    if determinant == 0:
        raise _singular()
    x = [[reduced(sum((table[i][m] * whole[m][n + j] for m in range(n)), zero), determinant) for j in range(k)] for i in range(n)]
    texts, latex, node = written([[entries.text(value) for value in row] for row in x], variables)
    joined = [list(row) + list(right) for row, right in zip(rows, rhs, strict=True)]
    check = _compared(
        joined,
        variables,
        node,
        lambda a, found: a[:, :n] @ found.reshape(n, k) - a[:, n:],
        lambda a: float(np.linalg.norm(a)) * max(1.0, float(np.linalg.cond(a[:, :n]))),
    )
    value = determinant_of(Entries([row[:n] for row in entries.rows], entries.letters, entries.names, variables))
    return {
        "x": texts,
        "latex": latex,
        "provided": provided_for([value[0], *[below for row in entries.rows for _, below in row]], entries),
        "condition_number": None,
        "condition_norm": "2",
        "arithmetic": "symbolic",
        "error_bound": 0.0,
        "correct_digits": None,
        "checks": [check],
    }


# --- writing and checking --------------------------------------------------------------------------------------------------


def written(texts: list[list[str]], variables: Mapping[str, Any] | None) -> tuple[list[list[str]], str, Node]:
    """The texts as the language prints them, the table in LaTeX, and its node: an answer is checked as it is printed."""
    node = parse(texts, declare(variables), "/matrix").node
    parts = iter(node.arguments if (len(texts), len(texts[0])) != (1, 1) or node.operation.name == "literal" else [node])
    nodes = [[next(parts) for _ in row] for row in texts]
    return [[to_text(part) for part in row] for row in nodes], to_latex(nodes[0][0] if len(nodes) == len(nodes[0]) == 1 else node), node


def printed(text: str, variables: Mapping[str, Any] | None) -> str:
    """One text as the language prints it."""
    return written([[text]], variables)[0][0][0]


def collected(text: str, variables: Mapping[str, Any] | None) -> str:
    """One text with like terms collected."""
    parsed = parse(text, declare(variables), "/matrix")
    return to_text(Notation(parsed.variables).node(lower(parsed.node)))


def provided_for(polynomials: Sequence[Any], entries: Entries) -> list[str]:
    """What must not vanish: the different factors of the polynomials that are not constant."""
    found: list[str] = []
    for polynomial in polynomials:
        for factor, _ in polynomial.factor()[1] if may_factor(polynomial) else [(polynomial, 1)]:
            if factor.is_constant():
                continue
            if factor.leading_coefficient() < 0:
                factor = -factor
            text = f"{printed(quotient_text((factor, factor**0), entries.names), entries.declared)} != 0"
            if text not in found:
                found.append(text)
    return found


def require_square(rows: Sequence[Sequence[Any]], what: str) -> None:
    if len(rows) != len(rows[0]):
        raise ShapeMismatch(f"only a square matrix has {what}, and this one is {len(rows)}×{len(rows[0])}", pointer="/matrix")


def _singular() -> SingularMatrix:
    return SingularMatrix(
        "the matrix is singular whatever the values: its determinant is 0, identically",
        "the operation rank tells its generic rank",
        "/matrix",
    )


def points(
    rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None, answer: Node
) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """The table and the answer at random points where both are finite. Raises Undecided when there are none."""
    parsed = parse([list(row) for row in rows], declare(variables), "/matrix")
    evaluate, evaluate_answer = Evaluator(parsed.node, {}), Evaluator(answer, {})
    shapes = {name: _known_sizes(node) for name, node in parsed.variables.items()}
    random = np.random.default_rng(SEED)
    found = []
    for attempt in range(ATTEMPTS):
        scale = 1.0 if attempt % 2 else 5.0
        point = {name: random.uniform(0.1, scale, shape) for name, shape in shapes.items()}
        value = np.asarray(evaluate(point), dtype=np.float64).reshape(len(rows), len(rows[0]))
        shown = np.asarray(evaluate_answer(point), dtype=np.float64)
        if np.isfinite(value).all() and np.isfinite(shown).all():
            found.append((value, shown))
        if len(found) == POINTS:
            return found
    if not found:
        raise Undecided("there was no random point at which the matrix and its answer are defined", pointer="/matrix")
    return found


def refuse_singular(tables: Sequence[np.ndarray[Any, Any]]) -> None:
    """Raises Undecided when the table is as good as singular at all points: letters were taken as independent that are not."""
    if all(float(np.linalg.cond(a)) > LARGEST_CONDITION for a in tables):
        raise Undecided(
            "the matrix is singular, or as good as that, at every random point, though its determinant is not 0 as a polynomial",
            "write what depends on each other, such as sin(x) and cos(x), in simplified form",
            "/matrix",
        )


def _known_sizes(node: Node) -> tuple[int, ...]:
    sizes = axes(node.shape)
    if any(not isinstance(size, int) for size in sizes):
        raise ShapeMismatch("arrays among the variables have known sizes here", 'declare "vector(3)" in place of "vector(n)"', "/variables")
    return tuple(int(size) for size in sizes)


def _compared(
    rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None, answer: Node, defect: Any, size: Any, regular: bool = True
) -> Check:
    found = points(rows, variables, answer)
    if regular:
        refuse_singular([a[:, : len(a)] for a, _ in found])
    errors = [float(np.abs(defect(a, shown)).max() / (size(a) or 1.0)) for a, shown in found]
    return measured("random-points", max(errors), TOLERANCE, f"relative difference from NumPy's answer at {len(errors)} random points")
