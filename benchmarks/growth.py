"""How deriving grows: time of parse + gradient + LaTeX, and tensors of the gradient against those of the function.

By the first variable, and by every variable: n gradients with n factors each are n² factors to write, whoever writes them.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any

from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.total import total_derivatives
from service.expression.arena import fresh_arena
from service.expression.tensors import Tensor
from service.language import declare, parse
from service.printing.printers import to_latex
from tests.calculus.test_growth import Family, logarithms, network, product

SIZES = (10, 30, 100, 300)
LONGEST = 5.0
"""Seconds from which on no larger size is measured."""
FAMILIES: dict[str, Callable[[int], Family]] = {
    "product of n factors": product,
    "sum of n log-terms": logarithms,
    "n-layer tanh network": network,
}


def reachable(roots: Iterable[Tensor]) -> int:
    """How many different tensors the roots are made of, themselves included."""
    seen = set(roots)
    stack = list(seen)
    while stack:
        for child in stack.pop().children():
            if child not in seen:
                seen.add(child)
                stack.append(child)
    return len(seen)


def derived(family: Family, variables: int | None) -> tuple[float, int, int]:
    """Seconds; tensors of the function; tensors of its derivatives by the first `variables` variables, shared ones once."""
    text, kinds = family
    with fresh_arena():
        start = time.process_time()
        parsed = parse(text, declare(kinds))
        by = [node.parameter for name, node in sorted(parsed.variables.items())][:variables]
        function = lower(parsed.node)
        tensors, _ = total_derivatives(function, by, by)
        notation = Notation(parsed.variables, parsed.decimals)
        for tensor in tensors:
            to_latex(notation.node(tensor))
        return time.process_time() - start, reachable([function]), reachable(tensors)


def repeated(family: Family, variables: int | None, least: float = 0.3) -> tuple[float, int, int]:
    """As `derived`, with the median of the seconds over at least `least` seconds."""
    outcomes: list[tuple[float, int, int]] = []
    while sum(seconds for seconds, _, _ in outcomes) < least and len(outcomes) < 50:
        outcomes.append(derived(family, variables))
    return statistics.median(seconds for seconds, _, _ in outcomes), *outcomes[0][1:]


def exponent(times: dict[int, float]) -> float:
    """The slope of log time over log n, by least squares."""
    return statistics.linear_regression([math.log(n) for n in times], [math.log(time) for time in times.values()]).slope


def run() -> list[dict[str, Any]]:
    rows = []
    for variables, by in ((1, "the first"), (None, "every variable")):
        for name, family in FAMILIES.items():
            times: dict[int, float] = {}
            ratios = []
            for n in SIZES:
                if times and max(times.values()) > LONGEST:
                    break
                times[n], function, gradient = repeated(family(n), variables)
                ratios.append(gradient / function)
            row: dict[str, Any] = {"function": name, "by": by}
            row.update({f"n = {n}, ms": f"{times[n] * 1e3:.3g}" if n in times else "" for n in SIZES})
            row["exponent (aim 1.1)"] = round(exponent(times), 2)
            row["tensors of the gradient / of f (aim 3)"] = round(max(ratios), 2)
            rows.append(row)
    return rows
