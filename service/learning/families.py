"""What is observed, and how its mean hangs on the linear predictor η: binomial with three links, Poisson with the logarithm.

All four log-likelihoods are concave in η, so that a maximum is the only one. (McCullagh, Nelder: Generalized Linear Models, 2nd ed.,
chapters 2, 4, 6.) Arrays are n long, in doubles or in extended precision.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import special

Numbers = NDArray[Any]
LOG_ROOT_TWO_PI = math.log(2 * math.pi) / 2


@dataclass(frozen=True)
class Terms:
    """Of each observation at η: ℓ without what does not depend on η, ∂ℓ/∂η, −∂²ℓ/∂η², and the expectation of the latter. `size` is
    the sum of the absolute values of what ∂ℓ/∂η is the difference of."""

    log_likelihood: Numbers
    score: Numbers
    observed: Numbers
    expected: Numbers
    size: Numbers


class Family(ABC):
    """`link` is g with g(mean) = η. `canonical` links have equal observed and expected information."""

    name: ClassVar[str]
    link: ClassVar[str]
    canonical: ClassVar[bool] = False
    precise: ClassVar[bool] = True
    """Whether `terms` keeps extended precision."""

    @abstractmethod
    def terms(self, eta: Numbers, y: Numbers, m: Numbers) -> Terms:
        """y successes in m trials (counts: m is 1)."""

    @abstractmethod
    def mean(self, eta: Numbers) -> Numbers:
        """The inverse link."""

    @abstractmethod
    def linked(self, mean: Numbers) -> Numbers:
        """The link of a mean inside its range."""

    @abstractmethod
    def variance(self, mean: Numbers) -> Numbers:
        """The variance of one trial, or of a count, as a function of the mean."""

    @abstractmethod
    def start(self, y: Numbers, m: Numbers) -> Numbers:
        """A first η, finite for every y."""

    @abstractmethod
    def saturated(self, y: Numbers, m: Numbers) -> Numbers:
        """ℓ where the mean is what was observed."""

    @abstractmethod
    def constant(self, y: Numbers, m: Numbers) -> Numbers:
        """What ℓ has that does not depend on η."""

    def bend(self, eta: Numbers) -> Numbers:
        """A bound on |ℓ'''|/|ℓ''| by η, for all η' within 1 of η and every y."""
        return np.ones_like(eta)

    def derivative(self, eta: Numbers) -> Numbers:
        """d mean/dη."""
        raise NotImplementedError


class Binomial(Family):
    name = "binomial"

    def variance(self, mean: Numbers) -> Numbers:
        return np.asarray(mean * (1 - mean))

    def start(self, y: Numbers, m: Numbers) -> Numbers:
        return self.linked((y + 0.5) / (m + 1))

    def saturated(self, y: Numbers, m: Numbers) -> Numbers:
        share = np.divide(y, m, out=np.zeros_like(y), where=m > 0)
        return np.asarray(special.xlogy(y, share) + special.xlog1py(m - y, -share))

    def constant(self, y: Numbers, m: Numbers) -> Numbers:
        if (m == 1).all():
            return np.zeros(len(m))
        return np.asarray(special.gammaln(m + 1) - special.gammaln(y + 1) - special.gammaln(m - y + 1))


class Logit(Binomial):
    """log(p/(1 − p)) = η. |ℓ'''/ℓ''| = |1 − 2p| ≤ 1."""

    link, canonical = "logit", True

    def terms(self, eta: Numbers, y: Numbers, m: Numbers) -> Terms:
        small = np.exp(-np.abs(eta))
        larger = 1 / (1 + small)
        smaller = small * larger
        p, q = np.where(eta > 0, larger, smaller), np.where(eta > 0, smaller, larger)
        weight = m * larger * smaller
        value = (y - m) * np.maximum(eta, 0) - y * np.maximum(-eta, 0) - m * np.log1p(small)
        return Terms(value, y * q - (m - y) * p, weight, weight, y * q + (m - y) * p)

    def mean(self, eta: Numbers) -> Numbers:
        return np.asarray(special.expit(eta))

    def derivative(self, eta: Numbers) -> Numbers:
        return np.asarray(special.expit(eta) * special.expit(-eta))

    def linked(self, mean: Numbers) -> Numbers:
        return np.asarray(special.logit(mean))


class Probit(Binomial):
    """Φ⁻¹(p) = η, with Mills' ratio a = φ/Φ: ℓ' = a and −ℓ'' = a(a + η) for a success; |ℓ'''/ℓ''| ≤ |η| + 1."""

    link, precise = "probit", False

    def terms(self, eta: Numbers, y: Numbers, m: Numbers) -> Terms:
        z = eta.astype(np.float64)
        log_p, log_q = special.log_ndtr(z), special.log_ndtr(-z)
        density = -(z**2) / 2 - LOG_ROOT_TWO_PI
        up, down = np.exp(density - log_p), np.exp(density - log_q)
        rest = m - y
        observed = y * up * np.maximum(up + z, 0) + rest * down * np.maximum(down - z, 0)
        score = (y * up - rest * down) - observed * (eta - z)
        return Terms(y * log_p + rest * log_q, score, observed, m * up * down, y * up + rest * down)

    def mean(self, eta: Numbers) -> Numbers:
        return np.asarray(special.ndtr(eta))

    def derivative(self, eta: Numbers) -> Numbers:
        return np.asarray(np.exp(-(eta**2) / 2 - LOG_ROOT_TWO_PI))

    def linked(self, mean: Numbers) -> Numbers:
        return np.asarray(special.ndtri(mean))

    def bend(self, eta: Numbers) -> Numbers:
        return np.asarray(np.abs(eta) + 2)


class ComplementaryLogLog(Binomial):
    """log(−log(1 − p)) = η; with z = e^η and s = z/(e^z − 1): ℓ' = s and −ℓ'' = s(z + s − 1) for a success, ℓ' = ℓ'' = −z for a
    failure; |ℓ'''/ℓ''| ≤ 2 + z."""

    link = "cloglog"

    def terms(self, eta: Numbers, y: Numbers, m: Numbers) -> Terms:
        z = np.exp(eta)
        grown = np.expm1(z)
        s = np.where(np.isinf(grown), 0, z / np.where(grown > 0, grown, 1))
        s = np.where(z == 0, 1, s)
        rest = m - y
        bent = np.where(z < 1e-4, z / 2 + z**2 / 12, z + s - 1)  # z + s − 1 = z/2 + z²/12 − ..., where it cancels
        log_p = np.where(z < 0.5, np.log(-np.expm1(-z)), np.log1p(-np.exp(-z)))
        value = np.where(y > 0, y * log_p, 0) - np.where(rest > 0, rest * z, 0)
        return Terms(value, y * s - rest * z, y * s * np.maximum(bent, 0) + rest * z, m * z * s, y * s + rest * z)

    def mean(self, eta: Numbers) -> Numbers:
        return np.asarray(-np.expm1(-np.exp(eta)))

    def derivative(self, eta: Numbers) -> Numbers:
        return np.asarray(np.exp(eta - np.exp(eta)))

    def linked(self, mean: Numbers) -> Numbers:
        return np.asarray(np.log(-np.log1p(-mean)))

    def bend(self, eta: Numbers) -> Numbers:
        return np.asarray(2 + np.exp(eta + 1))


class Poisson(Family):
    """log μ = η for counts of mean μ; ℓ''' = ℓ''."""

    name, link, canonical = "poisson", "log", True

    def terms(self, eta: Numbers, y: Numbers, m: Numbers) -> Terms:
        mean = np.exp(eta)
        return Terms(y * eta - mean, y - mean, mean, mean, y + mean)

    def mean(self, eta: Numbers) -> Numbers:
        return np.asarray(np.exp(eta))

    def derivative(self, eta: Numbers) -> Numbers:
        return np.asarray(np.exp(eta))

    def linked(self, mean: Numbers) -> Numbers:
        return np.asarray(np.log(mean))

    def variance(self, mean: Numbers) -> Numbers:
        return mean

    def start(self, y: Numbers, m: Numbers) -> Numbers:
        return np.asarray(np.log(y + 0.1))

    def saturated(self, y: Numbers, m: Numbers) -> Numbers:
        return np.asarray(special.xlogy(y, y) - y)

    def constant(self, y: Numbers, m: Numbers) -> Numbers:
        return np.asarray(-special.gammaln(y + 1))


BINOMIAL: dict[str, Binomial] = {family.link: family for family in (Logit(), Probit(), ComplementaryLogLog())}
POISSON = Poisson()
