"""Fixtures: a Sentry to send to, and programs that start and end with everything off."""

from collections.abc import Callable, Iterator

import hypothesis
import pytest
from pydantic import SecretStr

import observability
from observability import ObservabilitySettings
from observability_sentry import Sentry, sentry_server

# A busy machine is no failure, and a sandbox keeps no examples.
hypothesis.settings.register_profile(
    "observability",
    deadline=None,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("observability")


@pytest.fixture(autouse=True)
def _off_before_and_after(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ObservabilitySettings.model_fields:
        monkeypatch.delenv(f"SENTRY_{name.upper()}", raising=False)
    observability.close()
    yield
    observability.close()


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with sentry_server() as server:
        yield server
        observability.close()


@pytest.fixture
def connect(sentry: Sentry) -> Callable[..., None]:
    """Connect this process to the fixture's Sentry, every trace sampled unless told otherwise."""

    def _connect(**changes: object) -> None:
        values: dict[str, object] = {
            "dsn": SecretStr(sentry.dsn),
            "traces_sample_rate": 1.0,
            "release": "kijko-api@0.1.0+abc1234",
        }
        settings = ObservabilitySettings.model_validate(values | changes)
        observability.init("kijko-api", settings=settings)

    return _connect
