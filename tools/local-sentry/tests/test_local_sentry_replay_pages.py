"""Replays in a real browser: played from our own files, inert, and in step with what happened."""

import hashlib
import json
import time
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from local_sentry_browser import CHROMIUM, browser
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_event,
    event_id,
    eventually,
    recorded_envelopes,
)

RECORDED = "bee1e09441bc4f63bcad9eb595d99854"
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")
READY = "document.querySelector('.replay')?.dataset.ready == 'true'"
FRAME = "document.querySelector('.player iframe')"
EVIL = "<img src=x onerror='window.top.hacked = 1'><script>window.top.hacked = 1</script>"


def test_the_vendored_player_is_the_published_one() -> None:
    folder = resources.files("local_sentry") / "static" / "vendor" / "rrweb-player"
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    readme = (folder / "README.md").read_text()
    assert len(lines) == 2
    for line in lines:
        digest, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
        assert digest in readme
    assert "MIT License" in (folder / "LICENSE").read_text()


def send_recorded(server: LocalSentry) -> None:
    for _, body in recorded_envelopes("browser-static.jsonl"):
        server.send(body, "kijko-web")
    page = f"/explore/replays/{RECORDED}/"
    eventually(lambda: "RangeError" in server.client.get(page).text, "the replay and its errors")


def send_replay(server: LocalSentry, *more: dict[str, Any]) -> str:
    """A replay of one small page, with what is added to its recording."""
    replay_id, now = event_id(), time.time()
    text = {"type": 3, "id": 5, "textContent": f"played {replay_id}"}
    body = {"type": 2, "id": 4, "tagName": "body", "attributes": {}, "childNodes": [text]}
    html = {"type": 2, "id": 2, "tagName": "html", "attributes": {}, "childNodes": [body]}
    page = {"type": 0, "id": 1, "childNodes": [html]}
    at = int(now * 1000) - 10_000
    events: list[dict[str, Any]] = [
        {"type": 4, "timestamp": at, "data": {"href": "http://app/", "width": 800, "height": 500}},
        {"type": 2, "timestamp": at, "data": {"node": page, "initialOffset": {}}},
        {"type": 3, "timestamp": at + 9000, "data": {"source": 3, "id": 1, "x": 0, "y": 0}},
        *({"timestamp": at + 4000} | event for event in more),
    ]  # fmt: skip
    about = {
        "type": "replay_event", "replay_id": replay_id, "segment_id": 0, "timestamp": now,
        "replay_start_timestamp": now - 10, "urls": [f"http://app/{EVIL}"], "error_ids": [],
        "user": {"username": EVIL}, "tags": {EVIL: EVIL},
    }  # fmt: skip
    recording = b'{"segment_id":0}\n' + json.dumps(events).encode()
    server.send(
        envelope(
            ({"type": "replay_event"}, json.dumps(about).encode()),
            ({"type": "replay_recording"}, recording),
            event_id=replay_id,
        ),
        "kijko-web",
    )
    eventually(lambda: server.client.get(f"/explore/replays/{replay_id}/").status_code == 200)
    return replay_id


def test_replays_are_listed_searched_and_linked_from_their_errors(server: LocalSentry) -> None:
    send_recorded(server)
    shown = server.client.get("/explore/replays/").text
    assert RECORDED in shown
    assert RECORDED in server.client.get("/explore/replays/?query=count_errors:>1").text
    assert RECORDED not in server.client.get("/explore/replays/?query=count_errors:>99").text
    wrong = server.client.get("/explore/replays/?query=(")
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    assert server.client.get(f"/explore/replays/{event_id()}/").status_code == 404


@in_a_browser
async def test_a_replay_is_played_beside_what_happened(server: LocalSentry, tmp_path: Path) -> None:
    send_recorded(server)
    at = "document.querySelector('.moment[aria-current] .said')?.textContent"
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/explore/replays/{RECORDED}/")
        await page.eventually(READY)
        await page.eventually(f"{FRAME}.contentDocument.body.innerText.includes('Beach')")
        assert await page.evaluate(f"{FRAME}.getAttribute('sandbox')") == "allow-same-origin"
        count = "document.querySelector('[data-kind=all] .count').textContent"
        assert int(await page.evaluate(count)) > 20
        # A moment is chosen: the player goes there.
        click = (
            "[...document.querySelectorAll('.moment')].find(m => m.innerText.includes('drop a'))"
        )
        await page.evaluate(f"{click}.querySelector('button').click()")
        await page.eventually(f"{at} == 'drop a'")
        assert await page.evaluate("document.querySelector('.rr-timeline__time').innerText") == (
            "00:01"
        )
        await page.press("e")
        await page.eventually(f"{at}.includes('RangeError')")
        # The player runs: the list follows.
        past = (
            "[...document.querySelectorAll('.moment.past')].some(m => m.innerText.includes('boom'))"
        )
        await page.evaluate("goTo(0)")
        await page.eventually(f"!{past}")
        await page.press(" ")
        await page.eventually(past)
        await page.evaluate("document.querySelector('[data-kind=error]').click()")
        shown = "[...document.querySelectorAll('.moment')].filter(m => !m.hidden)"
        assert await page.evaluate(f"{shown}.every(m => m.dataset.kind == 'error')")
        assert await page.evaluate(f"{shown}.length") == 2
        assert page.complaints == []


@in_a_browser
async def test_a_hostile_recording_is_inert(server: LocalSentry, tmp_path: Path) -> None:
    node = {
        "type": 2, "id": 90, "tagName": "img", "childNodes": [],
        "attributes": {"src": "x", "onerror": "window.top.hacked = 1"},
    }  # fmt: skip
    script = {
        "type": 2, "id": 91, "tagName": "script", "attributes": {},
        "childNodes": [{"type": 3, "id": 92, "textContent": "window.top.hacked = 1"}],
    }  # fmt: skip
    frame = {
        "type": 2, "id": 93, "tagName": "iframe", "childNodes": [],
        "attributes": {"srcdoc": "<script>window.top.hacked = 1</script>", "src": "javascript:0"},
    }  # fmt: skip
    adds = [{"parentId": 4, "nextId": None, "node": each} for each in (node, script, frame)]
    mutation = {"source": 0, "adds": adds, "removes": [], "texts": [], "attributes": []}
    crumb = {"category": EVIL, "message": EVIL, "level": EVIL, "data": {"from": EVIL, "to": EVIL}}
    span = {"op": f"resource.{EVIL}", "description": EVIL, "data": {"method": EVIL}}
    replay_id = send_replay(
        server,
        {"type": 3, "data": mutation},
        {"type": 5, "data": {"tag": "breadcrumb", "payload": crumb}},
        {"type": 5, "data": {"tag": "performanceSpan", "payload": span}},
        {"type": 5, "data": {"tag": "breadcrumb", "payload": "not an object"}},
        {"type": 5, "data": None},
        {"type": "x", "data": []},
    )
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/explore/replays/{replay_id}/?t=8")
        await page.eventually(READY)
        await page.eventually(f"{FRAME}.contentDocument.querySelector('img') !== null")
        assert await page.evaluate("document.querySelectorAll('.moment').length") == 2
        assert await page.evaluate("document.querySelector('.moments img') === null")
        assert await page.evaluate("document.querySelector('main').innerText.includes('onerror')")
        assert await page.evaluate("window.hacked === undefined")
    answer = server.client.get(f"/explore/replays/{replay_id}/")
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "<script>window" not in answer.text
    assert "<img src=x" not in server.client.get("/explore/replays/").text


@in_a_browser
async def test_a_replay_without_its_beginning_says_so(server: LocalSentry, tmp_path: Path) -> None:
    replay_id = event_id()
    now = time.time()
    error = error_event(f"only {replay_id}", contexts={"replay": {"replay_id": replay_id}})
    server.send(envelope(({"type": "event"}, json.dumps(error).encode()), event_id=event_id()))
    recording = b'{"segment_id":3}\n' + json.dumps([{"type": 3, "timestamp": now * 1000}]).encode()
    server.send(envelope(({"type": "replay_recording"}, recording), event_id=replay_id))
    eventually(lambda: server.client.get(f"/explore/replays/{replay_id}/").status_code == 200)
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/explore/replays/{replay_id}/")
        await page.eventually(READY)
        said = await page.evaluate("document.querySelector('.loading').textContent")
        assert "first segments are missing" in said
        assert page.complaints == []
