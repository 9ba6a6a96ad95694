"""Roots of rational polynomials of degree up to 4 as texts of the expression language, each with its value in balls beside it.

Degree 2: p ± q·sqrt(r) with r free of squares (of small primes). Degree 3: Cardano's formula where one root is real, Viète's with a
cosine where three are. Degree 4: Ferrari's, by a positive root of the resolvent cubic. All texts stay within the reals;
a complex root is a pair of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint

SMALL_PRIMES = 1000
Root = tuple["Form", "Form | None"]  # real and imaginary part


@dataclass(frozen=True)
class Form:
    """`text` (an atom where `is_atom`) of a real number, its `ball` at the precision of the moment, and the fmpq that it is, if any."""

    text: str
    ball: Callable[[], Any]
    is_atom: bool = False
    exact: Any = None

    def bracketed(self) -> str:
        return self.text if self.is_atom else f"({self.text})"


def rational(value: Any) -> Form:
    value = flint.fmpq(value)
    return Form(str(value), lambda: flint.arb(value), is_atom=value.q == 1 and value >= 0, exact=value)


def plus(left: Form, right: Form) -> Form:
    if left.exact is not None and right.exact is not None:
        return rational(left.exact + right.exact)
    if left.exact == 0 or right.exact == 0:
        return right if left.exact == 0 else left
    if right.text.startswith("-"):
        text = f"{left.text} - {right.text[1:]}" if _is_one_term(right.text[1:]) else f"{left.text} + {right.bracketed()}"
    else:
        text = f"{left.text} + {right.text}"
    return Form(text, lambda: left.ball() + right.ball())


def _is_one_term(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and letter in "+-":
            return False
    return True


def scaled(value: Any, form: Form) -> Form:
    """value·form for a rational value."""
    value = flint.fmpq(value)
    if value == 1:
        return form
    if form.exact is not None or value == 0:
        return rational(value * (form.exact or 0))
    top, below = int(value.p), int(value.q)
    text = form.bracketed() if not _is_one_term(form.text) or form.text.startswith("-") else form.text
    text = f"{'-' if top < 0 else ''}{'' if abs(top) == 1 else f'{abs(top)}*'}{text}{'' if below == 1 else f'/{below}'}"
    return Form(text, lambda: flint.arb(value) * form.ball())


def root_of(form: Form) -> Form:
    """The square root of a positive number."""
    return Form(f"sqrt({form.text})", lambda: form.ball().sqrt(), is_atom=True)


def cube_root_of(form: Form) -> Form:
    """The real cube root."""

    def ball() -> Any:
        value = form.ball()
        return value.root(3) if value > 0 else -((-value).root(3))

    return Form(f"cbrt({form.text})", ball, is_atom=True)


def square_root(value: Any) -> tuple[Any, Any]:
    """(q, r) with value = q²·r, for a positive fmpq; r is a whole number without squares of small primes."""
    value = flint.fmpq(value)
    whole, outside = int(value.p) * int(value.q), 1
    root = flint.fmpz(whole).isqrt()
    if int(root) ** 2 == whole:
        return flint.fmpq(root, value.q), 1
    for prime in range(2, SMALL_PRIMES):
        while whole % (prime * prime) == 0:
            whole //= prime * prime
            outside *= prime
    root = flint.fmpz(whole).isqrt()
    if int(root) ** 2 == whole:
        return flint.fmpq(outside * int(root), value.q), 1
    return flint.fmpq(outside, value.q), whole


def surd(value: Any) -> Form:
    """The square root of a positive fmpq."""
    outside, inside = square_root(value)
    return rational(outside) if inside == 1 else scaled(outside, root_of(rational(inside)))


def roots(polynomial: Any) -> list[Root]:
    """All roots of an irreducible polynomial of degree 1 to 4 (with rational coefficients), in no order."""
    lead = flint.fmpq(polynomial[polynomial.degree()])
    monic = [flint.fmpq(polynomial[i]) / lead for i in range(polynomial.degree())]
    return FORMULAS[len(monic)](*monic)


def _linear(c: Any) -> list[Root]:
    return [(rational(-c), None)]


def _quadratic(c: Any, b: Any) -> list[Root]:
    """p ± q·sqrt(r), over a common denominator."""
    middle, discriminant = -b / 2, b * b / 4 - c
    outside, inside = square_root(abs(discriminant))
    if discriminant < 0:
        part = rational(outside) if inside == 1 else scaled(outside, root_of(rational(inside)))
        opposite = rational(-outside) if inside == 1 else scaled(-outside, root_of(rational(inside)))
        return [(rational(middle), part), (rational(middle), opposite)]
    return [(quadratic_number(middle, sign * outside, inside), None) for sign in (1, -1)]


def quadratic_number(u: Any, v: Any, inside: Any) -> Form:
    """u + v·sqrt(inside) as a person writes it: (1 + 3*sqrt(5))/2."""
    u, v = flint.fmpq(u), flint.fmpq(v)
    if v == 0:
        return rational(u)
    root = root_of(rational(inside))
    below = int(flint.fmpz(u.q).lcm(v.q)) if u != 0 else 1
    total = plus(rational(u * below), scaled(v * below, root))
    if below == 1:
        return total
    return Form(f"({total.text})/{below}", lambda: total.ball() / below)


def _cubic(c: Any, b: Any, a: Any) -> list[Root]:
    p, q = b - a * a / 3, 2 * a**3 / 27 - a * b / 3 + c
    back = -a / 3
    if p == 0:
        root = cube_root_of(rational(abs(q)))
        real = scaled(-1 if q > 0 else 1, root)
        sine = scaled(flint.fmpq(1, 2), _times(root_of(rational(3)), root))
        half = plus(rational(back), scaled(flint.fmpq(-1, 2), real))
        return [(plus(rational(back), real), None), (half, sine), (half, scaled(-1, sine))]
    discriminant = q * q / 4 + p**3 / 27
    if discriminant < 0:
        radius = scaled(2, surd(-p / 3))
        cosine = scaled(3 * q / (2 * p), surd(-3 / p))
        third = Form(f"acos({cosine.text})/3", lambda: cosine.ball().acos() / 3)
        return [(plus(rational(back), _times(radius, _cosine(third, k))), None) for k in range(3)]
    root = surd(discriminant)
    left = cube_root_of(plus(rational(-q / 2), root))
    right = cube_root_of(plus(rational(-q / 2), scaled(-1, root)))
    real = plus(plus(rational(back), left), right)
    half = plus(rational(back), scaled(flint.fmpq(-1, 2), plus(left, right)))
    sine = _times(scaled(flint.fmpq(1, 2), root_of(rational(3))), plus(left, scaled(-1, right)))
    return [(real, None), (half, sine), (half, scaled(-1, sine))]


def _cosine(third: Form, k: int) -> Form:
    text = f"cos({third.text})" if k == 0 else f"cos({third.text} - {2 * k}*pi/3)"

    def ball() -> Any:
        angle = third.ball() - 2 * k * flint.arb.pi() / 3
        return angle.cos()

    return Form(text, ball, is_atom=True)


def _times(left: Form, right: Form) -> Form:
    if left.exact is not None:
        return scaled(left.exact, right)
    texts = [form.text if _is_one_term(form.text) and not form.text.startswith("-") else form.bracketed() for form in (left, right)]
    return Form("*".join(texts), lambda: left.ball() * right.ball())


def _quartic(d: Any, c: Any, b: Any, a: Any) -> list[Root]:
    """x = y − a/4 with y⁴ + py² + qy + r = 0."""
    back = rational(-a / 4)
    p = b - 3 * a * a / 8
    q = c - a * b / 2 + a**3 / 8
    r = d - a * c / 4 + a * a * b / 16 - 3 * a**4 / 256
    found = _biquadratic(p, r) if q == 0 else _ferrari(p, q, r)
    return [(plus(back, real), imaginary) for real, imaginary in found]


def _biquadratic(p: Any, r: Any) -> list[Root]:
    """y² = (−p ± sqrt(p² − 4r))/2."""
    discriminant = p * p / 4 - r
    if discriminant < 0:
        size = surd(r)
        real = root_of(scaled(flint.fmpq(1, 2), plus(size, rational(-p / 2))))
        imaginary = root_of(scaled(flint.fmpq(1, 2), plus(size, rational(p / 2))))
        return [(scaled(s, real), scaled(t, imaginary)) for s in (1, -1) for t in (1, -1)]
    outside, inside = square_root(discriminant)
    answers: list[Root] = []
    for sign in (1, -1):
        square = quadratic_number(-p / 2, sign * outside, inside)
        negative = quadratic_number(p / 2, -sign * outside, inside)
        if square.ball() > 0:
            answers += [(scaled(s, root_of(square)), None) for s in (1, -1)]
        else:
            answers += [(rational(0), scaled(s, root_of(negative))) for s in (1, -1)]
    return answers


def _ferrari(p: Any, q: Any, r: Any) -> list[Root]:
    """With m > 0 a root of m³ + pm² + (p²/4 − r)m − q²/8 = 0 and s = sqrt(2m): y = (±s ± sqrt(−2p − 2m ∓ 2q/s))/2."""
    resolvent = flint.fmpq_poly([-q * q / 8, p * p / 4 - r, p, 1])
    m = _positive_root(resolvent)
    s = root_of(scaled(2, m))
    answers: list[Root] = []
    for sign in (1, -1):
        quotient = Form(f"{abs(2 * q)}/{s.text}", lambda: flint.arb(abs(2 * q)) / s.ball())
        quotient = quotient if sign * q < 0 else Form(f"-{quotient.text}", lambda inner=quotient: -inner.ball())  # type: ignore[misc]
        inside = plus(plus(rational(-2 * p), scaled(-2, m)), quotient)
        is_real = bool(inside.ball() > 0)
        if not is_real:
            opposite = Form(quotient.text[1:], lambda inner=quotient: -inner.ball())  # type: ignore[misc]
            opposite = opposite if quotient.text.startswith("-") else Form(f"-{quotient.text}", opposite.ball)
            inside = plus(plus(rational(2 * p), scaled(2, m)), opposite)
        half = scaled(flint.fmpq(sign, 2), s)
        for other in (1, -1):
            part = scaled(flint.fmpq(other, 2), root_of(inside))
            answers.append((plus(half, part), None) if is_real else (half, part))
    return answers


def _positive_root(cubic: Any) -> Form:
    """A positive root of a cubic that has one, from the factor of least degree."""
    for factor, _ in sorted(cubic.numer().factor()[1], key=lambda entry: entry[0].degree()):
        for real, imaginary in roots(factor):
            if imaginary is None and real.ball() > 0:
                return real
    raise ArithmeticError("a resolvent cubic has a positive root")


FORMULAS: dict[int, Callable[..., list[Root]]] = {1: _linear, 2: _quadratic, 3: _cubic, 4: _quartic}
