"""Packaged artifacts: the release they are stamped with, and the sources that are in them."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from release_cli.errors import ReleaseCliError

STAMP = "observability/release.json"
# What pex puts beside the sources: installed packages and its own start-up code.
_NOT_OURS = (".deps", ".bootstrap", "__pex__")


class ArtifactInvalid(ReleaseCliError):
    """There is no artifact, or it is not one that can be uploaded."""

    kind = "artifact-invalid"


class StampMismatch(ReleaseCliError):
    """The artifact says it is another release than the one it is uploaded for."""

    kind = "stamp-mismatch"


class _Stamp(BaseModel):
    releases: dict[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """A first-party file, by its path in the artifact."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PackedArtifact:
    """A packaged artifact: a pex (or any zip), or a folder."""

    path: Path

    def __post_init__(self) -> None:
        if not self.path.exists():
            raise ArtifactInvalid(
                f"There is no artifact {self.path}.", "Package it, or name it with --artifact."
            )
        if not self.path.is_dir() and not zipfile.is_zipfile(self.path):
            raise ArtifactInvalid(
                f"{self.path} is neither a pex nor a folder.", "Name what ./pants package made."
            )

    def release(self, project: str) -> str | None:
        """The release of a Sentry project that it is stamped with, or None.

        Raises:
            ArtifactInvalid: its stamp cannot be read.
        """
        try:
            content = self._read(STAMP)
            return _Stamp.model_validate_json(content).releases.get(project) if content else None
        except ValidationError:
            raise ArtifactInvalid(
                f"The stamp {STAMP} in {self.path.name} cannot be read.", "Package it again."
            ) from None

    def check_release(self, project: str, release: str) -> None:
        """See that it names the release as everybody else does.

        Raises:
            StampMismatch: it does not.
        """
        stamped = self.release(project)
        if stamped != release:
            raise StampMismatch(
                f"{self.path.name} is stamped {stamped or 'with no release'}, not {release}.",
                "Package it again from the commit that is released.",
            )

    def python_sources(self) -> list[Source]:
        """Every first-party Python file in it, by path; what it installs from others is left out.

        Raises:
            ArtifactInvalid: it has none.
        """
        found = sorted(self._python(), key=lambda source: source.path)
        if not found:
            raise ArtifactInvalid(f"{self.path.name} has no Python source.", "Look at its BUILD.")
        return found

    def _python(self) -> Iterator[Source]:
        if self.path.is_dir():
            for file in self.path.glob("**/*.py"):
                name = file.relative_to(self.path).as_posix()
                if _is_ours(name):
                    yield Source(name, file.read_bytes())
            return
        with zipfile.ZipFile(self.path) as packed:
            for name in packed.namelist():
                if _is_ours(name):
                    yield Source(name, packed.read(name))

    def _read(self, name: str) -> bytes | None:
        if self.path.is_dir():
            file = self.path / name
            return file.read_bytes() if file.is_file() else None
        with zipfile.ZipFile(self.path) as packed:
            return packed.read(name) if name in packed.NameToInfo else None


def _is_ours(name: str) -> bool:
    return (
        name.endswith(".py") and name != "__main__.py" and name.partition("/")[0] not in _NOT_OURS
    )
