"""Puts the program together: store, ingest, API and pages around one data folder."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import structlog
from filelock import FileLock, Timeout
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from local_sentry.clients.webhooks import Webhooks
from local_sentry.routes import api, pages
from local_sentry.routes.access import Access
from local_sentry.routes.ingest import PATH, Ingest
from local_sentry.services.alerting import Alerting
from local_sentry.services.artifact_bundles import ArtifactBundles
from local_sentry.services.detecting import Detecting
from local_sentry.services.housekeeping import Housekeeping
from local_sentry.services.keyring import Keyring
from local_sentry.services.monitoring import Monitoring
from local_sentry.services.refusals import Refusals
from local_sentry.services.search import InvalidQueryError
from local_sentry.settings import Settings
from local_sentry.store import catalog
from local_sentry.store.appender import Appender
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import FILE_NAME, connect, migrate
from local_sentry.store.full_disk import is_full_disk
from local_sentry.store.journal import JournalWriter, backlog_bytes, read_position
from local_sentry.store.readers import QueryTimeoutError, Readers
from local_sentry.store.writer import Writer
from local_sentry.worker_process import WorkerProcess

_log = structlog.get_logger(__name__)


class DataInUseError(Exception):
    """Another server works on the same data folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Another local-sentry has {folder} open."
            " Stop it, or choose another folder with --data."
        )


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a data folder, which appears if it must, for one program.

    Raises:
        DataInUseError: another one has it.
        OSError: the folder cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(folder / "server.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DataInUseError(folder) from None
    try:
        yield
    finally:
        lock.release()


def prepare_data(folder: Path) -> Path:
    """Makes the data folder ready: creates, migrates, seeds. Returns the database's path.

    Raises:
        IncompatibleDatabaseError: a later version of the program has written it.
        OSError: the folder cannot be created.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = folder / FILE_NAME
    with contextlib.closing(connect(database)) as connection:
        migrate(connection, database)
        catalog.seed(connection)
    return database


def journal_folder(data: Path) -> Path:
    """Where the journal of a data folder lies."""
    return data / "journal"


@dataclass(frozen=True)
class Server:
    """The running parts of one server."""

    app: ASGIApp
    writer: Writer
    worker: WorkerProcess
    readers: Readers
    appender: Appender
    keyring: Keyring


class Application:
    """Sends DSN requests straight to ingest and all others through access control."""

    def __init__(self, ingest: Ingest, rest: ASGIApp) -> None:
        self._ingest = ingest
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "http" and PATH.fullmatch(scope["path"]):
            await self._ingest(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


async def _healthz(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _on_defect(request: Request, error: Exception) -> Response:
    _log.error("request_failed", path=request.url.path, exc_info=error)
    return JSONResponse({"detail": "Internal error of local-sentry; its log says more."}, 500)


def _on_full_disk(request: Request, error: Exception) -> Response:
    if not is_full_disk(error):
        return _on_defect(request, error)
    detail = "The disk is full. Make room, then try again."
    return JSONResponse({"detail": detail}, 429, {"retry-after": "60"})


def _on_timeout(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": f"{error}; ask for less."}, status_code=503)


def web(readers: Readers, writer: Writer, keyring: Keyring, data: Path) -> Starlette:
    """The API and the pages, without access control."""
    static = StaticFiles(directory=str(resources.files("local_sentry").joinpath("static")))
    handlers = dict.fromkeys((api.ApiError, InvalidQueryError), pages.on_page_error)
    app = Starlette(
        routes=[
            Route("/healthz", _healthz),
            Mount("/static", static),
            *api.routes,
            *pages.routes,
        ],
        exception_handlers={
            **handlers,
            **dict.fromkeys((OSError, sqlite3.OperationalError), _on_full_disk),
            QueryTimeoutError: _on_timeout,
            Exception: _on_defect,
        },
    )
    app.state.readers = readers
    app.state.writer = writer
    app.state.keyring = keyring
    app.state.blobs = Blobs(data)
    app.state.bundles = ArtifactBundles(data, readers, writer)
    return app


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Server]:
    """Opens a data folder, catches up with its journal, and closes everything at the end.

    Raises:
        DataInUseError: another server has the folder open.
        IncompatibleDatabaseError: a later version of the program has written the folder.
        OSError: the folder cannot be used.
    """
    with locked(settings.data):
        async with _parts(settings) as server:
            yield server


@contextlib.asynccontextmanager
async def _parts(settings: Settings) -> AsyncIterator[Server]:
    database = prepare_data(settings.data)
    folder = journal_folder(settings.data)
    with contextlib.closing(connect(database)) as connection:
        position = read_position(connection)
    journal = JournalWriter(folder, after=position)
    writer = Writer(database)
    worker = WorkerProcess(settings.data, folder, stored=position, quiet=settings.quiet)
    worker.durable(journal.end)
    readers = Readers(database, timeout=settings.query_timeout)
    appender = Appender(journal, on_durable=worker.durable)
    keyring = Keyring(readers)
    refusals = Refusals(writer)
    ingest = Ingest(
        settings,
        keyring,
        appender,
        refusals,
        lambda: backlog_bytes(folder, worker.stored, worker.known_durable),
    )
    guarded = Access(
        web(readers, writer, keyring, settings.data),
        readers=readers,
        require_auth=settings.require_auth,
    )
    alerting = Alerting(readers, writer, Webhooks(allow_private=settings.allow_private_webhooks))
    detecting = Detecting(readers, writer)
    monitoring = Monitoring(readers, writer, lambda: journal.end, lambda: worker.stored)
    housekeeping = Housekeeping(settings, readers, writer)
    writer.start()
    worker.start()
    try:
        await keyring.refresh(now=True)
        alerting.start()
        detecting.start()
        monitoring.start()
        housekeeping.start()
        yield Server(Application(ingest, guarded), writer, worker, readers, appender, keyring)
    finally:
        await appender.close()
        await refusals.close()
        await alerting.close()
        await detecting.close()
        await monitoring.close()
        await housekeeping.close()
        await asyncio.to_thread(worker.stop)
        writer.stop()
        await readers.close()
