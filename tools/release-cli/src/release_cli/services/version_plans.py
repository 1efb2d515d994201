"""Version plans: files that say ahead, in words for readers, how far versions will move.

A file `.release/NAME.md` names projects and levels between two lines of dashes; below them stands
what the changelog says::

    ---
    gateway: minor
    web: patch
    ---
    Workflows can be cancelled.

A plan counts for the first release after it was written or changed, so nobody has to delete it.
"""

from dataclasses import dataclass

from release_cli.errors import ReleaseCliError
from release_cli.services.versions import Level

FOLDER = ".release"


class VersionPlanInvalid(ReleaseCliError):
    """A version plan cannot be read."""

    kind = "version-plan-invalid"


@dataclass(frozen=True, slots=True)
class VersionPlan:
    """What a file says: a level by project, and words for the changelog."""

    path: str
    levels: dict[str, Level]
    text: str


def read_version_plan(path: str, content: str) -> VersionPlan:
    """Take a version plan apart.

    Raises:
        VersionPlanInvalid: it is none.
    """
    lines = content.replace("\r\n", "\n").split("\n")
    marks = [number for number, line in enumerate(lines) if line.strip() == "---"][:2]
    if len(marks) < 2 or marks[0] != 0:
        raise VersionPlanInvalid(
            f"{path} does not begin with projects between two lines of dashes.",
            "Write `---`, then lines like `gateway: minor`, then `---`, then what changed.",
        )
    levels: dict[str, Level] = {}
    for line in filter(str.strip, lines[1 : marks[1]]):
        project, _, word = (part.strip().strip("'\"") for part in line.partition(":"))
        if word not in (known := {level.word: level for level in Level}):
            raise VersionPlanInvalid(
                f"{path} says {line.strip()!r}.", f"Write PROJECT: {', '.join(known)}."
            )
        levels[project] = known[word]
    return VersionPlan(path, levels, "\n".join(lines[marks[1] + 1 :]).strip())
