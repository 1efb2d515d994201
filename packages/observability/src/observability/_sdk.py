"""Sets up the Sentry SDK: every option and every integration named, none by surprise."""

import asyncio
import importlib.util
import logging
import re
from collections.abc import Callable

import sentry_sdk
from sentry_sdk.integrations import DidNotEnable, Integration
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber

from observability._scrub.items import Scrubber
from observability._spans import Recording
from observability.errors import SettingsError
from observability.release import PROJECT_PATTERN, Release, stamped_release
from observability.settings import ObservabilitySettings

_SERVER_ERRORS = frozenset(range(500, 600))


def connect(project: str, settings: ObservabilitySettings) -> Recording:
    """Start the SDK for one Sentry project.

    Raises:
        SettingsError: ``project`` is not a slug, or there is no DSN.
        ReleaseError: The release is not one of this project.
    """
    if not re.fullmatch(PROJECT_PATTERN, project):
        raise SettingsError(f"{project!r} is no Sentry project's slug. Use one like kijko-api.")
    if settings.dsn is None:
        raise SettingsError("There is no DSN to send to. Set SENTRY_DSN.")
    logging.getLogger("urllib3.connectionpool").addFilter(_not_a_delivery)
    scrubber = Scrubber(ignored_transactions=frozenset(settings.ignored_transactions))
    sentry_sdk.init(
        dsn=settings.dsn.get_secret_value(),
        environment=settings.environment,
        # Empty, not None: for None the SDK would run git and take the whole commit id.
        release=_release(project, settings) or "",
        server_name=settings.server_name or "",
        sample_rate=settings.sample_rate,
        traces_sample_rate=settings.traces_sample_rate,
        trace_propagation_targets=[_target(each) for each in settings.trace_propagation_targets],
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=_integrations(settings),
        enable_logs=settings.enable_logs,
        include_local_variables=settings.include_local_variables,
        # Someone stopped it: that is no error of the program.
        ignore_errors=[KeyboardInterrupt, asyncio.CancelledError],
        # A request's body is a person's prompt.
        max_request_body_size="never",
        transport_queue_size=settings.queue_size,
        shutdown_timeout=settings.shutdown_timeout,
        debug=settings.debug,
        spotlight=False,
        event_scrubber=EventScrubber(
            denylist=[*DEFAULT_DENYLIST, "dsn", "access_key", "bearer"], recursive=True
        ),
        before_send=scrubber.error,
        before_send_transaction=scrubber.transaction,
        before_breadcrumb=scrubber.breadcrumb,
        before_send_log=scrubber.log,
        before_send_metric=scrubber.metric,
    )
    return Recording()


def _not_a_delivery(record: logging.LogRecord) -> bool:
    """Keep the host's log free of the SDK's own deliveries: a dead Sentry is not its business."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    return not any(isinstance(each, str) and each.endswith("/envelope/") for each in arguments)


def _release(project: str, settings: ObservabilitySettings) -> str | None:
    if settings.release is not None:
        return str(Release.parse(settings.release, project=project))
    release = stamped_release(project)
    return None if release is None else str(release)


def _target(origin: str) -> str:
    """A pattern for the URLs of this origin, at any port when it names none."""
    port = "" if re.search(r":\d+$", origin) else r"(?::\d+)?"
    return rf"^{re.escape(origin)}{port}(?=[/?#]|$)"


def _integrations(settings: ObservabilitySettings) -> list[Integration]:
    """The integrations of this process.

    Left out on purpose: argv and stdlib's subprocess spans (command lines hold paths and tokens),
    modules (a list of packages on every error, which the release already says), asyncio (it reports
    an exception of a task although the task's owner handles it), SQLAlchemy (its queries go through
    asyncpg, which would show each twice).
    """
    always: list[Integration] = [
        AtexitIntegration(callback=lambda _pending, _timeout: None),  # sends the rest, silently
        DedupeIntegration(),  # one event for an error that is both logged and raised
        ExcepthookIntegration(),  # what ends the program
        ThreadingIntegration(propagate_scope=True),  # the trace goes along into worker threads
        LoggingIntegration(
            level=logging.INFO,
            event_level=logging.ERROR,
            sentry_logs_level=logging.INFO if settings.enable_logs else None,
        ),
    ]
    optional: tuple[tuple[str, Callable[[], Integration]], ...] = (
        ("starlette", _starlette),
        ("fastapi", _fastapi),
        ("aiohttp", _aiohttp),
        ("asyncpg", _asyncpg),
        ("httpx", _httpx),
    )
    return always + [
        integration
        for library, make in optional
        if importlib.util.find_spec(library) is not None and (integration := _try(make)) is not None
    ]


def _try(make: Callable[[], Integration]) -> Integration | None:
    try:
        return make()
    except (DidNotEnable, ImportError):
        return None


def _starlette() -> Integration:
    """Requests become transactions named by their route; 5xx are errors, 404s are not."""
    from sentry_sdk.integrations.starlette import StarletteIntegration

    return StarletteIntegration(
        transaction_style="url", failed_request_status_codes=set(_SERVER_ERRORS)
    )


def _fastapi() -> Integration:
    """What FastAPI adds to Starlette; the two must agree."""
    from sentry_sdk.integrations.fastapi import FastApiIntegration

    return FastApiIntegration(
        transaction_style="url", failed_request_status_codes=set(_SERVER_ERRORS)
    )


def _aiohttp() -> Integration:
    """Calls to ComfyUI become spans and carry the trace."""
    from sentry_sdk.integrations.aiohttp import AioHttpIntegration

    return AioHttpIntegration()


def _asyncpg() -> Integration:
    """Queries become spans, without their parameters."""
    from sentry_sdk.integrations.asyncpg import AsyncPGIntegration

    return AsyncPGIntegration(record_params=False)


def _httpx() -> Integration:
    """Calls to other web APIs become spans."""
    from sentry_sdk.integrations.httpx import HttpxIntegration

    return HttpxIntegration()
