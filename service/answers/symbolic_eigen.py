"""Eigenvalues of a matrix whose entries are expressions, up to 4×4: the characteristic polynomial is factored over Q, and the roots of
its factors are written in closed form.

Degree 2 by the usual formula with squares taken out of the root, degree 3 by Viète's or Cardano's, degree 4 where only even
powers occur. Where a root is real or complex depending on the values, the answer is for the real case, and `provided` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from scipy.optimize import linear_sum_assignment

from service import limits
from service.answers.rational_functions import add, may_factor, polynomial_text, quotient_text, reduced
from service.answers.symbolic_matrix import (
    TOLERANCE,
    Entries,
    adjugate,
    check_terms,
    collected,
    determinant_of,
    minors,
    points,
    printed,
    provided_for,
    read,
    require_square,
    whole_rows,
    written,
)
from service.certificates import Check, measured, require
from service.errors import MathematicsRefuses, Undecided
from service.linalg.closed_forms import square_root

LAMBDA = "lambda"


@dataclass(frozen=True)
class Root:
    """Real and imaginary part (None: real) as texts."""

    real: str
    imaginary: str | None = None


@dataclass(frozen=True)
class Branch:
    """The roots of one factor, and where they are real numbers (texts such as "x >= 0")."""

    roots: list[Root]
    provided: list[str]


def symbolic_eigen(rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None, vectors: bool) -> dict[str, Any]:
    """As the operation eigen answers it. Raises ShapeMismatch, LimitExceeded, MathematicsRefuses (no closed form is offered),
    Undecided, CheckFailed, and what the language raises."""
    require_square(rows, "eigenvalues")
    n = len(rows)
    limits.check("symbolic-spectrum-size", n, "/matrix")
    entries = read(rows, variables, extra=(LAMBDA,))
    factors = _factors(entries)
    symmetric = all(entries.rows[i][j] == entries.rows[j][i] for i in range(n) for j in range(i))
    values: list[Any] = []
    multiplicities = []
    provided = provided_for([below for row in entries.rows for _, below in row], entries)
    for factor, times in factors:
        branch = _roots(factor, entries, rows, symmetric)
        geometric = _geometric(factor, entries, times)
        provided += [text for text in branch.provided if text not in provided]
        for root in branch.roots:
            value = _printed(root, variables)
            values += [value] * times
            multiplicities.append({"eigenvalue": value, "algebraic_multiplicity": times, "geometric_multiplicity": geometric})
    trace = entries.rows[0][0]
    for i in range(1, n):
        trace = add(trace, entries.rows[i][i])
    check = _check(rows, variables, values)
    coefficients = _coefficients_of(factors, entries)
    return {
        "eigenvalues": values,
        "eigenvectors": _vectors(factors, entries, values) if vectors else None,
        "symmetric": symmetric,
        "hermitian": symmetric,
        "defective": any(entry["geometric_multiplicity"] < entry["algebraic_multiplicity"] for entry in multiplicities),
        "multiplicities": multiplicities,
        "trace": printed(entries.text(trace), variables),
        "determinant": printed(entries.text(determinant_of(entries)), variables),
        "characteristic_polynomial": {"coefficients": coefficients},
        "provided": provided,
        "arithmetic": "symbolic",
        "error_bound": 0.0,
        "checks": require([check]),
    }


def _negated(text: str) -> str:
    return f"-({text})"


def _factors(entries: Entries) -> list[tuple[Any, int]]:
    """The irreducible factors of det(λI − A) that hold λ, with their multiplicities: those of low degree first."""
    whole, scales = whole_rows(entries.rows)
    unknown = entries.letters.extra_letter(0)
    zero = entries.letters.context.constant(0)
    shifted = [[(unknown * scales[i] if i == j else zero) - entry for j, entry in enumerate(row)] for i, row in enumerate(whole)]
    check_terms(shifted)
    polynomial = minors(shifted, zero)[(1 << len(whole)) - 1]
    if not may_factor(polynomial):
        limits.check("symbolic-degree", 10 * int(polynomial.total_degree()), "/matrix")
        limits.check("symbolic-terms", 100 * len(polynomial), "/matrix")
    found = [(factor, int(times)) for factor, times in polynomial.factor()[1] if _degree(factor) > 0]
    return sorted(found, key=lambda entry: (_degree(entry[0]), str(entry[0])))


def _degree(polynomial: Any) -> int:
    return int(polynomial.degrees()[-1])


def _by_lambda(polynomial: Any) -> list[Any]:
    """The coefficients of the powers of λ, from the lowest."""
    context = polynomial.context()
    terms: list[dict[Any, Any]] = [{} for _ in range(_degree(polynomial) + 1)]
    for powers, coefficient in polynomial.to_dict().items():
        terms[powers[-1]][(*powers[:-1], 0)] = coefficient
    return [context.from_dict(term) for term in terms]


def _coefficients_of(factors: list[tuple[Any, int]], entries: Entries) -> list[str]:
    """Of det(λI − A), from the highest power of λ, as printed texts."""
    product = entries.letters.context.constant(1)
    for factor, times in factors:
        product = product * factor**times
    found = _by_lambda(product)
    return [printed(entries.text(reduced(coefficient, found[-1])), entries.declared) for coefficient in reversed(found)]


def _printed(root: Root, variables: Mapping[str, Any] | None) -> Any:
    real = printed(root.real, variables)
    return real if root.imaginary is None else {"re": real, "im": printed(root.imaginary, variables)}


# --- roots ------------------------------------------------------------------------------------------------------------------


def _roots(factor: Any, entries: Entries, rows: Sequence[Sequence[Any]], symmetric: bool) -> Branch:
    coefficients = _by_lambda(factor)
    degree = len(coefficients) - 1
    if degree == 1:
        return Branch([Root(entries.text(reduced(-coefficients[0], coefficients[1])))], [])
    if degree == 2:
        return _quadratic(coefficients, entries, rows, symmetric)
    if degree == 3:
        return _cubic(coefficients, entries, rows, symmetric)
    if degree == 4 and coefficients[1] == 0 and coefficients[3] == 0:
        return _even_quartic(coefficients, entries, rows)
    text = polynomial_text(factor, entries.names)
    raise MathematicsRefuses(
        "the characteristic polynomial has an irreducible factor of degree 4, whose closed form would fill pages",
        "send numbers for some of the names; numeric and exact eigenvalues have no such limit",
        "/matrix",
        facts={"factor": text if len(text) <= 1000 else None},
    )


def _split_root(square: Any) -> tuple[Any, Any]:
    """(s, r) with square = s²·r, as polynomials, r without squares; the content of r is a whole number without squares."""
    context = square.context()
    content, factors = square.factor()
    outside, inside = square_root(abs(content))
    s, r = context.constant(outside), context.constant(inside if content > 0 else -inside)
    for factor, times in factors:
        s = s * factor ** (int(times) // 2)
        r = r * factor ** (int(times) % 2)
    return s, r


def _signs(polynomial: Any, entries: Entries, rows: Sequence[Sequence[Any]]) -> set[bool]:
    """Whether the polynomial is positive, at random points."""
    node = written([[polynomial_text(polynomial, entries.names)]], entries.declared)[2]
    return {bool(shown.ravel()[0] >= 0) for _, shown in points(rows, entries.declared, node)}


def _quadratic(coefficients: list[Any], entries: Entries, rows: Sequence[Sequence[Any]], symmetric: bool) -> Branch:
    c, b, a = coefficients
    s, r = _split_root(b * b - 4 * a * c)
    positive = symmetric or (r.is_constant() and r.leading_coefficient() > 0)
    signs = {True} if positive else _signs(r, entries, rows)
    conditions = [] if positive or r.is_constant() else [f"{printed(_text(r if True in signs else -r, entries), entries.declared)} >= 0"]
    if True in signs:
        return Branch([Root(_surd(-b, sign * s, r, 2 * a, entries)) for sign in (1, -1)], conditions)
    middle = entries.text(reduced(-b, 2 * a))
    return Branch([Root(middle, _surd(b * 0, sign * s, -r, 2 * a, entries)) for sign in (1, -1)], conditions)


def _text(polynomial: Any, entries: Entries) -> str:
    return polynomial_text(polynomial, entries.names)


def _surd(u: Any, v: Any, r: Any, below: Any, entries: Entries) -> str:
    """(u + v·sqrt(r))/below, in lowest terms."""
    common = v.gcd(below)
    common = common.gcd(u) if u != 0 else common
    u, v, below = u / common, v / common, below / common
    scale = below.leading_coefficient()
    if below.is_constant():
        u, v, below = u / scale, v / scale, below / scale
    root = "" if r == 1 else f"sqrt({_text(r, entries)})"
    factor = _text(v, entries)
    part = {"1": root, "-1": f"-{root}"}.get(factor, f"({factor})*{root}") if root else f"({factor})"
    total = part if u == 0 else f"{_text(u, entries)} + {part}"
    return total if below == 1 else f"({total})/({_text(below, entries)})"


def _cubic(coefficients: list[Any], entries: Entries, rows: Sequence[Sequence[Any]], symmetric: bool) -> Branch:
    """λ = t − b/(3a) with t³ + pt + q = 0: three real roots where 4p³ + 27q² ≤ 0, else one."""
    d, c, b, a = coefficients
    back = entries.text(reduced(-b, 3 * a))
    top_p, below_p = 3 * a * c - b * b, 3 * a * a
    top_q, below_q = 2 * b**3 - 9 * a * b * c + 27 * a * a * d, 27 * a**3
    p, q = (entries.text(reduced(*part)) for part in ((top_p, below_p), (top_q, below_q)))
    discriminant = b * b * c * c - 4 * a * c**3 - 4 * b**3 * d - 27 * a * a * d * d + 18 * a * b * c * d
    signs = {True} if symmetric else _signs(discriminant, entries, rows)
    if True in signs:
        angle = f"acos(3*({q})/(2*({p}))*sqrt(-3/({p})))/3"
        texts = [f"({back}) + 2*sqrt(-({p})/3)*cos({angle} - {2 * k}*pi/3)" for k in range(3)]
        conditions = [] if symmetric else [f"{printed(_text(discriminant, entries), entries.declared)} > 0"]
        return Branch([Root(text) for text in texts], conditions)
    root = f"sqrt(({q})^2/4 + ({p})^3/27)"
    u, v = f"cbrt(-({q})/2 + {root})", f"cbrt(-({q})/2 - {root})"
    half = f"({back}) - ({u} + {v})/2"
    sine = f"sqrt(3)/2*({u} - {v})"
    conditions = [f"{printed(_text(-discriminant, entries), entries.declared)} > 0"]
    return Branch([Root(f"({back}) + {u} + {v}"), Root(half, sine), Root(half, f"-{sine}")], conditions)


def _even_quartic(coefficients: list[Any], entries: Entries, rows: Sequence[Sequence[Any]]) -> Branch:
    """λ² = (−b ± sqrt(b² − 4ac))/(2a): real or imaginary roots, as they are at random points."""
    c, _, b, _, a = coefficients
    s, r = _split_root(b * b - 4 * a * c)
    if (r.is_constant() and r.leading_coefficient() < 0) or True not in _signs(r, entries, rows):
        raise MathematicsRefuses("the eigenvalues are roots of a quartic whose squares are complex", "send numbers", "/matrix")
    roots: list[Root] = []
    conditions = [] if r.is_constant() else [f"{printed(_text(r, entries), entries.declared)} >= 0"]
    for sign in (1, -1):
        square = _surd(-b, sign * s, r, 2 * a, entries)
        node = written([[square]], entries.declared)[2]
        positive = {bool(shown.ravel()[0] >= 0) for _, shown in points(rows, entries.declared, node)}
        conditions.append(f"{printed(square if True in positive else _negated(square), entries.declared)} >= 0")
        for side in ("", "-"):
            roots.append(Root(f"{side}sqrt({square})") if True in positive else Root("0", f"{side}sqrt(-({square}))"))
    return Branch(roots, conditions)


# --- multiplicities, vectors, checks --------------------------------------------------------------------------------------------


def _geometric(factor: Any, entries: Entries, times: int) -> int:
    """The dimension of the eigenspace of a root at almost every point: the least at random whole points, from exact ranks."""
    if times == 1:
        return 1
    random = np.random.default_rng(7)
    found = []
    for _ in range(3):
        point = [flint.fmpq(int(value)) for value in random.integers(2, 10**6, len(entries.names))]
        try:
            table = [[_at(top, point) / _at(below, point) for top, below in row] for row in entries.rows]
        except ZeroDivisionError:
            continue
        a = flint.fmpq_mat(table)
        value = flint.fmpq_mat(len(table), len(table))
        for coefficient in reversed(_by_lambda(factor)):
            value = value * a
            for i in range(len(table)):
                value[i, i] += _at(coefficient, point)
        found.append((len(table) - value.rank()) // _degree(factor))
    if not found:
        raise Undecided("the multiplicities could not be found at any random point", pointer="/matrix")
    return min(found)


def _at(polynomial: Any, point: list[Any]) -> Any:
    return polynomial(*point)


def _vectors(factors: list[tuple[Any, int]], entries: Entries, values: list[Any]) -> list[list[Any]] | None:
    """Columns for simple rational eigenvalues, from the adjugate of λI − A; None when there are others."""
    if len(factors) == 1 and len(values) == 2 and _degree(factors[0][0]) == 2:
        return _two_vectors(values, entries)
    if any(times > 1 or _degree(factor) > 1 for factor, times in factors):
        return None
    whole, scales = whole_rows(entries.rows)
    n = len(whole)
    columns = []
    for factor, _ in factors:
        c, b = _by_lambda(factor)
        shifted = [[(-c * scales[i] if i == j else c * 0) - b * whole[i][j] for j in range(n)] for i in range(n)]
        table = adjugate(shifted, c * 0)
        column = next([row[j] for row in table] for j in range(n) if any(row[j] != 0 for row in table))
        common = column[0]
        for entry in column[1:]:
            common = common.gcd(entry)
        common = common if next(entry for entry in column if entry != 0).leading_coefficient() > 0 else -common
        columns.append([printed(quotient_text(reduced(entry, common), entries.names), entries.declared) for entry in column])
    return [list(row) for row in zip(*columns, strict=True)]


def _two_vectors(values: list[Any], entries: Entries) -> list[list[Any]]:
    """Of a 2×2 matrix: (b, λ − a), where b is not 0, since otherwise the eigenvalues were rational."""
    a, b = (entries.text(quotient) for quotient in entries.rows[0])
    second: list[Any] = []
    for value in values:
        real = collected(f"({value['re'] if isinstance(value, dict) else value}) - ({a})", entries.declared)
        second.append({"re": real, "im": value["im"]} if isinstance(value, dict) else real)
    return [[printed(b, entries.declared)] * 2, second]


def _check(rows: Sequence[Sequence[Any]], variables: Mapping[str, Any] | None, values: list[Any]) -> Check:
    """The printed eigenvalues against LAPACK's, at random points where they are defined."""
    texts = [[part] for value in values for part in ((value["re"], value["im"]) if isinstance(value, dict) else (value, "0"))]
    node = written(texts, variables)[2]
    worst = 0.0
    tables = points(rows, variables, node)
    _refuse_coinciding(values, [shown.ravel()[::2] + 1j * shown.ravel()[1::2] for _, shown in tables])
    for a, shown in tables:
        found = shown.ravel()[::2] + 1j * shown.ravel()[1::2]
        distances = np.abs(found[:, None] - np.linalg.eigvals(a)[None, :])
        pairs = linear_sum_assignment(distances)
        worst = max(worst, float(distances[pairs].max()) / (float(np.linalg.norm(a)) or 1.0))
    spread = TOLERANCE ** (1 / max(1, max(values.count(value) for value in values) - 1)) if values else TOLERANCE
    return measured("random-points", worst, min(1e-3, spread), "largest distance from LAPACK's eigenvalues at random points, over the norm")


def _refuse_coinciding(values: list[Any], found: list[Any]) -> None:
    """Raises Undecided when two eigenvalues that are written differently are the same at all points."""
    for i, first in enumerate(values):
        for j in range(i):
            if values[j] != first and all(abs(at[i] - at[j]) <= 1e-9 * max(1e-300, float(np.abs(at).max())) for at in found):
                raise Undecided(
                    "two eigenvalues are written differently and yet the same at every random point",
                    "write what depends on each other, such as sin(x) and cos(x), in simplified form",
                    "/matrix",
                )
