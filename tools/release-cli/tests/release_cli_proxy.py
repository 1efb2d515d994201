"""Stands between the program and a real server, and does to requests what a test wants."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import httpx

DEADLINE = 240.0
_HOPS = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "content-encoding", "content-length", "date",
     "server")
)  # fmt: skip
When = Literal["before", "after"]


@dataclass
class Refusal:
    """What requests get instead of an answer of the server.

    Attributes:
        status: of the answer.
        headers: of the answer.
        times: how many requests get it.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


@dataclass
class Proxy:
    """A proxy of one server.

    Attributes:
        requests: method and path of each request, in the order they came.
    """

    url: str
    upstream: str
    requests: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    delay: float = 0.0
    _replaced: tuple[str, bytes, bytes] = ("", b"", b"")
    _hold: tuple[int | str, When] | None = None
    _held: threading.Event = field(default_factory=threading.Event)
    _go: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, which: int | str, when: When) -> None:
        """Hold a request from now on: before the server sees it, or its answer.

        Args:
            which: its number, or a part of its path.
            when: `before` or `after` the server saw it.
        """
        self.requests.clear()
        self._held.clear()
        self._go.clear()
        self._hold = (which, when)

    def replace(self, path: str, old: bytes, new: bytes) -> None:
        """Answer otherwise than the server where the path has this part."""
        self._replaced = (path, old, new)

    def answered(self, path: str, body: bytes) -> bytes:
        """What is answered where the server answers `body`."""
        part, old, new = self._replaced
        return body.replace(old, new) if part and part in path else body

    def is_held(self) -> bool:
        """Whether that request is held now."""
        return self._held.is_set()

    def let_go(self) -> None:
        """Break off what is held, and let everything pass from now on."""
        self._hold = None
        self._go.set()

    def enter(self, line: str) -> tuple[int, Refusal | None]:
        """Note a request; its number, and how it is refused if it is."""
        with self._lock:
            self.requests.append(line)
            refusal = next((each for each in self.refusals if each.times > 0), None)
            if refusal is not None:
                refusal.times -= 1
            return len(self.requests), refusal

    def stops(self, number: int, path: str, when: When) -> bool:
        """Hold the request if it is the one; whether it was."""
        if self._hold is None or self._hold[1] != when:
            return False
        which = self._hold[0]
        if which != number and not (isinstance(which, str) and which in path):
            return False
        self._held.set()
        self._go.wait(DEADLINE)
        return True


@contextlib.contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """Runs a proxy on a free port."""
    client = httpx.Client(base_url=upstream, timeout=DEADLINE)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    running = Proxy(f"http://127.0.0.1:{server.server_address[1]}", upstream)
    server.RequestHandlerClass = type(
        "Handler", (_Handler,), {"running": running, "client": client}
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield running
    finally:
        running.let_go()
        server.shutdown()
        server.server_close()
        thread.join()
        client.close()


class _Handler(BaseHTTPRequestHandler):
    """Passes one request on; which proxy it belongs to, a subclass says."""

    protocol_version = "HTTP/1.1"
    running: Proxy
    client: httpx.Client

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        """Pass it on, unless the test wants otherwise."""
        body = self._body()
        number, refusal = self.running.enter(f"{self.command} {self.path}")
        try:
            if refusal is not None:
                self._answer(refusal.status, refusal.headers, b'{"detail": "not now"}')
                return
            time.sleep(self.running.delay)
            if self.running.stops(number, self.path, "before"):
                self.close_connection = True
                return
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOPS}
            answer = self.client.request(self.command, self.path, content=body, headers=headers)
            if self.running.stops(number, self.path, "after"):
                self.close_connection = True
                return
            body = self.running.answered(self.path, answer.content)
            self._answer(answer.status_code, dict(answer.headers), body)
        except OSError:
            self.close_connection = True  # the program was killed

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", "0")))
        parts = []
        while size := int(self.rfile.readline().strip(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _HOPS:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
