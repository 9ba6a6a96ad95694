"""Whether two expressions are the same function: decided, never guessed.

    normal form          both are the same tensor                                              proven
    modular              rational functions, at random points modulo random primes             proven, but for a stated chance
    numerical            balls of 77 digits and more at random points: disjoint ones prove     "no" proven, "yes" supported
                         a difference, overlapping ones support equality

"No" always comes with a point at which both are defined and differ; without one it is Undecided. Two functions are compared
where both are defined; where only one of them is, is told beside the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from random import Random
from typing import Any, NamedTuple

import numpy as np

from service.calculus.ball_functions import FUNCTIONS, Imprecise
from service.calculus.balls import Balls, balls
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.modular import Outcome, compare_modulo_primes
from service.calculus.sampling import GENERIC, READABLE, Style, as_doubles, draw_point, draw_sizes, letters_of, near_numbers, variables_of
from service.calculus.tensor_values import lengths, parts, work
from service.certificates import Check, decided, measured
from service.errors import LimitExceeded, Undecided
from service.expression.nodes import Node
from service.expression.operation import Array
from service.expression.shapes import describe
from service.expression.tensors import Apply, Tensor
from service.precision import precision

PRECISIONS = (256, 1024, 4096)
AGREEING_BITS = 128
ROUNDS = 3
FEWEST_POINTS, MOST_POINTS = 3, 33
SIZES_TRIED = 4
PIECE_POINTS = 300
PIECE_WORK = 60_000
SUSPICIOUS = 1e-9
MOST_ENTRIES = 300_000
WORK_IN_DOUBLES = 100_000_000
WORK_IN_BALLS = 2_000_000
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Place:
    """Sizes and a point, in doubles."""

    sizes: Mapping[str, int]
    point: Mapping[str, Array]


@dataclass(frozen=True)
class Counterexample:
    """Where the two differ: their values there, and by how much they differ at least."""

    place: Place
    left: Array
    right: Array
    difference: float


@dataclass(frozen=True)
class Domains:
    """Where, among `tried` points, only one of the two is defined: a place for each, or None."""

    tried: int
    left_only: Place | None
    right_only: Place | None


@dataclass(frozen=True)
class Verdict:
    """`decided_by` is shape, normal-form, modular or numerical. `error_probability` is 0 where the verdict is proven, a
    bound where it is modular, an estimate where it is numerical; `detail` says which."""

    equivalent: bool
    decided_by: str
    error_probability: float
    detail: str
    checks: list[Check]
    counterexample: Counterexample | None = None
    domains: Domains | None = None


def decide(left: Node, right: Node, salt: str) -> Verdict:
    """Compare two expressions over the same variables. `salt` seeds all that is random.

    Raises Undecided where the methods cannot tell, or no point is found at which both are defined.
    """
    if left.shape != right.shape:
        detail = f"the left side is {describe(left.shape)}, the right side {describe(right.shape)}"
        return Verdict(False, "shape", 0.0, detail, [decided("shapes-differ", True, detail)])
    if left is right:
        detail = "both sides are the same expression"
        return Verdict(True, "normal-form", 0.0, detail, [decided("same-expression", True, detail)])
    survey = _Survey(left, right, Random(salt))
    if survey.tensors[0] is survey.tensors[1]:
        survey.visit(compare=False)
        return survey.equal("normal-form", 0.0, "both sides have the same normal form")
    variables = variables_of([left, right]).values()
    outcome = compare_modulo_primes(*survey.tensors, variables, survey.letters, Random(f"primes {salt}"))
    if outcome is not None and outcome.equal:
        survey.visit(compare=False)
        return survey.equal("modular", outcome.error_probability, _modular_detail(outcome))
    survey.visit(compare=True)
    if survey.counterexample is not None:
        by = "modular" if outcome is not None and outcome.rational else "numerical"
        return survey.different(by)
    return survey.agreeing(outcome)


def _modular_detail(outcome: Outcome) -> str:
    at = "; ".join(", ".join(f"{letter} = {size}" for letter, size in sizes.items()) for sizes in outcome.sizes)
    unknowns = "" if outcome.rational else "; functions that are not rational were taken for unknowns"
    return f"both sides are equal modulo random primes of 61 bits at random points{' for ' + at if at else ''}{unknowns}"


@dataclass(frozen=True)
class _Sample:
    """One point: exact, in doubles, and the values of both sides in doubles, not finite where a side is undefined."""

    style: Style
    sizes: dict[str, int]
    exact: dict[str, Array]
    place: Place
    left: Array
    right: Array

    @property
    def defined(self) -> tuple[bool, bool]:
        return bool(np.all(np.isfinite(self.left))), bool(np.all(np.isfinite(self.right)))


class _Sized(NamedTuple):
    """Both sides at whole sizes."""

    sizes: dict[str, int]
    left: Evaluator
    right: Evaluator


class _Survey:
    """What is seen of two expressions at points of many kinds."""

    def __init__(self, left: Node, right: Node, random: Random) -> None:
        self.nodes = left, right
        self.tensors: tuple[Tensor, Tensor] = lower(left), lower(right)
        self.random = random
        self.variables = list(variables_of(self.nodes).values())
        self.letters = letters_of(self.nodes)
        self.kinks = _kinks(self.tensors)
        self.places = self.sized()
        self.tried = 0
        self.left_only: Place | None = None
        self.right_only: Place | None = None
        self.common = 0
        self.error = math.inf
        self.bits: list[int] = []
        self.agreed_in_doubles = 0
        self.differ = False
        self.work_left = WORK_IN_BALLS
        self.counterexample: Counterexample | None = None
        self.counterexample_error = math.inf

    def sized(self) -> list[_Sized]:
        """Both sides at some sizes that are not too large, and how many points may be tried there."""
        found = []
        self.count = MOST_POINTS
        for attempt in range(SIZES_TRIED if self.letters else 1):
            sizes = draw_sizes(self.letters, attempt)
            entries = sum(math.prod(lengths(variable.shape, sizes)) for variable in self.variables)
            count = min(MOST_ENTRIES // max(1, entries), WORK_IN_DOUBLES // max(1, work(self.tensors, sizes)))
            if count >= FEWEST_POINTS:
                try:
                    found.append(_Sized(sizes, Evaluator(self.nodes[0], sizes), Evaluator(self.nodes[1], sizes)))
                except LimitExceeded:
                    continue
                self.count = min(self.count, count)
        if not found:
            raise Undecided(
                "the arrays are too large to try the expressions at random points",
                hint='declare sizes by letters, such as "matrix(m,n)": they are tried at small sizes',
            )
        return found

    # Looking.

    def visit(self, compare: bool) -> None:
        """Go from point to point, readable ones first; with `compare`, compare the values in balls, until doubles show a difference.

        Functions made of pieces are then tried in doubles at many more points, for a piece that was not met.
        """
        readable = (READABLE * 2)[: self.count // 3]
        generic = (GENERIC * ROUNDS)[: self.count - len(readable)]
        for number, style in enumerate([*readable, *generic]):
            sample = self.sample(number, style)
            self.note_domains(sample)
            if all(sample.defined):
                self.common += 1
                self.error = min(self.error, _relative(sample.left, sample.right))
                if compare and self.work_left > 0:
                    self.compare(sample)
                    if self.is_shown():
                        return
        if compare and self.kinks:
            self.look_for_pieces()

    def look_for_pieces(self) -> None:
        """More points, compared in doubles; where these differ, in balls."""
        nodes = len(self.places[0].left.steps) + len(self.places[0].right.steps)
        near = near_numbers(self.tensors)
        styles = [*GENERIC, *([near] if near is not None else [])]
        for number in range(min(PIECE_POINTS, self.count * 10, PIECE_WORK // nodes)):
            sample = self.sample(number, styles[number % len(styles)])
            if not all(sample.defined):
                continue
            if _relative(sample.left, sample.right) <= SUSPICIOUS:
                self.agreed_in_doubles += 1
                continue
            self.compare(sample)
            if self.is_shown():
                return

    def is_shown(self) -> bool:
        """Whether there is a counterexample that doubles tell apart."""
        return self.counterexample is not None and bool(np.any(self.counterexample.left != self.counterexample.right))

    def sample(self, number: int, style: Style) -> _Sample:
        """A new point, at sizes that change with the number."""
        sized = self.places[number % len(self.places)]
        exact = draw_point(self.variables, sized.sizes, style, self.random)
        doubles = as_doubles(exact)
        return _Sample(style, sized.sizes, exact, Place(sized.sizes, doubles), sized.left(doubles), sized.right(doubles))

    def note_domains(self, sample: _Sample) -> None:
        if not sample.style.moderate:  # what is not finite there may be an overflow
            return
        self.tried += 1
        left, right = sample.defined
        if left and not right:
            self.left_only = self.left_only or sample.place
        if right and not left:
            self.right_only = self.right_only or sample.place

    def compare(self, sample: _Sample) -> None:
        """Values in balls, at a higher precision as long as they overlap without being narrow by their own size.

        At the highest precision it is enough that they are narrow beside 1: what cancels to 0 never is by its own size.
        """
        cost = work(self.tensors, sample.sizes)
        for bits in PRECISIONS if sample.style.moderate else PRECISIONS[:1]:
            self.work_left -= cost * bits // PRECISIONS[0]
            with precision(bits):
                try:
                    values = Balls({name: balls(value) for name, value in sample.exact.items()}, sample.sizes)
                    left, right = values(self.tensors[0]), values(self.tensors[1])
                except Imprecise:
                    continue
                if self.tells_apart(sample, left, right):
                    return
                agreeing = _agreeing_bits(left, right, beside_one=bits == PRECISIONS[-1])
            if agreeing >= AGREEING_BITS:
                if sample.style.generic:
                    self.bits.append(agreeing)
                return

    def tells_apart(self, sample: _Sample, left: Array, right: Array) -> bool:
        """Whether the balls are disjoint; the place is a counterexample where doubles can show the values and confirm them."""
        gaps = [float(abs(a - b).abs_lower()) for a, b in zip(left.flat, right.flat, strict=True) if not a.overlaps(b)]
        if not gaps:
            return False
        self.differ = True
        shown = [np.asarray(np.frompyfunc(float, 1, 1)(value), dtype=float) for value in (left, right)]
        error = max(_relative(shown[0], sample.left), _relative(shown[1], sample.right))
        visible = bool(np.any(shown[0] != shown[1]))
        if error <= TOLERANCE and 0 < max(gaps) < math.inf and (visible or self.counterexample is None):
            self.counterexample = Counterexample(sample.place, shown[0], shown[1], max(gaps))
            self.counterexample_error = error
        return True

    # Telling.

    def domains(self) -> Domains:
        return Domains(self.tried, self.left_only, self.right_only)

    def equal(self, by: str, error_probability: float, detail: str) -> Verdict:
        """An equality that was found, which the values as written must not contradict. Raises Undecided where there are none."""
        if not self.common:
            raise _undefined()
        note = f"relative difference of the two values, computed as written in doubles: the least of {self.common} random points"
        check = measured("values-as-written", self.error, TOLERANCE, note)
        return Verdict(True, by, error_probability, detail, [check], None, self.domains())

    def different(self, by: str) -> Verdict:
        assert self.counterexample is not None
        gap = f"at the counterexample the two values differ by at least {self.counterexample.difference:.3g}"
        checks = [
            decided("disjoint-balls", True, f"{gap}, in arithmetic with proven bounds"),
            measured(
                "values-as-written", self.counterexample_error, TOLERANCE, "relative difference of each value to its value in doubles"
            ),
        ]
        how = " as rational functions" if by == "modular" else ""
        return Verdict(False, by, 0.0, f"the sides differ{how}: {gap}", checks, self.counterexample)

    def agreeing(self, outcome: Outcome | None) -> Verdict:
        """No difference was found: is that enough to call them equal?"""
        if not self.common:
            raise _undefined()
        if self.differ or (outcome is not None and not outcome.equal and outcome.rational):
            raise Undecided(
                "the sides differ, but no point was found at which both are defined and doubles can show the difference",
                hint="is the domain that they share very small, are the values too large or too close for doubles?",
            )
        if not self.bits:
            raise self.undecided()
        digits = int(min(self.bits) * math.log10(2))
        detail = f"both sides agree to {digits} digits at {len(self.bits)} random points"
        if self.kinks:
            chance = 1 / (len(self.bits) + self.agreed_in_doubles + 2)
            detail += (
                f", and in doubles at {self.agreed_in_doubles} more; they are made of pieces ({', '.join(self.kinks)}), and a difference"
                " on a piece that no point met would be missed: the probability is Laplace's estimate that a further point would show one"
            )
        else:
            chance = 10.0**-digits
            detail += "; the probability is an estimate, not a bound: that two different analytic functions come so close by chance"
        return self.equal("numerical", chance, detail)

    def undecided(self) -> Undecided:
        missing = sorted({tensor.operation.name for tensor in _applications(self.tensors) if tensor.operation.name not in FUNCTIONS})
        if missing:
            return Undecided(f"the sides agree in doubles or differ by rounding: {', '.join(missing)} is not known to more digits")
        return Undecided(
            "the digits ran out before the sides could be told apart or found equal",
            hint="large arrays: declare sizes by letters; eigenvalues that coincide and values of extreme size cannot be followed",
        )


def _undefined() -> Undecided:
    return Undecided(
        "no point was found at which both sides are defined, so there is nothing to compare", hint="is the domain empty, or very small?"
    )


def _relative(a: Array, b: Array) -> float:
    scale = max(float(np.max(np.abs(a), initial=0)), float(np.max(np.abs(b), initial=0)), 1e-3)
    return float(np.max(np.abs(a - b), initial=0)) / scale


def _agreeing_bits(left: Array, right: Array, beside_one: bool) -> int:
    """How many bits two arrays of overlapping balls have in common, measured by their largest entry (or by 1, if that is more)."""
    gaps = [a - b for a, b in zip(left.flat, right.flat, strict=True)]
    if not all(gap.is_finite() for gap in gaps):
        return 0
    logarithms = [_log2(entry) for entry in chain(left.flat, right.flat) if not entry.is_zero()]
    scale = max([*logarithms, *([1] if beside_one else [])], default=0)
    return min([PRECISIONS[0], *[scale - _log2(gap) for gap in gaps if not gap.is_zero()]])


def _log2(ball: Any) -> int:
    """The binary logarithm of the largest absolute value in a finite ball that is not 0, rounded up."""
    mantissa, exponent = ball.abs_upper().man_exp()
    return int(exponent) + int(mantissa).bit_length()


def _applications(tensors: tuple[Tensor, Tensor]) -> Iterator[Apply]:
    return (tensor for tensor in parts(tensors) if isinstance(tensor, Apply))


def _kinks(tensors: tuple[Tensor, Tensor]) -> list[str]:
    return sorted({tensor.operation.name for tensor in _applications(tensors) if tensor.operation.kink})
