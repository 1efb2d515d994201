"""What changed in a release, in Markdown for readers."""

from collections.abc import Iterable

from release_cli.clients.git import short
from release_cli.services.plan import AppPlan, PlannedCommit

_HEADINGS = (
    ("Features", frozenset(("feat", "feature"))),
    ("Fixes", frozenset(("fix", "perf", "revert"))),
)
_REST = "Other changes"


def changelog(plan: AppPlan, *, heading: bool = True) -> str:
    """The changelog of one release.

    Args:
        plan: what is in it.
        heading: whether the version stands above it.
    """
    parts = [f"## {plan.name} {plan.version}"] if heading else []
    parts += [each.text for each in plan.plans if each.text]
    breaking = [each for each in plan.commits if each.said.breaking is not None]
    parts += _section("Breaking", (f"- {each.said.breaking} {_where(each)}" for each in breaking))
    rest = list(plan.commits)
    for title, types in _HEADINGS:
        some = [each for each in rest if each.said.type in types]
        rest = [each for each in rest if each.said.type not in types]
        parts += _section(title, map(_line, some))
    parts += _section(_REST, map(_line, rest))
    if not plan.commits and not plan.plans:
        parts.append("Nothing new.")
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    text = "\n".join(lines)
    return [f"### {title}\n\n{text}"] if text else []


def _line(each: PlannedCommit) -> str:
    scope = f"**{each.said.scope}:** " if each.said.scope else ""
    return f"- {scope}{each.said.subject} {_where(each)}"


def _where(each: PlannedCommit) -> str:
    return f"({short(each.commit.sha)}{'' if each.own else ', in shared code'})"
