"""Watches what happens to issues and does what alert rules say, within seconds."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Connection

import structlog

from local_sentry.clients.webhooks import ForbiddenAddressError, UndeliveredError, Webhooks
from local_sentry.protocol.lenient_json import Document, JsonObject, as_text
from local_sentry.services.alert_rules import LOG, WEBHOOK, Circumstances, InvalidRuleError, fires
from local_sentry.services.timestamps import isoformat
from local_sentry.services.watcher import Watcher
from local_sentry.store import alert_rules, events, issues
from local_sentry.store.alert_rules import AlertRule, Firing, Seen
from local_sentry.store.readers import Readers
from local_sentry.store.session import WriteSession
from local_sentry.store.writer import Writer

_SECONDS_BETWEEN_LOOKS = 1.0
_AT_ONCE = 1000
_MINUTE = 60_000_000  # µs
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that is to fire for an issue, with the event that is to be shown."""

    rule: AlertRule
    issue: issues.Issue
    event: events.StoredEvent | None
    happened: frozenset[str]

    def body(self) -> Document:
        """What a webhook is told; the first half is what Sentry's own webhooks say."""
        issue, event = self.issue, self.event
        return {
            "id": str(issue.id),
            "project": issue.project_slug,
            "project_name": issue.project_name,
            "project_slug": issue.project_slug,
            "logger": issue.logger,
            "level": issue.level,
            "culprit": issue.culprit,
            "message": issue.title,
            "triggering_rules": [self.rule.name],
            "short_id": issue.short_id,
            "path": f"/organizations/{issue.organization_slug}/issues/{issue.id}/",
            "happened": sorted(self.happened),
            "times_seen": issue.times_seen,
            "event": {
                "event_id": event.event_id,
                "timestamp": isoformat(event.timestamp),
                "title": event.title,
                "level": event.level,
                "release": event.release,
                "environment": event.environment,
                "trace_id": event.trace_id,
            }
            if event is not None
            else None,
        }


def _circumstances(
    connection: Connection, rule: AlertRule, issue: issues.Issue, happened: frozenset[str]
) -> Circumstances:
    now = time.time_ns() // 1000
    event = events.latest(connection, issue.id)
    tags = dict(events.tags(connection, event.row)) if event is not None else {}

    def count(window: int, users: bool) -> int:
        return alert_rules.count_events(
            connection, issue.id, rule.environment, now - window, users=users
        )

    return Circumstances(happened, issue.level, tags, issue.times_seen, count)


def due(connection: Connection, rules: Iterable[AlertRule], seen: Iterable[Seen]) -> list[Alert]:
    """The alerts that what happened calls for; those that fired a short while ago stay silent."""
    happened: dict[int, set[str]] = {}
    projects: dict[int, int] = {}
    for each in seen:
        happened.setdefault(each.issue_id, set()).add(each.what)
        projects[each.issue_id] = each.project_id
    now, found = time.time_ns() // 1000, []
    for issue_id, what in happened.items():
        issue = None
        for rule in rules:
            if rule.project_id != projects[issue_id]:
                continue
            last = alert_rules.last_fired(connection, rule.id, issue_id)
            if last is not None and now - last < rule.frequency * _MINUTE:
                continue
            issue = issue or issues.get(connection, str(issue_id))
            if issue is None or issue.status != "unresolved":
                break
            event = events.latest(connection, issue_id)
            if rule.environment and (event is None or event.environment != rule.environment):
                continue
            try:
                holds = fires(
                    rule.conditions,
                    rule.filters,
                    rule.action_match,
                    rule.filter_match,
                    _circumstances(connection, rule, issue, frozenset(what)),
                )
            except InvalidRuleError as error:
                _log.error("alert_rule_unusable", rule=rule.name, reason=str(error))
                continue
            if holds:
                found.append(Alert(rule, issue, event, frozenset(what)))
    return found


class Alerting:
    """The task that looks at what happened and fires."""

    def __init__(self, readers: Readers, writer: Writer, webhooks: Webhooks) -> None:
        self._readers = readers
        self._writer = writer
        self._webhooks = webhooks
        self._watcher = Watcher("alerting", self._look, _SECONDS_BETWEEN_LOOKS)

    def start(self) -> None:
        """Begins to watch."""
        self._watcher.start()

    async def close(self) -> None:
        """Stops; what was not looked at waits in the store."""
        await self._watcher.close()

    async def _look(self) -> bool:
        """One look; True when there is more to look at already."""

        def query(connection: Connection) -> tuple[list[Alert], alert_rules.Position, bool, int]:
            start = alert_rules.position(connection)
            rules = alert_rules.active(connection)
            if not rules:
                # Nobody watches: a rule that is made later begins with what comes then.
                return [], start, False, 0
            seen, end = alert_rules.since(connection, start, _AT_ONCE)
            return due(connection, rules, seen), end, end != start, len(seen)

        alerts, end, moved, seen = await self._readers.run(query)
        if not moved:
            return False
        # Fired first, noted then: what a crash interrupts is said twice rather than never.
        problems = await asyncio.gather(*(self._fire(alert) for alert in alerts))
        now = time.time_ns() // 1000
        firings = [
            Firing(
                alert.rule.id,
                alert.issue.id,
                bytes.fromhex(alert.event.event_id) if alert.event else None,
                now,
                problem,
            )
            for alert, problem in zip(alerts, problems, strict=True)
        ]

        def note(session: WriteSession) -> None:
            for firing in firings:
                alert_rules.add_firing(session, firing)
            alert_rules.move(session, end)

        await self._writer.run(note)
        return seen >= _AT_ONCE

    async def _fire(self, alert: Alert) -> str | None:
        """Does the actions of a rule; returns what could not be done."""
        done = [await self._act(alert, action) for action in alert.rule.actions]
        problems = [problem for problem in done if problem is not None]
        return "; ".join(problems)[:1000] or None

    async def _act(self, alert: Alert, action: JsonObject) -> str | None:
        if action.get("id") == LOG:
            _log.warning(
                "alert",
                rule=alert.rule.name,
                issue=alert.issue.short_id,
                title=alert.issue.title,
                happened=sorted(alert.happened),
            )
        elif action.get("id") == WEBHOOK:
            url = as_text(action.get("url"))
            try:
                await self._webhooks.post(url, alert.body())
            except (ForbiddenAddressError, UndeliveredError) as error:
                _log.error("webhook_failed", rule=alert.rule.name, reason=str(error))
                return f"webhook: {error}"
        return None
