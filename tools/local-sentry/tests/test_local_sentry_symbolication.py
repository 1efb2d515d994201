"""Minified and bare frames become readable with what was uploaded for them.

The positions are those of a real stack trace of the fixtures, which Terser made (Node 20); where
they lead was compared with npm's `source-map`.
"""

import time
from pathlib import Path
from typing import Any

import pytest

from local_sentry_bundles import DEBUG_ID, bundle, javascript_bundle, upload
from local_sentry_process import LocalSentry, error_envelope, eventually, local_sentry

ORIGIN = "https://app.example"


def javascript_error(name: str, frames: list[tuple[int, int]], **fields: Any) -> dict[str, Any]:
    values = [
        {"filename": f"/{name}", "abs_path": f"{ORIGIN}/{name}", "function": "?", "in_app": True,
         "lineno": line, "colno": column}
        for line, column in frames
    ]  # fmt: skip
    exception = {
        "type": "RangeError",
        "value": "no frame at -1 s",
        "stacktrace": {"frames": values},
    }
    return {"platform": "javascript", "exception": {"values": [exception]}} | fields


def debug_meta(name: str) -> dict[str, Any]:
    image = {"type": "sourcemap", "code_file": f"{ORIGIN}/{name}", "debug_id": DEBUG_ID}
    return {"images": [image]}


def stored_exception(server: LocalSentry, value: str, project: str) -> dict[str, Any]:
    def found() -> Any:
        return next(iter(server.issues(query=f'"{value}"')), None)

    issue = eventually(found)
    path = f"/api/0/organizations/kijko/issues/{issue['id']}/events/latest/"
    event = server.get(path)
    (entry,) = [each for each in event["entries"] if each["type"] == "exception"]
    values: list[dict[str, Any]] = entry["data"]["values"]
    assert issue["project"]["slug"] == project
    return values[0]


@pytest.mark.parametrize("has_debug_id", [True, False])
@pytest.mark.parametrize(
    ("name", "positions"),
    [
        ("app.js", [(2, 77), (2, 39), (2, 62), (1, 36)]),
        ("flat.js", [(1, 177), (1, 139), (1, 162), (1, 36)]),
    ],
    ids=["sectioned", "flat"],
)  # fmt: skip
async def test_javascript_frames_are_shown_as_written(
    tmp_path: Path, name: str, positions: list[tuple[int, int]], has_debug_id: bool
) -> None:
    content = javascript_bundle(name, DEBUG_ID if has_debug_id else None)
    assembly = await upload(tmp_path, content, projects=(1,), version="web@1.0.0")
    assert (assembly.state, assembly.detail) == ("ok", None)
    with local_sentry(tmp_path) as server:
        extra: dict[str, Any] = {"release": "web@1.0.0"}
        if has_debug_id:
            extra = {"debug_meta": debug_meta(name)}
        event = javascript_error(name, positions, **extra)
        server.send(error_envelope(**event), "kijko-web")
        exception = stored_exception(server, "no frame at -1 s", "kijko-web")
    frames = exception["stacktrace"]["frames"]
    assert [(frame["filename"], frame["lineNo"]) for frame in frames] == [
        ("src/export.js", 9), ("src/export.js", 3), ("src/export.js", 4), ("src/frames.js", 4),
    ]  # fmt: skip
    newest = frames[-1]
    assert newest["function"] == "frameAt"
    assert [4, "    throw new RangeError(`no frame at ${seconds} s`);"] in newest["context"]
    assert frames[1]["function"] == "exportClip"


async def test_bundles_of_another_project_do_not_apply(tmp_path: Path) -> None:
    await upload(tmp_path, javascript_bundle("app.js"), projects=(3,))
    with local_sentry(tmp_path) as server:
        event = javascript_error("app.js", [(1, 36)], debug_meta=debug_meta("app.js"))
        server.send(error_envelope(**event), "kijko-web")
        exception = stored_exception(server, "no frame at -1 s", "kijko-web")
    assert exception["stacktrace"]["frames"][0]["filename"] == "/app.js"


async def test_a_broken_source_map_leaves_the_frame_as_sent(tmp_path: Path) -> None:
    about = {"type": "source_map", "url": "~/app.js.map", "headers": {"debug-id": DEBUG_ID}}
    for broken in (b"not json", b'{"version":3,"sections":[{}]}', b'{"version":3,"mappings":"!!"}'):
        data = tmp_path / str(len(broken))
        await upload(data, bundle({"files/app.js.map": (about, broken)}), projects=(1,))
        with local_sentry(data) as server:
            event = javascript_error("app.js", [(1, 36)], debug_meta=debug_meta("app.js"))
            server.send(error_envelope(**event), "kijko-web")
            exception = stored_exception(server, "no frame at -1 s", "kijko-web")
        assert exception["stacktrace"]["frames"][0]["lineNo"] == 1


async def test_python_frames_get_the_lines_they_lack(tmp_path: Path) -> None:
    source = "".join(f"line {n}\n" for n in range(1, 30)).encode()
    about = {"type": "source", "url": "~/src/comfyui_gateway/app.py"}
    content = bundle({"files/_/_/src/comfyui_gateway/app.py": (about, source)})
    await upload(tmp_path, content, projects=(2,), version="api@1.0.0")
    bare = {"filename": "comfyui_gateway/app.py", "module": "comfyui_gateway.app", "lineno": 10}
    own = bare | {"context_line": "sent by the SDK"}
    exception = {"type": "ValueError", "value": "bare", "stacktrace": {"frames": [own, bare]}}
    with local_sentry(tmp_path) as server:
        server.send(
            error_envelope(
                exception={"values": [exception]}, release="api@1.0.0", timestamp=time.time()
            )
        )
        frames = stored_exception(server, "bare", "kijko-api")["stacktrace"]["frames"]
    assert frames[1]["context"] == [[n, f"line {n}"] for n in range(5, 16)]
    assert [10, "sent by the SDK"] in frames[0]["context"]


@pytest.mark.parametrize("has_debug_id", [True, False])
async def test_a_source_map_that_comes_later_helps_the_events_before(
    tmp_path: Path, has_debug_id: bool
) -> None:
    extra: dict[str, Any] = {"release": "web@2.0.0"}
    if has_debug_id:
        extra = {"debug_meta": debug_meta("app.js")}
    with local_sentry(tmp_path) as server:
        event = javascript_error("app.js", [(2, 62), (1, 36)], **extra)
        server.send(error_envelope(**event), "kijko-web")
        before = stored_exception(server, "no frame at -1 s", "kijko-web")
        assert before["stacktrace"]["frames"][0]["filename"] == "/app.js"
    content = javascript_bundle("app.js", DEBUG_ID if has_debug_id else None)
    await upload(tmp_path, content, projects=(1,), version="web@2.0.0")
    with local_sentry(tmp_path) as server:
        after = stored_exception(server, "no frame at -1 s", "kijko-web")["stacktrace"]["frames"]
        assert [(f["filename"], f["lineNo"]) for f in after] == [
            ("src/export.js", 4), ("src/frames.js", 4),
        ]  # fmt: skip
        (issue,) = server.issues()
        page = server.client.get(f"/organizations/kijko/issues/{issue['id']}/").text
        assert "throw new RangeError" in page
        (listed,) = server.get(f"/api/0/issues/{issue['id']}/events/", full="true")
        assert "src/frames.js" in str(listed["entries"])


async def test_a_source_bundle_that_comes_later_helps_the_events_before(tmp_path: Path) -> None:
    bare = {"filename": "comfyui_gateway/app.py", "lineno": 2}
    exception = {"type": "ValueError", "value": "early", "stacktrace": {"frames": [bare]}}
    with local_sentry(tmp_path) as server:
        server.send(error_envelope(exception={"values": [exception]}, release="api@2.0.0"))
        assert not stored_exception(server, "early", "kijko-api")["stacktrace"]["frames"][0][
            "context"
        ]
    about = {"type": "source", "url": "~/src/comfyui_gateway/app.py"}
    content = bundle({"files/_/_/app.py": (about, b"one\ntwo\nthree\n")})
    await upload(tmp_path, content, projects=(2,), version="api@2.0.0")
    with local_sentry(tmp_path) as server:
        (frame,) = stored_exception(server, "early", "kijko-api")["stacktrace"]["frames"]
    assert frame["context"] == [[1, "one"], [2, "two"], [3, "three"]]
