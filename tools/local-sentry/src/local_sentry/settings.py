"""Every knob of the server, from `LOCAL_SENTRY_…` in the environment and from the command line."""

from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_data() -> Path:
    return platformdirs.user_data_path("kijko") / "local-sentry"


class Settings(BaseSettings):
    """How the server runs; sizes are bytes."""

    model_config = SettingsConfigDict(env_prefix="LOCAL_SENTRY_", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8969, ge=0, le=65535)
    data: Path = Field(default_factory=_default_data)
    quiet: bool = Field(default=False, description="log only what goes wrong")
    require_auth: bool = Field(default=True, description="ask for a token on API and pages")
    max_envelope_bytes: int = Field(default=20 * 1024 * 1024, ge=1024)
    max_event_bytes: int = Field(default=1024 * 1024, ge=1024)
    max_container_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    max_bytes_in_flight: int = Field(default=64 * 1024 * 1024, ge=1024)
    max_backlog_bytes: int = Field(default=2 * 1024 * 1024 * 1024, ge=1024 * 1024)
    retention_days: int = Field(default=90, ge=1, description="what is older is deleted")
    max_store_bytes: int = Field(
        default=20 * 1024 * 1024 * 1024, ge=1024 * 1024, description="the oldest beyond it goes"
    )
    body_timeout: float = Field(default=30.0, gt=0, description="seconds to send a whole body")
    allow_private_webhooks: bool = Field(
        default=False, description="let alerts call loopback and private networks"
    )
    query_timeout: float = Field(default=10.0, gt=0, description="seconds a read may take")
