"""One story that every question can be asked about: who sent what, and the facts of it.

Errors of failing jobs come from a real program with a real SDK; the browser's from a recorded one;
what must have happened at a chosen time is made byte by byte (``mcp_envelopes``). The times of
traces stand in ``mcp_traces``.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import mcp_checkout
import mcp_traces
from mcp_checkout import Checkout, run_job
from mcp_envelopes import DAY, FIXTURES, HOUR, ago, error, event, new_id, recorded
from mcp_local_sentry import LocalSentry
from mcp_waiting import eventually
from sentry_api import SentryClient
from sentry_api.models.releases import NewCommit, PatchFile

API, WEB = "kijko-api", "kijko-web"
REPOSITORY = "kijko/mono"
RECORDING = "browser-static.jsonl"
# In the recording.
REPLAY = "bee1e09441bc4f63bcad9eb595d99854"
CRASH = "RangeError"
CRASH_MESSAGE = "packages/editor: negative start -7 for clip a"
BROWSER_TRACE = "1a7cd22ad8cc4f52b54921217c553d5e"
# What each error says.
MESSAGES = {
    "WorkflowFailedError": "KSampler ran out of memory at 512 MB",
    "FFmpegError": "ffmpeg ended with 8: Unknown encoder 'libx266'",
    "KeyError": "'start'",
    "TimeoutError": "no connection to Postgres in 5 s",
}
# How often each error came: in the first release, then in the second.
WORKFLOW_FAILED, FFMPEG_FAILED, KEY_ERROR, POOL_EMPTY = (0, 6), (7, 5), (4, 0), (2, 3)


@dataclass(frozen=True)
class Told:
    """An issue as Sentry names it.

    Attributes:
        short_id: such as ``KIJKO-API-1``.
        id: the number in addresses.
        title: as it is listed.
    """

    short_id: str
    id: str
    title: str


@dataclass(frozen=True)
class Story:
    """What happened.

    Attributes:
        server: where it was sent.
        checkout: the code; the second release's commit is checked out.
        first_release: of kijko-api, eight days old, from ``checkout.first``.
        second_release: one day old, from ``checkout.second``, deployed to production.
        web_release: of kijko-web, in which the timeline crashed.
        workflow_failed: only in the second release, by Bo's commit in ``mcp_checkout.EXECUTOR``.
        ffmpeg_failed: the most frequent, in both releases, in ``mcp_checkout.FFMPEG``.
        key_error: only in the first release, resolved in the second, silent since.
        pool_empty: resolved in the first release, and came again in the second.
        crash: the timeline's, with two replays.
        failed_job: the last workflow that failed, of ``failed_trace``.
        failed_trace: browser, Next.js, gateway, queue, job.
        failed_encode: the last FFmpeg job that failed.
        failed_call: the trace of the last API call that failed, ``mcp_traces.FAILED_CALL``.
        slow_trace: this week's, whose parts are ``mcp_traces.SLOW``.
        usual_trace: last week's, whose parts are ``mcp_traces.USUAL``.
        replays: of the crash, the recorded one first.
    """

    server: LocalSentry
    checkout: Checkout
    first_release: str
    second_release: str
    web_release: str
    workflow_failed: Told
    ffmpeg_failed: Told
    key_error: Told
    pool_empty: Told
    crash: Told
    failed_job: str
    failed_trace: str
    failed_encode: str
    failed_call: str
    slow_trace: str
    usual_trace: str
    replays: tuple[str, str]


def tell(server: LocalSentry, aside: Path) -> Story:
    """Sends all of it, and waits until it is there.

    Args:
        server: a local-sentry that asks nobody for a token.
        aside: an empty folder, for the checkout.
    """
    return asyncio.run(_tell(server, aside))


async def _tell(server: LocalSentry, aside: Path) -> Story:
    async with SentryClient(server.settings()) as sentry:
        teller = _Teller(server, sentry, Checkout.make(aside, ago(9 * DAY), ago(2 * DAY)))
        await teller.first_release()
        await teller.second_release()
        failed = teller.failing_jobs(aside)
        slow, usual, failed_call = mcp_traces.send(server, teller.first, teller.second, teller.web)
        replays = teller.crashes()
        await eventually(lambda: sentry.replays.get(replays[1]), "the second replay")
        return Story(
            server=server,
            checkout=teller.checkout,
            first_release=teller.first,
            second_release=teller.second,
            web_release=teller.web,
            workflow_failed=await teller.issue("WorkflowFailedError", sum(WORKFLOW_FAILED)),
            ffmpeg_failed=await teller.issue("FFmpegError", sum(FFMPEG_FAILED)),
            key_error=await teller.issue("KeyError", sum(KEY_ERROR)),
            pool_empty=await teller.issue("TimeoutError", sum(POOL_EMPTY)),
            crash=await teller.issue(CRASH, 2, WEB),
            failed_job=failed[0],
            failed_trace=failed[1],
            failed_encode=failed[2],
            failed_call=failed_call,
            slow_trace=slow,
            usual_trace=usual,
            replays=replays,
        )


@dataclass
class _Teller:
    server: LocalSentry
    sentry: SentryClient
    checkout: Checkout

    @property
    def first(self) -> str:
        return f"{API}@0.1.0+{self.checkout.first[:7]}"

    @property
    def second(self) -> str:
        return f"{API}@0.2.0+{self.checkout.second[:7]}"

    @property
    def web(self) -> str:
        return f"{WEB}@0.2.0+{self.checkout.second[:7]}"

    async def issue(self, kind: str, events: int, project: str = API) -> Told:
        """The issue of an exception, once it has that many events."""

        async def ask() -> Told | None:
            query = f"error.type:{kind}"
            async for each in self.sentry.issues.search(query, projects=[project], period="14d"):
                if each.count >= events:
                    return Told(each.short_id, str(each.id), each.title)
            return None

        return await eventually(ask, f"{events} events of {kind}")

    async def release(self, name: str, project: str, commit: str, days: float) -> None:
        """A release of one commit, finalized and deployed that many days ago."""
        git = self.checkout.git
        who, mail, subject = git("show", "-s", "--format=%an%n%ae%n%s", commit).splitlines()
        changed = git("show", "--format=", "--name-status", commit).splitlines()
        when = datetime.fromtimestamp(ago(days * DAY), UTC)
        new = NewCommit(
            id=commit,
            repository=REPOSITORY,
            message=subject,
            author_name=who,
            author_email=mail,
            timestamp=when,
            patch_set=tuple(
                PatchFile.model_validate({"type": kind, "path": path})
                for kind, path in (line.split("\t") for line in changed)
            ),
        )
        await self.sentry.releases.create(name, [project], commits=[new], ref=commit, released=when)
        await self.sentry.releases.deploy(name, "production", started=when, finished=when)

    async def first_release(self) -> None:
        """Eight days ago; its errors from a week ago on, one resolved in it."""
        sources = mcp_checkout.GATEWAY.removesuffix("comfyui_gateway")
        await self.sentry.sources.create_repository(REPOSITORY)
        await self.sentry.sources.put_mappings(
            API, REPOSITORY, [("comfyui_gateway/", f"{sources}comfyui_gateway/")]
        )
        await self.sentry.alerts.set_ownership(
            API, "path:*/services/* #kijko\npath:*/store/* me", fallthrough=False
        )
        await self.release(self.first, API, self.checkout.first, 8)
        self.send(self.first, 6.5 * DAY, ffmpeg=FFMPEG_FAILED[0], key=KEY_ERROR[0])
        self.send(self.first, 6 * DAY, pool=POOL_EMPTY[0])
        pool = await self.issue("TimeoutError", POOL_EMPTY[0])
        await self.sentry.issues.update(
            pool.id, status="resolved", status_details={"inRelease": self.first}
        )
        key = await self.issue("KeyError", KEY_ERROR[0])
        await self.release(self.second, API, self.checkout.second, 1)
        await self.sentry.issues.update(
            key.id, status="resolved", status_details={"inRelease": self.second}
        )

    async def second_release(self) -> None:
        """A day ago; a new error, one that came back, and the frequent one again."""
        await self.release(self.web, WEB, self.checkout.second, 1)
        self.send(
            self.second, 20 * HOUR,
            failed=WORKFLOW_FAILED[1] - 1, ffmpeg=FFMPEG_FAILED[1] - 1, pool=POOL_EMPTY[1],
        )  # fmt: skip

    def send(
        self, release: str, since: float, *, failed: int = 0, ffmpeg: int = 0, key: int = 0,
        pool: int = 0,
    ) -> None:  # fmt: skip
        """Errors of a release, an hour after each other, the first that many seconds ago."""
        commit = self.checkout.first if release == self.first else self.checkout.second
        frame = self.checkout.frame
        worker = f"{mcp_checkout.GATEWAY}/worker.py"
        outer = [
            frame(worker, "main", "            run(kind)", commit),
            frame(worker, "run", "            execute_workflow(kind", commit),
        ]
        kinds = [
            (failed, "WorkflowFailedError",
             mcp_checkout.EXECUTOR, "execute_workflow", "raise Workflow"),
            (ffmpeg, "FFmpegError", mcp_checkout.FFMPEG, "process_video", "raise FFmpeg"),
            (key, "KeyError", mcp_checkout.TIMELINE, "clip_start", "return clip"),
            (pool, "TimeoutError", mcp_checkout.POOL, "acquire", "raise Timeout"),
        ]  # fmt: skip
        for count, kind, file, function, text in kinds:
            if not count:
                continue
            frames = [*outer, frame(file, function, text, commit)]
            for number in range(count):
                job, trace = new_id(), new_id()
                context = {"trace_id": trace, "span_id": trace[:16], "op": "queue.process"}
                at = ago(since) + number * HOUR
                sent = error(
                    kind, MESSAGES[kind], at=at, frames=frames, release=release,
                    tags={"job_id": job}, user={"id": str(number)}, transaction="jobs",
                    contexts={"trace": context},
                )  # fmt: skip
                self.server.send(API, event(sent))

    def failing_jobs(self, aside: Path) -> tuple[str, str, str]:
        """A workflow and an encoding that fail now; the first's job and trace, the second's job."""
        environment = {
            "SENTRY_DSN": self.server.dsns[API],
            "SENTRY_RELEASE": self.second,
            "SENTRY_ENVIRONMENT": "production",
            "SENTRY_TRACES_SAMPLE_RATE": "1.0",
        }
        failed, encode, trace, other = new_id(), new_id(), new_id(), new_id()
        folder = self.checkout.folder
        run_job(folder, encode, "transcode", other, other[:16], environment)
        parent = mcp_traces.send_call(self.server, trace, self.second, self.web, at=ago(8))
        run_job(folder, failed, "upscale", trace, parent, environment)
        return failed, trace, encode

    def crashes(self) -> tuple[str, str]:
        """Two sessions in which the timeline crashed, the recorded one and one like it."""
        names = {"web@0.0.1": self.web, "gateway@0.0.1": self.second}
        again = {REPLAY: new_id(), BROWSER_TRACE: new_id(), **_new_event_ids()}
        for replaced, ended in ((names, ago(60)), (again | names, ago(1))):
            for kind, platform, sent in recorded(RECORDING, replaced, ended=ended):
                if replaced is names or kind in ("event", "replay_event", "replay_recording"):
                    self.server.send(API if platform == "python" else WEB, sent)
        return REPLAY, again[REPLAY]


def _new_event_ids() -> dict[str, str]:
    """Other ids for the recorded errors, so that the same happens a second time."""
    lines = (FIXTURES / RECORDING).read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return {
        each["header"]["event_id"]: new_id() for each in found if each["item"]["type"] == "event"
    }
