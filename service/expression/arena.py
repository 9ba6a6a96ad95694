"""Interning: equal keys give the identical object, so that equality is `is` and shared parts are shared.

One arena a thread, renewed for each request: ids count up in order of creation (children before parents, the same for
the same request), and nothing outlives the work it was made for.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from service import limits


class _Arena(threading.local):
    def __init__(self) -> None:
        self.table: dict[Hashable, Any] = {}
        self.memo: dict[Hashable, Any] = {}
        self.allowed = limits.limit("derivation-nodes")


_arena = _Arena()


class Interned:
    """Base of nodes and tensors: `key` tells what it is, `id` when it was made."""

    __slots__ = ("id", "key")
    key: tuple[Any, ...]
    id: int

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("nodes live in one arena and are never serialised")


def find(key: tuple[Any, ...]) -> Any:
    """The object interned under `key`, or None."""
    return _arena.table.get(key)


def store(key: tuple[Any, ...], item: Interned) -> None:
    """Intern a new object; raises LimitExceeded past `derivation-nodes`."""
    table = _arena.table
    item.key = key
    item.id = len(table)
    table[key] = item
    if item.id > _arena.allowed:
        limits.check("derivation-nodes", item.id)


def population() -> int:
    """How many objects there are; the id of the next."""
    return len(_arena.table)


def memo() -> dict[Hashable, Any]:
    """A scratch table that lives as long as the arena: results of pure functions of interned objects."""
    return _arena.memo


@contextmanager
def fresh_arena() -> Iterator[None]:
    """Work inside a new, empty arena; the former one is back afterwards."""
    saved = _arena.table, _arena.memo, _arena.allowed
    _arena.table, _arena.memo, _arena.allowed = {}, {}, limits.limit("derivation-nodes")
    try:
        yield
    finally:
        _arena.table, _arena.memo, _arena.allowed = saved
