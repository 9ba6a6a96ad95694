"""The curvature of products of powers, and of what is like them: quadratic over linear, means, relative entropy.

u^a · Π v^b with u, v ≥ 0 is concave where all exponents are positive and add up to at most 1, convex where all are negative, and convex
where one is positive and all of them together are at least 1; it rises in factors with positive exponents, falls in the others.
(S. Boyd, L. Vandenberghe: Convex Optimization, 3.1.5, 3.2.6 and exercises 3.16 to 3.18, 3.23; MOSEK Modeling Cookbook, 4.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from service.expression.sums import coefficient_of
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor
from service.functions.curvature import AFFINE, CONCAVE, CONSTANT, CONVEX, NOTHING, Curvature
from service.functions.ranges import Range
from service.functions.semidefinite import semidefinite


@dataclass(frozen=True)
class Bases:
    """How to learn of a part: its curvature, its range, and where a rule that was used is told."""

    curvature: Callable[[Tensor], Curvature]
    range_of: Callable[[Tensor], Range]
    tell: Callable[[str], None]


def product_curvature(tensor: Tensor, bases: Bases) -> Curvature:
    """The curvature of a tensor by the rules of this file; NOTHING where none applies."""
    for rule in (_matrix_fraction, _determinant, _mean_of_powers, _entropy, _logarithm, _monomial, _self_power):
        found = rule(tensor, bases)
        if found is not NOTHING:
            return found
    return NOTHING


# --- products of powers -------------------------------------------------------------------------------------------------------


def _factors(tensor: Tensor, bases: Bases) -> tuple[Fraction, list[tuple[Tensor, Fraction]]] | None:
    """Coefficient, bases and exponents of an entry-wise product of powers; a root is drawn of each factor where none is below 0."""
    if isinstance(tensor, Power) and not isinstance(tensor.exponent, Tensor):
        outer = Fraction(tensor.exponent)
        inside = _factors(tensor.base, bases)
        if inside is None or (len(inside[1]) < 2 and not _is_prod(tensor.base)):
            return Fraction(1), [(tensor.base, outer)]
        if any(bases.range_of(base).sign <= 0 for base, _ in inside[1]) or inside[0] != 1:
            return None
        return Fraction(1), [(base, exponent * outer) for base, exponent in inside[1]]
    if _is_prod(tensor):
        assert isinstance(tensor, Apply)
        (argument,) = tensor.arguments
        (size,) = argument.shape if len(argument.shape) == 1 else (None,)
        return (Fraction(1), [(argument, Fraction(1))] * size) if isinstance(size, int) and size <= 100 else None
    if not isinstance(tensor, Product) or len(set(tensor.out)) < len(tensor.out):
        return Fraction(1), [(tensor, Fraction(1))]
    if any(labels not in ((), tensor.out) for _, labels in tensor.factors):
        return Fraction(1), [(tensor, Fraction(1))]
    found: list[tuple[Tensor, Fraction]] = []
    for factor, _ in tensor.factors:
        if isinstance(factor, Product):  # a contraction, in one piece
            found.append((factor, Fraction(1)))
            continue
        inner = _factors(factor, bases)
        if inner is None or inner[0] != 1:
            return None
        found += inner[1]
    return Fraction(tensor.coefficient), found


def _is_prod(tensor: Tensor) -> bool:
    return isinstance(tensor, Apply) and tensor.operation.name == "prod"


def _moving(tensor: Tensor, bases: Bases) -> tuple[int, list[tuple[Tensor, Fraction, Curvature]]] | None:
    """The sign of the constant part, and the other bases with their exponents and curvatures."""
    parted = _factors(tensor, bases)
    if parted is None or parted[0] == 0:
        return None
    sign = 1 if parted[0] > 0 else -1
    found: dict[Tensor, Fraction] = {}
    entries: list[tuple[Tensor, Fraction]] = []  # of a product over a vector: alike, and not the same
    for base, exponent in parted[1]:
        if bases.curvature(base).shape == CONSTANT:
            part = bases.range_of(base).sign
            if exponent.denominator == 1 and exponent % 2 == 0:
                part = 1
            if not part:
                return None
            sign *= part if exponent % 2 else 1
        elif base.shape and not tensor.shape:
            entries.append((base, exponent))
        else:
            found[base] = found.get(base, Fraction(0)) + exponent
    return sign, [(base, exponent, bases.curvature(base)) for base, exponent in [*found.items(), *entries]]


def _norm_of(base: Tensor, exponent: Fraction, known: Curvature, bases: Bases) -> tuple[Fraction, str, bool]:
    """The exponent, the curvature and whether it is not below 0, of a base or of the norm that it is the square of."""
    if known.squares:
        return 2 * exponent, CONVEX, True
    if bases.range_of(base).sign > 0 or known.sign > 0:
        return exponent, known.shape, True
    if exponent.denominator == 1 and exponent % 2 == 0 and exponent > 0 and known.flat:
        return exponent, CONVEX, True  # of |u|
    return exponent, known.shape, False


def _monomial(tensor: Tensor, bases: Bases) -> Curvature:
    parted = _moving(tensor, bases)
    if parted is None or len(parted[1]) < 2:
        return NOTHING
    sign, factors = parted
    told = [_norm_of(base, exponent, known, bases) for base, exponent, known in factors]
    if not all(good for _, _, good in told):
        return NOTHING
    rising = [(exponent, shape) for exponent, shape, _ in told if exponent > 0]
    falling = [(exponent, shape) for exponent, shape, _ in told if exponent < 0]
    total = sum((exponent for exponent, _, _ in told), Fraction(0))
    if any(shape not in (AFFINE, CONCAVE) for _, shape in falling):
        return NOTHING
    if not falling and total <= 1 and all(shape in (AFFINE, CONCAVE) for _, shape in rising):
        bases.tell(f"a product of powers of concave functions that are not below 0 is concave where the exponents add up to {total} <= 1")
        shape = CONCAVE
    elif not rising:
        bases.tell("a product of negative powers of positive concave functions is convex")
        shape = CONVEX
    elif len(rising) == 1 and total >= 1 and rising[0][1] in (AFFINE, CONVEX):
        bases.tell(
            f"u^{rising[0][0]} over powers of positive concave functions is convex for convex u >= 0: the exponents add up to {total} >= 1"
        )
        shape = CONVEX
    else:
        return NOTHING
    if sign < 0:
        shape = CONCAVE if shape == CONVEX else CONVEX
    return Curvature(shape, sign)


def _logarithm(tensor: Tensor, bases: Bases) -> Curvature:
    """log of a product of powers: the logarithms added up."""
    if not isinstance(tensor, Apply) or tensor.operation.name not in ("log", "log2", "log10"):
        return NOTHING
    parted = _moving(tensor.arguments[0], bases)
    if parted is None or parted[0] < 0 or not parted[1]:
        return NOTHING
    shapes = set()
    for base, exponent, known in parted[1]:
        if bases.range_of(base).sign <= 0 and known.sign <= 0:
            return NOTHING
        if known.log_convex:
            shapes.add(CONVEX if exponent > 0 else CONCAVE)
        elif _is_definite_determinant(base, bases) or known.shape in (AFFINE, CONCAVE):
            shapes.add(CONCAVE if exponent > 0 else CONVEX)
        else:
            return NOTHING
    if len(shapes) != 1:
        return NOTHING
    bases.tell("the logarithm of a product is the sum of the logarithms of its factors")
    return Curvature(shapes.pop())


def _entropy(tensor: Tensor, bases: Bases) -> Curvature:
    """u·log(u^a/v^b) with a ≥ b ≥ 0: multiples of u·log(u) and of the relative entropy u·log(u/v)."""
    if not isinstance(tensor, Product) or any(labels not in ((), tensor.out) for _, labels in tensor.factors):
        return NOTHING
    logs = [factor for factor, _ in tensor.factors if isinstance(factor, Apply) and factor.operation.name in ("log", "log2", "log10")]
    rest = [factor for factor, _ in tensor.factors if factor not in logs]
    if len(logs) != 1 or tensor.coefficient == 0:
        return NOTHING
    sign, weights = (1 if tensor.coefficient > 0 else -1), []
    for factor in rest:
        if bases.curvature(factor).shape == CONSTANT:
            sign *= bases.range_of(factor).sign
        else:
            weights.append(factor)
    if len(weights) != 1 or not sign or bases.curvature(weights[0]).shape != AFFINE or bases.range_of(weights[0]).sign <= 0:
        return NOTHING
    weight = coefficient_of(weights[0])[1]
    parted = _moving(logs[0].arguments[0], bases)
    if parted is None or parted[0] < 0:
        return NOTHING
    own, others = Fraction(0), []
    for base, exponent, known in parted[1]:
        if coefficient_of(base)[1] is weight:
            own += exponent
        elif known.shape in (AFFINE, CONCAVE) and bases.range_of(base).sign > 0:
            others.append(exponent)
        else:
            return NOTHING
    flip = -1 if own < 0 else 1
    if own == 0 or any(flip * exponent > 0 for exponent in others) or flip * (own + sum(others, Fraction(0))) < 0:
        return NOTHING
    bases.tell("u*log(u) and the relative entropy u*log(u/v) are convex for u, v > 0" if others else "u*log(u) is convex for u > 0")
    return Curvature(CONVEX if flip * sign > 0 else CONCAVE)


def _mean_of_powers(tensor: Tensor, bases: Bases) -> Curvature:
    """(Σ w·u^p)^q with w > 0: concave for concave u ≥ 0, p < 1 and 0 < pq ≤ 1; convex for convex u ≥ 0, p ≥ 1, pq ≥ 1."""
    if not isinstance(tensor, Power) or isinstance(tensor.exponent, Tensor):
        return NOTHING
    terms = _powers(tensor.base)
    if not terms:
        return NOTHING
    power, outer = terms[0][1], Fraction(tensor.exponent)
    if any(exponent != power for _, exponent in terms) or outer * power <= 0:
        return NOTHING
    told = [_norm_of(base, power, bases.curvature(base), bases) for base, _ in terms]
    if not all(good for _, _, good in told) or any(exponent != power for exponent, _, _ in told):
        return NOTHING
    shapes = {shape for _, shape, _ in told}
    if power < 1 and outer * power <= 1 and shapes <= {AFFINE, CONCAVE, CONSTANT}:
        bases.tell(f"the mean (sum of u^{power})^(1/({power})) is concave for u > 0, and nondecreasing")
        return Curvature(CONCAVE, 1)
    if power >= 1 and outer * power >= 1 and shapes <= {AFFINE, CONVEX, CONSTANT}:
        bases.tell(f"(sum of u^{power})^(1/{power}) is a norm for u >= 0")
        return Curvature(CONVEX, 1)
    return NOTHING


def _powers(tensor: Tensor) -> list[tuple[Tensor, Fraction]]:
    """The bases and exponents of a sum of powers with positive weights."""
    if isinstance(tensor, Product) and not tensor.out and len(tensor.factors) == 1 and len(set(tensor.factors[0][1])) == 1:
        factor = tensor.factors[0][0]
        if tensor.coefficient > 0 and len(factor.shape) == 1 and isinstance(factor, Power) and not isinstance(factor.exponent, Tensor):
            return [(factor.base, Fraction(factor.exponent))]
    if not isinstance(tensor, Sum):
        return []
    found = []
    for weight, term in tensor.terms:
        if weight <= 0 or not isinstance(term, Power) or isinstance(term.exponent, Tensor):
            return []
        found.append((term.base, Fraction(term.exponent)))
    return found


def _self_power(tensor: Tensor, bases: Bases) -> Curvature:
    """u^u = exp(u·log(u)), for u > 0."""
    if not isinstance(tensor, Power) or tensor.exponent is not tensor.base or bases.range_of(tensor.base).sign <= 0:
        return NOTHING
    if bases.curvature(tensor.base).shape == AFFINE:
        bases.tell("u^u is exp(u*log(u)), convex for u > 0")
        return Curvature(CONVEX, 1, log_convex=True)
    return NOTHING


# --- matrices -----------------------------------------------------------------------------------------------------------------


def _matrix_fraction(tensor: Tensor, bases: Bases) -> Curvature:
    """x'·inv(Y)·x and tr(inv(Y)), for affine x and a positive definite Y that is affine."""
    if not isinstance(tensor, Product) or tensor.out or tensor.coefficient == 0:
        return NOTHING
    inverses = [(factor, labels) for factor, labels in tensor.factors if isinstance(factor, Apply) and factor.operation.name == "inv"]
    rest = [(factor, labels) for factor, labels in tensor.factors if (factor, labels) not in inverses]
    if len(inverses) != 1:
        return NOTHING
    inner, places = inverses[0][0].arguments[0], inverses[0][1]
    found = semidefinite(inner)
    if not (found and found.strict and found.sign > 0) or bases.curvature(inner).shape != AFFINE:
        return NOTHING
    trace = not rest and places[0] == places[1]
    form = (
        len(rest) == 2
        and rest[0][0] is rest[1][0]
        and {rest[0][1], rest[1][1]} == {(places[0],), (places[1],)}
        and bases.curvature(rest[0][0]).flat
    )
    if not trace and not form:
        return NOTHING
    bases.tell(
        "tr(inv(Y)) is convex for positive definite Y" if trace else "x'*inv(Y)*x is convex in x and in positive definite Y together"
    )
    return Curvature(CONVEX if tensor.coefficient > 0 else CONCAVE, 1 if tensor.coefficient > 0 else -1)


def _is_definite_determinant(tensor: Tensor, bases: Bases) -> bool:
    if not isinstance(tensor, Apply) or tensor.operation.name != "det":
        return False
    return _is_definite(tensor.arguments[0], bases)


def _is_definite(tensor: Tensor, bases: Bases) -> bool:
    """Whether a matrix is positive definite, and affine."""
    found = semidefinite(tensor)
    return bool(found and found.strict and found.sign > 0) and bases.curvature(tensor).shape == AFFINE


def _determinant(tensor: Tensor, bases: Bases) -> Curvature:
    """det(X)^p of a positive definite X: concave for 0 < p ≤ 1/n, convex for p < 0; logdet(X) concave."""
    if isinstance(tensor, Apply) and tensor.operation.name == "logdet":
        definite = _is_definite(tensor.arguments[0], bases)
        return Curvature(CONCAVE) if definite else NOTHING
    if not isinstance(tensor, Power) or not _is_definite_determinant(tensor.base, bases):
        return NOTHING
    (inner,) = tensor.base.children()
    size, exponent = inner.shape[0], tensor.exponent
    if not isinstance(exponent, Tensor):
        p = Fraction(exponent)
        if p < 0:
            bases.tell("det(X)^p is convex for p < 0 and positive definite X")
            return Curvature(CONVEX, 1, log_convex=True)
        if not isinstance(size, int) or p * size > 1:
            return NOTHING
    elif not (
        isinstance(exponent, Power)
        and exponent.exponent == -1
        and isinstance(exponent.base, Leaf)
        and exponent.base.kind == "size"
        and exponent.base.name == size
    ):
        return NOTHING
    bases.tell("det(X)^(1/n) is concave for positive definite X")
    return Curvature(CONCAVE, 1)
