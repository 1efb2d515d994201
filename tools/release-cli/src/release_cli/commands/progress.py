"""Progress of releases, a bar for each app; silent where nobody watches."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from release_cli.output import console
from release_cli.services.journal import Step
from release_cli.services.plan import AppPlan
from release_cli.services.release_run import OnStep


@contextmanager
def progress(plans: Sequence[AppPlan], steps: Sequence[Step], *, show: bool) -> Iterator[OnStep]:
    """Show bars while releases are made, on standard error."""
    screen = console(stderr=True) if show and plans else None
    if screen is None or not screen.is_terminal:
        yield lambda plan, step, over: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.fields[app]}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("[dim]{task.description}"),
    )  # fmt: skip
    with Progress(*columns, console=screen) as bars:
        tasks = {
            plan.name: bars.add_task("waits", total=len(steps), app=plan.name) for plan in plans
        }

        def on_step(plan: AppPlan, step: Step, over: bool) -> None:
            if over:
                bars.update(tasks[plan.name], advance=1, description=f"{step} done")
            else:
                bars.update(tasks[plan.name], description=step)

        yield on_step
