"""Steps of a derivation, and their proof: a step whose two sides differ is an error, never an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from service.calculus import verify
from service.errors import CheckFailed, LimitExceeded, Undecided
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import Size
from service.operations.leaves import Variable
from service.printing.printers import to_latex, to_text
from service.teaching.indexed import Label
from service.teaching.sentences import code_of, sentence
from service.teaching.values import Trial

TOLERANCE = 1e-4
POINTS = 2
ROUNDS = 4
"""How often all domains are tried."""
LONGEST_LINE = 1_000
"""Characters: a longer line is left out, and the two steps around it are told as one."""

LONGEST_TEXT = 500
"""Characters: what joined steps would say at greater length is said by the names of their rules."""

Sides = Callable[[Trial, Node, Node, float], tuple[Array, Array]]


@dataclass(frozen=True)
class Step:
    """One step: the rule's name, the line before and after, a sentence. `sides` are two values that the step claims equal."""

    rule: str
    before: Node
    after: Node
    text: str
    sides: Sides

    def to_json(self, by: Iterable[str]) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "code": code_of(self.rule),
            "before": {"text": to_text(self.before), "latex": to_latex(self.before)},
            "after": {"text": to_text(self.after), "latex": to_latex(self.after)},
            "text": self.text,
            "wrt": list(by),
        }


# --- what a step claims ---------------------------------------------------------------------------------------------


def equal(trial: Trial, before: Node, after: Node, step: float) -> tuple[Array, Array]:
    """Both lines are the same function."""
    left, right = np.broadcast_arrays(*[trial.mirror(line, trial.value(line, step)) for line in (before, after)])
    return left, right


def arranged(arrangement: Callable[[Any], Any]) -> Sides:
    """The second line holds the entries of the first in another arrangement."""

    def sides(trial: Trial, before: Node, after: Node, step: float) -> tuple[Array, Array]:
        return np.reshape(arrangement(trial.value(before, step)), -1, "F"), np.reshape(trial.value(after, step), -1, "F")

    return sides


def coefficients_of(by: Variable) -> Sides:
    """The first line is linear in dX, and the second holds its coefficients: contracted with dX it is the first."""

    def sides(trial: Trial, before: Node, after: Node, step: float) -> tuple[Array, Array]:
        change = trial.direction(by)
        return trial.value(before, step), np.asarray(np.tensordot(trial.value(after, step), change, change.ndim))

    return sides


def entries_of(labels: tuple[Label, ...], first: bool) -> Sides:
    """One of the lines (the `first`, or else the second) is an array, the other one its entries under these labels."""

    def sides(trial: Trial, before: Node, after: Node, step: float) -> tuple[Array, Array]:
        if first:
            left, right = np.broadcast_arrays(trial.placed(before, labels, step), trial.value(after, step))
        else:
            values = trial.value(before, step), trial.placed(after, labels, step)
            left, right = np.broadcast_arrays(*[trial.mirror(line, value) for line, value in zip((before, after), values, strict=True)])
        return left, right

    return sides


# --- the proof ------------------------------------------------------------------------------------------------------


class Trials:
    """Random points at which some expressions are defined, the likeliest domains first; drawn when needed, and kept."""

    def __init__(
        self,
        variables: Mapping[str, Variable],
        defined: Sequence[Node],
        letters: Mapping[str, Size] | None = None,
        free: Sequence[str] = (),
        mirrored: tuple[str, ...] = (),
        named: Mapping[str, Node] | None = None,
    ) -> None:
        self.variables = variables
        self.defined = defined
        self.letters = letters or {}
        self.free = free
        self.mirrored = mirrored
        self.named = named or {}
        self.drawn: list[Trial | None] = []

    def __iter__(self) -> Iterator[Trial]:
        for place in range(ROUNDS * len(verify.DOMAINS) * verify.POINTS):
            if place == len(self.drawn):
                sizes = verify.draw_sizes(self.variables, place % verify.POINTS)
                domain = verify.DOMAINS[place // verify.POINTS % len(verify.DOMAINS)]
                trial = Trial(self.variables, sizes, self.letters, self.free, self.mirrored, domain, verify.SEED + place, self.named)
                self.drawn.append(trial if all(map(trial.is_defined, self.defined)) else None)
            found = self.drawn[place]
            if found is not None:
                yield found


def proved(steps: Iterable[Step], trials: Trials) -> list[Step]:
    """The steps, each checked at random points; where a line is too long, or has no value at any of them, the two steps
    around it become one.

    Raises CheckFailed where the sides of a step differ, Undecided where none has a value.
    """
    told: list[Step] = []
    waiting: Step | None = None
    for step in steps:
        if waiting is not None and not joinable(waiting, step):
            _tell(waiting, told, trials)
            waiting = None
        current = step if waiting is None else joined(waiting, step)
        if is_short(current.after) and holds(current, trials):
            told.append(current)
            waiting = None
        else:
            waiting = current
    if waiting is not None:
        _tell(waiting, told, trials)
    return told


def _tell(step: Step, told: list[Step], trials: Trials) -> None:
    """Tell a step that no later one can be joined to, with as many of those before it as it takes to check it."""
    while not holds(step, trials):
        if not told or not joinable(told[-1], step):
            raise Undecided(
                "the steps could not be checked: no random point was found at which they have a value",
                hint="the answer itself is to be had without steps",
            )
        step = joined(told.pop(), step)
    told.append(step)


def joinable(first: Step, second: Step) -> bool:
    """Whether the second step goes on where the first one ended, and their claims make one."""
    return first.after is second.before and (first.sides is equal or second.sides is equal)


def joined(first: Step, second: Step) -> Step:
    """Two steps as one."""
    rules = ", ".join(dict.fromkeys((*first.rule.split(", "), *second.rule.split(", "))))
    text = first.text if second.text in first.text else f"{first.text} {second.text}"
    sides = second.sides if first.sides is equal else first.sides
    return Step(rules, first.before, second.after, text if len(text) <= LONGEST_TEXT else sentence("at once", rules=rules), sides)


def is_short(line: Node) -> bool:
    try:
        return len(to_text(line)) <= LONGEST_LINE
    except LimitExceeded:
        return False


def holds(step: Step, trials: Trials) -> bool:
    """Whether the step is seen to hold; False where it has no value at enough points.

    Raises CheckFailed where it is wrong, which is seen at two points: near a jump or a pole differences may fail at one.
    """
    seen, failed = 0, 0
    for trial in trials:
        error = _error(trial, partial(step.sides, trial, step.before, step.after))
        if error is None:
            continue
        if error > TOLERANCE:
            failed += 1
            if failed < POINTS:
                continue
            raise CheckFailed(
                f"a step of the derivation does not hold: {to_text(step.before)[:200]} is not {to_text(step.after)[:200]}",
                facts={"rule": step.rule, "error": error},
            )
        seen += 1
        if seen == POINTS:
            break
    return seen > failed


def _error(trial: Trial, sides: Callable[[float], tuple[Array, Array]]) -> float | None:
    """The smallest relative difference over the step sizes of the differences; None where a side has no value."""
    best: float | None = None
    for step in verify.STEPS:
        left, right = sides(step)
        if left.shape != right.shape or not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
            continue
        sizes = [float(np.max(np.abs(array), initial=0)) for array in (left, right)]
        scale = max(*sizes, 1e-3 * trial.magnitude, 1e-6)
        error = float(np.max(np.abs(left - right), initial=0)) / scale
        best = error if best is None else min(best, error)
        if best <= TOLERANCE / 10:
            break
    return best
