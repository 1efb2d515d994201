"""What Pants loads: the rules of this plugin and the `skip_ruff` field."""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.python.lint.ruff import skip_field, subsystem
from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from ruff import rules as ruff_rules


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of the plugin, for Pants."""
    return [*ruff_rules.rules(), *subsystem.rules(), *skip_field.rules()]
