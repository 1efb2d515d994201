"""`release scorecard`: how well we do by the plan's numbers."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from release_cli.errors import SettingsInvalid
from release_cli.output import AsJson, Quiet, console, print_json

if TYPE_CHECKING:
    from release_cli.services.scorecard.figures import Scorecard


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(scorecard)


def scorecard(
    days: Annotated[int, typer.Option("--days", min=1, max=90, help="How far back.")] = 14,
    slow: Annotated[
        float, typer.Option("--slow-ms", min=1, help="From when an operation is slow.")
    ] = 1000.0,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with plots there.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 when a target is missed.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure the plan's success: detection, releases with commits, time to resolve, slowness.

    Exit status: 0 when it is measured, 1 when Sentry cannot be read or --check misses a target,
    2 for a wrong command line.
    """
    card = asyncio.run(_measure(days, slow, quiet=quiet or as_json))
    if html is not None:
        _write(card, html)
    if as_json:
        from release_cli.services.scorecard.shown import as_json as shape

        print_json(shape(card))
    elif not quiet:
        from release_cli.services.scorecard.shown import show

        show(console(), card)
    if check and not card.is_met:
        raise typer.Exit(1)


async def _measure(days: int, slow: float, *, quiet: bool) -> "Scorecard":
    from release_cli.services.scorecard.measuring import measure
    from sentry_api import SentryClient

    to = console(stderr=True)
    to.quiet = quiet or not to.is_terminal
    end = datetime.now(UTC)
    with to.status("Measuring"):
        async with SentryClient() as sentry:
            return await measure(sentry, end - timedelta(days=days), end, slow_limit=slow)


def _write(card: "Scorecard", html: Path) -> None:
    from release_cli.services.scorecard.page import page

    try:
        html.write_text(page(card), encoding="utf-8")
    except OSError as error:
        raise SettingsInvalid(
            f"The page cannot be written to {html}: {error.strerror}.", "Name another file."
        ) from error
