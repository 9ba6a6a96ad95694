"""The left sides of the equations that derivatives are answered as: \\nabla_{x} f = ..., by the names in `wrt`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.operations.leaves import name_to_latex

Answer = dict[str, Any]
Left = Callable[[Answer], str | dict[str, str]]


def _by_variables(one: Callable[[list[str], Answer], str]) -> Left:
    """`one` makes the left side of a derivative by these variables; where there are several results, each has its own."""

    def left(answer: Answer) -> str | dict[str, str]:
        names = [name_to_latex(name) for name in answer["wrt"]]
        results = answer.get("results")
        if results is None:
            return one(names, answer)
        paths = [path for name, inner in results.items() for path in _paths(name, inner)]
        return {",".join(path): one([name_to_latex(name) for name in path], answer) for path in paths}

    return left


def _paths(name: str, inner: Any) -> list[list[str]]:
    if isinstance(inner, dict) and "latex" not in inner:
        return [[name, *rest] for below, item in inner.items() for rest in _paths(below, item)]
    return [[name]]


def _order(answer: Answer, at_least: int = 1) -> str:
    order = answer.get("order", at_least)
    return f"^{{{order}}}" if order != 1 else ""


def _partial(names: list[str], answer: Answer) -> str:
    order = _order(answer)
    below = f"{names[0]}{order}" if len(names) == 1 else rf"\left({', '.join(names)}\right){order}"
    return rf"\frac{{\partial{order or ' '}f}}{{\partial {below}}}"


derivative = _by_variables(_partial)
gradient = _by_variables(lambda names, answer: rf"\nabla_{{{', '.join(names)}}} f")
jacobian = _by_variables(lambda names, answer: rf"\mathrm{{J}}_{{f}}\left({', '.join(names)}\right)")
hessian = _by_variables(lambda names, answer: rf"\nabla_{{{', '.join(dict.fromkeys(names))}}}^{{2}} f")


def taylor(answer: Answer) -> str:
    return f"T_{{{answer['order']}}} f"


def losses(answer: Answer) -> dict[str, str]:
    """Of the loss by every weight."""
    return {name: rf"\frac{{\partial L}}{{\partial {name_to_latex(name)}}}" for name in answer["gradients"]}
