"""Source maps: an error of a minified script that was released reads as it was written."""

import json
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from release_cli.services.javascript_upload import debug_ids
from release_cli_checkout import DEADLINE, Checkout, Done, command, environment, release
from release_cli_esbuild import WebApp, build, error_of
from release_cli_proxy import proxy
from release_cli_sentry import LocalSentry, eventually

WEB = "kijko-web"
NAME = "kijko-web@0.1.0+0123456789ab"


@pytest.fixture
def web(tmp_path: Path) -> WebApp:
    return build(tmp_path / "web", str(uuid.uuid4()))


def upload(
    checkout: Checkout, server: LocalSentry, web: WebApp, *more: str, name: str = NAME
) -> Done:
    """Run `release upload` on the built app."""
    given = arguments(checkout, web, *more, name=name)
    return release(checkout, *given, url=server.url, token=server.token)


def arguments(checkout: Checkout, web: WebApp, *more: str, name: str = NAME) -> list[str]:
    """The command line of that."""
    project = {
        "address": "apps/web:sentry", "project": WEB, "platform": "javascript-nextjs",
        "workspace_project": "web", "root": "apps/web",
        "artifact": {"address": "apps/web:web", "path": "dist/web"},
    }  # fmt: skip
    inputs = checkout.inputs(project)[:2]
    return [
        "upload", *inputs, "--project", WEB, "--release", name,
        "--artifact", str(web.dist), "--json", *more,
    ]  # fmt: skip


def send(server: LocalSentry, event: dict[str, Any]) -> str:
    """Send an event as a browser does; returns its id."""
    target = httpx.URL(server.dsn(WEB))
    event_id = uuid.uuid4().hex
    payload = json.dumps(event | {"timestamp": time.time(), "event_id": event_id}).encode()
    head = json.dumps({"event_id": event_id}), json.dumps({"type": "event", "length": len(payload)})
    answer = httpx.post(
        f"{server.url}/api/{target.path.strip('/')}/envelope/?sentry_key={target.username}",
        content="\n".join(head).encode() + b"\n" + payload + b"\n",
    )
    assert answer.status_code == 200, answer.text
    return event_id


def frames_of(server: LocalSentry, event_id: str) -> list[dict[str, Any]]:
    """The frames of an event as a person sees them."""
    event = eventually(lambda: server.find(f"projects/kijko/{WEB}/events/{event_id}/"), "the event")
    (entry,) = [each for each in event["entries"] if each["type"] == "exception"]
    frames: list[dict[str, Any]] = entry["data"]["values"][0]["stacktrace"]["frames"]
    return frames


def test_an_error_of_a_released_script_reads_as_written(
    checkout: Checkout, server: LocalSentry, web: WebApp
) -> None:
    done = upload(checkout, server, web)
    assert done.status == 0, done.errors
    assert (done.json["files"], done.json["maps_removed"]) == (1, 1)
    assert not list(web.dist.glob("**/*.map"))
    (debug_id,) = debug_ids(web.dist)
    frames = frames_of(server, send(server, error_of(web.script, debug_id, NAME)))
    last = frames[-1]
    assert last["filename"].endswith("editor/editor.ts")  # the shared package, bundled in
    assert last["function"] == "trackName"
    assert any("track.name!.toUpperCase()" in line for _, line in last["context"])
    assert any(each["filename"].endswith("web/app.ts") for each in frames)


def test_the_scripts_of_shared_packages_are_explained_too(
    checkout: Checkout, server: LocalSentry, web: WebApp
) -> None:
    done = upload(checkout, server, web, "--shared", str(web.shared))
    assert done.status == 0, done.errors
    assert (done.json["files"], done.json["maps_removed"]) == (2, 2)
    (debug_id,) = debug_ids(web.shared)
    found = server.get(f"projects/kijko/{WEB}/artifact-lookup/", debug_id=debug_id)
    assert [each["resolved_with"] for each in found] == ["debug-id"]


def test_what_the_server_has_is_not_sent_again(
    checkout: Checkout, server: LocalSentry, web: WebApp
) -> None:
    first = upload(checkout, server, web, "--keep-maps")
    assert (first.json["skipped"], first.json["maps_removed"]) == (False, 0)
    before = web.script.read_bytes()
    second = upload(checkout, server, web, name="kijko-web@0.1.1+0123456789ab")
    assert second.json["skipped"]
    assert web.script.read_bytes() == before
    # The maps are gone now, and that they are on the server is still seen.
    third = upload(checkout, server, web)
    assert (third.status, third.json["skipped"]) == (0, True)


def test_maps_stay_where_they_are_until_the_server_has_them(
    checkout: Checkout, server: LocalSentry, web: WebApp
) -> None:
    nobody = {"url": "http://127.0.0.1:9", "token": "t", "SENTRY_API_PATIENCE": "1"}
    done = release(checkout, *arguments(checkout, web), **nobody)
    assert done.status == 1
    assert len(list(web.dist.glob("**/*.map"))) == 1
    assert upload(checkout, server, web).status == 0


def test_killed_while_sentry_cli_uploads_it_loses_no_map(
    checkout: Checkout, server: LocalSentry, web: WebApp
) -> None:
    with proxy(server.url) as between:
        between.hold("chunk-upload", "after")
        process = subprocess.Popen(
            command(*arguments(checkout, web)),
            cwd=checkout.folder, env=environment(checkout, between.url, server.token),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            eventually(lambda: between.is_held() or process.poll() is not None, "the upload")
            assert between.is_held()
            below = psutil.Process(process.pid).children(recursive=True)
            lines = [" ".join(each.cmdline()) for each in below]
            assert any("sourcemaps upload" in line for line in lines)
            assert not any(server.token in line for line in lines)
        finally:
            process.kill()
            process.wait(DEADLINE)
    assert len(list(web.dist.glob("**/*.map"))) == 1
    done = upload(checkout, server, web)
    assert (done.status, done.json["maps_removed"]) == (0, 1)


def test_a_script_whose_map_is_gone_is_named(
    checkout: Checkout, server: LocalSentry, web: WebApp
) -> None:
    web.script.with_suffix(".js.map").unlink()
    done = upload(checkout, server, web)
    assert done.status == 1
    assert "Turn source maps on" in done.errors
