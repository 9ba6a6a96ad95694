"""ENDPOINTS: every operation that is served, by name. A file in `service/web/endpoints/` is all it takes to be here."""

from __future__ import annotations

import importlib
import pkgutil

from service.web import endpoints
from service.web.endpoint import Endpoint


def discover() -> dict[str, Endpoint]:
    """Each module of the package `endpoints` holds the one Endpoint that bears its name."""
    found: dict[str, Endpoint] = {}
    for module in pkgutil.iter_modules(endpoints.__path__):
        entry = getattr(importlib.import_module(f"{endpoints.__name__}.{module.name}"), module.name)
        found[entry.name] = entry
    return found


ENDPOINTS: dict[str, Endpoint] = discover()
