"""Every knob of the client, from the environment variables that Sentry's own tools read."""

import ipaddress
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sentry_api.errors import BadConfiguration

SENTRY_IO = "https://sentry.io"


class SentrySettings(BaseSettings):
    """Where Sentry is and who asks; seconds are seconds of the clock.

    Attributes:
        url: ``SENTRY_URL``: the server, without ``/api/0``.
        org: ``SENTRY_ORG``: the organization's slug.
        auth_token: ``SENTRY_AUTH_TOKEN``; none where the server asks for none.
        api_timeout: ``SENTRY_API_TIMEOUT``: seconds for one try of a call, answer included.
        api_tries: ``SENTRY_API_TRIES``: tries of a call that may be repeated.
        api_patience: ``SENTRY_API_PATIENCE``: seconds for all tries and waits of a call together.
        api_largest_answer: ``SENTRY_API_LARGEST_ANSWER``: bytes of JSON that are read at most.
        allow_plain_http: ``SENTRY_ALLOW_PLAIN_HTTP``: send a token unencrypted to other machines.
    """

    model_config = SettingsConfigDict(
        env_prefix="SENTRY_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    url: str = SENTRY_IO
    org: str = ""
    auth_token: SecretStr | None = None
    api_timeout: float = Field(default=30.0, gt=0, le=3600)
    api_tries: int = Field(default=4, ge=1, le=20)
    api_patience: float = Field(default=60.0, ge=0, le=3600)
    api_largest_answer: int = Field(default=64 * 1024 * 1024, ge=1024)
    allow_plain_http: bool = False

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value.strip() or SENTRY_IO)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address like https://sentry.io")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must be a bare address, without user, password, query or fragment")
        try:
            _ = parts.port
        except ValueError:
            raise ValueError("names no possible port") from None
        return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")

    @field_validator("auth_token")
    @classmethod
    def _can_be_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        token = value.get_secret_value().strip() if value is not None else ""
        if not all("!" <= character <= "~" for character in token):
            raise ValueError("has characters that no token has")
        return SecretStr(token) if token else None

    @model_validator(mode="after")
    def _keeps_the_token_private(self) -> Self:
        parts = urlsplit(self.url)
        if (
            self.auth_token is not None
            and parts.scheme == "http"
            and not self.allow_plain_http
            and not is_loopback(parts.hostname or "")
        ):
            raise ValueError(
                "the token would travel unencrypted to another machine: use https, "
                "or set SENTRY_ALLOW_PLAIN_HTTP=1"
            )
        return self

    @classmethod
    def read(cls) -> Self:
        """The settings from the environment.

        Raises:
            BadConfiguration: a value cannot be used; the sentence names the variable.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = f"SENTRY_{first['loc'][0]}".upper() if first["loc"] else "SENTRY_URL"
            said = first["msg"].removeprefix("Value error, ")
            raise BadConfiguration(
                f"{name} cannot be used: {said}.", f"Correct {name} in the environment."
            ) from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its spelling alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
