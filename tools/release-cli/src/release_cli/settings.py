"""Every knob of this program; those of Sentry itself are read by `sentry_api`."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from release_cli.errors import SettingsInvalid


class Settings(BaseSettings):
    """What can be configured. `RELEASE_` is the prefix; names that others read too have none."""

    model_config = SettingsConfigDict(
        env_prefix="RELEASE_", extra="ignore", frozen=True, populate_by_name=True
    )

    environment: str = Field(
        default="production",
        validation_alias=AliasChoices("SENTRY_ENVIRONMENT", "environment"),
        description="Where deploys go.",
    )
    repository: str = Field(
        default="", description="What Sentry calls the repository; by default as its origin is."
    )
    state_dir: Path | None = Field(
        default=None, description="Journals and answers; by default .pants.d/release."
    )
    branch: str = Field(default="main", description="The branch whose commits are to be released.")
    service_token: SecretStr | None = Field(
        default=None, description="A bearer token for the /healthz of services that ask for one."
    )

    @field_validator("environment")
    @classmethod
    def _no_slash(cls, name: str) -> str:
        if not name or len(name) > 64 or set(name) & set("/\n"):
            raise ValueError("is no name of an environment; give one like production")
        return name


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
        variable = name if name.startswith("SENTRY_") else f"RELEASE_{name}"
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsInvalid(f"{variable}: {message}.", "Correct it.") from None
