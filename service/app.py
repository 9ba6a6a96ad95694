"""create_app: the parts put together, nothing else."""

from __future__ import annotations

from flask import Flask


def create_app(settings: None = None) -> Flask:
    return Flask(__name__)
