"""Who may do what: scopes of tokens, and reads that take too long."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.app import prepare_data, web
from local_sentry.routes import api
from local_sentry.services.keyring import Keyring
from local_sentry.store.readers import Readers
from local_sentry.store.writer import Writer
from local_sentry_process import LocalSentry, local_sentry

ORGANIZATION = "/api/0/organizations/kijko"


def make_token(data: Path, *scopes: str) -> subprocess.CompletedProcess[str]:
    options = [part for scope in scopes for part in ("--scope", scope)]
    return subprocess.run(
        [sys.executable, "-m", "local_sentry", "token", "--data", str(data), "--json", *options],
        capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("access"), "--host", "127.0.0.1") as server:
        yield server


def ask(
    server: LocalSentry, scopes: tuple[str, ...], method: str, path: str, body: object = None
) -> httpx.Response:
    secret = json.loads(make_token(server.data, *scopes).stdout)["token"]
    headers = {"Authorization": f"Bearer {secret}"}
    return server.client.request(method, path, headers=headers, json=body)


RELEASE = {"version": "kijko-api@7.0.0", "projects": ["kijko-api"]}


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body", "status"),
    [
        ((), "GET", f"{ORGANIZATION}/issues/", None, 200),
        ((), "PUT", f"{ORGANIZATION}/issues/?id=1", {"status": "resolved"}, 403),
        (("event:write",), "PUT", f"{ORGANIZATION}/issues/?query=x", {"status": "resolved"}, 200),
        (("event:read",), "GET", f"{ORGANIZATION}/projects/", None, 403),
        (("org:ci",), "POST", f"{ORGANIZATION}/releases/", RELEASE, 201),
        (("org:ci",), "GET", f"{ORGANIZATION}/issues/", None, 403),
        (("org:ci",), "GET", "/organizations/kijko/issues/", None, 303),
        (("event:read",), "GET", "/organizations/kijko/issues/", None, 200),
        (("project:write",), "DELETE", "/api/0/projects/kijko/kijko-api/keys/x/", None, 403),
        (("project:admin",), "DELETE", "/api/0/projects/kijko/kijko-api/keys/x/", None, 404),
        (("team:write",), "POST", "/api/0/organizations/", {"name": "New"}, 403),
        (("alerts:read",), "POST", "/api/0/projects/kijko/kijko-api/rules/", {}, 403),
    ],
)
def test_a_token_opens_what_its_scopes_say(
    guarded: LocalSentry, scopes: tuple[str, ...], method: str, path: str, body: object, status: int
) -> None:
    answer = ask(guarded, scopes, method, path, body)
    assert answer.status_code == status, answer.text


def test_a_refusal_names_the_missing_scope(guarded: LocalSentry) -> None:
    answer = ask(guarded, ("org:read",), "GET", f"{ORGANIZATION}/issues/")
    assert answer.status_code == 403
    assert "event:read" in answer.json()["detail"]
    scopes = ask(guarded, ("event:read",), "GET", "/api/0/").json()["auth"]["scopes"]
    assert scopes == ["event:read"]


def test_scopes_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    refused = make_token(tmp_path, "event:everything")
    assert refused.returncode == 1
    assert "There is no scope event:everything" in refused.stderr


async def test_a_read_that_takes_too_long_is_a_503(tmp_path: Path) -> None:
    database = prepare_data(tmp_path)
    readers = Readers(database, timeout=0.05)
    writer = Writer(database)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"

    async def slow(request: Request) -> Response:
        await api.read(request, lambda connection: connection.execute(endless).fetchone())
        return Response()

    app = web(readers, writer, Keyring(readers), tmp_path)
    app.router.routes.insert(0, Route("/slow", slow))
    try:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get("/slow")
    finally:
        writer.stop()
        await readers.close()
    assert answer.status_code == 503
    assert "ask for less" in answer.json()["detail"]
