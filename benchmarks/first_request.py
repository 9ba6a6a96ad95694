"""A request that comes once: parse, derive, generate code, run, against JAX, PyTorch and autograd from scratch; and the second call.

float64, one thread, nothing of the same function cached before; medians, all in turns, each answer compared. A call takes
the lesser of wall time (a compiler may use several threads) and CPU time (the machine may have other work), for all alike.
JAX stands twice, compiled (trace, compile, run) and not. PyTorch takes part where it is installed (`pip install torch==2.13.0`).
"""

from __future__ import annotations

import importlib
import math
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.identities_speed import unchecked
from service.answers import derivation
from service.answers.task import read_task
from service.expression.arena import fresh_arena

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

Array = NDArray[np.float64]
Values = dict[str, Array]
Kernel = Callable[..., Any]
Start = Callable[["Case", str, Values], Kernel]
"""From a case, "gradient" or "hessian", and the values: the function to call with them; what is prepared in it counts."""

SIZES = (10, 100, 1000)
RANK = 10
LONGEST = 20
"""Seconds after which a call is given up."""
MOST_ENTRIES = 2e7
ENOUGH = 0.2
"""Seconds of one tool in one case after which it is not repeated."""


@dataclass(frozen=True)
class Case:
    """A function, in the language and over any module that looks like NumPy; its derivatives by hand; the shapes of its variables."""

    expression: str
    kinds: dict[str, str]
    wrt: str
    function: Callable[..., Any]
    """(module, softplus, variables...), the first the one to differentiate by."""
    gradient: Kernel
    hessian: Kernel
    shapes: Callable[[int], dict[str, tuple[int, ...]]]


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def _logistic_hessian(w: Array, X: Array, y: Array) -> Array:
    s = _sigmoid(y * (X @ w))
    return (X.T * (s * (1 - s) * y * y)) @ X


def _factorisation_hessian(U: Array, T: Array, V: Array) -> Array:
    (m, p), core = U.shape, 2 * V.T @ V
    hessian = np.zeros((m, p, m, p))
    hessian[range(m), :, range(m), :] = core
    return hessian


def _network_gradient(x: Array, v: Array, W: Array, U: Array) -> Array:
    a = np.tanh(U @ x)
    b = np.tanh(W @ a)
    return ((v * (1 - b * b)) @ W * (1 - a * a)) @ U


def _network_hessian(x: Array, v: Array, W: Array, U: Array) -> Array:
    a = np.tanh(U @ x)
    b = np.tanh(W @ a)
    da, db = 1 - a * a, v * (1 - b * b)
    inner = (W.T * (-2 * b * db)) @ W * np.multiply.outer(da, da)
    inner.flat[:: len(a) + 1] += -2 * a * da * (db @ W)
    return U.T @ inner @ U


CASES: dict[str, Case] = {
    "x'Ax": Case(
        "x'*A*x",
        {"x": "vector(n)", "A": "matrix(n,n)"},
        "x",
        lambda np, softplus, x, A: x @ A @ x,
        lambda x, A: A @ x + x @ A,
        lambda x, A: A + A.T,
        lambda n: {"x": (n,), "A": (n, n)},
    ),
    "logistic loss": Case(
        "sum(log(1 + exp(-y.*(X*w))))",
        {"w": "vector(n)", "X": "matrix(m,n)", "y": "vector(m)"},
        "w",
        lambda np, softplus, w, X, y: softplus(-y * (X @ w)).sum(),
        lambda w, X, y: -(y * _sigmoid(-y * (X @ w))) @ X,
        _logistic_hessian,
        lambda n: {"w": (n,), "X": (2 * n, n), "y": (2 * n,)},
    ),
    "‖T - UV'‖²": Case(
        "normF(T - U*V')^2",
        {"U": "matrix(m,p)", "T": "matrix(m,n)", "V": "matrix(n,p)"},
        "U",
        lambda np, softplus, U, T, V: ((T - U @ V.T) ** 2).sum(),
        lambda U, T, V: 2 * (U @ V.T - T) @ V,
        _factorisation_hessian,
        lambda n: {"U": (n, RANK), "T": (n, n), "V": (n, RANK)},
    ),
    "tanh network": Case(
        "v'*tanh(W*tanh(U*x))",
        {"x": "vector(n)", "v": "vector(n)", "W": "matrix(n,n)", "U": "matrix(n,n)"},
        "x",
        lambda np, softplus, x, v, W, U: v @ np.tanh(W @ np.tanh(U @ x)),
        _network_gradient,
        _network_hessian,
        lambda n: {"x": (n,), "v": (n,), "W": (n, n), "U": (n, n)},
    ),
}


def draw(case: Case, n: int) -> Values:
    random = np.random.default_rng(n)
    return {name: random.standard_normal(shape) / math.sqrt(shape[-1]) for name, shape in case.shapes(n).items()}


def with_nabla(case: Case, order: str, values: Values) -> Kernel:
    request = {"expression": case.expression, "variables": case.kinds, "wrt": case.wrt}
    with fresh_arena():
        code = derivation.derive(read_task(order, request))["result"]["code"]["numpy"]
    space: dict[str, Any] = {}
    exec(code, space)  # noqa: S102 - our own code: to run it is what is measured
    function: Kernel = space[order]
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return lambda: function(*[values[name] for name in names])


def by_hand(case: Case, order: str, values: Values) -> Kernel:
    return lambda: getattr(case, order)(*values.values())


def peers() -> dict[str, Start]:
    """Those that are installed, ready to be used."""
    found: dict[str, Start] = {}
    for name, start in {"JAX": _jax, "PyTorch": _pytorch, "autograd": _autograd}.items():
        try:
            found.update(start())
        except ImportError:
            print(f"{name} is not installed: left out\n")
    return found


def _jax() -> dict[str, Start]:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")

    def prepared(compiled: bool) -> Start:
        def start(case: Case, order: str, values: Values) -> Kernel:
            derivative = jax.grad if order == "gradient" else jax.hessian
            function = derivative(lambda *variables: case.function(jax.numpy, jax.nn.softplus, *variables))
            function = jax.jit(function) if compiled else function
            return lambda: np.asarray(function(*values.values()))

        return start

    return {"JAX jit": prepared(True), "JAX": prepared(False)}


def _pytorch() -> dict[str, Start]:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)

    def start(case: Case, order: str, values: Values) -> Kernel:
        derivative = torch.func.grad if order == "gradient" else torch.func.hessian
        function = derivative(lambda *variables: case.function(torch, torch.nn.functional.softplus, *variables))
        return lambda: function(*[torch.from_numpy(value) for value in values.values()]).numpy()

    return {"PyTorch": start}


def _autograd() -> dict[str, Start]:
    autograd, numpy = importlib.import_module("autograd"), importlib.import_module("autograd.numpy")

    def start(case: Case, order: str, values: Values) -> Kernel:
        derivative = autograd.grad if order == "gradient" else autograd.hessian
        function = derivative(lambda *variables: case.function(numpy, lambda z: numpy.logaddexp(0, z), *variables))
        return lambda: function(*values.values())

    return {"autograd": start}


class _TooLong(Exception):
    pass


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooLong

    former = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _since(wall: float, cpu: float) -> float:
    return min(time.perf_counter() - wall, time.process_time() - cpu)


def _once(start: Start, case: Case, order: str, values: Values) -> tuple[float, float, Array]:
    """Seconds to the first answer, seconds of the second call (the best of a few), and the answer."""
    wall, cpu = time.perf_counter(), time.process_time()
    call = start(case, order, values)
    answer = call()
    first = _since(wall, cpu)
    again: list[float] = []
    while not again or (sum(again) < min(ENOUGH, first) and len(again) < 20):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        again.append(_since(wall, cpu))
    return first, min(again), np.asarray(answer)


def measured(tools: dict[str, Start], case: Case, order: str, values: Values, rounds: int = 7) -> dict[str, tuple[float, float]]:
    """By tool: median seconds to the first answer, least seconds of a later call; infinite where it took too long."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in tools}
    expected = by_hand(case, order, values)()
    for _ in range(rounds):
        for name, start in tools.items():
            if times[name] and ((len(times[name]) > 2 and sum(map(sum, times[name])) > ENOUGH) or times[name][-1][0] > 2):
                continue
            try:
                with _at_most(LONGEST):
                    first, again, answer = _once(start, case, order, values)
            except _TooLong:
                times[name].append((math.inf, math.inf))
                continue
            if not np.allclose(answer, expected, rtol=1e-7, atol=1e-9 * np.abs(expected).max()):
                raise AssertionError(f"{name}, {order} of {case.expression}: another answer")
            times[name].append((first, again))
    return {name: (statistics.median(f for f, _ in pairs), min(s for _, s in pairs)) for name, pairs in times.items()}


def _best_of(call: Kernel, least: float = 0.05) -> float:
    times: list[float] = []
    while len(times) < 3 or sum(times) < least:
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        times.append(_since(wall, cpu))
    return min(times)


def _softplus(z: Array) -> Array:
    return np.asarray(np.logaddexp(0, z))


def _ms(seconds: float) -> str:
    return f"> {LONGEST} s" if math.isinf(seconds) else f"{seconds * 1e3:.3g}"


def run(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Times in ms as first / later; f is the function itself in NumPy."""
    others = peers()
    tools: dict[str, Start] = {"Nabla": with_nabla, **others, "by hand": by_hand}
    rows = []
    with unchecked():
        for case in CASES.values():  # once for what a process loads once
            for order in ("gradient", "hessian"):
                measured(tools, case, order, draw(case, 5), 1)
        for name, case in CASES.items():
            for order in ("gradient", "hessian"):
                for n in sizes:
                    row: dict[str, Any] = {"function": name, "": order, "n": n}
                    rows.append(row)
                    values = draw(case, n)
                    columns = [*(f"{tool}, ms" for tool in (*tools, "f")), "first: best peer", "peer / Nabla"]
                    columns += ["later: peer / Nabla", "Nabla / by hand", "Nabla / f"]
                    row.update(dict.fromkeys(columns, ""))
                    if order == "hessian" and values[case.wrt].size ** 2 > MOST_ENTRIES:
                        row["Nabla, ms"] = "not formed"
                        continue
                    times = measured(tools, case, order, values)
                    function = _best_of(lambda case=case, values=values: case.function(np, _softplus, *values.values()))
                    row.update({f"{tool}, ms": f"{_ms(first)} / {_ms(later)}" for tool, (first, later) in times.items()})
                    row["f, ms"], row["by hand, ms"] = _ms(function), _ms(times["by hand"][1])
                    first, later = times["Nabla"]
                    row["Nabla / by hand"] = round(later / times["by hand"][1], 2)
                    row["Nabla / f"] = round(later / function, 2) if order == "gradient" else ""
                    if others:
                        best = min(others, key=lambda tool: times[tool][0])
                        row["first: best peer"] = best
                        row["peer / Nabla"] = round(times[best][0] / first, 1)
                        row["later: peer / Nabla"] = round(min(times[tool][1] for tool in others) / later, 2)
    return rows
