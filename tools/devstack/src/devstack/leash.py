"""Runs one command and ends everything below it as soon as whoever holds the leash is gone.

Used as a program of its own (`python -I -S leash.py GRACE LOG COMMAND…`), so it imports only the
standard library. Its standard input is the leash: a pipe whose other end the holder keeps open.
The pipe closes when the holder lets go, and also when the holder is killed with SIGKILL, which is
the point. The first line on standard output is `started PID` or `failed REASON`.
"""

import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SECONDS_FOR_STRAGGLERS = 2.0


def main(arguments: list[str]) -> int:
    """Run the command and return its exit status, 128 + N where signal N ended it.

    Args:
        arguments: Seconds that the command gets between SIGTERM and SIGKILL, the file that takes
            its output, and the command.
    """
    grace, log, *command = arguments
    holder_gone = _WakeUp()
    _adopt_orphans()
    try:
        child = _start(command, Path(log))
    except OSError as error:
        print(f"failed {error}", flush=True)  # noqa: T201
        return 127
    print(f"started {child}", flush=True)  # noqa: T201
    return _Supervision(child, float(grace), holder_gone).run()


class _WakeUp:
    """Something to wait on that tells a child's end and the holder's end apart."""

    def __init__(self) -> None:
        self._read_end, write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(write_end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        self._leash_closed = False
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._let_go)
        signal.signal(signal.SIGHUP, self._let_go)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def _let_go(self, *_: object) -> None:
        self._leash_closed = True

    def wait(self, seconds: float | None) -> bool:
        """Sleep until something happened or the time is over; say whether the holder is gone."""
        watched = [self._read_end] if self._leash_closed else [self._read_end, 0]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self._read_end in ready:
            os.read(self._read_end, 4096)
        if 0 in ready and not os.read(0, 4096):
            self._leash_closed = True
        return self._leash_closed


class _Supervision:
    """The life of one child, from its start to the end of its last descendant."""

    def __init__(self, child: int, grace: float, wake_up: _WakeUp) -> None:
        self._child = child
        self._grace = grace
        self._wake_up = wake_up
        self._status: int | None = None

    def run(self) -> int:
        while not self._ended() and not self._wake_up.wait(None):
            pass
        if not self._ended():
            # Only the command itself is told: what it started is its own to stop in order.
            _send(self._child, signal.SIGTERM)
            self._wait_for(self._ended, self._grace)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self._all_gone():
                self._signal_all(number)
                self._wait_for(self._all_gone, _SECONDS_FOR_STRAGGLERS)
        return 128 + signal.SIGKILL if self._status is None else self._status

    def _ended(self) -> bool:
        self._reap()
        return self._status is not None

    def _all_gone(self) -> bool:
        return self._ended() and not any(_descendants(os.getpid())) and not self._group_lives()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._child:
                code = os.waitstatus_to_exitcode(status)
                self._status = code if code >= 0 else 128 - code

    def _wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and (left := deadline - time.monotonic()) > 0:
            # The end of a grandchild sends no signal here: look again.
            self._wake_up.wait(min(left, 0.05))

    def _signal_all(self, number: int) -> None:
        for pid in _descendants(os.getpid()):
            _send(pid, number)
        if self._group_lives():
            os.killpg(self._child, number)

    def _group_lives(self) -> bool:
        try:
            os.killpg(self._child, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True


def _start(command: list[str], log: Path) -> int:
    """Start the command in a process group of its own; raise OSError where it cannot be run."""
    failure_read, failure_write = os.pipe()
    leash = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            os.setpgid(0, 0)
            _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != leash:
                os._exit(1)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            nothing = os.open(os.devnull, os.O_RDONLY)
            os.dup2(nothing, 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.execvp(command[0], command)  # noqa: S606
        except OSError as error:
            os.write(failure_write, str(error).encode())
        finally:
            os._exit(127)
    os.close(failure_write)
    with os.fdopen(failure_read, "rb") as failure:
        reason = failure.read()
    if reason:
        os.waitpid(pid, 0)
        raise OSError(reason.decode())
    return pid


def _adopt_orphans() -> None:
    """Become the parent of orphaned descendants, so that none escapes by leaving its group."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _descendants(ancestor: int) -> Iterator[int]:
    """Yield the living descendants of a process that Linux knows; elsewhere, none."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # `pid (name) state ppid …`, where the name may itself hold spaces and brackets.
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            parents[int(stat.parent.name)] = int(parent)
    for pid in parents:
        above = parents.get(pid)
        while above is not None and above != ancestor:
            above = parents.get(above)
        if above == ancestor:
            yield pid


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
