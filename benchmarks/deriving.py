"""Deriving: parse + gradient by every variable + LaTeX, Nabla against SymPy, on the same texts in the same run."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import sympy
from sympy.parsing.sympy_parser import parse_expr

from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.total import total_derivatives
from service.expression.arena import fresh_arena
from service.language import declare, parse
from service.printing.printers import to_latex


def network(inputs: int, hidden: int) -> str:
    """A tanh network with one output: inputs·hidden + 2·hidden + 1 weights."""
    units = []
    for h in range(hidden):
        inside = " + ".join(f"w{h}_{i}*x{i}" for i in range(inputs))
        units.append(f"v{h}*tanh({inside} + b{h})")
    return " + ".join(units) + " + c"


EXPRESSIONS: dict[str, str] = {
    "x²y": "x^2*y",
    "polynomial": "x^3 + 2*x^2 - 5*x + 7",
    "two variables": "x1^2 + 3*x1*x2 + x2^2",
    "chain": "exp(sin(x))",
    "quotient": "(x^2 + 1)/(x*y - 3)",
    "nested": "sin(cos(exp(x*y) + 1) + y)",
    "normal density": "exp(-(x - m)^2/(2*s^2))/(s*sqrt(2*pi))",
    "power": "x^y + y^x + a^(x*y)",
    "logistic loss": "log(1 + exp(-y*(w1*x1 + w2*x2 + b)))",
    "radical": "sqrt(x^2 + y^2 + z^2)",
    "rosenbrock, 6": " + ".join(f"100*(x{i + 1} - x{i}^2)^2 + (1 - x{i})^2" for i in range(5)),
    "log-sum-exp, 8": "log(" + " + ".join(f"exp(x{i})" for i in range(8)) + ")",
    "softmax entry": "exp(x1)/(exp(x1) + exp(x2) + exp(x3))",
    "sum of 40 logs": " + ".join(f"log(x{i}^2 + {i + 1})" for i in range(40)),
    "product of 30": "*".join(f"x{i}" for i in range(30)),
    "tanh network, 13": network(2, 3),
    "tanh network, 49": network(4, 8),
}


def ours(text: str) -> list[str]:
    with fresh_arena():
        parsed = parse(text, declare(None))
        by = [node.parameter for node in parsed.variables.values()]
        tensors, _ = total_derivatives(lower(parsed.node), by, by)
        notation = Notation(parsed.variables, parsed.decimals)
        return [to_latex(notation.node(tensor)) for tensor in tensors]


def with_sympy(text: str) -> list[str]:
    expression = parse_expr(text.replace("^", "**"))
    return [sympy.latex(expression.diff(symbol)) for symbol in sorted(expression.free_symbols, key=str)]


def timed(call: Callable[[str], Any], text: str, least: float = 0.05) -> float:
    """Seconds of one call, the median over at least `least` seconds, SymPy's cache cleared as for a new request."""
    times = []
    while sum(times) < least or len(times) < 3:
        sympy.core.cache.clear_cache()
        start = time.process_time()
        call(text)
        times.append(time.process_time() - start)
        if times[-1] > 1:
            break
    return statistics.median(times)


def run() -> list[dict[str, Any]]:
    rows = []
    ours("x")
    for name, text in EXPRESSIONS.items():
        mine, peer = timed(ours, text), timed(with_sympy, text)
        rows.append(
            {"expression": name, "nabla ms": round(mine * 1e3, 3), "sympy ms": round(peer * 1e3, 2), "times faster": round(peer / mine, 1)}
        )
    mean = math.exp(statistics.fmean(math.log(row["times faster"]) for row in rows))
    rows.append({"expression": "geometric mean", "nabla ms": "", "sympy ms": "", "times faster": round(mean, 1)})
    return rows
