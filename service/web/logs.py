"""Logs as JSON, one object a line on stderr, for machines to read. Never a body, never a query: what people compute is theirs."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson

from service.web.trace import Trace

logger = logging.getLogger("nabla")


class JsonFormatter(logging.Formatter):
    """time, level, logger, message, then the members of `extra={"members": {...}}`; a traceback when there is one."""

    def format(self, record: logging.LogRecord) -> str:
        members = {"logger": record.name, "message": record.getMessage(), **getattr(record, "members", {})}
        if record.exc_info:
            members["traceback"] = self.formatException(record.exc_info)
        return _line(record.levelname.lower(), members).decode()


def configure(level: str) -> None:
    """Sends what the service logs, from `level` up, to stderr. Called once, at start."""
    logger.setLevel(level.upper())
    logger.propagate = False
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        logger.addHandler(handler)


def level() -> str:
    """The least that is logged, as the setting `log_level` has it."""
    return logging.getLevelName(logger.getEffectiveLevel()).lower()


def request_line(noted: Trace, method: str, path: str, status: int) -> None:
    """The line of one request, level info. It goes past `logging`, whose record costs more than a cached answer."""
    if logger.isEnabledFor(logging.INFO):
        members = {
            "logger": "nabla.request",
            "request_id": noted.request_id,
            "method": method,
            "path": path,
            "status": status,
            "duration_ms": round((time.perf_counter() - noted.started) * 1e3, 3),
            "cache": noted.caches,
            "code": noted.code,
            "client": noted.client,
        }
        if noted.trace_id is not None:
            members["trace_id"] = noted.trace_id
        sys.stderr.write(_line("info", members).decode() + "\n")


def _line(level: str, members: dict[str, Any]) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return orjson.dumps({"time": now, "level": level, **members}, default=str)
