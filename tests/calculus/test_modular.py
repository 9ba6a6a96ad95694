"""Rational functions modulo random primes: what is equal is found equal, what differs is told apart."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import flint
import pytest

from service.calculus.lower import lower
from service.calculus.modular import Outcome, compare_modulo_primes, random_prime
from service.calculus.sampling import letters_of, variables_of
from service.expression.arena import fresh_arena
from service.language import declare, parse_together

VARIABLES = {
    "A": "matrix(m,n)",
    "B": "matrix(n,m)",
    "M": "square(n)",
    "N": "square(n)",
    "S": "symmetric(n)",
    "P": "spd(n)",
    "D": "diagonal(n)",
    "Q": "orthogonal(n)",
    "U": "orthogonal(n)",
    "x": "vector(n)",
    "y": "vector(n)",
}
EQUAL = (
    ("det(M*N)", "det(M)*det(N)"),
    ("inv(M + x*y')", "inv(M) - inv(M)*x*y'*inv(M)/(1 + y'*inv(M)*x)"),
    ("det(eye(m) + A*B)", "det(eye(n) + B*A)"),
    ("(M + N)*(M - N)", "M*M - M*N + N*M - N*N"),
    ("det(2*M)", "2^n*det(M)"),
    ("Q'*Q", "eye(n)"),
    ("det(Q)^2", "1"),
    ("det(Q*U)", "det(U)*det(Q)"),
    ("D*M*D", "diag(D)*diag(D)'.*M"),
    ("a^2 - b^2", "(a - b)*(a + b)"),
    ("1/(1/a + 1/b)", "a*b/(a + b)"),
    ("prod(2*x)", "2^n*prod(x)"),
    ("sum(x)/n", "mean(x)"),
    ("exp(a)*(b + 1)", "exp(a)*b + exp(a)"),
    ("(1 + sqrt(a))*b", "b + b*sqrt(a)"),
    ("pi*(a + e)", "pi*a + e*pi"),
)
DIFFERENT = (
    ("M*N", "N*M"),
    ("M'*M", "M*M'"),
    ("S*P", "P*S"),
    ("(M + N)^2", "M^2 + 2*M*N + N^2"),
    ("det(M + N)", "det(M) + det(N)"),
    ("det(Q)", "1"),
    ("det(Q)", "-1"),
    ("det(Q)*det(U)", "1"),
    ("x'*M*x", "x'*M'*x + a"),
    ("n", "n + (n - 2)*(n - 3)"),
    ("M*M - tr(M)*M + det(M)*eye(n)", "0*M"),
    ("a^30", "a^31"),
    ("a", "a + 1/10^30"),
)


@pytest.fixture(autouse=True)
def _arena() -> Iterator[None]:
    with fresh_arena():
        yield


def compared(left: str, right: str, seed: str = "") -> Outcome | None:
    nodes = list(parse_together({"/left": left, "/right": right}, declare(VARIABLES)).values())
    tensors = [lower(node) for node in nodes]
    return compare_modulo_primes(*tensors, variables_of(nodes).values(), letters_of(nodes), Random(seed))


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_equal(left: str, right: str) -> None:
    outcome = compared(left, right)
    assert outcome is not None
    assert outcome.equal
    assert 0 < outcome.error_probability < 1e-25


@pytest.mark.parametrize("seed", ["one", "two", "three"])
@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different(left: str, right: str, seed: str) -> None:
    outcome = compared(left, right, seed)
    assert outcome is not None
    assert not outcome.equal
    assert outcome.rational


def test_the_properties_of_a_matrix_matter() -> None:
    assert (outcome := compared("x'*S*y", "y'*S*x")) is not None
    assert outcome.equal
    assert (outcome := compared("x'*M*y", "y'*M*x")) is not None
    assert not outcome.equal


def test_a_multiple_of_one_fixed_prime_is_no_hiding_place() -> None:
    """2^61 - 1 is a prime: modulo that one, the two would be equal."""
    assert (outcome := compared("2305843009213693951*a", "0*a")) is not None
    assert not outcome.equal


def test_functions_that_are_not_rational_prove_no_difference() -> None:
    outcome = compared("exp(2*a)", "exp(a)^2")
    assert outcome is not None
    assert not outcome.equal
    assert not outcome.rational


@pytest.mark.parametrize("text", ["a^(2^70)", "1/0*a", "det(M - M)^-1"])
def test_what_this_method_cannot_tell_it_does_not_tell(text: str) -> None:
    outcome = compared(text, f"{text} + a")
    assert outcome is None or not outcome.rational


def test_too_high_a_degree_is_no_evidence() -> None:
    """x^p = x modulo p: a residue is evidence only where the degree is far below the prime."""
    power = "a"
    for _ in range(60):
        power = f"({power})^2"
    assert compared(f"{power} + 1", f"{power} + 2") is None or not compared(f"{power} + 1", f"{power} + 2").equal  # type: ignore[union-attr]


def test_the_error_grows_with_the_degree() -> None:
    low, high = compared("(a + b)^2", "a^2 + 2*a*b + b^2"), compared("(a + b)^3*(a - b)^997", "(a - b)^997*(a^3 + 3*a^2*b + 3*a*b^2 + b^3)")
    assert low is not None
    assert high is not None
    assert low.error_probability < high.error_probability < 1e-28


def test_primes_are_primes_of_61_bits_and_not_always_the_same() -> None:
    random = Random(1)
    primes = [random_prime(random) for _ in range(5)]
    assert len(set(primes)) == 5
    assert all(flint.fmpz(prime).is_prime() and prime.bit_length() == 61 for prime in primes)
