"""Stochastic gradient descent: the gradient of a sum or mean over rows of data, estimated on a few rows at a time.

The function is a part that depends on the data, and a part that does not. Of the first, each batch gives ∇f_B (a mean), or n/|B| ∇f_B (a
sum); over the batches of an epoch their mean, weighted by |B|/n, is the gradient: that is tried at the start and at the end.
The rows are shuffled at each epoch by NumPy's PCG64 with the seed of the request. (H. Robbins, S. Monro, Ann. Math. Statist. 22, 1951;
L. Bottou, F. E. Curtis, J. Nocedal: Optimization Methods for Large-Scale Machine Learning, SIAM Review 60, 2018, section 4.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from service import limits
from service.answers.forms import expression_to_json
from service.answers.kinks import kinks_check
from service.calculus.evaluate import Evaluator, reshaped
from service.calculus.verify import check_derivatives
from service.certificates import Check, measured, require
from service.errors import InputError, NoConvergence, UndefinedAtPoint
from service.expression.nodes import Node, in_order, make
from service.expression.operation import Array
from service.expression.shapes import axes
from service.functions.chords import Verdict
from service.functions.convexity import known_convexity
from service.functions.descent import Path, is_sound
from service.functions.function import Function, Question
from service.functions.solve_nonlinear import read_start
from service.operations.leaves import Variable, number

EPOCHS = 100
BATCH = 32
TOLERANCE = 1e-10
SAME = 1e-9
UNBIASED = 1e-10
GENERATOR = "NumPy PCG64"


def minimize_stochastic(question: Question, request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for the method sgd. Raises InputError for what is no sum or mean over rows, NoConvergence where it leaves every bound."""
    batches = Batches(question, request)
    function = batches.function
    x = function.unknowns.column(function.start)
    if not np.isfinite(function.value(x)):
        raise UndefinedAtPoint("the function has no value at the start", pointer="/start")
    verdict = known_convexity(question, function)
    step = _step(request, verdict)
    decay = float(request.get("decay", 0.0))
    tolerance = request.get("tolerance", TOLERANCE)
    epochs = request.get("epochs")
    updates = request.get("iterations")
    each = -(-batches.rows // batches.size)
    if updates is None:
        updates = (EPOCHS if epochs is None else epochs) * each
    elif epochs is not None:
        updates = min(updates, epochs * each)
    limits.check("iterations", updates, "/epochs")
    random = np.random.Generator(np.random.PCG64(request.get("seed", 0)))
    path = _descend(batches, x, step, decay, tolerance, updates, random)
    if path.reason == "diverged":
        raise NoConvergence(
            "the way left every bound, or the domain of the function: the step is too long, or the function has no lower bound",
            hint='a shorter "step", or a "decay" above 0',
            pointer="/step",
            facts={"stopped_at": function.unknowns.to_json(path.columns[-1]), "value": path.values[-1], "reason": path.reason},
        )
    names = function.unknowns
    column = path.columns[-1]
    values = np.linalg.eigvalsh(function.hessian(column))
    answer: dict[str, Any] = {
        "operation": "minimize",
        "expression": expression_to_json(question.node),
        "wrt": question.targets.names,
        "method": "sgd",
        "minimum": {"point": names.to_json(column), "value": path.values[-1]},
        "converged": path.converged,
        "reason": path.reason,
        "iterations": batches.updates,
        "epochs": len(path.columns) - 1,
        "batch_size": batches.size,
        "seed": request.get("seed", 0),
        "generator": GENERATOR,
        "data": list(batches.names),
        "gradient_norm": path.norms[-1],
        "hessian_eigenvalues": sorted((float(value) + 0.0 for value in values), reverse=True),
        "kind": ("global minimum" if verdict.convex else "critical point") if path.converged else "not converged",
        "convex": verdict.convex,
        "lipschitz_constant": verdict.lipschitz,
        "strong_convexity_constant": verdict.strong,
        "step": step,
        "path": path.to_json(names),
        "proof": None,
    }
    derivatives: dict[tuple[str, ...], Node] = {
        (v.name,): function.notation.node(tensor) for v, tensor in zip(function.by, function.first, strict=True)
    }
    variables = {**question.variables, **{v.name: v for v in function.by}}
    checks = [
        *check_derivatives(function.root, derivatives, variables, "finite-differences"),
        *kinks_check(question.node, question.targets.names),
        unbiased(batches, [path.columns[0], column], np.random.Generator(np.random.PCG64(request.get("seed", 0)))),
    ]
    answer["checks"] = require(checks)
    return answer


def _step(request: Mapping[str, Any], verdict: Verdict) -> float:
    step = request.get("step") or (1 / verdict.lipschitz if verdict.lipschitz else 0.0)
    if not step:
        raise InputError(
            "sgd needs a step: no Lipschitz constant of the gradient is known, whose inverse it would be",
            hint='"step": 0.01, and "decay": 0.001 for steps that become shorter',
            pointer="/step",
        )
    return float(step)


class Batches:
    """A function at known sizes, and the estimates of its gradient on rows of its data. `updates` counts these."""

    def __init__(self, question: Question, request: Mapping[str, Any]) -> None:
        self.function = Function(question, read_start(question, request.get("start")))
        self.letter, self.names = _data(question)
        self.rows = int(self.function.sizes[self.letter])
        self.size = int(request.get("batch_size", min(BATCH, self.rows)))
        if self.size > self.rows:
            raise InputError(
                f"a batch of {self.size} rows is more than there are: {self.rows}", hint="a smaller batch_size", pointer="/batch_size"
            )
        moving, rest = _split(question.node, self.names)
        self.part = Function(question.about(moving), self.function.start)
        self.rest = None if rest is None else Function(question.about(rest), self.function.start)
        self.evaluators: dict[int, Evaluator] = {}
        self.updates = 0
        self.is_sum = self._is_sum()

    def gradient(self, x: Array, rows: Array) -> Array:
        """The estimate on these rows."""
        found = self._raw(x, rows) * (self.rows / len(rows) if self.is_sum else 1.0)
        return found if self.rest is None else found + self.rest.gradient(x)

    def _raw(self, x: Array, rows: Array) -> Array:
        """The gradient of the part with the data, as if these rows were all."""
        function = self.part
        sizes = {**function.sizes, self.letter: len(rows)}
        point = {**function.known, **function.unknowns.arrays(x)}
        for name in self.names:
            point[name] = np.reshape(point[name], self._shape(name))[rows]
        if len(rows) not in self.evaluators:
            nodes = [function.notation.node(tensor) for tensor in function.first]
            self.evaluators[len(rows)] = Evaluator(nodes[0], sizes, nodes[1:])
        parts = self.evaluators[len(rows)].values(reshaped(function.question.variables, point, sizes))
        flat = [np.reshape(part, (1, -1)) for part in parts]
        return np.asarray(function.unknowns.by_column(flat, 1)[0])

    def _shape(self, name: str) -> tuple[int, ...]:
        columns = self.function.question.variables[name].shape[1]
        other = columns if isinstance(columns, int) else int(self.function.sizes[columns])
        return (self.rows,) if other == 1 else (self.rows, other)

    def _is_sum(self) -> bool:
        """Whether the part with the data adds up over batches; raises InputError where it is no mean either."""
        places = np.arange(self.rows)
        batches = [places[k : k + self.size] for k in range(0, self.rows, self.size)]
        x = self.function.unknowns.column(self.function.start)
        x = x + 0.01 * (1 + np.abs(x)) * np.cos(np.arange(1, len(x) + 1))  # a start of 0 may be where everything is 0
        whole = self._raw(x, places)
        parts = [self._raw(x, batch) for batch in batches]
        mean = sum((part * (len(batch) / self.rows) for part, batch in zip(parts, batches, strict=True)), np.zeros_like(whole))
        scale = 1e-300 + float(np.max(np.abs(whole))) + max(float(np.max(np.abs(part))) for part in parts)
        if np.max(np.abs(mean - whole)) <= SAME * scale:
            return False
        if np.max(np.abs(sum(parts, np.zeros_like(whole)) - whole)) <= SAME * scale * len(parts):
            return True
        raise InputError(
            f"the function is no sum or mean over the rows of {', '.join(self.names)}",
            hint="such as norm2(X*w - y)^2/n, or sum(softplus(X*w)) - y'*X*w; or the method gradient-descent",
            pointer="/expression",
        )


def _data(question: Question) -> tuple[str, tuple[str, ...]]:
    """The letter of the number of rows, and the arrays with so many. Raises InputError."""
    taken = {letter for declared in question.targets.variables for letter in axes(declared.shape)}
    found: dict[str, list[str]] = {}
    for name in question.given:
        declared = question.variables.get(name, Variable(name))
        rows = declared.shape[0]
        if isinstance(rows, str) and rows not in taken and rows.isidentifier():
            found.setdefault(rows, []).append(name)
    if len(found) != 1:
        raise InputError(
            "sgd takes rows of data at a time: which arrays have them is told by one letter for their number"
            + (f", and there are {', '.join(found)}" if found else ""),
            hint='"variables": {"X": "matrix(n,d)", "y": "vector(n)", "w": "vector(d)"}, with X and y in "at"',
            pointer="/variables",
        )
    ((letter, names),) = found.items()
    return letter, tuple(names)


def _split(node: Node, names: Sequence[str]) -> tuple[Node, Node | None]:
    """The terms of a sum in which the data occur, and those in which they do not."""
    terms = node.arguments if node.operation.name == "add" else (node,)
    moving = [term for term in terms if _has(term, names)]
    rest = [term for term in terms if not _has(term, names)]
    return _total(moving), _total(rest) if rest else None


def _has(node: Node, names: Sequence[str]) -> bool:
    return any(isinstance(part.parameter, Variable) and part.parameter.name in names for part in in_order([node]))


def _total(terms: Sequence[Node]) -> Node:
    return terms[0] if len(terms) == 1 else make("add", *terms) if terms else number(0)


def _descend(batches: Batches, x: Array, step: float, decay: float, tolerance: float, updates: int, random: np.random.Generator) -> Path:
    """The point after each epoch, with the value and the gradient of the whole function there."""
    function, path = batches.function, Path()
    while True:
        value, gradient = function.value(x), function.gradient(x)
        if not is_sound(x, value, gradient):
            path.reason = "diverged"
            return path
        path.add(x, value, gradient)
        if path.norms[-1] <= tolerance:
            path.reason = "gradient"
            return path
        if batches.updates >= updates:
            path.reason = "iterations"
            return path
        order = random.permutation(batches.rows)
        for k in range(0, batches.rows, batches.size):
            if batches.updates < updates:
                x = x - step / (1 + decay * batches.updates) * batches.gradient(x, order[k : k + batches.size])
                batches.updates += 1


def unbiased(batches: Batches, columns: Sequence[Array], random: np.random.Generator) -> Check:
    """The mean of the estimates over all batches of an epoch, against the gradient, at these points."""
    worst = 0.0
    for x in columns:
        order = random.permutation(batches.rows)
        parts = [order[k : k + batches.size] for k in range(0, batches.rows, batches.size)]
        found = [batches.gradient(x, part) for part in parts]
        mean = sum((each * (len(part) / batches.rows) for each, part in zip(found, parts, strict=True)), np.zeros_like(x))
        scale = 1e-300 + max(float(np.max(np.abs(each))) for each in found)
        worst = max(worst, float(np.max(np.abs(mean - batches.function.gradient(x)))) / scale)
    return measured(
        "unbiased", worst, UNBIASED, "the mean of the estimates over all batches of an epoch, against the gradient, relative to the largest"
    )
