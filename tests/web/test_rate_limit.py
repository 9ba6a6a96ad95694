"""Rates are read strictly, counted exactly, and told to the client in the fields of the draft and in the older ones."""

from __future__ import annotations

import pytest

from service.cache.counters import LocalCounters
from service.web import rate_limit
from service.web.rate_limit import Rate


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("", ()),
        ("100/minute", (Rate(100, 60, "minute"),)),
        ("100 per minute", (Rate(100, 60, "minute"),)),
        ("5/s", (Rate(5, 1, "second"),)),
        ("1000/hour, 10/second", (Rate(10, 1, "second"), Rate(1000, 3600, "hour"))),
        ("20/5 minutes;2/DAY", (Rate(20, 300, "5-minutes"), Rate(2, 86400, "day"))),
    ],
)
def test_rates_are_read(text: str, rates: tuple[Rate, ...]) -> None:
    assert rate_limit.parse(text) == rates


@pytest.mark.parametrize("text", ["100", "0/minute", "-1/minute", "many/minute", "100/fortnight", "1.5/second", "100/minute/hour"])
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"RATE_LIMIT: .* write for instance 100/minute"):
        rate_limit.parse(text, "RATE_LIMIT: ")


def test_the_same_window_twice_is_a_contradiction() -> None:
    with pytest.raises(ValueError, match="twice"):
        rate_limit.parse("1/minute, 2/minute")


def test_a_window_is_counted_and_begins_anew() -> None:
    counters, (rate,) = LocalCounters(), rate_limit.parse("3/minute")
    seen = [rate_limit.count(counters, "somebody", (rate,), lambda: 125.0)[0] for _ in range(5)]
    assert [one.remaining for one in seen] == [2, 1, 0, 0, 0]
    assert [one.is_over for one in seen] == [False, False, False, True, True]
    assert {one.reset for one in seen} == {55}
    assert rate_limit.count(counters, "somebody", (rate,), lambda: 179.999)[0].reset == 1
    fresh = rate_limit.count(counters, "somebody", (rate,), lambda: 180.0)[0]
    assert (fresh.remaining, fresh.is_over, fresh.reset) == (2, False, 60)


def test_clients_and_rates_do_not_mix() -> None:
    counters, rates = LocalCounters(), rate_limit.parse("1/second, 5/minute")
    assert not any(one.is_over for one in rate_limit.count(counters, "a", rates, lambda: 0.0))
    assert not any(one.is_over for one in rate_limit.count(counters, "b", rates, lambda: 0.0))
    assert [one.is_over for one in rate_limit.count(counters, "a", rates, lambda: 0.5)] == [True, False]


def test_headers_name_every_rate_and_the_one_that_hinders() -> None:
    rates = rate_limit.parse("2/second, 100/minute")
    standings = rate_limit.count(LocalCounters(), "a", rates, lambda: 30.0)
    assert dict(rate_limit.headers(standings, lambda: 30.0)) == {
        "RateLimit-Policy": '"second";q=2;w=1, "minute";q=100;w=60',
        "RateLimit": '"second";r=1;t=1, "minute";r=99;t=30',
        "X-RateLimit-Limit": "2",
        "X-RateLimit-Remaining": "1",
        "X-RateLimit-Reset": "31",
    }
