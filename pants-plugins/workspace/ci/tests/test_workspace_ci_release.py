"""`.ci/release`: what each step runs, and what becomes of it without a way to deploy."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path.cwd() / ".ci/release"
PACKAGES = "dist/apps.shop"
# In the place of programs that take minutes: it says how it was called.
SAYS = '#!/bin/sh\necho "$(basename "$0") $*"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci/release")
    for program in ("pants", "dist/tools.release-cli/release.pex"):
        write(tmp_path / program, SAYS)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def step(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [root / ".ci/release", *words], capture_output=True, text=True, check=False
    )


def test_uploading_packages_the_tool_and_releases_as_far_as_the_upload(root: Path) -> None:
    assert step(root, "upload", "shop", "apps/shop").stdout == (
        "release.pex run shop --projects=dist/sentry-projects.json --until=upload\n"
    )
    assert (root / "dist/sentry-projects.json").read_text() == (
        "pants --sentry-projects-json package sentry-projects tools/release-cli:release\n"
    )


def test_what_was_released_before_is_left_alone(root: Path) -> None:
    for name in ("deploy", "verify", "finalize"):
        done = step(root, name, "shop", "apps/shop")
        assert (done.returncode, done.stderr) == (0, "")
        assert "has been released before" in done.stdout


def test_without_a_way_to_deploy_it_says_what_would_be_deployed(root: Path) -> None:
    write(root / PACKAGES / "shop.pex", "")
    said = step(root, "deploy", "shop", "apps/shop").stdout
    assert "shop: a dry run, because there is no apps/shop/deploy." in said
    assert "shop.pex" in said


def test_what_runs_after_a_deploy_is_verified_then_finalized(root: Path) -> None:
    write(root / PACKAGES / "shop.pex", "")
    write(root / "apps/shop/deploy", '#!/bin/sh\nprintf "http://a:1\\nhttp://b:2\\n" > "$1/urls"\n')
    assert step(root, "deploy", "shop", "apps/shop").stdout == ""
    assert step(root, "verify", "shop", "apps/shop").stdout == (
        "release.pex verify shop --projects=dist/sentry-projects.json --until=upload "
        "--url=http://a:1 --url=http://b:2\n"
    )
    assert step(root, "finalize", "shop", "apps/shop").stdout == (
        "release.pex run shop --projects=dist/sentry-projects.json --push=origin\n"
    )


def test_a_step_that_fails_fails_the_job(root: Path) -> None:
    write(root / PACKAGES / "shop.pex", "")
    write(root / "apps/shop/deploy", "#!/bin/sh\nexit 3\n")
    assert step(root, "deploy", "shop", "apps/shop").returncode == 3


def test_what_cannot_be_meant_is_refused(root: Path) -> None:
    assert "Say which step of what" in step(root, "deploy").stderr
    write(root / PACKAGES / "shop.pex", "")
    done = step(root, "ship", "shop", "apps/shop")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no step ship." in done.stderr
