"""What alert rules say: their conditions, filters and actions, in the words Sentry's clients use.

Source: https://docs.sentry.io/api/alerts/create-an-issue-alert-rule-for-a-project/. Sentry has no
webhook with an address of its own in a rule: `WEBHOOK` and `LOG` are this server's.
"""

from collections.abc import Callable
from dataclasses import dataclass

from local_sentry.protocol.lenient_json import JsonObject, JsonValue, as_text
from local_sentry.services.periods import parse_period

WEBHOOK = "local_sentry.actions.webhook"
LOG = "local_sentry.actions.log"
ACTIONS = (WEBHOOK, LOG)

_BASE = "sentry.rules.conditions."
FIRST_SEEN = f"{_BASE}first_seen_event.FirstSeenEventCondition"
REGRESSION = f"{_BASE}regression_event.RegressionEventCondition"
REAPPEARED = f"{_BASE}reappeared_event.ReappearedEventCondition"
EVERY = f"{_BASE}every_event.EveryEventCondition"
EVENT_FREQUENCY = f"{_BASE}event_frequency.EventFrequencyCondition"
USER_FREQUENCY = f"{_BASE}event_frequency.EventUniqueUserFrequencyCondition"
CONDITIONS = (FIRST_SEEN, REGRESSION, REAPPEARED, EVERY, EVENT_FREQUENCY, USER_FREQUENCY)

LEVEL = "sentry.rules.filters.level.LevelFilter"
TAGGED = "sentry.rules.filters.tagged_event.TaggedEventFilter"
OCCURRENCES = "sentry.rules.filters.issue_occurrences.IssueOccurrencesFilter"
FILTERS = (LEVEL, TAGGED, OCCURRENCES)

_HAPPENED = {FIRST_SEEN: "first_seen", REGRESSION: "set_regression", EVERY: "event"} | {
    REAPPEARED: "set_escalating"
}
_LEVELS = {"sample": 0, "debug": 10, "info": 20, "warning": 30, "error": 40, "fatal": 50}


class InvalidRuleError(ValueError):
    """A rule makes no sense; the message says what."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known when a rule is looked at.

    Attributes:
        happened: what happened to the issue since the last look.
        level: of the issue.
        tags: of its newest event.
        times_seen: its events, ever.
        count: events (or users, when asked) within so many µs.
    """

    happened: frozenset[str]
    level: str
    tags: dict[str, str]
    times_seen: int
    count: Callable[[int, bool], int]


def _matches(how: str, results: list[bool]) -> bool:
    if not results:
        return True
    match how:
        case "any":
            return any(results)
        case "none":
            return not any(results)
    return all(results)


def number(value: JsonValue, field: str) -> int:
    """A whole number that a client wrote as one, or as text.

    Raises:
        InvalidRuleError: it is none.
    """
    text = as_text(value).strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise InvalidRuleError(f"{field} is a whole number.")
    return int(text)


def interval(value: JsonValue) -> int:
    """A window like `5m` or `1h`, in µs.

    Raises:
        InvalidRuleError: it is none.
    """
    length = parse_period(as_text(value, 16))
    if length is None or length <= 0:
        raise InvalidRuleError("interval is written like 5m, 1h or 1d.")
    return length


def _condition(rule: JsonObject, found: Circumstances) -> bool:
    kind = as_text(rule.get("id"), 200)
    if kind in _HAPPENED:
        return _HAPPENED[kind] in found.happened
    return found.count(interval(rule.get("interval")), kind == USER_FREQUENCY) > number(
        rule.get("value"), "value"
    )


def _compare(match: str, have: str, wanted: str) -> bool:
    match match:
        case "eq":
            return have == wanted
        case "ne":
            return have != wanted
        case "co":
            return wanted in have
        case "nc":
            return wanted not in have
        case "sw":
            return have.startswith(wanted)
        case "ew":
            return have.endswith(wanted)
        case "is":
            return have != ""
    return have == ""  # ns, is not set


def _filter(rule: JsonObject, found: Circumstances) -> bool:
    kind = as_text(rule.get("id"), 200)
    if kind == OCCURRENCES:
        return found.times_seen >= number(rule.get("value"), "value")
    if kind == TAGGED:
        have = found.tags.get(as_text(rule.get("key"), 200), "")
        return _compare(as_text(rule.get("match"), 8) or "eq", have, as_text(rule.get("value")))
    have_level, wanted = _LEVELS.get(found.level, 40), number(rule.get("level"), "level")
    match as_text(rule.get("match"), 8):
        case "gte":
            return have_level >= wanted
        case "lte":
            return have_level <= wanted
    return have_level == wanted


def fires(
    conditions: tuple[JsonObject, ...],
    filters: tuple[JsonObject, ...],
    action_match: str,
    filter_match: str,
    found: Circumstances,
) -> bool:
    """Whether a rule holds in these circumstances."""
    return _matches(action_match, [_condition(each, found) for each in conditions]) and _matches(
        filter_match, [_filter(each, found) for each in filters]
    )


def check(
    conditions: list[JsonObject], filters: list[JsonObject], actions: list[JsonObject]
) -> None:
    """Returns if a rule makes sense.

    Raises:
        InvalidRuleError: it does not.
    """
    nothing = Circumstances(frozenset(), "error", {}, 0, lambda window, users: 0)
    for name, parts, known in (
        ("condition", conditions, CONDITIONS), ("filter", filters, FILTERS),
        ("action", actions, ACTIONS),
    ):  # fmt: skip
        for part in parts:
            if part.get("id") not in known:
                raise InvalidRuleError(f"Unknown {name}. There are: {', '.join(known)}.")
    for condition in conditions:
        _condition(condition, nothing)
    for each in filters:
        _filter(each, nothing)
    if not actions:
        raise InvalidRuleError("A rule has at least one action.")
