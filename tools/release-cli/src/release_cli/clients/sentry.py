"""Sentry: the one place that decides who speaks to it, `sentry-cli` or our client of its API.

| who | what for | why |
|---|---|---|
| sentry-cli | debug ids, source maps | knows every bundler's quirks |
| sentry-cli | `--auto` | people who ask for it want its decision |
| sentry-api | releases with their commits | sentry-cli cannot name single commits with patch sets |
| sentry-api | Python sources | the same sources are the same chunks under the next release too |
| sentry-api | finalize, deploys, mappings | one connection instead of a program each |
"""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from release_cli.clients.bundles import Bundle
from release_cli.clients.git import Commit
from release_cli.clients.sentry_cli import SentryCli
from release_cli.clients.served import Script
from release_cli.errors import ReleaseCliError
from release_cli.projects import CodeMapping
from sentry_api import SentryClient, SentrySettings
from sentry_api.models.releases import Assembled, Deploy, NewCommit, PatchFile, Release

_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 120.0
_SIDE_BY_SIDE = 8
_NEWEST = 2


class UploadFailed(ReleaseCliError):
    """The server took an upload and could not use it."""

    kind = "upload-failed"


@dataclass(slots=True)
class Sentry:
    """One organization of one Sentry."""

    api: SentryClient
    cli: SentryCli
    _options: asyncio.Lock = field(default_factory=asyncio.Lock)
    _chunk_size: int = 0
    _per_request: int = 1

    async def create(
        self, release: str, project: str, *, ref: str, commits: Sequence[NewCommit] | None
    ) -> Release:
        """Make a release with exactly these commits; the same again changes nothing.

        Args:
            release: the whole name.
            project: the slug.
            ref: the commit it is built from.
            commits: newest first; None leaves them open.

        Returns:
            The release as it is now: it may have been there, and be out already.
        """
        return await self.api.releases.create(release, [project], ref=ref, commits=commits)

    async def set_commits_auto(self, release: str, project: str, checkout: Path) -> None:
        """Let sentry-cli decide the commits."""
        await self.cli.set_commits_auto(release, project, checkout)

    async def find(self, release: str) -> Release | None:
        """A release, or None."""
        return await self.api.releases.find(release)

    async def releases(self, project: str, limit: int) -> list[Release]:
        """The newest releases of a project, newest first."""
        return [each async for each in self.api.releases.of_project(project, limit=limit)]

    async def commits(self, release: str) -> list[str]:
        """The hashes of what is in a release, newest first."""
        return [each.id async for each in self.api.releases.commits(release)]

    async def finalize(self, release: str) -> None:
        """Say that it is out."""
        await self.api.releases.update(release, released=datetime.now(UTC))

    async def deploys(self, release: str) -> list[Deploy]:
        """Where it went, newest first."""
        return [each async for each in self.api.releases.deploys(release)]

    async def deploy(
        self, release: str, environment: str, *, name: str, url: str | None = None
    ) -> None:
        """Note that it went somewhere; twice is two deploys."""
        await self.api.releases.deploy(release, environment, name=name, url=url)

    async def put_mappings(
        self, project: str, repository: str, mappings: Sequence[CodeMapping]
    ) -> None:
        """Say where in the repository the frames of stack traces are."""
        pairs = [(_folder(each.stack_root), _folder(each.source_root)) for each in mappings]
        await self.api.sources.put_mappings(project, repository, pairs)

    async def upload_bundle(self, bundle: Bundle, project: str, release: str) -> int:
        """Upload what the server lacks of a bundle, and have it put together under a release.

        Returns:
            The number of chunks that were sent; none where the server had them all.

        Raises:
            UploadFailed: the server cannot put it together, or does not get it done.
        """
        await self._learn_options()
        parts = dict(bundle.chunks(self._chunk_size))
        order = [checksum for checksum, _ in bundle.chunks(self._chunk_size)]
        sent = 0
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            done = await self.api.artifacts.assemble(
                bundle.checksum, order, [project], release=release
            )
            if done.state in ("ok", "created"):
                return sent
            if done.state == "error":
                raise UploadFailed(
                    f"The server cannot use the sources of {release}: {done.detail}.",
                    "Package again, and run the release again.",
                )
            if asyncio.get_running_loop().time() > deadline:
                raise UploadFailed(
                    f"The server did not put the sources of {release} together in "
                    f"{_PATIENCE_SECONDS:.0f} s.",
                    "Run the release again: nothing has to be sent twice.",
                )
            sent += await self._send(done, parts)

    async def not_in_bundles(
        self, project: str, scripts: Mapping[str, Script], release: str = ""
    ) -> dict[str, Script]:
        """Those scripts whose source maps are not in the newest bundles of a project.

        Of a script that has none it is the script itself that is looked for. This is cheaper than
        to ask for each, and enough where nothing has changed.

        Args:
            project: the slug.
            scripts: what is looked for, by debug ids.
            release: only bundles of that release.
        """
        missing = dict(scripts)
        looked_at = 0
        async for bundle in self.api.artifacts.bundles(project, query=release):
            async for file in self.api.artifacts.files(project, bundle.bundle_id):
                debug_id = (file.debug_id or "").lower()
                script = missing.get(debug_id)
                if script is not None and (file.is_source_map or not script.is_mapped):
                    del missing[debug_id]
            looked_at += 1
            if not missing or looked_at == _NEWEST:
                break
        return missing

    async def lacking(self, project: str, debug_ids: Iterable[str]) -> list[str]:
        """Those debug ids under which the server would find no file of a project.

        It is asked what its symbolicator asks: where a debug id is, one by one.
        """
        slots = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def lacks(debug_id: str) -> str | None:
            async with slots:
                found = await self.api.artifacts.look_up(project, debug_id=debug_id)
                return None if found else debug_id

        asked = await asyncio.gather(*map(lacks, debug_ids))
        return sorted(each for each in asked if each is not None)

    async def file_count(self, project: str, release: str) -> int:
        """How many files were uploaded under a release."""
        found = [each async for each in self.api.artifacts.bundles(project, query=release)]
        return sum(each.file_count for each in found)

    async def _learn_options(self) -> None:
        async with self._options:
            if not self._chunk_size:
                options = await self.api.artifacts.options()
                self._chunk_size = options.chunk_size
                room = max(1, options.max_request_size // options.chunk_size)
                self._per_request = min(options.chunks_per_request, room)

    async def _send(self, done: Assembled, parts: dict[str, bytes]) -> int:
        missing = [(each, parts[each]) for each in done.missing_chunks if each in parts]
        for start in range(0, len(missing), self._per_request):
            some = missing[start : start + self._per_request]
            packed = [(name, await asyncio.to_thread(gzip.compress, part)) for name, part in some]
            await self.api.artifacts.upload(packed, gzipped=True)
        if not missing:
            await asyncio.sleep(_POLL_SECONDS)  # the server is putting it together
        return len(missing)


@asynccontextmanager
async def open_sentry(settings: SentrySettings) -> AsyncIterator[Sentry]:
    """Speak to Sentry for a while."""
    async with SentryClient(settings) as api:
        yield Sentry(api, SentryCli(settings))


def new_commit(commit: Commit, repository: str) -> NewCommit:
    """A commit as Sentry takes it, with its patch set, by which it finds who broke what."""
    return NewCommit(
        id=commit.sha,
        repository=repository,
        message=commit.message,
        author_name=commit.author_name[:128],
        author_email=commit.author_email[:75],
        timestamp=commit.at,
        patch_set=tuple(PatchFile(path=file.path, type=file.type) for file in commit.files),
    )


def _folder(path: str) -> str:
    return f"{path.rstrip('/')}/" if path else path
