"""What HTTP promises: methods, conditions, media types, headers; one computation for one request."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient

from service.settings import Settings
from tests.cache import faults
from tests.web.conftest import Trial, application

BODY = {"order": 1, "expression": "x^2"}
QUERY = "/v1/trial?order=1&expression=x^2"


def test_the_same_request_is_computed_once(client: FlaskClient, trial: Trial) -> None:
    first, second = client.post("/v1/trial", json=BODY), client.post("/v1/trial", json=BODY)
    assert first.data == second.data
    assert trial.calls == 1
    assert first.headers["Cache-Status"] == "nabla-response; fwd=miss; stored"
    assert second.headers["Cache-Status"] == "nabla-response; hit; detail=memory"


def test_the_same_fields_in_other_bytes_are_computed_once(client: FlaskClient, trial: Trial) -> None:
    bodies = [b'{"order":1}', b'{ "order" : 1 }', b'{"order":1,"layout":"mixed","exact":false}']
    answers = {client.post("/v1/trial", data=body, content_type="application/json").data for body in bodies}
    answers.add(client.get("/v1/trial?order=1").data)
    assert len(answers) == 1
    assert trial.calls == 1


def test_other_fields_are_another_request(client: FlaskClient, trial: Trial) -> None:
    for body in ({"order": 1}, {"order": 2}, {"tolerance": 1}, {"at": {"a": 1, "b": 2}}, {"at": {"b": 2, "a": 1}}):
        client.post("/v1/trial", data=json.dumps(body), content_type="application/json")  # json= would sort the names
    assert trial.calls == 5


def test_errors_are_not_kept(client: FlaskClient, trial: Trial) -> None:
    trial.handler = lambda request: {"answer": float("inf")}
    assert client.post("/v1/trial", json={}).status_code == 422
    trial.handler = lambda request: {"answer": 1}
    assert client.post("/v1/trial", json={}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "QUERY"])
def test_a_client_that_has_the_answer_is_told_so(client: FlaskClient, trial: Trial, method: str) -> None:
    def ask(tag: str | None) -> Any:
        headers = {"If-None-Match": tag} if tag else {}
        return (
            client.open("/v1/trial", method="QUERY", json=BODY, headers=headers)
            if method == "QUERY"
            else client.open(QUERY, method=method, headers=headers)
        )

    first = ask(None)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert "public, max-age=" in first.headers["Cache-Control"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}'):
        again = ask(sent)
        assert again.status_code == 304
        assert again.data == b""
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert ask("*").status_code == 304
    for sent in ('"other"', "nonsense"):
        assert ask(sent).status_code == 200
    assert trial.calls == 1


def test_the_tag_is_known_without_computing(client: FlaskClient, trial: Trial) -> None:
    tag = client.get(QUERY).headers["ETag"]
    other = application(trial, Settings(log_level="error")).test_client()
    assert other.get(QUERY, headers={"If-None-Match": tag}).status_code == 304
    assert trial.calls == 1


def test_a_post_is_answered_whatever_its_conditions(client: FlaskClient) -> None:
    first = client.post("/v1/trial", json=BODY)
    again = client.post("/v1/trial", json=BODY, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (200, first.data)
    assert "Cache-Control" not in first.headers


def test_other_requests_have_other_tags(client: FlaskClient) -> None:
    tags = {client.get(f"/v1/trial?order={order}").headers["ETag"] for order in range(5)}
    assert len(tags) == 5


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("*/*", 200),
        ("application/json", 200),
        ("application/*", 200),
        ("text/html, application/json;q=0.1", 200),
        ("application/problem+json, application/json", 200),
        ("text/html", 406),
        ("image/png, text/csv", 406),
        ("application/json;q=0", 406),
    ],
)
def test_an_answer_is_json_or_refused(client: FlaskClient, accept: str | None, status: int) -> None:
    answer = client.post("/v1/trial", json=BODY, headers={"Accept": accept} if accept else {})
    assert answer.status_code == status
    if status == 406:
        assert answer.get_json()["available"] == ["application/json", "application/msgpack"]
        assert answer.mimetype == "application/problem+json"


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    answer = client.delete("/v1/trial")
    assert answer.status_code == 405
    assert {"GET", "POST", "QUERY"} <= set(answer.headers["Allow"].split(", "))


def test_options_says_what_there_is(client: FlaskClient) -> None:
    assert {"GET", "POST", "QUERY"} <= set(client.options("/v1/trial").headers["Allow"].split(", "))


@pytest.mark.parametrize(
    ("sent", "is_kept"), [("abc-1.2_X", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("<x>", False), ("", False)]
)
def test_a_sane_request_id_is_kept(client: FlaskClient, sent: str, is_kept: bool) -> None:
    answer = client.post("/v1/trial", json=BODY, headers={"X-Request-Id": sent})
    assert (answer.headers["X-Request-Id"] == sent) is is_kept
    assert answer.headers["X-Request-Id"]


def test_every_request_has_its_own_id_and_nothing_of_it_is_in_the_body(client: FlaskClient) -> None:
    answers = [client.get(QUERY) for _ in range(3)]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 3
    assert len({answer.data for answer in answers}) == 1


def test_the_stages_are_timed(client: FlaskClient) -> None:
    first, second = client.get(QUERY).headers["Server-Timing"], client.get(QUERY).headers["Server-Timing"]
    assert [part.partition(";")[0] for part in first.split(", ")] == ["parse", "validate", "cache", "compute", "serialize", "total"]
    assert [part.partition(";")[0] for part in second.split(", ")] == ["cache", "total"]


def test_an_answer_ends_its_line(client: FlaskClient) -> None:
    assert client.post("/v1/trial", json=BODY).data.endswith(b"}\n")
    assert client.post("/v1/trial", json={"no": 1}).data.endswith(b"}\n")


def test_simultaneous_cold_requests_are_computed_once(trial: Trial) -> None:
    def slow(request: dict[str, Any]) -> dict[str, Any]:
        time.sleep(0.3)
        return {"answer": 1, "checks": []}

    trial.handler = slow
    app = application(trial, Settings(log_level="error"))
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: app.test_client().post("/v1/trial", json=BODY), range(10)))
    assert len({answer.data for answer in answers}) == 1
    assert trial.calls == 1
    outcomes = Counter(answer.headers["Cache-Status"] for answer in answers)
    assert outcomes["nabla-response; fwd=miss; stored"] == 1
    assert outcomes["nabla-response; fwd=miss; collapsed"] > 1


def test_without_a_cache_everything_is_computed_each_time(trial: Trial) -> None:
    client = application(trial, Settings(log_level="error", cache_memory_bytes=0)).test_client()
    first, second = client.post("/v1/trial", json=BODY), client.post("/v1/trial", json=BODY)
    assert first.data == second.data
    assert trial.calls == 2
    assert second.headers["Cache-Status"] == "nabla-response; fwd=miss"


def test_workers_share_answers_through_redis(trial: Trial, redis_url: str) -> None:
    settings = Settings(log_level="error", redis_url=redis_url, redis_wait_ms=10_000)
    first = application(trial, settings).test_client().post("/v1/trial", json={"label": "shared"})
    second = application(trial, settings).test_client().post("/v1/trial", json={"label": "shared"})
    assert first.data == second.data
    assert trial.calls == 1
    assert second.headers["Cache-Status"] == "nabla-response; hit; detail=redis"


@pytest.mark.parametrize("behave", faults.BEHAVIOURS, ids=lambda behave: behave.__name__)
def test_a_broken_redis_changes_no_answer(trial: Trial, behave: faults.Behaviour) -> None:
    expected = application(trial, Settings(log_level="error")).test_client().post("/v1/trial", json=BODY)
    with faults.server(behave) as url:
        client = application(trial, Settings(log_level="error", redis_url=url)).test_client()
        for _ in range(3):
            answer = client.post("/v1/trial", json=BODY)
            assert (answer.status_code, answer.data) == (200, expected.data)


def test_a_poisoned_redis_changes_no_answer(trial: Trial, redis_url: str) -> None:
    settings = Settings(log_level="error", redis_url=redis_url, redis_wait_ms=10_000)
    expected = application(trial, settings).test_client().post("/v1/trial", json={"label": "poisoned"})
    store = redis.Redis.from_url(redis_url)
    for key in store.scan_iter("nabla:*:response:*"):
        store.set(key, b'{"answer": "wrong"}')
    answer = application(trial, settings).test_client().post("/v1/trial", json={"label": "poisoned"})
    assert (answer.status_code, answer.data) == (200, expected.data)
    assert trial.calls == 2
