"""What was uploaded can be listed, and a debug id found, as Sentry's own API has it."""

import hashlib

from local_sentry_bundles import DEBUG_ID, javascript_bundle
from local_sentry_process import LocalSentry

RELEASE = "kijko-web@4.5.6+artifacts"
PROJECT = "/api/0/projects/kijko/kijko-web"
ORGANIZATION = "/api/0/organizations/kijko"


def upload(server: LocalSentry, content: bytes, release: str) -> None:
    """Upload a bundle in one chunk, as sentry-cli does."""
    checksum = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    sent = server.client.post(f"{ORGANIZATION}/chunk-upload/", files={"file": (checksum, content)})
    assert sent.status_code == 200, sent.text
    body = {"checksum": checksum, "chunks": [checksum], "projects": ["kijko-web"]}
    made = server.client.post(
        f"{ORGANIZATION}/artifactbundle/assemble/", json=body | {"version": release}
    )
    assert made.json()["state"] == "ok", made.text


def test_a_bundle_its_files_and_its_debug_ids_are_found(server: LocalSentry) -> None:
    upload(server, javascript_bundle("app.js"), RELEASE)
    (found,) = server.get(f"{PROJECT}/files/artifact-bundles/", query="4.5.6+artifacts")
    assert found["associations"] == [{"release": RELEASE, "dist": None}]
    assert found["fileCount"] == 2
    by_id = server.get(f"{PROJECT}/files/artifact-bundles/", query=found["bundleId"])
    assert [each["bundleId"] for each in by_id] == [found["bundleId"]]
    files = server.get(f"{PROJECT}/artifact-bundles/{found['bundleId']}/files/")["files"]
    assert [(each["filePath"], each["fileType"], each["debugId"]) for each in files] == [
        ("~/app.js", 2, DEBUG_ID),
        ("~/app.js.map", 3, DEBUG_ID),
    ]
    (place,) = server.get(f"{PROJECT}/artifact-lookup/", debug_id=DEBUG_ID)
    assert (place["type"], place["resolved_with"]) == ("bundle", "debug-id")
    by_url = server.get(f"{PROJECT}/artifact-lookup/", url="~/app.js", release=RELEASE)
    assert [each["id"] for each in by_url] == [place["id"]]


def test_what_is_not_there_is_not_found(server: LocalSentry) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    assert server.get(f"{PROJECT}/artifact-lookup/", debug_id=nobody) == []
    assert server.get(f"{PROJECT}/artifact-lookup/", debug_id="nonsense") == []
    assert server.get(f"{PROJECT}/files/artifact-bundles/", query="nowhere") == []
    missing = server.client.get(f"{PROJECT}/artifact-bundles/{nobody}/files/")
    assert missing.status_code == 404
    other = "/api/0/projects/kijko/kijko-editor"
    assert server.get(f"{other}/artifact-lookup/", debug_id=DEBUG_ID) == []
