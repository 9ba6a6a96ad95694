"""What all regression models have in common: what a request asks of one, and what one is to the rest of the house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.errors import InputError
from service.learning.design import Observations
from service.linalg.matrix import Arithmetic, Matrix

NewPoints = Matrix | Mapping[str, Matrix]
"""Where to predict: a row for each point (or a vector, for one predictor), or named columns."""


@dataclass(frozen=True)
class Task:
    """A model to fit. `options` are those of the model's own fields that were sent, by name."""

    observations: Observations
    intercept: bool = True
    arithmetic: Arithmetic | None = None
    confidence_level: float = 0.95
    include: tuple[str, ...] = ()
    predict: NewPoints | None = None
    steps: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.confidence_level < 1:
            raise InputError("the confidence level lies between 0 and 1", "95 % is 0.95", "/confidence_level")


@dataclass(frozen=True)
class Model:
    """`fit` answers a task: the JSON-able members of the answer, in the order that a reader expects; it raises the errors of
    service/errors.py. `options` names the fields of a request that belong to this model (and perhaps to others, but not to all);
    `includes` what may be asked for in addition."""

    name: str
    summary: str
    fit: Callable[[Task], dict[str, Any]]
    options: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()

    def check(self, task: Task) -> None:
        """Raises InputError for an option that this model does not have, or an extra member that it cannot give."""
        for name in task.options:
            if name not in self.options:
                mine = f"its own fields are {', '.join(self.options)}" if self.options else "it has no fields of its own"
                raise InputError(f"{name} is not a field of the model {self.name}", mine, f"/{name}")
        for i, name in enumerate(task.include):
            if name not in self.includes:
                raise InputError(f"the model {self.name} does not give {name}", f"it gives {', '.join(self.includes)}", f"/include/{i}")
