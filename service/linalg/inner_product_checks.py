"""The numbers of an inner product's answer, each computed once more in doubles from the arrays themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from service.certificates import Check, measured
from service.linalg.bounds import gamma
from service.linalg.gram import Gram, rounding
from service.linalg.matrix import Floats, Matrix
from service.linalg.numerical_rank import unit_of

if TYPE_CHECKING:
    from service.linalg.inner_product import InnerProduct


def derived_check(x: Matrix, y: Matrix, weight: Matrix | None, found: Gram, answer: InnerProduct) -> Check:
    """Norms, cosine, angle, distances and projections of a float answer, each relative to the lengths it is made of.

    The tolerance grows with Σ|x||W||x|/⟨x, x⟩, by which a product with a weight cancels."""
    a, b = x.floats, y.floats
    w = None if weight is None else weight.floats / unit_of(weight.floats)
    root = 1.0 if weight is None else math.sqrt(unit_of(weight.floats))
    one, two = unit_of(a), unit_of(b)
    p, q = a / one, b / two
    norm_p, norm_q = _length(p, w), _length(q, w)
    errors = [_relative(answer.norm_x / one / root, norm_p), _relative(answer.norm_y / two / root, norm_q)]
    both = max((unit for unit, part in ((one, a), (two, b)) if part.any()), default=1.0)
    total = _length(a / both, w) + _length(b / both, w)
    for value, sign in ((answer.distance, -1), (answer.triangle["value"], 1)):
        errors.append(_relative_to(value / both / root, _length(a / both + sign * (b / both), w), total))
    errors.append(_relative(answer.triangle["bound"] / both / root, total))
    product = complex(np.vdot(p, q if w is None else w @ q))
    if norm_p and norm_q:
        cosine = product / (norm_p * norm_q)
        errors += [abs(complex(answer.cosine) - cosine), abs(math.cos(answer.angle) - cosine.real)]
        if answer.cauchy_schwarz["bound"]:
            errors.append(abs(answer.cauchy_schwarz["value"] / answer.cauchy_schwarz["bound"] - abs(cosine)))
    if norm_q:
        coefficient = product.conjugate() / norm_q**2
        errors.append(_relative_to(complex(answer.scalar_projection) / one / root, product.conjugate() / norm_q, norm_p))
        projection = np.asarray(answer.projection).reshape(a.shape) / one
        size = norm_p * float(np.linalg.norm(q)) / norm_q
        errors.append(_relative_to(float(np.linalg.norm(projection - coefficient * q)), 0.0, size))
    spread = max(_quotient(found.sizes[0], found.xx), _quotient(found.sizes[2], found.yy), 1.0)
    entries = rounding([x, x, y, y] if weight is None else [x, x, y, y, weight])
    tolerance = min(spread * (32 * gamma(a.size + 2 * len(a) + 8, "c") + 4 * entries), 1.0)
    detail = "norms, cosine, angle, distances and projections computed in another way, relative to the lengths"
    return measured("derived", max(errors), tolerance, detail)


def _length(part: Floats, w: Floats | None) -> float:
    return math.sqrt(max(float(np.vdot(part, part if w is None else w @ part).real), 0.0))


def _relative(value: float, expected: float) -> float:
    return _relative_to(value, expected, abs(expected))


def _relative_to(value: complex, expected: complex, size: float) -> float:
    if value == expected:
        return 0.0
    return abs(value - expected) / size if size > 0 else math.inf


def _quotient(size: Any, value: Any) -> float:
    """Of a sum of absolute values and the sum, both as they come."""
    if value == 0:
        return 1.0
    ratio = np.longdouble(size) / np.longdouble(int(value.p)) * np.longdouble(int(value.q)) if value.q.bit_length() < 10_000 else np.inf
    return float(ratio) if np.isfinite(ratio) else 1.0
