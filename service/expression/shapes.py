"""Sizes and shapes, symbolic or whole, and their unification.

A size is a whole number or a product of letters written as text: `3`, `"n"`, `"2*m*n"`. A shape is `(rows, columns)`: a
scalar is 1×1, a vector n×1, its transpose 1×n; an array of higher order, which only derivatives have, lists all axes.
`"?1"` is a size still to be found (a variable declared as a bare `vector` has one); unification replaces it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Size: TypeAlias = int | str
Shape: TypeAlias = tuple[Size, ...]
Axes: TypeAlias = tuple[Size, ...]

SCALAR: Shape = (1, 1)


def split(size: Size) -> tuple[int, list[str]]:
    """The whole coefficient of a size and its letters: `"2*m*n"` is 2 and m, n."""
    if isinstance(size, int):
        return size, []
    coefficient, letters = 1, []
    for part in size.split("*"):
        if part.isdigit():
            coefficient *= int(part)
        else:
            letters.append(part)
    return coefficient, letters


def join(coefficient: int, letters: Iterable[str]) -> Size:
    """The canonical size with this coefficient and these letters."""
    ordered = sorted(letters)
    if not ordered:
        return coefficient
    return "*".join(ordered if coefficient == 1 else [str(coefficient), *ordered])


def multiply(*sizes: Size) -> Size:
    """The product of sizes: the rows of vec(A), of kron(A, B)."""
    coefficient, letters = 1, list[str]()
    for size in sizes:
        number, names = split(size)
        coefficient *= number
        letters += names
    return join(coefficient, letters)


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """The size with some of its letters replaced."""
    if isinstance(size, int):
        return size
    coefficient, letters = split(size)
    return multiply(coefficient, *[values.get(letter, letter) for letter in letters])


def axes(shape: Shape) -> Axes:
    """The sizes of a shape that are not 1: the axes of the array that holds its values."""
    if len(shape) != 2:
        return shape
    rows, columns = shape
    if columns == 1:
        return () if rows == 1 else (rows,)
    return (columns,) if rows == 1 else (rows, columns)


def shape_of(axes: Axes) -> Shape:
    """The shape of an array with these axes: a vector is a column."""
    return axes if len(axes) > 2 else (*axes, 1, 1)[:2]


def public(shape: Shape) -> list[Size]:
    """The shape as a client sees it: [] for a scalar, [n] for a vector, [rows, columns] otherwise."""
    if len(shape) != 2:
        return list(shape)
    rows, columns = shape
    if columns == 1:
        return [] if rows == 1 else [rows]
    return [rows, columns]


def describe(shape: Shape) -> str:
    """A shape in words."""
    if len(shape) != 2:
        return f"an array of {'×'.join(map(display, shape))}"
    rows, columns = shape
    if columns == 1:
        return "a scalar" if rows == 1 else f"a vector with {display(rows)} entries"
    if rows == 1:
        return f"a row with {display(columns)} entries"
    return f"a matrix of {display(rows)}×{display(columns)}"


def display(size: Size) -> str:
    return "unknown" if is_unknown(size) else str(size)


def is_unknown(size: Size) -> bool:
    """Whether a size, or a letter of it, is still to be found."""
    return isinstance(size, str) and "?" in size


class Sizes:
    """The sizes found so far. `unify` learns; `resolve` applies what was learned.

    Declared letters are fixed: m and n stay different. Only unknown sizes (`?1`) are found.
    """

    def __init__(self) -> None:
        self.found: dict[str, Size] = {}
        self.fresh = 0

    def unknown(self) -> Size:
        """A new size still to be found."""
        self.fresh += 1
        return f"?{self.fresh}"

    def resolve(self, size: Size) -> Size:
        while is_unknown(size):
            known = substitute(size, self.found)
            if known == size:
                break
            size = known
        return size

    def resolve_shape(self, shape: Shape) -> Shape:
        if isinstance(shape[0], int) and isinstance(shape[1], int):
            return shape
        return tuple([self.resolve(size) for size in shape])

    def unify(self, left: Size, right: Size) -> bool:
        """Make two sizes equal, if they can be.

        Common letters cancel (`m*?1` against `m*n` finds `?1 = n`); what remains must be one unknown against the rest.
        Terminates: every success removes an unknown.
        """
        if left == right:
            return True
        left, right = self.resolve(left), self.resolve(right)
        if left == right:
            return True
        (a, left_letters), (b, right_letters) = split(left), split(right)
        common = Counter(left_letters) & Counter(right_letters)
        rest_left = list((Counter(left_letters) - common).elements())
        rest_right = list((Counter(right_letters) - common).elements())
        for (number, names), (other_number, other_names) in (((a, rest_left), (b, rest_right)), ((b, rest_right), (a, rest_left))):
            if len(names) == 1 and is_unknown(names[0]) and other_number % number == 0 and names[0] not in other_names:
                self.found[names[0]] = join(other_number // number, other_names)
                return True
        return False

    def unify_shapes(self, left: Shape, right: Shape) -> bool:
        return len(left) == len(right) and all(self.unify(a, b) for a, b in zip(left, right, strict=True))
