"""Alert rules, code mappings and owners, as BUILD files say them and tools read them."""

from __future__ import annotations

from typing import Any

import pytest

from sentry.alerts import AlertRule, BadAlertRule
from sentry.mapping import Artifact, MappedProject, SentryProject, code_mappings


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"trigger": "often"}, "trigger must be one of new_issue, regression, event_count"),
        ({"trigger": "regression", "action": "shout"}, "action must be one of log, webhook"),
        ({"trigger": "regression", "action": "webhook"}, 'url_env="ALERT_WEBHOOK_URL"'),
        ({"trigger": "regression", "url_env": "URL"}, 'action="webhook"'),
        ({"trigger": "new_issue", "threshold": 3}, "belong to event_count only"),
        ({"trigger": "event_count", "threshold": 3}, "window_minutes=5, threshold=10"),
        ({"trigger": "event_count", "threshold": 0, "window_minutes": 1}, "threshold=10"),
    ],
)
def test_an_alert_rule_that_cannot_be_meant_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(BadAlertRule, match=words):
        AlertRule(name="Loud", **said)


def test_tools_read_all_of_it() -> None:
    alert = AlertRule("Many", "event_count", 5, 10, "webhook", "HOOK")
    mapped = MappedProject(
        SentryProject(
            address="apps/shop:sentry",
            slug="kijko-shop",
            platform="python",
            owners=("#kijko", "ada@example.org"),
            artifact=Artifact("apps/shop:shop", "dist/apps.shop/shop.pex"),
            alert_rules=(alert,),
            ignore_rules=("*gone*",),
            code_mappings=code_mappings(
                {"shop/": "apps/shop/src/shop/", "shared": "packages/shared/src/shared"}
            ),
        ),
        name="shop",
        folder="apps/shop",
        version="1.0.0",
        release="kijko-shop@1.0.0+abc",
        sources=("apps/shop/src/shop/cli.py",),
    )
    assert mapped.as_json() == {
        "address": "apps/shop:sentry",
        "project": "kijko-shop",
        "platform": "python",
        "workspace_project": "shop",
        "root": "apps/shop",
        "artifact": {"address": "apps/shop:shop", "path": "dist/apps.shop/shop.pex"},
        "version": "1.0.0",
        "release": "kijko-shop@1.0.0+abc",
        "owners": ["#kijko", "ada@example.org"],
        # For its own code, and not for what is packaged beside it.
        "ownership_rules": ["path:shop/* #kijko ada@example.org"],
        "alert_rules": [
            {
                "name": "Many",
                "trigger": "event_count",
                "window_minutes": 5,
                "threshold": 10,
                "action": "webhook",
                "url_env": "HOOK",
            }
        ],
        "ignore_rules": ["*gone*"],
        "code_mappings": [
            {"stack_root": "shop", "source_root": "apps/shop/src/shop"},
            {"stack_root": "shared", "source_root": "packages/shared/src/shared"},
        ],
        "sources": ["apps/shop/src/shop/cli.py"],
    }


def test_ownership_rules_that_are_written_out_count() -> None:
    rules = ("url:*/pay/* #money",)
    project = SentryProject("a:s", "a", "python", ("#kijko",), None, own_rules=rules)
    assert project.ownership_rules("a") == rules
