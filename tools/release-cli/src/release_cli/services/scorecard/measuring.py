"""Measures the scorecard from Sentry's API, with few calls at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from release_cli.services.scorecard.figures import (
    Coverage,
    Detection,
    Resolution,
    Scorecard,
    SlowOperation,
    resolutions_of,
)
from sentry_api import NotFound, Period, SentryClient
from sentry_api.models.issues import Issue
from sentry_api.models.settings import AlertFiring, AlertRule

_AT_ONCE = 6
_MOST_ISSUES = 500  # resolved ones that are looked at, those seen last first
_MOST_SLOW = 100
_MCP = "span.op:mcp.server"  # as Sentry's own instrumentation of MCP servers names it
_T = TypeVar("_T")


async def measure(
    sentry: SentryClient, start: datetime, end: datetime, *, slow_limit: float
) -> Scorecard:
    """Measure all of it.

    Args:
        sentry: The organization.
        start: From when.
        end: Until when.
        slow_limit: Milliseconds from which an operation is slow.

    Raises:
        SentryApiError: Sentry cannot be read.
    """
    taking = _Measuring(sentry, start, end)
    projects = [project.slug async for project in sentry.projects.list()]
    per_project = await taking.all(taking.detections(slug) for slug in projects)
    return Scorecard(
        organization=sentry.organization,
        start=start,
        end=end,
        detections=tuple(each for found, _ in per_project for each in found),
        undated=sum(undated for _, undated in per_project),
        coverage=tuple(await taking.all(taking.coverage(slug) for slug in projects)),
        resolutions=tuple(await taking.resolutions()),
        slow=tuple(await taking.slow(slow_limit)),
        slow_limit=slow_limit,
        queries=await taking.queries(),
    )


class _Measuring:
    def __init__(self, sentry: SentryClient, start: datetime, end: datetime) -> None:
        self._sentry = sentry
        self._start = start
        self._end = end
        self._period = Period(start=start, end=end)
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def all(self, answers: Iterable[Awaitable[_T]]) -> list[_T]:
        """All answers, in their order."""

        async def one(answer: Awaitable[_T]) -> _T:
            async with self._turn:
                return await answer

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(answer)) for answer in answers]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None  # one says enough
        return [task.result() for task in tasks]

    async def detections(self, project: str) -> tuple[list[Detection], int]:
        """From the occurrence of an error to its first alert; and how many have no time any more.

        Where several rules told of one issue, the quickest counts.
        """
        quickest: dict[str, Detection] = {}
        undated = 0
        async for rule, fired in self._firings(project):
            occurred = await self._occurred(project, fired)
            if occurred is None:
                undated += 1
                continue
            took = max(timedelta(), fired.last_triggered - occurred)
            found = Detection(project, fired.group.short_id, rule.name, took)
            before = quickest.get(fired.group.id)
            if before is None or found.took < before.took:
                quickest[fired.group.id] = found
        return list(quickest.values()), undated

    async def _firings(self, project: str) -> AsyncIterator[tuple[AlertRule, AlertFiring]]:
        async for rule in self._sentry.alerts.rules(project):
            history = self._sentry.alerts.firings(
                project, rule.id, start=self._start, end=self._end
            )
            async for fired in history:
                yield rule, fired

    async def _occurred(self, project: str, fired: AlertFiring) -> datetime | None:
        if fired.event_id is None:
            return None
        try:
            event = await self._sentry.events.get_of_project(project, fired.event_id)
        except NotFound:
            return None  # too old to be kept
        return event.date_created

    async def coverage(self, project: str) -> Coverage:
        """A project's releases that were made in the time."""
        bare, count = [], 0
        async for release in self._sentry.releases.of_project(project):
            made = release.date_created
            if made is not None and self._start <= made <= self._end:
                count += 1
                if not release.commit_count:
                    bare.append(release.version)
        return Coverage(project, count, tuple(bare))

    async def resolutions(self) -> list[Resolution]:
        """How long issues stayed open that were resolved in the time."""
        found = self._sentry.issues.search("is:resolved", limit=_MOST_ISSUES)
        resolved = [issue async for issue in found]
        several = await self.all(self._resolutions_of(issue) for issue in resolved)
        return [each for one in several for each in one]

    async def _resolutions_of(self, issue: Issue) -> list[Resolution]:
        if issue.first_seen is None:
            return []
        history = await self._sentry.issues.activity(issue.id)
        project = issue.project.slug if issue.project is not None else ""
        return resolutions_of(
            project, issue.short_id, issue.first_seen, history, self._start, self._end
        )

    async def slow(self, limit: float) -> list[SlowOperation]:
        """Operations whose 95th percentile is over a limit in ms, the slowest first."""
        rows = self._sentry.explore.rows(
            "spans",
            ["transaction", "project", "p95(span.duration)", "count()"],
            query=f"is_transaction:true p95(span.duration):>{limit:g}",
            sort="-p95(span.duration)",
            period=self._period,
            limit=_MOST_SLOW,
        )
        return [
            SlowOperation(
                project=str(row.get("project") or ""),
                name=str(row.get("transaction") or "?"),
                p95=float(row.get("p95(span.duration)") or 0.0),
                calls=int(row.get("count()") or 0),
            )
            async for row in rows
        ]

    async def queries(self) -> int | None:
        """How much was asked of MCP servers; None where nothing of it is logged."""
        table = await self._sentry.explore.table(
            "spans", ["count()"], query=_MCP, period=self._period, limit=1
        )
        count = int(table.data[0].get("count()") or 0) if table.data else 0
        return count or None
