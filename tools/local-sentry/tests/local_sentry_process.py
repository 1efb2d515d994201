"""Starts the real program for tests, and builds envelopes for it byte by byte."""

import contextlib
import json
import subprocess
import time
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local_sentry_program import serving

FIXTURES = Path(__file__).parent / "fixtures"
DEADLINE = 120.0


@dataclass
class LocalSentry:
    """A running server."""

    url: str
    data: Path
    process: subprocess.Popen[str]
    client: httpx.Client

    def dsn(self, project: str) -> str:
        """The DSN of a project, read from the API."""
        keys = self.get(f"/api/0/projects/kijko/{project}/keys/")
        dsn: str = keys[0]["dsn"]["public"]
        return dsn

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of an address that must be there."""
        response = self.client.get(path, params=parameters)
        assert response.status_code == 200, (path, response.status_code, response.text)
        return response.json()

    def send(self, envelope: bytes, project: str = "kijko-api", **options: Any) -> httpx.Response:
        """Sends an envelope to a project."""
        target = httpx.URL(self.dsn(project))
        number = target.path.strip("/")
        return self.client.post(
            f"/api/{number}/envelope/?sentry_key={target.username}", content=envelope, **options
        )

    def issues(self, **parameters: Any) -> list[dict[str, Any]]:
        """The issues a search finds."""
        found: list[dict[str, Any]] = self.get("/api/0/organizations/kijko/issues/", **parameters)
        return found

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait(DEADLINE)


def eventually(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """The first true value of the condition; fails when there is none in time."""
    deadline = time.monotonic() + DEADLINE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true in {DEADLINE} s"
        time.sleep(0.02)


@contextlib.contextmanager
def local_sentry(
    data: Path,
    *options: str,
    environment: dict[str, str] | None = None,
    prefix: Sequence[str] = (),
    **popen: Any,
) -> Iterator[LocalSentry]:
    """Runs `local-sentry serve` on a free port; `prefix` is a command that becomes it."""
    started = serving(
        data,
        *(options or ("--no-auth",)),
        deadline=DEADLINE,
        environment=environment,
        prefix=prefix,
        **popen,
    )
    with started as (url, process), httpx.Client(base_url=url, timeout=DEADLINE) as client:
        yield LocalSentry(url, data, process, client)


def event_id() -> str:
    """A fresh event id."""
    return uuid.uuid4().hex


def envelope(*items: tuple[dict[str, Any], bytes], **headers: Any) -> bytes:
    """An envelope with correct lengths."""
    lines = [json.dumps(headers).encode()]
    for header, payload in items:
        lines += [json.dumps(header | {"length": len(payload)}).encode(), payload]
    return b"\n".join(lines) + b"\n"


def error_event(value: str = "went wrong", **fields: Any) -> dict[str, Any]:
    """A small Python error."""
    return {
        "timestamp": time.time(),
        "platform": "python",
        "exception": {"values": [{"type": "ValueError", "value": value}]},
    } | fields


def error_envelope(message: str = "went wrong", id: str | None = None, **fields: Any) -> bytes:  # noqa: A002
    """An envelope with one error."""
    event = error_event(message, **fields)
    return envelope(({"type": "event"}, json.dumps(event).encode()), event_id=id or event_id())


def recorded_envelopes(name: str) -> Iterator[tuple[str, bytes]]:
    """What a browser and two servers sent, as (item type, envelope)."""
    with (FIXTURES / name).open(encoding="utf-8") as lines:
        for line in lines:
            recorded = json.loads(line)
            payload = json.dumps(recorded["payload"]).encode()
            if recorded["item"]["type"] == "replay_recording":
                events = json.dumps(recorded["payload"]["events"]).encode()
                body = zlib.compress(events) if recorded["payload"]["compressed"] else events
                payload = json.dumps(recorded["payload"]["segment"]).encode() + b"\n" + body
            item = recorded["item"] | {"length": len(payload)}
            parts = [json.dumps(recorded["header"]).encode(), json.dumps(item).encode(), payload]
            yield recorded["item"]["type"], b"\n".join(parts) + b"\n"
