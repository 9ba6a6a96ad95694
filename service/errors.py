"""The errors of the mathematics. Only these leave the pure packages; any other exception is a defect.

NablaError                         code                    HTTP (service/web/problems.py)
├── InputError                     invalid-input           400  what was sent is not what was asked for
│   ├── ExpressionSyntaxError      expression-syntax       400  the text is not in the language
│   └── MatrixFormatError          not-a-matrix            400  ragged, empty, booleans, null, non-finite entries
├── LimitExceeded                  limit-exceeded          413  over a stated limit (GET /v1/limits)
├── MathematicsRefuses             mathematics-refuses     422  well-formed, but there is no answer
│   ├── ShapeMismatch              shape-mismatch          422
│   ├── UnknownName                unknown-name            422
│   ├── InvalidDeclaration         invalid-declaration     422
│   ├── UndefinedAtPoint           undefined-at-point      422  log(0), 1/0, overflow, a kink
│   ├── NotDifferentiable          not-differentiable      422
│   ├── SingularMatrix             singular-matrix         422
│   ├── RankDeficient              rank-deficient          422
│   ├── NoSolution                 no-solution             422  a system that contradicts itself
│   ├── NotPositiveDefinite        not-positive-definite   422
│   ├── NoConvergence              no-convergence          422
│   ├── Separated                  separated               422  a likelihood without a maximum: it grows along a direction for ever
│   ├── Undecided                  undecided               422  could not be decided: never reported as "no"
│   └── CheckFailed                check-failed            422  an answer was found, and its own check refused it
└── Unavailable                    unavailable             503  not now: the same request may succeed later
    ├── DeadlineExceeded           deadline-exceeded       503  the time of the request was over
    ├── Overloaded                 overloaded              503  too much to do at once
    ├── ComputationDied            computation-died        503  its process ended twice, as when memory is short
    └── CpuBudgetExceeded          cpu-budget-exceeded     429  the client's long computations owe too much processor time
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Span:
    """Half-open range of character offsets `[start, end)` in an expression's text."""

    start: int
    end: int


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where (JSON pointer into the request, span in an expression), what, and what would be right."""

    detail: str
    pointer: str = ""
    span: Span | None = None
    hint: str | None = None


@dataclass(eq=False)
class NablaError(Exception):
    """Base of the tree.

    `detail` says what is wrong in one sentence, `hint` what would be right. `pointer` is the JSON pointer of the
    offending field, `span` the place inside an expression. `faults` lists several places; left empty, it is the
    single fault that `detail`, `pointer`, `span` and `hint` describe. `facts` are machine-readable extras
    (numbers, shapes) that the problem document carries beside the standard members.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Error"

    detail: str
    hint: str | None = None
    pointer: str = ""
    span: Span | None = None
    faults: list[Fault] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail

    def all_faults(self) -> list[Fault]:
        """The faults to report: never empty."""
        return self.faults or [Fault(self.detail, self.pointer, self.span, self.hint)]

    def at(self, pointer: str) -> NablaError:
        """The same error, its pointers placed below `pointer` (a field name prefixes what a parser knew nothing of)."""
        self.pointer = pointer + self.pointer
        self.faults = [Fault(f.detail, pointer + f.pointer, f.span, f.hint) for f in self.faults]
        return self


class InputError(NablaError):
    code, title = "invalid-input", "The request is not what the operation takes"


class ExpressionSyntaxError(InputError):
    code, title = "expression-syntax", "The expression does not parse"


class MatrixFormatError(InputError):
    code, title = "not-a-matrix", "The entries do not form a matrix"


class LimitExceeded(NablaError):
    code, title = "limit-exceeded", "Over a stated limit"


class MathematicsRefuses(NablaError):
    code, title = "mathematics-refuses", "The mathematics refuses"


class ShapeMismatch(MathematicsRefuses):
    code, title = "shape-mismatch", "The shapes do not fit"


class UnknownName(MathematicsRefuses):
    code, title = "unknown-name", "A name is not known"


class InvalidDeclaration(MathematicsRefuses):
    code, title = "invalid-declaration", "A declaration does not make sense"


class UndefinedAtPoint(MathematicsRefuses):
    code, title = "undefined-at-point", "Undefined at the point"


class NotDifferentiable(MathematicsRefuses):
    code, title = "not-differentiable", "Not differentiable"


class SingularMatrix(MathematicsRefuses):
    code, title = "singular-matrix", "The matrix is singular"


class RankDeficient(MathematicsRefuses):
    code, title = "rank-deficient", "The columns are linearly dependent"


class NoSolution(MathematicsRefuses):
    code, title = "no-solution", "There is no solution"


class NotPositiveDefinite(MathematicsRefuses):
    code, title = "not-positive-definite", "The matrix is not positive definite"


class NoConvergence(MathematicsRefuses):
    code, title = "no-convergence", "No convergence"


class Separated(MathematicsRefuses):
    code, title = "separated", "The likelihood has no maximum"


class Undecided(MathematicsRefuses):
    code, title = "undecided", "Could not be decided"


class CheckFailed(MathematicsRefuses):
    code, title = "check-failed", "The answer did not pass its own check"


class Unavailable(NablaError):
    """Says nothing about the request itself. `facts["retry_after"]` are the seconds after which to try again, 1 when absent."""

    code, title = "unavailable", "Not now"


class DeadlineExceeded(Unavailable):
    code, title = "deadline-exceeded", "The deadline passed"


class Overloaded(Unavailable):
    code, title = "overloaded", "Too much to do at once"


class ComputationDied(Unavailable):
    code, title = "computation-died", "The computation died"


class CpuBudgetExceeded(Unavailable):
    code, title = "cpu-budget-exceeded", "Over the budget of processor time"
