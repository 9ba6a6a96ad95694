"""create_app: the parts put together, nothing else."""

from __future__ import annotations

import os

from flask import Flask

from service import limits
from service.cache.counters import LocalCounters, TieredCounters
from service.cache.memory import MemoryCache
from service.cache.port import Cache, NullCache
from service.cache.redis import RedisCache
from service.cache.tiered import TieredCache
from service.settings import Settings
from service.web import batch, clients, hooks, logs, metrics, pipeline, rate_limit, tracing
from service.web.about import about
from service.web.admission import Admission
from service.web.cors import Origins
from service.web.discovery import discovery
from service.web.front import Front
from service.web.keys import Keys
from service.web.pages import pages
from service.web.registry import ENDPOINTS
from service.web.state import State


def create_app(settings: Settings | None = None) -> Flask:
    """The application, with the settings given or those of the environment. Starts no thread and opens no connection."""
    settings = settings or Settings.from_environment(os.environ)
    limits.configure(settings.limits)
    logs.configure(settings.log_level)
    app = Flask("nabla", static_folder=None)
    app.url_map.merge_slashes = False
    clients.configure(settings.trusted_proxies)
    shared = None
    if settings.redis_url:
        shared = RedisCache(settings.redis_url, settings.cache_secret.encode(), settings.redis_wait_ms / 1e3)
    admission = admission_of(settings, shared)
    kept_by = "private" if admission is not None and admission.asks_for_keys else "public"
    freshness = f"{kept_by}, max-age={settings.http_max_age_seconds}, immutable"
    state = State(cache_of(settings, shared), settings.cache_ttl_seconds, freshness, shared_cache=shared)
    operations = {entry.path: entry.name for entry in ENDPOINTS.values()}
    if settings.metrics.lower() != "off":
        state.records.metrics = metrics.of_process(operations)
    state.start_spans = tracing.wanted(os.environ, operations)
    app.extensions["nabla"] = state
    hooks.register(app)
    app.register_blueprint(about)
    app.register_blueprint(pages)
    app.register_blueprint(discovery)
    for endpoint in ENDPOINTS.values():
        app.add_url_rule(endpoint.path, endpoint.operation_id, pipeline.view(endpoint, state), methods=["GET", "POST", "QUERY"])
    app.add_url_rule(batch.PATH, "batch", batch.view(state), methods=["POST"])
    app.wsgi_app = Front(app.wsgi_app, state, admission)  # type: ignore[method-assign]
    return app


def cache_of(settings: Settings, shared: RedisCache | None) -> Cache:
    """None, one inside the process, or that in front of Redis."""
    if not settings.cache_memory_bytes:
        return NullCache()
    memory = MemoryCache(settings.cache_memory_bytes)
    return memory if shared is None else TieredCache(memory, shared, settings.cache_ttl_seconds)


def admission_of(settings: Settings, shared: RedisCache | None) -> Admission | None:
    """Who may ask; None when everybody may. Raises ValueError, saying which setting is wrong and what would be right."""
    keys = Keys(settings.api_keys, settings.api_keys_file)
    origins = Origins.parse(settings.cors_origins)
    rates = rate_limit.parse(settings.rate_limit, "RATE_LIMIT: ")
    if keys.is_empty and origins is None and not rates:
        return None
    counts = bool(rates) or not keys.is_empty
    near = LocalCounters() if counts else None
    counters = TieredCounters(near, shared) if near and shared else near
    return Admission(
        keys=None if keys.is_empty else keys,
        origins=origins,
        rates=rates,
        counters=counters,
        waits=counts and shared is not None,
        open_metrics=settings.metrics.lower() == "open",
    )
