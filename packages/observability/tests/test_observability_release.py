"""A release has one name, whoever says it."""

from collections.abc import Callable
from pathlib import Path

import pytest

import observability
from observability import Release, ReleaseError, stamped_release
from observability_sentry import Sentry


@pytest.mark.parametrize(
    "name",
    [
        "kijko-api@0.1.0+abc1234",
        "kijko-api@0.1.0+36b973f44db0.dirty",
        "kijko-web@12.0.3-rc.1+" + "0f" * 20,
    ],
)
def test_a_release_is_taken_apart_and_put_together(name: str) -> None:
    assert str(Release.parse(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0.1.0",
        "kijko-api@0.1.0",
        "kijko-api@0.1+abc1234",
        "kijko-api@0.1.0+abc",
        "kijko-api@0.1.0+ABC1234",
        "kijko-api@0.1.0+abc1234.clean",
        "Kijko@0.1.0+abc1234",
        "kijko-api@0.1.0+abc1234\n",
        "kijko-api@\u0660.1.0+abc1234",
    ],
)
def test_other_forms_are_refused_with_an_example(name: str) -> None:
    with pytest.raises(ReleaseError, match=r"Name it like kijko-api@0\.1\.0\+abc1234"):
        Release.parse(name)


def test_a_release_of_another_project_is_refused() -> None:
    with pytest.raises(ReleaseError, match="belongs to kijko-web, but this program is kijko-api"):
        Release.parse("kijko-web@0.1.0+abc1234", project="kijko-api")


def test_the_stamp_names_each_project_of_an_artifact(tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text(
        '{"releases": {"kijko-api": "kijko-api@0.1.0+abc1234"}}', encoding="utf-8"
    )
    assert stamped_release("kijko-api", root=tmp_path) == Release("kijko-api", "0.1.0", "abc1234")
    assert stamped_release("kijko-web", root=tmp_path) is None


def test_a_checkout_has_no_release(tmp_path: Path) -> None:
    assert stamped_release("kijko-api", root=tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"releases": {"a": 1}}'])
def test_a_damaged_stamp_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "release.json").write_bytes(content)
    with pytest.raises(ReleaseError, match=r"cannot be read\. Package it again"):
        stamped_release("kijko-api", root=tmp_path)


def test_a_stamp_that_lies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text('{"releases": {"kijko-api": "kijko-web@1.0.0+abc1234"}}')
    with pytest.raises(ReleaseError, match="belongs to kijko-web"):
        stamped_release("kijko-api", root=tmp_path)


def test_without_a_stamp_events_carry_no_release(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    if stamped_release("kijko-api") is not None:
        pytest.skip("these sources are stamped")
    connect(release=None)
    observability.capture_exception(ValueError("broken"))
    observability.flush()
    (event,) = sentry.of("event")
    assert not event.get("release")


def test_a_release_of_another_project_stops_the_start(connect: Callable[..., None]) -> None:
    with pytest.raises(ReleaseError, match="belongs to kijko-web"):
        connect(release="kijko-web@0.1.0+abc1234")
    assert not observability.is_enabled()
