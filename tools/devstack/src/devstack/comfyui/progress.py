"""How an installation shows what it is doing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


class InstallProgress(Protocol):
    """Told what happens while something is installed."""

    def notice(self, sentence: str) -> None:
        """Say something the person should know before it happens."""

    def at(self, fraction: float, activity: str) -> None:
        """Say how far it is, from 0 to 1, and what is being done."""


class Unseen:
    """Shows nothing."""

    def notice(self, sentence: str) -> None:
        """Say nothing."""

    def at(self, fraction: float, activity: str) -> None:
        """Show nothing."""


class OnConsole:
    """Shows a bar on a terminal, and a line for every few seconds of work elsewhere."""

    _SECONDS_BETWEEN_LINES = 5.0

    def __init__(self, console: Console, bar: Progress | None) -> None:
        self._console = console
        self._bar = bar
        self._task = bar.add_task("Installing ComfyUI", total=1.0) if bar else None
        self._last_line = 0.0

    def notice(self, sentence: str) -> None:
        """Print the sentence above the bar."""
        self._console.print(sentence, highlight=False, markup=False, soft_wrap=True)

    def at(self, fraction: float, activity: str) -> None:
        """Move the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=fraction, description=activity)
        elif time.monotonic() - self._last_line >= self._SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self.notice(f"{fraction:4.0%} {activity}")


@contextmanager
def on_console(console: Console) -> Iterator[InstallProgress]:
    """Show progress for as long as the block lasts; the bar appears with the first news."""
    if not console.is_terminal:
        yield OnConsole(console, None)
        return
    columns = (
        BarColumn(30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield OnConsole(console, bar)
