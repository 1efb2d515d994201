"""A release's name: where its version comes from, and how the stamp is written."""

from __future__ import annotations

import json

import pytest

from sentry.release_name import BadVersion, Revision, stamp, version_variable

COMMIT = "36b973f44db0a4c1b1fb1a6d5b7c4ec1cf0e0a11"


def revision(*tags: str, dirty: bool = False, **planned: str) -> Revision:
    return Revision(COMMIT, dirty, tags, tuple(planned.items()))


def test_a_release_is_the_slug_the_version_and_twelve_digits_of_the_commit() -> None:
    tags = ("gateway@1.2.3", "web@9.0.0")
    assert revision(*tags).release("kijko-api", "gateway") == "kijko-api@1.2.3+36b973f44db0"


def test_what_is_not_committed_shows() -> None:
    assert revision(dirty=True).release("kijko-api", "gateway").endswith("+36b973f44db0.dirty")


@pytest.mark.parametrize(
    ("tags", "version"),
    [
        ((), "0.0.0"),
        (("gateway@1.9.0", "gateway@1.10.0", "gateway@1.2.0"), "1.10.0"),
        (("gateway@1.0", "gateway@v2.0.0", "gateway@3.0.0-rc.1", "v4.0.0"), "0.0.0"),
        (("my-gateway@1.0.0", "gateway-two@2.0.0"), "0.0.0"),
    ],
)
def test_the_version_is_that_of_the_newest_tag(tags: tuple[str, ...], version: str) -> None:
    assert revision(*tags).version("gateway") == version


def test_who_releases_may_ask_for_the_next_version() -> None:
    asked = revision("release-cli@1.0.0", RELEASE_VERSION_RELEASE_CLI="1.1.0")
    assert version_variable("release-cli") == "RELEASE_VERSION_RELEASE_CLI"
    assert asked.version("release-cli") == "1.1.0"
    assert asked.version("gateway") == "0.0.0"
    assert revision("gateway@1.0.0", RELEASE_VERSION_GATEWAY="").version("gateway") == "1.0.0"


@pytest.mark.parametrize("version", ["1", "1.2", "v1.2.3", "1.2.3+build", "1.2.3 ", "latest"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(BadVersion, match=r"RELEASE_VERSION_GATEWAY is .* write it as 1\.2\.3"):
        revision(RELEASE_VERSION_GATEWAY=version).version("gateway")


def test_the_stamp_is_the_same_for_the_same_releases() -> None:
    names = {"kijko-web": "kijko-web@1.0.0+abc", "kijko-api": "kijko-api@1.0.0+abc"}
    assert stamp(names) == stamp(dict(reversed(names.items())))
    assert json.loads(stamp(names)) == {"releases": names}
