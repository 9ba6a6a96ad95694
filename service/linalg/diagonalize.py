"""A = P·D·P⁻¹, or why there is no such P, and the Jordan form in its place.

Exact for whole and rational entries; decimals in floats, as far as their eigenvalues can be told apart.
"""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from service import limits
from service.certificates import Check, decided, measured, require
from service.errors import InputError, MathematicsRefuses, Undecided
from service.linalg.bounds import UNIT, largest
from service.linalg.eigen import Spectrum, certificate, decompose
from service.linalg.eigen_exact import exact_spectrum
from service.linalg.exact import require_rational, require_square
from service.linalg.exact_spectrum import ExactSpectrum
from service.linalg.matrix import Arithmetic, Floats, Matrix, choose_arithmetic
from service.linalg.numerical_rank import unit_of


@np.errstate(all="ignore")
def diagonalize(matrix: Matrix, arithmetic: Arithmetic | None = None) -> dict[str, Any]:
    """The diagonal form of an n×n matrix, or its Jordan form. Raises ShapeMismatch, LimitExceeded, NoConvergence,
    Undecided, CheckFailed."""
    require_square(matrix, "a diagonal form")
    require_rational(matrix)
    mode = choose_arithmetic(arithmetic, matrix=matrix)
    n = matrix.shape[0]
    if mode == "exact" or (matrix.is_exact_data and n <= limits.limit("exact-size")):
        return _exactly(matrix, asked=arithmetic == "exact")
    found = decompose(matrix)
    if found.is_defective and not matrix.is_complex:
        return _exactly(matrix, asked=False)
    if found.is_defective is None:
        raise Undecided(
            "whether the matrix is diagonalizable could not be decided: eigenvalues coincide, or nearly so",
            None if matrix.is_complex else 'send "arithmetic": "exact", which takes decimals as they stand',
            "/matrix",
        )
    return _in_floats(matrix, found)


def _exactly(matrix: Matrix, asked: bool) -> dict[str, Any]:
    """`asked`: no floats, even where eigenvectors cannot be written down exactly."""
    found = exact_spectrum(matrix)
    diagonalizable, symmetric = found.is_diagonalizable, bool(found.a == found.a.transpose())
    explicit = found.is_explicit
    p: Any = found.jordan_basis() if explicit else None
    d: Any = found.jordan_form() if diagonalizable else None
    inverse: Any = None
    if explicit and diagonalizable:
        inverse = found.inverse_basis()
    elif p is not None and all(factor.degree == 1 for factor in found.factors):
        inverse = [[str(entry) for entry in row] for row in rational(p).inv().tolist()]
    checks = found.checks()
    if p is not None and inverse is not None and all(factor.degree == 1 for factor in found.factors):
        form = found.jordan_form()
        assert form is not None
        checks.append(product_check(found.a, p, form, inverse))
    numeric = _numeric(matrix) if diagonalizable and not explicit and not asked else None
    if numeric is not None:
        p, d = numeric.right, np.diag(numeric.values)
        inverse = _inverse(p)
        checks.append(reconstruction_check(matrix.floats, p, numeric.values, inverse))
    return {
        "diagonalizable": diagonalizable,
        "orthogonally_diagonalizable": symmetric,
        "eigenvalues": [value.to_json() for value in found.values],
        "explanation": _explanation(found, symmetric),
        "p": p,
        "d": d,
        "p_inverse": inverse,
        "q": _orthogonal(matrix) if symmetric else None,
        "jordan_form": found.jordan_form(),
        "jordan_blocks": [{"eigenvalue": value.text, "sizes": list(value.factor.blocks)} for value in found.values],
        "arithmetic": "exact",
        "error_bound": 0.0,
        "checks": require(checks),
    }


def _inverse(p: Floats) -> Floats:
    try:
        return np.linalg.inv(p)
    except np.linalg.LinAlgError:
        raise Undecided("the eigenvectors are so nearly dependent that floats cannot tell them apart", pointer="/matrix") from None


def _numeric(matrix: Matrix) -> Spectrum | None:
    """The spectrum in floats, where it has all eigenvectors."""
    found = decompose(matrix)
    return found if found.right is not None and found.right.shape[1] == matrix.shape[0] else None


def rational(texts: list[list[Any]]) -> Any:
    """The fmpq_mat of texts such as "3/2"."""
    return flint.fmpq_mat([[flint.fmpq(*map(int, str(entry).split("/"))) for entry in row] for row in texts])


def product_check(a: Any, p: list[list[Any]], form: list[list[Any]], inverse: list[list[Any]]) -> Check:
    return decided("product", rational(p) * rational(form) * rational(inverse) == a, "A = P J P^-1 holds exactly, in rational arithmetic")


def _explanation(found: ExactSpectrum, symmetric: bool) -> str:
    if symmetric:
        return "diagonalizable by an orthogonal matrix, because it is symmetric (the spectral theorem)"
    if found.is_diagonalizable:
        if all(value.factor.algebraic == 1 for value in found.values):
            return "diagonalizable, because its eigenvalues are all different"
        return "diagonalizable: each eigenvalue has as many independent eigenvectors as its multiplicity"
    value = next(value for value in found.values if value.factor.geometric < value.factor.algebraic)
    text = value.text if isinstance(value.text, str) else f"{value.text['re']} + ({value.text['im']})*i"
    return (
        f"not diagonalizable: the eigenvalue {text} has the algebraic multiplicity {value.factor.algebraic}, "
        f"but only {value.factor.geometric} independent eigenvector{'s' if value.factor.geometric > 1 else ''}"
    )


def _orthogonal(matrix: Matrix) -> Floats | None:
    """The Q of A = Q·D·Q', in floats; None where the entries are beyond doubles."""
    try:
        return decompose(Matrix(matrix.shape, "rational", None, matrix.exact.tolist())).right
    except (MathematicsRefuses, InputError):
        return None


def _in_floats(matrix: Matrix, found: Spectrum) -> dict[str, Any]:
    if found.right is None or found.right.shape[1] != matrix.shape[0]:
        raise Undecided("the eigenvectors could not be told apart", pointer="/matrix")
    p = found.right
    inverse = p.conj().T if found.is_hermitian else _inverse(p)
    symmetric = found.is_hermitian and not matrix.is_complex
    checks = [*certificate(matrix, found), reconstruction_check(matrix.floats, p, found.values, inverse)]
    values = [entry.to_json() for entry in found.multiplicities] if found.multiplicities is not None else None
    return {
        "diagonalizable": True,
        "orthogonally_diagonalizable": symmetric,
        "unitarily_diagonalizable": found.is_hermitian,
        "eigenvalues": values,
        "explanation": "diagonalizable, because it is Hermitian"
        if found.is_hermitian
        else "diagonalizable, because its eigenvalues are all different",
        "p": p,
        "d": np.diag(found.values),
        "p_inverse": inverse,
        "q": p if symmetric else None,
        "jordan_form": np.diag(found.values),
        "jordan_blocks": None,
        "arithmetic": "float",
        "error_bound": largest(found.bounds) / (float(np.linalg.norm(matrix.floats)) or 1.0),
        "checks": require(checks),
    }


def reconstruction_check(a: Floats, p: Floats, values: Floats, inverse: Floats) -> Check:
    """‖A − P·D·P⁻¹‖ and ‖P·P⁻¹ − I‖, relative to the sizes of the factors."""
    unit, n = unit_of(a), len(a)
    scale = np.abs(p) @ np.abs(inverse)
    error = largest(np.abs(a / unit - (p * (values / unit)) @ inverse)) / max(largest(np.abs(values / unit)) * largest(scale), 1e-300)
    defect = largest(np.abs(p @ inverse - np.eye(n))) / largest(scale)
    detail = "largest entry of |A - P D P^-1| and of |P P^-1 - I|, relative to |P||P^-1| (and |D|)"
    return measured("reconstruction", max(error, defect), 100 * (n + 10) * UNIT, detail)
