"""The scorecard as a table and as JSON."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from release_cli.services.scorecard.figures import Figure, Scorecard


def show(console: Console, card: Scorecard) -> None:
    """Print the figures, and by name what misses a target."""
    table = Table("figure", "value", "target", "measured from", box=None, pad_edge=False)
    for figure in card.figures:
        table.add_row(figure.name, figure.said, _target(figure), Text(figure.basis, style="dim"))
    console.print(table)
    for project in card.coverage:
        for version in project.bare:
            console.print(Text(f"without commits: {version}"), soft_wrap=True)
    for slow in card.slow[:10]:
        where = f"slow: {slow.p95:.0f} ms, {slow.calls} calls: {slow.name} ({slow.project})"
        console.print(Text(where), soft_wrap=True)


def _target(figure: Figure) -> Text:
    if figure.met is None:
        return Text(figure.target)
    if figure.met:
        return Text(f"✓ {figure.target}", style="green")
    return Text(f"✗ {figure.target}", style="red")


def as_json(card: Scorecard) -> dict[str, object]:
    """All of it; durations are seconds, slow operations milliseconds."""
    return {
        "organization": card.organization,
        "start": card.start.isoformat(),
        "end": card.end.isoformat(),
        "met": card.is_met,
        "figures": {
            figure.key: {
                "value": figure.value,
                "said": figure.said,
                "basis": figure.basis,
                "target": figure.target or None,
                "met": figure.met,
            }
            for figure in card.figures
        },
        "detections": [
            {
                "project": each.project,
                "issue": each.issue,
                "rule": each.rule,
                "seconds": each.took.total_seconds(),
            }
            for each in card.detections
        ],
        "releases": [
            {"project": each.project, "releases": each.releases, "without_commits": [*each.bare]}
            for each in card.coverage
        ],
        "resolutions": [
            {"project": each.project, "issue": each.issue, "seconds": each.took.total_seconds()}
            for each in card.resolutions
        ],
        "slow_operations": [
            {"project": each.project, "name": each.name, "p95_ms": each.p95, "calls": each.calls}
            for each in card.slow
        ],
        "mcp_queries": card.queries,
    }
