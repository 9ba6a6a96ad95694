"""How fast a minimisation converges: what is left of the value and of the gradient, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.scenes.numbers import short

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Convergence:
    """Of each iterate (k), the start first: f less the least value (`gaps`), and the norm of the gradient."""

    gaps: Floats
    norms: Floats
    title: str
    description: str


def convergence(values: list[float], norms: list[float], least: float, method: str, reason: str) -> Convergence:
    gaps = np.maximum(np.array(values) - least, 0.0)
    steps = len(values) - 1
    return Convergence(
        gaps,
        np.array(norms),
        f"Convergence of {method}",
        f"Two lines over {steps} step{'' if steps == 1 else 's'}, on a logarithmic axis: how far the value is above the least one, from "
        f"{short(float(gaps[0]))} to {short(float(gaps[-1]))}, and the norm of the gradient, from {short(norms[0])} to {short(norms[-1])}. "
        f"It stopped because of: {reason}.",
    )
