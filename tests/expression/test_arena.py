"""Interning: one object for one meaning, for one request."""

from __future__ import annotations

import pickle
import threading

import pytest

from service import limits
from service.errors import LimitExceeded
from service.expression import arena
from service.expression.arena import fresh_arena
from service.expression.nodes import at_sizes, in_order, make
from service.expression.sums import number
from service.expression.tensors import variable
from service.language import declare, parse
from service.operations import leaves


def test_equal_parts_are_the_identical_object() -> None:
    with fresh_arena():
        assert variable("x", ("n",)) is variable("x", ("n",))
        assert variable("x", ("n",)) is not variable("x", ("m",))
        x = leaves.variable(leaves.Variable("x"))
        assert make("add", x, leaves.number(1)) is make("add", x, leaves.number(1))


def test_an_arena_is_forgotten_and_the_former_one_is_back() -> None:
    with fresh_arena():
        outside = number(7)
        with fresh_arena():
            assert number(7) is not outside
            arena.memo()["key"] = "inside"
        assert number(7) is outside
        assert "key" not in arena.memo()


def test_an_error_inside_does_not_leak_the_arena() -> None:
    with fresh_arena():
        outside = number(7)
        with pytest.raises(ValueError, match="inside"), fresh_arena():
            raise ValueError("inside")
        assert number(7) is outside


def test_each_thread_has_its_own() -> None:
    found: list[object] = []
    with fresh_arena():
        here = number(7)
        thread = threading.Thread(target=lambda: found.append(number(7)))
        thread.start()
        thread.join()
    assert found
    assert found[0] is not here


def test_children_are_older_than_parents() -> None:
    with fresh_arena():
        node = parse("sin(x*y) + x*y + exp(sin(x*y))").node
        order = in_order([node])
        assert len(set(order)) == len(order)
        for place, part in enumerate(order):
            assert all(argument in order[:place] for argument in part.arguments)
        assert order[-1] is node


def test_nodes_are_never_serialised() -> None:
    with fresh_arena(), pytest.raises(TypeError, match="serialised"):
        pickle.dumps(number(1))


def test_a_derivation_that_grows_too_large_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits._values, "derivation-nodes", 10)
    with fresh_arena(), pytest.raises(LimitExceeded, match="derivation-nodes"):
        list(map(number, range(20)))


def test_letters_of_sizes_become_numbers() -> None:
    with fresh_arena():
        node = parse("sum(x)/n + ones(n)'*x", declare({"x": "vector(n)"})).node
        letters = {str(part.parameter) for part in in_order([at_sizes(node, {"n": 3})]) if part.operation.name == "size"}
        assert letters == {"3"}
