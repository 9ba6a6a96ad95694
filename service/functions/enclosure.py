"""Roots of systems enclosed in boxes, by Krawczyk's operator in ball arithmetic.

K(X) = m - C·F(m) + (I - C·F'(X))·(X - m), with m the middle of the box X and C about the inverse of F'(m). Where K(X) lies inside
X, the box holds one root and only one. (R. Krawczyk, Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken,
Computing 4, 1969; R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis, SIAM 2009, chapter 8.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from service.calculus.ball_functions import Imprecise
from service.expression.operation import Array
from service.precision import precision

BITS = 192
NEWTON_STEPS = 12
RADII = (2.0**-140, 2.0**-110, 2.0**-80, 2.0**-50, 2.0**-30)
System = Callable[[Array], Array]
"""From a column of n balls to a column of n, or to an n×n matrix."""


@dataclass(frozen=True)
class Enclosure:
    """`column` is the root rounded to doubles; it is the only root within `radius` of it, entry by entry."""

    column: Array
    radius: float


def enclose(system: System, jacobian: System, column: Array) -> Enclosure | None:
    """The root next to `column`, refined by Newton steps with 192 bits, and proven; None where that does not succeed.

    Near a root at which the Jacobian is singular it does not.
    """
    with precision(BITS):
        try:
            return _enclose(system, jacobian, column)
        except (Imprecise, ZeroDivisionError, ValueError, OverflowError):
            return None


def _enclose(system: System, jacobian: System, column: Array) -> Enclosure | None:
    middle = np.array([flint.arb(float(entry)) for entry in column], dtype=object)
    count = len(middle)
    for _ in range(NEWTON_STEPS):
        step = _matrix(jacobian(middle)).solve(_matrix(system(middle).reshape(-1, 1)))
        parts = np.array([step[i, 0] for i in range(count)], dtype=object)
        if not all(part.is_finite() for part in parts):
            return None
        middle = np.array([(entry - part).mid() for entry, part in zip(middle, parts, strict=True)], dtype=object)
        if (
            max(float(abs(part).upper()) / max(1e-300, float(abs(entry).upper())) for part, entry in zip(parts, middle, strict=True))
            < 2.0**-170
        ):
            break
    moved = max(abs(float(entry) - float(start)) / max(1.0, abs(float(start))) for entry, start in zip(middle, column, strict=True))
    if not moved < 1e-3:
        return None
    nearby = _middle(_matrix(jacobian(middle))).inv()
    inverse = _middle(nearby)
    residual = inverse * _matrix(system(middle).reshape(-1, 1))
    for radius in RADII:
        widths = [flint.arb(radius) * (1 + abs(entry)) for entry in middle]
        box = np.array([entry + flint.arb(0, float(width.upper())) for entry, width in zip(middle, widths, strict=True)], dtype=object)
        rest = _identity(count) - inverse * _matrix(jacobian(box))
        spread = rest * _matrix(np.array([[entry - center] for entry, center in zip(box, middle, strict=True)], dtype=object))
        image = [middle[i] - residual[i, 0] + spread[i, 0] for i in range(count)]
        if all(entry.contains_interior(inner) for entry, inner in zip(box, image, strict=True)):
            return Enclosure(np.array([float(entry) for entry in middle]), max(float(width.upper()) for width in widths))
    return None


def _matrix(array: Array) -> Any:
    return flint.arb_mat([list(row) for row in array])


def _middle(matrix: Any) -> Any:
    return matrix.mid()


def _identity(count: int) -> Any:
    return flint.arb_mat([[int(i == j) for j in range(count)] for i in range(count)])
