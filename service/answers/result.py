"""One derivative, found but not yet printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.answers.forms import Applied
from service.calculus.index_form import WrittenTerm
from service.expression.nodes import Node
from service.operations.leaves import Variable

Arrangement = Callable[[Any], Any]


@dataclass(frozen=True)
class Result:
    """`node` has the axes of the function, then those of the variables; `shown` is it in the layout or form asked for, and
    `arranged` does the same to its value. `orders` are the function and its derivatives of lower order; `brought` are the
    derivatives of variables that depend on others. `structured` are the function and its derivatives, of each order, in a
    convention for symmetric and diagonal variables other than the one in which all entries are independent. `form` is the
    one that it is shown in; the structured one has `terms`, and is `applied` to a direction where that is an array.
    """

    orders: tuple[Node, ...]
    node: Node
    shown: Node
    arranged: Arrangement
    entries: list[Any] | None = None
    brought: tuple[Variable, ...] = ()
    structured: tuple[Node, ...] = ()
    form: str = "matrix"
    terms: tuple[WrittenTerm, ...] = ()
    applied: Applied | None = None
