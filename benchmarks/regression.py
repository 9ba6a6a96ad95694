"""Regression with all its inference, in process: ours beside statsmodels, scikit-learn and NumPy's lstsq, on the same arrays.

Ours is the whole handler: design, fit, bounds, checks, table, criteria. statsmodels' `fit` computes lazily, so that its table is asked
for, too; scikit-learn and lstsq give coefficients alone. Every round has data of its own, and the calls take turns.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression

from service.learning.design import Observations
from service.learning.model import Task
from service.learning.models import fit
from service.linalg.matrices import from_numbers

Array = NDArray[np.float64]
SIZES = {(100, 3): 100, (1_000, 10): 100, (10_000, 10): 20, (100_000, 20): 5}


def ours(x: Array, y: Array, **more: Any) -> Any:
    return fit("ols", Task(Observations(X=from_numbers(x), y=from_numbers(y[:, None])), **more))


def exact(x: Array, y: Array) -> Any:
    return ours(x, y, arithmetic="exact")


def of_statsmodels(x: Array, y: Array) -> Any:
    found = sm.OLS(y, sm.add_constant(x)).fit()
    return found.params, found.bse, found.tvalues, found.pvalues, found.conf_int(), found.rsquared, found.fvalue, found.aic, found.bic


def of_scikit_learn(x: Array, y: Array) -> Any:
    return LinearRegression().fit(x, y).coef_


def of_lstsq(x: Array, y: Array) -> Any:
    return np.linalg.lstsq(np.column_stack([np.ones(len(x)), x]), y, rcond=None)[0]


def medians(calls: dict[str, Callable[[Array, Array], Any]], n: int, p: int, rounds: int) -> dict[str, float]:
    """Milliseconds of wall time."""
    random = np.random.default_rng(n)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 2):
        x = random.standard_normal((n, p))
        y = x @ np.arange(1, p + 1) + random.standard_normal(n)
        for name, call in calls.items():
            start = time.perf_counter()
            call(x, y)
            if turn > 1:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) * 1e3 for name, values in times.items()}


def run() -> list[dict[str, Any]]:
    rows = []
    for (n, p), rounds in SIZES.items():
        calls = {"ours": ours, "statsmodels": of_statsmodels, "scikit-learn": of_scikit_learn, "lstsq": of_lstsq}
        if n <= 1_000:
            calls["ours, exact"] = exact
        found = medians(calls, n, p, rounds)
        row: dict[str, Any] = {"size": f"{n}×{p}"}
        row |= {f"{name} (ms)": f"{found[name]:.3g}" if name in found else "" for name in ("ours", "ours, exact", "statsmodels", "lstsq")}
        row["scikit-learn (ms)"] = f"{found['scikit-learn']:.3g}"
        row["ours / statsmodels"] = f"{found['ours'] / found['statsmodels']:.2f}"
        row["ours / lstsq"] = f"{found['ours'] / found['lstsq']:.2f}"
        row["exact / lstsq"] = f"{found['ours, exact'] / found['lstsq']:.1f}" if "ours, exact" in found else ""
        rows.append(row)
    return rows
