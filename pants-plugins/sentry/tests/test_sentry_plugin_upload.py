"""What happens between Pants and the release tool: the secrets' way, and a look at the stamp."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from sentry import handover
from sentry.upload import WrongStamp, check_stamp, place

RELEASE = "kijko-shop@1.0.0+36b973f44db0"


def test_an_environment_is_handed_over_once_and_is_never_on_the_disk() -> None:
    environment = {"SENTRY_AUTH_TOKEN": "secret", "PATH": "/bin", "LONG": "x" * 200_000}
    pipe = Path(handover.offer(environment))
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert stat.S_IMODE(pipe.stat().st_mode) == 0o600
    assert stat.S_IMODE(pipe.parent.stat().st_mode) == 0o700
    assert handover.take(str(pipe)) == environment


def test_a_reader_that_gives_up_disturbs_nobody() -> None:
    pipe = handover.offer({"LONG": "x" * 2_000_000})
    os.close(os.open(pipe, os.O_RDONLY))
    other = handover.offer({"A": "b"})
    assert handover.take(other) == {"A": "b"}


def test_an_upload_sees_what_sentrys_tools_read_and_nothing_else_that_is_secret() -> None:
    given = {"PATH": "/bin", "SENTRY_AUTH_TOKEN": "s", "SENTRY_URL": "u", "AWS_SECRET": "a"}
    assert handover.for_uploads(given) == {
        "PATH": "/bin",
        "SENTRY_AUTH_TOKEN": "s",
        "SENTRY_URL": "u",
    }


def artifact(folder: Path, content: str | None) -> Path:
    path = folder / "shop.pex"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("__main__.py", "")
        if content is not None:
            packed.writestr("observability/release.json", content)
    return path


def test_an_artifact_names_the_release_that_is_uploaded(tmp_path: Path) -> None:
    stamped = json.dumps({"releases": {"kijko-shop": RELEASE}})
    check_stamp(artifact(tmp_path, stamped), "observability/release.json", "kijko-shop", RELEASE)
    folder = tmp_path / "loose/observability"
    folder.mkdir(parents=True)
    (folder / "release.json").write_text(stamped)
    check_stamp(folder.parent, "observability/release.json", "kijko-shop", RELEASE)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "nothing"),
        ("{", "nothing"),
        ('{"releases": {"kijko-web": "kijko-web@1.0.0+36b973f44db0"}}', "nothing"),
        ('{"releases": {"kijko-shop": "kijko-shop@1.0.0+aaaaaaaaaaaa"}}', "kijko-shop@1.0.0+aaa"),
    ],
)
def test_an_artifact_that_does_not_is_not_uploaded(
    tmp_path: Path, content: str | None, named: str
) -> None:
    with pytest.raises(WrongStamp, match=f"names the release {named}".replace("+", r"\+")):
        check_stamp(
            artifact(tmp_path, content), "observability/release.json", "kijko-shop", RELEASE
        )


def test_of_a_folder_without_a_stamp_the_release_tool_decides(tmp_path: Path) -> None:
    check_stamp(tmp_path, "observability/release.json", "kijko-web", "kijko-web@1.0.0+36b973f44db0")


def test_a_folder_is_put_where_it_is_deployed_from_in_place_of_the_one_before(
    tmp_path: Path,
) -> None:
    packaged, target = tmp_path / "sandbox/web", tmp_path / "dist/apps.web/web"
    for number in ("one", "two"):
        shutil.rmtree(packaged, ignore_errors=True)
        (packaged / "assets").mkdir(parents=True)
        (packaged / f"assets/{number}.js").write_text(number)
        place(packaged, target)
        assert [file.read_text() for file in target.rglob("*.js")] == [number]
    assert list(target.parent.iterdir()) == [target]
    (target / "assets/two.js").write_text("injected")
    assert (packaged / "assets/two.js").read_text() == "two"
