"""Convexity by rules: convex atoms put together so that the whole is convex, as it is written (disciplined convex programming).

h(g(x)) is convex where h is convex and nondecreasing and g convex, or h convex and nonincreasing and g concave, or g affine; the
same with concave for convex. Beside it log-convexity: sums and products of log-convex functions are log-convex.
(M. Grant, S. Boyd, Y. Ye: Disciplined Convex Programming, 2006; S. Boyd, L. Vandenberghe: Convex Optimization, 3.2 and 3.5.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from service.calculus.lower import lower
from service.calculus.notation import Notation
from service.calculus.tensor_values import parts
from service.expression.nodes import Node, in_order
from service.expression.shapes import SCALAR
from service.expression.tensors import Leaf, Tensor
from service.functions.constants import rational
from service.functions.curvature import AFFINE, CONCAVE, CONSTANT, CONVEX, NOTHING, OPPOSITE, UNKNOWN, Curvature, composed
from service.functions.monomials import Bases, product_curvature
from service.functions.ranges import Range, Ranges, pi
from service.functions.semidefinite import sign_of
from service.operations.leaves import Variable


@dataclass(frozen=True)
class Atom:
    """A function of one argument: its curvature, whether it rises (1), falls (-1), rises where the argument is not below 0 (2)
    or neither (0), and the sign of its values."""

    shape: str
    rises: int
    sign: int = 0


ATOMS = {
    "exp": Atom(CONVEX, 1, 1),
    "expm1": Atom(CONVEX, 1),
    "log": Atom(CONCAVE, 1),
    "log2": Atom(CONCAVE, 1),
    "log10": Atom(CONCAVE, 1),
    "log1p": Atom(CONCAVE, 1),
    "sqrt": Atom(CONCAVE, 1, 1),
    "abs": Atom(CONVEX, 2, 1),
    "norm1": Atom(CONVEX, 2, 1),
    "norm2": Atom(CONVEX, 2, 1),
    "norminf": Atom(CONVEX, 2, 1),
    "normF": Atom(CONVEX, 2, 1),
    "nuclear_norm": Atom(CONVEX, 0, 1),
    "sigma_max": Atom(CONVEX, 0, 1),
    "lambda_max": Atom(CONVEX, 0),
    "logdet": Atom(CONCAVE, 0),
    "relu": Atom(CONVEX, 1, 1),
    "softplus": Atom(CONVEX, 1, 1),
    "cosh": Atom(CONVEX, 2, 1),
    "logsumexp": Atom(CONVEX, 1),
    "greatest": Atom(CONVEX, 1),
    "least": Atom(CONCAVE, 1),
    "acosh": Atom(CONCAVE, 1, 1),
}
FALLING, RISING = Range(high=Fraction(0)), Range(low=Fraction(0))
BENT: dict[str, tuple[tuple[Range, Atom], ...]] = {
    **dict.fromkeys(("sigmoid", "tanh", "atan", "asinh", "erf", "cbrt"), ((FALLING, Atom(CONVEX, 1)), (RISING, Atom(CONCAVE, 1)))),
    **dict.fromkeys(("sinh", "asin", "atanh"), ((RISING, Atom(CONVEX, 1)), (FALLING, Atom(CONCAVE, 1)))),
    "erfc": ((RISING, Atom(CONVEX, -1)), (FALLING, Atom(CONCAVE, -1))),
    "acos": ((FALLING, Atom(CONVEX, -1)), (RISING, Atom(CONCAVE, -1))),
    **dict.fromkeys(("gamma", "loggamma"), ((Range(Fraction(0), above=True), Atom(CONVEX, 0)),)),
    "digamma": ((Range(Fraction(0), above=True), Atom(CONCAVE, 1)),),
}
"""Functions that bend one way on a part of the line: on which, and how."""
LINEAR = ("sum", "mean", "tr", "transpose", "index", "vec", "diag", "literal", "grouped")
"""Linear, with weights that are not below 0."""


class Rules:
    """The curvature of an expression in the unknowns called `names`; `told` are the rules that were used, each once.

    `ranges` knows what follows from the domain, and from where the expression has values.
    """

    def __init__(self, root: Node, names: Collection[str], ranges: Ranges, notation: Notation) -> None:
        self.names = set(names)
        self.ranges = ranges
        self.notation = notation
        self.told: dict[str, None] = {}
        self.known: dict[Node, Curvature] = {}
        self.asked: set[Tensor] = set()
        self.bases = Bases(self._of_tensor, ranges.of, self.tell)
        self.result = self._walked(root)

    def _walked(self, root: Node) -> Curvature:
        for node in in_order([root], self.known):
            found = self._of(node)
            if found.shape == UNKNOWN:
                self.asked.add(lower(node))
                made = product_curvature(lower(node), self.bases)
                found = made if made is not NOTHING else found
            if not found.sign:
                found = replace(found, sign=self.ranges.of(lower(node)).sign)
            self.known[node] = found
        return self.known[root]

    def _of_tensor(self, tensor: Tensor) -> Curvature:
        moving = any(isinstance(part, Leaf) and part.kind == "variable" and part.name in self.names for part in parts([tensor]))
        if not moving:
            return Curvature(CONSTANT, self.ranges.of(tensor).sign)
        return NOTHING if tensor in self.asked else self._walked(self.notation.node(tensor))

    def _of(self, node: Node) -> Curvature:
        arguments = [self.known[argument] for argument in node.arguments]
        if isinstance(node.parameter, Variable):
            sign = 0
            return Curvature(AFFINE if node.parameter.name in self.names else CONSTANT, sign)
        if all(argument.shape == CONSTANT for argument in arguments):
            tensor = lower(node)
            found, range_ = sign_of(tensor), self.ranges.of(tensor)
            sign = found.sign if found else range_.sign
            strict = bool(found and found.strict) or range_.strict
            return Curvature(CONSTANT, sign, log_convex=strict and sign > 0)
        name = node.operation.name
        if name in BENT or name in ("sin", "cos"):
            return self._bent(name, node, arguments[0])
        if name in ATOMS:
            return self._atom(name, ATOMS[name], arguments[0])
        if name in LINEAR:
            return _added(arguments)
        if name in ("max", "min"):
            return self._extreme(name, arguments)
        rule = SPECIAL.get(name)
        return rule(self, node, arguments) if rule else NOTHING

    def tell(self, rule: str) -> None:
        self.told[rule] = None

    def _atom(self, name: str, atom: Atom, inner: Curvature) -> Curvature:
        if name in ("abs", "relu") and inner.sign:
            self.tell(f"{name} of what does not change its sign is that, its negative or 0")
            bent = inner.shape if inner.sign > 0 else OPPOSITE[inner.shape] if name == "abs" else CONSTANT
            return Curvature(bent, 1)
        if name == "log" and inner.log_convex:
            self.tell("the logarithm of a sum or product of log-convex functions is convex")
            return Curvature(AFFINE if inner.shape == CONSTANT else CONVEX)
        if name == "sqrt" and inner.squares:
            self.tell("the root of a sum of squares of affine functions is a norm, and convex")
            return Curvature(CONVEX, 1)
        rises = (1 if inner.sign > 0 else 0) if atom.rises == 2 else atom.rises
        shape = composed(atom.shape, rises, inner.shape)
        log_convex = name == "exp" and inner.shape in (CONSTANT, AFFINE, CONVEX)
        if shape != UNKNOWN:
            how = {1: ", nondecreasing", -1: ", nonincreasing", 0: ""}[rises]
            self.tell(f"{name} is {atom.shape}{how}; of {_article(inner.shape)} function it is {shape}")
        return Curvature(shape, atom.sign, log_convex)

    def _bent(self, name: str, node: Node, inner: Curvature) -> Curvature:
        """A function that bends one way where its argument is."""
        where = self.ranges.of(lower(node.arguments[0]))
        pieces = BENT.get(name) or _waves(name, where)
        for place, atom in pieces:
            if where.within(place):
                shape = composed(atom.shape, atom.rises, inner.shape)
                if shape != UNKNOWN:
                    self.tell(f"{name} is {atom.shape} where its argument is; of {_article(inner.shape)} function it is {shape}")
                return Curvature(shape)
        return NOTHING

    def _extreme(self, name: str, arguments: Sequence[Curvature]) -> Curvature:
        wanted = CONVEX if name == "max" else CONCAVE
        if not all(argument.flat or argument.shape == wanted for argument in arguments):
            return NOTHING
        self.tell(f"the {'maximum of convex' if name == 'max' else 'minimum of concave'} functions is {wanted}")
        signs = [argument.sign for argument in arguments]
        positive = any(sign > 0 for sign in signs) if name == "max" else all(sign > 0 for sign in signs)
        return Curvature(wanted, 1 if positive else 0)


def _article(shape: str) -> str:
    return f"an {shape}" if shape == AFFINE else f"a {shape}"


def _waves(name: str, where: Range) -> list[tuple[Range, Atom]]:
    """The half wave of a sine or cosine in which a range begins; the ends k·pi are rounded as those of the range are."""
    if math.isinf(where.low) or math.isinf(where.high):
        return []
    found = []
    shift = Fraction(0) if name == "sin" else Fraction(1, 2)
    near = int(Fraction(where.low) * 113 / 355 + shift) - 1
    for k in range(near - 1, near + 3):
        low, high = pi().scaled(k - shift), pi().scaled(k + 1 - shift)
        found.append((Range(low.low, high.high), Atom(CONCAVE if k % 2 == 0 else CONVEX, 0)))
    return found


def _added(parts: Sequence[Curvature]) -> Curvature:
    shapes = {part.shape for part in parts}
    signs = {part.sign for part in parts}
    sign = signs.pop() if len(signs) == 1 else 0
    log_convex = all(part.log_convex for part in parts)
    if shapes <= {CONSTANT}:
        return Curvature(CONSTANT, sign, log_convex)
    if shapes <= {CONSTANT, AFFINE}:
        return Curvature(AFFINE, sign, log_convex)
    for wanted in (CONVEX, CONCAVE):
        if shapes <= {CONSTANT, AFFINE, wanted}:
            return Curvature(wanted, sign, log_convex, all(part.squares or (part.shape == CONSTANT and part.sign > 0) for part in parts))
    return Curvature(UNKNOWN, sign, log_convex)


def _sum(rules: Rules, node: Node, parts: Sequence[Curvature]) -> Curvature:
    found = _added(parts)
    if found.shape in (CONVEX, CONCAVE) and len(parts) > 1:
        rules.tell(f"a sum of {found.shape} functions is {found.shape}")
    return found


def _negated(rules: Rules, node: Node, parts: Sequence[Curvature]) -> Curvature:
    return Curvature(OPPOSITE[parts[0].shape], -parts[0].sign)


def _product(rules: Rules, node: Node, parts: Sequence[Curvature]) -> Curvature:
    moving = [place for place, part in enumerate(parts) if part.shape != CONSTANT]
    sign = 1
    for part in parts:
        sign *= part.sign
    log_convex = all(part.log_convex for part in parts)
    if len(moving) == 1:
        inner = parts[moving[0]]
        weight = 1
        for place, part in enumerate(parts):
            if place != moving[0]:
                weight *= part.sign
        if inner.flat:
            return Curvature(AFFINE, sign, log_convex)
        if weight > 0:
            return replace(inner, sign=sign, log_convex=log_convex)
        return Curvature(OPPOSITE[inner.shape], sign) if weight < 0 else NOTHING
    if len(node.arguments) == 2 and len(moving) == 2:
        return replace(_of_two(rules, node), sign=sign if sign > 0 else 0, log_convex=log_convex)
    return Curvature(UNKNOWN, sign, log_convex)


def _of_two(rules: Rules, node: Node) -> Curvature:
    """x'·x and u·log(u)."""
    for first, second in (node.arguments, node.arguments[::-1]):
        if second.operation.name == "log" and second.arguments[0] is first and rules.known[first].shape == AFFINE:
            rules.tell("u*log(u) is convex for u > 0; of an affine function it is convex")
            return Curvature(CONVEX)
        is_gram = first.operation.name == "transpose" and first.arguments[0] is second and second.shape[1] == 1
        if node.shape == SCALAR and (is_gram or first is second) and rules.known[second].flat:
            rules.tell("the square of the norm of an affine function is convex")
            return Curvature(CONVEX, 1, squares=True)
    return NOTHING


def _quotient(rules: Rules, node: Node, parts: Sequence[Curvature]) -> Curvature:
    above, below = parts
    if below.shape == CONSTANT:
        return _product(rules, node, parts)
    if above.shape == CONSTANT and below.sign > 0 and below.shape in (AFFINE, CONCAVE) and above.sign:
        rules.tell("1/u is convex and nonincreasing for u > 0; of a concave function it is convex")
        return Curvature(CONVEX if above.sign > 0 else CONCAVE, above.sign)
    return NOTHING


def _power(rules: Rules, node: Node, parts: Sequence[Curvature]) -> Curvature:
    base, exponent = parts
    number = rational(lower(node.arguments[1])) if node.arguments[1].shape == SCALAR else None
    if number is None:
        if base.shape == CONSTANT and base.log_convex and exponent.flat:
            rules.tell("a^u is convex for a > 0, and of an affine function too")
            return Curvature(CONVEX, 1, True)
        return NOTHING
    p = Fraction(number)
    even, whole = p.denominator == 1 and p.numerator % 2 == 0, p.denominator == 1
    positive = base.sign > 0 or (not whole and (base.flat or p < 0))  # where the exponent is not whole, the domain is u ≥ 0, convex so
    if base.sign < 0 and whole and (p < 0 or not even):
        bent = CONVEX if even else CONCAVE
        shape = composed(bent, 1 if even or p > 0 else -1, base.shape)
    elif even and p > 0:
        rises = 1 if base.sign > 0 else -1 if base.sign < 0 else 0
        shape = composed(CONVEX, rises, base.shape)
    elif p >= 1 and positive:
        shape = composed(CONVEX, 1, base.shape)
    elif 0 < p < 1:
        shape = composed(CONCAVE, 1, base.shape)
    elif p < 0 and positive:
        shape = composed(CONVEX, -1, base.shape)
    else:
        return NOTHING
    if shape != UNKNOWN:
        below = base.sign < 0 and whole and (p < 0 or not even)
        bent = ("convex" if even else "concave") if below else "concave" if 0 < p < 1 else "convex"
        where = " for u < 0" if below else "" if even and p > 0 else " for u > 0"
        rules.tell(f"u^{p} is {bent}{where}; of {_article(base.shape)} function it is {shape}")
    return Curvature(shape, 1 if even or positive else 0, squares=p == 2 and base.flat and node.shape == SCALAR)


SPECIAL: dict[str, Callable[[Rules, Node, Sequence[Curvature]], Curvature]] = {
    "add": _sum,
    "negate": _negated,
    "times": _product,
    "hadamard": _product,
    "dot": _product,
    "divide": _quotient,
    "entry-divide": _quotient,
    "power": _power,
    "entry-power": _power,
}
