"""The service with a further operation, `trial`, that sleeps: {"order": n} for n tenths of a second.

Its workers compute in their threads, so that dozens of them start in a moment; tests/compute has the processes.
"""

from __future__ import annotations

import os
import time
from typing import Any

from flask import Flask

from service.settings import Settings
from tests.web.conftest import Trial, application


def create_app() -> Flask:
    trial = Trial()

    def sleep(request: dict[str, Any]) -> dict[str, Any]:
        time.sleep(request.get("order", 0) / 10)
        return {"answer": request.get("label", ""), "checks": []}

    trial.handler = sleep
    app = application(trial, Settings.from_environment(os.environ))
    app.extensions["nabla"].start_pool = lambda: None
    return app
