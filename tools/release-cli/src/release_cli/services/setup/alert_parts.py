"""Alert rules as Sentry takes them, made of what a server says it knows."""

from collections.abc import Iterable, Sequence
from typing import Any

from release_cli.errors import ReleaseCliError
from release_cli.projects import AlertRule
from sentry_api.models.settings import AlertRule as KnownRule
from sentry_api.models.settings import NewAlertRule, RuleParts

_SILENCE_MINUTES = 30  # for which a rule then says nothing of the same issue
_CONDITIONS = {
    "new_issue": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition",
    "regression": "sentry.rules.conditions.regression_event.RegressionEventCondition",
    "event_count": "sentry.rules.conditions.event_frequency.EventFrequencyCondition",
}
# Sentry keeps no log of its own but for mail to whom it concerns; a machine's Sentry does.
_LOGS: tuple[tuple[str, dict[str, str]], ...] = (
    ("local_sentry.actions.log", {}),
    (
        "sentry.mail.actions.NotifyEmailAction",
        {"targetType": "IssueOwners", "fallthroughType": "ActiveMembers"},
    ),
)
_CALLS_A_URL = "local_sentry.actions.webhook"
# What it calls is set up in Sentry, not in the rule.
_CALLS_A_SERVICE = "sentry.rules.actions.notify_event_service.NotifyEventServiceAction"
_INTERVALS = {60: "1h", 1440: "1d", 10_080: "1w", 43_200: "30d"}  # Sentry's names of minutes


class ServerLacks(ReleaseCliError):
    """The server does not know what a rule is made of."""

    kind = "server-lacks"


def as_sent(rule: AlertRule, url: str | None, parts: RuleParts) -> NewAlertRule:
    """A rule as it is sent.

    Args:
        rule: As the BUILD file says it.
        url: What a webhook calls.
        parts: What the server knows.

    Raises:
        ServerLacks: it knows no such action.
    """
    condition: dict[str, Any] = {"id": _CONDITIONS[rule.trigger]}
    if rule.trigger == "event_count":
        window = rule.window_minutes or 1
        interval = _INTERVALS.get(window, f"{window}m")
        condition |= {"value": rule.threshold or 1, "interval": interval}
    return NewAlertRule(
        name=rule.name,
        frequency=_SILENCE_MINUTES,
        action_match="any",
        filter_match="all",
        conditions=[condition],
        actions=[_action(rule, url, {part.id for part in parts.actions})],
    )


def _action(rule: AlertRule, url: str | None, known: set[str]) -> dict[str, Any]:
    if rule.action == "webhook":
        if _CALLS_A_URL in known:
            return {"id": _CALLS_A_URL, "url": url}
        if _CALLS_A_SERVICE in known:
            return {"id": _CALLS_A_SERVICE, "service": "webhooks"}
    else:
        for name, fields in _LOGS:
            if name in known:
                return {"id": name, **fields}
    raise ServerLacks(
        f"This Sentry has no action for {rule.action!r}, which the alert rule {rule.name!r} wants.",
        "Give the rule another action in its BUILD file.",
    )


def is_as_wanted(known: KnownRule, wanted: NewAlertRule) -> bool:
    """Whether a rule on the server is what is wanted; what servers add to it does not count."""
    return (
        known.status in (None, "active")
        and known.frequency == wanted.frequency
        and known.action_match == wanted.action_match
        and (known.environment or None) == (wanted.environment or None)
        and _same(known.conditions, wanted.conditions)
        and _same(known.filters, wanted.filters)
        and _same(known.actions, wanted.actions)
    )


def _same(known: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]]) -> bool:
    return len(known) == len(wanted) and all(
        _has(there, each) for there, each in zip(known, wanted, strict=True)
    )


def _has(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(str(there.get(key)) == str(value) for key, value in wanted.items())


def said(rule: AlertRule) -> str:
    """A rule in words, without the address that it calls."""
    when = {
        "new_issue": "a new issue",
        "regression": "a resolved issue that is back",
        "event_count": f"more than {rule.threshold} events in {rule.window_minutes} minutes",
    }[rule.trigger]
    return f"{when} → {rule.action}" + (f" ${rule.url_env}" if rule.url_env else "")


def kinds(parts: Iterable[dict[str, Any]]) -> str:
    """What a rule on the server is made of, in few words."""
    return ", ".join(str(part.get("id", "?")).rpartition(".")[2] for part in parts) or "nothing"
