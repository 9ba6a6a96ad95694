"""Products and powers of tensors in normal form.

The normal form of a product is a monomial of scalars, or one connected contraction with no axes, or labelled factors
that all hang together with `out`, times scalars. It is flat (no product inside but contractions to a scalar), equal
bases on equal labels have one exponent, what cancels is gone, and the labels are canonical.

Soundness of each rewrite is stated where it is made. All of them end: flattening and cancelling shorten the list of
factors, distributing lowers the depth of a sum, renaming lowers the number of labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from service.expression import numbers
from service.expression.arena import find
from service.expression.cancellation import cancellation
from service.expression.labels import canonical, components
from service.expression.numbers import Rational, tidy
from service.expression.shapes import Size, split
from service.expression.sums import add, coefficient_of, filled, is_bare, mark_symmetric, number, scale
from service.expression.tensors import Apply, Factor, Labels, Leaf, Power, Product, Sum, Tensor, leaf, make_power, make_product, number_of

Exponent: TypeAlias = Rational | Tensor


def product(coefficient: Rational, factors: Sequence[Factor], out: Labels = (), sizes: dict[int, Size] | None = None) -> Tensor:
    """coefficient · Σ Π factor[labels] over the labels not in `out`, in normal form.

    Labels are any distinct non-negative integers; `sizes` tells the size of those that no factor carries.
    """
    if not out:
        for _, labels in factors:
            if labels:
                break
        else:
            return _monomial(coefficient, factors)
    return _Work(coefficient, factors, out, sizes).result()


def transpose(tensor: Tensor) -> Tensor:
    """The two axes swapped."""
    return tensor if tensor.symmetric else product(1, [(tensor, (0, 1))], (1, 0))


def size_number(size: Size) -> Tensor:
    """A size as a number."""
    coefficient, letters = split(size)
    return product(coefficient, [(leaf("size", letter), ()) for letter in letters])


def view(tensor: Tensor) -> tuple[Tensor, Labels, Labels, dict[int, Size]] | None:
    """A transposed or repeated array as (array, its labels, the labels of `tensor`, sizes), or None if it is neither.

    Element-wise functions go inside: f(A') = f(A)', f(c·ones) = f(c)·ones. Not through a diagonal: f(0) may not be 0.
    """
    if type(tensor) is not Product or not tensor.out or len(set(tensor.out)) < len(tensor.out):
        return None
    labelled = [labels for _, labels in tensor.factors if labels]
    present = {label for labels in labelled for label in labels}
    inner = tuple([label for label in tensor.out if label in present])
    if len(inner) == len(tensor.out):
        if len(labelled) > 1 or len(labelled[0]) != len(inner) or labelled[0] == tensor.out:
            return None
        inner = labelled[0]
    sizes = dict(enumerate(tensor.sizes))
    core = product(tensor.coefficient, tensor.factors, inner, {label: size for label, size in sizes.items() if label in present})
    return core, inner, tensor.out, {label: sizes[label] for label in tensor.out}


# --- powers ---------------------------------------------------------------------------------------------------------


def power(base: Tensor, exponent: Exponent) -> Tensor:
    """base^exponent, element-wise; the exponent a rational, a scalar, or an array of the base's shape."""
    if isinstance(exponent, Tensor):
        value = number_of(exponent)
        if value is None:
            return filled(1, base.shape) if number_of(base) == 1 else make_power(base, exponent)
        exponent = value
    if exponent == 1:
        return base
    if exponent == 0:
        return filled(1, base.shape)
    if type(base) is Leaf and base.kind == "unit" and exponent > 0:
        return base
    if type(base) is Apply and exponent.denominator == 1 and exponent.numerator % 2 == 0 and exponent > 0:
        square = base.operation.squared(*base.arguments)
        if square is not None:
            return power(square, tidy(Fraction(exponent, 2)))
    if type(base) is Power:
        return _power_of_power(base, exponent)
    if type(base) is Product:
        return _power_of_product(base, exponent)
    return make_power(base, exponent)


def _power_of_power(base: Power, exponent: Rational) -> Tensor:
    """(b^p)^q = b^(p·q) when q is whole, or when b^p exists only for b ≥ 0 (p has an even denominator)."""
    inner = base.exponent
    if exponent.denominator == 1 or (not isinstance(inner, Tensor) and inner.denominator % 2 == 0):
        if isinstance(inner, Tensor):
            return power(base.base, scale(exponent, inner))
        return power(base.base, tidy(inner * exponent))
    return make_power(base, exponent)


def _power_of_product(base: Product, exponent: Rational) -> Tensor:
    """(c·a·b)^k = c^k·a^k·b^k for a whole k (no sum, no diagonal inside), (c·a)^q = c^q·a^q for a rational c^q, c > 0."""
    coefficient = numbers.power(base.coefficient, exponent)
    if not base.factors and coefficient is not None:
        if len(set(base.out)) == len(base.out):
            return filled(coefficient, base.shape)
        if not base.out:
            return number(coefficient)
    whole = exponent.denominator == 1
    outside = len(set(base.out))
    plain = outside == len(base.out) and len(base.sizes) == outside
    if coefficient is None or not plain:
        return make_power(base, exponent)
    if whole and (base.out or not (base.factors and base.factors[0][1])):
        factors = [(power(tensor, exponent), labels) for tensor, labels in base.factors]
        return product(coefficient, factors, base.out, dict(enumerate(base.sizes)))
    if base.coefficient > 0 and base.coefficient != 1:
        monic = scale(numbers.reciprocal(base.coefficient), base)
        return scale(coefficient, power(monic, exponent))
    return make_power(base, exponent)


def split_power(tensor: Tensor) -> tuple[Tensor, Exponent]:
    """A power with a scalar exponent as base and exponent; anything else is its own base."""
    if type(tensor) is Power and (not isinstance(tensor.exponent, Tensor) or not tensor.exponent.shape):
        return tensor.base, tensor.exponent
    return tensor, 1


def _collect(powers: dict[Any, Exponent], key: Any, exponent: Exponent) -> None:
    """base^a · base^b = base^(a + b)."""
    known = powers.get(key)
    if known is None:
        powers[key] = exponent
    elif isinstance(known, Tensor) or isinstance(exponent, Tensor):
        total = add([(1, value if isinstance(value, Tensor) else number(value)) for value in (known, exponent)], ())
        value = number_of(total)
        powers[key] = total if value is None else value
    else:
        powers[key] = tidy(known + exponent)


def _join_partners(powers: dict[Any, Exponent]) -> list[Any] | None:
    """sign(x)·|x| = x: one such pair leaves the table, and what it makes is returned with its labels; None if there is none."""
    for key, exponent in powers.items():
        base, *labels = key if isinstance(key, tuple) else (key,)
        if type(base) is Apply and base.operation.partner and exponent == 1:
            other = find((Apply, base.operation.partner, *base.arguments))
            partner = (other, *labels) if labels else other
            if powers.get(partner) == 1:
                del powers[key], powers[partner]
                return [base.operation.with_partner(*base.arguments), *labels]
    return None


# --- products of scalars --------------------------------------------------------------------------------------------


def _is_monomial(tensor: Tensor) -> bool:
    return type(tensor) is Product and not tensor.out and (not tensor.factors or not tensor.factors[0][1])


def _monomial(coefficient: Rational, factors: Sequence[Factor]) -> Tensor:
    powers: dict[Tensor, Exponent] = {}
    for tensor, _ in factors:
        if type(tensor) is Product and (not tensor.factors or not tensor.factors[0][1]):
            coefficient *= tensor.coefficient
            for inner, _ in tensor.factors:
                base, exponent = split_power(inner)
                _collect(powers, base, exponent)
        else:
            base, exponent = split_power(tensor)
            _collect(powers, base, exponent)
    if not coefficient:
        return number(0)
    if len(powers) > 1 and (joined := _join_partners(powers)):
        return _monomial(coefficient, [(power(base, exponent), ()) for base, exponent in powers.items()] + [(joined[0], ())])
    kept: list[Tensor] = []
    for base, exponent in powers.items():
        if exponent == 1:
            kept.append(base)
        elif exponent != 0:
            raised = power(base, exponent)
            if type(raised) is Product and _is_monomial(raised):
                coefficient *= raised.coefficient
                kept += [inner for inner, _ in raised.factors]
            else:
                kept.append(raised)
    coefficient = numbers.bounded(tidy(coefficient))
    if coefficient == 1 and len(kept) == 1:
        return kept[0]
    kept.sort(key=_age_of_base)
    return make_product(coefficient, tuple([(tensor, ()) for tensor in kept]), (), ())


def _age_of_base(tensor: Tensor) -> int:
    return tensor.base.id if type(tensor) is Power else tensor.id


# --- products with labels -------------------------------------------------------------------------------------------


class _Work:
    """A product in the making: a coefficient, scalars, and flat factors over labels that merge."""

    def __init__(self, coefficient: Rational, factors: Sequence[Factor], out: Labels, sizes: dict[int, Size] | None) -> None:
        self.coefficient = coefficient
        self.out = out
        self.sizes = dict(sizes) if sizes else {}
        self.merged: dict[int, int] = {}
        self.flat: list[Factor] = []
        self.scalars: list[Factor] = []
        self.fresh = 1 + max([*out, *self.sizes, *[label for _, labels in factors for label in labels]], default=-1)
        for tensor, labels in factors:
            for label, size in zip(labels, tensor.shape, strict=True):
                self.sizes[label] = size
        for tensor, labels in factors:
            self.take(tensor, labels)

    def result(self) -> Tensor:
        while True:
            self.rename()
            self.combine()
            found = None if self.merged else cancellation(self.flat, self.out)
            if found is not None:
                self.flat = [factor for index, factor in enumerate(self.flat) if index not in found.gone]
                for label in found.vanished:
                    del self.sizes[label]
                for left, right in found.merged:
                    self.merge(left, right)
                if found.zero:
                    self.coefficient = 0
                if found.raised:
                    base, exponent, labels = found.raised
                    self.take(power(base, exponent), labels)
                if found.entry:
                    vector, position = found.entry
                    base, power_of = split_power(vector)
                    self.scalars.append((power(product(1, [(base, (0,)), (position, (0,))]), power_of), ()))
            elif not self.merged:
                break
        if not self.coefficient:
            return self.zero()
        return self.distribute() or self.build()

    def zero(self) -> Tensor:
        return filled(0, tuple([self.sizes[label] for label in self.out]))

    def take(self, tensor: Tensor, labels: Labels) -> None:
        """One more factor. A product dissolves: its own labels get fresh names, a label twice in its `out` merges two of ours."""
        if not labels:
            self.scalars.append((tensor, labels))
            return
        if type(tensor) is not Product:
            self.flat.append((tensor, labels))
            return
        self.coefficient *= tensor.coefficient
        names: dict[int, int] = {}
        for inner, outer in zip(tensor.out, labels, strict=True):
            if inner in names:
                self.merge(names[inner], outer)
            else:
                names[inner] = outer
        for inner, size in enumerate(tensor.sizes):
            if inner not in names:
                names[inner] = self.fresh
                self.sizes[self.fresh] = size
                self.fresh += 1
        for factor, factor_labels in tensor.factors:
            (self.flat if factor_labels else self.scalars).append((factor, tuple([names[label] for label in factor_labels])))

    def find(self, label: int) -> int:
        while label in self.merged:
            label = self.merged[label]
        return label

    def merge(self, left: int, right: int) -> None:
        """Two labels become one, because a delta holds between them."""
        left, right = self.find(left), self.find(right)
        if left != right:
            self.merged[right] = left

    def rename(self) -> None:
        if self.merged:
            for label in self.merged:
                del self.sizes[label]
            self.out = tuple([self.find(label) for label in self.out])
            self.flat = [(tensor, tuple([self.find(label) for label in labels])) for tensor, labels in self.flat]
            self.merged = {}

    def combine(self) -> None:
        """Equal bases on equal labels add their powers: the Hadamard product of an array with itself."""
        if len(self.flat) < 2:
            return
        powers: dict[tuple[Tensor, Labels], Exponent] = {}
        for tensor, labels in self.flat:
            base, exponent = split_power(tensor)
            if base.symmetric and labels[0] > labels[1]:
                labels = (labels[1], labels[0])
            _collect(powers, (base, labels), exponent)
        joined = _join_partners(powers)
        if joined or len(powers) < len(self.flat):
            self.flat = []
            for (base, labels), exponent in powers.items():
                if exponent != 0:
                    self.take(power(base, exponent), labels)
        if joined:
            self.take(joined[0], joined[1])
            self.combine()

    def distribute(self) -> Tensor | None:
        """A sum with a diagonal among its terms, of higher order, or of unit vectors that meet one, multiplies out inside a
        contraction: (diag(s) - s s')·v is s∘v - s (s'v)."""
        unit_next = any(_is_unit(tensor) for tensor, _ in self.flat)
        for index, (tensor, labels) in enumerate(self.flat):
            if type(tensor) is not Sum:
                continue
            alone = len(self.flat) == 1 and len(set(labels)) == len(labels) and set(labels) <= set(self.out)
            if not alone and (len(labels) > 2 or any(_opens(term, unit_next) for _, term in tensor.terms)):
                rest = self.flat[:index] + self.flat[index + 1 :] + self.scalars
                terms = [
                    (weight, product(self.coefficient, [(term, labels), *rest], self.out, self.sizes)) for weight, term in tensor.terms
                ]
                return add(terms, tuple([self.sizes[label] for label in self.out]))
        return None

    def share(self) -> None:
        """exp(x)/sum(exp(x)) is softmax(x)."""
        self.scalars = [(scalar, labels) for scalar, labels in self.scalars if not self.shares(scalar)]

    def shares(self, scalar: Tensor) -> bool:
        """Whether a scalar, 1 over a total, was taken into the factor that it is the total of."""
        base, exponent = split_power(scalar)
        if isinstance(exponent, Tensor) or exponent != -1 or type(base) is not Product or base.out or len(base.factors) != 1:
            return False
        tensor, summed = base.factors[0]
        if type(tensor) is not Apply or not summed or len(set(summed)) < len(summed):
            return False
        for index, (factor, labels) in enumerate(self.flat):
            if factor is tensor and len(set(labels)) == len(labels) and set(labels) <= set(self.out):
                share = tensor.operation.share(*tensor.arguments)
                if share is not None:
                    self.flat[index] = share, labels
                return share is not None
        return False

    def build(self) -> Tensor:
        """What does not touch `out` becomes scalars: contractions, and Σ 1 over a label that no factor has, its size."""
        if self.scalars:
            self.share()
        used = set(self.out)
        for _, labels in self.flat:
            used.update(labels)
        scalars = self.scalars + [(size_number(size), ()) for label, size in self.sizes.items() if label not in used]
        anchored: list[Factor] = []
        for component, is_anchored in components(self.flat, set(self.out)):
            if is_anchored:
                anchored += component
            else:
                scalars.append((_closed_total(component) or _node(1, component, (), self.sizes), ()))
        monomial = _monomial(self.coefficient, scalars)
        if not self.out:
            return monomial
        if type(monomial) is Product and _is_monomial(monomial):
            if not monomial.coefficient:
                return self.zero()
            return _node(monomial.coefficient, [*monomial.factors, *anchored], self.out, self.sizes)
        return _node(1, [(monomial, ()), *anchored], self.out, self.sizes)


def _closed_total(component: list[Factor]) -> Tensor | None:
    """The sum of all entries of a Sum, term by term, where terms close: Σ (x - mean(x)) is sum(x) - n·mean(x), which is 0."""
    tensor, labels = component[0]
    if len(component) > 1 or type(tensor) is not Sum or len(set(labels)) < len(labels):
        return None
    if not any(_closes(term) for _, term in tensor.terms):
        return None
    found = add([(weight, product(1, [(term, labels)])) for weight, term in tensor.terms], ())
    _, inside = coefficient_of(found)
    return found if number_of(found) is not None or type(inside) is not Sum or len(inside.terms) < len(tensor.terms) else None


def _closes(tensor: Tensor) -> bool:
    """Whether the total of a term may be a size, or 0."""
    if type(tensor) is Apply:
        return tensor.operation.sums_to_one is not None
    if type(tensor) is not Product:
        return False
    arrays = [factor for factor, labels in tensor.factors if labels]
    return not arrays or (len(arrays) == 1 and (type(arrays[0]) is Sum or _closes(arrays[0])))


def _node(coefficient: Rational, factors: list[Factor], out: Labels, sizes: dict[int, Size]) -> Tensor:
    renamed, names = canonical(factors, out)
    new_out = tuple([names[label] for label in out])
    if coefficient == 1 and is_bare(renamed, new_out):
        return renamed[0][0]
    ordered = tuple([sizes[label] for label in names])  # names count up in the order in which they were given
    return mark_symmetric(make_product(coefficient, renamed, new_out, ordered))


def _opens(tensor: Tensor, unit_next: bool) -> bool:
    """Whether a term of a sum is worth multiplying out: a diagonal, or a unit vector next to another one."""
    if type(tensor) is Product:
        return len(set(tensor.out)) < len(tensor.out) or (unit_next and any(_is_unit(factor) for factor, _ in tensor.factors))
    return unit_next and _is_unit(tensor)


def _is_unit(tensor: Tensor) -> bool:
    return type(tensor) is Leaf and tensor.kind == "unit"
