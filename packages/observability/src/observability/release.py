"""A release has one name: how it is spelled, and how a running program reads its own.

The build stamps ``observability/release.json`` into every packaged artifact::

    {"releases": {"kijko-api": "kijko-api@0.1.0+abc1234"}}

What was packaged with changes that are not committed says so: ``…+abc1234.dirty``. One file may
name several Sentry projects, because one artifact may hold several. A checkout that was never
packaged has no stamp, and then its events carry no release rather than a false one.
"""

import re
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from pydantic import BaseModel, ConfigDict, ValidationError

from observability.errors import ReleaseError

STAMP = "release.json"
PROJECT_PATTERN = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?P<project>{PROJECT_PATTERN})"
    r"@(?P<version>\d+\.\d+\.\d+(?:-[0-9A-Za-z]+(?:\.[0-9A-Za-z]+)*)?)"
    r"\+(?P<revision>[0-9a-f]{7,40}(?:\.dirty)?)",
    re.ASCII,
)


class _Stamp(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    releases: dict[str, str]


@dataclass(frozen=True, slots=True)
class Release:
    """A release name taken apart: ``<sentry project>@<version>+<short sha>``."""

    project: str
    version: str
    revision: str

    def __str__(self) -> str:
        return f"{self.project}@{self.version}+{self.revision}"

    @classmethod
    def parse(cls, name: str, *, project: str | None = None) -> "Release":
        """Take a release name apart.

        Args:
            name: The whole name, such as ``kijko-api@0.1.0+abc1234``.
            project: The Sentry project the release must belong to; any when not given.

        Raises:
            ReleaseError: The name has another form, or belongs to another project.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ReleaseError(
                f"The release {name!r} is not of the form <project>@<version>+<short sha>. "
                "Name it like kijko-api@0.1.0+abc1234."
            )
        release = cls(**match.groupdict())
        if project is not None and release.project != project:
            raise ReleaseError(
                f"The release {name!r} belongs to {release.project}, but this program is {project}."
                f" Unset SENTRY_RELEASE, or set it to a release of {project}."
            )
        return release


def stamped_release(project: str, *, root: Traversable | None = None) -> Release | None:
    """Read this artifact's release of ``project`` from its stamp.

    Args:
        project: A Sentry project's slug, such as ``kijko-api``.
        root: The folder that holds the stamp; this package's own when not given.

    Returns:
        The release, or None where nothing was stamped for that project.

    Raises:
        ReleaseError: The stamp is there and cannot be used.
    """
    stamp = (root or resources.files("observability")) / STAMP
    if not stamp.is_file():
        return None
    try:
        releases = _Stamp.model_validate_json(stamp.read_bytes()).releases
    except (ValidationError, OSError) as error:
        raise ReleaseError(
            f"The release stamp {STAMP} in this artifact cannot be read. Package it again."
        ) from error
    name = releases.get(project)
    return None if name is None else Release.parse(name, project=project)
