"""ENDPOINTS: every operation that is served, by name. A file in `service/web/endpoints/` is all it takes to be here."""

from __future__ import annotations

import importlib
import pkgutil
from itertools import groupby

from service.web import endpoints
from service.web.endpoint import Endpoint

FAMILIES = ("calculus", "functions", "linear algebra", "learning", "teaching")  # in the order that they are shown in


def discover() -> dict[str, Endpoint]:
    """Each module of the package `endpoints` holds the one Endpoint that bears its name."""
    found: dict[str, Endpoint] = {}
    for module in pkgutil.iter_modules(endpoints.__path__):
        entry = getattr(importlib.import_module(f"{endpoints.__name__}.{module.name}"), module.name)
        found[entry.name] = entry
    return found


ENDPOINTS: dict[str, Endpoint] = discover()


def by_family() -> list[tuple[str, list[Endpoint]]]:
    """The endpoints by family, families in their order, endpoints by name."""

    def rank(entry: Endpoint) -> tuple[int, str, str]:
        place = FAMILIES.index(entry.family) if entry.family in FAMILIES else len(FAMILIES)
        return place, entry.family, entry.name

    return [(family, list(entries)) for family, entries in groupby(sorted(ENDPOINTS.values(), key=rank), key=lambda entry: entry.family)]
