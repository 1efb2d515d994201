"""A Sentry that keeps what it is sent: a real HTTP endpoint on a free port of this machine."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import brotli  # type: ignore[import-untyped]

DEADLINE = 20.0
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}


@dataclass(frozen=True)
class Item:
    """One item of an envelope, with the envelope's own header."""

    envelope: dict[str, Any]
    type: str
    payload: dict[str, Any]


class Sentry:
    """What arrived, parsed and raw, and where to send more."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.dsn = f"http://public@127.0.0.1:{port}/7"
        self.raw: list[bytes] = []
        self.items: list[Item] = []
        self.changed = threading.Condition()

    def receive(self, body: bytes) -> None:
        """Keep one envelope."""
        items = list(_parse(body))
        with self.changed:
            self.raw.append(body)
            self.items.extend(items)
            self.changed.notify_all()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of that kind so far, in the order they came."""
        with self.changed:
            return [item.payload for item in self.items if item.type == kind]

    def wait_for(self, kind: str, where: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first payload of that kind for which ``where`` holds, once it is here."""
        deadline = time.monotonic() + DEADLINE
        with self.changed:
            while True:
                for item in self.items:
                    if item.type == kind and where(item.payload):
                        return item.payload
                left = deadline - time.monotonic()
                assert left > 0, f"no such {kind} among {[item.type for item in self.items]}"
                self.changed.wait(left)


@contextmanager
def sentry_server() -> Iterator[Sentry]:
    sentry: Sentry

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sentry.receive(_DECODERS[self.headers.get("Content-Encoding", "identity")](body))
            answer = b"{}"
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        sentry = Sentry(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield sentry
        finally:
            server.shutdown()
            thread.join(DEADLINE)


def _parse(body: bytes) -> Iterator[Item]:
    """Parse an envelope: https://develop.sentry.dev/sdk/data-model/envelopes/."""
    header, _, rest = body.partition(b"\n")
    envelope = json.loads(header)
    while rest.strip():
        line, _, rest = rest.partition(b"\n")
        item = json.loads(line)
        length = item.get("length", rest.find(b"\n") if b"\n" in rest else len(rest))
        yield Item(envelope, item["type"], json.loads(rest[:length]))
        rest = rest[length:].removeprefix(b"\n")
