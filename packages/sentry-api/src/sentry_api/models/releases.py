"""Releases, what is in them, where they went, and the files uploaded for them."""

from datetime import datetime
from typing import Literal

from pydantic import AliasChoices, Field

from sentry_api.models.base import Count, Id, Json, Shape
from sentry_api.models.catalog import Person, ProjectName

_SOURCE_MAP = 3  # Sentry's number of that type of file


class Repository(Shape):
    """A repository of source code."""

    id: Id | None = None
    name: str
    url: str | None = None
    status: str | None = None
    date_created: datetime | None = None


class Commit(Shape):
    """A commit that Sentry knows; ``id`` is its hash."""

    id: str
    message: str | None = None
    date_created: datetime | None = None
    author: Person | None = None
    repository: Repository | None = None


class SuspectCommit(Commit):
    """A commit that may have broken something, and how Sentry came to think so."""

    suspect_commit_type: str | None = None


class Committer(Shape):
    """Somebody whose commits may have broken something."""

    author: Person | None = None
    commits: tuple[SuspectCommit, ...] = ()


class Committers(Shape):
    """The answer that holds them, the likeliest first."""

    committers: tuple[Committer, ...] = ()


class CommitFile(Shape):
    """What a commit did to a file: ``type`` is A(dded), M(odified) or D(eleted)."""

    id: Id | None = None
    commit_id: str | None = None
    filename: str
    type: str = "M"


class Deploy(Shape):
    """That a release went somewhere."""

    id: Id
    environment: str
    name: str | None = None
    url: str | None = None
    date_started: datetime | None = None
    date_finished: datetime | None = None


class Release(Shape):
    """A release of one or more projects; ``date_released`` is set once it is finalized."""

    id: Id | None = None
    version: str
    short_version: str = ""
    status: str | None = None
    ref: str | None = None
    url: str | None = None
    date_created: datetime | None = None
    date_released: datetime | None = None
    first_event: datetime | None = None
    last_event: datetime | None = None
    new_groups: Count = 0
    commit_count: Count = 0
    deploy_count: Count = 0
    last_commit: Commit | None = None
    last_deploy: Deploy | None = None
    projects: tuple[ProjectName, ...] = ()


class PatchFile(Shape):
    """A file that a commit touches, as it is sent."""

    path: str
    type: Literal["A", "M", "D"] = "M"


class NewCommit(Shape):
    """A commit as it is sent; with ``patch_set`` Sentry can tell who broke what."""

    id: str
    repository: str
    message: str | None = None
    author_name: str | None = None
    author_email: str | None = None
    timestamp: datetime | None = None
    patch_set: tuple[PatchFile, ...] = ()

    def wire(self) -> dict[str, Json]:
        """As Sentry takes it: snake_case, alone in its API."""
        return self.model_dump(mode="json", exclude_none=True, by_alias=False)


class ReleaseFile(Shape):
    """A file under a release; ``size`` is bytes."""

    id: Id
    name: str
    dist: str | None = None
    size: int = 0
    sha1: str | None = None
    date_created: datetime | None = None


class ChunkOptions(Shape):
    """How chunks are to be uploaded; sizes are bytes."""

    url: str
    chunk_size: int
    chunks_per_request: int = 64
    max_request_size: int = 32 * 1024 * 1024
    max_file_size: int | None = None
    concurrency: int = 1
    hash_algorithm: str = "sha1"
    compression: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()


class Assembled(Shape):
    """How far a bundle is: ``missing_chunks`` are to be uploaded when it is ``not_found``."""

    state: str
    missing_chunks: tuple[str, ...] = ()
    detail: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether the server has it all and it is whole."""
        return self.state in ("ok", "created", "assembling")


class ArtifactBundle(Shape):
    """An uploaded bundle of sources and source maps."""

    bundle_id: str
    date: datetime | None = None
    date_modified: datetime | None = None
    file_count: int = 0
    associations: tuple[Json, ...] = ()


class BundleFile(Shape):
    """A file in an artifact bundle; ``file_size`` is bytes."""

    id: Id
    file_path: str
    file_type: int | None = None
    file_size: int = 0
    debug_id: str | None = None

    @property
    def is_source_map(self) -> bool:
        """Whether it explains a script, and is not the script itself."""
        return self.file_type == _SOURCE_MAP


class DebugIdMatch(Shape):
    """That a debug id is known, and in which bundle."""

    id: Id
    type: str = ""
    bundle_id: str | None = Field(None, validation_alias=AliasChoices("bundleId", "bundle_id"))
    url: str | None = None
