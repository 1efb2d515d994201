"""A child has its life under control, and nothing of it stays behind."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from devstack.children import Child, child
from devstack.errors import ChildEndedError
from devstack_processes import eventually, is_gone

STUBBORN_FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
below = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
same_group = subprocess.Popen([sys.executable, "-c", below])
escaped = subprocess.Popen([sys.executable, "-c", below], start_new_session=True)
print(os.getpid(), same_group.pid, escaped.pid, flush=True)
time.sleep(600)
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


async def first_words(running: Child) -> list[str]:
    assert await asyncio.to_thread(eventually, lambda: "\n" in running.output())
    return running.output().splitlines()[0].split()


async def test_a_child_has_its_output_in_the_log_and_an_exit_status(tmp_path: Path) -> None:
    log = tmp_path / "deep" / "log"
    async with child("greeter", python("print('hello'); raise SystemExit(7)"), log=log) as greeter:
        assert await greeter.wait() == 7
    assert log.read_text() == "hello\n"
    assert greeter.has_ended


async def test_what_an_earlier_child_wrote_is_kept_and_not_mistaken(tmp_path: Path) -> None:
    for word in ("one", "two"):
        async with child(word, python(f"print({word!r})"), log=tmp_path / "log") as speaker:
            await speaker.wait()
        assert speaker.output() == f"{word}\n"
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


async def test_the_end_says_how_and_the_last_words(tmp_path: Path) -> None:
    code = "import os, signal; print('oh no', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    async with child("victim", python(code), log=tmp_path / "log") as victim:
        assert await victim.wait() == 128 + signal.SIGKILL
    error = victim.ended_error()
    assert error.what == "victim ended by SIGKILL."
    assert "oh no" in error.remedy
    assert str(tmp_path / "log") in error.remedy


async def test_a_program_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ChildEndedError, match=r"ghost could not be started: .*No such file"):
        async with child("ghost", [tmp_path / "ghost"], log=tmp_path / "log"):
            pytest.fail("it cannot have started")


async def test_a_child_may_end_in_order_before_it_is_killed(tmp_path: Path) -> None:
    code = """
        import signal, sys, time
        def end(*_):
            print("in order", flush=True)
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        print("ready", flush=True)
        time.sleep(600)
    """
    async with child("tidy", python(code), log=tmp_path / "log") as tidy:
        await first_words(tidy)
    assert tidy.output() == "ready\nin order\n"
    assert await tidy.wait() == 0


async def test_the_whole_family_ends_with_the_block_though_it_will_not(tmp_path: Path) -> None:
    async with child(
        "stubborn", python(STUBBORN_FAMILY), log=tmp_path / "log", grace=0.2
    ) as stubborn:
        pids = [int(pid) for pid in await first_words(stubborn)]
        assert stubborn.pid == pids[0]
        assert not any(is_gone(pid) for pid in pids)
    assert all(is_gone(pid) for pid in pids)


async def test_what_a_child_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    async with child(
        "stubborn", python(STUBBORN_FAMILY), log=tmp_path / "log", grace=0.2
    ) as stubborn:
        pids = [int(pid) for pid in await first_words(stubborn)]
        os.kill(stubborn.pid, signal.SIGKILL)
        assert await stubborn.wait() == 128 + signal.SIGKILL
        assert all(is_gone(pid) for pid in pids)


async def test_cancelling_does_not_cut_stopping_short(tmp_path: Path) -> None:
    started = asyncio.Event()
    pids: list[int] = []

    async def run() -> None:
        async with child("stubborn", python(STUBBORN_FAMILY), log=tmp_path / "log", grace=0.5) as c:
            pids.extend(int(pid) for pid in await first_words(c))
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await started.wait()
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(is_gone(pid) for pid in pids)


HOLDER = """
import asyncio, sys
from pathlib import Path
from devstack.children import child

async def hold():
    command = [sys.executable, "-c", sys.argv[2]]
    async with child("held", command, log=Path(sys.argv[1]), grace=0.2):
        await asyncio.Event().wait()

asyncio.run(hold())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_a_holder_that_is_killed(tmp_path: Path, number: int) -> None:
    log = tmp_path / "log"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, log, STUBBORN_FAMILY], env=environment
    ) as holder:
        assert eventually(lambda: log.exists() and log.read_text().endswith("\n"))
        pids = [int(pid) for pid in log.read_text().split()]
        assert not any(is_gone(pid) for pid in pids)
        holder.send_signal(number)
    assert eventually(lambda: all(is_gone(pid) for pid in pids))


async def test_a_child_does_not_outlive_its_supervisor(tmp_path: Path) -> None:
    async with child(
        "sleeper",
        python("print('up', flush=True); import time; time.sleep(600)"),
        log=tmp_path / "log",
    ) as sleeper:
        await first_words(sleeper)
        supervisor = psutil.Process(sleeper.pid).ppid()
        os.kill(supervisor, signal.SIGKILL)
        assert await asyncio.to_thread(eventually, lambda: is_gone(sleeper.pid))
