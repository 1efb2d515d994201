"""A few words of the DevTools protocol, over pipes, to look at a page in a real Chromium."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PATIENCE = 240  # seconds, for a machine that does much else


class Page:
    """One tab.

    Args:
        commands: where the browser reads.
        answers: where it writes.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._unread = b""
        self._last = 0
        self._loaded = False
        self._session: dict[str, str] = {}
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol and return its result."""
        self._last += 1
        request = {"id": self._last, "method": method, "params": parameters, **self._session}
        waiting = json.dumps(request).encode() + b"\0"
        while waiting:
            waiting = waiting[os.write(self._commands, waiting) :]
        while True:
            message = self._next()
            if message.get("id") == self._last:
                assert "error" not in message, message
                return message["result"]

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._answers], [], [], deadline - time.monotonic())
            piece = os.read(self._answers, 1 << 20) if ready else b""
            assert piece, "the browser is gone, or does not answer"
            self._unread += piece
        whole, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(whole)
        if message.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(json.dumps(message["params"])[:500])
        self._loaded |= message.get("method") == "Page.loadEventFired"
        return message

    def open(self, url: str) -> None:
        """Go to an address and wait until all of the page is loaded and its scripts have run."""
        self._loaded = False
        self.call("Page.navigate", url=url)
        while not self._loaded:
            self._next()

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def eventually(self, expression: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.02)

    def move(self, x: float, y: float) -> None:
        """Move the mouse to a point of the window."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x: float, y: float) -> None:
        """Click a point of the window."""
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """Press and release a key."""
        text = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def picture(self, file: Path) -> None:
        """Write what is seen as a PNG."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """A headless Chromium with an empty profile and a window of 1400 by 900."""
    assert CHROMIUM is not None
    (low_read, commands), (answers, low_write) = os.pipe(), os.pipe()
    # Out of the way of the numbers 3 and 4, by which Chromium knows them and a shell renames them.
    to_read, to_write = (
        fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 10) for one in (low_read, low_write)
    )
    process = subprocess.Popen(
        [
            *("bash", "-c", f'exec "$@" 3<&{to_read} 4>&{to_write}', "bash", CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--disable-dev-shm-usage", "--window-size=1400,900", "--remote-debugging-pipe"),
            f"--user-data-dir={profile}",
        ],
        pass_fds=(to_read, to_write),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for one in (low_read, low_write, to_read, to_write):
        os.close(one)
    try:
        yield Page(commands, answers)
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        finally:
            os.close(commands)
            os.close(answers)
