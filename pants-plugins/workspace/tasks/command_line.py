"""The command line of `./pants tasks`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workspace.arguments import Parser


@dataclass(frozen=True)
class Wanted:
    """What a person asked for.

    Attributes:
        names: the tasks' names.
        projects: in which projects; all if empty.
        since: the commit from which a project must differ to be affected; none where all are meant.
        dry_run: print the plan and do nothing.
        graph: print the plan as a Mermaid flowchart and do nothing.
        fail_fast: start nothing after a failure.
        logs: print what successful tasks said, too.
        json: print JSON: the tasks there are, the plan, or what became of each.
    """

    names: tuple[str, ...]
    projects: tuple[str, ...] = ()
    since: str | None = None
    dry_run: bool = False
    graph: bool = False
    fail_fast: bool = False
    logs: bool = False
    json: bool = False


def read(words: Sequence[str]) -> Wanted:
    """Read the words after `./pants tasks`.

    Raises:
        BadArguments: they are wrong.
        HelpWanted: they ask for help.
    """
    parser = Parser("./pants tasks", "Run named tasks of projects, each after what it needs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a task; none lists them")
    parser.add_argument(
        "--project", action="append", default=[], metavar="NAME", help="only there; may be repeated"
    )
    parser.add_argument("--affected", action="store_true", help="only where --since can be felt")
    parser.add_argument("--since", metavar="REF", help="what to compare with (default: main)")
    parser.add_argument("--dry-run", action="store_true", help="print the plan, do nothing")
    parser.add_argument("--graph", action="store_true", help="print the plan as a Mermaid chart")
    after = parser.add_mutually_exclusive_group()
    after.add_argument(
        "--continue", action="store_true", help="after a failure, go on with what does not need it"
    )
    after.add_argument("--fail-fast", action="store_true", help="after a failure, start nothing")
    parser.add_argument("--logs", action="store_true", help="show what successful tasks printed")
    parser.add_argument("--json", action="store_true", help="print JSON, logs included")
    said = parser.read(words)
    if said.since and not said.affected:
        parser.error("--since says what --affected compares with; give both")
    return Wanted(
        tuple(dict.fromkeys(said.names)),
        tuple(said.project),
        (said.since or "main") if said.affected else None,
        said.dry_run,
        said.graph,
        said.fail_fast,
        said.logs,
        said.json,
    )
