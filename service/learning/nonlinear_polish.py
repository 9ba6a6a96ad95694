"""Nonlinear least squares, the end: Newton's method with the full symbolic Hessian, to the last digit, and what proves it.

First in extended precision (80 bit), damped like Levenberg–Marquardt's where the Hessian is not positive definite. Then, where the
data are few or extended precision is not enough, in balls (Arb) on the decimals that were sent: Krawczyk's operator
K = θ − C·g(θ) + (I − C·H(Θ))(Θ − θ) maps a box Θ around θ into its inside, so the box holds exactly one zero of the gradient
(Krawczyk, Computing 4, 1969; Neumaier: Interval Methods for Systems of Equations, 5.1); H is positive definite on all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from service.calculus.ball_functions import Imprecise
from service.calculus.pointwise import NotExtended
from service.certificates import Check, decided, measured
from service.learning.nonlinear_search import Problem
from service.precision import precision

Numbers = NDArray[Any]
STEPS = 200
FAMILIAR = 1e-6  # a Newton step of this size, in units of θ, is close
ALWAYS_PROVEN = 12_000  # values in one evaluation up to which balls cost some tens of milliseconds
PROVABLE = 400_000
SAFETY = 64 * 2.0**-11  # the rounding of extended precision, from that of doubles
GOOD = 1e-13
DIGITS = 1e-10
PRECISIONS = (160, 320, 640)
SINGULAR = 1e-13


@dataclass(frozen=True)
class Minimum:
    """θ minimises S(θ) = Σ w (y − f)² (`residual_sum`). `inverse_gram` is (JᵀWJ)⁻¹; `residuals` are y − f, `fitted` f, `jacobian` J (n×p).

    `error` bounds the relative error of each entry of θ (or estimates it where `proven` is not set), `step` is the Newton step from θ
    relative to θ, `cosine` the largest cosine of the angle between residual and a column of J, `curvature` the smallest pivot of
    the scaled Hessian.
    """

    theta: NDArray[np.float64]
    residual_sum: float
    inverse_gram: NDArray[np.float64]
    fitted: NDArray[np.float64]
    residuals: NDArray[np.float64]
    jacobian: NDArray[np.float64]
    error: float
    step: float
    cosine: float
    curvature: float
    condition: float
    proven: bool
    iterations: int = 0

    def checks(self) -> list[Check]:
        how = "Krawczyk's operator in ball arithmetic" if self.proven else "estimated by computing in two precisions"
        return [
            measured("gradient", self.step, 1e-9, "the Newton step that is left, relative to the estimates or their standard errors"),
            measured("orthogonality", self.cosine, 1e-7, "the largest cosine between the residual and a column of the Jacobian"),
            decided("positive-definite", self.curvature > 0, "the whole Hessian of the sum of squares at the estimates"),
            measured("rank", self.condition * 2.0**-53, 1e-3, "condition of the Jacobian, columns of length 1, times the unit roundoff"),
            measured("forward-error", self.error, DIGITS, f"error of an estimate, relative to it or to its standard error; {how}"),
        ]  # fmt: skip


@dataclass(frozen=True)
class _Local:
    """S and its halved derivatives at θ: g = −JᵀWr, H = JᵀWJ − Σ w r ∇²f, with G = JᵀWJ; r = y − f."""

    S: Any
    g: Numbers
    H: Numbers
    G: Numbers
    J: Numbers
    f: Numbers
    r: Numbers


def _local(problem: Problem, theta: Numbers, kind: Any) -> _Local:
    p = len(theta)
    found = [problem.spread(value) for value in problem.model.values(problem.model.second, list(theta), kind)]
    w = kind(1) if problem.weights is None else problem.weights.of(kind)
    f, J = found[0], np.stack(found[1 : p + 1], axis=1)
    with np.errstate(all="ignore"):
        r = problem.response.floats(kind) - f
        weighted = w * r
        WJ = J * np.reshape(w, (-1, 1))
        G = J.T @ WJ
        bent = np.zeros((p, p), dtype=G.dtype)
        bent[np.triu_indices(p)] = [(weighted * entry).sum() for entry in found[p + 1 :]]
        bent = bent + np.triu(bent, 1).T
        return _Local((weighted * r).sum(), -(J.T @ weighted), G - bent, G, J, f, r)


def descend(problem: Problem, start: NDArray[np.float64]) -> tuple[Numbers, int] | None:
    """Damped Newton steps in extended precision from where a search stopped; None where they do not come to rest at a minimum.

    Raises NotExtended.
    """
    theta, damping = start.astype(np.longdouble), 0.0
    here = _local(problem, theta, np.longdouble)
    last, units = math.inf, np.ones(len(start))
    for iteration in range(1, STEPS + 1):
        if not (np.isfinite(here.H).all() and np.isfinite(here.g).all()):
            return None
        diagonal = np.diagonal(here.G).astype(np.float64)
        if not (diagonal > 0).all():
            return None
        units = 1 / np.sqrt(diagonal)
        step = _step(here, units, damping)
        if step is None:
            damping = max(4 * damping, 1e-6)
            if damping > 1e12:
                return None
            continue
        size = _relative(step, theta, here, units)
        tried = _local(problem, theta + step, np.longdouble)
        close = damping == 0 and size < FAMILIAR
        if close or (np.isfinite(tried.S) and tried.S <= here.S):
            theta, here = theta + step, tried
            damping = 0.0 if damping < 1e-8 else damping / 8
            if close and (size <= 1e-17 or size >= last / 2):
                return theta, iteration
            last = size if close else math.inf
        else:
            damping = max(8 * damping, 1e-6)
            if damping > 1e12:
                return (theta, iteration) if size < FAMILIAR else None
    return None


def _step(here: _Local, units: NDArray[np.float64], damping: float) -> Numbers | None:
    """−(H + damping·diag G)⁻¹ g, in units that make the diagonal of G 1; None where that matrix is not positive definite."""
    scaled = (here.H * np.outer(units, units)).astype(np.float64) + damping * np.eye(len(units))
    try:
        lower = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return None
    if np.diagonal(lower).min() < 1e-9:
        return None
    right = -(here.g * units)
    step = np.zeros_like(right)
    for _ in range(3):  # the residual of the linear system in extended precision
        rest = right - (here.H * np.outer(units, units)) @ step - damping * step
        step = step + np.linalg.solve(scaled, rest.astype(np.float64))
    return np.asarray(step * units)


def _relative(step: Numbers, theta: Numbers, here: _Local, units: NDArray[np.float64]) -> float:
    """The largest entry of a step, relative to θ or to what the standard error is at least."""
    n, p = here.J.shape
    deviation = math.sqrt(max(float(here.S), 0.0) / max(n - p, 1))
    least = 2.0**-56 * float(np.linalg.norm(here.f.astype(np.float64)))  # what moves f by less is nothing
    scale = np.maximum(np.abs(theta.astype(np.float64)), max(deviation, least) * units)
    return float(np.max(np.abs(step.astype(np.float64)) / np.where(scale > 0, scale, 1)))


def minimum_at(problem: Problem, theta: Numbers, iterations: int = 0) -> Minimum | None:
    """What can be said at θ: in extended precision, and proven in balls where that is cheap or needed. None: not a minimum."""
    work = problem.observations * len(problem.model.second.order)
    found = None
    if work > ALWAYS_PROVEN:
        found = extended_minimum(problem, theta)
        if found is not None and found.error <= GOOD and found.step <= GOOD:
            return replace(found, iterations=iterations)
    if work <= PROVABLE:
        proven = _proven(problem, theta)
        if proven is not None:
            return replace(proven, iterations=iterations)
    found = found or extended_minimum(problem, theta)
    return None if found is None else replace(found, iterations=iterations)


def extended_minimum(problem: Problem, theta: Numbers) -> Minimum | None:
    """At the doubles nearest to θ, with the rounding of extended precision estimated by that of doubles."""
    try:
        doubles = theta.astype(np.float64)
        here, rough = _local(problem, doubles.astype(np.longdouble), np.longdouble), _local(problem, doubles, np.float64)
    except NotExtended:
        return None
    diagonal = np.diagonal(here.G).astype(np.float64)
    if not (np.isfinite(here.H).all() and (diagonal > 0).all()):
        return None
    units = 1 / np.sqrt(diagonal)
    step = _step(here, units, 0.0)
    if step is None:
        return None
    gram = (here.G * np.outer(units, units)).astype(np.float64)
    values = np.linalg.eigvalsh(gram)
    if values[0] <= 0:
        return None
    condition = math.sqrt(float(values[-1] / values[0]))
    scaled = (here.H * np.outer(units, units)).astype(np.float64)
    noise = np.abs(np.linalg.inv(scaled)) @ np.abs(((rough.g - here.g) * units).astype(np.float64)) * units * SAFETY
    size = float((np.abs(here.r) + 2 * np.abs(here.f)) @ (np.abs(here.r) + 2 * np.abs(here.f)))
    nothing = float(here.S) <= size * 2.0**-116  # what is left cannot be told from rounding
    here = replace(here, S=np.longdouble(0)) if nothing else here
    S = float(here.S)
    lost = abs(float(rough.S - here.S)) * SAFETY / S if S > 0 else 0.0
    left = _relative(step, theta, here, units)
    doubles = np.where(np.abs(doubles) <= noise + np.abs(step.astype(np.float64)), 0.0, doubles)
    error = left + _relative(noise, theta, here, units) + lost + 4 * condition**2 * 2.0**-64
    inverse = np.linalg.inv(gram)
    inverse = inverse + inverse @ (np.eye(len(units)) - (here.G * np.outer(units, units)) @ inverse).astype(np.float64)
    return _minimum(here, doubles, np.outer(units, units) * inverse, error, left, float(np.linalg.eigvalsh(scaled)[0]), condition, False)


def _minimum(
    here: _Local, theta: NDArray[np.float64], inverse: Numbers, error: float, step: float, curvature: float, condition: float, proven: bool
) -> Minimum:
    J, r = here.J.astype(np.float64), here.r.astype(np.float64)
    lengths = np.sqrt(np.diagonal(here.G).astype(np.float64)) * math.sqrt(max(float(here.S), 0.0))
    cosines = np.divide(np.abs(here.g.astype(np.float64)), lengths, out=np.zeros(len(lengths)), where=lengths > 0)
    symmetric = (inverse + inverse.T) / 2
    return Minimum(
        theta + 0.0, float(here.S), symmetric.astype(np.float64), here.f.astype(np.float64) + 0.0, r + 0.0, J, error, step,
        float(cosines.max()), curvature, condition, proven,
    )  # fmt: skip


# --- in balls -----------------------------------------------------------------------------------------------------------


def _proven(problem: Problem, theta: Numbers) -> Minimum | None:
    for bits in PRECISIONS:
        try:
            with precision(bits):
                found = _in_balls(problem, theta, bits)
        except Imprecise:
            continue
        if found is not None:
            return found
    return None


def _in_balls(problem: Problem, start: Numbers, bits: int) -> Minimum | None:
    columns, observed, weights = problem.column_balls(), problem.response.balls(), problem.weight_balls()

    def local(theta: list[Any]) -> _Local:
        return _ball_local(problem, theta, columns, observed, weights)

    point = [flint.arb(_exactly(value)) for value in start]
    inverse = None
    for _ in range(6):
        here = local(point)
        inverse = _inverse(here.H)
        if inverse is None:
            return None
        step = _times(inverse, here.g)
        size = [abs(entry.mid()) for entry in step]
        point = [(value - entry).mid() for value, entry in zip(point, step, strict=True)]
        tiny = flint.arb(2) ** (-bits // 3)
        if all(entry <= tiny * max(abs(value), flint.arb(2) ** (-bits)) for entry, value in zip(size, point, strict=True)):
            break
    doubles = np.array([float(value) for value in point])
    here = local(point)
    proof = _proof(local, here, point, 2.0 ** (-3 * bits // 8))
    gram = _inverse(here.G)
    if proof is None or gram is None:
        return None
    radii, curvature = proof
    doubles = np.where(np.abs(doubles) <= radii, 0.0, doubles)
    error = max(
        float(abs(flint.arb(value) - entry) + radius) / max(abs(value), least * 2.0**40 if value == 0 else 0.0)
        for value, entry, radius, least in zip(doubles.tolist(), point, radii, _effects(here), strict=True)
    )
    return _ball_minimum(problem, here, doubles, gram, error, curvature)


def _effects(here: _Local) -> list[float]:
    """For each parameter how large it is where it moves f by 2⁻⁴⁰ of its size: a measure for parameters that are 0."""
    whole = math.sqrt(sum(float(value) ** 2 for value in here.f))
    return [2.0**-40 * (whole or 1.0) / math.sqrt(float(here.G[j, j])) for j in range(len(here.G))]


def _proof(local: Callable[[list[Any]], _Local], here: _Local, point: list[Any], size: float) -> tuple[list[float], float] | None:
    """Radii of a box around the point, relative to it of this size, that holds exactly one zero of the gradient, a minimum, and the
    smallest pivot of the Hessian on it; None where that cannot be proven."""
    if not all(here.G[j, j] > 0 for j in range(len(point))):
        return None
    radii = [size * max(abs(float(value)), least) for value, least in zip(point, _effects(here), strict=True)]
    around = local([flint.arb(value.mid(), flint.arb(radius)) for value, radius in zip(point, radii, strict=True)])
    inverse, curvature = _inverse(here.H), _smallest_pivot(around.H)
    if inverse is None or curvature is None or not _holds(inverse, here.g, around.H, radii):
        return None
    return radii, curvature


def proves(problem: Problem, point: list[Any], size: float) -> bool:
    """Whether there is a minimum in the box around the point (balls); inside `precision(bits)`."""
    columns, observed, weights = problem.column_balls(), problem.response.balls(), problem.weight_balls()

    def local(theta: list[Any]) -> _Local:
        return _ball_local(problem, theta, columns, observed, weights)

    return _proof(local, local(point), point, size) is not None


def _exactly(value: Any) -> Any:
    """A long double as a rational."""
    above, below = np.longdouble(value).as_integer_ratio()
    return flint.fmpq(int(above), int(below))


def _ball_local(problem: Problem, theta: list[Any], columns: dict[str, Numbers], observed: Numbers, weights: Any) -> _Local:
    p, n = len(theta), problem.observations
    point = {**columns, **dict(zip(problem.model.names, [_zero_dimensional(value) for value in theta], strict=True))}
    found = [np.broadcast_to(value, (n,)) for value in problem.model.second.balls(point)]
    if any(not entry.is_finite() for entry in found[0]):
        raise Imprecise
    f, J = found[0], np.stack(found[1 : p + 1], axis=1)
    r = observed - f
    weighted = weights * r
    G = np.empty((p, p), dtype=object)
    H = np.empty((p, p), dtype=object)
    curved = iter(found[p + 1 :])
    for j in range(p):
        left = weights * J[:, j]
        for k in range(j, p):
            G[j, k] = G[k, j] = sum((left * J[:, k]).tolist(), flint.arb(0))
            H[j, k] = H[k, j] = G[j, k] - sum((weighted * next(curved)).tolist(), flint.arb(0))
    g = np.array([-sum((J[:, j] * weighted).tolist(), flint.arb(0)) for j in range(p)], dtype=object)
    return _Local(sum((weighted * r).tolist(), flint.arb(0)), g, H, G, J, f, r)


def _zero_dimensional(value: Any) -> Numbers:
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _inverse(matrix: Numbers) -> Numbers | None:
    try:
        found = flint.arb_mat(matrix.tolist()).inv()
    except ZeroDivisionError:
        return None
    entries = np.array(found.tolist(), dtype=object)
    return entries if all(entry.is_finite() for entry in entries.flat) else None


def _times(matrix: Numbers, vector: Numbers) -> list[Any]:
    return [sum((entry * value for entry, value in zip(row, vector, strict=True)), flint.arb(0)) for row in matrix]


def _holds(inverse: Numbers, gradient: Numbers, around: Numbers, radii: list[float]) -> bool:
    """Whether Krawczyk's operator maps the box into its inside: |C·g| + |I − C·H|·radii < radii."""
    C = [[entry.mid() for entry in row] for row in inverse]
    p = len(radii)
    shift = _times(np.array(C, dtype=object), gradient)
    for j in range(p):
        reach = abs(shift[j])
        for k in range(p):
            product = sum((C[j][m] * around[m, k] for m in range(p)), flint.arb(0))
            reach = reach + abs((1 if j == k else 0) - product) * radii[k]
        if not reach < radii[j]:
            return False
    return True


def _smallest_pivot(H: Numbers) -> float | None:
    """The smallest pivot of Gauss' elimination, the diagonal scaled to 1; None where not all are proven positive."""
    p = len(H)
    if not all(H[j, j] > 0 for j in range(p)):
        return None
    roots = [H[j, j].sqrt() for j in range(p)]
    rest = [[H[j, k] / (roots[j] * roots[k]) for k in range(p)] for j in range(p)]
    smallest = math.inf
    for j in range(p):
        if not rest[j][j] > 0:
            return None
        smallest = min(smallest, float(rest[j][j]))
        for k in range(j + 1, p):
            factor = rest[k][j] / rest[j][j]
            for m in range(j, p):
                rest[k][m] = rest[k][m] - factor * rest[j][m]
    return smallest


def _ball_minimum(problem: Problem, here: _Local, doubles: NDArray[np.float64], gram: Numbers, error: float, curvature: float) -> Minimum:
    scale = float(sum((value**2 for value in problem.response.balls().tolist()), flint.arb(0)))
    nothing = not flint.arb(scale) * flint.arb(2) ** -140 < here.S  # what is left is nothing but the width of the balls
    lengths = [math.sqrt(float(here.G[j, j])) for j in range(len(doubles))]
    scaled = np.array([[float(here.G[j, k]) / (lengths[j] * lengths[k]) for k in range(len(doubles))] for j in range(len(doubles))])
    values = np.linalg.eigvalsh(scaled)
    condition = math.sqrt(float(values[-1] / values[0])) if values[0] > 0 else math.inf
    if not math.isfinite(condition) or values[0] < 1e-12:
        product = [float(here.G[j, j] * gram[j, j]) for j in range(len(doubles))]
        condition = math.sqrt(max(product)) * math.sqrt(len(doubles))
    as_floats = np.vectorize(float, otypes=[np.float64])
    local = _Local(
        0.0 if nothing else float(here.S),
        as_floats(here.g),
        np.zeros(0),
        as_floats(here.G),
        as_floats(here.J),
        as_floats(here.f),
        as_floats(here.r),
    )
    return _minimum(local, doubles, as_floats(gram), error, error, curvature, condition, True)
