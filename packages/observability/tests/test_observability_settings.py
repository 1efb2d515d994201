"""What the environment may say, and the one sentence for what it may not."""

import pytest

import observability
from observability import ObservabilitySettings, SettingsError


def test_without_any_variable_half_of_the_transactions_of_nobody_are_sent() -> None:
    settings = ObservabilitySettings.load()
    assert settings.dsn is None
    assert settings.environment == "development"
    assert settings.sample_rate == 1.0
    assert settings.traces_sample_rate == 0.5
    assert settings.trace_propagation_targets == (
        "http://127.0.0.1",
        "http://localhost",
        "http://[::1]",
    )


def test_every_setting_has_its_sentry_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "https://key@sentry.example/sub/path/42")
    monkeypatch.setenv("SENTRY_ENVIRONMENT", "production")
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "0.25")
    monkeypatch.setenv("SENTRY_TRACE_PROPAGATION_TARGETS", "http://comfy:8188, https://x.example")
    monkeypatch.setenv("SENTRY_ENABLE_LOGS", "false")
    settings = ObservabilitySettings.load()
    assert settings.dsn is not None
    assert settings.dsn.get_secret_value() == "https://key@sentry.example/sub/path/42"
    assert "key@" not in repr(settings)
    assert settings.environment == "production"
    assert settings.traces_sample_rate == 0.25
    assert settings.trace_propagation_targets == ("http://comfy:8188", "https://x.example")
    assert settings.enable_logs is False


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TRACES_SAMPLE_RATE", "50%", "the share of transactions to send, from 0 to 1"),
        ("SAMPLE_RATE", "nan", "the share of errors to send, from 0 to 1"),
        ("ENVIRONMENT", "a b", "up to 64 characters without spaces or slashes, and not 'None'"),
        (
            "TRACE_PROPAGATION_TARGETS",
            "http://a,.*",
            "http(s) origins, comma-separated, that outgoing trace headers may go to",
        ),
        ("QUEUE_SIZE", "0", "how many unsent items to keep, from 1 to 10000"),
    ],
)
def test_a_wrong_value_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(f"SENTRY_{name}", value)
    with pytest.raises(SettingsError) as stopped:
        observability.init("kijko-api")
    assert str(stopped.value) == f"SENTRY_{name}={value} cannot be used. It must be {expected}."


@pytest.mark.parametrize(
    "dsn",
    [
        "hunter2",
        "ftp://hunter2@h/1",
        "https://hunter2@/1",
        "https://h/hunter2",
        "https://hunter2@h/x",
        "https://hunter2@h:99999/1",
        "https://[hunter2@h/1",
    ],
)
def test_a_wrong_dsn_stops_the_start_and_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, dsn: str
) -> None:
    monkeypatch.setenv("SENTRY_DSN", dsn)
    with pytest.raises(SettingsError) as stopped:
        observability.init("kijko-api")
    assert str(stopped.value) == (
        "SENTRY_DSN cannot be used. "
        "It must be a DSN such as https://KEY@HOST/PROJECT, or unset to send nothing."
    )
    assert stopped.value.__cause__ is None


def test_a_project_has_a_slug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "http://key@127.0.0.1:9/1")
    with pytest.raises(SettingsError, match="'Kijko API' is no Sentry project's slug"):
        observability.init("Kijko API")
    assert not observability.is_enabled()
