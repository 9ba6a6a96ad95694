"""Code in Python: NumPy, JAX, PyTorch. Vectors are arrays with one axis, lying or standing; A @ x, x @ y."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import ClassVar

from service.expression.codes import Code, is_vector
from service.expression.operation import Binding, Printed
from service.expression.shapes import Shape, axes
from service.printing.dialect import Dialect, Program, left_operand, tuple_of


class Python(Dialect):
    """`module` is what array functions are called by; `imports` are the words that need one."""

    module: ClassVar[str]
    imports: ClassVar[tuple[tuple[str, str], ...]]
    raised, tight = "**", frozenset(("**",))
    modules: ClassVar[tuple[str, ...]] = ("special.",)
    """Modules that are imported by themselves."""
    reserved = frozenset((*keyword.kwlist, "np", "jnp", "jax", "torch", "special", "linalg", "like"))

    def prefixed(self, common: str) -> str:
        return common if common.startswith(self.modules) else f"{self.module}.{common}"

    # Matrices and vectors.

    def transpose(self, code: Code, operand: Printed) -> Printed:
        return operand if is_vector(code.shape) else Printed(f"{operand.within(Binding.POSTFIX)}.T", Binding.POSTFIX)

    def standing(self, code: Code, operand: Printed) -> Printed:
        """A vector that goes with every column."""
        return Printed(f"{operand.within(Binding.POSTFIX)}[:, None]", Binding.POSTFIX)

    def matmul(self, code: Code, left: Printed, right: Printed) -> Printed:
        chained = code.operands[0].form == "matmul"
        return Printed(f"{left.within(Binding.PRODUCT if chained else Binding.POWER)} @ {right.within(Binding.POWER)}", Binding.PRODUCT)

    def inner(self, code: Code, left: Printed, right: Printed) -> Printed:
        return self.matmul(code, left, right)

    def outer(self, code: Code, left: Printed, right: Printed) -> Printed:
        return Printed(f"{self.module}.outer({left.text}, {right.text})")

    def scale_rows(self, code: Code, weights: Printed, array: Printed) -> Printed:
        return Printed(f"{weights.within(Binding.POSTFIX)}[:, None] * {array.within(Binding.POWER)}", Binding.PRODUCT)

    def scale_columns(self, code: Code, array: Printed, weights: Printed) -> Printed:
        return Printed(f"{left_operand(code, array)} * {weights.within(Binding.POWER)}", Binding.PRODUCT)

    # Entries.

    def array(self, code: Code, *entries: Printed) -> Printed:
        texts = [entry.text for entry in entries]
        columns = code.shape[1]
        if columns == 1:
            return Printed(f"{self.module}.array([{', '.join(texts)}])")
        assert isinstance(columns, int)
        lines = [f"[{', '.join(texts[start : start + columns])}]" for start in range(0, len(texts), columns)]
        return Printed(f"{self.module}.array([{', '.join(lines)}])")

    def entry(self, code: Code, operand: Printed) -> Printed:
        return Printed(f"{operand.within(Binding.POSTFIX)}[{', '.join(map(str, code.detail))}]", Binding.POSTFIX)

    def einsum(self, code: Code, *operands: Printed) -> Printed:
        inputs, out, _ = code.detail
        pattern = ",".join(inputs) + "->" + out
        arguments = ", ".join(operand.text for operand in operands[: len(inputs)])
        return Printed(f'{self.module}.einsum("{pattern}", {arguments}{self.contraction(code)})')

    def contraction(self, code: Code) -> str:
        """What tells einsum to look for a good order."""
        return ""

    # The function.

    def function(self, program: Program, helpers: Sequence[str]) -> str:
        lines = [*self._lengths(program), *self._checks(program)]
        lines += [f"{name} = {text}" for name, text in program.assignments]
        result = program.result
        if len(program.shape) == 2 and program.shape[0] == 1 and program.shape[1] != 1:
            result = f"{self.module}.reshape({result}, (1, -1))"
        lines.append(f"return {result}")
        lines = [*self.preamble(program, lines), *lines]
        documentation = f'    """{program.summary}' + (f"\n\n    {program.described}\n    " if program.described else "") + '"""'
        function = "\n\n\n".join(helpers) + "\n\n\n" * bool(helpers)
        function += "\n".join([f"def {program.name}({', '.join(program.parameters)}):", documentation, *[f"    {line}" for line in lines]])
        header = [line for word, line in self.imports if word in function and re.search(rf"(?<![\w.]){re.escape(word)}", function)]
        return "\n".join([*header, "", "", function] if header else [function]) + "\n"

    def preamble(self, program: Program, lines: list[str]) -> list[str]:
        return []

    def _lengths(self, program: Program) -> list[str]:
        """n = x.shape[0]; all sizes of an array at once where all are defined by it."""
        lines, done = [], set[str]()
        for length in program.lengths:
            sisters = [other for other in program.lengths if other.variable == length.variable]
            whole = len(sisters) == len(axes(length.shape)) and not any(other.divisor for other in sisters)
            if whole and length.variable not in done:
                names = ", ".join(other.name for other in sisters)
                lines.append(f"{names if len(sisters) > 1 else f'({names},)'} = {length.variable}.shape")
                done.add(length.variable)
            elif not whole:
                divided = f" // {length.divisor}" if length.divisor else ""
                lines.append(f"{length.name} = {length.variable}.shape[{_axis(length.shape, length.axis)}]{divided}")
        return lines

    def _checks(self, program: Program) -> list[str]:
        if not program.checked:
            return []
        wrong = " or ".join(
            f"{name}.shape != {self._shape(shape)}"
            if chosen is None
            else " or ".join(f"{name}.shape[{_axis(shape, axis)}] != {self.length(shape[axis]).text}" for axis in chosen)
            for name, shape, chosen in program.checked
        )
        due = ", ".join(f"{name} {tuple_of(map(str, axes(shape)))}" for name, shape in program.shown)
        given = ", ".join(f"{{{name}.shape}}" for name, _ in program.shown)
        return [f"if {wrong}:", f'    raise ValueError(f"the shapes due are {due}; given are {given}")']

    def _shape(self, shape: Shape) -> str:
        return tuple_of(self.length(size).text for size in axes(shape))


def _axis(shape: Shape, axis: int) -> int:
    """The axis of the array that a row or column is: axes of length 1 do not count."""
    return axis if 1 not in shape else 0


class NumPy(Python):
    name, module = "numpy", "np"
    description = "a function of NumPy arrays that runs as printed; vectors have one axis"
    imports = (
        ("itertools.", "import itertools"),
        ("np.", "import numpy as np"),
        ("linalg.", "from scipy import linalg"),
        ("special.", "from scipy import special"),
    )
    constants = {"pi": "np.pi", "e": "np.e"}

    def mentions(self, code: Code) -> Sequence[int]:
        if code.form == "einsum" and code.detail[2]:
            return [0] * (len(code.operands) - 1) + [1]
        return super().mentions(code)

    def einsum(self, code: Code, *operands: Printed) -> Printed:
        """What is zero but on some diagonals is not multiplied out."""
        return operands[-1] if code.detail[2] else super().einsum(code, *operands)

    def contraction(self, code: Code) -> str:
        inputs, out, _ = code.detail
        sums = set("".join(inputs)) - set(out)
        return ", optimize=True" if len(inputs) > 2 or (sums and len(inputs) > 1) else ""


class Jax(Python):
    name, module = "jax", "jnp"
    description = "the same with JAX, ready for jax.jit"
    imports = (
        ("itertools.", "import itertools"),
        ("jax.", "import jax"),
        ("jnp.", "import jax.numpy as jnp"),
        ("linalg.", "from jax.scipy import linalg"),
        ("special.", "from jax.scipy import special"),
    )
    constants = {"pi": "jnp.pi", "e": "jnp.e"}


class PyTorch(Python):
    """Arguments are tensors; `like` gives new ones their type and device."""

    name, module = "pytorch", "torch"
    description = "the same with PyTorch, of tensors (scalars too)"
    modules = ()
    imports = (("itertools.", "import itertools"), ("torch.", "import torch"))
    constants = {"pi": "torch.pi", "e": "torch.e"}

    def tensor(self, code: Code, printed: Printed) -> Printed:
        """A number of Python as a tensor, which PyTorch's functions insist on."""
        return Printed(f"torch.tensor({printed.text}, **like)") if code.plain else printed

    def tensors(self, code: Code, operands: tuple[Printed, ...]) -> list[Printed]:
        return [self.tensor(operand, printed) for operand, printed in zip(code.operands, operands, strict=True)]

    def each(self, code: Code, *operands: Printed) -> Printed:
        return super().each(code, *self.tensors(code, operands))

    def einsum(self, code: Code, *operands: Printed) -> Printed:
        return super().einsum(code, *self.tensors(code, operands))

    def compare(self, code: Code, left: Printed, right: Printed) -> Printed:
        numbers = all(operand.plain for operand in code.operands)
        return super().compare(code, self.tensor(code.operands[0], left) if numbers else left, right)

    def array(self, code: Code, *entries: Printed) -> Printed:
        rows, columns = code.shape
        if all(operand.plain for operand in code.operands):
            return Printed(super().array(code, *entries).text.replace("torch.array(", "torch.tensor(")[:-1] + ", **like)")
        stacked = f"torch.stack([{', '.join(entry.text for entry in self.tensors(code, entries))}])"
        return Printed(stacked if columns == 1 else f"{stacked}.reshape({rows}, {columns})")

    def preamble(self, program: Program, lines: list[str]) -> list[str]:
        if not any("**like" in line for line in lines):
            return []
        if not program.first:
            return ['like = {"dtype": torch.float64}']
        return [f'like = {{"dtype": {program.first}.dtype, "device": {program.first}.device}}']
