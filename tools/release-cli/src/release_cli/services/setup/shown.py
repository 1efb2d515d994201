"""Steps and their outcome for people: grouped by project, a sign before each."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from release_cli.services.setup.changes import Action, Change, Kind
from release_cli.services.setup.doing import Failure

_SIGNS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.DELETE: ("-", "red"),
    Action.KEEP: ("·", "dim"),
}
_OF_LINES = (Kind.OWNERSHIP, Kind.IGNORED)


def show(console: Console, changes: Sequence[Change], *, done: bool) -> None:
    """Print the steps, then what they come to in one line."""
    project: str | None = None
    for change in changes:
        if change.project != project:
            project = change.project
            console.print(Text(project or "the organization", style="bold"), soft_wrap=True)
        console.print(_one(change), soft_wrap=True)
    console.print(_sum(changes, done=done), soft_wrap=True)


def _one(change: Change) -> RenderableType:
    sign, style = _SIGNS[change.action]
    head = Text.assemble(f"  {sign} ", change.kind.value, style=style)
    if change.kind not in _OF_LINES and change.name != change.project:
        head.append(f" {change.name}")
    if change.kind in _OF_LINES:
        return Group(head, *(Text(f"      {line}") for line in _lines(change)))
    before, after = "; ".join(change.before), "; ".join(change.after)
    if change.action is Action.UPDATE:
        head.append(f": {before} ⇒ {after}", style="default")
    elif change.action is Action.KEEP:
        head.append(" is there and in no BUILD file; --prune would take it away")
    elif after:
        head.append(f": {after}", style="default")
    return head


def _lines(change: Change) -> list[str]:
    if change.action is Action.KEEP:
        why = "(in no BUILD file; --prune would take it away)"
        return [f"· {line}   {why}" for line in change.before]
    return [
        *(f"- {line}" for line in change.before if line not in change.after),
        *(f"+ {line}" for line in change.after if line not in change.before),
    ]


def _sum(changes: Sequence[Change], *, done: bool) -> Text:
    count = {action: sum(each.action is action for each in changes) for action in Action}
    kept = f"; {count[Action.KEEP]} kept that no BUILD file has" if count[Action.KEEP] else ""
    if not any(count[action] for action in (Action.CREATE, Action.UPDATE, Action.DELETE)):
        return Text(f"Sentry is as the BUILD files say{kept}.", style="green")
    words = ("created", "changed", "deleted") if done else ("to create", "to change", "to delete")
    numbers = (count[Action.CREATE], count[Action.UPDATE], count[Action.DELETE])
    parts = [f"{number} {word}" for number, word in zip(numbers, words, strict=True)]
    return Text(f"{', '.join(parts)}{kept}.")


def show_failures(console: Console, failures: Sequence[Failure]) -> None:
    """Print what did not work; what only followed from that is counted."""
    for failure in failures:
        if failure.follows:
            continue
        change = failure.change
        where = f"{change.project}: " if change.project else ""
        line = f"{where}{change.kind.value} {change.name}: {failure.problem}"
        console.print(Text(line, style="red"), soft_wrap=True)
        console.print(Text(f"    {failure.advice}"), soft_wrap=True)
    follows = sum(failure.follows for failure in failures)
    if follows:
        console.print(Text(f"{follows} more steps wait for what was not made."))
