"""Polynomials, quotients and conditions as texts of the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.functions.radicals import Polynomial, Quotient, Root
from service.functions.signs import Condition


class Texts:
    """`names` of letters by their places; a root is written out."""

    def __init__(self, names: Sequence[str], roots: Sequence[Root]) -> None:
        self.names: dict[int, str] = dict(enumerate(names))
        for root in roots:  # an earlier one may stand under a later one
            inside = self.polynomial(root.radicand)
            self.names[root.slot] = {2: f"sqrt({inside})", 3: f"cbrt({inside})"}.get(root.order, f"(({inside})^(1/{root.order}))")

    def polynomial(self, polynomial: Polynomial) -> str:
        text = ""
        for exponents, coefficient in polynomial.terms():
            powers = [(self.names[place], int(power)) for place, power in enumerate(exponents) if power]
            factors = [name if power == 1 else f"{name}^{power}" for name, power in powers]
            size = str(abs(coefficient))
            term = "*".join(factors if factors and size == "1" else [size, *factors])
            sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
            text += sign + term
        return text or "0"

    def quotient(self, quotient: Quotient) -> str:
        top = self.polynomial(quotient.top)
        if quotient.below == 1:
            return top
        return f"({top})/({self.polynomial(quotient.below)})"

    def condition(self, condition: Condition) -> str:
        """Factored, so that signs can be seen."""
        constant, factors = condition.polynomial.factor()
        if condition.relation == "!=" or len(factors) < 2:
            return f"{self.polynomial(condition.polynomial)} {condition.relation} 0"
        texts = [text for _, text in sorted((len(factor), self.polynomial(factor)) for factor, _ in factors)]
        product = "*".join(f"({text})" if " " in text else text for text in texts)
        return f"{product} {condition.relation if constant > 0 else '<' if condition.relation == '>' else '>'} 0"


def value_at(polynomial: Polynomial, values: Mapping[int, float]) -> float:
    """The polynomial in doubles."""
    total = 0.0
    for exponents, coefficient in polynomial.terms():
        term = float(coefficient.p) / float(coefficient.q)
        for place, power in enumerate(exponents):
            if power:
                term *= values[place] ** int(power)
        total += term
    return total
