"""The likely slip in a client's gradient: which small change would make it right.

Every guess is tried in doubles at random points of random sizes, the plainest first. It is a hint, not part of the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from random import Random

import numpy as np

from service.calculus import build
from service.calculus.evaluate import Evaluator
from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.sampling import GENERIC, as_doubles, draw_point, draw_sizes, letters_of, variables_of
from service.calculus.terms import terms_of
from service.errors import ShapeMismatch
from service.expression.nodes import Node, in_order, make
from service.expression.operation import Array, operation
from service.expression.shapes import SCALAR, axes, describe
from service.operations.leaves import Variable, number
from service.printing.printers import to_text

LITERAL = operation("literal")
POINTS = 4
TOLERANCE = 1e-8
MOST_EDITS = 60
MOST_TERMS = 12
MOST_FACTORS = 6
LARGEST_DENOMINATOR = 100


@dataclass(frozen=True)
class Slip:
    """`code` is stable, `detail` tells a person."""

    code: str
    detail: str


def likely_slip(gradient: Node, expected: Node, by: Sequence[Variable]) -> Slip | None:
    """What is probably wrong with a `gradient` that is not the `expected` one, the derivative by the variables `by`; None if unknown."""
    if gradient.shape != expected.shape:
        return _wrong_shape(gradient, expected)
    try:
        case = _Case(gradient, expected, by)
    except _NowhereDefined:
        return None
    guesses: tuple[Callable[[_Case], Slip | None], ...] = (
        _entries,
        _factor,
        _transposed,
        _convention,
        _symmetric_assumed,
        _terms,
        _edits,
        _missing_factors,
    )
    return next((slip for guess in guesses if (slip := guess(case)) is not None), None)


# --- values to try guesses on ---------------------------------------------------------------------------------------


class _NowhereDefined(Exception):
    """No point was found at which both are defined."""


class _Points:
    """Some points, at which expressions over the same variables are evaluated."""

    def __init__(self, nodes: Sequence[Node], symmetric: Iterable[str] = ()) -> None:
        random = Random("slips")
        variables = [
            declared._replace(properties=declared.properties | {"symmetric"}) if declared.name in symmetric else declared
            for declared in variables_of(nodes).values()
        ]
        letters = letters_of(nodes)
        self.places: list[tuple[dict[str, int], dict[str, Array]]] = []
        for number_of_point, style in enumerate(GENERIC[:-1] * 2):
            sizes = draw_sizes(letters, number_of_point % 3)
            self.places.append((sizes, as_doubles(draw_point(variables, sizes, style, random))))
        defined = [self.at(place, nodes) for place in self.places]
        self.places = [place for place, values in zip(self.places, defined, strict=True) if np.isfinite(values).all()][:POINTS]
        if not self.places:
            raise _NowhereDefined

    @staticmethod
    def at(place: tuple[dict[str, int], dict[str, Array]], nodes: Sequence[Node]) -> Array:
        return np.concatenate([np.ravel(Evaluator(node, place[0])(place[1])) for node in nodes])

    def values(self, node: Node) -> Array:
        """The entries of the values at all points, one after the other."""
        return np.concatenate([self.at(place, [node]) for place in self.places])


class _Case(_Points):
    """A gradient, the expected one, and their values."""

    def __init__(self, gradient: Node, expected: Node, by: Sequence[Variable]) -> None:
        super().__init__([gradient, expected])
        self.gradient, self.expected, self.by = gradient, expected, by
        self.given, self.wanted = self.values(gradient), self.values(expected)

    def is_wanted(self, values: Array) -> bool:
        return _close(values, self.wanted)

    def is_given(self, node: Node) -> bool:
        return node.shape == self.gradient.shape and _close(self.values(node), self.given)


def _close(a: Array, b: Array) -> bool:
    scale = max(float(np.max(np.abs(a), initial=0)), float(np.max(np.abs(b), initial=0)))
    return a.shape == b.shape and bool(np.all(np.isfinite(a))) and float(np.max(np.abs(a - b), initial=0)) <= TOLERANCE * scale


# --- guesses --------------------------------------------------------------------------------------------------------


def _wrong_shape(gradient: Node, expected: Node) -> Slip:
    shapes = f"it is {describe(gradient.shape)}, and should be {describe(expected.shape)}"
    if len(expected.shape) == 2 and gradient.shape == expected.shape[::-1]:
        try:
            case = _Case(build.transpose(gradient), expected, [])
        except _NowhereDefined:
            return Slip("shape", shapes)
        if case.is_wanted(case.given):
            if len(axes(expected.shape)) == 1:
                kind = "row" if gradient.shape[0] == 1 else "column"
                return Slip("row", f"right, but written as a {kind}: {shapes}; other layouts are chosen by layout")
            return Slip("transposed", f"right, but transposed: {shapes}")
    return Slip("shape", shapes)


def _entries(case: _Case) -> Slip | None:
    """By several scalars: some entries are right, or all are there in another order."""
    size = case.expected.shape[0]
    if case.expected.operation is not LITERAL or case.expected.shape != (size, 1) or not isinstance(size, int):
        return None
    given, wanted = ([case.values(make("index", node, parameter=(k,))) for k in range(size)] for node in (case.gradient, case.expected))
    wrong = [k for k in range(size) if not _close(given[k], wanted[k])]
    if len(wrong) < size:
        told = " and ".join(f"entry {k + 1}, by {case.by[k].name}, should be {to_text(case.expected.arguments[k])}" for k in wrong[:3])
        return Slip("entries", told if len(wrong) <= 3 else f"{told}, and so on")
    if all(any(_close(entry, other) for other in wanted) for entry in given):
        return Slip("order", f"the entries stand in another order than wrt: {', '.join(declared.name for declared in case.by)}")
    return None


def _factor(case: _Case) -> Slip | None:
    """Equal but for a constant: the sign, or a factor 2."""
    square = float(case.wanted @ case.wanted)
    ratio = _rational(float(case.given @ case.wanted) / square) if square else None
    if not ratio or not _close(case.given, float(ratio) * case.wanted):
        return None
    if ratio == -1:
        return Slip("sign", "it is the gradient with the opposite sign")
    what = f"1/{ratio.denominator} of" if ratio.numerator == 1 else f"{ratio} times"
    return Slip("factor", f"it is {what} the gradient: a constant factor {1 / ratio} is missing")


def _rational(value: float) -> Fraction | None:
    found = Fraction(value).limit_denominator(LARGEST_DENOMINATOR) if np.isfinite(value) else Fraction(0)
    return found if abs(float(found) - value) <= 1e-7 * abs(value) else None


def _transposed(case: _Case) -> Slip | None:
    if _is_square(case.expected) and case.is_given(build.transpose(case.expected)):
        return Slip("transposed", "it is the transpose of the gradient")
    return None


def _is_square(node: Node) -> bool:
    return len(node.shape) == 2 and node.shape[0] == node.shape[1] != 1


def _symmetric_assumed(case: _Case) -> Slip | None:
    """Right as soon as some square matrices are symmetric."""
    nodes = [case.gradient, case.expected]
    general = [
        name
        for name, declared in variables_of(nodes).items()
        if declared.shape[0] == declared.shape[1] != 1 and "symmetric" not in declared.properties
    ]
    for names in [[name] for name in general] + ([general] if len(general) > 1 else []):
        points = _Points(nodes, symmetric=names)
        if _close(points.values(case.gradient), points.values(case.expected)):
            told = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} symmetric"
            return Slip(
                "symmetric-assumed", f"it is right only where {told}; {'it is' if len(names) == 1 else 'they are'} declared as any matrix"
            )
    return None


def _convention(case: _Case) -> Slip | None:
    """By a symmetric matrix: the two other conventions in use."""
    if not (_is_square(case.expected) and any("symmetric" in declared.properties for declared in case.by)):
        return None
    both = make("add", case.expected, build.transpose(case.expected))
    if case.is_given(make("add", both, build.negate(make("diag", make("diag", case.expected))))):
        detail = "it counts the two equal entries of the symmetric matrix together, G + G' - diag(G); here all entries are independent"
        return Slip("duplicated-entries", detail)
    if case.is_given(make("divide", both, number(2))):
        return Slip("projected", "it is the projection on the symmetric matrices, (G + G')/2; here all entries are independent")
    return None


def _terms(case: _Case) -> Slip | None:
    """A combination of the terms of the gradient, with wrong coefficients: terms that are missing, signs, factors."""
    terms = terms_of(lower(case.expected), MOST_TERMS)
    if terms is None or len(terms) < 2:
        return None
    notation = Notation({name: node for node in in_order([case.expected]) if (name := getattr(node.parameter, "name", None))})
    nodes = [notation.node(term) for term in terms]
    columns = [case.values(node) for node in nodes]
    if any(column.shape != case.wanted.shape for column in columns):
        return None
    matrix = np.stack(columns, axis=1)
    solution, _, rank, _ = np.linalg.lstsq(matrix, case.given, rcond=None)
    if rank < len(nodes) or not _close(matrix @ solution, case.given):
        return None
    found = [_rational(float(value)) if abs(value) > TOLERANCE else Fraction(0) for value in solution]
    wrong = [(to_text(node), value) for node, value in zip(nodes, found, strict=True) if value != 1]
    missing = [text for text, value in wrong if value == 0]
    if len(missing) == len(wrong):
        return Slip(
            "missing-term",
            f"the {'terms' if len(missing) > 1 else 'term'} {' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing",
        )
    if len(wrong) > 1 or wrong[0][1] is None:
        return None
    text, value = wrong[0]
    if value == -1:
        return Slip("sign", f"the term {text} has the opposite sign")
    return Slip("factor", f"the term {text} stands there {value} times")


def _edits(case: _Case) -> Slip | None:
    """One operator of the client's gradient replaced by another makes it right."""
    for edited, slip in _one_edit(case.gradient):
        if edited.shape == case.expected.shape and case.is_wanted(case.values(edited)):
            return slip
    return None


def _one_edit(root: Node) -> Iterator[tuple[Node, Slip]]:
    """Each way to change one operator: the product, a transpose, an exponent. At most MOST_EDITS."""
    count = 0
    for node in reversed(in_order([root])):
        for replacement, slip in _replacements(node):
            count += 1
            if count > MOST_EDITS:
                return
            try:
                yield _replaced(root, node, replacement), slip
            except ShapeMismatch:
                continue


def _replacements(node: Node) -> Iterator[tuple[Node, Slip]]:
    text = to_text(node)
    squares = [argument for argument in node.arguments if _is_square(argument)]
    if node.operation is build.HADAMARD and len(squares) == len(node.arguments):
        yield make("times", *node.arguments), Slip("elementwise-product", f"{text} goes entry by entry where the matrix product * is due")
    if node.operation is build.TIMES and len(squares) == len(node.arguments):
        yield make("hadamard", *node.arguments), Slip("matrix-product", f"{text} is a matrix product where the entry by entry .* is due")
    if node.operation is build.TRANSPOSE:
        yield node.arguments[0], Slip("transposed", f"{text} is transposed where {to_text(node.arguments[0])} is due")
    elif _is_square(node) and not node.arguments:
        yield make("transpose", node), Slip("transposed", f"{text} stands where {text}' is due")
    if node.operation is build.POWER and isinstance(node.arguments[1].parameter, int):
        exponent = node.arguments[1].parameter
        for other in (exponent - 1, exponent + 1):
            yield make("power", node.arguments[0], number(other)), Slip("exponent", f"the exponent of {text} should be {other}")


def _replaced(root: Node, old: Node, new: Node) -> Node:
    """The expression with one part replaced wherever it stands. Raises ShapeMismatch."""
    rebuilt = {old: new}
    for node in in_order([root]):
        if node not in rebuilt:
            rebuilt[node] = make(node.operation.name, *[rebuilt[argument] for argument in node.arguments], parameter=node.parameter)
    return rebuilt[root]


def _missing_factors(case: _Case) -> Slip | None:
    """The gradient without some of its factors: an inner derivative was forgotten."""
    node = case.expected
    if node.operation is build.DIVIDE and case.is_given(node.arguments[0]):
        return Slip("missing-factor", f"it should be divided by {to_text(node.arguments[1])}")
    if node.operation is not build.HADAMARD and not (node.operation is build.TIMES and node.shape == SCALAR):
        return None
    factors = list(node.arguments)
    if len(factors) > MOST_FACTORS or any(factor.shape not in (SCALAR, node.shape) for factor in factors):
        return None
    for count in range(1, len(factors)):
        for dropped in combinations(range(len(factors)), count):
            kept = [factor for place, factor in enumerate(factors) if place not in dropped]
            rest = make(node.operation.name, *kept) if len(kept) > 1 else kept[0]
            if case.is_given(rest):
                missing = make(node.operation.name, *[factors[place] for place in dropped]) if count > 1 else factors[dropped[0]]
                return Slip("missing-factor", f"the factor {to_text(missing)} is missing: the derivative of what stands inside?")
    return None
