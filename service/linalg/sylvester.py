"""Sylvester's equation L₁·X·R₁ + L₂·X·R₂ = C, too large for its Kronecker form, through eigenvalues, with a bound that is verified.

With approximate eigenvectors V of the matrices on the left and W of those on the right, and Y = V⁻¹·X·W, the equation is
D∘Y + (small)·Y + Y·(small) = V⁻¹·C·W with D[i, j] = λᵢ + μⱼ. The small parts are bounded after the fact, so that the inverse of
the whole is known up to a factor (Frommer and Hashemi, SIAM J. Matrix Anal. Appl. 33, 2012).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from service.errors import InputError, NoConvergence, SingularMatrix
from service.linalg.bounds import SLACK, UNIT, gamma, gamma_in, inverse_defect, widened
from service.linalg.exact_numbers import Floats

REFINEMENTS = 3


def sylvester_by_eigenvalues(pairs: Sequence[tuple[Any, Any]], c: Floats, condition: str) -> tuple[Floats, float]:
    """X for A·X + X·B = C (pairs [(A, None), (None, B)]), or X − A·X·Aᴴ = C (pairs [(None, None), (−A, Aᴴ)]), and a bound on its error
    relative to its largest entry, the rounding of the entries included; infinite when nothing could be verified.

    Raises NoConvergence, SingularMatrix (no unique solution to the precision of floats)."""
    (first, across), (second, right) = pairs
    stein = first is None
    if across is not None or (stein and second is None):
        raise InputError("this equation is not one of Sylvester's")
    a, b = (second, right) if stein else (first, right)
    try:
        lam, v = np.linalg.eig(a)
        mu, w = np.linalg.eig(b)
        v_inverse, w_inverse = np.linalg.inv(v), np.linalg.inv(w)
    except np.linalg.LinAlgError:
        raise NoConvergence("the eigenvectors could not be found", 'send "arithmetic": "exact", or a smaller equation', "/A") from None
    d = 1 + np.outer(lam, mu) if stein else lam[:, None] + mu[None, :]
    smallest = float(np.abs(d).min())
    if smallest <= 1e3 * UNIT * float(np.abs(d).max()):
        raise SingularMatrix(f"to the precision of floats the solution is not unique, or there is none: {condition}", None, "/A")

    products = c.size * max(c.shape)
    left_wide, right_wide, right_hand = (widened(part.astype(c.dtype), products) for part in (a, b, c))

    def operator(x: Any) -> Any:
        return x + left_wide @ x @ right_wide if stein else left_wide @ x + x @ right_wide

    x = np.zeros(c.shape, dtype=right_hand.dtype)
    for _ in range(REFINEMENTS):
        rest = (right_hand - operator(x)).astype(np.complex128)
        step = v @ ((v_inverse @ rest @ w) / d) @ w_inverse
        x = x + (step if np.iscomplexobj(c) else step.real)
    rounded = x.astype(c.dtype)
    rest = right_hand - operator(rounded.astype(right_hand.dtype))
    sizes = np.abs(c) + (
        np.abs(rounded) + np.abs(a) @ np.abs(rounded) @ np.abs(b) if stein else np.abs(a) @ np.abs(rounded) + np.abs(rounded) @ np.abs(b)
    )
    moved = np.abs(rest).astype(np.float64) + (3 * UNIT + gamma_in(2 * len(c) + 2 * len(b) + 8, right_hand)) * sizes
    left, right_part = _off_diagonal(a, v, v_inverse, lam), _off_diagonal(b, w, w_inverse, mu)
    if stein:
        contraction = (left * (float(np.abs(mu).max()) + right_part) + float(np.abs(lam).max()) * right_part) / smallest
    else:
        contraction = (left + right_part) / smallest
    if not contraction < 0.5:
        return rounded, math.inf
    bounds = [_inverse_norm(part, inverse) for part, inverse in ((v, v_inverse), (w, w_inverse))]
    amplification = bounds[0] * bounds[1] * float(np.linalg.norm(v, 2) * np.linalg.norm(w, 2)) * SLACK
    error = amplification * float(np.linalg.norm(moved)) / smallest / (1 - contraction) * SLACK
    size = float(np.abs(rounded).max())
    relative = error / size + UNIT if size else (0.0 if error < 1e-280 else math.inf)
    return rounded, relative / (1 - relative) if relative < 1 else math.inf


def _inverse_norm(v: Floats, inverse: Floats) -> float:
    """A bound on the 2-norm of V⁻¹."""
    contraction = min(inverse_defect(v, inverse).contraction, 1.0) * math.sqrt(len(v))
    return float(np.linalg.norm(inverse, 2)) / (1 - contraction) if contraction < 1 else math.inf


def _off_diagonal(a: Floats, v: Floats, inverse: Floats, eigenvalues: Floats) -> float:
    """A bound on ‖V⁻¹·A·V − diag λ‖₂ = ‖V⁻¹(A·V − V·diag λ)‖₂."""
    residual = a @ v - v * eigenvalues
    rounding = gamma(len(a) + 4, "c") * (np.abs(a) @ np.abs(v) + np.abs(v) * np.abs(eigenvalues))
    return _inverse_norm(v, inverse) * float(np.linalg.norm(np.abs(residual) + rounding)) * SLACK
