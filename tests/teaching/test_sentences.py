"""The message table: every rule has a code and a sentence."""

from __future__ import annotations

import re
import string

import pytest

from service.expression.operation import Operation, operations
from service.teaching.sentences import SENTENCES, code_of, sentence

KNOWN = {
    "Rule",
    "after",
    "before",
    "change",
    "entry",
    "identity",
    "layout",
    "line",
    "name",
    "names",
    "other",
    "result",
    "row",
    "rules",
    "variable",
    "where",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_sentence_is_one(code: str) -> None:
    text = SENTENCES[code]
    assert code_of(code) == code
    assert text[0] in string.ascii_uppercase + "{"
    assert text.endswith(".")
    assert set(re.findall(r"{(\w+)}", text)) <= KNOWN


@pytest.mark.parametrize("operation", list(operations()), ids=lambda operation: operation.name)
def test_every_operation_has_a_rule_by_name(operation: Operation) -> None:
    count = max(operation.arity[0], 1)
    for changing in ([True] * count, [True] + [False] * (count - 1)):
        rule = operation.rule_name(*changing)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code_of(rule))
        assert sentence(rule, identity="d(f) = df", where="", before="d(f)", after="df")


def test_names_become_codes() -> None:
    assert code_of("Jacobi's formula") == "jacobi-s-formula"
    assert code_of("product rule, power rule") == "several-rules"
    assert sentence("Jacobi's formula", identity="a = b", where=", with c") == "Jacobi's formula: a = b, with c."
