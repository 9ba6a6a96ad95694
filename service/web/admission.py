"""Who may ask: what stands between the server and every request, the remembered ones included (service/web/front.py).

    origins   a browser asks whether a page may ask    cors.Origins          -> 204
    keys      Authorization: Bearer, or X-API-Key      keys.Keys             401 403
    rates     requests of a key, or of an address      rate_limit            429

Each is off until its setting says otherwise; with all of them off there is no Admission at all. A request without a valid key
counts for its address, so that trying keys is limited as well.
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING

from service.cache.counters import Counters
from service.web import clients, rate_limit, trace
from service.web.cors import Headers, Origins
from service.web.keys import Key, Keys
from service.web.problems import Forbidden, HttpError, RateLimited, Unauthorized
from service.web.rate_limit import Rate, Standing

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What needs no key: the probes, and what explains the service.
OPEN = re.compile(r"/|/livez|/readyz|/docs|/openapi\.(?:yaml|json)|/static/.*|/problems/.*")
# What is not counted: what machines ask for all the time, and the parts of a page.
UNCOUNTED = re.compile(r"/livez|/readyz|/metrics|/static/.*")
CHARGE = "nabla.charge"  # in the WSGI environment: counts further requests of this client
CHALLENGE = 'Bearer realm="nabla"'
HINT = "send the key as `-H 'Authorization: Bearer <key>'` or `-H 'X-API-Key: <key>'`"


class Admission:
    """`waits` tells whether `admit` may have to wait for another server, so that it must not be called in the loop that accepts
    connections."""

    def __init__(
        self,
        *,
        keys: Keys | None = None,
        origins: Origins | None = None,
        rates: tuple[Rate, ...] = (),
        counters: Counters | None = None,
        waits: bool = False,
        open_metrics: bool = False,
    ) -> None:
        self.waits = waits
        self._keys, self._origins, self._rates, self._counters = keys, origins, rates, counters
        self._open_metrics = open_metrics

    @property
    def asks_for_keys(self) -> bool:
        """So that no cache on the way may give one client's answer to another."""
        return self._keys is not None

    def preflight(self, environ: WSGIEnvironment) -> Headers | None:
        """The headers of the answer to a browser that asks whether a page may ask; None for any other request."""
        if self._origins is None:
            return None
        allowed = self._origins.preflight(environ)
        return None if allowed is None else allowed + self._origins.headers(environ)

    def admit(self, environ: WSGIEnvironment) -> Headers:
        """Headers that the answer to this request carries. Raises Unauthorized, Forbidden or RateLimited for one that is turned
        away, with all headers that its answer has."""
        headers = self._origins.headers(environ) if self._origins else []
        path = environ.get("PATH_INFO", "")
        key, refusal = self._key(environ, path)
        if key is not None:
            environ[clients.NAME] = key.name
            trace.of(environ).client = key.name
        rates = self._rates if key is None or key.rates is None else key.rates
        if rates and self._counters is not None and not UNCOUNTED.fullmatch(path):
            standings = rate_limit.count(self._counters, clients.client_of(environ), rates)
            environ[CHARGE] = partial(_charge, self._counters, clients.client_of(environ), rates, headers)
            headers += rate_limit.headers(standings)
            over = rate_limit.tightest(standings)
            if over.is_over:
                refusal = _too_many(over, standings)
        if refusal is not None:
            refusal.headers = {**(refusal.headers or {}), **dict(headers)}
            raise refusal
        return headers

    def _key(self, environ: WSGIEnvironment, path: str) -> tuple[Key | None, HttpError | None]:
        """The key that the request shows, and why it is turned away, if it is."""
        if self._keys is None:
            return None, None
        if OPEN.fullmatch(path) or (self._open_metrics and path == "/metrics"):
            return None, None
        sent = _sent_key(environ)
        if sent is None:
            return None, _unauthorized("this service asks for a key", HINT, CHALLENGE)
        key = self._keys.find(sent)
        if key is None:
            return None, _unauthorized("the key is not known", "ask who runs the service", f'{CHALLENGE}, error="invalid_token"')
        if key.is_over(time.time()):
            return None, _unauthorized(
                "the key is no longer valid: its time is over",
                "ask who runs the service for a new one",
                f'{CHALLENGE}, error="invalid_token", error_description="expired"',
            )
        if key.is_off:
            return None, Forbidden("the key is switched off", "ask who runs the service")
        return key, None


def charge(environ: WSGIEnvironment, requests: int) -> None:
    """Counts further requests that this one stands for (the items of a batch). Raises RateLimited when they are too many."""
    if CHARGE in environ and requests > 0:
        environ[CHARGE](requests)


def _charge(counters: Counters, client: str, rates: tuple[Rate, ...], headers: Headers, requests: int) -> None:
    standings = rate_limit.count(counters, client, rates, amount=requests)
    renewed = dict(rate_limit.headers(standings))
    headers[:] = [(name, renewed.get(name, value)) for name, value in headers]  # the answer's, which has not begun
    over = rate_limit.tightest(standings)
    if over.is_over:
        raise _too_many(over, standings)


def _sent_key(environ: WSGIEnvironment) -> str | None:
    """The key in the headers; a key in the address would end in logs, and is not looked for."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return str(token.strip())
    sent: str = environ.get("HTTP_X_API_KEY", "").strip()
    return sent or None


def _unauthorized(detail: str, hint: str, challenge: str) -> Unauthorized:
    refusal = Unauthorized(detail, hint)
    refusal.headers = {"WWW-Authenticate": challenge}
    return refusal


def _too_many(over: Standing, standings: tuple[Standing, ...]) -> RateLimited:
    violated = [one.rate.name for one in standings if one.is_over]
    refusal = RateLimited(
        f"more than {over.rate.quota} requests in this {over.rate.name.replace('-', ' ')}",
        f"wait {over.reset} s, as Retry-After says; RateLimit tells how many requests are left",
        facts={"limit": str(over.rate), "retry_after": over.reset, "violated-policies": violated},
    )
    refusal.headers = {"Retry-After": str(over.reset)}
    return refusal
