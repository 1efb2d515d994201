"""The datasets: errors, spans, logs, metrics, each with Sentry's names for its columns."""

from collections.abc import Callable
from dataclasses import replace

from local_sentry.store.explore.columns import (
    Column,
    Dataset,
    Fragment,
    Kind,
    hexadecimal,
    looked_up,
    placed,
    plain,
)


def _error_tag(name: str, kind: Kind) -> Column:
    return Column(
        Fragment(
            "(SELECT t.value FROM event_tags et JOIN tags t ON t.id = et.tag_id"
            " WHERE et.event_row = e.id AND t.key = ?)",
            (name,),
        ),
        kind,
        matching=Fragment(
            "e.id IN (SELECT event_row FROM event_tags WHERE tag_id IN"
            " (SELECT id FROM tags WHERE key = ? AND {condition}))",
            (name,),
        ),
    )


ERRORS = Dataset(
    name="errors",
    source="events e JOIN issues i ON i.id = e.issue_id JOIN projects p ON p.id = e.project_id",
    restriction="e.issue_id IS NOT NULL AND e.kind != 'generic'",
    time="e.timestamp",
    project="e.project_id",
    environment="e.environment_id",
    columns={
        **placed("e"),
        "id": hexadecimal("e.event_id"),
        "title": plain("e.title"),
        "message": plain("e.title"),
        "issue": Column(Fragment("short_id(p.slug, i.short_id)"), key="e.issue_id"),
        "issue.id": plain("e.issue_id", "integer"),
        "timestamp": plain("e.timestamp", "date"),
        "event.type": plain("e.kind"),
        "type": plain("e.kind"),
        "level": plain("e.level"),
        "culprit": plain("i.culprit"),
        "platform": plain("i.platform"),
        "platform.name": plain("i.platform"),
        "status": plain("i.status"),
        "error.type": plain("i.metadata ->> 'type'"),
        "error.value": plain("i.metadata ->> 'value'"),
        "error.unhandled": plain("i.unhandled", "boolean"),
        "location": plain("i.metadata ->> 'filename'"),
        "trace": hexadecimal("e.trace_id"),
        "span_id": hexadecimal("e.span_id"),
        "replayId": hexadecimal("e.replay_id"),
        "replay.id": hexadecimal("e.replay_id"),
        "transaction": looked_up("e.transaction_id", "strings", "value"),
        "user.display": _error_tag("user", "string"),
        "timestamp.to_hour": plain("e.timestamp / 3600000000 * 3600000000", "date"),
        "timestamp.to_day": plain("e.timestamp / 86400000000 * 86400000000", "date"),
    },
    attribute=_error_tag,
    searched=("e.title", "i.culprit"),
)


def _json(row: str, table: str | None) -> Callable[[str, Kind], Column]:
    """Attributes in a JSON object: of the row itself, or of a table beside it."""

    def attribute(name: str, kind: Kind) -> Column:
        paths: tuple[object, ...] = (f'$."{name}"',)
        value = "json_extract(attributes, ?)"
        if table is not None:
            # What came inside a transaction has its tags and measurements one level deeper.
            paths = (f'$."{name}"', f'$.tags."{name}"', f'$.measurements."{name}".value')
            value = "coalesce(" + ", ".join(["json_extract(attributes, ?)"] * 3) + ")"
            shown = f"(SELECT {value} FROM {table} WHERE span_row = {row}.id)"  # noqa: S608 - our own names
        else:
            shown = value
        return Column(Fragment(shown, paths), kind)

    return attribute


_DURATION = plain("s.duration / 1000.0", "duration", "millisecond")
_OK = "SELECT id FROM strings WHERE value IN ('ok', 'cancelled', 'unknown', '')"

SPANS = Dataset(
    name="spans",
    source="spans s",
    restriction="1",
    time="s.start",
    project="s.project_id",
    environment="s.environment_id",
    columns={
        **placed("s"),
        "id": hexadecimal("s.span_id"),
        "span_id": hexadecimal("s.span_id"),
        "parent_span": hexadecimal("s.parent_span_id"),
        "trace": hexadecimal("s.trace_id"),
        "segment.id": hexadecimal("s.segment_id"),
        "transaction.span_id": hexadecimal("s.segment_id"),
        "transaction.event_id": hexadecimal("coalesce(s.event_id, s.segment_id)"),
        "transaction.id": hexadecimal("coalesce(s.event_id, s.segment_id)"),
        "is_transaction": plain("s.is_segment", "boolean"),
        "span.op": looked_up("s.op_id", "strings", "value"),
        "transaction.op": looked_up("s.op_id", "strings", "value"),
        "transaction": looked_up("s.transaction_id", "strings", "value"),
        "segment.name": looked_up("s.transaction_id", "strings", "value"),
        "span.status": looked_up("s.status_id", "strings", "value"),
        "transaction.status": looked_up("s.status_id", "strings", "value"),
        "trace.status": looked_up("s.status_id", "strings", "value"),
        "span.description": plain("s.description"),
        "span.name": plain("s.description"),
        "title": plain("s.description"),
        "span.duration": _DURATION,
        "span.self_time": _DURATION,
        "transaction.duration": _DURATION,
        "timestamp": plain("s.start", "date"),
        "precise.start_ts": plain("s.start / 1e6", "number"),
        "precise.finish_ts": plain("(s.start + s.duration) / 1e6", "number"),
        "span.category": plain(
            "(SELECT CASE instr(value, '.') WHEN 0 THEN value"
            " ELSE substr(value, 1, instr(value, '.') - 1) END FROM strings WHERE id = s.op_id)"
        ),
    },
    attribute=_json("s", "span_attributes"),
    searched=("s.description",),
    measured="span.duration",
    failed=f"s.status_id NOT IN ({_OK})",
)

LOGS = Dataset(
    name="logs",
    source="logs l",
    restriction="1",
    time="l.timestamp",
    project="l.project_id",
    environment="l.environment_id",
    columns={
        **placed("l"),
        "id": hexadecimal("l.item_id"),
        "sentry.item_id": hexadecimal("l.item_id"),
        "trace": hexadecimal("l.trace_id"),
        "span_id": hexadecimal("l.span_id"),
        "trace.parent_span_id": hexadecimal("l.span_id"),
        "sentry.trace.parent_span_id": hexadecimal("l.span_id"),
        "severity": plain("l.severity"),
        "level": plain("l.severity"),
        "severity_number": plain("l.severity_number", "integer"),
        "message": plain("l.body"),
        "log.body": plain("l.body"),
        "timestamp": plain("l.timestamp", "date"),
        "timestamp_precise": plain("l.timestamp * 1000", "integer"),
    },
    attribute=_json("l", None),
    searched=("l.body",),
)

METRICS = Dataset(
    name="tracemetrics",
    source="metrics m",
    restriction="1",
    time="m.timestamp",
    project="m.project_id",
    environment="m.environment_id",
    columns={
        **placed("m"),
        "id": hexadecimal("m.item_id"),
        "sentry.item_id": hexadecimal("m.item_id"),
        "trace": hexadecimal("m.trace_id"),
        "span_id": hexadecimal("m.span_id"),
        "metric.name": looked_up("m.name_id", "strings", "value"),
        "metric.type": plain("m.type"),
        "metric.unit": plain("m.unit"),
        "value": plain("m.value", "number"),
        "timestamp": plain("m.timestamp", "date"),
        "timestamp_precise": plain("m.timestamp * 1000", "integer"),
    },
    attribute=_json("m", None),
    searched=(),
    measured="value",
)

# What this server found out by itself: jobs that failed, numbers that crossed a threshold.
OCCURRENCES = replace(ERRORS, name="issuePlatform", restriction="e.kind = 'generic'")

# `transactions` and `discover` are what older clients ask for.
BY_NAME = {
    "errors": ERRORS,
    "discover": ERRORS,
    "issuePlatform": OCCURRENCES,
    "spans": SPANS,
    "transactions": SPANS,
    "spansMetrics": SPANS,
    "logs": LOGS,
    "ourlogs": LOGS,
    "tracemetrics": METRICS,
    "metrics": METRICS,
}
