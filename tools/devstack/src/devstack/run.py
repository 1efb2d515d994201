"""The two things the command does: keep a stack up, and check one."""

import asyncio
import signal
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from devstack.checks import Check, verify
from devstack.demonstration import Demonstration, demonstrate
from devstack.gateway import GatewayClient, Output
from devstack.leftovers import processes_below_us, still_running
from devstack.report import Report
from devstack.sentry import SentryClient
from devstack.settings import Settings
from devstack.stack import Stack, running_stack
from devstack.waiting import seen

T = TypeVar("T")
_SECONDS_TO_BE_REPORTED = 10.0
EXIT_FAILED = 1
_WHAT_IS_SHOWN = "Running an image, a video, and a render that fails on purpose."


def until_told_to_stop(work: Coroutine[Any, Any, int]) -> int:
    """Run to the end, or until SIGINT, SIGTERM or SIGHUP; return the exit status.

    A signal cancels the work once. Further ones change nothing: stopping takes a bounded time, and
    what is cut short would be left to the leashes.
    """

    async def run() -> int:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)
        told: list[int] = []

        def stop(number: int) -> None:
            if not told:
                told.append(number)
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop, number)
        try:
            return await task
        except asyncio.CancelledError:
            return 128 + told[0] if told else EXIT_FAILED

    return asyncio.run(run())


async def keep_up(settings: Settings, report: Report) -> int:
    """Start the stack, show it working, and serve until told to stop."""
    async with AsyncExitStack() as open_things:
        with report.starting():
            stack = await open_things.enter_async_context(running_stack(settings, report))
        report.doing(_WHAT_IS_SHOWN)
        await _unless_one_ends(stack, _show(stack, settings, report))
        report.doing("Serving; Ctrl-C stops everything.")
        try:
            raise await stack.until_one_ends()
        except asyncio.CancelledError:
            # How this is meant to end: not a failure, and what follows stops the parts.
            report.doing("Stopping everything.")
            return 0


async def check(settings: Settings, report: Report) -> int:
    """Start a stack of its own, verify every claim, and leave nothing behind."""
    checks: list[Check] = []

    def note(found: Check) -> None:
        checks.append(found)
        report.check(found)

    with tempfile.TemporaryDirectory(prefix="kijko-check-") as data:
        own = settings.model_copy(
            update={"data": Path(data), "gateway_port": 0, "sentry_port": 0, "comfyui_port": 0}
        )
        async with AsyncExitStack() as open_things:
            with report.starting():
                stack = await open_things.enter_async_context(running_stack(own, report))
            gateway = await open_things.enter_async_context(GatewayClient(stack.gateway.url))
            sentry = await open_things.enter_async_context(SentryClient(stack.sentry.url))
            report.doing(_WHAT_IS_SHOWN)
            shown = await _unless_one_ends(stack, demonstrate(gateway, within=own.job_timeout))
            async for found in verify(shown, gateway, sentry):
                note(found)
            started = processes_below_us()
    left = still_running(started)
    evidence = f"of {len(started)} processes left: {', '.join(left) or 'none'}"
    note(Check("nothing is left running", not left, evidence))
    failed = sum(not found.holds for found in checks)
    report.verdict(failed=failed, of=len(checks))
    return EXIT_FAILED if failed else 0


async def _show(stack: Stack, settings: Settings, report: Report) -> None:
    async with (
        GatewayClient(stack.gateway.url) as gateway,
        SentryClient(stack.sentry.url) as sentry,
    ):
        shown = await demonstrate(gateway, within=settings.job_timeout)
        places = await _places(shown, gateway, sentry)
    report.where_to_look(
        places
        | {"Gateway": stack.gateway.url, "Sentry": stack.sentry.url, "Data": str(settings.data)}
    )


async def _places(
    shown: Demonstration, gateway: GatewayClient, sentry: SentryClient
) -> dict[str, str]:
    def address(output: Output | None) -> str:
        return gateway.address(output) if output else "not there: see the gateway's log"

    issues = await seen(
        lambda: sentry.issues_of_job(shown.failure.id), enough=bool, within=_SECONDS_TO_BE_REPORTED
    )
    trace_id = shown.video.trace_id
    return {
        "Image": address(shown.image.last_output("image/")),
        "Video": address(shown.video.last_output("video/")),
        "Thumbnail": address(shown.video.last_output("image/")),
        "Issue": sentry.issue_page(issues[0]) if issues else "not there: see the gateway's log",
        "Trace": sentry.trace_page(trace_id) if trace_id else "not there: see the gateway's log",
    }


async def _unless_one_ends(stack: Stack, work: Coroutine[Any, Any, T]) -> T:
    """Do the work, but not in vain: a part of the stack that ends meanwhile ends it.

    Raises:
        ChildEndedError: A part ended by itself.
    """
    watch = asyncio.create_task(stack.until_one_ends())
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({watch, task}, return_when=asyncio.FIRST_COMPLETED)
        if watch.done():
            raise watch.result()
        return task.result()
    finally:
        for pending in (watch, task):
            pending.cancel()
        await asyncio.gather(watch, task, return_exceptions=True)
