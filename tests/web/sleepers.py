"""The service with one operation more, that takes its time: `GET /v1/trial?label=sleep`."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask

from service.settings import Settings
from tests.web.conftest import Trial, application

SLEEP = 1.5  # seconds


def create() -> Flask:
    """For gunicorn."""
    trial = Trial()

    def handler(request: dict[str, Any]) -> dict[str, Any]:
        label = str(request.get("label", ""))
        if label.startswith("sleep"):
            time.sleep(SLEEP)
        return {"answer": label * (100_000 if label.startswith("long") else 1), "checks": []}

    trial.handler = handler
    app = application(trial, Settings())
    app.extensions["nabla"].start_pool = lambda: None  # the processes of the pool do not know this operation
    return app
