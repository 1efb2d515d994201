"""Alert rules as BUILD files say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TRIGGERS = ("new_issue", "regression", "event_count")
ACTIONS = ("log", "webhook")


class BadAlertRule(ValueError):
    """An alert rule that cannot be meant; the message says what to write."""


@dataclass(frozen=True)
class AlertRule:
    """When Sentry speaks up about a project, and where: `alert_rule(...)` in a BUILD file.

    Attributes:
        name: unique in the project.
        trigger: `new_issue`, `regression`, or `event_count`: so many events of an issue in a time.
        window_minutes: that time; of `event_count` only.
        threshold: how many events; of `event_count` only.
        action: `log`, where Sentry keeps its own record, or `webhook`.
        url_env: environment variable that has the webhook's URL, which may be a secret.

    Raises:
        BadAlertRule: a value is missing, or has no meaning beside the others.
    """

    name: str
    trigger: str
    window_minutes: int | None = None
    threshold: int | None = None
    action: str = "log"
    url_env: str | None = None

    def __post_init__(self) -> None:
        if self.trigger not in TRIGGERS:
            raise BadAlertRule(f"{self._said}: trigger must be one of {', '.join(TRIGGERS)}.")
        if self.action not in ACTIONS:
            raise BadAlertRule(f"{self._said}: action must be one of {', '.join(ACTIONS)}.")
        if (self.action == "webhook") != (self.url_env is not None):
            raise BadAlertRule(
                f"{self._said}: name the variable that has the webhook's URL, and only a "
                'webhook\'s: action="webhook", url_env="ALERT_WEBHOOK_URL".'
            )
        counted = (self.window_minutes, self.threshold)
        if self.trigger != "event_count":
            if counted != (None, None):
                raise BadAlertRule(
                    f"{self._said}: window_minutes and threshold belong to event_count only."
                )
        elif any(number is None or number < 1 for number in counted):
            raise BadAlertRule(
                f"{self._said}: say how many events in how many minutes: "
                "window_minutes=5, threshold=10."
            )

    @property
    def _said(self) -> str:
        return f'alert_rule(name="{self.name}", trigger="{self.trigger}")'

    def as_json(self) -> dict[str, Any]:
        """The rule as it stands in JSON."""
        return {
            "name": self.name,
            "trigger": self.trigger,
            "window_minutes": self.window_minutes,
            "threshold": self.threshold,
            "action": self.action,
            "url_env": self.url_env,
        }
