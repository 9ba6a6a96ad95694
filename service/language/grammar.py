"""The grammar as tables: which symbol is which operation, and how tightly it binds.

    comparison  <  sum  <  product  <  sign  <  power  <  postfix, but a transpose ends a power before it

`-x^2` is `-(x^2)`, `2^-x` is `2^(-x)`, `x^y^z` is `x^(y^z)`, `A*B'` is `A*(B')`, `A^2'` is `(A^2)'`; `1/2x` is `(1/2)*x`.
"""

from __future__ import annotations

import service.operations  # noqa: F401  (fills the registry that the tables are read from)
from service.expression.operation import Operation, operation, operations

BRACKET, COMPARISON, SUM, MINUS, PRODUCT, SIGN, POWER = range(7)

_BINDINGS: dict[str, int] = {
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARISON),
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("*", "/", ".*", "./"), PRODUCT),
    **dict.fromkeys(("^", ".^"), POWER),
}

_by_symbol: dict[str, Operation] = {symbol: entry for entry in operations() if (symbol := getattr(entry, "symbol", ""))}

INFIX: dict[str, tuple[int, Operation]] = {symbol: (binding, _by_symbol[symbol]) for symbol, binding in _BINDINGS.items()}
INFIX["**"] = INFIX["^"]
POSTFIX: dict[str, Operation] = {"'": _by_symbol["'"], ".T": _by_symbol["'"]}
ADD = _by_symbol["+"]
NEGATE = _by_symbol["-"]
TIMES = _by_symbol["*"]
NUMBER, LITERAL, INDEX = operation("number"), operation("literal"), operation("index")
