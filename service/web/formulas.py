"""Answers as equations in LaTeX (amsmath): expressions as they print, exact fractions, numbers, vectors and matrices in brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from service import limits
from service.errors import NablaError
from service.expression.arena import fresh_arena
from service.language import parse
from service.operations.leaves import name_to_latex
from service.printing.printers import to_latex
from service.web.rows import NoSuchForm, as_lists

NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)(?:e([+-]?)0*([0-9]+))?")
FRACTION = re.compile(r"(-?)([0-9]+)/([0-9]+)")
SPECIAL = {"\\": r"\backslash ", "{": r"\{", "}": r"\}", "_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "^": r"\^{}", "~": " "}


class Equation(NamedTuple):
    """left = right, in LaTeX; without a left side the value alone."""

    left: str
    right: str


def latex(equations: Sequence[Equation]) -> str:
    """One equation as it stands, several one below the other."""
    if len(equations) == 1:
        left, right = equations[0]
        return f"{left} = {right}" if left else right
    lines = [rf"{left} &= {right}" for left, right in equations]
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def equations(value: Any, left: str | dict[str, str] | None = None, is_words: bool = False) -> list[Equation]:
    """The value as the right side of `left`. Values by name are an equation each, whose left side is `left[name]`, or the name.

    Raises NoSuchForm for what no formula shows, LimitExceeded.
    """
    if isinstance(value, dict) and not _is_scalar(value):
        lefts = left if isinstance(left, dict) else {}
        found = [Equation(lefts.get(",".join(path)) or name_to_latex(path[-1]), _right(item)) for path, item in _named(value)]
        if not found:
            raise NoSuchForm("there is nothing in it")
        return found
    return [Equation(left if isinstance(left, str) else "", _words(value) if is_words else _right(value))]


def _named(value: dict[str, Any]) -> list[tuple[tuple[str, ...], Any]]:
    """What the object holds, by the path of names to it."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, item in value.items():
        if isinstance(item, dict) and not _is_scalar(item):
            found += [((name, *path), below) for path, below in _named(item)]
        else:
            found.append(((name,), item))
    return found


def _right(value: Any) -> str:
    with fresh_arena():
        return _value(as_lists(value))


def _value(value: Any) -> str:
    if _is_scalar(value):
        return _scalar(value)
    if isinstance(value, (list, tuple)) and not value:
        return r"\left\{ \right\}"
    if not isinstance(value, (list, tuple)):
        raise NoSuchForm("a formula shows a number, an expression, a vector or a matrix")
    rows = [item if isinstance(item, (list, tuple)) else [item] for item in value]
    limits.check("formula-entries", sum(map(len, rows)))
    if len({len(row) for row in rows}) > 1 or not all(_is_scalar(entry) for row in rows for entry in row):
        raise NoSuchForm("it is no matrix: it has more than two levels, or rows of different lengths")
    lines = r" \\ ".join(" & ".join(map(_scalar, row)) for row in rows)
    return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"


def _is_scalar(value: Any) -> bool:
    is_part = isinstance(value, dict) and (set(value) == {"re", "im"} or isinstance(value.get("latex"), str))
    return is_part or isinstance(value, (bool, int, float, complex, str)) or value is None


def _scalar(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return _words({True: "true", False: "false", None: "none"}[value])
    if isinstance(value, (int, float)):
        return _number(repr(value))
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, complex):
        return _complex(value.real, value.imag)
    return str(value["latex"]) if "latex" in value else _complex(value["re"], value["im"])


def _number(text: str) -> str:
    """1.5e-05 as 1.5 \\times 10^{-5}, 1e+20 as 10^{20}, 2.0 as 2; the digits are those that JSON has."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return text
    if found[3] is None:
        return text.removesuffix(".0")
    power = rf"10^{{{'-' if found[2] == '-' else ''}{found[3]}}}"
    return found[1].removesuffix("1") + power if found[1] in ("1", "-1") else rf"{found[1]} \times {power}"


def _text(text: str) -> str:
    """An exact number or an expression; other texts stand as words."""
    if found := FRACTION.fullmatch(text):
        return rf"{found[1]}\frac{{{found[2]}}}{{{found[3]}}}"
    if NUMBER.fullmatch(text):
        return _number(text)
    try:
        return to_latex(parse(text).node)
    except NablaError:
        return _words(text)


def _complex(real: Any, imaginary: Any) -> str:
    """1 - 2 i, and as it is written by hand where a part is zero or the imaginary part is one: i, -i, 3."""
    first, second = _scalar(real), _scalar(imaginary)
    if second in ("0", "-0"):
        return first
    if not re.fullmatch(r"-?(?:[0-9.]+|(?:[0-9]+ )?\\sqrt\{[0-9]+\}|\\frac\{(?:[0-9]+|(?:[0-9]+ )?\\sqrt\{[0-9]+\})\}\{[0-9]+\})", second):
        second = rf"\left({second}\right)"
    sign, size = ("-" if second.startswith("-") else ""), second.removeprefix("-")
    term = r"\mathrm{i}" if size == "1" else rf"{size} \mathrm{{i}}"
    return sign + term if first in ("0", "-0") else f"{first} {sign or '+'} {term}"


def _words(text: Any) -> str:
    plain = {True: "true", False: "false"}.get(text, text) if isinstance(text, bool) else text
    return rf"\text{{{''.join(SPECIAL.get(letter, letter) for letter in str(plain))}}}"
