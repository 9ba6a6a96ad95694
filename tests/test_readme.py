"""The README keeps its word: every call in it, read as the shell and curl read it, gives what the README says."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.servers import ROOT, request

README = (ROOT / "README.md").read_text()
CALLS = [
    (call, re.findall(r"`(\"[^`]+)`", promises))
    for call, promises in re.findall(r"```sh\n(curl .*?)```\n\n(gives .*?)(?:\n\n|\Z)", README, flags=re.DOTALL)
]


def test_there_are_calls_to_run() -> None:
    assert len(CALLS) >= 6
    assert all(promises for _, promises in CALLS)


@pytest.mark.parametrize(("call", "promises"), CALLS, ids=[promises[0][:40] for _, promises in CALLS])
def test_a_call_gives_what_the_readme_says(call: str, promises: list[str], live_server: str) -> None:
    words = shlex.split(call.replace("http://127.0.0.1:8000", live_server).replace("\\\n", ""))
    assert words[:2] == ["curl", "-s"]
    address, options = words[2], dict(zip(words[3::2], words[4::2], strict=True))
    name, _, value = options["-H"].partition(": ")
    answer = request(address, options["-d"].encode(), headers={name: value}).text
    for promise in promises:
        assert promise in answer
