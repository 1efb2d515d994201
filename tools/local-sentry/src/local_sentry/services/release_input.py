"""What builds say about releases: commits, refs, deploys, and when it all was."""

import time
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from local_sentry.services.timestamps import parse_timestamp
from local_sentry.store.commits import Commit, Deploy, FileChange

_MOST_COMMITS = 1000
_MOST_FILES = 5000


def _moment(value: str | None) -> int | None:
    """µs of a time that was checked before."""
    return parse_timestamp(value) if value else None


def _checked(value: str | None) -> str | None:
    if value and parse_timestamp(value) is None:
        raise ValueError("It is no time; write it like 2026-11-24T00:00:00Z.")
    return value


class PatchFile(BaseModel):
    """A file that a commit touches."""

    path: str = Field(max_length=1024)
    type: Literal["A", "M", "D"] = "M"


class CommitInput(BaseModel):
    """A commit as `sentry-cli` reads it from the repository."""

    id: str = Field(min_length=1, max_length=64)
    repository: str = Field(default="unknown", max_length=200)
    message: str | None = Field(default=None, max_length=100_000)
    author_name: str | None = Field(default=None, max_length=128)
    author_email: str | None = Field(default=None, max_length=200)
    timestamp: str | None = Field(default=None, max_length=64)
    patch_set: list[PatchFile] | None = Field(default=None, max_length=_MOST_FILES)

    _timestamp = field_validator("timestamp")(_checked)

    def commit(self, now: int) -> Commit:
        """As the store takes it."""
        return Commit(
            sha=self.id,
            repository=self.repository or "unknown",
            message=self.message,
            author_name=self.author_name,
            author_email=self.author_email,
            timestamp=_moment(self.timestamp) or now,
            files=tuple(FileChange(file.path, file.type) for file in self.patch_set or ()),
        )


class RefInput(BaseModel):
    """The commit that a repository was at."""

    repository: str = Field(min_length=1, max_length=200)
    commit: str = Field(min_length=1, max_length=139)
    previousCommit: str | None = Field(default=None, max_length=139)  # noqa: N815 - the wire's name


class ReleaseChanges(BaseModel):
    """The body that changes a release."""

    ref: str | None = Field(default=None, max_length=250)
    url: str | None = Field(default=None, max_length=2048)
    dateReleased: str | None = Field(default=None, max_length=64)  # noqa: N815 - the wire's name
    dateStarted: str | None = Field(default=None, max_length=64)  # noqa: N815 - the wire's name
    status: Literal["open", "archived"] | None = None
    commits: list[CommitInput] | None = Field(default=None, max_length=_MOST_COMMITS)
    refs: list[RefInput] | None = Field(default=None, max_length=_MOST_COMMITS)

    _dates = field_validator("dateReleased", "dateStarted")(_checked)

    def columns(self) -> dict[str, object]:
        """What was given, by the store's names."""
        given: dict[str, object] = {
            "ref": self.ref,
            "url": self.url,
            "is_archived": None if self.status is None else self.status == "archived",
            "date_released": _moment(self.dateReleased),
            "date_started": _moment(self.dateStarted),
        }
        return {name: value for name, value in given.items() if value is not None}

    def all_commits(self, now: int) -> list[Commit] | None:
        """The commits that were given, or one for each ref; None when nothing was said.

        There is no host to ask which commits lie between two refs: a ref stands for itself.
        """
        if self.commits is not None:
            return [commit.commit(now) for commit in self.commits]
        if self.refs is not None:
            return [
                CommitInput(id=ref.commit[:64], repository=ref.repository).commit(now)
                for ref in self.refs
            ]
        return None


class NewRelease(ReleaseChanges):
    """The body that makes a release."""

    version: str = Field(min_length=1, max_length=250)
    projects: list[str] = Field(default_factory=list, max_length=100)

    @field_validator("projects", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return [str(each) for each in value] if isinstance(value, list) else value

    @field_validator("version")
    @classmethod
    def _valid_version(cls, value: str) -> str:
        version = value.strip()
        bad = version in (".", "..", "latest", "") or set(version) & set("\n\r\t\f/\\\x0b")
        if bad:
            raise ValueError("Release with name is not valid: no slashes, tabs or line breaks.")
        return version


class NewDeploy(BaseModel):
    """The body that notes a deploy."""

    environment: str = Field(min_length=1, max_length=64)
    name: str | None = Field(default=None, max_length=64)
    url: str | None = Field(default=None, max_length=2048)
    dateStarted: str | None = Field(default=None, max_length=64)  # noqa: N815 - the wire's name
    dateFinished: str | None = Field(default=None, max_length=64)  # noqa: N815 - the wire's name

    _dates = field_validator("dateStarted", "dateFinished")(_checked)

    def deploy(self) -> Deploy:
        """As the store takes it."""
        finished = _moment(self.dateFinished) or time.time_ns() // 1000
        started = _moment(self.dateStarted)
        return Deploy(0, self.environment, self.name, self.url, started, finished)
