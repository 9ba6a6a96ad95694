"""The guides keep their word: every block of shell is run with curl, every block of Python by Python, and prints what is shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT
from tests.transcript.page import HOST
from tests.transcript.test_transcript import shell

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "---- block ----"


def test_there_is_one_for_each_kind_of_user() -> None:
    assert [guide.stem for guide in GUIDES] == ["applications", "lms", "shell"]
    readme = (ROOT / "README.md").read_text()
    assert all(f"docs/guides/{guide.name}" in readme for guide in GUIDES)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_what_is_shown_is_what_comes_back(guide: Path, live_server: str, tmp_path: Path) -> None:
    blocks = [(found[1], found[2].replace(HOST, live_server)) for found in BLOCK.finditer(guide.read_text())]
    commands = [text for kind, text in blocks if kind == "sh"]
    if commands:
        done = shell("set -e\n" + "".join(f"echo '{MARK}'\n{text}" for text in commands), tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        printed = iter(done.stdout.split(MARK + "\n")[1:])
        for (kind, _), following in zip(blocks, [*blocks[1:], ("", "")], strict=True):
            if kind == "sh":
                output = next(printed)
                expected = following[1] if following[0] == "text" else ""
                assert re.sub(r" +", " ", expected).strip() in re.sub(r" +", " ", output), (expected, output)
    program = "\n".join(text for kind, text in blocks if kind == "python")
    if program:
        ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, ran.stderr
