"""What Pants loads: the target, rules and goals of this plugin."""

from __future__ import annotations

from collections.abc import Iterable

from pants.build_graph.build_file_aliases import BuildFileAliases
from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from sentry import goals, lint, publish, stamp
from sentry import rules as sentry_rules
from sentry.alerts import AlertRule
from sentry.target_types import NotInSentryField, SentryProjectTarget
from workspace.target_types import ProjectTarget


def build_file_aliases() -> BuildFileAliases:
    """Return the names that BUILD files may use beside those of targets."""
    return BuildFileAliases(objects={"alert_rule": AlertRule})


def target_types() -> Iterable[type[Target]]:
    """Return the targets of the plugin."""
    return [SentryProjectTarget]


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of the plugin."""
    return [
        *goals.rules(),
        *lint.rules(),
        *publish.rules(),
        *sentry_rules.rules(),
        *stamp.rules(),
        ProjectTarget.register_plugin_field(NotInSentryField),
    ]
