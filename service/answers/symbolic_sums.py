"""Traces, norms, inner products and convolutions of arrays whose entries are expressions: written out, simplified to the normal form,
and compared with NumPy's values at random points. Variables are real."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service import limits
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.certificates import Check, measured, require
from service.errors import InputError, ShapeMismatch, Undecided
from service.expression.nodes import Node
from service.expression.shapes import SCALAR, axes
from service.language import declare, parse_together
from service.linalg.convolution import Mode
from service.linalg.convolution_2d import grid, wrapped
from service.linalg.exact import require_square
from service.linalg.matrix import Matrix, pointer
from service.operations.leaves import Variable, variable
from service.printing.printers import to_latex, to_text

SEED = 20_260_103
POINTS, ATTEMPTS = 3, 24
TOLERANCE = 1e-9
Declared = Mapping[str, Any] | None
Values = list[NDArray[Any]]


def symbolic_trace(matrix: Matrix, variables: Declared) -> dict[str, Any]:
    """As the operation trace answers it. Raises ShapeMismatch, LimitExceeded, Undecided, and what the language raises."""
    require_square(matrix, "a trace")
    entries = entries_of({"matrix": matrix}, variables)
    sums = [" + ".join(entries["matrix"][i][i].text for i in range(matrix.shape[0]))]
    (value,), check = write_out(sums, entries, variables, lambda a: [np.trace(a[0])])
    return {"trace": to_text(value), "latex": to_latex(value), "arithmetic": "symbolic", "error_bound": 0.0, "checks": require([check])}


def symbolic_norm(array: Matrix, field: str, order: float | str | None, variables: Declared) -> dict[str, Any]:
    """As the operation norm answers it, for the field "vector" or "matrix"; without the norms that need singular values.

    Raises InputError for an order that has no formula by the entries.
    """
    entries = entries_of({field: array}, variables)
    table = [[f"abs({entry.text})" for entry in row] for row in entries[field]]
    flat = [entry for row in table for entry in row]
    squares = "sqrt(" + " + ".join(f"({entry.text})^2" for row in entries[field] for entry in row) + ")"
    if field == "vector":
        order = 2.0 if order is None else order
        usual = {"l1": " + ".join(flat), "l2": squares, "linf": _largest(flat)}
        by_order: dict[Any, str] = {1.0: "l1", 2.0: "l2", math.inf: "linf"}
    else:
        order = "fro" if order is None else order
        columns, rows = [" + ".join(column) for column in zip(*table, strict=True)], [" + ".join(row) for row in table]
        usual = {"frobenius": squares, "l1": _largest(columns), "linf": _largest(rows), "max": _largest(flat)}
        by_order = {"fro": "frobenius", 1.0: "l1", math.inf: "linf", "max": "max"}
    if order not in by_order:
        raise InputError(
            f"of expressions there is no norm of the order {order}",
            f"it is one of {', '.join(map(str, by_order))}: sums of the entries",
            "/ord",
        )
    numpy_orders: dict[str, Any] = {"l1": 1, "l2": 2, "linf": np.inf, "frobenius": "fro"}

    def by_numpy(values: Values) -> list[Any]:
        a = values[0][:, 0] if field == "vector" else values[0]
        return [np.abs(a).max() if name == "max" else np.linalg.norm(a, numpy_orders[name]) for name in usual]

    nodes, check = write_out(list(usual.values()), entries, variables, by_numpy)
    found = dict(zip(usual, nodes, strict=True))
    asked = found[by_order[order]]
    return {
        "norm": to_text(asked),
        "latex": to_latex(asked),
        "ord": {math.inf: "inf", 1.0: 1, 2.0: 2}.get(order, order) if isinstance(order, float) else order,
        "is_norm": True,
        **{name: to_text(node) for name, node in found.items()},
        "arithmetic": "symbolic",
        "error_bound": 0.0,
        "checks": require([check]),
    }


def symbolic_inner_product(x: Matrix, y: Matrix, weight: Matrix | None, variables: Declared) -> dict[str, Any]:
    """As the operation inner-product answers it; `cosine` is a quotient where x and y are not zero, and what only a value tells is null."""
    if x.shape != y.shape or (weight is not None and weight.shape != (x.shape[0],) * 2):
        raise ShapeMismatch("an inner product takes two arrays of one shape, m×n, and a weight m×m", pointer="/y")
    if weight is not None:
        raise InputError("whether a weight is positive definite is decided for numbers only", "write the weighted product out", "/weight")
    entries = entries_of({"x": x, "y": y}, variables)
    one, two = ([entry.text for row in entries[name] for entry in row] for name in ("x", "y"))
    dot = " + ".join(f"({a})*({b})" for a, b in zip(one, two, strict=True))
    norms = ["sqrt(" + " + ".join(f"({a})^2" for a in part) + ")" for part in (one, two)]
    distance = "sqrt(" + " + ".join(f"(({a}) - ({b}))^2" for a, b in zip(one, two, strict=True)) + ")"
    total = "sqrt(" + " + ".join(f"(({a}) + ({b}))^2" for a, b in zip(one, two, strict=True)) + ")"
    texts = [dot, *norms, f"({dot})/({norms[0]}*{norms[1]})", distance, f"abs({dot})", f"{norms[0]}*{norms[1]}", total, " + ".join(norms)]

    def by_numpy(values: Values) -> list[Any]:
        a, b = values[0].ravel(), values[1].ravel()
        p, q = np.linalg.norm(a), np.linalg.norm(b)
        return [a @ b, p, q, a @ b / (p * q), np.linalg.norm(a - b), abs(a @ b), p * q, np.linalg.norm(a + b), p + q]

    nodes, check = write_out(texts, entries, variables, by_numpy)
    text = [to_text(node) for node in nodes]
    return {
        "dot": text[0],
        "latex": to_latex(nodes[0]),
        "norm_x": text[1],
        "norm_y": text[2],
        "cosine": text[3],
        "angle": f"acos({text[3]})",
        "orthogonal": True if text[0] == "0" else None,
        "distance": text[4],
        "projection": None,
        "scalar_projection": None,
        "cauchy_schwarz": {"value": text[5], "bound": text[6], "holds": True, "equality": None},
        "triangle": {"value": text[7], "bound": text[8], "holds": True, "equality": None},
        "arithmetic": "symbolic",
        "error_bound": 0.0,
        "checks": require([check]),
    }


def symbolic_convolution(kernel: Matrix, signal: Matrix, mode: Mode, variables: Declared) -> dict[str, Any]:
    """As the operation convolution answers it, with a signal; columns are stacked in two dimensions."""
    flat = kernel.shape[1] == 1 and signal.shape[1] == 1
    if not flat and kernel.is_vector != signal.is_vector:
        raise ShapeMismatch("one of the two is a sequence, and the other a matrix", "send two lists, or two lists of rows", "/signal")
    rows = grid(kernel.shape, signal.shape, mode)
    entries = entries_of({"kernel": kernel, "signal": signal}, variables)
    limits.check("expression-nodes", 4 * len(rows[0]) * len(rows[1]) * math.prod(signal.shape), "/signal")
    zero = "0"

    def factor(i: int, j: int) -> str:
        """What the entry (i, j) of the full convolution has for a signal that is 1 at (0, 0)."""
        (p, q), (m, n) = kernel.shape, signal.shape
        if mode != "circular":
            return entries["kernel"][i][j].text if 0 <= i < p and 0 <= j < q else zero
        parts = [entries["kernel"][a][b].text for a in range(p) for b in range(q) if (i - a) % m == 0 and (j - b) % n == 0]
        return " + ".join(parts) or zero

    outputs = [(i, j) for j in rows[1] for i in rows[0]]
    inputs = [(a, b) for b in range(signal.shape[1]) for a in range(signal.shape[0])]
    table = [[factor(i - a, j - b) for a, b in inputs] for i, j in outputs]
    two = [entries["signal"][a][b].text for a, b in inputs]
    sums = [" + ".join(f"({a})*({b})" for a, b in zip(row, two, strict=True) if a != zero) or zero for row in table]

    def by_numpy(values: Values) -> list[Any]:
        one, other = values
        full = np.zeros((one.shape[0] + other.shape[0] - 1, one.shape[1] + other.shape[1] - 1))
        for (a, b), value in np.ndenumerate(one):
            full[a : a + other.shape[0], b : b + other.shape[1]] += value * other
        kept = wrapped(full, signal.shape) if mode == "circular" else full[rows[0].start : rows[0].stop, rows[1].start : rows[1].stop]
        return list(kept.ravel(order="F"))

    nodes, check = write_out(sums, entries, variables, by_numpy)
    height = len(rows[0])
    lines = [nodes[i::height] for i in range(height)]
    answer: dict[str, Any] = {
        "convolution": [to_text(node) for node in nodes] if flat else [[to_text(node) for node in line] for line in lines],
        "latex": r"\begin{pmatrix} " + r" \\ ".join(" & ".join(map(to_latex, line)) for line in lines) + r" \end{pmatrix}",
        "matrix": table,
        "shape": [len(outputs), len(inputs)],
        "mode": mode,
        "arithmetic": "symbolic",
        "error_bounds": None,
        "checks": require([check]),
    }
    return answer if flat else answer | {"output_shape": [height, len(rows[1])]}


# --- entries, and what is written of them ----------------------------------------------------------------------------


class Entry:
    """A scalar expression as it was sent, and its text in brackets as it is printed."""

    def __init__(self, node: Node) -> None:
        self.node = node
        printed = to_text(node)
        self.text = printed if printed.isalnum() else f"({printed})"


def entries_of(arrays: Mapping[str, Matrix], variables: Declared) -> dict[str, list[list[Entry]]]:
    """The entries of each array. Raises what the language raises, by pointer, and ShapeMismatch for an entry that is no scalar."""
    limits.check("expression-nodes", sum(16 * math.prod(array.shape) for array in arrays.values()))
    for name, array in arrays.items():
        if array.is_complex:
            raise InputError("expressions are real, and have no place beside complex entries", "send numbers in place of names", f"/{name}")
    sources = {
        f"/{name}{pointer(i, j, array.is_vector)}": str(entry)
        for name, array in arrays.items()
        for i, row in enumerate(array.texts())
        for j, entry in enumerate(row)
    }
    nodes = parse_together(sources, declare(variables))
    for at, node in nodes.items():
        if node.shape != SCALAR:
            raise ShapeMismatch("an entry of the array is not a scalar", "write the entries one by one: x[1], x[2]", at)
    found = iter(nodes.values())
    return {name: [[Entry(next(found)) for _ in range(array.shape[1])] for _ in range(array.shape[0])] for name, array in arrays.items()}


def _sizes(declared: Variable) -> list[int]:
    """Raises ShapeMismatch for a size that is a letter."""
    sizes = [size for size in axes(declared.shape) if isinstance(size, int)]
    if len(sizes) < len(axes(declared.shape)):
        detail = f"{declared.name} has a size that is not a number"
        raise ShapeMismatch(detail, 'declare it with numbers: "vector(3)"', f"/variables/{declared.name}")
    return sizes


def _largest(texts: Sequence[str]) -> str:
    """The largest of several sizes, by the two-argument max of the language."""
    first, *others = [text for text in texts if text != "abs(0)"] or texts[:1]
    largest = first
    for text in others:
        largest = f"max({largest}, {text})"
    return largest


def write_out(
    texts: list[str], entries: Mapping[str, list[list[Entry]]], variables: Declared, by_numpy: Callable[[Values], list[Any]]
) -> tuple[list[Node], Check]:
    """The expressions `texts` in normal form, and their check at random points."""
    nodes = list(parse_together({f"/{i}": text for i, text in enumerate(texts)}, declare(variables)).values())
    flat = [entry.node for rows in entries.values() for row in rows for entry in row]
    evaluate = Evaluator(flat[0], {}, flat[1:])
    names = {step[0].parameter.name: step[0].parameter for step in evaluate.steps if isinstance(step[0].parameter, Variable)}
    notation = Notation({name: variable(declared) for name, declared in names.items()})
    written = [notation.node(lower(node)) for node in nodes]
    shapes = [(len(rows), len(rows[0])) for rows in entries.values()]
    return written, comparison(written, evaluate, names, shapes, by_numpy)


def comparison(
    written: Sequence[Node],
    evaluate: Evaluator,
    names: Mapping[str, Variable],
    shapes: Sequence[tuple[int, int]],
    by_numpy: Callable[[Values], list[Any]],
) -> Check:
    """The values of what is `written` against NumPy's for the values of the entries, at random points. Raises Undecided."""
    random = np.random.default_rng(SEED)
    own = Evaluator(written[0], {}, written[1:])
    worst, compared = 0.0, 0
    for _ in range(ATTEMPTS):
        point = {name: random.uniform(0.3, 1.7, _sizes(declared)) for name, declared in names.items()}
        flat = np.array([float(value) for value in evaluate.values(point)])
        if not np.isfinite(flat).all():
            continue
        parts = np.split(flat, np.cumsum([math.prod(shape) for shape in shapes])[:-1])
        with np.errstate(all="ignore"):
            values = by_numpy([part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)])
        expected = np.array(values, dtype=np.float64)
        found = np.array([float(value) for value in own.values(point)])
        if not (np.isfinite(expected).all() and np.isfinite(found).all()):
            continue
        with np.errstate(over="ignore"):
            scale = max(float(np.square(np.abs(flat).max())), float(np.abs(expected).max()), 1e-300)
        if not math.isfinite(scale):
            continue
        worst, compared = max(worst, float(np.abs(found - expected).max()) / scale), compared + 1
        if compared == POINTS:
            break
    if not compared:
        raise Undecided("the entries are not defined at any random point", "are they defined nearly everywhere?")
    detail = f"the expressions against NumPy's values at {compared} random points, relative"
    return measured("random-points", worst, TOLERANCE, detail)
