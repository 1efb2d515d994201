"""Traces whose times are known: Next.js, gateway, queue, ComfyUI, FFmpeg, Postgres.

All times are seconds; a trace begins at 0.
"""

from collections.abc import Sequence

from mcp_envelopes import DAY, HOUR, Timed, ago, event, new_id, transaction
from mcp_local_sentry import LocalSentry

EXECUTE = "POST /api/workflows/{workflow_id}/execute"
FAILED_CALL = "GET /api/media/{media_id}"
EDITOR = "/editor/[projectId]"
ASSETS = "GET /api/projects/{project_id}/assets"
SLOW_QUERY = "SELECT * FROM jobs WHERE state = $1 ORDER BY created_at"
REPEATED_QUERY = "SELECT * FROM assets WHERE id = $1"

# Where the time goes: hop, queue wait, ComfyUI node, FFmpeg. This week, and a week before.
SLOW = {
    "queue": 4.0,
    "KSampler": 5.5,
    "CheckpointLoaderSimple": 0.5,
    "SaveImage": 0.2,
    "ffmpeg": 1.0,
}
USUAL = {
    "queue": 0.2,
    "KSampler": 1.1,
    "CheckpointLoaderSimple": 0.5,
    "SaveImage": 0.2,
    "ffmpeg": 1.0,
}
SLOW_TRACES, USUAL_TRACES = 3, 5

# Seconds of the last day's calls of EXECUTE besides those of the traces, which take CALL each.
EXECUTE_SECONDS = tuple(round(0.1 * number, 1) for number in range(1, 21))
CALL = 0.3
FAILED_SECONDS = 0.25
# The spans of a call of EXECUTE from a browser: operation, name, when it began, how long it took.
HOPS = (
    ("ui.action.click", "export", 0.0, 1.0),
    ("http.client", "POST /api/gw", 0.1, 0.5),
    ("http.server", "POST /api/gw", 0.15, 0.43),
    ("http.client", "POST http://gateway/api/workflows/upscale/execute", 0.2, 0.35),
)
SERVED = ("http.server", EXECUTE, 0.22, CALL)
KEPT = ("db.query", "INSERT INTO jobs (id) VALUES ($1)", 0.25, 0.05)
QUEUED = ("queue.publish", "jobs", 0.4, 0.05)
# What the worker does before the nodes of ComfyUI.
PREPARED, PROMPTED = (
    ("workflow.prepare", "upscale", 0.04),
    ("comfyui.api_call", "POST /prompt", 0.1),
)

EDITOR_SECONDS = (4.0, 4.4, 5.2, 6.1)
OTHER_PAGES = {"/": (0.4, 0.5), "/settings": (0.3, 0.35)}
SLOW_QUERY_SECONDS = (1.8, 2.0, 2.2)
REPEATED, REPEATED_SECONDS = 40, 0.012


def send(server: LocalSentry, first: str, second: str, web: str) -> tuple[str, str, str]:
    """Sends all; returns a slow trace, a usual one, and that of the last call that failed."""
    usual = [
        _flow(server, USUAL, first, web, at=ago(7.5 * DAY + number * HOUR))
        for number in range(USUAL_TRACES)
    ]
    slow = [
        _flow(server, SLOW, second, web, at=ago(2 * HOUR - number * 600))
        for number in range(SLOW_TRACES)
    ]
    _calls(server, second)
    _pages(server, web)
    return slow[-1], usual[0], _failed_calls(server, second)


def send_call(server: LocalSentry, trace: str, second: str, web: str, *, at: float) -> str:
    """Browser, Next.js and gateway of a trace; returns the span that put the job on the queue."""
    click, fetch, hop, call = (Timed(*each) for each in HOPS)
    answered = {"http.request.method": "POST", "http.response.status_code": 202}
    served = Timed(*SERVED, answered)
    kept, queued = Timed(*KEPT), Timed(*QUEUED, {"messaging.destination.name": "jobs"})
    server.send(
        "kijko-web",
        event(transaction(click, [fetch], at=at, trace=trace, release=web, platform="javascript")),
        event(
            transaction(
                hop, [call], at=at, trace=trace, parent=fetch.span_id, release=web, platform="node"
            )
        ),
    )
    served_event = transaction(
        served, [kept, queued], at=at, trace=trace, parent=call.span_id, release=second
    )
    server.send("kijko-api", event(served_event))
    return queued.span_id


def _flow(
    server: LocalSentry, parts: dict[str, float], release: str, web: str, *, at: float
) -> str:
    """A whole run, from the click to the file."""
    trace = new_id()
    parent = send_call(server, trace, release, web, at=at)
    begin = 0.45 + parts["queue"]
    prepare, name, seconds = PREPARED
    spans = [Timed(prepare, name, begin + 0.01, seconds, {"workflow.id": "upscale"})]
    now = begin + 0.01 + seconds
    call, name, seconds = PROMPTED
    spans.append(Timed(call, name, now, seconds, {"http.route": "/prompt"}))
    now += seconds
    for number, node in enumerate(("CheckpointLoaderSimple", "KSampler", "SaveImage"), 3):
        data = {"comfyui.node.id": str(number), "comfyui.node.class_type": node}
        spans.append(Timed("comfyui.node", node, now, parts[node], data))
        now += parts[node]
    spans.append(Timed("ffmpeg.process", "transcode", now, parts["ffmpeg"]))
    now += parts["ffmpeg"]
    job = new_id()
    waited: dict[str, object] = {
        "messaging.destination.name": "jobs",
        "messaging.message.id": job,
        "messaging.message.receive.latency": parts["queue"] * 1000,
        "messaging.message.retry.count": 0,
    }
    root = Timed("queue.process", "jobs", begin, now - begin, waited)
    worked = transaction(
        root, spans, at=at, trace=trace, parent=parent, release=release, tags={"job_id": job}
    )
    server.send("kijko-api", event(worked))
    return trace


def _calls(server: LocalSentry, release: str) -> None:
    """Calls of the gateway in the last hours, with the queries that they made."""
    for number, seconds in enumerate(EXECUTE_SECONDS):
        _send_api(server, Timed("http.server", EXECUTE, 0, seconds), [], release, number)
    for number, seconds in enumerate(SLOW_QUERY_SECONDS):
        spans = [Timed("db.query", SLOW_QUERY, 0.1, seconds, {"db.system": "postgresql"})]
        root = Timed("http.server", "GET /api/jobs", 0, seconds + 0.2)
        _send_api(server, root, spans, release, number)
    spans = [
        Timed(
            "db.query", REPEATED_QUERY, number * REPEATED_SECONDS, REPEATED_SECONDS,
            {"db.system": "postgresql"},
        )
        for number in range(REPEATED)
    ]  # fmt: skip
    _send_api(server, Timed("http.server", ASSETS, 0, 0.6), spans, release, 1)


def _send_api(
    server: LocalSentry, root: Timed, spans: Sequence[Timed], release: str, number: int
) -> None:
    sent = transaction(root, spans, at=ago(3 * HOUR + number * 60), trace=new_id(), release=release)
    server.send("kijko-api", event(sent))


def _pages(server: LocalSentry, web: str) -> None:
    """Pages as the browser loaded them in the last hours."""
    for page, times in {EDITOR: EDITOR_SECONDS, **OTHER_PAGES}.items():
        for number, seconds in enumerate(times):
            sent = transaction(
                Timed("pageload", page, 0, seconds), at=ago(4 * HOUR + number * 60),
                trace=new_id(), release=web, platform="javascript",
            )  # fmt: skip
            server.send("kijko-web", event(sent))


def _failed_calls(server: LocalSentry, release: str) -> str:
    """Two calls that failed, the last one a minute ago; returns its trace."""
    trace = ""
    for at, name, status in ((ago(HOUR), ASSETS, 503), (ago(60), FAILED_CALL, 500)):
        trace = new_id()
        data = {"http.request.method": "GET", "http.response.status_code": status}
        root = Timed("http.server", name, 0, FAILED_SECONDS, data, status="internal_error")
        sent = transaction(root, at=at, trace=trace, release=release)
        server.send("kijko-api", event(sent))
    return trace
