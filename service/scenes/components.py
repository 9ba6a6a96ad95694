"""Principal components: the shares of the variance that they explain, and the data with the variables in the plane of the first two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.learning.pca import PrincipalComponents
from service.scenes.numbers import listed, power_of_ten, short

MOST_POINTS = 2_000
MOST_VARIABLES = 30
MOST_TOLD = 5
REACH = 0.8  # of the largest score, for the longest arrow

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scree:
    """The share of each component (k) in the total variance."""

    ratios: Floats
    title: str
    description: str


@dataclass(frozen=True)
class Biplot:
    """`scores` (n×2) in units of 10^`exponent`, and `arrows` (p×2), the loadings of the variables called `names` times a factor."""

    scores: Floats
    arrows: Floats
    names: tuple[str, ...]
    axes: tuple[str, str]
    exponent: int
    title: str
    description: str


def scree(found: PrincipalComponents) -> Scree:
    """The shares of all components, decreasing."""
    ratios = found.variances / found.total_variance
    told = listed(f"{short(100 * ratio, 3)} %" for ratio in ratios[:MOST_TOLD].tolist())
    rest = "" if len(ratios) <= MOST_TOLD else f" (the first {MOST_TOLD} of {len(ratios)})"
    return Scree(
        ratios,
        "Explained variance",
        f"A bar for each principal component, and the shares added up. The components explain {told} of the variance{rest}.",
    )


def biplot(found: PrincipalComponents) -> Biplot | None:
    """The scores of the first two components with the loadings as arrows; None where there is one component only."""
    if len(found.components) < 2:
        return None
    scores, ratios = found.scores[:, :2], found.variances / found.total_variance
    step = -(-len(scores) // MOST_POINTS)
    unit, exponent = power_of_ten(scores)
    shown = scores[::step] / unit
    loadings = found.components[:2].T
    longest = np.argsort(-np.hypot(loadings[:, 0], loadings[:, 1]), kind="stable")[:MOST_VARIABLES]
    factor = REACH * float(np.abs(shown).max()) / float(np.abs(loadings).max())
    names = tuple(f"x{place + 1}" for place in longest.tolist())
    labels = [f"PC{i + 1} ({short(100 * float(ratios[i]), 3)} %)" for i in range(2)]
    told = f"Each point is an observation: {len(shown)} of {len(scores)}, with its scores on the first two principal components, which "
    told += f"explain {short(100 * float(ratios[:2].sum()), 4)} % of the variance. Each arrow is a variable, with its loadings times "
    told += f"{short(factor * unit, 3)}: " + listed(
        f"{name} ({short(float(loadings[place, 0]), 3)}, {short(float(loadings[place, 1]), 3)})"
        for name, place in zip(names[:MOST_TOLD], longest.tolist(), strict=False)
    )
    return Biplot(shown, loadings[longest] * factor, names, (labels[0], labels[1]), exponent, "Scores and loadings", told + ".")
