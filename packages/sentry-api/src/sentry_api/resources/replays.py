"""Replays and their recordings."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from pydantic import TypeAdapter

from sentry_api._call import get
from sentry_api._transport import Download
from sentry_api.models.base import reader
from sentry_api.models.replays import Replay, ReplayAnswer, ReplayList, Segment
from sentry_api.period import Period
from sentry_api.resources.base import Resource, at_most, only, page_size

_REPLAY = TypeAdapter(ReplayAnswer)
_REPLAYS = TypeAdapter(ReplayList)
_SEGMENTS = reader(list[Segment])
_COUNTS = TypeAdapter(dict[str, int])
_RECORDING = "/projects/{organization}/{project}/replays/{replay}/recording-segments/"


class Replays(Resource):
    """``…/replays/``."""

    def search(
        self,
        query: str = "",
        *,
        projects: Sequence[str] = (),
        environments: Sequence[str] = (),
        sort: str = "-started_at",
        period: Period | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Replay]:
        """Replays that a search finds."""
        call = get(
            "/organizations/{organization}/replays/",
            "event:read",
            query={
                "query": query,
                **only(projects),
                "environment": environments,
                "sort": sort,
                "per_page": page_size(limit),
                **(period or Period()).parameters(),
            },
            organization=self._organization,
        )
        pages = self._transport.pages(call, _REPLAYS)
        return at_most(limit, (replay async for page in pages for replay in page.data))

    async def get(self, replay: str) -> Replay:
        """A replay.

        Raises:
            NotFound: there is none.
        """
        call = get(
            "/organizations/{organization}/replays/{replay}/",
            "event:read",
            organization=self._organization,
            replay=replay,
        )
        return (await self._transport.fetch(call, _REPLAY)).data

    def segments(self, project: str, replay: str) -> AsyncIterator[Segment]:
        """The recording: the rrweb events of each of its segments."""
        call = get(
            _RECORDING,
            "project:read",
            query={"download": "true", "per_page": 100},
            organization=self._organization,
            project=project,
            replay=replay,
        )
        return self._each(call, _SEGMENTS)

    def download_segment(
        self, project: str, replay: str, segment: int
    ) -> AbstractAsyncContextManager[Download]:
        """One segment of a recording, piece by piece."""
        call = get(
            f"{_RECORDING}{{segment}}/",
            "project:read",
            query={"download": "true"},
            organization=self._organization,
            project=project,
            replay=replay,
            segment=segment,
        )
        return self._transport.stream(call)

    async def count_of_issues(self, issues: Sequence[str]) -> dict[str, int]:
        """In how many replays each issue was seen, by issue id; at most 25 at once."""
        call = get(
            "/organizations/{organization}/replay-count/",
            "event:read",
            query={"query": f"issue.id:[{','.join(issues)}]", "project": "-1"},
            organization=self._organization,
        )
        return await self._transport.fetch(call, _COUNTS)
