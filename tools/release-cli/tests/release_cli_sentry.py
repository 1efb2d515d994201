"""Starts the real local-sentry with a token that a build has, and reads what it knows."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from local_sentry_program import make_token, serving

DEADLINE = 240.0
_SCOPES = ("org:ci", "project:releases", "project:read", "event:read")
_T = TypeVar("_T")


@dataclass(frozen=True)
class LocalSentry:
    """A running server that asks for a token; `token` may do what a build may."""

    url: str
    data: Path
    token: str

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON of an address below the organization that must be there."""
        answer = self._ask(path, parameters)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def find(self, path: str) -> Any:
        """The JSON of an address below the organization, or None."""
        answer = self._ask(path, {})
        return answer.json() if answer.status_code == 200 else None

    def _ask(self, path: str, parameters: dict[str, str]) -> httpx.Response:
        return httpx.get(
            f"{self.url}/api/0/{path}",
            params=parameters,
            headers={"authorization": f"Bearer {self.token}"},
            timeout=DEADLINE,
        )

    def release(self, name: str) -> Any:
        """A release, or None."""
        return self.find(f"organizations/kijko/releases/{name}/")

    def commits(self, name: str) -> list[str]:
        """The hashes of a release's commits, newest first."""
        found = self.get(f"organizations/kijko/releases/{name}/commits/")
        return [each["id"] for each in found]

    def commit_files(self, name: str) -> set[tuple[str, str, str]]:
        """(commit, path, type) of each file that a release's commits touched."""
        found = self.get(f"organizations/kijko/releases/{name}/commitfiles/")
        return {(each["commitId"], each["filename"], each["type"]) for each in found}

    def deploys(self, name: str) -> list[tuple[str, str]]:
        """(environment, name) of each deploy of a release."""
        found = self.get(f"organizations/kijko/releases/{name}/deploys/")
        return [(each["environment"], each["name"]) for each in found]

    def bundles(self, project: str, release: str) -> list[Any]:
        """The artifact bundles of a release."""
        found: list[Any] = self.get(
            f"projects/kijko/{project}/files/artifact-bundles/", query=release
        )
        return found

    def dsn(self, project: str) -> str:
        """The DSN of a project."""
        keys = self.get(f"projects/kijko/{project}/keys/")
        dsn: str = keys[0]["dsn"]["public"]
        return dsn


@contextlib.contextmanager
def local_sentry(data: Path) -> Iterator[LocalSentry]:
    """Runs `local-sentry serve` on a free port."""
    with serving(data, deadline=DEADLINE) as (url, _):
        yield LocalSentry(url, data, make_token(data, *_SCOPES, deadline=DEADLINE))


def eventually(ask: Callable[[], _T], what: str) -> _T:
    """The first true answer; fails when there is none in time."""
    deadline = time.monotonic() + DEADLINE
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"{what} did not come in {DEADLINE} s"
        time.sleep(0.05)
    return answer
