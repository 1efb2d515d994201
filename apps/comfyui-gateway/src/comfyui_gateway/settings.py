"""Every knob of the gateway, typed, read from the environment."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    AliasChoices,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from comfyui_gateway.problems import StartRefused


class Settings(BaseSettings):
    """What can be configured. `GATEWAY_` is the prefix; shared names have none."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", extra="ignore", frozen=True, populate_by_name=True
    )

    comfyui_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("http://127.0.0.1:8188",),
        validation_alias=AliasChoices("COMFYUI_URL", "comfyui_urls"),
        description="Where ComfyUI answers; several servers separated by commas.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DATABASE_URL", "database_url"),
        description="A Postgres to use; without it one runs inside the data folder.",
    )
    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("kijko") / "gateway",
        description="Outputs and the embedded Postgres live here.",
    )
    workflow_dirs: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description="More folders of workflow templates, separated like PATH."
    )

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    api_tokens: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        validation_alias=AliasChoices("GATEWAY_API_TOKENS", "GATEWAY_API_TOKEN", "api_tokens"),
        description="Bearer tokens that are let in, separated by commas; none: no token is asked.",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("http://localhost:3000", "http://127.0.0.1:3000"),
        description="Web origins whose pages may call the gateway, separated by commas.",
    )
    max_body_bytes: PositiveInt = 1024 * 1024
    max_wait_seconds: PositiveFloat = 60.0
    max_event_streams: PositiveInt = 1000
    event_heartbeat_seconds: PositiveFloat = 15.0

    concurrency: int = Field(default=16, ge=2, description="Jobs one worker has in flight.")
    ffmpeg_concurrency: PositiveInt = Field(
        default_factory=lambda: max(1, (os.cpu_count() or 2) // 2)
    )
    heartbeat_seconds: PositiveFloat = Field(
        default=10.0, description="A worker silent for this long loses its jobs to another."
    )
    sweep_seconds: PositiveFloat = Field(
        default=1.0, description="How often a worker looks for jobs of a worker that died."
    )
    max_failures: PositiveInt = Field(
        default=4, description="Failures that may pass by themselves, before a job is given up."
    )
    retry_seconds: PositiveFloat = Field(
        default=0.5, description="Pause before the first new attempt; doubles each time."
    )
    max_pickups: PositiveInt = Field(
        default=100, description="A job that outlived this many workers is given up."
    )
    job_timeout_seconds: PositiveFloat = 3600.0
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    @field_validator("comfyui_urls", "api_tokens", "cors_origins", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("workflow_dirs", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in value.split(os.pathsep) if part)
        return value

    @field_validator("comfyui_urls")
    @classmethod
    def _http_only(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        if not urls:
            raise ValueError("names no server; give http://HOST:PORT")
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError(f"{url!r} is no http(s) address; give http://HOST:PORT")
        return tuple(url.rstrip("/") for url in urls)

    @field_validator("database_url")
    @classmethod
    def _postgres_only(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None or not url.get_secret_value():
            return None
        if not url.get_secret_value().startswith(("postgres://", "postgresql://")):
            raise ValueError("is no Postgres address; give postgresql://USER:PASSWORD@HOST/NAME")
        return url

    @model_validator(mode="after")
    def _token_off_loopback(self) -> Self:
        if not is_loopback(self.host) and not self.api_tokens:
            raise ValueError(
                f"GATEWAY_HOST is {self.host}, which other machines reach, and no token is set; "
                "set GATEWAY_API_TOKEN or stay on 127.0.0.1"
            )
        return self

    @property
    def outputs_dir(self) -> Path:
        """Where the finished files of every job are kept."""
        return self.data_dir / "outputs"

    @property
    def postgres_dir(self) -> Path:
        """Where the embedded Postgres lives."""
        return self.data_dir / "postgres"


def is_loopback(host: str) -> bool:
    """Whether a listening address is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(**overrides: object) -> Settings:
    """Read the settings, with command line values over the environment's.

    Raises:
        StartRefused: a value is wrong; the message names it and says what is expected.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings.model_validate(
            {**Settings().model_dump(), **given} if given else Settings()
        )
    except ValidationError as invalid:
        raise StartRefused(_sentence(invalid)) from None


def _sentence(invalid: ValidationError) -> str:
    first = invalid.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    message = first["msg"].removeprefix("Value error, ")
    if not name:
        return f"{message}."
    variable = name if name.isupper() else f"GATEWAY_{name.upper()}"
    return f"{variable}: {message}."
