"""What the house promises about itself: locked versions, clean files, a container that is not root, a compose file with bounds."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from gunicorn.config import Config

from service.web import formats_page, operators
from service.web.worker import Worker
from tests.servers import ROOT, request

REQUIREMENTS = ("requirements", "requirements-otel", "requirements-audit", "requirements-dev", "benchmarks/requirements")
MOST_LINES = 420
# written so that the patterns do not match themselves
NOT_OURS = re.compile(r"/(?:home|root|Users|work)/|index[-]url|find[-]links|files\.python[h]osted|\"resolved\": *\"[h]ttp")


def tracked(*patterns: str) -> list[Path]:
    """The files under version control (and new ones not yet added), those that match `patterns` if any are given."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_an_exact_version(name: str) -> None:
    lines = [line for line in read(f"{name}.txt").splitlines() if line and not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][\w.+!-]*( ; .+)?", line)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_wish_is_locked(name: str) -> None:
    wishes = re.findall(r"^([A-Za-z][\w-]*)", read(f"{name}.in"), re.MULTILINE)
    locked = set(re.findall(r"^([a-z0-9-]+)==", read(f"{name}.txt"), re.MULTILINE))
    assert {wish.lower() for wish in wishes} <= locked


def test_no_path_of_a_machine_and_no_registry_in_any_file() -> None:
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), 1):
            if len(line) < 2000 and NOT_OURS.search(line):  # longer lines are vendored and minified
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_no_python_file_is_too_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_bytes().splitlines()) for path in tracked("*.py")}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_the_licence_is_mit() -> None:
    assert read("LICENSE").startswith("MIT License\n\nCopyright (c) 2026 the Nabla authors\n")


def test_the_index_of_decisions_is_complete() -> None:
    records = sorted(path.name for path in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", read("docs/decisions/README.md"))
    assert listed == records
    for number, name in enumerate(records, 1):
        assert name.startswith(f"{number:04d}-"), "records are numbered without gaps"
        assert read(f"docs/decisions/{name}").startswith(f"# {number:04d}: ")


def test_the_tables_for_operators_are_current() -> None:
    text = read("docs/operations.md")
    assert {match[2] for match in operators.MARKED.finditer(text)} == set(operators.TABLES)
    assert operators.page(text) == text, "run `make docs` (or python -m service.web.operators) and commit docs/operations.md"


def test_the_tables_of_formats_are_current() -> None:
    text = read("docs/formats.md")
    assert {match[2] for match in operators.MARKED.finditer(text)} == set(formats_page.TABLES)
    assert formats_page.page(text) == text, "run `make docs` (or python -m service.web.formats_page) and commit docs/formats.md"


def test_the_container_is_small_and_not_root() -> None:
    lines = read("Dockerfile").splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    assert len(stages) == 2
    tested = tomllib.loads(read("pyproject.toml"))["tool"]["mypy"]["python_version"]
    assert {stage.split()[1] for stage in stages} == {f"python:{tested}-slim"}
    final = lines[lines.index(stages[-1]) :]
    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", next(line for line in final if line.startswith("USER ")))
    health = final.index(next(line for line in final if line.startswith("HEALTHCHECK ")))
    assert "/livez" in final[health + 1]
    assert final[-1].startswith("CMD [")
    copied = [source for line in final if line.startswith("COPY ") and "--from" not in line for source in line.split()[1:-1]]
    assert set(copied) <= {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}


def test_compose_bounds_everything_and_publishes_no_redis() -> None:
    services: dict[str, Any] = yaml.safe_load(read("deploy/compose.yaml"))["services"]
    assert set(services) == {"proxy", "service", "redis"}
    for service in services.values():
        assert service["read_only"] is True
        assert service["tmpfs"]
        assert service["mem_limit"]
        assert service["cap_drop"] == ["ALL"]
    redis = services["redis"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["service"]["environment"]["TRUSTED_PROXIES"] == "1"
    assert "healthcheck" in redis
    assert redis["user"]
    command = redis["command"][-1]
    for promise in ("--requirepass", "--maxmemory ", "--maxmemory-policy allkeys-lru", '--save ""'):
        assert promise in command
    password = "REDIS_PASSWORD:?"  # compose refuses to start without it
    assert password in redis["environment"]["REDIS_PASSWORD"]
    assert password in services["service"]["environment"]["REDIS_URL"]
    assert services["service"]["depends_on"] == {"redis": {"condition": "service_healthy"}}


def gunicorn_settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name in ("HOST", "PORT", "WEB_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    names = runpy.run_path(str(ROOT / "deploy/gunicorn.conf.py"))
    return {name: value for name, value in names.items() if not name.startswith("_") and name not in ("os", "Path")}


def test_gunicorn_knows_and_takes_every_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config()
    for name, value in gunicorn_settings(monkeypatch).items():
        assert name in config.settings, f"gunicorn ignores what it does not know: {name}"
        config.set(name, value)
    assert config.worker_class is Worker
    assert config.preload_app
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    ("environment", "name", "value"),
    [
        ({}, "bind", ["127.0.0.1:8000"]),
        ({"HOST": "0.0.0.0", "PORT": "80"}, "bind", ["0.0.0.0:80"]),
        ({"HOST": "::1"}, "bind", ["[::1]:8000"]),
        ({"WEB_CONCURRENCY": "7"}, "workers", 7),
    ],
)
def test_the_environment_changes_gunicorn(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], name: str, value: object) -> None:
    assert gunicorn_settings(monkeypatch, **environment)[name] == value


def test_nothing_runs_before_the_fork() -> None:
    """`preload_app` forks after `create_app`: a thread would be lost, a connection shared by all workers."""
    code = """if True:
        import os, runpy
        runpy.run_path("deploy/gunicorn.conf.py")
        from service.app import create_app
        create_app()
        links = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if os.path.islink(f"/proc/self/fd/{fd}")]
        print(len(os.listdir("/proc/self/task")), sum(link.startswith("socket:") for link in links))
    """
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment["REDIS_URL"] = "redis://127.0.0.1:1/0"
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["1", "0"], done.stderr


def test_the_commands_are_there() -> None:
    makefile = read("Makefile")
    for target in ("serve", "test", "check", "bench", "openapi"):
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), f"make {target} is missing, or has no line of help"
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "--config deploy/gunicorn.conf.py" in read("Procfile")


def test_the_service_lives(live_server: str) -> None:
    assert request(f"{live_server}/livez").status == 200
