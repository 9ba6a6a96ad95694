"""Every command of docs/curl.md, run by the shell and by curl itself against the live service."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.transcript.page import HOST, PAGE, Entry, Section, page, sections

SECTIONS = sections()
TRIES = 3  # a machine that is busy with something else passes a deadline, and a person asks again
ADDRESS = HOST.removeprefix("http://")  # https is tried, too


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a line as a person would, in `folder`; a .curlrc of this machine has no say."""
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "CURL_HOME": str(folder), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )


def run(entry: Entry, folder: Path, server: str) -> list[str]:
    """What is not as the transcript says."""
    for _ in range(TRIES):
        done = shell(entry.run.replace(ADDRESS, server.removeprefix("http://")), folder)
        output = done.stdout.replace(server, HOST)
        if "/problems/deadline-exceeded" not in output:
            break
    if done.returncode != entry.exits:
        return [f"{entry.run}\nexits with {done.returncode}, not {entry.exits}: {output}{done.stderr}"]
    if entry.status is not None:
        return refused(entry, output, folder, server)
    if entry.prints is not None and output.rstrip("\n") != entry.prints.rstrip("\n"):
        return [f"{entry.run}\nprints {output!r}\nnot    {entry.prints!r}"]
    rest = output
    for part in entry.contains:
        _, found, rest = rest.partition(part)
        if not found:
            return [f"{entry.run}\nprints {output}\nwithout (or not behind the part before) {part!r}"]
    return []


def refused(entry: Entry, output: str, folder: Path, server: str) -> list[str]:
    """What is not right about a refusal; the command that it gives must be answered."""
    problem = json.loads(output)
    if (problem["status"], problem["hint"] or "") != (entry.status, entry.hint):
        return [f"{entry.run}\nis refused with {problem['status']}: {problem['detail']} (hint: {problem['hint']})"]
    if entry.final:
        return [f"{entry.run}\nis given a command after all: {problem['command']}"] if "command" in problem else []
    again = shell(f"{problem['command'].replace(HOST, server)} -sS --fail-with-body", folder)
    return [f"{entry.run}\nmeant {problem['command']}, which fails: {again.stdout}{again.stderr}"] if again.returncode else []


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_holds(section: Section, live_server: str, tmp_path: Path) -> None:
    wrong = [problem for entry in section.entries for problem in run(entry, tmp_path, live_server)]
    assert not wrong, "\n\n".join(wrong)


def test_a_hint_that_has_room_ends_with_the_command() -> None:
    mistakes = [entry for section in SECTIONS for entry in section.entries if entry.status and not entry.final]
    assert len(mistakes) >= 30
    assert sum("curl " in entry.hint for entry in mistakes) > len(mistakes) / 2


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "docs/curl.md is stale: run python -m tests.transcript.page and commit it"
