"""What became of each task, and what a person reads about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workspace.tasks.plan import TaskId


class State(Enum):
    """How a task ended."""

    CACHED = "cached"
    RAN = "ran"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """How one task ended.

    Attributes:
        task: which.
        state: how.
        seconds: how long it took this time.
        saved: how long it took when its result was made that came from the cache, in seconds.
        log: what it printed, then or now.
        reason: why it failed or was skipped, in a few words.
    """

    task: TaskId
    state: State
    seconds: float = 0.0
    saved: float = 0.0
    log: str = ""
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether what needs it may start."""
        return self.state in (State.CACHED, State.RAN)

    def as_json(self) -> dict[str, Any]:
        """The outcome as it stands in JSON."""
        return {
            "task": str(self.task),
            "outcome": self.state.value,
            "seconds": round(self.seconds, 3),
            "saved": round(self.saved, 3),
            "reason": self.reason,
            "log": self.log,
        }

    def line(self) -> str:
        """The outcome in one line."""
        if self.state is State.CACHED:
            return f"{self.task} cached, {self.saved:.1f} s saved"
        if self.state is State.RAN:
            return f"{self.task} ran in {self.seconds:.1f} s"
        return f"{self.task} {self.state.value}: {self.reason}"


def logs(outcomes: Iterable[Outcome], *, whole: bool) -> str:
    """What the tasks printed: of failures all, of successes how much, unless all is asked for."""
    blocks = []
    for outcome in outcomes:
        text = outcome.log.rstrip("\n")
        if not text:
            continue
        if whole or outcome.state is State.FAILED:
            blocks.append(f"── {outcome.line()}\n{text}")
        else:
            count = text.count("\n") + 1
            lines = "1 line" if count == 1 else f"{count} lines"
            blocks.append(f"── {outcome.line()} ({lines}; --logs shows them)")
    return "\n".join(blocks)


def summary(outcomes: Sequence[Outcome]) -> str:
    """The table at the end, and the totals."""
    rows = [
        ("task", "outcome", "time", "saved", ""),
        *(
            (
                str(outcome.task),
                outcome.state.value,
                f"{outcome.seconds:.1f} s" if outcome.seconds else "",
                f"{outcome.saved:.1f} s" if outcome.saved else "",
                outcome.reason,
            )
            for outcome in outcomes
        ),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  "
        f"{row[3]:>{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    ]
    counts = ", ".join(
        f"{sum(outcome.state is state for outcome in outcomes)} {state.value}" for state in State
    )
    saved = sum(outcome.saved for outcome in outcomes)
    tasks = "1 task" if len(outcomes) == 1 else f"{len(outcomes)} tasks"
    return "\n".join([*table, "", f"{tasks}: {counts}; {saved:.1f} s saved"])
