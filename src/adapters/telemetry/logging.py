"""Logs without personal data. Only keys on a list are written, and only names and codes are put under them."""

import logging
import logging.config
import sys
import traceback
from collections.abc import Callable
from types import TracebackType

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

ALLOWED_KEYS = frozenset(
    {
        "event", "level", "logger", "timestamp", "request_id", "actor",
        "trace_id", "parent_id", "span_id", "trace_flags",
        "operation", "outcome", "milliseconds",
        "method", "route", "status", "use_cases",
        "upstream", "state", "attempt", "error", "where", "job", "version", "what", "count",
    }
)  # fmt: skip
_SHOWN_KEYS = ALLOWED_KEYS | {"_record", "_from_structlog"}  # structlog's own, never written
HIDDEN = "[hidden]"


def hide_unlisted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Fails closed: what is under a key that is not allowed is hidden, whatever it is."""
    return {key: value if key in _SHOWN_KEYS else HIDDEN for key, value in event.items()}


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """An exception's type and the places it passed, never its text: a database's repeats the row."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exception() if given is True else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        event["where"] = _places(error.__traceback__)
    event.pop("stack_info", None)
    return event


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def template_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Of a library's message, the template its author wrote: the values it was filled with may be anybody's. A message
    without values may have been filled already, and is left out. Django's template for an error answer is `%s: %s`, so
    its status is written instead."""
    record: logging.LogRecord = event["_record"]
    if not event.pop("positional_args", None):
        event["event"] = HIDDEN
    elif isinstance(status := getattr(record, "status_code", None), int):
        event["event"], event["status"] = "error_response", status
    event["where"] = f"{record.pathname}:{record.lineno}"
    return event


def _json(event: EventDict, default: Callable[[object], object]) -> str:
    return orjson.dumps(event, default).decode()


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def use_standard_logging() -> None:
    """Our own log calls go where the program's `logging` sends them: nowhere, until somebody sets it up."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            describe_exception,
            hide_unlisted,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def set_up(*, readable: bool, level: str = "INFO") -> None:
    """One line an event on standard error: JSON, or columns for people."""
    use_standard_logging()
    logging.raiseExceptions = False  # or a line that cannot be written is printed with its values
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if readable
        else structlog.processors.JSONRenderer(_json)
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "use_get_message": False,
        "pass_foreign_args": True,
        "foreign_pre_chain": [*_SHARED, template_only, describe_exception, hide_unlisted],
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "httpx": {"level": "WARNING"},
                "celery": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
            },
        }
    )
