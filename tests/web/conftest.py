"""An application with one further operation, `trial`, whose handler a test can set; it takes a field of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import fields

from service.app import create_app
from service.settings import Settings
from service.web import pipeline
from service.web.endpoint import Endpoint, Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import (
    BooleanField,
    ChecksField,
    ChoiceField,
    ChoicesField,
    ExpressionField,
    IntegerField,
    MatrixField,
    NumberField,
    PointField,
    TextField,
    VariablesField,
    VectorField,
    WrtField,
)


class Request(RequestSchema):
    expression = ExpressionField(metadata={"description": "what to look at"})
    variables = VariablesField()
    wrt = WrtField()
    at = PointField()
    matrix = MatrixField()
    vector = VectorField()
    order = IntegerField(minimum=0, maximum=9)
    tolerance = NumberField(minimum=0)
    exact = BooleanField(load_default=False)
    layout = ChoiceField(["mixed", "numerator"], "mixed")
    colours = ChoicesField(["red", "green"])
    label = TextField()


class Response(ResponseSchema):
    answer = fields.Raw(required=True)
    checks = ChecksField()


Handler = Callable[[dict[str, Any]], dict[str, Any]]


class Trial:
    """The handler of the moment, and how often it ran."""

    def __init__(self) -> None:
        self.calls = 0
        self.handler: Handler = lambda request: {"answer": {name: str(value) for name, value in request.items()}, "checks": []}

    def endpoint(self) -> Endpoint:
        @endpoint(family="trial", request=Request, response=Response, examples=[Example("An order", {"order": 1})])
        def trial(request: dict[str, Any]) -> dict[str, Any]:
            """A trial."""
            self.calls += 1
            return self.handler(request)

        return trial


def application(trial: Trial, settings: Settings) -> Flask:
    app = create_app(settings)
    entry = trial.endpoint()
    app.add_url_rule(entry.path, entry.operation_id, pipeline.view(entry, app.extensions["nabla"]), methods=["GET", "POST", "QUERY"])
    return app


@pytest.fixture
def trial() -> Trial:
    return Trial()


@pytest.fixture
def client(trial: Trial) -> FlaskClient:
    """A client of the application with the cache in memory."""
    return application(trial, Settings(log_level="error")).test_client()
