"""Runs generated functions: NumPy, JAX and PyTorch in this process, MATLAB in one Octave for all of them."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from service.printing.functions import DIALECTS

Array = np.ndarray[Any, Any]

_SIGNATURE = re.compile(r"^(?:def|function(?: \w+ =)?) (\w+)\(([^)]*)\)", re.MULTILINE)


def arguments(source: str, name: str, dialect: str, values: Mapping[str, Any], sizes: Mapping[str, int]) -> list[Any]:
    """The values of the arguments of the function called `name`: variables, and sizes that no variable tells."""
    by_identifier = {**sizes, **{DIALECTS[dialect].identifier(variable): value for variable, value in values.items()}}
    listed = next(match[2] for match in _SIGNATURE.finditer(source) if match[1] == name)
    return [by_identifier.get(word, by_identifier.get(word.rstrip("_"))) for word in listed.replace(" ", "").split(",") if word]


def run_numpy(source: str, name: str, given: Sequence[Any]) -> Array:
    return np.asarray(_defined(source, name)(*given), dtype=float)


def run_jax(source: str, name: str, given: Sequence[Any]) -> Array:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return np.asarray(_defined(source, name)(*[value if isinstance(value, int) else jax.numpy.asarray(value) for value in given]))


def run_torch(source: str, name: str, given: Sequence[Any]) -> Array:
    torch = importlib.import_module("torch")
    tensors = [value if isinstance(value, int) else torch.tensor(value, dtype=torch.float64) for value in given]
    return np.asarray(_defined(source, name)(*tensors))


RUNNERS: dict[str, Callable[[str, str, Sequence[Any]], Array]] = {"numpy": run_numpy, "jax": run_jax, "pytorch": run_torch}


def _defined(source: str, name: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    function: Callable[..., Any] = names[name]
    return function


class Octave:
    """Functions in files of a folder, all called by one script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script: list[str] = []

    def add(self, name: str, source: str, given: Sequence[Array]) -> None:
        """A function of this name, to be called with arrays of two axes."""
        (self.folder / f"{name}.m").write_text(source, encoding="utf-8")
        self.script += [
            "try",
            f"  r = double({name}({', '.join(map(_literal, given))}));",
            f'  printf("{name} %s;", mat2str(size(r))); printf(" %.17g", r(:)); printf("\\n");',
            "catch problem",
            f'  printf("{name} %s\\n", problem.message);',
            "end",
        ]

    def run(self) -> dict[str, Array | str]:
        """The value of each function by name, or Octave's complaint."""
        (self.folder / "all_of_them.m").write_text("\n".join(["1;", *self.script]) + "\n", encoding="utf-8")
        command = ["octave-cli", "--quiet", "--norc", "all_of_them.m"]
        output = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False).stdout
        found: dict[str, Array | str] = {}
        for line in output.splitlines():
            name, _, rest = line.partition(" ")
            match = re.fullmatch(r"\[([\d ]+)\];(.*)", rest)
            found[name] = np.reshape([float(n) for n in match[2].split()], [int(n) for n in match[1].split()], order="F") if match else rest
        return found


def _literal(value: Array) -> str:
    return "[" + "; ".join(", ".join(repr(float(entry)) for entry in row) for row in value) + "]"
