"""Which address answers for an organization, and which may."""

import base64
import json

import pytest

from sentry_api import RedirectRefused, SentryClient
from sentry_api._regions import region_in_token, trusted
from sentry_api_misbehaving import answer, misbehaving

PAGE = answer(200, b"[]")


def organization_token(payload: object) -> str:
    text = base64.b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"sntrys_{text}_secret"


def test_an_organizations_token_names_its_region() -> None:
    payload = {"iat": 1, "url": "https://sentry.io", "region_url": "https://de.sentry.io"}
    assert region_in_token(organization_token(payload)) == "https://de.sentry.io"


@pytest.mark.parametrize(
    "token",
    [
        None, "", "sntryu_abc", "sntrys_", "sntrys_%%%_x", "sntrys_bm8_x",
        organization_token([1]), organization_token({"region_url": 7}), organization_token({}),
    ],
)  # fmt: skip
def test_other_tokens_name_none(token: str | None) -> None:
    assert region_in_token(token) is None


@pytest.mark.parametrize(
    ("base", "region"),
    [
        ("https://sentry.io", "https://us.sentry.io"),
        ("https://sentry.io", "https://de.sentry.io/"),
        ("https://us.sentry.io", "https://de.sentry.io"),
        ("https://sentry.example.org", "https://sentry.example.org"),
        ("https://sentry.example.org", "https://sentry.example.org:443"),
        ("https://sentry.example.org", "https://eu.sentry.example.org"),
        ("http://127.0.0.1:8969", "http://127.0.0.1:8969"),
    ],
)
def test_a_region_of_the_same_server_is_trusted(base: str, region: str) -> None:
    assert trusted(base, region) == region.rstrip("/")


@pytest.mark.parametrize(
    ("base", "region"),
    [
        ("https://sentry.io", "https://sentry.io.evil.example"),
        ("https://sentry.io", "https://evilsentry.io"),
        ("https://sentry.io", "http://us.sentry.io"),
        ("https://sentry.io", "https://user@us.sentry.io"),
        ("https://evilsentry.io", "https://us.sentry.io"),
        ("https://sentry.example.org", "https://other.example.org"),
        ("http://127.0.0.1:8969", "http://127.0.0.1:9000"),
        ("https://sentry.io", "ftp://us.sentry.io"),
        ("https://sentry.io", "nonsense"),
    ],
)
def test_another_server_is_not(base: str, region: str) -> None:
    with pytest.raises(RedirectRefused):
        trusted(base, region)


async def test_calls_about_an_organization_go_to_its_region() -> None:
    async with misbehaving(PAGE) as server:
        home = {"id": "1", "slug": "kijko", "links": {"regionUrl": f"{server.url}/region/"}}
        server.replies.insert(0, answer(200, json.dumps(home).encode()))
        async with SentryClient(server.settings()) as sentry:
            for _ in range(2):
                _ = [issue async for issue in sentry.issues.search()]
        paths = [asked.target.partition("?")[0] for asked in server.asked]
    issues = "/region/api/0/organizations/kijko/issues/"
    assert paths == ["/api/0/organizations/kijko/", issues, issues]


async def test_a_token_that_names_its_region_saves_the_question() -> None:
    async with misbehaving(PAGE) as server:
        token = organization_token({"region_url": f"{server.url}/de"})
        async with SentryClient(server.settings(auth_token=token)) as sentry:
            _ = [project async for project in sentry.projects.list()]
        (asked,) = server.asked
    assert asked.target.startswith("/de/api/0/organizations/kijko/projects/")


async def test_a_builds_token_may_not_ask_and_need_not() -> None:
    async with misbehaving(answer(403, b"{}"), PAGE) as server:
        async with SentryClient(server.settings()) as sentry:
            _ = [release async for release in sentry.releases.list()]
        assert len(server.asked) == 2


async def test_organizations_of_all_regions_are_listed_once() -> None:
    async with misbehaving() as server:
        regions = {"regions": [{"name": n, "url": f"{server.url}/{n}"} for n in ("us", "de")]}
        server.replies += [
            answer(200, json.dumps(regions).encode()),
            answer(200, b'[{"id": "1", "slug": "a"}, {"id": "2", "slug": "b"}]'),
            answer(200, b'[{"id": "2", "slug": "b"}, {"id": "3", "slug": "c"}]'),
        ]
        async with SentryClient(server.settings()) as sentry:
            assert [o.slug async for o in sentry.organizations.list()] == ["a", "b", "c"]
        assert [asked.target.split("/")[1] for asked in server.asked] == ["api", "us", "de"]
