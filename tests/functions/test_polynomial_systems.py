"""All real solutions of polynomial systems: against known ones, and counted in two ways."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np
import pytest

from service.functions.polynomial_systems import NotFinite, TooLarge, solve_system
from service.precision import precision


def gradient_of(count: int, terms: dict[tuple[int, ...], int]) -> list[Any]:
    context = flint.fmpq_mpoly_ctx.get([f"x{i}" for i in range(count)], "deglex")
    polynomial = context.from_dict({key: flint.fmpq(value) for key, value in terms.items()})
    return [list(polynomial.derivative(i).terms()) for i in range(count)]


def test_himmelblau_has_nine_critical_points() -> None:
    """(x² + y - 11)² + (x + y² - 7)²; the minima as Himmelblau (Applied Nonlinear Programming, 1972) gives them."""
    terms = {(4, 0): 1, (2, 1): 2, (2, 0): -21, (0, 2): -13, (1, 2): 2, (1, 0): -14, (0, 4): 1, (0, 1): -22}
    found = solve_system(gradient_of(2, terms), 2)
    assert found.complex_count == len(found.points) == 9
    points = [[point.number(c) for c in point.coordinates] for point in found.points]
    for minimum in ([3, 2], [-2.805118, 3.131312], [-3.779310, -3.283186], [3.584428, -1.848126]):
        assert min(np.max(np.abs(np.array(point) - minimum)) for point in points) < 1e-6


def test_coordinates_in_closed_form() -> None:
    """xyz + x² + y² + z² - x by hand: x = 2 gives yz = -3 and y² = 3, x = -2 gives yz = 5 and y² = 5."""
    terms = {(1, 1, 1): 1, (2, 0, 0): 1, (0, 2, 0): 1, (0, 0, 2): 1, (1, 0, 0): -1}
    found = solve_system(gradient_of(3, terms), 3)
    assert [[point.text(c) for c in point.coordinates] for point in found.points] == [
        ["-2", "-sqrt(5)", "-sqrt(5)"],
        ["-2", "sqrt(5)", "sqrt(5)"],
        ["1/2", "0", "0"],
        ["2", "-sqrt(3)", "sqrt(3)"],
        ["2", "sqrt(3)", "-sqrt(3)"],
    ]


def test_roots_of_wilkinsons_polynomial() -> None:
    """(x - 1)...(x - 20), expanded: doubles lose its roots, isolation does not. (J. H. Wilkinson, 1963.)"""
    polynomial = flint.fmpq_poly([1])
    for root in range(1, 21):
        polynomial = polynomial * flint.fmpq_poly([-root, 1])
    found = solve_system([[((k,), c) for k, c in enumerate(polynomial.coeffs())]], 1)
    assert [point.text(point.coordinates[0]) for point in found.points] == [str(root) for root in range(1, 21)]


@pytest.mark.parametrize("count", [2, 3])
def test_random_systems_against_newtons_method(count: int) -> None:
    """Every solution solves; and every root that Newton's method finds from random starts is among them."""
    random = np.random.default_rng(7)
    for _ in range(4):
        keys = [key for key in np.ndindex(*(4,) * count) if sum(key) <= 3]
        terms = {key: int(random.integers(-4, 5)) for key in keys}
        terms |= {tuple(4 * int(i == j) for j in range(count)): 1 for i in range(count)}
        equations = gradient_of(count, {key: value for key, value in terms.items() if value})
        found = solve_system(equations, count)
        points = np.array([[point.number(c) for c in point.coordinates] for point in found.points])

        def values(x: Any, equations: Any = equations) -> Any:
            return np.array([sum(float(c.p) / float(c.q) * np.prod(x ** np.array(k, dtype=int)) for k, c in terms) for terms in equations])

        for point in points:
            scale = 1 + np.max(np.abs(point)) ** 3
            assert np.max(np.abs(values(point))) < 1e-9 * scale
        for start in random.uniform(-3, 3, (12, count)):
            x = start
            for _ in range(60):
                slope = np.stack([(values(x + 1e-6 * e) - values(x - 1e-6 * e)) / 2e-6 for e in np.eye(count)], axis=1)
                if abs(np.linalg.det(slope)) < 1e-9:
                    break
                x = x - np.linalg.solve(slope, values(x))
            if np.max(np.abs(values(x))) < 1e-10:
                assert np.min(np.max(np.abs(points - x), axis=1)) < 1e-5


def test_multiple_solutions_are_counted_once() -> None:
    """x⁴ + y⁴: the origin, of multiplicity 9."""
    found = solve_system(gradient_of(2, {(4, 0): 1, (0, 4): 1}), 2)
    assert (len(found.points), found.complex_count) == (1, 1)


def test_complex_solutions_are_no_points() -> None:
    """x³ + 3x has the derivative 3x² + 3; x³ - 3xy + y³ has two of its four critical points in the plane."""
    assert solve_system([[((2,), flint.fmpq(3)), ((0,), flint.fmpq(3))]], 1).points == []
    found = solve_system(gradient_of(2, {(3, 0): 1, (1, 1): -3, (0, 3): 1}), 2)
    assert (len(found.points), found.complex_count) == (2, 4)


def test_what_is_not_finite_or_too_large_is_refused() -> None:
    with pytest.raises(NotFinite):
        solve_system(gradient_of(2, {(2, 0): 1, (1, 1): -2, (0, 2): 1}), 2)
    with pytest.raises(TooLarge):
        solve_system(gradient_of(3, {(9, 0, 0): 1, (0, 9, 0): 1, (0, 0, 9): 1, (1, 1, 1): 1}), 3)


def test_a_sign_is_exact() -> None:
    """At x = √2 the element x² - 2 is 0, and x² - 2 + 10⁻⁵⁰ is not."""
    (_, point) = solve_system([[((2,), flint.fmpq(1)), ((0,), flint.fmpq(-2))]], 1).points
    tiny = flint.fmpq(1, 10**50)
    assert point.sign(point.element([((2,), flint.fmpq(1)), ((0,), flint.fmpq(-2))])) == 0
    assert point.sign(point.element([((2,), flint.fmpq(1)), ((0,), flint.fmpq(-2) + tiny)])) == 1
    with precision(100):
        assert point.ball(point.coordinates[0]).overlaps(flint.arb(2).sqrt())
