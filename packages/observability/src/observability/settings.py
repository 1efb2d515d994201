"""Every knob of the connection to Sentry, typed, from the environment's ``SENTRY_…`` names."""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from observability.errors import SettingsError

_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")
_SECRET = frozenset({"dsn"})

Rate = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Words = Annotated[tuple[str, ...], NoDecode]


class ObservabilitySettings(BaseSettings):
    """What a program may say about its Sentry. Each description completes "it must be …"."""

    model_config = SettingsConfigDict(
        env_prefix="SENTRY_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    dsn: SecretStr | None = Field(
        None, description="a DSN such as https://KEY@HOST/PROJECT, or unset to send nothing"
    )
    environment: str = Field(
        "development", description="up to 64 characters without spaces or slashes, and not 'None'"
    )
    release: str | None = Field(
        None, description="a release such as kijko-api@0.1.0+abc1234; unset, the stamp is read"
    )
    server_name: str | None = Field(
        None, description="a name for this machine; unset, none is sent (host names name people)"
    )
    sample_rate: Rate = Field(1.0, description="the share of errors to send, from 0 to 1")
    traces_sample_rate: Rate = Field(
        0.5, description="the share of transactions to send, from 0 to 1"
    )
    trace_propagation_targets: Words = Field(
        _LOOPBACK,
        description="http(s) origins, comma-separated, that outgoing trace headers may go to",
    )
    ignored_transactions: Words = Field(
        ("/healthz", "/readyz"), description="transaction names, comma-separated, not worth sending"
    )
    enable_logs: bool = Field(True, description="true or false: whether log records are sent")
    include_local_variables: bool = Field(
        False, description="true or false: whether stack frames carry variables (people's prompts)"
    )
    queue_size: int = Field(
        100, ge=1, le=10_000, description="how many unsent items to keep, from 1 to 10000"
    )
    shutdown_timeout: float = Field(
        2.0, ge=0, le=30, allow_inf_nan=False, description="seconds, from 0 to 30"
    )
    debug: bool = Field(False, description="true or false: whether the SDK explains itself")

    @classmethod
    def load(cls) -> Self:
        """Read the settings from the environment.

        Raises:
            SettingsError: A value cannot be used; the text names the variable, never a secret.
        """
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from None

    @field_validator("dsn")
    @classmethod
    def _dsn_has_all_parts(cls, dsn: SecretStr | None) -> SecretStr | None:
        if dsn is None:
            return None
        url = urlsplit(dsn.get_secret_value())
        project = url.path.rpartition("/")[2]
        if url.scheme not in {"http", "https"} or not (url.username and url.hostname):
            raise ValueError("scheme, key or host missing")
        if not project.isdecimal() or url.port == 0:
            raise ValueError("project or port wrong")
        return dsn

    @field_validator("environment")
    @classmethod
    def _environment_is_a_name(cls, environment: str) -> str:
        if environment == "None" or not re.fullmatch(r"[^\s/]{1,64}", environment):
            raise ValueError("not a name")
        return environment

    @field_validator("trace_propagation_targets", "ignored_transactions", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word for part in value.split(",") if (word := part.strip()))
        return value

    @field_validator("trace_propagation_targets")
    @classmethod
    def _targets_are_origins(cls, targets: tuple[str, ...]) -> tuple[str, ...]:
        for target in targets:
            if not re.fullmatch(r"https?://[^\s/?#@]+", target):
                raise ValueError("not an origin")
        return targets


def _sentence(error: ValidationError) -> str:
    """Say the first thing that is wrong, with the variable's name and what it must be."""
    problem = error.errors(include_context=False, include_url=False)[0]
    field = str(problem["loc"][0])
    value = "" if field in _SECRET else f"={problem['input']!s:.80}"
    expected = ObservabilitySettings.model_fields[field].description
    return f"SENTRY_{field.upper()}{value} cannot be used. It must be {expected}."
