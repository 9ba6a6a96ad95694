"""Scalar expressions as quotients of polynomials over Q, exactly, in as many letters as they need.

A letter stands for a variable, or for whatever is not rational (sin(x), sqrt(a), x^n): such parts are taken as independent of
each other, so that sin(x)^2 + cos(x)^2 stays as it is. (python-flint's fmpq_mpoly does the work.)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint

from service import limits
from service.calculus.notation import Notation
from service.errors import UndefinedAtPoint
from service.expression.tensors import Power, Product, Sum, Tensor
from service.language.tokens import is_name
from service.printing.printers import to_text

Quotient = tuple[Any, Any]  # fmpq_mpoly, the second not 0


class Letters:
    """The letters that some tensors need, and the tensors as quotients of polynomials in them."""

    def __init__(self, tensors: Sequence[Tensor], extra: Sequence[str] = ()) -> None:
        self.places: dict[Tensor, int] = {}
        self.orders = [self._prepare(tensor) for tensor in tensors]
        self.extra = list(extra)
        names = [f"u{i}" for i in range(len(self.places))] + [f"w{i}" for i in range(len(extra))]
        self.context = flint.fmpq_mpoly_ctx.get(names or ["u0"], "deglex")
        known: dict[Tensor, Quotient] = {}
        for order in self.orders:
            for tensor in order:
                if tensor not in known:
                    known[tensor] = self._quotient(tensor, known)
        self.quotients = [known[tensor] for tensor in tensors]

    def _prepare(self, root: Tensor) -> list[Tensor]:
        """The transparent parts of a tensor, those inside first; the others become letters."""
        order: list[Tensor] = []
        stack: list[tuple[Tensor, bool]] = [(root, False)]
        seen: set[Tensor] = set()
        while stack:
            tensor, done = stack.pop()
            if done:
                order.append(tensor)
            elif tensor not in seen:
                seen.add(tensor)
                stack.append((tensor, True))
                inner = _transparent(tensor)
                if inner is None:
                    self.places.setdefault(tensor, len(self.places))
                else:
                    stack.extend((child, False) for child in reversed(inner))
        return order

    def _quotient(self, tensor: Tensor, known: dict[Tensor, Quotient]) -> Quotient:
        one = self.context.constant(1)
        if tensor in self.places:
            return self.context.gens()[self.places[tensor]], one
        if isinstance(tensor, Sum):
            total: Quotient = self.context.constant(0), one
            for coefficient, term in tensor.terms:
                top, below = known[term]
                total = add(total, (top * _rational(coefficient), below))
            return total
        if isinstance(tensor, Product):
            value: Quotient = self.context.constant(_rational(tensor.coefficient)), one
            for factor, _ in tensor.factors:
                value = multiply(value, known[factor])
            return value
        assert isinstance(tensor, Power)
        return power(known[tensor.base], int(tensor.exponent))  # type: ignore[arg-type]

    def extra_letter(self, place: int) -> Any:
        """The polynomial of one of the `extra` letters."""
        return self.context.gens()[len(self.places) + place]

    def texts(self, notation: Notation) -> list[str]:
        """How the letters are written."""
        atoms = [to_text(notation.node(tensor)) for tensor in self.places]
        return [text if is_name(text) else f"({text})" for text in atoms] + self.extra


def _transparent(tensor: Tensor) -> list[Tensor] | None:
    """The parts of a scalar that are looked into; None for what becomes a letter."""
    if tensor.shape:
        return None
    if isinstance(tensor, Sum):
        return [term for _, term in tensor.terms]
    if isinstance(tensor, Product) and not tensor.out and all(not labels for _, labels in tensor.factors):
        return [factor for factor, _ in tensor.factors]
    if isinstance(tensor, Power) and not isinstance(tensor.exponent, Tensor) and tensor.exponent.denominator == 1:
        return [tensor.base]
    return None


def _rational(value: Any) -> Any:
    value = Fraction(value)
    return flint.fmpq(value.numerator, value.denominator)


def _checked(quotient: Quotient) -> Quotient:
    for part in quotient:
        limits.check("symbolic-terms", len(part), "/matrix")
        limits.check("symbolic-degree", int(part.total_degree()), "/matrix")
    return quotient


def reduced(top: Any, below: Any) -> Quotient:
    """The quotient in lowest terms, the leading coefficient below 1. Raises LimitExceeded."""
    _checked((top, below))
    if below.is_constant():
        return top / below.leading_coefficient(), below**0
    limits.check("symbolic-terms", (len(top) * len(below)) // 20, "/matrix")  # what a greatest common divisor may cost
    common = top.gcd(below)
    top, below = top / common, below / common
    lead = below.leading_coefficient()
    return top / lead, below / lead


def add(left: Quotient, right: Quotient) -> Quotient:
    if left[1] == right[1]:
        return reduced(left[0] + right[0], left[1])
    return reduced(left[0] * right[1] + right[0] * left[1], left[1] * right[1])


def multiply(left: Quotient, right: Quotient) -> Quotient:
    limits.check("symbolic-terms", max(len(left[0]) * len(right[0]), len(left[1]) * len(right[1])), "/matrix")
    return reduced(left[0] * right[0], left[1] * right[1])


def power(base: Quotient, exponent: int) -> Quotient:
    """Raises LimitExceeded, and UndefinedAtPoint for 0 to a negative power."""
    top, below = base if exponent >= 0 else base[::-1]
    if below == 0:
        raise UndefinedAtPoint("an entry divides by zero, whatever the values", pointer="/matrix")
    for part in (top, below):
        limits.check("symbolic-degree", max(1, int(part.total_degree())) * abs(exponent), "/matrix")
        limits.check("symbolic-terms", len(part) ** min(abs(exponent), 64), "/matrix")
    return reduced(top ** abs(exponent), below ** abs(exponent))


def may_factor(polynomial: Any) -> bool:
    """Whether factoring costs no more than milliseconds."""
    return len(polynomial) <= 800 and polynomial.total_degree() <= 40


def polynomial_text(polynomial: Any, names: Sequence[str]) -> str:
    """A polynomial in the language, as a product of its factors where it has several."""
    if polynomial == 0:
        return "0"
    if not may_factor(polynomial):
        return _expanded(polynomial, names)
    content, factors = polynomial.factor()
    if len(factors) == 0 or (len(factors) == 1 and factors[0][1] == 1):
        return _expanded(polynomial, names)
    parts = []
    for factor, times in sorted(factors, key=lambda entry: len(entry[0])):
        if factor.leading_coefficient() < 0:
            factor, content = -factor, content * (-1) ** int(times)
        text = _expanded(factor, names)
        text = f"({text})" if len(factor) > 1 else text
        parts.append(text if times == 1 else f"{text if len(factor) > 1 or '*' not in text else f'({text})'}^{times}")
    product = "*".join(parts)
    return product if content == 1 else f"-{product}" if content == -1 else f"{content}*{product}"


def _expanded(polynomial: Any, names: Sequence[str]) -> str:
    terms: list[str] = []
    for powers, coefficient in polynomial.terms():
        letters = "*".join(name if k == 1 else f"{name}^{k}" for name, k in zip(names, powers, strict=False) if k)
        size = abs(coefficient)
        text = str(size) if not letters else letters if size == 1 else f"{size}*{letters}"
        terms.append((" - " if coefficient < 0 else " + ") + text if terms else ("-" if coefficient < 0 else "") + text)
    return "".join(terms)


def quotient_text(quotient: Quotient, names: Sequence[str]) -> str:
    top, below = quotient
    if below == 1:
        return polynomial_text(top, names)
    upper, lower = polynomial_text(top, names), polynomial_text(below, names)
    return f"({upper})/({lower})"


def expanded_text(quotient: Quotient, names: Sequence[str]) -> str:
    """As `quotient_text`, with everything multiplied out."""
    top, below = quotient
    upper = _expanded(top, names) or "0"
    return upper if below == 1 else f"({upper})/({_expanded(below, names)})"
