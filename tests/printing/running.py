"""Runs generated functions: NumPy, JAX and PyTorch in this process, MATLAB in one Octave for all of them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_SIGNATURE = re.compile(r"^(?:def|function(?: \w+ =)?) (\w+)\(([^)]*)\)", re.MULTILINE)


def parameters(source: str, name: str) -> list[str]:
    """The names of the arguments of the function called `name`."""
    return next(match[2].replace(" ", "").split(",") for match in _SIGNATURE.finditer(source) if match[1] == name and match[2])


def run_numpy(source: str, name: str, arguments: Sequence[Any]) -> Array:
    return np.asarray(_defined(source, name)(*arguments), dtype=float)


def run_jax(source: str, name: str, arguments: Sequence[Any]) -> Array:
    import jax  # noqa: PLC0415  (a peer that need not be there)

    jax.config.update("jax_enable_x64", True)
    return np.asarray(_defined(source, name)(*[argument if isinstance(argument, int) else jax.numpy.asarray(argument) for argument in arguments]))


def run_torch(source: str, name: str, arguments: Sequence[Any]) -> Array:
    import torch  # noqa: PLC0415

    tensors = [argument if isinstance(argument, int) else torch.tensor(argument, dtype=torch.float64) for argument in arguments]
    value = _defined(source, name)(*tensors)
    return np.asarray(value.numpy() if isinstance(value, torch.Tensor) else value)


def _defined(source: str, name: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    function: Callable[..., Any] = names[name]
    return function


class Octave:
    """Functions in files of a folder, all called by one script; values by name, with Octave's shapes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script: list[str] = []

    def add(self, name: str, source: str, arguments: Sequence[tuple[Any, tuple[int, ...]]]) -> None:
        """A function of this name, to be called with arrays of these shapes (rows and columns)."""
        (self.folder / f"{name}.m").write_text(source, encoding="utf-8")
        texts = [_literal(np.asarray(value, dtype=float), shape) for value, shape in arguments]
        self.script += [
            "try",
            f"  r = {name}({', '.join(texts)});",
            f'  printf("{name} %s;", mat2str(size(r))); printf(" %.17g", double(r(:))); printf("\\n");',
            "catch problem",
            f'  printf("{name} failed: %s\\n", problem.message);',
            "end",
        ]

    def run(self) -> Mapping[str, Array | str]:
        """The value of each function, or Octave's complaint."""
        (self.folder / "all_of_them.m").write_text("\n".join(["1;", *self.script]) + "\n", encoding="utf-8")
        command = ["octave-cli", "--no-gui", "--quiet", "--norc", "all_of_them.m"]
        output = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        found: dict[str, Array | str] = {}
        for line in output.stdout.splitlines():
            name, _, rest = line.partition(" ")
            shape, separator, numbers = rest.partition(";")
            if separator and not rest.startswith("failed"):
                lengths = [int(length) for length in re.findall(r"\d+", shape)]
                found[name] = np.reshape([float(number) for number in numbers.split()], lengths, order="F")
            else:
                found[name] = rest
        return found


def _literal(value: Array, shape: tuple[int, ...]) -> str:
    rows = value.reshape(shape)
    return "[" + "; ".join(", ".join(repr(float(entry)) for entry in row) for row in rows) + "]"
