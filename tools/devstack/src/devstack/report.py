"""Says to a person or a program what the stack does and where to look."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import orjson
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from devstack.checks import Check
from devstack.comfyui.progress import InstallProgress, on_console
from devstack.errors import DevstackError


class Report:
    """What a run has to say.

    Results go to standard output: as panels for a person, or one JSON object per line with
    `as_json`. Progress and errors go to standard error, errors also with `quiet`.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json = as_json
        self._quiet = quiet
        self._results = Console(highlight=False, soft_wrap=True)
        self._progress = Console(
            stderr=True, highlight=False, soft_wrap=True, quiet=quiet or as_json
        )
        self._install: InstallProgress | None = None

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Show the progress of a start while the block lasts."""
        with on_console(self._progress) as self._install:
            yield

    def notice(self, sentence: str) -> None:
        """Say something the person should know before it happens."""
        if self._install is not None:
            self._install.notice(sentence)

    def at(self, fraction: float, activity: str) -> None:
        """Show how far an installation is."""
        if self._install is not None:
            self._install.at(fraction, activity)

    def ready(self, name: str, where: str) -> None:
        """Say that a part is ready."""
        self._progress.print(Text.assemble(("✓ ", "green"), f"{name:13}", (where, "cyan")))

    def doing(self, sentence: str) -> None:
        """Say what comes next."""
        self._progress.print(Text(sentence, style="dim"))

    def where_to_look(self, places: Mapping[str, str]) -> None:
        """Show the addresses that a person wants now."""
        if self._as_json:
            self._print_json(
                {"event": "ready", **{_key(name): url for name, url in places.items()}}
            )
        elif not self._quiet and self._results.is_terminal:
            table = Table.grid(padding=(0, 2))
            table.add_column(style="bold")
            table.add_column(overflow="fold")
            for name, url in places.items():
                table.add_row(name, Text(url, style=f"cyan link {url}"))
            panel = Panel(table, title="Where to look", border_style="green", expand=False)
            self._results.print(panel, soft_wrap=False)
        elif not self._quiet:
            for name, url in places.items():
                self._results.print(f"{name}: {url}", markup=False)

    def check(self, check: Check) -> None:
        """Show one check."""
        if self._as_json:
            self._print_json(
                {
                    "event": "check",
                    "claim": check.claim,
                    "holds": check.holds,
                    "evidence": check.evidence,
                }
            )
        elif not self._quiet or not check.holds:
            mark = Text("✓ ", style="green") if check.holds else Text("✗ ", style="bold red")
            self._results.print(mark + Text(check.claim) + Text(f"\n  {check.evidence}", "dim"))

    def verdict(self, *, failed: int, of: int) -> None:
        """Show what the checks come to."""
        if self._as_json:
            self._print_json(
                {"event": "verdict", "ok": failed == 0, "checks": of, "failed": failed}
            )
        elif not self._quiet:
            text = f"All {of} checks hold." if failed == 0 else f"{failed} of {of} checks fail."
            self._results.print(Text(text, style="bold green" if failed == 0 else "bold red"))

    def error(self, error: DevstackError) -> None:
        """Say what is wrong and what to do."""
        if self._as_json:
            self._print_json({"event": "error", "what": error.what, "remedy": error.remedy})
            return
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(Text.assemble(("✗ ", "bold red"), (error.what, "bold"), "\n  ", error.remedy))

    def _print_json(self, fields: Mapping[str, object]) -> None:
        sys.stdout.write(orjson.dumps(fields).decode() + "\n")
        sys.stdout.flush()


def _key(name: str) -> str:
    return name.lower().replace(" ", "_")
