"""Python sources: exactly what was packaged, under the release, and never sent twice."""

import io
import json
import time
import uuid
import zipfile
from pathlib import Path

import httpx

from release_cli.clients.artifacts import PackedArtifact
from release_cli.clients.bundles import make_bundle
from release_cli_checkout import API, GATEWAY, Checkout, Done, release
from release_cli_sentry import LocalSentry, eventually


def upload(checkout: Checkout, server: LocalSentry, name: str, *more: str, **options: str) -> Done:
    """Run `release upload` as `./pants publish` does."""
    inputs = checkout.inputs()[:2]
    return release(
        checkout, "upload", *inputs, "--project", API, "--release", name,
        "--artifact", str(checkout.folder / "dist/gateway.pex"), "--json", *more,
        url=server.url, token=server.token, **options,
    )  # fmt: skip


def unique(version: str) -> str:
    """A release that no other test has."""
    return f"{API}@{version}+{uuid.uuid4().hex[:12]}"


def test_only_first_party_files_of_the_artifact_are_uploaded(
    checkout: Checkout, server: LocalSentry
) -> None:
    name = unique("1.0.0")
    checkout.package(GATEWAY, name, {"gateway/once.py": f"name = {name!r}\n"})
    done = upload(checkout, server, name)
    assert done.status == 0, done.errors
    assert (done.json["files"], done.json["sent"], done.json["mappings"]) == (4, 1, 1)
    (bundle,) = server.bundles(API, name)
    files = server.get(f"projects/kijko/{API}/artifact-bundles/{bundle['bundleId']}/files/")
    assert sorted(each["filePath"] for each in files["files"]) == [
        "~/gateway/__init__.py",
        "~/gateway/app.py",
        "~/gateway/once.py",
        "~/observability/__init__.py",
    ]


def test_the_same_sources_are_not_sent_for_another_release(
    checkout: Checkout, server: LocalSentry
) -> None:
    first, second = unique("1.0.0"), unique("1.0.1")
    files = {"gateway/once.py": f"name = {first!r}\n"}
    checkout.package(GATEWAY, first, files)
    assert upload(checkout, server, first).json["sent"] == 1
    checkout.package(GATEWAY, second, files)
    again = upload(checkout, server, second)
    assert (again.json["sent"], again.json["skipped"]) == (0, True)
    (bundle,) = server.bundles(API, second)
    assert {each["release"] for each in bundle["associations"]} == {first, second}


def test_bundles_are_the_same_bytes_for_the_same_sources(checkout: Checkout) -> None:
    path = checkout.package(GATEWAY, unique("1.0.0"))
    sources = PackedArtifact(path).python_sources()
    path = checkout.package(GATEWAY, unique("1.0.1"))
    again = PackedArtifact(path).python_sources()
    assert make_bundle(sources, API) == make_bundle(again, API)
    assert make_bundle(sources, "other").content != make_bundle(sources, API).content
    with zipfile.ZipFile(io.BytesIO(make_bundle(sources, API).content)) as bundle:
        assert {each.date_time for each in bundle.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_bare_frame_of_the_release_shows_its_lines(
    checkout: Checkout, server: LocalSentry
) -> None:
    name = unique("1.0.0")
    checkout.package(GATEWAY, name)
    assert upload(checkout, server, name).status == 0
    event_id = uuid.uuid4().hex
    frame = {"filename": "gateway/app.py", "function": "serve", "lineno": 3, "in_app": True}
    event = {
        "event_id": event_id, "timestamp": time.time(), "platform": "python", "release": name,
        "exception": {"values": [{"type": "ZeroDivisionError", "value": "division by zero",
                                  "stacktrace": {"frames": [frame]}}]},
    }  # fmt: skip
    target = httpx.URL(server.dsn(API))
    payload = json.dumps(event).encode()
    head = json.dumps({"event_id": event_id}), json.dumps({"type": "event", "length": len(payload)})
    answer = httpx.post(
        f"{server.url}/api/{target.path.strip('/')}/envelope/?sentry_key={target.username}",
        content="\n".join(head).encode() + b"\n" + payload + b"\n",
    )
    assert answer.status_code == 200, answer.text
    shown = eventually(lambda: server.find(f"projects/kijko/{API}/events/{event_id}/"), "the event")
    (entry,) = [each for each in shown["entries"] if each["type"] == "exception"]
    (seen,) = entry["data"]["values"][0]["stacktrace"]["frames"]
    assert [3, "    return port / limit"] in seen["context"]
    link = server.get(f"projects/kijko/{API}/stacktrace-link/", file="gateway/app.py")
    assert link["sourcePath"] == "apps/gateway/src/gateway/app.py"


def test_where_the_repository_is_not_known_the_sources_are_there_all_the_same(
    checkout: Checkout, server: LocalSentry, tmp_path: Path
) -> None:
    name = unique("1.0.0")
    path = checkout.package(GATEWAY, name)
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    given = {"at": str(sandbox), "RELEASE_REPOSITORY": ""}
    done = upload(checkout, server, name, "--artifact", str(path), **given)
    assert done.status == 0, done.errors
    assert (done.json["files"], done.json["mappings"]) == (3, 0)
    assert "Set RELEASE_REPOSITORY" in done.errors


def test_an_artifact_of_another_release_is_refused(checkout: Checkout, server: LocalSentry) -> None:
    checkout.package(GATEWAY, unique("1.0.0"))
    done = upload(checkout, server, unique("1.0.0"))
    assert done.status == 1
    assert done.json["error"] == "stamp-mismatch"
    missing = upload(checkout, server, unique("1.0.0"), "--artifact", "nowhere.pex")
    assert missing.json["error"] == "artifact-invalid"


def test_a_library_is_uploaded_from_the_checkout(checkout: Checkout, server: LocalSentry) -> None:
    source = "packages/observability/src/observability/x.py"
    checkout.commit("feat: scrub", {source: "c = 1\n"}, ["observability"])
    library = {
        "address": "packages/observability:sentry", "project": "kijko-observability",
        "platform": "python", "workspace_project": "observability",
        "root": "packages/observability", "artifact": None,
        "code_mappings": [{"stack_root": "observability",
                           "source_root": "packages/observability/src/observability"}],
        "sources": [source],
    }  # fmt: skip
    done = release(
        checkout, "run", "observability", "--json", *checkout.inputs(library),
        url=server.url, token=server.token,
    )  # fmt: skip
    assert done.status == 0, done.errors
    (outcome,) = done.json
    (bundle,) = server.bundles("kijko-observability", outcome["release"])
    assert bundle["fileCount"] == 1
