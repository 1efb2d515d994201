"""Uploads: bundles of sources and source maps, in chunks that the server asks for by their hash."""

from collections.abc import AsyncIterator, Sequence

from pydantic import TypeAdapter

from sentry_api._call import Call, get, post
from sentry_api.models.base import reader
from sentry_api.models.releases import (
    ArtifactBundle,
    Assembled,
    BundleFile,
    ChunkOptions,
    DebugIdMatch,
)
from sentry_api.resources.base import Resource

_OPTIONS = TypeAdapter(ChunkOptions)
_ASSEMBLED = TypeAdapter(Assembled)
_BUNDLES = reader(list[ArtifactBundle])
_MATCHES = reader(list[DebugIdMatch])


class _Files(ArtifactBundle):
    files: tuple[BundleFile, ...] = ()


_FILES = TypeAdapter(_Files)
_CHUNKS = "/organizations/{organization}/chunk-upload/"
_PROJECT = "/projects/{organization}/{project}"
_SCOPES = ("project:releases", "org:ci")


class Artifacts(Resource):
    """Chunk upload, assembling, and what became of it."""

    async def options(self) -> ChunkOptions:
        """How the server wants chunks."""
        call = get(_CHUNKS, *_SCOPES, organization=self._organization)
        return await self._transport.fetch(call, _OPTIONS)

    async def upload(self, chunks: Sequence[tuple[str, bytes]], *, gzipped: bool = False) -> None:
        """Uploads chunks, named by the SHA-1 of what they hold; the same again changes nothing.

        Args:
            chunks: (SHA-1 in hex, content), within the limits of ``options``.
            gzipped: Whether the contents are compressed; the hash is of what they unpack to.
        """
        part = "file_gzip" if gzipped else "file"
        call = Call(
            "POST",
            _CHUNKS,
            _SCOPES,
            {"organization": self._organization},
            files=[(part, name, content) for name, content in chunks],
            repeatable=True,
        )
        await self._transport.send(call)

    async def assemble(
        self,
        checksum: str,
        chunks: Sequence[str],
        projects: Sequence[str],
        *,
        release: str | None = None,
        dist: str | None = None,
    ) -> Assembled:
        """Puts a bundle together, or says which chunks are missing; may be asked again and again.

        Args:
            checksum: SHA-1 of the whole bundle, in hex.
            chunks: SHA-1 of each chunk, in their order.
            projects: Slugs of the projects it is for.
            release: The whole name of its release.
            dist: The distribution within the release.
        """
        body = {"checksum": checksum, "chunks": [*chunks], "projects": [*projects]}
        extra = {name: value for name, value in (("version", release), ("dist", dist)) if value}
        call = post(
            "/organizations/{organization}/artifactbundle/assemble/",
            *_SCOPES,
            body=body | extra,
            repeatable=True,
            organization=self._organization,
        )
        return await self._transport.fetch(call, _ASSEMBLED)

    def bundles(self, project: str, *, query: str = "") -> AsyncIterator[ArtifactBundle]:
        """A project's bundles, newest first; ``query`` is part of a release, or a debug id."""
        call = get(
            f"{_PROJECT}/files/artifact-bundles/",
            *_SCOPES,
            query={"query": query or None},
            organization=self._organization,
            project=project,
        )
        return self._each(call, _BUNDLES)

    async def files(self, project: str, bundle: str) -> AsyncIterator[BundleFile]:
        """The files of a bundle."""
        call = get(
            f"{_PROJECT}/artifact-bundles/{{bundle}}/files/",
            *_SCOPES,
            organization=self._organization,
            project=project,
            bundle=bundle,
        )
        async for page in self._transport.pages(call, _FILES):
            for file in page.files:
                yield file

    async def look_up(
        self,
        project: str,
        *,
        debug_id: str | None = None,
        url: str | None = None,
        release: str | None = None,
        dist: str | None = None,
    ) -> list[DebugIdMatch]:
        """Where the server would look for the sources of a frame; empty when it has none.

        Args:
            project: The project's slug.
            debug_id: Of the source map; the surest.
            url: Of the minified file, with ``release``.
            release: The whole name of the release.
            dist: The distribution within the release.
        """
        call = get(
            f"{_PROJECT}/artifact-lookup/",
            *_SCOPES,
            query={"debug_id": debug_id, "url": url, "release": release, "dist": dist},
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _MATCHES)
