"""Structured logs on standard error. Ids only: never a subject, an address or a word of a letter."""

import logging
import sys
from typing import Any

import structlog


def configure(*, verbose: bool = False, as_json: bool = False) -> None:
    """Send structured log lines to standard error; `as_json` for log collectors."""
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # No exception text: an exception's message can carry a letter's words. The trace has places only.
            _traces_without_words,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def get() -> Any:
    """Give a logger: `log.info("arrival decided", arrival=id, disposition=d)`."""
    return structlog.get_logger()


def _traces_without_words(_logger: Any, _method: str, event: Any) -> Any:
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = trace_places(error)
    return event


def trace_places(error: BaseException) -> str:
    """Give `file:line` of each frame of `error`, innermost last, without any message text."""
    places, frame = [], error.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.tb_lineno}")
        frame = frame.tb_next
    return " ".join(places[-12:])
