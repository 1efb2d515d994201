"""Which address answers for an organization, and which may."""

import base64
import json

import pytest

from sentry_api import RedirectRefused
from sentry_api._regions import region_in_token, trusted


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
