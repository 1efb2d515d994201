"""Progress, on standard error: a bar for each app, a line for what takes long elsewhere.

Without a terminal there are no bars, and each thing that takes long is a line of its own, so that a
pipeline's log says what is waited for. With `--json` or `--quiet` nothing is shown.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from release_cli.output import console

if TYPE_CHECKING:
    from release_cli.services.journal import Step
    from release_cli.services.plan import AppPlan
    from release_cli.services.release_run import OnStep


@contextmanager
def remarks(*, show: bool) -> Iterator[Callable[[str], None]]:
    """Show what is being waited for."""
    if not show:
        yield lambda remark: None
        return
    if not sys.stderr.isatty():
        yield _line
        return
    with console(stderr=True).status("looking at the checkout") as line:
        yield line.update


def _line(remark: str) -> None:
    sys.stderr.write(f"release: {remark} ...\n")
    sys.stderr.flush()


@contextmanager
def progress(
    plans: "Sequence[AppPlan]", steps: "Sequence[Step]", *, show: bool
) -> "Iterator[OnStep]":
    """Show bars while releases are made."""
    if not show or not plans or not sys.stderr.isatty():
        yield lambda plan, step, over: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.fields[app]}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("[dim]{task.description}"),
    )  # fmt: skip
    with Progress(*columns, console=console(stderr=True)) as bars:
        tasks = {
            plan.name: bars.add_task("waits", total=len(steps), app=plan.name) for plan in plans
        }

        def on_step(plan: "AppPlan", step: "Step", over: bool) -> None:
            if over:
                bars.update(tasks[plan.name], advance=1, description=f"{step} done")
            else:
                bars.update(tasks[plan.name], description=step)

        yield on_step
