"""Code in Julia and MATLAB, where a vector is a column and a row is its transpose: A * x, x' * y, x * y'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import ClassVar

from service.expression.codes import Code, is_column
from service.expression.operation import Binding, Printed
from service.expression.shapes import SCALAR, Shape
from service.operations.leaves import LETTERS
from service.printing.dialect import Dialect, Program, filled, left_operand, tuple_of


class Columns(Dialect):
    raised, tight = "^", frozenset(("^", ".^"))
    constants = {"pi": "pi", "e": "exp(1)"}

    def dot(self, *shapes: Shape) -> str:
        return "." if any(shape != SCALAR for shape in shapes) else ""

    # Matrices and vectors.

    def transpose(self, code: Code, operand: Printed) -> Printed:
        return Printed(f"{operand.within(Binding.POSTFIX)}'", Binding.POSTFIX)

    def standing(self, code: Code, operand: Printed) -> Printed:
        return operand

    def matmul(self, code: Code, left: Printed, right: Printed) -> Printed:
        chained = code.operands[0].form == "matmul"
        return Printed(f"{left.within(Binding.PRODUCT if chained else Binding.POWER)} * {right.within(Binding.POWER)}", Binding.PRODUCT)

    def inner(self, code: Code, left: Printed, right: Printed) -> Printed:
        return Printed(f"{left.within(Binding.POSTFIX)}' * {right.within(Binding.POWER)}", Binding.PRODUCT)

    def outer(self, code: Code, left: Printed, right: Printed) -> Printed:
        return Printed(f"{left.within(Binding.POWER)} * {right.within(Binding.POSTFIX)}'", Binding.PRODUCT)

    def scale_rows(self, code: Code, weights: Printed, array: Printed) -> Printed:
        return Printed(f"{left_operand(code, weights)} .* {array.within(Binding.POWER)}", Binding.PRODUCT)

    def scale_columns(self, code: Code, array: Printed, weights: Printed) -> Printed:
        return Printed(f"{left_operand(code, array)} .* {weights.within(Binding.POSTFIX)}'", Binding.PRODUCT)

    # Sizes.

    sizes: ClassVar[str]
    """How all lengths of an array get names at once: `{names}`, `{variable}`."""
    entries: ClassVar[str]
    """The number of entries."""
    divided: ClassVar[str]
    due: ClassVar[str]
    """Whether the shape of `{variable}` is `{shape}`."""

    def lengths(self, program: Program) -> list[str]:
        """n = size(A, 2), without what ends a line; all lengths of an array at once where all are defined by it."""
        lines: dict[str, None] = {}
        for length in program.lengths:
            sisters = [other for other in program.lengths if other.variable == length.variable]
            if len(sisters) == 2 and not any(other.divisor for other in sisters):
                lines[self.sizes.format(names=", ".join(other.name for other in sisters), variable=length.variable)] = None
            else:
                whole = f"size({length.variable}, {length.axis + 1})" if 1 not in length.shape else f"{self.entries}({length.variable})"
                lines[f"{length.name} = {whole}{f' {self.divided} {length.divisor}' if length.divisor else ''}"] = None
        return list(lines)

    def fitting(self, program: Program) -> str:
        """The condition that shapes fit."""
        return " && ".join(
            self.due.format(variable=name, shape=self.shape(shape))
            if chosen is None
            else " && ".join(f"size({name}, {axis + 1}) == {self.length(shape[axis]).text}" for axis in chosen)
            for name, shape, chosen in program.checked
        )

    def shape(self, shape: Shape) -> str:
        """What size() gives, by the names of the sizes."""
        raise NotImplementedError


class Julia(Columns):
    name, tight = "julia", frozenset(("^",))
    description = "a function in Julia; vectors are of type Vector"
    reserved = frozenset(
        "baremodule begin break catch const continue do else elseif end export false finally for function global if import in isa let "
        "local macro module quote return struct true try using where while DimensionMismatch Float64 I dot exp length pi reshape size sum "
        "throw vec".split()
    )
    sizes, entries, divided, due = "{names} = size({variable})", "length", "÷", "size({variable}) == {shape}"
    packages: ClassVar[dict[str, str]] = {
        "LinearAlgebra": "Diagonal I det diag dot eigen eigvals inv kron logabsdet norm opnorm pinv svd svdvals tr",
        "LogExpFunctions": "log1pexp logistic logsumexp softmax",
        "OMEinsum": "ein",
        "SpecialFunctions": "digamma erf erfc gamma logabsgamma polygamma",
        "Statistics": "mean",
    }

    def spread(self, *shapes: Shape) -> str:
        return self.dot(*shapes)

    def each(self, code: Code, *operands: Printed) -> Printed:
        """A dot after the name applies a function to each entry."""
        text = self.spelled(code.detail)
        if code.shape != SCALAR:
            text = re.sub(r"(?<=\w)\(", ".(", text) if "{" in text else f"{text}."
        return filled(text, operands)

    def power(self, code: Code, base: Printed, exponent: Printed) -> Printed:
        """A whole number as the base is made a float: powers of whole numbers overflow in silence."""
        if code.operands[0].form in ("number", "size") and not isinstance(code.operands[0].detail, Fraction):
            base = Printed(f"{base.text}.0" if base.text.isdigit() else f"float({base.text})")
        return super().power(code, base, exponent)

    def inner(self, code: Code, left: Printed, right: Printed) -> Printed:
        return Printed(f"dot({left.text}, {right.text})")

    def array(self, code: Code, *entries: Printed) -> Printed:
        columns = code.shape[1]
        if columns == 1:
            return Printed(f"[{', '.join(entry.text for entry in entries)}]")
        assert isinstance(columns, int)
        texts = [entry.within(Binding.POSTFIX) for entry in entries]
        return Printed(f"[{'; '.join(' '.join(texts[start : start + columns]) for start in range(0, len(texts), columns))}]")

    def entry(self, code: Code, operand: Printed) -> Printed:
        return Printed(f"{operand.within(Binding.POSTFIX)}[{', '.join(str(place + 1) for place in code.detail)}]", Binding.POSTFIX)

    def einsum(self, code: Code, *operands: Printed) -> Printed:
        inputs, out, _ = code.detail
        value = "" if out else "[]"
        given = ", ".join(operand.text for operand in operands[: len(inputs)])
        return Printed(f'ein"{",".join(inputs)}->{out}"({given}){value}')

    def function(self, program: Program, helpers: Sequence[str]) -> str:
        lines = [*self.lengths(program), *self._checks(program)]
        lines += [f"{name} = {text}" for name, text in program.assignments]
        lines.append(f"return {program.result}")
        signature = f"{program.name}({', '.join(program.parameters)})"
        documentation = ['"""', f"    {signature}", "", program.summary, *(["", program.described] if program.described else []), '"""']
        words = set(re.findall(r"[A-Za-z_]\w*", "\n".join([*helpers, *lines])))
        used = [package for package, names in self.packages.items() if words & set(names.split())]
        header = [f"using {', '.join(used)}", ""] if used else []
        header += [line for helper in helpers for line in (helper, "")]
        return "\n".join([*header, *documentation, f"function {signature}", *[f"    {line}" for line in lines], "end"]) + "\n"

    def _checks(self, program: Program) -> list[str]:
        if not program.checked:
            return []
        due = ", ".join(f"{name} {tuple_of(map(str, _lengths(shape)))}" for name, shape in program.shown)
        given = ", ".join(f"$(size({name}))" for name, _ in program.shown)
        return [f'{self.fitting(program)} || throw(DimensionMismatch("the shapes due are {due}; given are {given}"))']

    def shape(self, shape: Shape) -> str:
        return tuple_of(self.length(size).text for size in _lengths(shape))


def _lengths(shape: Shape) -> Shape:
    """One length for a column."""
    return shape[:1] if is_column(shape) else shape


class Matlab(Columns):
    """MATLAB, from R2016b; all of it is Octave too. Only a name can be indexed."""

    name = "matlab"
    description = "a function in MATLAB (R2016b) or Octave; vectors are columns"
    reserved = frozenset(
        "break case catch classdef continue else elseif end for function global if otherwise parfor persistent return spmd switch try "
        "while assert exp isequal numel permute pi size sum".split()
    )
    comparisons = {"!=": "~="}
    sizes, entries, divided, due = "[{names}] = size({variable})", "numel", "/", "isequal(size({variable}), {shape})"

    @classmethod
    def identifier(cls, name: str) -> str:
        """In ASCII: theta for θ."""
        return super().identifier("".join(letter if letter.isascii() else LETTERS.get(letter, f"u{ord(letter):x}") for letter in name))

    def mentions(self, code: Code) -> list[int]:
        return [2] if code.form == "entry" else list(super().mentions(code))

    def array(self, code: Code, *entries: Printed) -> Printed:
        texts = [entry.text for entry in entries]
        columns = code.shape[1]
        assert isinstance(columns, int)
        return Printed(f"[{'; '.join(', '.join(texts[start : start + columns]) for start in range(0, len(texts), columns))}]")

    def entry(self, code: Code, operand: Printed) -> Printed:
        return Printed(f"{operand.within(Binding.ATOM)}({', '.join(str(place + 1) for place in code.detail)})")

    def einsum(self, code: Code, *operands: Printed) -> Printed:
        """Each operand with an axis for every label, multiplied entry by entry, and the labels that end are summed."""
        inputs, out, _ = code.detail
        labels = out + "".join(sorted(set("".join(inputs)) - set(out)))
        factors = [self._permuted(operand, axes, labels) for operand, axes in zip(operands[: len(inputs)], inputs, strict=True)]
        text = " .* ".join(factor.within(Binding.POWER) for factor in factors)
        for place in range(len(labels), len(out), -1):
            text = f"sum({text}, {place})"
        return Printed(text, Binding.ATOM if len(labels) > len(out) else Binding.PRODUCT) if len(factors) > 1 else Printed(text)

    def _permuted(self, operand: Printed, axes: str, labels: str) -> Printed:
        others = iter(range(len(axes) + 1, len(labels) + 3))
        order = [axes.index(label) + 1 if label in axes else next(others) for label in labels]
        order += [place for place in range(1, 3) if place not in order and place > len(order)]
        if not axes or order == sorted(order):
            return operand
        return Printed(f"permute({operand.text}, [{', '.join(map(str, order))}])")

    def function(self, program: Program, helpers: Sequence[str]) -> str:
        output = "result"
        taken = {*program.parameters, *[name for name, _ in program.assignments], *[length.name for length in program.lengths]}
        while output in taken:
            output += "_"
        lines = [*[f"{line};" for line in self.lengths(program)], *self._checks(program)]
        lines += [f"{name} = {text};" for name, text in program.assignments]
        lines.append(f"{output} = {program.result};")
        documentation = [f"% {line}" for line in (program.summary, program.described) if line]
        signature = f"function {output} = {program.name}({', '.join(program.parameters)})"
        function = "\n".join([signature, *[f"    {line}" for line in [*documentation, *lines]], "end"])
        return "\n\n".join([function, *helpers]) + "\n"

    def _checks(self, program: Program) -> list[str]:
        due = ", ".join(f"{name} [{', '.join(map(str, shape))}]" for name, shape in program.shown)
        return [f"assert({self.fitting(program)}, 'the shapes due are {due}');"] if program.checked else []

    def shape(self, shape: Shape) -> str:
        return f"[{', '.join(self.length(size).text for size in shape)}]"
