"""MODELS: every regression model, by name. A new one is a file beside this one and a line here."""

from __future__ import annotations

from typing import Any

from service.learning.lasso import ELASTIC_NET, LASSO
from service.learning.logistic import LOGISTIC
from service.learning.model import Model, Task
from service.learning.multinomial import MULTINOMIAL
from service.learning.nonlinear import NONLINEAR
from service.learning.ols import OLS, POLYNOMIAL
from service.learning.poisson import POISSON_MODEL
from service.learning.ridge import RIDGE

MODELS: dict[str, Model] = {
    model.name: model for model in (OLS, POLYNOMIAL, RIDGE, LASSO, ELASTIC_NET, LOGISTIC, MULTINOMIAL, POISSON_MODEL, NONLINEAR)
}

INCLUDES: tuple[str, ...] = tuple(dict.fromkeys(name for model in MODELS.values() for name in model.includes))
OPTIONS: tuple[str, ...] = tuple(dict.fromkeys(name for model in MODELS.values() for name in model.options))


def fit(name: str, task: Task) -> dict[str, Any]:
    """The answer of the model called `name`. Raises InputError for options that it does not have, and what the fit raises."""
    model = MODELS[name]
    model.check(task)
    return {"model": name, **model.fit(task)}
