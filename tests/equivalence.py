"""Whether two texts are the same function: evaluated by the service at random points of random sizes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tests import servers

NAME = re.compile(r"[^\W\d]\w*(?!\w|\s*\()")  # not a function: no bracket follows
DECLARATION = re.compile(r"\s*(\w+)\s*(?:\(([^)]*)\))?\s*")
POINTS = 3


def same_function(base: str, left: Any, right: Any, variables: dict[str, Any] | None) -> bool:
    """Whether both texts (or lists of texts) have the same values at random points; rows and columns count as one.

    Names that are not declared are scalars, `dA` has the shape of a declared `A`.
    """
    rng = np.random.default_rng(7)
    sizes: dict[str, int] = {}
    declared = dict(variables or {})
    shapes = {name: _shape(declaration, sizes) for name, declaration in declared.items()}
    texts = np.ravel([left]).tolist() + np.ravel([right]).tolist()
    used = {name for text in texts for name in NAME.findall(str(text))}
    for name in sorted(used - set(shapes) - set(sizes) - {"pi", "T"}):
        declared[name], shapes[name] = declared.get(name[1:], "scalar"), shapes.get(name[1:], ())
    points = [{name: _value(rng, shape, declared[name]).tolist() for name, shape in shapes.items()} for _ in range(POINTS)]
    first, second = (_values(base, text, declared, points) for text in (left, right))
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-8, atol=1e-10))


def _shape(declaration: Any, sizes: dict[str, int]) -> tuple[int, ...]:
    """Sizes in letters become distinct small numbers."""
    if isinstance(declaration, dict):
        names = declaration["shape"]
    else:
        kind, inside = DECLARATION.fullmatch(declaration).groups()  # type: ignore[union-attr]
        names = inside.split(",") if inside else []
        names = names * 2 if kind in ("symmetric", "spd", "diagonal") else names
    return tuple(int(name) if str(name).isdigit() else sizes.setdefault(str(name).strip(), 2 + len(sizes)) for name in names)


def _value(rng: np.random.Generator, shape: tuple[int, ...], declaration: Any) -> np.ndarray[Any, Any]:
    """Square matrices are kept well away from singular ones."""
    value = rng.uniform(0.4, 1.6, shape)
    if len(shape) == 2 and shape[0] == shape[1]:
        value += 2 * shape[0] * np.eye(shape[0])
        if re.search("symmetric|spd", str(declaration)):
            value += value.T
    return np.asarray(value)


def _values(base: str, text: Any, declared: dict[str, Any], points: list[dict[str, Any]]) -> np.ndarray[Any, Any]:
    answer = servers.request(f"{base}/v1/evaluate", {"expression": text, "variables": declared, "at": points})
    assert answer.status == 200, f"{text}: {answer.text}"
    return np.array([np.squeeze(np.array(value, dtype=float)) for value in answer.json()["value"]])
