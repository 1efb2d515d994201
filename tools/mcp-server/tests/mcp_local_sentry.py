"""Starts the real local-sentry for tests, and sends to it."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from local_sentry_program import make_token, serving
from sentry_api import SentrySettings

DEADLINE = 240.0


@dataclass(frozen=True)
class LocalSentry:
    """A running server, its data folder, the DSNs of its projects by slug, a sender."""

    url: str
    data: Path
    dsns: Mapping[str, str]
    sender: httpx.Client

    def settings(self, token: str | None = None, **more: object) -> SentrySettings:
        """What a client needs to reach it."""
        given: dict[str, object] = {
            "url": self.url,
            "org": "kijko",
            "auth_token": SecretStr(token) if token else None,
            "api_timeout": 120.0,
        }
        return SentrySettings.model_validate(given | more)

    def environment(self, token: str = "") -> dict[str, str]:
        """The variables with which a program finds it."""
        return {
            "SENTRY_URL": self.url,
            "SENTRY_ORG": "kijko",
            "SENTRY_AUTH_TOKEN": token,
            "SENTRY_API_TIMEOUT": "120",
        }

    def send(self, project: str, *envelopes: bytes) -> None:
        """Sends envelopes to a project; each is on the server's disk when this returns."""
        dsn = httpx.URL(self.dsns[project])
        address = f"{self.url}/api{dsn.path}/envelope/"
        for each in envelopes:
            answer = self.sender.post(address, params={"sentry_key": dsn.username}, content=each)
            assert answer.status_code == 200, answer.text


@contextlib.contextmanager
def local_sentry(data: Path, *options: str) -> Iterator[LocalSentry]:
    """Runs ``local-sentry serve`` on a free port; without options, for everybody here."""
    with serving(data, *(options or ("--no-auth",)), deadline=DEADLINE) as (url, _):
        dsns = _dsns(url, data if options else None)
        with httpx.Client(timeout=DEADLINE) as sender:
            yield LocalSentry(url, data, dsns, sender)


def token(data: Path, *scopes: str) -> str:
    """A token of a server that asks for one."""
    return make_token(data, *scopes, deadline=DEADLINE)


def _dsns(url: str, guarded: Path | None) -> dict[str, str]:
    headers = {}
    if guarded is not None:
        headers["Authorization"] = f"Bearer {token(guarded, 'project:read', 'org:read')}"
    with httpx.Client(base_url=f"{url}/api/0", headers=headers, timeout=DEADLINE) as client:
        projects = client.get("/organizations/kijko/projects/").raise_for_status().json()
        keys = {
            each["slug"]: client.get(f"/projects/kijko/{each['slug']}/keys/").raise_for_status()
            for each in projects
        }
    return {slug: answer.json()[0]["dsn"]["public"] for slug, answer in keys.items()}
