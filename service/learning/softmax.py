"""The logarithm of a sum of exponentials, softmax, cross-entropy by ball arithmetic, with gradient and Hessian, correct to the last digit.

With the largest entry m taken out, T·log Σ exp(x/T) = m + T·log Σ exp((x − m)/T) cannot overflow (Blanchard, Higham and Higham,
Accurately computing the log-sum-exp and softmax functions, IMA J. Numer. Anal. 41, 2021). A decimal means itself: 0.1 is one tenth.
The values are checked against SciPy's, computed in doubles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import flint
import numpy as np
from numpy.typing import NDArray
from scipy import special

from service import limits
from service.certificates import Check, measured, require
from service.errors import InputError, NablaError, ShapeMismatch, Undecided
from service.linalg.bounds import UNIT
from service.linalg.exact_numbers import beyond_doubles, nearest_double
from service.linalg.matrix import Floats, Matrix
from service.precision import precision

Reduction = Literal["mean", "sum"]
REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum")
BITS = (128, 512, 2048)
WANTED = 60
"""Bits of a result that have to be known before it is rounded to a double."""
TINIEST = flint.fmpq(1, 2**1080)
"""What is smaller is 0 among the doubles."""
SUM_TOLERANCE = flint.fmpq(1, 10**9)
"""How far the probabilities of a row may be from adding up to 1."""


@dataclass(frozen=True)
class Row:
    """For one row x (n) and a temperature T: T·log Σ exp(x/T), the probabilities softmax(x/T) and their logarithms."""

    value: float
    probabilities: NDArray[np.float64]
    logarithms: NDArray[np.float64]


# --- the three operations -------------------------------------------------------------------------------------------


def log_sum_exp(array: Matrix, field: str, temperature: Any) -> dict[str, Any]:
    """T·log Σ exp(x/T) of a vector, or of each row of a matrix; its gradient softmax(x/T) and Hessian (diag(p) − p·p')/T.

    Raises InputError (complex entries, a temperature that is not positive), LimitExceeded, MathematicsRefuses, CheckFailed.
    """
    t = as_number(temperature)
    rows, exact = _rows(array, field, temperature)
    check = _reference(exact, rows, t)
    values = [row.value for row in rows]
    maxima = [float(max(row)) for row in map(_floats, exact)]
    t_log_n = t * math.log(len(exact[0]))
    hessians = _curvatures(rows, 1 / t)
    return {
        "value": values[0] if array.is_vector else values,
        "gradient": _as_sent(array, [row.probabilities for row in rows]),
        "hessian": _as_sent(array, hessians),
        "maximum": maxima[0] if array.is_vector else maxima,
        "bounds": _as_sent(array, [[largest, largest + t_log_n] for largest in maxima]),
        "temperature": t,
        "checks": require([check, between_check(values, maxima, t_log_n), *_hessian_checks(hessians)]),
    }


def softmax(array: Matrix, field: str, temperature: Any) -> dict[str, Any]:
    """exp(x/T)/Σ exp(x/T) of a vector, or of each row of a matrix; its Jacobian (diag(p) − p·p')/T. Raises as `log_sum_exp` does."""
    t = as_number(temperature)
    rows, exact = _rows(array, field, temperature)
    probabilities = [row.probabilities for row in rows]
    jacobians = _curvatures(rows, 1 / t)
    return {
        "value": _as_sent(array, probabilities),
        "log_softmax": _as_sent(array, [row.logarithms for row in rows]),
        "jacobian": _as_sent(array, jacobians),
        "argmax": _as_sent(array, [int(np.argmax(row)) for row in map(_floats, exact)]),
        "temperature": t,
        "checks": require([_reference(exact, rows, t), sum_check(probabilities), *_hessian_checks(jacobians)]),
    }


def cross_entropy(logits: Matrix, labels: Any, temperature: Any, reduction: Reduction = "mean") -> dict[str, Any]:
    """−Σ y·log softmax(z/T) of the logits z (a vector, or a row for each example) and the labels y, as `read_labels` takes them.

    The gradient by z is (p·Σy − y)/T, the Hessian Σy·(diag(p) − p·p')/T², for each example by itself; both are divided by the
    number of examples where the loss is their mean. Raises as `log_sum_exp` does, and ShapeMismatch for labels that do not fit.
    """
    t = as_number(temperature)
    rows, exact = _rows(logits, "logits", temperature)
    targets = read_labels(labels, len(exact), len(exact[0]), logits.is_vector)
    weight = 1 / len(rows) if reduction == "mean" else 1.0
    with precision(BITS[0]):
        losses = [_loss(row, target, temperature) for row, target in zip(exact, targets, strict=True)]
        gradients = [_gradient(row, target, temperature, weight) for row, target in zip(exact, targets, strict=True)]
    entropies = [float(special.entr(_floats(target)).sum()) for target in targets]
    total = math.fsum(losses) * weight
    entropy = math.fsum(entropies) * weight
    hessians = _curvatures(rows, weight / t**2, [float(sum(target)) for target in targets])
    probabilities = [row.probabilities for row in rows]
    checks = [
        _reference(exact, rows, t),
        loss_check(exact, targets, losses, t),
        gradient_check(probabilities, targets, gradients, weight / t),
        sum_check(probabilities),
        *_hessian_checks(hessians),
    ]
    return {
        "value": total,
        "losses": None if logits.is_vector else losses,
        "probabilities": _as_sent(logits, probabilities),
        "gradient": _as_sent(logits, gradients),
        "hessian": _as_sent(logits, hessians),
        "entropy": entropy,
        "kl_divergence": max(total - entropy, 0.0),
        "predictions": _as_sent(logits, [int(np.argmax(row)) for row in map(_floats, exact)]),
        "reduction": reduction,
        "temperature": t,
        "checks": require(checks),
    }


def as_number(temperature: Any) -> float:
    """The temperature as a double. Raises InputError for one that is not positive, or so small or large that nothing is left of x/T."""
    if temperature <= 0:
        raise InputError("the temperature is positive", "1 changes nothing, a larger one evens out", "/temperature")
    if not TINIEST < temperature / 10**30 < temperature * 10**30 < 1 / TINIEST:
        raise InputError("the temperature is beyond what doubles can follow", "it lies between 1e-290 and 1e290", "/temperature")
    return nearest_double(temperature)


# --- what is sent ---------------------------------------------------------------------------------------------------


def read_labels(labels: Any, rows: int, classes: int, single: bool) -> list[list[Any]]:
    """The distribution over the classes of each row, as fmpq: from the place of the class (counted from 0; a list of them for several
    rows), from a list of probabilities (one-hot among them) or a row of them for each row of logits.

    Raises ShapeMismatch, InputError (a place that is none, a negative probability, a sum that is not 1).
    """
    if isinstance(labels, int):
        if not single:
            raise ShapeMismatch(f"one label for {rows} rows of logits", "send a list with a label for each row", "/labels")
        return [_one_hot(labels, classes, "/labels")]
    if single:
        if labels.shape != (classes, 1):
            detail = f"the labels have the shape {_shape(labels)}, and the logits {classes} entries"
            raise ShapeMismatch(detail, "a label is the place of the class, or a probability for each class", "/labels")
        return [_distribution([row[0] for row in _exact(labels, "labels").tolist()], "/labels")]
    if labels.is_vector:
        if labels.shape[0] != rows:
            raise ShapeMismatch(f"{labels.shape[0]} labels for {rows} rows of logits", "there is a label for each row", "/labels")
        places = [row[0] for row in _exact(labels, "labels").tolist()]
        return [_one_hot(place, classes, f"/labels/{i}") for i, place in enumerate(places)]
    if labels.shape != (rows, classes):
        detail = f"the labels have the shape {_shape(labels)}, and the logits {rows}×{classes}"
        raise ShapeMismatch(detail, "a label is the place of the class, or a row of probabilities", "/labels")
    return [_distribution(row, f"/labels/{i}") for i, row in enumerate(_exact(labels, "labels").tolist())]


def _shape(labels: Matrix) -> str:
    return str(labels.shape[0]) if labels.is_vector else f"{labels.shape[0]}×{labels.shape[1]}"


def _one_hot(place: Any, classes: int, at: str) -> list[Any]:
    if flint.fmpq(place).q != 1 or not 0 <= place < classes:
        raise InputError(f"{place} is not the place of one of {classes} classes", f"places count from 0 to {classes - 1}", at)
    return [flint.fmpq(int(i == place)) for i in range(classes)]


def _distribution(row: Sequence[Any], at: str) -> list[Any]:
    if any(entry < 0 for entry in row):
        raise InputError("a probability is negative", "probabilities are at least 0 and add up to 1", at)
    total = sum(row, flint.fmpq(0))
    if abs(total - 1) > SUM_TOLERANCE:
        raise InputError(f"the probabilities add up to {nearest_double(total):.6g}, not to 1", "the classes of a row share 1", at)
    return list(row)


def _rows(array: Matrix, field: str, temperature: Any) -> tuple[list[Row], list[list[Any]]]:
    """The results of each row, and its entries as fmpq; a vector is one row."""
    limits.check("exact-entries", math.prod(array.shape), f"/{field}")
    entries = _exact(array, field).tolist()
    exact = [[row[0] for row in entries]] if array.is_vector else entries
    return [_row(row, temperature) for row in exact], exact


def _exact(array: Matrix, field: str) -> Any:
    try:
        return array.exact
    except NablaError as error:
        raise error.at(f"/{field}") from None


def _as_sent(array: Matrix, results: Sequence[Any] | None) -> Any:
    """The results of all rows; that of the only one for a vector."""
    return results[0] if results is not None and array.is_vector else results


def _floats(row: Sequence[Any]) -> NDArray[np.float64]:
    try:
        return np.array(list(map(nearest_double, row)), dtype=np.float64)
    except OverflowError:
        raise beyond_doubles() from None


# --- in ball arithmetic ---------------------------------------------------------------------------------------------


def _row(row: Sequence[Any], temperature: Any) -> Row:
    for bits in BITS:
        with precision(bits):
            exponents, log_sum = _shifted(row, temperature)
            value = flint.arb(max(row)) + flint.arb(temperature) * log_sum
            powers = [part.exp() for part in exponents]
            total = sum(powers, flint.arb(0))
            probabilities = [power / total for power in powers]
            logarithms = [part - log_sum for part in exponents]
            if all(map(_known, (value, *logarithms))):
                return Row(_double(value), _doubles(probabilities), _doubles(logarithms))
    raise Undecided("a value is too near 0 for its digits to be told", "change an entry a little")


def _shifted(row: Sequence[Any], temperature: Any) -> tuple[list[Any], Any]:
    """(x − m)/T for the largest entry m, and log Σ exp of them: log1p of the other terms, so that no digit of a small one is lost."""
    largest = max(row)
    first = row.index(largest)
    exponents = [flint.arb((entry - largest) / temperature) for entry in row]
    others = sum((part.exp() for i, part in enumerate(exponents) if i != first), flint.arb(0))
    return exponents, others.log1p()


def _known(ball: Any) -> bool:
    return ball.rel_accuracy_bits() >= WANTED or ball == 0 or bool(abs(ball) < TINIEST)


def _double(ball: Any) -> float:
    value = float(ball.mid())
    if not math.isfinite(value):
        raise beyond_doubles()
    return value + 0.0


def _doubles(balls: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([_double(ball) for ball in balls])


def _loss(row: Sequence[Any], target: Sequence[Any], temperature: Any) -> float:
    exponents, log_sum = _shifted(row, temperature)
    terms = [flint.arb(weight) * (log_sum - part) for weight, part in zip(target, exponents, strict=True) if weight != 0]
    return _double(sum(terms, flint.arb(0)))


def _gradient(row: Sequence[Any], target: Sequence[Any], temperature: Any, weight: float) -> NDArray[np.float64]:
    exponents, log_sum = _shifted(row, temperature)
    scale = flint.arb(weight) / flint.arb(temperature)
    total = sum(target, flint.fmpq(0))
    parts = zip(exponents, target, strict=True)
    return _doubles([((part - log_sum).exp() * total - flint.arb(wanted)) * scale for part, wanted in parts])


def _curvatures(rows: Sequence[Row], factor: float, totals: Sequence[float] | None = None) -> list[Floats] | None:
    """factor·(diag(p) − p·p') for each row; p(1 − p) on the diagonal from the sum of the others, which cannot cancel. None where they
    are over the limit formed-entries."""
    n = len(rows[0].probabilities)
    if len(rows) * n * n > limits.limit("formed-entries"):
        return None
    found = []
    for i, row in enumerate(rows):
        p = row.probabilities
        block = -np.outer(p, p)
        np.fill_diagonal(block, 0.0)
        np.fill_diagonal(block, -block.sum(axis=1))
        found.append(block * (factor * (totals[i] if totals else 1.0)) + 0.0)
    return found


# --- checks ---------------------------------------------------------------------------------------------------------


def _tolerance(row: Sequence[Any], temperature: float) -> float:
    """What SciPy may lose: rounding of x/T, and of a sum of n terms."""
    size = float(np.abs(_floats(row)).max()) / temperature
    return (len(row) + 16) * 4 * UNIT * max(size, 1.0)


def _reference(exact: Sequence[Sequence[Any]], rows: Sequence[Row], temperature: float) -> Check:
    """All values and logarithms of probabilities against SciPy's."""
    worst = 0.0
    for row, found in zip(exact, rows, strict=True):
        worst = max(worst, reference_error(row, found, temperature))
    return measured("scipy", worst, 1.0, "log Σ exp, softmax and its logarithm against SciPy's, in units of what those may be off")


def reference_error(row: Sequence[Any], found: Row, temperature: float) -> float:
    """In units of the tolerance."""
    with np.errstate(all="ignore"):
        scaled = _floats(row) / temperature
        if not np.isfinite(scaled).all():
            raise beyond_doubles()
        tolerance = _tolerance(row, temperature)
        logarithms = special.log_softmax(scaled)
        if not np.isfinite(logarithms).all():
            raise beyond_doubles()
        errors = [
            abs(float(special.logsumexp(scaled)) * temperature - found.value) / temperature,
            float(np.abs(logarithms - found.logarithms).max()),
            float(np.abs(special.softmax(scaled) - found.probabilities).max()),
        ]
    return max(errors) / tolerance


def between_check(values: Sequence[float], maxima: Sequence[float], width: float) -> Check:
    """max x ≤ T·log Σ exp(x/T) ≤ max x + T·log n."""
    pairs = zip(values, maxima, strict=True)
    beyond = max(max(largest - value, value - largest - width) / max(abs(largest), width, 1e-300) for value, largest in pairs)
    return measured("bounds", max(beyond, 0.0), 8 * UNIT, "the largest entry is a lower bound, T·log n above it an upper one; relative")


def sum_check(probabilities: Sequence[NDArray[np.float64]]) -> Check:
    """That each row of probabilities adds up to 1."""
    error = max(abs(math.fsum(row) - 1) for row in probabilities)
    return measured("sum", error, 2 * UNIT * len(probabilities[0]), "the probabilities of a row add up to 1")


def loss_check(exact: Sequence[Sequence[Any]], targets: Sequence[Sequence[Any]], losses: Sequence[float], temperature: float) -> Check:
    """Each loss against −Σ y·log_softmax(z/T) by SciPy, in units of what that may be off."""
    worst = 0.0
    for row, target, loss in zip(exact, targets, losses, strict=True):
        expected = -float(_floats(target) @ special.log_softmax(_floats(row) / temperature))
        worst = max(worst, abs(expected - loss) / _tolerance(row, temperature))
    return measured("loss", worst, 2.0, "-Σ y log softmax(z) in doubles by SciPy, in units of what SciPy may be off")


def gradient_check(
    probabilities: Sequence[NDArray[np.float64]], targets: Sequence[Sequence[Any]], gradients: Sequence[Floats], factor: float
) -> Check:
    """Against (p·Σy − y) in doubles, relative to the factor before it."""
    worst = 0.0
    for p, target, gradient in zip(probabilities, targets, gradients, strict=True):
        y = _floats(target)
        worst = max(worst, float(np.abs((p * y.sum() - y) - gradient / factor).max()))
    return measured("gradient", worst, 16 * UNIT * len(probabilities[0]), "(p Σy - y) in doubles, entry by entry")


def _hessian_checks(blocks: Sequence[Floats] | None) -> list[Check]:
    return [] if blocks is None else [hessian_check(blocks)]


def hessian_check(blocks: Sequence[Floats]) -> Check:
    """That each is symmetric with rows that add up to 0, and non-negative along a fixed direction and the axes: positive semidefinite
    by diagonal dominance."""
    worst = 0.0
    for block in blocks:
        scale = float(np.abs(block).max()) or 1.0
        off = block - np.diag(np.diagonal(block))
        dominated = float((off.max(initial=0.0)) / scale)
        worst = max(worst, float(np.abs(block.sum(axis=1)).max()) / scale, float(np.abs(block - block.T).max()) / scale, dominated)
    detail = "symmetric, rows add up to 0, nothing above 0 beside the diagonal (so positive semidefinite); relative to the largest entry"
    return measured("hessian", worst, 8 * UNIT * max(len(blocks[0]), 1), detail)
