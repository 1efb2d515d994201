"""The pages in a real browser: keyboard, folding, details, and nothing the policy blocks."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from local_sentry_browser import CHROMIUM, browser
from local_sentry_process import LocalSentry, envelope, error_event, event_id, eventually

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")


def send_trace(server: LocalSentry) -> str:
    trace_id, now = event_id(), time.time()
    spans = [
        {"span_id": f"{n:016x}", "parent_span_id": f"{n - 1 if n == 3 else 1:016x}", "op": f"op{n}",
         "description": f"step {n}", "start_timestamp": now - 1 + n / 10, "timestamp": now}
        for n in range(2, 7)
    ]  # fmt: skip
    root = {"trace_id": trace_id, "span_id": f"{1:016x}", "op": "http.server"}
    transaction = {
        "type": "transaction", "transaction": "GET /seen", "start_timestamp": now - 1,
        "timestamp": now, "contexts": {"trace": root}, "spans": spans, "release": "seen@1.0.0",
    }  # fmt: skip
    error = error_event("in step 5", contexts={"trace": root | {"span_id": f"{5:016x}"}})
    for kind, payload in (("transaction", transaction), ("event", error)):
        body = json.dumps(payload).encode()
        server.send(envelope(({"type": kind}, body), event_id=event_id()))
    eventually(lambda: server.issues(query='"in step 5"'))
    return trace_id


async def test_a_trace_is_walked_by_keyboard(server: LocalSentry, tmp_path: Path) -> None:
    trace_id = send_trace(server)
    selected = "document.querySelector('[aria-selected=true]')?.dataset.span"
    shown = "[...document.querySelectorAll('.span')].filter(s => !s.hidden).length"
    panel = "!document.querySelector('.panel').hidden && document.querySelector('.panel').innerText"
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/explore/traces/trace/{trace_id}/")
        assert await page.evaluate(shown) == 6
        await page.press("ArrowDown")
        await page.press("ArrowDown")
        await page.eventually(f"{selected} == '{2:016x}'")
        await page.eventually(f"{panel}.includes('step 2')")
        await page.press("ArrowLeft")
        assert await page.evaluate(shown) == 5
        await page.press("ArrowRight")
        assert await page.evaluate(shown) == 6
        await page.press("e")
        await page.eventually(f"{selected} == '{5:016x}'")
        await page.eventually(f"{panel}.includes('in step 5')")
        assert await page.evaluate("location.search") == f"?node=span-{5:016x}"
        await page.press("Escape")
        assert await page.evaluate("document.querySelector('.panel').hidden")
        assert await page.evaluate("location.search") == ""
        assert page.complaints == []


async def test_every_page_fits_a_phone_and_breaks_no_policy(
    server: LocalSentry, tmp_path: Path
) -> None:
    trace_id = send_trace(server)
    issue = server.issues(query='"in step 5"')[0]["id"]
    async with browser(tmp_path) as page:
        await page.call(
            "Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1,
            mobile=True,
        )  # fmt: skip
        for path in (
            "/organizations/kijko/issues/",
            f"/organizations/kijko/issues/{issue}/",
            "/explore/traces/",
            f"/explore/traces/trace/{trace_id}/",
            f"/explore/traces/trace/{trace_id}/?node=span-{5:016x}",
            "/explore/replays/",
            "/explore/logs/",
            "/organizations/kijko/releases/",
            "/organizations/kijko/releases/seen@1.0.0/",
            "/organizations/kijko/projects/",
        ):
            await page.open(f"{server.url}{path}")
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, path
        assert page.complaints == []


async def test_the_slash_key_goes_to_the_search(server: LocalSentry, tmp_path: Path) -> None:
    send_trace(server)
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/organizations/kijko/issues/")
        await page.press("/")
        assert await page.evaluate("document.activeElement.name") == "query"
        await page.evaluate("document.activeElement.blur()")
        await page.press("j")
        assert await page.evaluate("document.activeElement.className") == "row"


def send_workflow(server: LocalSentry) -> str:
    """A trace of one second with 55 spans of microseconds and a longer one."""
    trace_id, now = event_id(), time.time()
    nodes = [
        {"span_id": f"{n:016x}", "parent_span_id": f"{1:016x}", "op": "comfyui.node",
         "start_timestamp": now - 0.9 + n / 1e5, "timestamp": now - 0.9 + n / 1e5 + 8e-6}
        for n in range(2, 57)
    ]  # fmt: skip
    late = {"span_id": "f" * 16, "parent_span_id": f"{1:016x}", "op": "ffmpeg",
            "start_timestamp": now - 0.5, "timestamp": now}  # fmt: skip
    transaction = {
        "type": "transaction", "transaction": "render", "start_timestamp": now - 1,
        "timestamp": now, "spans": [*nodes, late],
        "contexts": {"trace": {"trace_id": trace_id, "span_id": f"{1:016x}", "op": "workflow"}},
    }  # fmt: skip
    body = json.dumps(transaction).encode()
    server.send(envelope(({"type": "transaction"}, body), event_id=event_id()))
    path = f"/explore/traces/trace/{trace_id}/"
    eventually(lambda: "ffmpeg" in server.client.get(path).text)
    return trace_id


async def test_a_trace_is_zoomed_and_its_group_unfolded(
    server: LocalSentry, tmp_path: Path
) -> None:
    trace_id = send_workflow(server)
    shown = "[...document.querySelectorAll('.span')].filter(s => !s.hidden).length"
    reset = "document.querySelector('.overview .reset')"
    bar = f"document.querySelector('[data-span={'f' * 16}] .bar rect')"
    width = f"parseFloat({bar}.getAttribute('width'))"
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/explore/traces/trace/{trace_id}/")
        assert await page.evaluate(shown) == 3
        group = await page.evaluate("document.querySelector('.group .name b').innerText")
        assert group == "comfyui.node"
        title = await page.evaluate("document.querySelector('.group').title")
        assert title.startswith("55 spans, ")
        await page.evaluate("document.querySelector('.group .fold').click()")
        assert await page.evaluate(shown) == 58

        left, top, wide = await page.evaluate(
            "(b => [b.left, b.top, b.width])(document.querySelector('.overview svg')"
            ".getBoundingClientRect())"
        )
        await page.drag((left + wide / 2, top + 30), (left + wide - 1, top + 30))
        await page.eventually(f"{width} > 95")
        assert not await page.evaluate(f"{reset}.hidden")
        tick = await page.evaluate("document.querySelector('.ticks span').innerText")
        assert tick.endswith("ms")
        assert abs(float(tick.split()[0]) - 500) < 20
        await page.press("0")
        await page.eventually(f"{width} < 55")
        assert await page.evaluate(f"{reset}.hidden")

        # A span inside a folded group is unfolded when an address names it.
        await page.open(f"{server.url}/explore/traces/trace/{trace_id}/?node=span-{20:016x}")
        assert await page.evaluate(f"!document.querySelector('[data-span=\"{20:016x}\"]').hidden")
        assert page.complaints == []


async def test_light_or_dark_is_chosen_and_remembered(server: LocalSentry, tmp_path: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    address = f"{server.url}/organizations/kijko/projects/"
    async with browser(tmp_path) as page:
        dark = {"name": "prefers-color-scheme", "value": "dark"}
        await page.open(address)
        light = await page.evaluate(background)
        await page.call("Emulation.setEmulatedMedia", features=[dark])
        await page.eventually(f"{background} != '{light}'")
        await page.press("d")
        assert await page.evaluate(background) == light
        await page.open(f"{server.url}/explore/logs/")
        assert await page.evaluate(background) == light
        await page.evaluate("document.getElementById('theme').click()")
        assert await page.evaluate(background) != light
        assert await page.evaluate("localStorage.getItem('theme')") is None
        assert page.complaints == []


async def test_the_keyboard_is_explained_and_goes_everywhere(
    server: LocalSentry, tmp_path: Path
) -> None:
    async with browser(tmp_path) as page:
        # Where "e" alone goes to the next error.
        await page.open(f"{server.url}/explore/traces/trace/{send_trace(server)}/")
        await page.press("?")
        assert await page.evaluate("document.getElementById('keys').open")
        await page.press("?")
        assert not await page.evaluate("document.getElementById('keys').open")
        for key, path in (
            ("e", "/organizations/kijko/releases/"),
            ("r", "/explore/replays/"),
            ("p", "/organizations/kijko/projects/"),
            ("t", "/explore/traces/"),
        ):
            await page.press("g")
            await page.press(key)
            await page.eventually(
                f"location.pathname == '{path}' && document.readyState == 'complete'"
            )


async def test_what_arrives_is_shown_unless_paused(server: LocalSentry, tmp_path: Path) -> None:
    def send(name: str) -> None:
        body = json.dumps(error_event(name, fingerprint=[name])).encode()
        server.send(envelope(({"type": "event"}, body), event_id=event_id()))
        eventually(lambda: server.issues(query=f'"{name}"'))

    asked = "performance.getEntriesByType('resource').filter(r => r.name.endsWith('/live/')).length"
    async with browser(tmp_path) as page:
        send("before the page")
        await page.open(f"{server.url}/organizations/kijko/issues/")
        await page.eventually(f"{asked} >= 1")
        await page.press("j")
        focused = await page.evaluate("document.activeElement.dataset.key")
        send("seen at once")
        await page.eventually("document.querySelector('main').innerText.includes('seen at once')")
        assert await page.evaluate("document.activeElement.dataset.key") == focused
        await page.evaluate("document.getElementById('live').click()")
        assert await page.evaluate("document.getElementById('live').ariaPressed") == "false"
        send("not seen")
        assert not await page.evaluate(
            "document.querySelector('main').innerText.includes('not seen')"
        )
        await page.evaluate("document.getElementById('live').click()")
        await page.eventually("document.querySelector('main').innerText.includes('not seen')")
        assert page.complaints == []


async def test_nothing_is_asked_while_the_tab_is_hidden(
    server: LocalSentry, tmp_path: Path
) -> None:
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/explore/logs/")
        await page.eventually("known !== null && timer !== null")
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        assert await page.evaluate("timer === null")
        await page.evaluate(
            "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"
        )
        await page.eventually("timer !== null")


async def test_an_issue_is_resolved_by_its_button(server: LocalSentry, tmp_path: Path) -> None:
    body = json.dumps(error_event("by button", fingerprint=[event_id()])).encode()
    server.send(envelope(({"type": "event"}, body), event_id=event_id()))
    issue = eventually(lambda: server.issues(query='"by button"'))[0]["id"]
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/organizations/kijko/issues/{issue}/")
        await page.evaluate("document.querySelector('[value=resolve]').click()")
        await page.eventually("document.querySelector('[value=unresolve]') !== null")
        assert page.complaints == []
    assert server.get(f"/api/0/issues/{issue}/")["status"] == "resolved"


def send_named(server: LocalSentry, name: str, **fields: Any) -> None:
    body = json.dumps(error_event(name, fingerprint=[name], **fields)).encode()
    server.send(envelope(({"type": "event"}, body), event_id=event_id()))


async def test_an_issue_stays_at_its_event_while_its_figures_move(
    server: LocalSentry, tmp_path: Path
) -> None:
    name = f"moves {event_id()}"
    send_named(server, name, tags={"step": "first"})
    (issue,) = eventually(lambda: server.issues(query=f'"{name}"'))
    figure = "document.querySelector('.figures dd').title"
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/organizations/kijko/issues/{issue['id']}/")
        read = await page.evaluate("document.querySelector('.event-bar .mono').innerText")
        await page.evaluate("window.mark = document.querySelector('.body > .stack')")
        await page.eventually("known !== null")
        send_named(server, name, tags={"step": "second"})
        await page.eventually(f"{figure} == '2'")
        await page.eventually("document.querySelector('aside').innerText.includes('second')")
        assert await page.evaluate("document.querySelector('.event-bar .mono').innerText") == read
        assert await page.evaluate("document.querySelector('[rel=next]') !== null")
        assert await page.evaluate("window.mark === document.querySelector('.body > .stack')")
        # Somebody else resolves it; the select still assigns.
        server.client.put(f"/api/0/issues/{issue['id']}/", json={"status": "resolved"})
        await page.eventually("document.querySelector('[value=unresolve]') !== null")
        await page.evaluate(
            "(s => { s.value = 'me'; s.dispatchEvent(new Event('change', {bubbles: true})) })"
            "(document.getElementById('assignee'))"
        )
        eventually(lambda: server.get(f"/api/0/issues/{issue['id']}/")["assignedTo"])
        assert page.complaints == []


async def test_a_trace_grows_without_losing_fold_focus_and_zoom(
    server: LocalSentry, tmp_path: Path
) -> None:
    trace_id = send_workflow(server)
    shown = "[...document.querySelectorAll('.span')].filter(s => !s.hidden).length"
    late = f"document.querySelector('[data-span={'f' * 16}]')"
    width = f"parseFloat({late}.querySelector('.bar rect').getAttribute('width'))"
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/explore/traces/trace/{trace_id}/")
        await page.evaluate("document.querySelector('.group .fold').click()")
        assert await page.evaluate(shown) == 58
        await page.evaluate(f"{late}.click()")
        await page.eventually("!document.querySelector('.panel').hidden")
        await page.press("z")
        await page.eventually(f"{width} > 80")
        await page.evaluate("scrollTo(0, 300)")
        scrolled = await page.evaluate("scrollY")
        await page.eventually("known !== null")
        now = time.time()
        trace = {"trace_id": trace_id, "span_id": "d" * 16, "parent_span_id": f"{1:016x}",
                 "op": "upload"}  # fmt: skip
        more = {"type": "transaction", "transaction": "upload", "start_timestamp": now,
                "timestamp": now + 0.1, "contexts": {"trace": trace}}  # fmt: skip
        body = json.dumps(more).encode()
        server.send(envelope(({"type": "transaction"}, body), event_id=event_id()))
        await page.eventually(f"document.querySelector('[data-span={'d' * 16}]') !== null")
        assert await page.evaluate(shown) == 59
        assert await page.evaluate(f"{late}.ariaSelected") == "true"
        assert await page.evaluate(f"document.activeElement === {late}")
        assert await page.evaluate(f"{width} > 80")
        assert await page.evaluate("!document.querySelector('.panel').hidden")
        assert await page.evaluate("scrollY") == scrolled
        await page.press("ArrowUp")
        await page.eventually(f"{late}.ariaSelected == 'false'")
        await page.press("0")
        await page.eventually("document.querySelector('.overview .reset').hidden")
        assert page.complaints == []


async def test_releases_and_projects_move_by_themselves(
    server: LocalSentry, tmp_path: Path
) -> None:
    version = f"live@{event_id()[:8]}"
    send_named(server, "first of a release", release=version)
    eventually(lambda: server.issues(query=f"release:{version}"))
    async with browser(tmp_path) as page:
        await page.open(f"{server.url}/organizations/kijko/releases/{version}/")
        await page.eventually("known !== null")
        name = f"new in it {event_id()}"
        send_named(server, name, release=version)
        await page.eventually(f"document.querySelector('main').innerText.includes('{name}')")
        deploys = f"/api/0/organizations/kijko/releases/{version}/deploys/"
        server.client.post(deploys, json={"environment": "staging"})
        await page.eventually("document.querySelector('.deploys').innerText.includes('staging')")
        await page.open(f"{server.url}/organizations/kijko/projects/")
        await page.evaluate("document.querySelector('.snippet').open = true")
        figures = "[...document.querySelectorAll('.project-figures')].map(p => p.innerText).join()"
        before = await page.evaluate(figures)
        await page.eventually("known !== null")
        send_named(server, f"counted {event_id()}")
        await page.eventually(f"{figures} !== {json.dumps(before)}")
        assert await page.evaluate("document.querySelector('.snippet').open")
        assert page.complaints == []
