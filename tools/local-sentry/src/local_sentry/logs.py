"""Log lines on stderr: for people on a terminal, JSON elsewhere."""

import logging
import sys

import structlog


def configure(*, quiet: bool) -> None:
    """Sets up structlog; `quiet` leaves only what went wrong."""
    # What Uvicorn would say of a failed request is logged by the application, with its path.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    rendering: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if sys.stderr.isatty()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
