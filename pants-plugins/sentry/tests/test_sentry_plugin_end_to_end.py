"""Stamps and uploads by the real Pants, with its daemon, in a workspace with a history."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentry.tests.sentry_plugin_workspace import SECRET, STAMP, Checkout

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("sentry"))
    yield checkout
    checkout.stop()


def pex(checkout: Checkout, name: str = "shop") -> Path:
    return checkout.folder / f"dist/apps.{name}/{name}.pex"


def stamped(artifact: Path) -> Any:
    with zipfile.ZipFile(artifact) as packed:
        return json.loads(packed.read(STAMP))["releases"]


def told(checkout: Checkout) -> list[Path]:
    """What Pants keeps that has the secret in it: caches, logs, records of runs."""
    places = (checkout.folder.parent / "store", checkout.folder / ".pants.d")
    kept = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in kept)
    return [path for path in kept if SECRET.encode() in path.read_bytes()]


def test_a_commit_changes_the_stamp_and_runs_no_test_again(checkout: Checkout) -> None:
    head = checkout.commit({"README.md": "One.\n"})
    checkout.pants("test", "::")
    checkout.pants("package", "apps/shop:shop")
    assert stamped(pex(checkout)) == {"kijko-shop": f"kijko-shop@0.0.0+{head}"}
    head = checkout.commit({"README.md": "Two.\n"})
    again = checkout.pants("test", "::").stderr
    results = [line for line in again.splitlines() if line.startswith("✓")]
    assert len(results) == 2
    assert all("memoized" in line or "cached locally" in line for line in results)
    checkout.pants("package", "apps/shop:shop")
    assert stamped(pex(checkout)) == {"kijko-shop": f"kijko-shop@0.0.0+{head}"}
    # The program itself says so.
    said = subprocess.run([sys.executable, pex(checkout)], capture_output=True, check=True)
    assert json.loads(said.stdout)["releases"] == stamped(pex(checkout))


def test_what_is_run_and_not_packaged_has_no_stamp(checkout: Checkout) -> None:
    checkout.pants("package", "apps/shop:shop")
    assert checkout.pants("run", "apps/shop:shop").stdout == "None\n"


def test_the_same_commit_gives_the_same_bytes(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({"README.md": "Three.\n"})
    checkout.pants("package", "apps/shop:shop")
    first = hashlib.sha256(pex(checkout).read_bytes()).hexdigest()
    # By a Pants that knows nothing of the first.
    fresh = ("--no-pantsd", f"--local-store-dir={tmp_path}/store", "--pants-distdir=dist/again")
    checkout.pants(*fresh, "package", "apps/shop:shop")
    (second,) = (checkout.folder / "dist/again").rglob("*.pex")
    assert hashlib.sha256(second.read_bytes()).hexdigest() == first


def test_the_version_is_the_newest_tag_or_what_is_asked_for(checkout: Checkout) -> None:
    head = checkout.commit({"README.md": "Four.\n"})
    checkout.git("tag", "shop@1.9.0")
    checkout.git("tag", "shop@1.10.0")
    checkout.pants("package", "apps::")
    assert stamped(pex(checkout)) == {"kijko-shop": f"kijko-shop@1.10.0+{head}"}
    assert stamped(pex(checkout, "post")) == {"kijko-post": f"kijko-post@0.0.0+{head}"}
    checkout.pants("package", "apps/shop:sentry", RELEASE_VERSION_SHOP="2.0.0")
    assert stamped(pex(checkout)) == {"kijko-shop": f"kijko-shop@2.0.0+{head}"}


def test_changes_that_are_not_committed_show(checkout: Checkout) -> None:
    head = checkout.commit({"README.md": "Five.\n"})
    checkout.write({"untracked.txt": ""})
    try:
        checkout.pants("package", "apps/post:post")
        assert stamped(pex(checkout, "post"))["kijko-post"].endswith(f"+{head}.dirty")
        (shop,) = (
            one
            for one in json.loads(checkout.pants("sentry-projects", "--json").stdout)
            if one["project"] == "kijko-post"
        )
        assert stamped(pex(checkout, "post"))["kijko-post"] == shop["release"]
    finally:
        (checkout.folder / "untracked.txt").unlink()


def test_publish_uploads_what_was_packaged_and_keeps_secrets(
    checkout: Checkout, tmp_path: Path
) -> None:
    head = checkout.commit({"README.md": "Six.\n"})
    record, output = tmp_path / "record.json", tmp_path / "output.json"
    done = checkout.pants(
        "-ldebug",
        "--no-pantsd",  # the daemon keeps the level of what it logs
        f"--publish-output={output}",
        "publish",
        "apps/post:sentry",
        SENTRY_AUTH_TOKEN=SECRET,
        SENTRY_URL="http://127.0.0.1:1",
        SENTRY_TEST_RECORD=str(record),
    )
    name = f"kijko-post@0.0.0+{head}"
    (seen,) = map(json.loads, record.read_text().splitlines())
    assert seen["stamp"] == {"kijko-post": name}
    assert sorted(seen["projects"]) == ["kijko-post", "kijko-shop"]
    command, *options = seen["arguments"]
    given = dict(zip(options[::2], options[1::2]))
    assert (command, given["--project"], given["--release"]) == ("upload", "kijko-post", name)
    assert json.loads(output.read_text()) == [
        {
            "artifact": "apps.post/post.pex",
            "exit_code": 0,
            "names": [name],
            "project": "kijko-post",
            "published": True,
            "release": name,
            "status": "published to http://127.0.0.1:1",
            "target": "apps/post:sentry",
        }
    ]
    # The program has the token. Neither its command line nor Pants' log, at its most talkative,
    # says it, and nothing that Pants keeps has it.
    assert seen["digest of the token"] == hashlib.sha256(SECRET.encode()).hexdigest()
    assert "Execute InteractiveProcess(" in done.stderr
    assert SECRET not in seen["command lines"] + done.stdout + done.stderr + output.read_text()
    assert not told(checkout)


def test_publish_takes_what_a_change_affects(checkout: Checkout, tmp_path: Path) -> None:
    before = checkout.commit({"README.md": "Seven.\n"})
    program = checkout.folder / "apps/shop/src/shop.py"
    checkout.commit({"apps/shop/src/shop.py": program.read_text() + "\n\nSOLD = True\n"})
    record = tmp_path / "record.json"
    changed = (f"--changed-since={before}", "--changed-dependents=transitive")
    environment = {"SENTRY_AUTH_TOKEN": SECRET, "SENTRY_TEST_RECORD": str(record)}
    checkout.pants(*changed, "publish", **environment)
    (seen,) = map(json.loads, record.read_text().splitlines())
    assert list(seen["stamp"]) == ["kijko-shop"]
    assert not told(checkout)
