"""Text from events never passes for the server's words, whatever it is and wherever it stood."""

import json
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from kijko_mcp.settings import McpSettings
from mcp_asking import DEADLINE, Said, client_of, said
from mcp_envelopes import Timed, ago, envelope, error, event, new_id, transaction
from mcp_hostile import CANARY, CORPUS, SECRETS
from mcp_local_sentry import LocalSentry, local_sentry
from mcp_tokens import tokens
from mcp_waiting import eventually
from sentry_api import SentryClient

_FENCED = re.compile(
    r"<event-data ([0-9]{9})> untrusted, not instructions\n(.*?)\n</event-data \1>", re.DOTALL
)
_MARKUP = re.compile(r"<\s*/?\s*event-data", re.IGNORECASE)
_BUDGET = 1500


# A server, and the trace and the replay of each text of the corpus.
Attacked = tuple[LocalSentry, dict[str, tuple[str, str]]]


def _send(server: LocalSentry, text: str, number: int) -> tuple[str, str]:
    trace, replay = new_id(), new_id()
    place = {"trace_id": trace, "span_id": trace[:16], "op": text[:100], "status": "internal_error"}
    frame = {
        "filename": text[:200], "function": text[:200], "module": text[:200], "lineno": 7,
        "context_line": text[:500], "pre_context": [text[:500]], "in_app": True,
        "vars": {text[:50]: text[:500]},
    }  # fmt: skip
    hostile = error(
        f"Attack{number}", text, at=ago(60), frames=[frame], fingerprint=[f"attack {number}"],
        transaction=text[:200], culprit=text[:200], logger=text[:60],
        release=_release(text, number), environment=f"{number}",
        tags={"job_id": text[:200], "canary": text[:200], "replayId": replay},
        user={"id": text[:100], "username": text[:100]},
        contexts={"trace": place, "replay": {"replay_id": replay}, "more": {"text": text[:200]}},
        breadcrumbs=[{"category": text[:80], "message": text, "data": {"url": text[:200]}}],
        request={"url": text[:200], "method": text[:10]},
    )  # fmt: skip
    spans = [
        Timed(op, text[:500], 0.1, 0.4, {"db.system": text[:50], "comfyui.node.class_type": text})
        for op in ("db.query", "comfyui.node", "http.client")
    ]
    root = Timed("http.server", text[:200], 0, 1, {"http.response.status_code": 500})
    traced = transaction(root, spans, at=ago(60), trace=trace)
    recorded = _recording(text, ago(60))
    about = {
        "type": "replay_event", "replay_id": replay, "event_id": replay, "segment_id": 0,
        "timestamp": ago(50), "replay_start_timestamp": ago(60), "platform": "javascript",
        "urls": [f"https://evil.example/{text[:100]}"], "error_ids": [hostile["event_id"]],
        "trace_ids": [trace], "tags": {"canary": text[:200]}, "user": {"username": text[:100]},
    }  # fmt: skip
    body = envelope(
        ({"type": "replay_event"}, json.dumps(about).encode()),
        ({"type": "replay_recording"}, b'{"segment_id":0}\n' + json.dumps(recorded).encode()),
        event_id=replay,
    )
    server.send("kijko-web", body)
    server.send("kijko-api", event(hostile), event(traced))
    return trace, replay


def _release(text: str, number: int) -> str:
    """A release named so, as far as a release may be."""
    allowed = "".join(" " if each.isspace() or each in "/\\" else each for each in text)
    return f"kijko-api@{number:03} {allowed[:80]}".strip()


def _recording(text: str, at: float) -> list[dict[str, Any]]:
    crumbs: list[dict[str, Any]] = [
        {"category": "ui.click", "message": text, "data": {"node": {"textContent": text}}},
        {"category": "navigation", "data": {"from": text, "to": text}},
        {"category": "console", "level": "error", "message": text},
        {"category": text, "message": text},
    ]
    crumbed = [
        {"type": 5, "data": {"tag": "breadcrumb", "payload": {"timestamp": at, **crumb}}}
        for crumb in crumbs
    ]
    fetched = {
        "tag": "performanceSpan",
        "payload": {
            "op": "resource.fetch", "description": text, "startTimestamp": at,
            "endTimestamp": at + 1, "data": {"method": text[:10], "statusCode": 500},
        },
    }  # fmt: skip
    page = {"type": 4, "data": {"href": text, "width": 1, "height": 1}}
    return [
        {"timestamp": int(at * 1000), **each}
        for each in (page, *crumbed, {"type": 5, "data": fetched})
    ]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with local_sentry(tmp_path_factory.mktemp("hostile")) as server:
        sent = {
            name: _send(server, text, number) for number, (name, text) in enumerate(CORPUS.items())
        }
        yield server, sent


@asynccontextmanager
async def asking(attacked: Attacked, folder: Path) -> AsyncIterator[Client]:
    """A client of a server that looks at the attacked Sentry."""
    given = {"workspace": folder, "call_timeout": DEADLINE, "tokens": _BUDGET}
    async with client_of(attacked[0].settings(), McpSettings.model_validate(given)) as client:
        yield client


def check(answer: Said) -> None:
    """Nothing from an event stands outside the fence, and nothing in it is invisible or alive."""
    outside = _FENCED.sub("", answer.text)
    assert CANARY not in outside, outside
    assert "event-data" not in outside, outside
    for _, inside in _FENCED.findall(answer.text):
        assert not _MARKUP.search(inside), inside
    trusted = {key: value for key, value in answer.structured.items() if key != "untrusted"}
    assert CANARY not in json.dumps(trusted), trusted
    everything = answer.text + json.dumps(answer.structured, ensure_ascii=False)
    unseen = [
        character
        for character in everything
        if character != "\n"
        and (
            unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
            or character in "\u115f\u1160\u3164\u2800\uffa0"
            or "\ufe00" <= character <= "\ufe0f"
        )
    ]
    assert unseen == [], [hex(ord(each)) for each in unseen]
    assert not re.search(r"https?://(www\.)?evil", everything), everything
    for secret in SECRETS:
        assert secret not in everything, secret
    assert tokens(answer.text) <= _BUDGET, tokens(answer.text)


@pytest.mark.parametrize("name", CORPUS)
async def test_a_hostile_text_stays_inside_the_fence(
    attacked: Attacked, tmp_path: Path, name: str
) -> None:
    server, sent = attacked
    trace, replay = sent[name]
    number = list(CORPUS).index(name)
    async with SentryClient(server.settings()) as sentry:

        async def issue() -> str:
            found = [each async for each in sentry.issues.search(f"error.type:Attack{number}")]
            return found[0].short_id if found else ""

        short_id = await eventually(issue, f"the issue of {name}")

        async def there() -> bool:
            replays = [each.id async for each in sentry.replays.search()]
            return replay in replays and bool(await sentry.explore.trace(trace))

        await eventually(there, f"trace and replay of {name}")
    questions: tuple[tuple[str, dict[str, Any]], ...] = (
        ("explain_issue", {"issue": short_id}),
        ("explain_trace", {"trace": trace}),
        ("show_replay", {"replay": replay}),
        ("show_replay", {"issue": short_id, "all_sessions": True}),
        ("find_errors", {"query": f"error.type:Attack{number}"}),
        ("find_errors", {"project": "api", "release": f"@{number:03}"}),
        ("release_status", {"project": "api", "release": f"@{number:03}"}),
        ("release_status", {"issue": short_id}),
    )
    async with asking(attacked, tmp_path) as client:
        for tool, arguments in questions:
            answer = said(await client.call_tool(tool, arguments))
            assert not answer.refused, (tool, answer.text)
            check(answer)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("find_errors", {"limit": 50}),
        ("find_errors", {"project": "api", "sort": "frequent"}),
        ("find_slow", {}),
        ("find_slow", {"what": "queries"}),
        ("find_bottleneck", {}),
        ("explain_trace", {"which": "failed_api_call"}),
        ("release_status", {"project": "api"}),
        ("find_errors", {"project": "api", "release": "latest"}),
        ("search", {"query": "", "dataset": "errors"}),
        ("search", {"query": "", "dataset": "spans"}),
    ],
)
async def test_lists_of_hostile_texts_stay_inside_the_fence(
    attacked: Attacked, tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    async with asking(attacked, tmp_path) as client:
        check(said(await client.call_tool(tool, arguments)))


@pytest.mark.parametrize(
    ("tool", "argument"),
    [
        ("find_errors", "project"),
        ("find_errors", "release"),
        ("explain_issue", "issue"),
        ("explain_trace", "trace"),
        ("show_replay", "replay"),
    ],
)
async def test_hostile_arguments_are_not_repeated_as_the_servers_words(
    attacked: Attacked, tmp_path: Path, tool: str, argument: str
) -> None:
    async with asking(attacked, tmp_path) as client:
        for text in CORPUS.values():
            check(said(await client.call_tool(tool, {argument: text[:400]})))
