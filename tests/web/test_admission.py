"""Who may ask: keys, origins, rates, over HTTP; nothing of it unless it is switched on."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import admission_of, create_app
from service.settings import Settings
from service.web import keys
from service.web.cors import EXPOSED
from tests.cache import faults
from tests.web.conftest import Trial, application

BODY = {"order": 1}
KEY, ENTRY = keys.new("lms")
_, OTHER = keys.new("other", "2/day")
EXPIRED_KEY, EXPIRED = keys.new("old", "", "2020-01-01")
OFF_KEY, OFF = keys.new("former", "off")
LIMITED_KEY, LIMITED = keys.new("class", "2/day")
KEYS = " ".join([ENTRY, OTHER, EXPIRED, OFF, LIMITED])


def client_with(trial: Trial, **settings: Any) -> FlaskClient:
    return application(trial, Settings(log_level="error", **settings)).test_client()


def ask(client: FlaskClient, path: str = "/v1/trial", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, json=BODY, headers=named) if path.startswith("/v1/trial") else client.get(path, headers=named)


def test_switched_off_it_is_not_there() -> None:
    assert admission_of(Settings(), None) is None


def test_a_key_is_asked_for_and_taken_in_both_headers(trial: Trial) -> None:
    client = client_with(trial, api_keys=KEYS)
    for headers in ({"Authorization": f"Bearer {KEY}"}, {"Authorization": f"bearer  {KEY}"}, {"X_API_Key": KEY}):
        assert ask(client, **headers).status_code == 200
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Basic {KEY}"}, {"X_API_Key": ""}):
        refused = ask(client, **headers)
        assert (refused.status_code, refused.get_json()["code"]) == (401, "unauthorized")
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="nabla"'
        assert "Authorization: Bearer <key>" in refused.get_json()["hint"]
    assert client.get(f"/v1/trial?order=1&api_key={KEY}").status_code == 401


@pytest.mark.parametrize(
    "sent", ["wrong", KEY[:-1], KEY + "x", "\xff" * 300, EXPIRED_KEY], ids=["word", "shorter", "longer", "bytes", "expired"]
)
def test_a_wrong_key_is_told_so_and_not_repeated(trial: Trial, sent: str) -> None:
    refused = ask(client_with(trial, api_keys=KEYS), X_API_Key=sent)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert sent not in refused.text


def test_a_key_that_is_switched_off_is_forbidden(trial: Trial) -> None:
    refused = ask(client_with(trial, api_keys=KEYS), X_API_Key=OFF_KEY)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "forbidden")


def test_a_remembered_answer_asks_for_the_key_too(trial: Trial) -> None:
    client = client_with(trial, api_keys=KEYS)
    assert [ask(client, X_API_Key=KEY).status_code for _ in range(2)] == [200, 200]
    assert ask(client).status_code == 401
    assert trial.calls == 1


def test_where_keys_are_asked_for_no_cache_on_the_way_may_give_answers_to_others(trial: Trial) -> None:
    for settings, scope in (({"api_keys": KEYS}, "private"), ({"rate_limit": "9/day"}, "public")):
        answer = client_with(trial, **settings).get("/v1/trial?order=1", headers={"X-API-Key": KEY})
        assert answer.headers["Cache-Control"].startswith(f"{scope}, max-age=")


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/docs", "/openapi.json", "/problems/unauthorized", "/static/none.css"])
def test_what_explains_the_service_is_open(trial: Trial, path: str) -> None:
    assert ask(client_with(trial, api_keys=KEYS), path).status_code != 401


@pytest.mark.parametrize(
    "path", ["/v1/operations", "/v1/limits", "/version", "/metrics", "/v1/none", "/none", "//livez", "/livez/", "/docs%0A"]
)
def test_everything_else_asks_for_a_key(trial: Trial, path: str) -> None:
    assert ask(client_with(trial, api_keys=KEYS), path).status_code == 401


def test_rates_are_counted_for_an_address_and_told(trial: Trial) -> None:
    client = client_with(trial, rate_limit="3/day")
    answers = [ask(client) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["RateLimit"].split(";")[:2] for answer in answers] == [['"day"', f"r={left}"] for left in (2, 1, 0, 0, 0)]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"day";q=3;w=86400'}
    refused = answers[-1]
    assert refused.get_json()["code"] == "rate-limited"
    assert refused.get_json()["violated-policies"] == ["day"]
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in answers[0].headers
    assert trial.calls == 1
    for path in ("/livez", "/readyz"):
        assert ask(client, path).status_code == 200


def test_another_address_has_its_own_count_and_a_forged_one_has_none(trial: Trial) -> None:
    client = client_with(trial, rate_limit="1/day")
    assert ask(client).status_code == 200
    assert client.post("/v1/trial", json=BODY, environ_base={"REMOTE_ADDR": "10.1.1.1"}).status_code == 200
    assert ask(client, X_Forwarded_For="10.2.2.2").status_code == 429
    behind = client_with(trial, rate_limit="1/day", trusted_proxies=1)
    assert [ask(behind, X_Forwarded_For=f"10.9.9.9, 10.3.3.{i}").status_code for i in (1, 2, 1)] == [200, 200, 429]
    client_with(trial)  # sets the number of proxies back


def test_a_key_has_its_own_rate_else_that_of_everybody(trial: Trial) -> None:
    client = client_with(trial, api_keys=KEYS, rate_limit="4/day")
    assert [ask(client, X_API_Key=LIMITED_KEY).status_code for _ in range(3)] == [200, 200, 429]
    assert [ask(client, X_API_Key=KEY).status_code for _ in range(5)] == [200] * 4 + [429]


def test_a_rate_of_a_key_alone(trial: Trial) -> None:
    client = client_with(trial, api_keys=KEYS)
    assert [ask(client, X_API_Key=LIMITED_KEY).status_code for _ in range(3)] == [200, 200, 429]
    assert "RateLimit" not in ask(client, X_API_Key=KEY).headers


def test_trying_keys_is_limited(trial: Trial) -> None:
    client = client_with(trial, api_keys=KEYS, rate_limit="2/day")
    assert [ask(client, X_API_Key=f"guess {i}").status_code for i in range(3)] == [401, 401, 429]
    assert ask(client, X_API_Key=KEY).status_code == 200


def test_a_batch_counts_as_many_requests_as_it_has_items(trial: Trial) -> None:
    client = client_with(trial, rate_limit="5/day")
    item = {"operation": "rank", "matrix": [[1]]}
    answers = [client.post("/v1/batch", json={"items": [item] * n}) for n in (3, 1, 2)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers.get_all("RateLimit")[0].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0"]
    assert all(len(answer.headers.get_all("RateLimit")) == 1 for answer in answers)
    assert "Retry-After" in answers[2].headers


@pytest.mark.parametrize("behave", faults.BEHAVIOURS, ids=lambda behave: behave.__name__)
def test_rates_hold_when_redis_does_not(trial: Trial, behave: faults.Behaviour) -> None:
    with faults.server(behave) as url:
        client = client_with(trial, rate_limit="2/day", redis_url=url)
        assert [ask(client).status_code for _ in range(3)] == [200, 200, 429]


ORIGIN = "https://lms.example.org"


def preflight(client: FlaskClient, origin: str, path: str = "/v1/trial") -> TestResponse:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    return client.options(path, headers=headers)


def test_a_page_of_an_allowed_origin_may_ask_and_read(trial: Trial) -> None:
    client = client_with(trial, cors_origins=ORIGIN, api_keys=KEYS, rate_limit="3/day")
    asked = preflight(client, ORIGIN)
    assert (asked.status_code, asked.data) == (204, b"")
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"POST", "GET", "QUERY"} <= set(asked.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"Content-Type", "Authorization", "X-API-Key"} <= set(asked.headers["Access-Control-Allow-Headers"].split(", "))
    assert int(asked.headers["Access-Control-Max-Age"]) > 0
    for headers, status in (({"X_API_Key": KEY}, 200), ({"X_API_Key": KEY}, 200), ({}, 401), ({"X_API_Key": LIMITED_KEY}, 200)):
        answer = ask(client, Origin=ORIGIN, **headers)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert answer.headers["Access-Control-Expose-Headers"] == EXPOSED
        assert {"Deprecation", "Link", "Sunset"} <= set(EXPOSED.split(", "))
        assert "Origin" in answer.headers.get_all("Vary")
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert ask(client, Origin=ORIGIN, X_API_Key=LIMITED_KEY).status_code == 200
    assert ask(client, Origin=ORIGIN, X_API_Key=LIMITED_KEY).headers["Access-Control-Allow-Origin"] == ORIGIN  # 429


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://lms.example.org", "https://lms.example.org:8443", "https://lms.example.org.evil.example", "null", "*"],
)
def test_another_origin_gets_no_leave(trial: Trial, origin: str) -> None:
    client = client_with(trial, cors_origins=ORIGIN)
    assert "Access-Control-Allow-Origin" not in preflight(client, origin).headers
    answer = ask(client, Origin=origin)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers.get_all("Vary")


@pytest.mark.parametrize(
    ("allowed", "origin", "is_allowed"),
    [
        ("https://*.example.org", "https://a.example.org", True),
        ("https://*.example.org", "https://a.b.example.org", True),
        ("https://*.example.org", "https://example.org", False),
        ("https://*.example.org", "https://evilexample.org", False),
        ("https://*.example.org", "https://evil.example/.example.org", False),
        ("https://a.example, https://b.example/", "https://b.example", True),
        ("https://A.example", "https://a.example", True),
        ("http://localhost:3000", "http://localhost:3000", True),
        ("http://localhost:3000", "http://localhost:3001", False),
        ("https://a.example", "https://aXexample", False),
    ],
)
def test_origins(trial: Trial, allowed: str, origin: str, is_allowed: bool) -> None:
    answer = preflight(client_with(trial, cors_origins=allowed), origin)
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is is_allowed


def test_every_origin(trial: Trial) -> None:
    answer = ask(client_with(trial, cors_origins="*"), Origin="https://any.example")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_without_the_setting_no_page_may_ask(client: FlaskClient) -> None:
    assert "Access-Control-Allow-Origin" not in ask(client, Origin=ORIGIN).headers
    assert "Origin" not in ask(client).headers.get_all("Vary")
    assert client.options("/v1/trial", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}).status_code == 200


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cors_origins": "lms.example.org"}, "CORS_ORIGINS: 'lms.example.org' is no origin"),
        ({"rate_limit": "a lot"}, "RATE_LIMIT: 'a lot' is no rate limit"),
        ({"api_keys": "secret-text"}, "API_KEYS, line 1: an entry is name:sha256"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_says_what_would_be_right(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        create_app(Settings(**settings))  # type: ignore[arg-type]
    assert "secret-text" not in str(refused.value)


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(Settings(redis_url="redis://:hush@cache/0", cache_secret="hush", api_keys="hush"))
    assert "hush" not in shown
