"""The different eigenvalues of a rational matrix as a reader takes them: closed forms up to degree 4, digits beyond, exact
eigenvectors and the Jordan form.

Eigenvectors are computed in the number field of their eigenvalue. Those of a rational eigenvalue are whole numbers without
a common factor, the first that is not 0 positive; the others have a 1 in a place of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint

from service.certificates import Check, decided
from service.errors import Undecided
from service.linalg import closed_forms, spectrum
from service.linalg.balls import Digits, written
from service.linalg.closed_forms import Form
from service.linalg.number_field import NumberField, Vector
from service.linalg.spectrum import Factor, Root
from service.precision import precision

CLOSED_UP_TO = 4  # the degree up to which roots have a general formula
DEFAULT_DIGITS = 30
VECTOR_WORK = 400_000  # n³d² up to which eigenvectors over a number field of degree d take about a second
FIRST_BITS, MOST_BITS = 256, 16_000
PRIME = 2**61 - 1
POINT = 1_234_567_891_011


@dataclass(frozen=True)
class Eigenvalue:
    """One of the different eigenvalues: `text` is exact ({"re", "im"} when complex), or holds digits with `radius` around it."""

    root: Root
    text: Any
    radius: Any
    forms: tuple[Form, Form | None] | None

    @property
    def factor(self) -> Factor:
        return self.root.factor

    def to_json(self) -> dict[str, Any]:
        return {
            "eigenvalue": self.text,
            "algebraic_multiplicity": self.factor.algebraic,
            "geometric_multiplicity": self.factor.geometric,
        }


def eigenvalues(factors: list[Factor], digits: int | None) -> list[Eigenvalue]:
    """All different eigenvalues in decreasing order; those of a degree beyond 4 with so many digits. Raises Undecided."""
    bits = max(FIRST_BITS, math.ceil(4 * (digits or DEFAULT_DIGITS)))
    while bits <= MOST_BITS:
        with precision(bits):
            try:
                forms = {id(factor): closed_forms.roots(factor.polynomial) for factor in factors if factor.degree <= CLOSED_UP_TO}
                found = [_named(root, forms.get(id(root.factor)), digits or DEFAULT_DIGITS) for root in spectrum.roots(factors)]
            except ArithmeticError:  # a sign could not be told
                found = [None]
        answers = [entry for entry in found if entry is not None]
        if len(answers) == len(found):
            return answers
        bits *= 2
    raise Undecided("the eigenvalues could not be told apart", "ask for fewer digits", "/matrix")


def _named(root: Root, forms: list[closed_forms.Root] | None, digits: int) -> Eigenvalue | None:
    if forms is not None:
        fitting = [form for form in forms if _ball(form).overlaps(root.ball)]
        if len(fitting) != 1:
            return None
        real, imaginary = fitting[0]
        text = real.text if imaginary is None else {"re": real.text, "im": imaginary.text}
        return Eigenvalue(root, text, "0", fitting[0])
    parts = [written(root.ball.real, digits), Digits("0", "0") if root.is_real else written(root.ball.imag, digits)]
    real_part, imaginary_part = parts
    if real_part is None or imaginary_part is None:
        return None
    if root.is_real:
        return Eigenvalue(root, real_part.text, real_part.radius, None)
    return Eigenvalue(root, {"re": real_part.text, "im": imaginary_part.text}, {"re": real_part.radius, "im": imaginary_part.radius}, None)


def _ball(form: closed_forms.Root) -> Any:
    real, imaginary = form
    return flint.acb(real.ball(), 0 if imaginary is None else imaginary.ball())


def conjugate_text(text: Any) -> Any:
    """The complex conjugate of an entry as a text."""
    if isinstance(text, str):
        return text
    return {"re": text["re"], "im": text["im"][1:] if text["im"].startswith("-") else f"-{text['im']}"}


@dataclass(frozen=True)
class ExactSpectrum:
    """The spectrum of the n×n fmpq_mat `a`."""

    a: Any
    factors: list[Factor]
    values: list[Eigenvalue]

    @property
    def is_diagonalizable(self) -> bool:
        return all(factor.geometric == factor.algebraic for factor in self.factors)

    @property
    def is_explicit(self) -> bool:
        """Whether all numbers of the eigenvectors can be written down: degrees up to 2, and not too much work."""
        n = self.a.nrows()
        return all(factor.degree <= 2 and n**3 * factor.degree**2 <= VECTOR_WORK for factor in self.factors)

    @cached_property
    def chains(self) -> dict[int, tuple[NumberField, list[list[Vector]]]]:
        """For each factor (by its id) its field and the Jordan chains of its roots."""
        found = {}
        for factor in self.factors:
            field = NumberField(flint.fmpq_poly(factor.polynomial))
            if factor.geometric == factor.algebraic:
                chains = [[vector] for vector in field.null_space(field.shifted(self.a))]
            else:
                chains = field.chains(self.a, factor.blocks)
            found[id(factor)] = field, [_tidy(field, chain) for chain in chains]
        return found

    def eigenvectors(self) -> list[list[Any]]:
        """n rows of texts; a column for each vector of the bases of the eigenspaces, in the order of the values."""
        columns = []
        for value in self.values:
            _, chains = self.chains[id(value.factor)]
            columns += [_texts(chain[0], value) for chain in chains]
        return [list(row) for row in zip(*columns, strict=True)]

    def jordan_basis(self) -> list[list[Any]]:
        """The P of A = P·J·P⁻¹, as texts."""
        columns = []
        for value in self.values:
            _, chains = self.chains[id(value.factor)]
            columns += [_texts(vector, value) for chain in chains for vector in chain]
        return [list(row) for row in zip(*columns, strict=True)]

    def inverse_basis(self) -> list[list[Any]]:
        """The P⁻¹ of a diagonalizable A: its rows are left eigenvectors y with y·x = 1, of the same field as x."""
        rows: list[list[Any]] = []
        for value in self.values:
            field, chains = self.chains[id(value.factor)]
            right = [list(column) for column in zip(*[chain[0] for chain in chains], strict=True)]
            left = field.null_space(field.shifted(self.a.transpose()))
            joined = [gram + row for gram, row in zip(field.product(left, right), left, strict=True)]
            solved, _ = field.reduced(joined)
            rows += [_texts(row[len(left) :], value) for row in solved]
        return rows

    def jordan_form(self) -> list[list[Any]] | None:
        """n rows of texts; None where an eigenvalue has no closed form."""
        if any(value.forms is None for value in self.values):
            return None
        n = self.a.nrows()
        rows: list[list[Any]] = [["0"] * n for _ in range(n)]
        place = 0
        for value in self.values:
            for size in value.factor.blocks:
                for i in range(place, place + size):
                    rows[i][i] = value.text
                    if i + 1 < place + size:
                        rows[i][i + 1] = "1"
                place += size
        return rows

    def eigenspaces(self) -> list[dict[str, Any]] | None:
        """Bases whose entries are polynomials in the eigenvalue lambda, for each irreducible factor; None where it is too much."""
        if any(self.a.nrows() ** 3 * factor.degree**2 > VECTOR_WORK for factor in self.factors):
            return None
        return [
            {
                "factor": polynomial_text(factor.polynomial),
                "eigenvalues": [value.text for value in self.values if value.factor is factor],
                "basis": [[polynomial_text(entry) for entry in chain[0]] for chain in self.chains[id(factor)][1]],
            }
            for factor in self.factors
        ]

    def checks(self) -> list[Check]:
        n, polynomial = self.a.nrows(), self.a.charpoly()
        checks = [
            polynomial_check(self.a, polynomial),
            factors_check(self.factors, polynomial),
            decided("count", sum(value.factor.algebraic for value in self.values) == n, "the algebraic multiplicities sum to n"),
        ]
        if "chains" in self.__dict__:
            holds = all(_holds(self.a, *self.chains[id(factor)]) for factor in self.factors)
            checks.append(decided("eigenvectors", holds, "A v = lambda v, and along Jordan chains A w = lambda w + v, exactly"))
        return checks


def polynomial_check(a: Any, polynomial: Any) -> Check:
    """Compare p(t) with det(tI − A), modulo a prime that divides no denominator."""
    integers, denominator = a.numer_denom()
    n = a.nrows()
    shifted = flint.nmod_mat(n, n, [POINT * int(denominator) * (i == j) - int(integers[i, j]) for i in range(n) for j in range(n)], PRIME)
    value = polynomial(POINT) * denominator**n
    holds = value.q == 1 and int(value.p) % PRIME == int(shifted.det())
    return decided("characteristic-polynomial", holds, "agrees with det(t I - A) at a point, by elimination modulo the prime 2^61 - 1")


def factors_check(factors: list[Factor], polynomial: Any) -> Check:
    product = flint.fmpq_poly([1])
    for factor in factors:
        product *= flint.fmpq_poly(factor.polynomial) ** factor.algebraic
    holds = product / product.leading_coefficient() == polynomial
    return decided("factors", holds, "the factors multiply to the characteristic polynomial")


def _holds(a: Any, field: NumberField, chains: list[list[Vector]]) -> bool:
    shifted = field.shifted(a)
    for chain in chains:
        before = [field.element(0)] * a.nrows()
        for vector in chain:
            if [row[0] for row in field.product(shifted, [[entry] for entry in vector])] != before:
                return False
            before = vector
    return True


def _tidy(field: NumberField, chain: list[Vector]) -> list[Vector]:
    """A chain over Q scaled such that its eigenvector has whole entries without a common factor, the first positive."""
    if field.degree > 1:
        return chain
    entries = [flint.fmpq(entry[0]) for entry in chain[0]]
    below = math.lcm(*(int(entry.q) for entry in entries))
    common = math.gcd(*(int((entry * below).p) for entry in entries))
    sign = next(1 if entry > 0 else -1 for entry in entries if entry != 0)
    scale = flint.fmpq(sign * below, common)
    return [[entry * scale for entry in vector] for vector in chain]


def _texts(vector: Vector, value: Eigenvalue) -> list[Any]:
    """The entries at this root; for a degree of 1 or 2."""
    if value.factor.degree == 1:
        return [str(entry[0]) for entry in vector]
    f = value.factor.polynomial
    middle, discriminant = flint.fmpq(-f[1], 2 * f[2]), flint.fmpq(f[1] ** 2 - 4 * f[0] * f[2], 4 * f[2] ** 2)
    outside, inside = closed_forms.square_root(abs(discriminant))
    outside = outside if _is_upper(value) else -outside
    if discriminant > 0:
        return [closed_forms.quadratic_number(entry[0] + entry[1] * middle, entry[1] * outside, inside).text for entry in vector]
    entries: list[Any] = []
    for entry in vector:
        real, imaginary = flint.fmpq(entry[0] + entry[1] * middle), entry[1] * outside
        part = closed_forms.rational(imaginary) if inside == 1 else closed_forms.quadratic_number(0, imaginary, inside)
        entries.append(str(real) if imaginary == 0 else {"re": str(real), "im": part.text})
    return entries


def _is_upper(value: Eigenvalue) -> bool:
    """Whether a root of a quadratic is the one with the positive square root."""
    f = value.factor.polynomial
    if value.root.is_real:
        with precision(FIRST_BITS):
            return bool(value.root.ball.real > flint.arb(flint.fmpq(-f[1], 2 * f[2])))
    return bool(value.root.ball.imag > 0)


def polynomial_text(polynomial: Any, name: str = "lambda") -> str:
    """A polynomial in the language: "lambda^2 - 3*lambda + 1/2"."""
    terms: list[str] = []
    for power in range(polynomial.degree(), -1, -1):
        coefficient = flint.fmpq(polynomial[power])
        if coefficient == 0:
            continue
        size = abs(coefficient)
        letters = "" if power == 0 else name if power == 1 else f"{name}^{power}"
        text = str(size) if not letters else letters if size == 1 else f"{size}*{letters}"
        sign = "-" if coefficient < 0 else "+"
        terms.append(f" {sign} {text}" if terms else f"{'-' if coefficient < 0 else ''}{text}")
    return "".join(terms) or "0"
