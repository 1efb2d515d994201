"""The pages in a real browser: keyboard, folding, details, and nothing the policy blocks."""

import json
import time
from pathlib import Path

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
        "timestamp": now, "contexts": {"trace": root}, "spans": spans,
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
