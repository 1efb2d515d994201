"""The mapping as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from sentry.mapping import MappedProject

_HEADINGS = ("SENTRY PROJECT", "PROJECT", "PLATFORM", "RELEASE", "OWNERS", "ARTIFACT", "SOURCES")


def table(projects: Sequence[MappedProject]) -> list[str]:
    """Lines of a table, in the order given."""
    if not projects:
        return ["No project is mapped to Sentry: no BUILD file has a sentry_project(...)."]
    rows = [
        (
            one.sentry.slug,
            one.name,
            one.sentry.platform,
            one.release or "-",
            " ".join(one.sentry.owners) or "-",
            one.sentry.artifact.path if one.sentry.artifact else "- (a library)",
            str(len(one.sources)),
        )
        for one in projects
    ]
    lines = [_HEADINGS, *rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines
    ]
