"""What Pants loads: the targets, rules and goals of this plugin."""

from __future__ import annotations

from collections.abc import Iterable

from pants.build_graph.build_file_aliases import BuildFileAliases
from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from workspace import rules as workspace_rules
from workspace.boundaries import rules as boundary_rules
from workspace.target_types import ProjectSymbol, ProjectTarget


def build_file_aliases() -> BuildFileAliases:
    """Return the names that BUILD files may use beside those of targets."""
    return BuildFileAliases(context_aware_object_factories={ProjectSymbol.alias: ProjectSymbol})


def target_types() -> Iterable[type[Target]]:
    """Return the targets of the plugin."""
    return [ProjectTarget]


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of the plugin."""
    return [*workspace_rules.rules(), *boundary_rules.rules()]
