"""Logs as JSON lines, with a correlation id and without personal data."""

from __future__ import annotations

import contextlib
import logging
import logging.config
import re
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from pythonjsonlogger.json import JsonFormatter

from shared.redaction import Redact

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
CORRELATION = re.compile(r"[A-Za-z0-9-]{8,64}")
causation_id: ContextVar[UUID | None] = ContextVar("causation_id", default=None)


@contextlib.contextmanager
def caused_by(correlation: str | None, event: UUID | None = None) -> Iterator[str]:
    """Give all that is logged and announced inside this correlation, a new one if None, and this cause."""
    value = correlation or token_hex(16)
    tokens = correlation_id.set(value), causation_id.set(event)
    try:
        yield value
    finally:
        correlation_id.reset(tokens[0])
        causation_id.reset(tokens[1])


def continue_with(correlation: str) -> None:
    """Go on in a correlation that one of ours began; another form of id than ours changes nothing.

    What a stranger sends must never get here: it would be a mark of theirs in our logs and events.
    """
    if CORRELATION.fullmatch(correlation):
        correlation_id.set(correlation)


class _Line(JsonFormatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return RFC 3339 in UTC, whatever the machine's zone, so that the hour that comes twice is clear."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """Write JSON, several times faster than the standard library; fall back on it for texts that fail."""
        try:
            return to_json(log_data, fallback=str).decode()
        except ValueError:
            return str(super().jsonify_log_record(log_data))


class _Correlate(logging.Filter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def filter(self, record: logging.LogRecord) -> bool:
        record.service = self.service
        record.correlation = correlation_id.get()
        return True


def configure_logging(service: str, level: str = "INFO") -> None:
    """Log everything of this process to stderr, one JSON object per line. Idempotent."""
    # Our lines do not show these, so do not collect them: https://docs.python.org/3/howto/logging.html
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {
                "correlate": {"()": _Correlate, "service": service},
                "redact": {"()": Redact},
            },
            "formatters": {
                "json": {
                    "()": _Line,
                    "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(service)s %(correlation)s",
                    "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                }
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "json",
                    "filters": ["correlate", "redact"],
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            # Their lines hold addresses with tokens in them, or are of no use to an operator.
            "loggers": {
                "uvicorn.access": {"handlers": [], "propagate": False},
                "httpx": {"level": "WARNING"},
                "httpcore": {"level": "WARNING"},
                "kombu": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
            },
        }
    )
