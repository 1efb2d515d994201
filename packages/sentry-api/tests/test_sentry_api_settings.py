"""The settings come from the environment that Sentry's own tools read, and are checked."""

import pytest

import sentry_api
from sentry_api import BadConfiguration, SentrySettings

SECRET = "sntryu_secret"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "ORG", "AUTH_TOKEN", "API_TIMEOUT", "ALLOW_PLAIN_HTTP"):
        monkeypatch.delenv(f"SENTRY_{name}", raising=False)


def test_the_exported_names_are_these() -> None:
    assert sentry_api.__all__ == sorted(sentry_api.__all__)
    assert all(hasattr(sentry_api, name) for name in sentry_api.__all__)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_URL", "https://sentry.example.org/")
    monkeypatch.setenv("SENTRY_ORG", "kijko")
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", f" {SECRET}\n")
    settings = SentrySettings.read()
    assert (settings.url, settings.org) == ("https://sentry.example.org", "kijko")
    assert settings.auth_token is not None
    assert settings.auth_token.get_secret_value() == SECRET


def test_without_an_environment_it_is_sentry_io_and_nobody() -> None:
    settings = SentrySettings.read()
    assert (settings.url, settings.org, settings.auth_token) == ("https://sentry.io", "", None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTRY_URL", "sentry.io"),
        ("SENTRY_URL", "ftp://sentry.io"),
        ("SENTRY_URL", "https://user:pass@sentry.io"),
        ("SENTRY_URL", "https://sentry.io?x=1"),
        ("SENTRY_URL", "https://sentry.io:99999"),
        ("SENTRY_AUTH_TOKEN", f"{SECRET}\r\nX-Evil: 1"),
        ("SENTRY_AUTH_TOKEN", f"{SECRET}é"),
        ("SENTRY_API_TIMEOUT", "soon"),
        ("SENTRY_API_TIMEOUT", "0"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadConfiguration, match=name) as caught:
        SentrySettings.read()
    assert SECRET not in str(caught.value)
    assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("host", ["127.0.0.1:8969", "localhost", "[::1]:80", "a.localhost"])
def test_a_token_may_travel_unencrypted_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("SENTRY_URL", f"http://{host}")
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", SECRET)
    assert SentrySettings.read().auth_token is not None


def test_and_to_others_only_when_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_URL", "http://sentry.example.org")
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", SECRET)
    with pytest.raises(BadConfiguration, match="SENTRY_ALLOW_PLAIN_HTTP"):
        SentrySettings.read()
    monkeypatch.setenv("SENTRY_ALLOW_PLAIN_HTTP", "1")
    assert SentrySettings.read().url == "http://sentry.example.org"
