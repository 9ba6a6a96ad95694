"""Schemathesis against the service as it is deployed: requests made from openapi.yaml, right ones and wrong ones.

Whatever comes back has a declared status, content type and schema; what the schema forbids is refused. schemathesis.toml says
which statuses are a refusal. `make fuzz` sends many times as many.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests import servers

QUICK = ("--phases", "fuzzing", "--max-examples", "2")
LONG = ("--phases", "coverage,fuzzing", "--max-examples", "25")  # more than 25,000 requests; coverage goes through every keyword


def test_what_openapi_says_is_so(tmp_path: Path) -> None:
    done = run(tmp_path, *QUICK)
    assert done.returncode == 0, "\n".join(line[:300] for line in done.stdout.splitlines()[-150:])


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Schemathesis on a service of its own."""
    beside = Path(sys.executable).parent / "schemathesis"
    program = str(beside) if beside.exists() else "schemathesis"
    command = [program, "--config-file", str(servers.ROOT / "schemathesis.toml"), "run", str(servers.ROOT / "openapi.yaml")]
    always = ("--seed", "1", "--workers", "2", "--continue-on-failure", "--no-color")
    with servers.service(folder, LOG_LEVEL="error") as base:
        return subprocess.run([*command, "--url", base, *options, *always], cwd=folder, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        finished = run(Path(scratch), *LONG)
    sys.stdout.write(finished.stdout)
    sys.exit(finished.returncode)
