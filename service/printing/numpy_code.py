"""Nodes → a NumPy function that runs as printed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.expression.nodes import Node, in_order
from service.expression.operation import Printed
from service.expression.shapes import axes, describe, split
from service.operations.leaves import Variable, python_name
from service.printing.printers import printed, shared_parts

LEAST_COMPUTED = 5
"""Length from which on a part that is used twice is computed once and kept."""
WORD = re.compile(r"(?<![\w.\"])[^\W\d]\w*")


def to_numpy(root: Node, variables: Sequence[Variable], name: str, summary: str) -> str:
    """A function of the variables, with its imports, that returns the value of the node.

    Vectors are 1-D arrays, a row too unless it is the result. Parts used more than once are computed once.
    """
    numbers, assignments = shared_parts([root], LEAST_COMPUTED)
    names = {node: f"t{number}" for node, number in numbers.items()}
    known: dict[Node, Printed] = {}
    lines = []
    for node in assignments:
        lines.append(f"{names[node]} = {printed(node, 'numpy', known).text}")
        known[node] = Printed(names[node])
    result = printed(root, "numpy", known).text
    rows, columns = root.shape if len(root.shape) == 2 else (0, 0)
    if rows == 1 and columns != 1:
        result = f"np.reshape({result}, (1, -1))"
    lines.append(f"return {result}")
    body = "\n".join(lines)
    used = set(WORD.findall(body))
    taken, unknown = _sizes(root, variables, used)
    lines = taken + lines
    header = "".join(f"{line}\n" for word, line in _IMPORTS if word in used)
    shapes = ", ".join(f"{python_name(variable.name)}: {describe(variable.shape)}" for variable in variables)
    parameters = [*[python_name(variable.name) for variable in variables], *unknown]
    signature = f"def {name}({', '.join(parameters)}):"
    documentation = f'    """{summary}' + (f"\n\n    {shapes}.\n    " if shapes else "") + '"""'
    return "\n".join([*([header] if header else []), signature, documentation, *[f"    {line}" for line in lines]]) + "\n"


_IMPORTS = (("np", "import numpy as np"), ("linalg", "from scipy import linalg"), ("special", "from scipy import special"))


def _sizes(root: Node, variables: Sequence[Variable], used: set[str]) -> tuple[list[str], list[str]]:
    """Where the sizes that the code uses come from: lines such as `n = x.shape[0]`, and those that no argument tells."""
    letters: dict[str, None] = {}
    for node in in_order([root]):
        for size in (*node.shape, *([node.parameter] if isinstance(node.parameter, str) and not node.arguments else [])):
            letters.update(dict.fromkeys(split(size)[1]))
    wanted = [letter for letter in letters if python_name(letter) in used and letter not in {variable.name for variable in variables}]
    lines = []
    for variable in variables:
        for axis, size in enumerate(axes(variable.shape)):
            if size in wanted:
                wanted.remove(str(size))
                lines.append(f"{python_name(str(size))} = {python_name(variable.name)}.shape[{axis}]")
    return lines, [python_name(letter) for letter in wanted]
