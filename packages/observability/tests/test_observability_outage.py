"""A Sentry that is dead, slow, full or broken is nobody's problem but its own."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import sentry_sdk

import observability
from observability_sentry import DEADLINE

_PROGRAM = """
import logging
import observability

observability.init("kijko-api")
for number in range(500):
    with observability.continued_trace({}, name="job", op="queue.process"):
        logging.error("broken %d", number)
observability.flush(0.2)
print("done", flush=True)
"""


@contextmanager
def _silent_listener() -> Iterator[int]:
    """Accepts connections and never answers."""
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]

        def accept() -> None:
            while True:
                connection, _ = listening.accept()
                if connection.recv(1, socket.MSG_PEEK) == b"!":
                    connection.close()
                    return
                accepted.append(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield port
        finally:
            with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as stop:
                stop.sendall(b"!")
                thread.join(DEADLINE)
            for connection in accepted:
                connection.close()


@contextmanager
def _dead_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    yield port


@pytest.mark.parametrize("sentry_at", [_silent_listener, _dead_port])
def test_a_program_ends_by_itself_and_says_nothing_of_it(
    sentry_at: Callable[[], AbstractContextManager[int]],
) -> None:
    with sentry_at() as port:
        environment = {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "SENTRY_DSN": f"http://public@127.0.0.1:{port}/1",
            "SENTRY_SHUTDOWN_TIMEOUT": "0.2",
        }
        # The SDK waits 30 seconds for an answer; ending well before shows that nobody waits for it.
        finished = subprocess.run(
            [sys.executable, "-W", "error", "-c", _PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            timeout=25,
            check=False,
        )
    assert finished.returncode == 0
    assert finished.stdout == "done\n"
    said = {line.rsplit(" ", 1)[0] for line in finished.stderr.splitlines()}
    assert said == {"ERROR:root:broken"}  # the program's own log, nothing of the SDK's


def test_what_cannot_be_sent_is_kept_up_to_the_limit_and_then_dropped(
    connect: Callable[..., None],
) -> None:
    with _silent_listener() as port:
        connect(dsn=f"http://public@127.0.0.1:{port}/1", queue_size=5, traces_sample_rate=0.0)
        transport = sentry_sdk.get_client().transport
        assert transport is not None
        assert transport.is_healthy()
        for number in range(200):
            assert observability.capture_exception(ValueError(str(number)))
        assert not transport.is_healthy()  # its queue is full, and still every call returned
        observability.close(timeout=0)


def test_closing_turns_everything_off(connect: Callable[..., None]) -> None:
    connect()
    assert observability.is_enabled()
    observability.close()
    assert not observability.is_enabled()
    assert observability.capture_exception(ValueError("broken")) is None
    assert sentry_sdk.get_client().is_active() is False
    observability.close()
