"""The page of worked examples is what the service answers today, and its commands are what they seem."""

from __future__ import annotations

import json
import re
import shlex

from tests.examples_page import PAGE, abbreviated, page
from tests.test_seed_cases import CASES


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "docs/examples.md is stale: run `python -m tests.examples_page` and commit it"


def test_every_command_is_a_request_of_a_case() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    sent = []
    for command in commands:
        line, _, document = command.partition(" <<'END'\n")
        words = shlex.split(line.replace("\\\n", ""))
        sent.append((words[2].rsplit("/", 1)[1], json.loads(document.removesuffix("\nEND") or words[-1])))
    assert sent == [(case["operation"], case["request"]) for case in CASES]


def test_what_is_abbreviated() -> None:
    assert abbreviated([1.23456789, 1e-17, True, {"text": "x", "latex": "x", "shape": [], "code": {}}]) == [
        1.23457,
        0.0,
        True,
        {"text": "x", "shape": []},
    ]
    assert abbreviated(list(range(20)))[-1] == "…"
