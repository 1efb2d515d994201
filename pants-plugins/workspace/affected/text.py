"""What `./pants affected` prints for a person."""

from __future__ import annotations

from collections.abc import Iterator

from workspace.affected.analysis import Affected, AffectedProject


def listing(affected: Affected, *, targets: bool) -> Iterator[str]:
    """One name or address a line, for a person or a pipe."""
    if targets:
        yield from affected.targets
    else:
        yield from (one.project.name for one in affected.projects)


def remarks(affected: Affected) -> Iterator[str]:
    """What stands beside the listing, on standard error."""
    if affected.everything:
        yield f"Everything is chosen: {affected.everything}"
    for name in affected.gone:
        yield f"The project {name} is no more."


def explanation(affected: Affected) -> Iterator[str]:
    """For each project, the way from a changed file to it, one step a line."""
    for number, one in enumerate(affected.projects):
        if number:
            yield ""
        yield from _chain(one)


def _chain(one: AffectedProject) -> Iterator[str]:
    yield f"{one.project.name}  ({one.project.folder or 'the root'})"
    # A file and the target that is the file are one line for a person.
    steps = [
        step
        for before, step in zip((None, *one.chain), one.chain)
        if not (before and before.kind == "file" and step.id == before.id)
    ]
    width = max(len(step.id) for step in steps)
    for number, step in enumerate(steps):
        arrow = "→ " if number else "  "
        yield f"  {arrow}{step.id:<{width}}  {step.reason}"
