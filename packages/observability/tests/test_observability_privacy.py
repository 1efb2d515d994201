"""Nothing private leaves the process: every kind of item, as it arrives at a Sentry."""

import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import sentry_sdk

import observability
from observability_sentry import Sentry

PRIVATE = ("ann@example.org", "203.0.113.9", "2001:db8::77", "hunter2", "k3y-0f-ann", "argv-secret")
TEXT = (
    "ann@example.org from 203.0.113.9 and 2001:db8::77 said password=hunter2, "
    "Authorization: Bearer k3y-0f-ann"
)


def _fail(to: str) -> None:
    body = {"password": "hunter2", "text": TEXT, "to": to, "raw": TEXT.encode()}
    raise ValueError(f"cannot send {body}")


async def test_no_kind_of_item_carries_what_is_private(
    sentry: Sentry, connect: Callable[..., None], monkeypatch: Any
) -> None:
    monkeypatch.setattr("sys.argv", ["gateway", "--token", "argv-secret"])
    connect(include_local_variables=True)
    log = logging.getLogger("observability.privacy")
    log.setLevel(logging.INFO)
    sentry_sdk.set_user({"id": "7", "email": PRIVATE[0], "ip_address": PRIVATE[1]})
    sentry_sdk.set_tag("who", TEXT)
    sentry_sdk.set_context("request", {"token": "hunter2", "text": [TEXT]})
    with observability.continued_trace({}, name=f"job of {TEXT}", op="queue.process") as span:
        span.set_data("text", TEXT)
        span.set_data("api_key", "k3y-0f-ann")
        log.info("who: %s", TEXT, extra={"cookie": "hunter2", "text": TEXT})
        with observability.comfyui_api_call("GET", f"/view?who={PRIVATE[0]}"):
            url = (
                f"{sentry.dsn.split('/7')[0].replace('public@', '')}/?token={PRIVATE[3]}&to={TEXT}"
            )
            async with aiohttp.ClientSession() as session, session.post(url, data=b"{}\n"):
                pass
        sentry_sdk.metrics.count("mails", 1, attributes={"to": PRIVATE[0]})
        try:
            _fail(PRIVATE[0])
        except ValueError as error:
            log.exception("cannot send to %s", PRIVATE[0])
            again = observability.capture_exception(error)
    sentry_sdk.capture_message(TEXT)
    sentry_sdk.set_user(None)
    observability.flush()
    assert again is None  # an error is reported once, here by its log record

    kinds = {item.type for item in sentry.items}
    assert {"event", "transaction", "log", "trace_metric"} <= kinds
    everything = b"\n".join(sentry.raw).decode()
    for private in PRIVATE:
        assert private not in everything
    for placeholder in ("[email]", "[ip]", "[Filtered]"):
        assert placeholder in everything

    event = sentry.wait_for("event", lambda event: "exception" in event)
    assert event["user"] == {"id": "7"}
    (failure,) = event["exception"]["values"]
    assert failure["value"].startswith("cannot send {'password': '[Filtered]'")
    frame = failure["stacktrace"]["frames"][-1]
    assert frame["function"] == "_fail"
    assert frame["context_line"] == '    raise ValueError(f"cannot send {body}")'
    assert frame["vars"]["body"]["password"] == "[Filtered]"
    assert frame["vars"]["to"] == "'[email]'"
    assert not event.get("server_name")
    assert "argv" not in str(event.get("extra"))


def test_the_integrations_are_those_named_and_no_others(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    connect()
    observability.capture_exception(ValueError("broken"))
    observability.flush()
    (event,) = sentry.of("event")
    assert event["sdk"]["integrations"] == [
        *("aiohttp", "asyncpg", "atexit", "dedupe", "excepthook"),
        *("fastapi", "httpx", "logging", "starlette", "threading"),
    ]


async def test_trace_headers_go_only_where_they_may(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    with_headers = sentry_sdk.utils.match_regex_list
    connect(trace_propagation_targets=("http://127.0.0.1", "https://comfy.example:8188"))
    targets = sentry_sdk.get_client().options["trace_propagation_targets"]
    for url, may in {
        "http://127.0.0.1:8188/prompt": True,
        "http://127.0.0.1": True,
        "https://comfy.example:8188/prompt": True,
        "https://comfy.example:81880/prompt": False,
        "http://127.0.0.1.evil.example/": False,
        "http://127.0.0.1:80@evil.example/": False,
        "https://evil.example/?u=http://127.0.0.1/": False,
        "https://comfy-example:8188/": False,
    }.items():
        assert with_headers(url, targets, substring_matching=True) is may, url
