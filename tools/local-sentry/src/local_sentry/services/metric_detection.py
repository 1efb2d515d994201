"""Metric monitors: a function over a window of errors, spans, logs or metrics, and thresholds.

Source: https://docs.sentry.io/api/monitors/. A threshold that is crossed makes an issue of the
project, so that alert rules say it; when the number comes back, the issue is resolved.
"""

from dataclasses import dataclass
from sqlite3 import Connection

from local_sentry.protocol.lenient_json import JsonObject, JsonValue, as_list, as_text
from local_sentry.services.discoveries import Discovery, is_over, tell
from local_sentry.services.search import All, Condition, Filter, InvalidQueryError, parse_query
from local_sentry.services.timestamps import SECOND
from local_sentry.store import detectors
from local_sentry.store.detectors import Detector
from local_sentry.store.explore import datasets
from local_sentry.store.explore.aggregates import parse_call
from local_sentry.store.explore.columns import Dataset
from local_sentry.store.explore.query import find
from local_sentry.store.explore.question import ExploreQuery
from local_sentry.store.session import WriteSession

ISSUE_TYPE = "metric_issue"
FINE, WARNING, CRITICAL = 0, 50, 75
_LONGEST_WINDOW = 30 * 86_400  # s
_COMPARISONS = {"gt": "above", "gte": "at or above", "lt": "below", "lte": "at or below"}
_OLD_DATASETS = {"generic_metrics": "spans", "transactions": "spans"}
_BY_EVENT_TYPE = {"trace_item_log": "logs", "trace_item_metric": "tracemetrics"}
# What Sentry calls the user's tag in its own store.
_USER = ("tags[sentry:user]", "user")


class InvalidDetectorError(ValueError):
    """A monitor makes no sense; the message says what of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at a monitor found: the number, and how it stands by that."""

    detector: Detector
    value: float
    priority: int


def dataset_of(query: JsonObject) -> Dataset:
    """What a monitor's query is about.

    Raises:
        InvalidDetectorError: there is no such dataset.
    """
    name = as_text(query.get("dataset"), 64)
    if name == "events":
        return datasets.ERRORS
    if name == "events_analytics_platform":
        kinds = [as_text(kind, 64) for kind in as_list(query.get("eventTypes"))]
        name = next((_BY_EVENT_TYPE[kind] for kind in kinds if kind in _BY_EVENT_TYPE), "spans")
    found = datasets.BY_NAME.get(_OLD_DATASETS.get(name, name))
    if found is None:
        raise InvalidDetectorError("dataset is events or events_analytics_platform.")
    return found


def _number(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def window_of(query: JsonObject) -> int:
    """The seconds that a monitor looks back.

    Raises:
        InvalidDetectorError: they are none, or too many.
    """
    seconds = _number(query.get("timeWindow"))
    if seconds is None or not 60 <= seconds <= _LONGEST_WINDOW:
        raise InvalidDetectorError("timeWindow is seconds: from 60 to 2592000.")
    return int(seconds)


def _explored(detector: Detector, now: int, ago: int) -> ExploreQuery:
    query = detector.query
    dataset = dataset_of(query)
    aggregate = as_text(query.get("aggregate"), 200).replace(*_USER)
    if parse_call(aggregate) is None:
        raise InvalidDetectorError("aggregate is a function, like count() or p95(span.duration).")
    condition: Condition = parse_query(as_text(query.get("query"), 4096))
    if as_text(query.get("dataset"), 64) in _OLD_DATASETS:
        condition = All((condition, Filter("is_transaction", "=", ("true",))))
    environment = as_text(query.get("environment"), 64)
    until = now - ago * SECOND
    return ExploreQuery(
        dataset=dataset,
        fields=(aggregate,),
        condition=condition,
        now=now,
        since=until - window_of(query) * SECOND,
        until=until,
        project_ids=(detector.project_id,),
        environments=(environment,) if environment else (),
        limit=1,
    )


def _value(connection: Connection, detector: Detector, now: int, ago: int = 0) -> float:
    explored = _explored(detector, now, ago)
    rows = find(connection, explored).rows
    value = rows[0].get(explored.fields[0]) if rows else None
    return float(value) if isinstance(value, int | float) else 0.0


def look(connection: Connection, detector: Detector, now: int) -> Finding:
    """How a monitor stands at a time (µs since the epoch).

    Raises:
        InvalidDetectorError: it makes no sense.
        InvalidQueryError: its query makes none.
    """
    value = _value(connection, detector, now)
    if detector.config.get("detectionType") == "percent":
        before = _value(connection, detector, now, _delta(detector.config))
        value = 100.0 * value / before if before else 0.0
    holding = [
        int(result)
        for condition in detector.conditions
        if (result := _number(condition.get("conditionResult"))) is not None
        and _holds(condition, value)
    ]
    if any(holding):
        return Finding(detector, value, max(holding))
    can_resolve = any(each.get("conditionResult") == FINE for each in detector.conditions)
    is_over = FINE in holding or not can_resolve
    return Finding(detector, value, FINE if is_over else detector.priority)


def _delta(config: JsonObject) -> int:
    seconds = _number(config.get("comparisonDelta"))
    if seconds is None or not 60 <= seconds <= _LONGEST_WINDOW:
        raise InvalidDetectorError("comparisonDelta is seconds: from 60 to 2592000.")
    return int(seconds)


def _holds(condition: JsonObject, value: float) -> bool:
    limit = _number(condition.get("comparison"))
    if limit is None:
        return False
    match condition.get("type"):
        case "gt":
            return value > limit
        case "gte":
            return value >= limit
        case "lt":
            return value < limit
        case "lte":
            return value <= limit
    return False


def check(connection: Connection, detector: Detector, now: int) -> None:
    """Returns if a monitor makes sense, after having tried it.

    Raises:
        InvalidDetectorError: it does not.
    """
    if detector.config.get("detectionType") not in ("static", "percent"):
        raise InvalidDetectorError("detectionType is static or percent here.")
    for condition in detector.conditions:
        known = condition.get("type") in _COMPARISONS
        result = condition.get("conditionResult")
        if not known or _number(condition.get("comparison")) is None:
            raise InvalidDetectorError(
                f"A condition compares with a number: {', '.join(_COMPARISONS)}."
            )
        if isinstance(result, bool) or result not in (FINE, WARNING, CRITICAL):
            raise InvalidDetectorError("conditionResult is 75, 50 or, to resolve, 0.")
    if not any(each.get("conditionResult") for each in detector.conditions):
        raise InvalidDetectorError("At least one condition has a conditionResult of 75 or 50.")
    try:
        look(connection, detector, now)
    except InvalidQueryError as error:
        raise InvalidDetectorError(str(error)) from error


def _group(detector: Detector) -> tuple[str, ...]:
    return ("detector", str(detector.id))


def take(session: WriteSession, finding: Finding, now: int) -> None:
    """Notes how a monitor stands; tells when that has become worse, and when it is over."""
    detector = finding.detector
    detectors.stands(session, detector.id, finding.priority, now)
    if finding.priority > detector.priority:
        _tell(session, finding, now)
    elif finding.priority == FINE and detector.priority != FINE:
        is_over(session, detector.project_id, _group(detector), now)


def _crossed(finding: Finding) -> str:
    """What a person is told: `Critical: count() in the last 60 minutes above 100`."""
    query, percent = finding.detector.query, finding.detector.config["detectionType"] == "percent"
    condition = next(
        each
        for each in finding.detector.conditions
        if each.get("conditionResult") == finding.priority and _holds(each, finding.value)
    )
    word = "Critical" if finding.priority == CRITICAL else "Warning"
    how = _COMPARISONS[as_text(condition.get("type"))]
    unit = "% of before" if percent else ""
    return (
        f"{word}: {as_text(query.get('aggregate'), 200)} in the last {window_of(query) // 60}"
        f" minutes {how} {_number(condition.get('comparison')):g}{unit}"
    )


def _tell(session: WriteSession, finding: Finding, now: int) -> None:
    detector = finding.detector
    context: JsonObject = {
        "id": str(detector.id), "name": detector.name, "description": detector.description,
        **{name: detector.query.get(name) for name in ("aggregate", "query", "dataset")},
    }  # fmt: skip
    found = Discovery(
        project_id=detector.project_id,
        issue_type=ISSUE_TYPE,
        group=_group(detector),
        title=detector.name,
        subtitle=f"{_crossed(finding)}. It was {finding.value:g}.",
        culprit="",
        level="error" if finding.priority == CRITICAL else "warning",
        environment=as_text(detector.query.get("environment"), 64),
        tags={"detector.id": str(detector.id)},
        context=("metric monitor", context),
        evidence=(("Value", f"{finding.value:g}"),),
        owner=detector.owner,
        evidence_data={"detectorId": detector.id, "value": finding.value},
    )
    tell(session, found, now)
