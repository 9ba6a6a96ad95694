"""Square roots of rationals, as the language writes them: "3", "sqrt(2)/2", "-3*sqrt(5)/7"."""

from __future__ import annotations

from math import isqrt
from typing import Any

import flint

FACTORED_BITS = 200  # squares are taken out of a radicand up to this size; a larger one is only tried as a whole


def root_text(radicand: Any) -> str:
    """√radicand for an fmpq ≥ 0: squares stand before the root, and no root in a denominator."""
    return surd_text(flint.fmpq(1), radicand)


def surd_text(coefficient: Any, radicand: Any) -> str:
    """coefficient·√radicand, for two fmpq of which the radicand is ≥ 0."""
    outside, inside = _without_squares(int(radicand.p) * int(radicand.q))
    factor = coefficient * outside / radicand.q
    if factor == 0 or inside == 1:
        return str(factor)
    over = f"/{factor.q}" if factor.q != 1 else ""
    sign, size = ("-", -factor.p) if factor < 0 else ("", factor.p)
    return f"{sign}{'' if size == 1 else f'{size}*'}sqrt({flint.fmpz(inside)}){over}"  # Python refuses to write very long numbers


def _without_squares(value: int) -> tuple[int, int]:
    """(s, t) with value = s²·t ≥ 0, where t holds no square of a small prime and is no square itself."""
    outside, inside = 1, value
    if 0 < value.bit_length() <= FACTORED_BITS:
        for prime, power in flint.fmpz(value).factor_smooth():
            outside *= int(prime) ** (power // 2)
        inside = value // outside**2
    root = isqrt(inside)
    return (outside * root, 1) if root * root == inside else (outside, inside)
