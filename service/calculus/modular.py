"""Identities of rational functions, decided by exact evaluation modulo random primes.

Two expressions made of sums, products, whole powers, inverses and determinants are rational functions P/Q with whole
coefficients. They differ when F = P₁Q₂ - P₂Q₁ is not zero, and then a random residue class is no root of it, but for a
probability of at most deg F / p (Schwartz 1980, Zippel 1979); and a random prime does not divide all of F's coefficients,
of which the largest has b bits, but for a probability of at most (b/60) / (number of primes of 61 bits).

Every other function (exp, a root, relu) is taken for an unknown of its own: equality is still proven, but a difference is
not, because exp(x) and exp(2x) are no independent unknowns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import combinations
from random import Random
from typing import Any, NamedTuple

import flint
import numpy as np

from service.calculus.sampling import draw_sizes, with_properties
from service.calculus.tensor_values import TensorValues, length, lengths, parts, rational_exponent, work
from service.expression.numbers import Rational
from service.expression.operation import Array, operation
from service.expression.shapes import axes
from service.expression.tensors import Apply, Leaf, Power, Product, Sum, Tensor
from service.operations.leaves import Variable

INVERSE, DETERMINANT, PRODUCT_OF_ENTRIES = (operation(name) for name in ("inv", "det", "prod"))
RATIONAL = (INVERSE, DETERMINANT, PRODUCT_OF_ENTRIES)

PRIME_BITS = 61
PRIMES = 2.6e16  # there are more primes than this between 2^60 and 2^61
SIZES_TRIED = 4
TRIALS = 2
REDRAWS = 3
LARGEST_WORK = 3_000_000
MOST_ORTHOGONAL = 3
LARGEST_EXPONENT = 2**40
WORTHLESS = 2.0**-20
"""A trial that is wrong more often than this is no evidence: the degrees are too high."""


class Outcome(NamedTuple):
    """`equal` modulo every prime tried. `rational`: no unknown stands for another function, so that a difference is proven.
    `error_probability` bounds the chance that functions which differ at one of the `sizes` are found equal."""

    equal: bool
    rational: bool
    error_probability: float
    sizes: list[dict[str, int]]


def compare_modulo_primes(left: Tensor, right: Tensor, variables: Iterable[Variable], letters: list[str], random: Random) -> Outcome | None:
    """Whether two tensors of one shape are the same rational function; None where this method cannot tell.

    It cannot where the arrays are too large, the degrees too high, or a denominator is always zero.
    """
    declared = list(variables)
    if sum("orthogonal" in variable.properties for variable in declared) > MOST_ORTHOGONAL:
        return None
    tried: list[dict[str, int]] = []
    worst, rational = 0.0, True
    for attempt in range(SIZES_TRIED if letters else 1):
        sizes = draw_sizes(letters, attempt)
        if work([left, right], sizes) > LARGEST_WORK:
            continue
        bound = _error_of_a_trial(left, right, sizes)
        if bound > WORTHLESS:
            continue
        for reflected in _reflections(declared) * TRIALS:
            found = _trial(left, right, declared, sizes, reflected, random)
            if found is None:
                return None
            equal, only_rational = found
            rational = rational and only_rational
            if not equal:
                return Outcome(False, rational, 0.0, [sizes])
        tried.append(sizes)
        worst = max(worst, bound**TRIALS)
    return Outcome(True, rational, worst, tried) if tried else None


def _reflections(variables: list[Variable]) -> list[frozenset[str]]:
    """Which orthogonal matrices are reflected: each combination, for rotations and the others are apart from each other."""
    orthogonal = [variable.name for variable in variables if "orthogonal" in variable.properties]
    return [frozenset(chosen) for count in range(len(orthogonal) + 1) for chosen in combinations(orthogonal, count)]


def _trial(
    left: Tensor, right: Tensor, variables: list[Variable], sizes: dict[str, int], reflected: frozenset[str], random: Random
) -> tuple[bool, bool] | None:
    """Whether the values are equal at one random point modulo one random prime, and whether they are rational."""
    for _ in range(REDRAWS):
        prime = random_prime(random)
        try:
            point = {variable.name: _draw(variable, sizes, prime, variable.name in reflected, random) for variable in variables}
            residues = Residues(prime, point, sizes, random)
            equal = bool(np.all(residues(left) == residues(right)))
        except ZeroDivisionError:
            continue
        return equal, residues.rational
    return None


def random_prime(random: Random) -> int:
    """A prime of 61 bits, each as likely as any other."""
    while True:
        candidate = random.getrandbits(PRIME_BITS) | 1 << (PRIME_BITS - 1) | 1
        if flint.fmpz(candidate).is_prime():
            return candidate


def _draw(variable: Variable, sizes: Mapping[str, int], prime: int, reflected: bool, random: Random) -> Array:
    """A random array with the declared properties. A symmetric one stands for a positive definite one too: those are an
    open set, on which a rational function vanishes only when it vanishes on all symmetric matrices."""
    shape = lengths(axes(variable.shape), sizes)
    entries = _random_array(shape, prime, random)
    if len(shape) == 2 and shape[0] == shape[1]:
        return with_properties(entries, variable.properties, partial(_inverse, prime), reflected)
    return entries


def _random_array(shape: tuple[int, ...], prime: int, random: Random) -> Array:
    entries = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        entries[place] = flint.nmod(random.randrange(prime), prime)
    return entries


class Residues(TensorValues):
    """Values modulo a prime. Raises ZeroDivisionError where a denominator is zero. `rational` turns False at the first
    function that is none."""

    def __init__(self, prime: int, variables: Mapping[str, Array], sizes: Mapping[str, int], random: Random) -> None:
        super().__init__(variables, sizes)
        self.prime = prime
        self.random = random
        self.rational = True
        self.constants: dict[str, Any] = {}

    def number(self, value: Rational) -> Any:
        residue = flint.nmod(value.numerator, self.prime)
        return residue if value.denominator == 1 else residue / flint.nmod(value.denominator, self.prime)

    def constant(self, name: str) -> Any:
        """pi and e are transcendental: unknowns like the others."""
        if name not in self.constants:
            self.constants[name] = self.unknown((), False).item()
        return self.constants[name]

    def power(self, tensor: Power, base: Array) -> Any:
        exponent = _whole_exponent(tensor, self.sizes)
        return self.unknown(base.shape, tensor.symmetric) if exponent is None else base**exponent

    def apply(self, tensor: Apply, *arguments: Array) -> Any:
        if tensor.operation is INVERSE:
            return _inverse(self.prime, arguments[0])
        if tensor.operation is DETERMINANT:
            return flint.nmod_mat(arguments[0].tolist(), self.prime).det()
        if tensor.operation is PRODUCT_OF_ENTRIES:
            return math.prod(arguments[0].flat, start=self.number(1))
        return self.unknown(lengths(tensor.shape, self.sizes), tensor.symmetric)

    def unknown(self, shape: tuple[int, ...], symmetric: bool) -> Array:
        self.rational = False
        entries = _random_array(shape, self.prime, self.random)
        return with_properties(entries, frozenset({"symmetric"}), partial(_inverse, self.prime), False) if symmetric else entries


def _whole_exponent(tensor: Power, sizes: Mapping[str, int]) -> int | None:
    """The exponent of a power that is a rational function, else None."""
    exponent = rational_exponent(tensor, sizes)
    if exponent is None or exponent.denominator != 1 or abs(exponent.numerator) > LARGEST_EXPONENT:
        return None
    return exponent.numerator


def _inverse(prime: int, matrix: Array) -> Array:
    return np.array(flint.nmod_mat(matrix.tolist(), prime).inv().tolist(), dtype=object)


# --- the probability of an error ------------------------------------------------------------------------------------


class Fractions(NamedTuple):
    """Bounds for an array whose entries are P/Q with one common Q: the degrees of P and Q, and the bits of the sum of the
    absolute values of either's coefficients."""

    above: int
    below: int
    bits: float


def _error_of_a_trial(left: Tensor, right: Tensor, sizes: Mapping[str, int]) -> float:
    """The chance that one trial finds two different rational functions equal."""
    bounds: dict[Tensor, Fractions] = {}
    for tensor in parts([left, right]):
        bounds[tensor] = _bound(tensor, bounds, sizes)
    first, second = bounds[left], bounds[right]
    degree = max(first.above + second.below, second.above + first.below) + first.below + second.below
    bits = first.bits + second.bits + 1
    smallest_prime: int = 2 ** (PRIME_BITS - 1)
    return 1.0 if degree >= smallest_prime else degree / smallest_prime + bits / (PRIME_BITS - 1) / PRIMES


def _bound(tensor: Tensor, known: Mapping[Tensor, Fractions], sizes: Mapping[str, int]) -> Fractions:
    if isinstance(tensor, Sum):
        inner = [known[term] for _, term in tensor.terms]
        below = sum(bound.below for bound in inner)
        bits = sum(bound.bits for bound in inner) + sum(_bits(coefficient) for coefficient, _ in tensor.terms)
        return Fractions(max(bound.above + below - bound.below for bound in inner), below, bits + math.log2(len(inner)))
    if isinstance(tensor, Product):
        inner = [known[factor] for factor, _ in tensor.factors]
        own = lengths(tensor.sizes, sizes)
        summed = math.prod([size for label, size in enumerate(own) if label not in tensor.out])
        bits = sum(bound.bits for bound in inner) + _bits(tensor.coefficient) + math.log2(summed)
        return Fractions(sum(bound.above for bound in inner), sum(bound.below for bound in inner), bits)
    entries = math.prod(lengths(tensor.shape, sizes))
    if isinstance(tensor, Power):
        exponent = _whole_exponent(tensor, sizes)
        if exponent is not None:
            return _power_bound(known[tensor.base], exponent, entries)
    elif isinstance(tensor, Apply) and tensor.operation in RATIONAL:
        return _matrix_bound(tensor, known[tensor.arguments[0]], sizes)
    elif isinstance(tensor, Leaf) and "orthogonal" in tensor.properties:  # Cayley's transform of a skew matrix
        rows = lengths(tensor.shape, sizes)[0]
        return Fractions(rows, rows, rows * math.log2(2 * rows))
    elif isinstance(tensor, Leaf) and tensor.kind == "size":
        return Fractions(0, 0, _bits(length(tensor.name, sizes)))
    return Fractions(1, 0, 0.0)


def _power_bound(base: Fractions, exponent: int, entries: int) -> Fractions:
    """(P/Q)^k; for a negative k the entries Q/P get the product of all P as their common denominator."""
    times = abs(exponent)
    if exponent >= 0:
        return Fractions(times * base.above, times * base.below, times * base.bits)
    return Fractions(times * (base.below + (entries - 1) * base.above), times * entries * base.above, times * (entries + 1) * base.bits)


def _matrix_bound(tensor: Apply, argument: Fractions, sizes: Mapping[str, int]) -> Fractions:
    """By Leibniz' formula and Cramer's rule: det(P/Q) = det(P)/Q^n, inv(P/Q) = Q·adj(P)/det(P)."""
    shape = lengths(tensor.arguments[0].shape, sizes)
    if tensor.operation is PRODUCT_OF_ENTRIES:
        count = math.prod(shape)
        return Fractions(count * argument.above, count * argument.below, count * argument.bits)
    rows = shape[0]
    bits = rows * (argument.bits + math.log2(rows)) + argument.bits
    if tensor.operation is DETERMINANT:
        return Fractions(rows * argument.above, rows * argument.below, bits)
    return Fractions(argument.below + (rows - 1) * argument.above, rows * argument.above, bits)


def _bits(number: Rational) -> float:
    return float(max(abs(number.numerator), number.denominator).bit_length())
