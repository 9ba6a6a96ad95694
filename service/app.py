"""create_app: the parts put together, nothing else."""

from __future__ import annotations

import os

from flask import Flask

from service import limits
from service.cache.memory import MemoryCache
from service.cache.port import Cache, NullCache
from service.cache.redis import RedisCache
from service.cache.tiered import TieredCache
from service.settings import Settings
from service.web import hooks, logs, pipeline
from service.web.about import about
from service.web.front import Front
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
    state = State(cache_of(settings), settings.cache_ttl_seconds, settings.http_max_age_seconds)
    app.extensions["nabla"] = state
    hooks.register(app)
    app.register_blueprint(about)
    app.register_blueprint(pages)
    for endpoint in ENDPOINTS.values():
        app.add_url_rule(endpoint.path, endpoint.operation_id, pipeline.view(endpoint, state), methods=["GET", "POST", "QUERY"])
    app.wsgi_app = Front(app.wsgi_app, state)  # type: ignore[method-assign]
    return app


def cache_of(settings: Settings) -> Cache:
    """None, one inside the process, or that in front of Redis."""
    if not settings.cache_memory_bytes:
        return NullCache()
    memory = MemoryCache(settings.cache_memory_bytes)
    if not settings.redis_url:
        return memory
    shared = RedisCache(settings.redis_url, settings.cache_secret.encode())
    return TieredCache(memory, shared, settings.cache_ttl_seconds)
