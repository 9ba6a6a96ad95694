"""Eigenvalues in exact arithmetic, and with as many correct digits as asked."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint

from service import limits
from service.certificates import Check, measured, require
from service.errors import InputError, MathematicsRefuses, ShapeMismatch, SingularMatrix
from service.linalg import balls, spectrum
from service.linalg.exact import check_size, require_rational, require_square
from service.linalg.exact_spectrum import ExactSpectrum, conjugate_text, eigenvalues, polynomial_text
from service.linalg.matrix import Matrix


def pencil(matrix: Matrix, b: Matrix) -> Matrix:
    """B⁻¹A, whose eigenvalues are those of A·x = λ·B·x; decimals mean themselves. Raises ShapeMismatch, SingularMatrix (an eigenvalue
    would be infinite), LimitExceeded, InputError for complex entries."""
    require_square(matrix, "eigenvalues")
    if b.shape != matrix.shape:
        detail = f"A is {matrix.shape[0]}×{matrix.shape[1]}, and B is {b.shape[0]}×{b.shape[1]}: both are square, of one size"
        raise ShapeMismatch(detail, pointer="/b")
    for part, pointer in ((matrix, "/matrix"), (b, "/b")):
        limits.check("function-size", part.shape[0], pointer)
        if part.is_complex:
            raise InputError("A x = lambda B x is solved for real matrices", pointer=pointer)
    if b.exact.det() == 0:
        raise SingularMatrix("B is singular, so that A x = lambda B x has infinite eigenvalues, or any number is one", pointer="/b")
    return Matrix(matrix.shape, "rational", None, b.exact.solve(matrix.exact).tolist())


def exact_spectrum(matrix: Matrix, digits: int | None = None) -> ExactSpectrum:
    """Raises ShapeMismatch, LimitExceeded, Undecided."""
    require_square(matrix, "eigenvalues")
    require_rational(matrix)
    check_size(matrix, 4 * matrix.shape[0])
    a = matrix.exact
    factors = spectrum.factors(a, a == a.transpose())
    return ExactSpectrum(a, factors, eigenvalues(factors, digits))


def eigen_exactly(matrix: Matrix, digits: int | None = None, left: bool = False, vectors: bool = True) -> dict[str, Any]:
    """The spectrum of a rational n×n matrix, as the operation eigen answers it in exact arithmetic. Raises as `exact_spectrum`."""
    found = exact_spectrum(matrix, digits)
    explicit = vectors and found.is_explicit
    places = spectrum.repeated([value.root for value in found.values])
    is_symmetric = found.a == found.a.transpose()
    answer: dict[str, Any] = {
        "eigenvalues": [found.values[place].text for place in places],
        "eigenvectors": found.eigenvectors() if explicit else None,
        "symmetric": is_symmetric,
        "hermitian": is_symmetric,
        "defective": not found.is_diagonalizable,
        "multiplicities": [value.to_json() for value in found.values],
        "trace": str(sum((found.a[i, i] for i in range(found.a.nrows())), flint.fmpq(0))),
        "determinant": str(found.a.det()),
        "characteristic_polynomial": characteristic(found),
        "jordan_form": found.jordan_form(),
    }
    if left and vectors:
        turned = exact_spectrum(matrix.transposed(), digits)
        answer["left_eigenvectors"] = [[conjugate_text(entry) for entry in row] for row in turned.eigenvectors()] if explicit else None
    if vectors and not explicit:
        answer["eigenspaces"] = found.eigenspaces()
    if any(value.forms is None for value in found.values):
        answer["radius"] = [found.values[place].radius for place in places]
    answer["approximations"] = _approximations(found, places)
    if is_symmetric:
        texts = answer["eigenvalues"]
        answer["rayleigh_quotient"] = {"minimum": texts[-1], "maximum": texts[0]}
    return {**answer, "arithmetic": "exact", "error_bound": 0.0, "checks": require(found.checks())}


def _approximations(found: ExactSpectrum, places: list[int]) -> list[Any] | None:
    """The eigenvalues as doubles; None beyond their range."""
    try:
        values = [root.value for root in spectrum.roots_in_doubles(found.factors)]
    except MathematicsRefuses:
        return None
    is_real = all(value.imag == 0 for value in values)
    return [values[place].real if is_real else values[place] for place in places]


def characteristic(found: ExactSpectrum) -> dict[str, Any]:
    """det(λI − A): its coefficients from the highest power down, as a text, and as a product."""
    polynomial = found.a.charpoly()
    product = [(polynomial_text(factor.polynomial), factor.algebraic) for factor in found.factors]
    lead = flint.fmpq(1)
    for factor in found.factors:
        lead = lead / factor.polynomial.leading_coefficient() ** factor.algebraic
    terms = [f"({text}){'' if times == 1 else f'^{times}'}" for text, times in product]
    return {
        "coefficients": [str(entry) for entry in reversed(polynomial.coeffs())],
        "text": polynomial_text(polynomial),
        "factored": "*".join(([] if lead == 1 else [str(lead) if lead.q == 1 else f"({lead})"]) + terms),
    }


def eigen_with_digits(matrix: Matrix, digits: int) -> dict[str, Any]:
    """The n eigenvalues with so many correct digits: isolated roots of the exact characteristic polynomial (Arb).

    Of a complex A, the real [[Re, −Im], [Im, Re]] has the eigenvalues of A and their conjugates; enclosures of A's own choose
    among them. Raises ShapeMismatch, LimitExceeded, Undecided.
    """
    require_square(matrix, "eigenvalues")
    require_rational(matrix)
    limits.check("exact-size", matrix.shape[0], "/matrix")
    if not matrix.is_complex:
        check_size(matrix, 4 * matrix.shape[0])
    real = balls.real_form(matrix)
    factors = spectrum.factors(real, is_symmetric=True)  # only the algebraic multiplicities matter

    def compute() -> list[Any]:
        found = spectrum.roots(factors)
        if not matrix.is_complex:
            return [_number(found[place].ball) for place in spectrum.repeated(found)]
        places = []
        for ball in balls.ball_matrix(matrix).eig(multiple=True):
            near = [place for place, root in enumerate(found) if root.ball.overlaps(ball)]
            if len(near) != 1:
                raise ValueError("the precision does not tell the eigenvalues apart")
            places += near
        return [_number(found[place].ball) for place in sorted(places)]

    height = max(factor.polynomial.height_bits() for factor in factors)
    values = balls.to_digits(digits, compute, None, 8 * height + 64 * real.nrows())
    return {
        "eigenvalues": [balls.text_of(value) for value in values],
        "eigenvectors": None,
        "symmetric": bool(matrix.shape == (1, 1) or matrix_is_symmetric(matrix)),
        "hermitian": bool(real == real.transpose()),
        "trace": _trace_text(matrix),
        "digits": digits,
        "radius": [balls.radius_of(value) for value in values],
        "arithmetic": "ball",
        "error_bound": 10.0 ** max(1 - digits, -300),
        "checks": require(trace_checks(matrix, values, digits)),
    }


def matrix_is_symmetric(matrix: Matrix) -> bool:
    if matrix.is_complex:
        return bool((matrix.floats == matrix.floats.T).all())
    return bool(matrix.exact == matrix.exact.transpose())


def _number(ball: Any) -> Any:
    return ball.real if ball.imag.is_zero() else ball


def _trace_text(matrix: Matrix) -> Any:
    texts = [str(part) for part in _traces(matrix)[0]]
    return {"re": texts[0], "im": texts[1]} if matrix.is_complex else texts[0]


def _traces(matrix: Matrix) -> list[tuple[Fraction, Fraction]]:
    """The traces of A and of A², real and imaginary part."""
    n = matrix.shape[0]
    if matrix.is_complex:
        re, im = balls.exact_parts(matrix)
    else:
        re, im = matrix.exact, flint.fmpq_mat(n, n)
    square_re, square_im = re * re - im * im, re * im + im * re
    return [(_sum(re), _sum(im)), (_sum(square_re), _sum(square_im))]


def _sum(a: Any) -> Fraction:
    total = sum((a[i, i] for i in range(a.nrows())), flint.fmpq(0))
    return Fraction(int(total.p), int(total.q))


def trace_checks(matrix: Matrix, values: list[Any], digits: int) -> list[Check]:
    """That the printed eigenvalues, and their squares, sum to the traces of A and A²."""
    pairs = [_exact_pair(value) for value in values]
    squares = [(re * re - im * im, 2 * re * im) for re, im in pairs]
    checks = []
    for name, numbers, (re, im) in zip(("trace", "trace-of-square"), (pairs, squares), _traces(matrix), strict=True):
        error = max(abs(sum((x for x, _ in numbers), -re)), abs(sum((y for _, y in numbers), -im)))
        size = max(max(abs(x), abs(y)) for x, y in numbers)
        detail = f"sums of the printed digits against the traces of A and A A, relative to the largest, in units of 1e-{digits}"
        checks.append(measured(name, balls.in_units(error, size, digits), 40.0 * len(values), detail))
    return checks


def _exact_pair(value: Any) -> tuple[Fraction, Fraction]:
    real, imaginary = value if isinstance(value, tuple) else (value, balls.ZERO)
    return Fraction(real.text), Fraction(imaginary.text)
