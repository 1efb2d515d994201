"""Something that answers where ComfyUI should, and is not ComfyUI."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

RUBBISH = b"<html><body>It works!</body></html>"


class RubbishServer:
    """Answers every request with 200 and a web page, but for the paths it has answers for."""

    def __init__(self, port: int = 0, answers: Mapping[str, bytes] | None = None) -> None:
        known = dict(answers or {})

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                content = known.get(self.path, RUBBISH)
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _answer  # noqa: N815 - the names are the library's

            def log_message(self, *_: object) -> None:
                """Nobody wants to read it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
