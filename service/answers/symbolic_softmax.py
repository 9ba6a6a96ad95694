"""log Σ exp, softmax and cross-entropy of entries that are expressions: in the language, compared with SciPy's values at random points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from service import limits
from service.answers.symbolic_sums import Declared, Entry, Values, entries_of, write_out
from service.certificates import require
from service.errors import InputError, ShapeMismatch
from service.expression.nodes import Node
from service.learning.softmax import as_number
from service.linalg.matrix import Matrix
from service.printing.printers import to_latex, to_text

LIMIT = "symbolic-size"


def symbolic_log_sum_exp(vector: Matrix, field: str, temperature: Any, variables: Declared) -> dict[str, Any]:
    """As the operation log-sum-exp answers it. Raises InputError, LimitExceeded, Undecided, and what the language raises."""
    n = _size(vector, field)
    entries = entries_of({field: vector}, variables)
    inner, t, outer = _softmax_text(entries[field], temperature)
    texts = [f"{outer}logsumexp({inner})", *_probabilities(inner, n), *_curvature(inner, n, f"/({t})")]
    scale = float(temperature)

    def by_scipy(values: Values) -> list[Any]:
        p = special.softmax(values[0][:, 0] / scale)
        return [special.logsumexp(values[0] / scale) * scale, *p, *((np.diag(p) - np.outer(p, p)) / scale).ravel()]

    nodes, check = write_out(texts, entries, variables, by_scipy)
    text = list(map(to_text, nodes))
    return {
        "value": text[0],
        "latex": to_latex(nodes[0]),
        "gradient": text[1 : n + 1],
        "hessian": _square(text[n + 1 :], n),
        "maximum": None,
        "bounds": None,
        "temperature": scale,
        "checks": require([check]),
    }


def symbolic_softmax(vector: Matrix, field: str, temperature: Any, variables: Declared) -> dict[str, Any]:
    """As the operation softmax answers it."""
    n = _size(vector, field)
    entries = entries_of({field: vector}, variables)
    inner, t, _ = _softmax_text(entries[field], temperature)
    logarithms = [f"({row[0].text})/({t}) - logsumexp({inner})" for row in entries[field]]
    texts = [*_probabilities(inner, n), *logarithms, *_curvature(inner, n, f"/({t})")]
    scale = float(temperature)

    def by_scipy(values: Values) -> list[Any]:
        x = values[0][:, 0] / scale
        p = special.softmax(x)
        return [*p, *special.log_softmax(x), *((np.diag(p) - np.outer(p, p)) / scale).ravel()]

    nodes, check = write_out(texts, entries, variables, by_scipy)
    text = list(map(to_text, nodes))
    return {
        "value": text[:n],
        "latex": _column(nodes[:n]),
        "log_softmax": text[n : 2 * n],
        "jacobian": _square(text[2 * n :], n),
        "argmax": None,
        "temperature": scale,
        "checks": require([check]),
    }


def symbolic_cross_entropy(logits: Matrix, labels: Any, temperature: Any, variables: Declared) -> dict[str, Any]:
    """As the operation cross-entropy answers it, for one example. Labels that are expressions need not add up to 1."""
    n = _size(logits, "logits")
    if isinstance(labels, int):
        if not 0 <= labels < n:
            raise InputError(f"{labels} is not the place of one of {n} classes", f"places count from 0 to {n - 1}", "/labels")
        labels = Matrix((n, 1), "integer", np.eye(n)[:, [labels]], None, is_vector=True)
    if labels.shape != (n, 1):
        raise ShapeMismatch("the labels do not fit the logits", "a label is the place of the class, or an entry for each logit", "/labels")
    entries = entries_of({"logits": logits, "labels": labels}, variables)
    inner, t, _ = _softmax_text(entries["logits"], temperature)
    y = [row[0].text for row in entries["labels"]]
    total = " + ".join(y)
    loss = f"({total})*logsumexp({inner}) - (" + " + ".join(
        f"({label})*({row[0].text})/({t})" for label, row in zip(y, entries["logits"], strict=True)
    )
    gradient = [f"(({total})*{p} - ({label}))/({t})" for p, label in zip(_probabilities(inner, n), y, strict=True)]
    texts = [loss + ")", *_probabilities(inner, n), *gradient, *_curvature(inner, n, f"*({total})/({t})^2")]
    scale = float(temperature)

    def by_scipy(values: Values) -> list[Any]:
        x, target = values[0][:, 0] / scale, values[1][:, 0]
        p = special.softmax(x)
        curvature = (np.diag(p) - np.outer(p, p)) * target.sum() / scale**2
        return [-target @ special.log_softmax(x), *p, *((p * target.sum() - target) / scale), *curvature.ravel()]

    nodes, check = write_out(texts, entries, variables, by_scipy)
    text = list(map(to_text, nodes))
    return {
        "value": text[0],
        "latex": to_latex(nodes[0]),
        "losses": None,
        "probabilities": text[1 : n + 1],
        "gradient": text[n + 1 : 2 * n + 1],
        "hessian": _square(text[2 * n + 1 :], n),
        "entropy": None,
        "kl_divergence": None,
        "predictions": None,
        "reduction": "mean",
        "temperature": scale,
        "checks": require([check]),
    }


def _size(array: Matrix, field: str) -> int:
    """The number of entries. Raises ShapeMismatch for a matrix, LimitExceeded."""
    if array.shape[1] != 1:
        raise ShapeMismatch("of expressions one vector at a time is taken", "send a list of entries", f"/{field}")
    n = array.shape[0]
    limits.check(LIMIT, n, f"/{field}")
    return n


def _softmax_text(rows: Sequence[Sequence[Entry]], temperature: Any) -> tuple[str, str, str]:
    """The vector of exponents, the temperature, and the factor before a logarithm, as texts."""
    as_number(temperature)
    t = str(temperature)
    if t == "1":
        return "[" + ", ".join(row[0].text for row in rows) + "]", t, ""
    return "[" + ", ".join(f"({row[0].text})/({t})" for row in rows) + "]", t, f"({t})*"


def _probabilities(inner: str, n: int) -> list[str]:
    return ["1"] if n == 1 else [f"softmax({inner})[{i + 1}]" for i in range(n)]


def _curvature(inner: str, n: int, factor: str) -> list[str]:
    """(diag(p) − p·p') times the factor, row by row."""
    p = _probabilities(inner, n)
    return [f"{p[i]}*({int(i == j)} - {p[j]}){factor}" for i in range(n) for j in range(n)]


def _square(texts: Sequence[str], n: int) -> list[list[str]]:
    return [list(texts[i * n : (i + 1) * n]) for i in range(n)]


def _column(nodes: Sequence[Node]) -> str:
    return r"\begin{pmatrix} " + r" \\ ".join(map(to_latex, nodes)) + r" \end{pmatrix}"
