"""Iterative fits with their inference: logistic regression beside statsmodels, a nonlinear fit beside SciPy's curve_fit. CPU time."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy.optimize import curve_fit

from service.expression.arena import fresh_arena
from service.learning.design import Observations
from service.learning.model import Task
from service.learning.models import fit
from service.linalg.matrix import Matrix

ROUNDS = 7
PEAKS = "b1*exp(-b2*x) + b3*exp(-(x-b4)^2/b5^2) + b6*exp(-(x-b7)^2/b8^2)"
TRUE = [99.018, 0.010995, 101.88, 107.03, 23.579, 72.046, 153.27, 19.526]
START = [96, 0.009, 103, 106, 18, 72, 151, 18]


def milliseconds(work: Callable[[], Any]) -> float:
    times = []
    for _ in range(ROUNDS + 1):
        start = time.process_time()
        with fresh_arena():
            work()
        times.append(time.process_time() - start)
    return statistics.median(times[1:]) * 1e3


def column(values: Any) -> Matrix:
    return Matrix((len(values), 1), "float", np.reshape(values, (-1, 1)), is_vector=True)


def logistic() -> list[dict[str, Any]]:
    random = np.random.default_rng(0)
    X = random.standard_normal((10_000, 20))
    y = (random.random(10_000) < 1 / (1 + np.exp(-X @ random.standard_normal(20) / 4))).astype(float)
    task = Task(Observations(X=Matrix(X.shape, "float", X), y=column(y)))

    def peer() -> None:
        found = sm.Logit(y, sm.add_constant(X)).fit(disp=0)
        _ = found.bse, found.pvalues, found.llnull, found.conf_int()

    return rows("logistic, 10,000 x 20", lambda: fit("logistic", task), "statsmodels Logit", peer, 1.0)


def peaks(x: Any, b1: Any, b2: Any, b3: Any, b4: Any, b5: Any, b6: Any, b7: Any, b8: Any) -> Any:
    return b1 * np.exp(-b2 * x) + b3 * np.exp(-((x - b4) ** 2) / b5**2) + b6 * np.exp(-((x - b7) ** 2) / b8**2)


def nonlinear() -> list[dict[str, Any]]:
    x = np.arange(1, 251.0)
    y = np.round(peaks(x, *TRUE) + 2.5 * np.random.default_rng(3).standard_normal(250), 5)
    options = {"expression": PEAKS, "start": {f"b{j + 1}": value for j, value in enumerate(START)}}
    task = Task(Observations(x=column(x), y=column(y)), options=options)
    return rows("nonlinear, 250 x 8", lambda: fit("nonlinear", task), "SciPy curve_fit", lambda: curve_fit(peaks, x, y, START), 1.0)


def rows(what: str, ours: Callable[[], Any], peer_name: str, peer: Callable[[], Any], aim: float) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine, theirs = milliseconds(ours), milliseconds(peer)
    return [
        {
            "fit": what,
            "ours, ms": round(mine, 1),
            "peer": peer_name,
            "its, ms": round(theirs, 1),
            "ratio": round(mine / theirs, 2),
            "aim": f"<= {aim}",
        }
    ]


def run() -> list[dict[str, Any]]:
    return [*logistic(), *nonlinear()]
