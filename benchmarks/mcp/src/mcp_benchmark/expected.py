"""What was sent, as facts that answers must hold: from the story and its recording only."""

import json
import re
from collections.abc import Mapping
from typing import Any

import mcp_checkout
import mcp_story
import mcp_traces
from mcp_benchmark.facts import Fact, Word, fact, took
from mcp_envelopes import FIXTURES
from mcp_story import Story, Told

_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
JUST_NOW = re.compile(r"last \d+ (s|min) ago")
# Six days and a half are rounded either way.
_BEGAN = {
    "WorkflowFailedError": ("20 h ago",),
    "FFmpegError": ("6 days ago", "7 days ago"),
    "KeyError": ("6 days ago", "7 days ago"),
    "TimeoutError": ("6 days ago",),
}
_WHEN_LAST: Mapping[str, Word] = {
    "WorkflowFailedError": JUST_NOW,
    "FFmpegError": JUST_NOW,
    "KeyError": "last 6 days ago",
    "TimeoutError": "last 18 h ago",
}
_COUNTS = {
    "WorkflowFailedError": mcp_story.WORKFLOW_FAILED,
    "FFmpegError": mcp_story.FFMPEG_FAILED,
    "KeyError": mcp_story.KEY_ERROR,
    "TimeoutError": mcp_story.POOL_EMPTY,
}
# The last one of each was a program's, which has no users.
_REAL = {"WorkflowFailedError": 1, "FFmpegError": 1, "KeyError": 0, "TimeoutError": 0}
_OWNER = {"TimeoutError": "assigned to Local User"}
_ITS_KIND = re.compile(r"\w+")


def listed(told: Told) -> Fact:
    """An error in a list: which, how often, for how many, since when, whose."""
    kind = _kind(told)
    return fact(
        told.short_id,
        f"{kind}: {mcp_story.MESSAGES[kind]}",
        f"{sum(_COUNTS[kind])} events",
        f"{_users(kind)} users",
        tuple(f"first {each}" for each in _BEGAN[kind]),
        _WHEN_LAST[kind],
        _OWNER.get(kind, "assigned to kijko"),
        "jobs",
    )


def explained(
    story: Story, told: Told, file: str, function: str, raised: str, job: str
) -> list[Fact]:
    """An error of a job, explained: where, since when, how often, whose, in what."""
    kind = _kind(told)
    checkout, worker = story.checkout, f"{mcp_checkout.GATEWAY}/worker.py"
    at = checkout.line(file, raised, checkout.second)
    code = checkout.git("show", f"{checkout.second}:{file}").splitlines()
    called = {"execute_workflow": "execute_workflow(kind", "process_video": 'process_video("'}
    by = checkout.line(worker, called[function], checkout.second)
    main = checkout.line(worker, "            run(kind)", checkout.second)
    first = story.second_release if kind == "WorkflowFailedError" else story.first_release
    return [
        fact(told.short_id, "unresolved", f"{sum(_COUNTS[kind])} events", f"{_users(kind)} users"),
        fact(told.short_id, JUST_NOW, "assigned to `kijko`"),
        fact(f"{kind}: {mcp_story.MESSAGES[kind]}"),
        fact(f"{file}:{at}", function),
        *(fact(str(number), code[number - 1]) for number in range(at - 1, at + 2)),
        fact(f"{worker}:{by}", "in run", f"{called[function]}"),
        fact(f":{main}", "in main", "run(kind)"),
        fact("first seen", _BEGAN[kind], first),
        fact(_MOMENT, "production", story.second_release, "handled"),
        fact("job_id", job[:8]),
        fact(job),
        fact("transaction=jobs"),
    ]


def hops(*, names_of_projects: bool = True) -> list[Fact]:
    """The spans from the browser to the queue."""
    sent = (*mcp_traces.HOPS, mcp_traces.SERVED, mcp_traces.KEPT, mcp_traces.QUEUED)
    projects = [fact("kijko-web", "kijko-api")] if names_of_projects else []
    return [*(_span(op, name, seconds) for op, name, _, seconds in sent), *projects]


def slow_flow() -> list[Fact]:
    """All spans of a slow run, and where its time went."""
    parts = mcp_traces.SLOW
    nodes = ("CheckpointLoaderSimple", "KSampler", "SaveImage")
    before = 0.01 + mcp_traces.PREPARED[2] + mcp_traces.PROMPTED[2]
    worked = before + sum(parts[node] for node in nodes) + parts["ffmpeg"]
    whole = sum(mcp_traces.QUEUED[2:4]) + parts["queue"] + worked
    return [
        *hops(),
        _span(*mcp_traces.PREPARED),
        _span(*mcp_traces.PROMPTED),
        *(_span("comfyui.node", node, parts[node]) for node in nodes),
        _span("ffmpeg.process", "transcode", parts["ffmpeg"]),
        _span("queue.process", "jobs", worked),
        fact(took(whole), "14 spans"),
        fact("did not fail"),
        fact(took(parts["queue"]), "queue wait"),
        fact(took(parts["KSampler"]), "KSampler", "47 %"),
    ]


def failed_flow(story: Story) -> list[Fact]:
    """The run that failed: its hops, what failed in it, why, and how to find it again."""
    kind = "WorkflowFailedError"
    return [
        *hops(),
        fact("queue.process", "jobs", "FAILED"),
        fact("comfyui.api_call", "POST /prompt", "FAILED"),
        fact("workflow.prepare", "upscale"),
        fact("kijko-api", f"{kind}: {mcp_story.MESSAGES[kind]}"),
        fact("10 spans"),
        fact(story.failed_trace),
    ]


def session(story: Story) -> list[Fact]:
    """What was recorded, in the order in which it happened, at its seconds."""
    events = _recorded("replay_recording")[0]["events"]
    began = float(_recorded("replay_event")[0]["replay_start_timestamp"])
    told: list[tuple[float, tuple[Word, ...]]] = []
    for event in events:
        data = event["data"]
        if event["type"] == 5:
            told += [(at, words) for at, words in _said(data["tag"], data["payload"])]
        elif data.get("source") == 5:
            told.append((event["timestamp"] / 1000, ("input", "***")))
    for error in _recorded("event"):
        (failure,) = error["exception"]["values"]
        told.append((float(error["timestamp"]), (f"{failure['type']}: {failure['value']}",)))
    told.append((_dragged(events), ("drag", "clip-a")))
    told.sort(key=lambda each: each[0])
    return [fact(f"{at - began:.1f}", *words) for at, words in told]


def about_session(story: Story, replay: str) -> list[Fact]:
    """A session as a whole."""
    return [
        fact(replay, "kijko-web", "6 s", "2 errors", story.web_release, "development"),
        fact("//127.0.0.1:3000/"),
    ]


def crashed(story: Story) -> list[Fact]:
    """The timeline's crash, explained: every frame, in what, where it was seen."""
    sent = next(
        each
        for each in _recorded("event")
        if each["exception"]["values"][0]["type"] == mcp_story.CRASH
    )
    frames = sent["exception"]["values"][0]["stacktrace"]["frames"]
    return [
        fact(story.crash.short_id, "unresolved", "2 events", "0 users", JUST_NOW),
        fact(f"{mcp_story.CRASH}: {mcp_story.CRASH_MESSAGE}"),
        *(fact(f":{frame['lineno']}:{frame['colno']}", frame["function"]) for frame in frames),
        *(fact(name.removeprefix("app:///")) for name in {each["filename"] for each in frames}),
        fact(_MOMENT, story.web_release, "development", "unhandled"),
        fact("transaction=/"),
        fact("turbopack=true"),
        fact(story.replays[1]),
    ]


def times(name: str, seconds: list[float]) -> Fact:
    """How long something takes: on average, at the 95th percentile, how often."""
    ordered = sorted(seconds)
    place = 0.95 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    p95 = ordered[low] + (place - low) * (ordered[high] - ordered[low])
    average = sum(seconds) / len(seconds)
    # Half a hundredth is rounded either way.
    either = tuple({*took(p95 - 0.001), *took(p95), *took(p95 + 0.001)})
    roughly = tuple({*took(average - 0.001), *took(average), *took(average + 0.001)})
    return fact(name, ("avg", "average"), roughly, either, f"{len(seconds)} calls")


def _span(op: str, name: str, seconds: float) -> Fact:
    return fact(op, (name, name.replace("://", "[:]//")), took(seconds))


def _users(kind: str) -> int:
    first, second = _COUNTS[kind]
    return max(first, second - _REAL[kind])


def _kind(told: Told) -> str:
    found = _ITS_KIND.match(told.title)
    return found[0] if found else ""


def _recorded(kind: str) -> list[Any]:
    lines = (FIXTURES / mcp_story.RECORDING).read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    return [each["payload"] for each in items if each["item"]["type"] == kind]


def _said(tag: str, payload: dict[str, Any]) -> list[tuple[float, tuple[Word, ...]]]:
    """A breadcrumb or a request of the recording."""
    if tag == "breadcrumb":
        at, category = float(payload["timestamp"]), payload["category"]
        if category == "ui.click":
            return [(at, ("click", payload["data"]["node"]["attributes"]["testId"]))]
        if category == "timeline":
            return [(at, ("timeline", payload["message"]))]
        return []
    if tag != "performanceSpan":
        return []
    at, op, what = float(payload["startTimestamp"]), payload["op"], payload["description"]
    if op.startswith("navigation."):
        return [(at, ("navigation", "/"))]
    if op == "resource.fetch":
        status = str(payload["data"]["statusCode"])
        seconds = float(payload["endTimestamp"]) - at
        return [
            (at, (payload["data"]["method"], what.replace("://", "[:]//"), status, took(seconds)))
        ]
    return []


def _dragged(events: list[dict[str, Any]]) -> float:
    """When the only drag ended, a moment before the page says what it made of it."""
    ups = [each for each in events if each["data"].get("source") == 2 and each["data"]["type"] == 0]
    return float(ups[0]["timestamp"]) / 1000 - 0.0005
