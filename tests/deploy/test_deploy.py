"""What is deployed: manifests that hang together, and names in them that exist in the service."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service import limits
from service.app import create_app
from service.settings import SETTINGS, Settings
from service.web.metrics import ROWS
from service.web.problems import PROBLEMS

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
MANIFESTS = sorted(path for path in KUBERNETES.rglob("*.yaml") if path.name != "kustomization.yaml")
KUSTOMIZATIONS = sorted(KUBERNETES.rglob("kustomization.yaml"))
API_VERSIONS = {  # Kubernetes 1.23 and later
    "ServiceAccount": "v1", "Service": "v1", "Deployment": "apps/v1", "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1", "NetworkPolicy": "networking.k8s.io/v1", "Ingress": "networking.k8s.io/v1",
}  # fmt: skip
PROCESS = {"WEB_CONCURRENCY", "HOST", "PORT", "REDIS_PASSWORD"}
"""Variables that gunicorn.conf.py or the Redis beside the service reads."""
SUFFIXES = r"(?:_total|_bucket|_sum|_count)?"


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


EVERY = [document for path in MANIFESTS for document in documents(path)]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [document for document in EVERY if document["kind"] == kind]


@pytest.mark.parametrize("document", EVERY, ids=lambda d: f"{d['kind']}-{d['metadata']['name']}")
def test_manifests_are_of_known_kinds(document: dict[str, Any]) -> None:
    assert document["apiVersion"] == API_VERSIONS[document["kind"]]
    assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", document["metadata"]["name"])


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_kustomizations_name_what_there_is(path: Path) -> None:
    (found,) = documents(path)
    named = {(path.parent / name).resolve() for name in found["resources"]}
    assert all(name.exists() for name in named)
    assert {manifest for manifest in MANIFESTS if manifest.parent == path.parent} <= named


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_kustomize_builds_them(path: Path) -> None:
    built = subprocess.run(["kubectl", "kustomize", str(path.parent)], check=False, capture_output=True, text=True, timeout=60)
    assert built.returncode == 0, built.stderr
    found = [document for document in yaml.safe_load_all(built.stdout) if document]
    (deployment,) = [each for each in found if each["kind"] == "Deployment" and each["metadata"]["name"] == "nabla"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    for each in found:
        spec = each.get("spec", {})
        selector = spec.get("podSelector", spec.get("selector", {}))
        wanted = selector.get("matchLabels", selector if each["kind"] == "Service" else {})
        if each["metadata"]["name"] == "nabla" and wanted:
            assert wanted.items() <= labels.items(), each["kind"]


@pytest.mark.parametrize("deployment", of_kind("Deployment"), ids=lambda d: d["metadata"]["name"])
def test_pods_may_do_little(deployment: dict[str, Any]) -> None:
    pod = deployment["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert (context["allowPrivilegeEscalation"], context["readOnlyRootFilesystem"], context["capabilities"]) == (
            False,
            True,
            {"drop": ["ALL"]},
        )
        assert {"requests", "limits"} <= container["resources"].keys()
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        assert {"readinessProbe", "livenessProbe"} <= container.keys()


def service_pod() -> dict[str, Any]:
    (deployment,) = [each for each in of_kind("Deployment") if each["metadata"]["name"] == "nabla"]
    found: dict[str, Any] = deployment["spec"]["template"]["spec"]
    return found


def test_the_probes_are_answered() -> None:
    client = create_app(Settings()).test_client()
    (container,) = service_pod()["containers"]
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        path, port = container[name]["httpGet"]["path"], container[name]["httpGet"]["port"]
        assert client.get(path).status_code in (200, 503)  # 503 before the warm-up
        assert port in [each["name"] for each in container["ports"]]
    assert client.get("/livez").status_code == 200


def test_the_ingress_passes_on_what_there_is_and_nothing_inner() -> None:
    client = create_app(Settings()).test_client()
    (ingress,) = of_kind("Ingress")
    names = {each["metadata"]["name"]: each for each in of_kind("Service")}
    for rule in ingress["spec"]["rules"]:
        for entry in rule["http"]["paths"]:
            to = entry["backend"]["service"]
            assert to["port"]["name"] in [port["name"] for port in names[to["name"]]["spec"]["ports"]]
            inner = {"/v1": "/v1/operations", "/problems": "/problems/overloaded", "/static": "/livez"}.get(entry["path"], entry["path"])
            assert client.get(inner).status_code == 200
            assert not any(path.startswith(entry["path"]) for path in ("/metrics", "/livez", "/readyz") if entry["pathType"] == "Prefix")
    body = int(ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"])
    assert body == limits.limit("body-bytes")


def test_there_is_time_to_finish() -> None:
    """A pod is killed only after what gunicorn leaves to requests, and the sleep before."""
    text = (DEPLOY / "gunicorn.conf.py").read_text()
    graceful = int(re.search(r"^graceful_timeout = (\d+)", text, re.M)[1])  # type: ignore[index]
    pod = service_pod()
    slept = int(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] >= graceful + slept + 5


def test_the_user_is_that_of_the_image() -> None:
    user = re.search(r"^USER (\d+):", (DEPLOY.parent / "Dockerfile").read_text(), re.M)
    assert user is not None
    assert service_pod()["securityContext"]["runAsUser"] == int(user[1])


def test_every_variable_is_a_setting() -> None:
    known = {entry.name.upper() for entry in SETTINGS} | PROCESS
    lines = (KUBERNETES / "base" / "settings.env").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert given.keys() <= known
    Settings.from_environment({name: value for name, value in given.items() if name not in PROCESS})
    (compose,) = documents(DEPLOY / "compose.yaml")
    for service in compose["services"].values():
        assert set(service.get("environment", {})) <= known
    text = (DEPLOY / "RUNBOOK.md").read_text() + "".join(path.read_text() for path in KUBERNETES.rglob("*.yaml"))
    named = set(re.findall(r"\b(?:REDIS|CACHE|API|RATE|LOG|WEB|TRUSTED|CORS|METRICS)_[A-Z_]+\b", text))
    assert named <= known


# --- alerts and dashboard ---------------------------------------------------------------------------------------------

(ALERTS,) = documents(DEPLOY / "prometheus" / "alerts.yaml")
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
DASHBOARD = json.loads((DEPLOY / "prometheus" / "dashboard.json").read_text())
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_exists(expression: str) -> None:
    """Names as Prometheus shows them: a counter ends in _total, a histogram in _bucket, _sum or _count."""
    for name in re.findall(r"\bnabla_\w+", expression):
        row = ROWS.get(name) or ROWS[re.sub(r"_(?:total|bucket|sum|count)$", "", name)]
        suffix = name.removeprefix(row.name)
        assert suffix in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(row.kind, ("",)), name
    known = {label for name in ROWS.values() for label in name.labels} | {"instance", "le", "job", "pid"}
    assert set(re.findall(r"(\w+)=~?\"", expression)) <= known
    for by in re.findall(r"\bby \(([^)]*)\)", expression):
        assert set(by.replace(" ", "").split(",")) <= known
    assert set(re.findall(r'code="([^"]+)"', expression)) <= set(PROBLEMS)
    assert expression.count("(") == expression.count(")")


def test_the_events_are_counted() -> None:
    source = "".join(path.read_text() for path in (DEPLOY.parent / "service" / "compute").glob("*.py"))
    counted = set(re.findall(r'counts\["([^"]+)"\]', source))
    assert {event for expression in EXPRESSIONS for event in re.findall(r'event="([^"]+)"', expression)} <= counted


def test_every_alert_is_in_the_runbook() -> None:
    headings = re.findall(r"^## (Nabla\w+)$", (DEPLOY / "RUNBOOK.md").read_text(), re.M)
    assert headings == [rule["alert"] for rule in RULES]
    assert all(rule["labels"]["severity"] in ("page", "warn") and rule["annotations"]["summary"] for rule in RULES)


def test_the_dashboard_can_be_imported() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [tuple(panel["gridPos"][name] for name in "xywh") for panel in panels]
    assert all(x + w <= 24 for x, _, w, _ in places)
    assert len({(x, y) for x, y, _, _ in places}) == len(places)
    shown = {name for expression in EXPRESSIONS for name in ROWS if re.search(rf"\b{name}{SUFFIXES}\b", expression)}
    assert shown == set(ROWS)
