"""Every knob, read from the environment under the names that Sentry's own tools use."""

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from release_cli.errors import SettingsInvalid


class Settings(BaseSettings):
    """Where Sentry is, and who we are there. The token never leaves this object but in a header."""

    model_config = SettingsConfigDict(env_prefix="SENTRY_", extra="ignore", frozen=True)

    url: str = Field(default="https://sentry.io", description="Where Sentry answers.")
    org: str = Field(default="kijko", description="The organization's slug.")
    auth_token: SecretStr | None = Field(default=None, description="Needed by all that writes.")
    environment: str = Field(default="production", description="Where a deploy goes.")

    @field_validator("url")
    @classmethod
    def _http_only(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("is no http(s) address; give https://sentry.io or http://HOST:PORT")
        return url.rstrip("/")


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsInvalid: a value is wrong; the message names its variable.
    """
    try:
        return Settings()
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsInvalid(
            f"SENTRY_{name}: {message}.", "Set it right in the environment."
        ) from None
