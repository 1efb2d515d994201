"""What check-ins, and their absence, say about recurring jobs: they make and end an issue.

Source: https://docs.sentry.io/product/crons/. A job fails when it says so, when it does not begin
within the margin of its schedule, or when it takes longer than it may.
"""

import secrets
from dataclasses import replace

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.services.discoveries import Discovery, is_over, tell
from local_sentry.services.schedules import (
    MINUTE,
    InvalidScheduleError,
    Schedule,
    parse_schedule,
)
from local_sentry.services.timestamps import isoformat
from local_sentry.store import monitors
from local_sentry.store.monitors import CheckIn, Monitor, MonitorEnvironment
from local_sentry.store.session import WriteSession

ISSUE_TYPE = "monitor_check_in_failure"
MISSED, TIMEOUT, UNKNOWN = "missed", "timeout", "unknown"
_SAID = {
    "error": "An error check-in was detected",
    MISSED: "A missed check-in was detected",
    TIMEOUT: "A timeout check-in was detected",
}


def schedule_of(monitor: Monitor) -> Schedule | None:
    """The schedule of a monitor; None when it has none that can be understood."""
    try:
        return parse_schedule(monitor.config)
    except InvalidScheduleError:
        return None


def heard(session: WriteSession, monitor_id: int, state: MonitorEnvironment, said: CheckIn) -> None:
    """Takes note of a check-in that a job sent; its `timestamp` is when it began."""
    monitor = monitors.get(session.connection, monitor_id)
    if state.last_check_in is None or said.timestamp >= state.last_check_in:
        state = replace(state, last_check_in=said.timestamp)
        state = _expecting(state, schedule_of(monitor), said.timestamp)
    monitors.put_environment(session, state)
    at = said.updated or said.timestamp
    if said.status == "ok":
        _succeeded(session, monitor, state, at)
    elif said.status in _SAID:
        _failed(session, monitor, state, said.status, at, said.trace_id)


def find_overdue(session: WriteSession, now: int) -> None:
    """Marks what should have begun or ended by `now` (µs since the epoch)."""
    connection = session.connection
    for state in monitors.overdue(connection, now):
        monitor = monitors.get(connection, state.monitor_id)
        missed = CheckIn(
            secrets.token_bytes(16), MISSED, now, None, None, expected=state.next_check_in
        )
        monitors.check_in(
            session, monitor.id, missed, release_id=None, environment_id=state.environment_id
        )
        # However many runs are gone: one is missed, and the next is the next from now.
        state = _expecting(state, schedule_of(monitor), now)
        monitors.put_environment(session, state)
        _failed(session, monitor, state, MISSED, now, None)
    for running in monitors.too_long(connection, now):
        monitors.end_check_in(session, running.row, TIMEOUT, now)
        if running.environment_id is not None:
            monitor = monitors.get(connection, running.monitor_id)
            state = monitors.environment(session, monitor.id, running.environment_id, now)
            if monitor.status == "active":
                _failed(session, monitor, state, TIMEOUT, now, running.trace_id)


def forgive_pause(session: WriteSession, now: int) -> None:
    """Forgives what was due while this server did not run and nobody could check in."""
    for state in monitors.overdue(session.connection, now):
        schedule = schedule_of(monitors.get(session.connection, state.monitor_id))
        monitors.put_environment(session, _expecting(state, schedule, now))
    for running in monitors.too_long(session.connection, now):
        monitors.end_check_in(session, running.row, UNKNOWN, now)


def reschedule(session: WriteSession, monitor: Monitor, now: int) -> None:
    """Expects the next check-ins by a schedule that has changed."""
    schedule = schedule_of(monitor) if monitor.status == "active" else None
    for state in monitor.environments:
        after = now if state.last_check_in is None else state.last_check_in
        new = _expecting(state, schedule, after)
        if new.next_check_in_latest is not None and new.next_check_in_latest <= now:
            new = _expecting(state, schedule, now)
        monitors.put_environment(session, new)


def _expecting(
    state: MonitorEnvironment, schedule: Schedule | None, after: int
) -> MonitorEnvironment:
    if schedule is None:
        return replace(state, next_check_in=None, next_check_in_latest=None)
    due = schedule.next_run(after)
    latest = due + schedule.margin * MINUTE
    return replace(state, next_check_in=due, next_check_in_latest=latest)


def _group(state: MonitorEnvironment) -> tuple[str, ...]:
    return ("crons", str(state.monitor_id), state.name)


def _succeeded(session: WriteSession, monitor: Monitor, state: MonitorEnvironment, at: int) -> None:
    schedule = schedule_of(monitor)
    successes = state.successes + 1
    state = replace(state, failures=0, successes=successes)
    if state.incident_started is None or successes >= (schedule.successes if schedule else 1):
        if state.incident_started is not None:
            is_over(session, monitor.project_id, _group(state), at)
        state = replace(state, status="ok", incident_started=None)
    monitors.put_environment(session, state)


def _failed(
    session: WriteSession,
    monitor: Monitor,
    state: MonitorEnvironment,
    how: str,
    at: int,
    trace_id: bytes | None,
) -> None:
    schedule = schedule_of(monitor)
    state = replace(state, failures=state.failures + 1, successes=0)
    if state.failures >= (schedule.failures if schedule else 1):
        state = replace(state, status="error", incident_started=state.incident_started or at)
        if not monitor.is_muted:
            _tell(session, monitor, state, how, at, trace_id)
    monitors.put_environment(session, state)


def _tell(
    session: WriteSession,
    monitor: Monitor,
    state: MonitorEnvironment,
    how: str,
    at: int,
    trace_id: bytes | None,
) -> None:
    last = monitors.last_success(session.connection, state)
    schedule = schedule_of(monitor)
    shown = isoformat(last) if last is not None else "never"
    context: JsonObject = {
        "id": str(monitor.id), "slug": monitor.slug, "name": monitor.name, "last success": shown,
        "failures in a row": state.failures,
        "next run": isoformat(state.next_check_in) if state.next_check_in else "unknown",
        **(schedule.words() if schedule is not None else {}),
    }  # fmt: skip
    found = Discovery(
        project_id=monitor.project_id,
        issue_type=ISSUE_TYPE,
        group=_group(state),
        title=f"Cron failure: {monitor.name}",
        subtitle=f"Your monitor is failing: {_SAID[how]}.",
        culprit=how,
        level="error",
        environment=state.name,
        tags={"monitor.id": str(monitor.id), "monitor.slug": monitor.slug},
        context=("monitor", context),
        evidence=(
            ("Failure reason", _SAID[how]),
            ("Environment", state.name),
            ("Last successful check-in", shown),
        ),
        trace_id=trace_id,
        owner=monitor.owner,
    )
    tell(session, found, at)
