"""Every knob of the stack, typed, from the environment and the command line."""

import hashlib
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

import platformdirs
from pydantic import AliasChoices, Field, PositiveFloat, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from devstack.errors import DevstackError

Port = Annotated[int, Field(ge=0, le=65535)]


class SettingsError(DevstackError):
    """A value cannot be used."""


class Settings(BaseSettings):
    """How the stack runs. `DEVSTACK_` is the prefix; shared names have none.

    A port is taken if it is free, and another one if not; 0 takes any.
    """

    model_config = SettingsConfigDict(
        env_prefix="DEVSTACK_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    comfyui_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), validation_alias=AliasChoices("COMFYUI_URL", "comfyui_urls")
    )
    comfyui_install: bool = True
    data: Path = Field(default_factory=lambda: default_data_folder(Path.cwd()))
    gateway_port: Port = 8080
    sentry_port: Port = 8969
    comfyui_port: Port = 8188
    start_timeout: PositiveFloat = Field(120.0, description="seconds for a part to become ready")
    job_timeout: PositiveFloat = Field(180.0, description="seconds for a workflow to end")
    stop_timeout: PositiveFloat = Field(15.0, description="seconds for a part to end in order")

    @classmethod
    def load(cls, **given: object) -> Self:
        """Read the environment; what is given and not None goes before it.

        Raises:
            SettingsError: A value cannot be used.
        """
        try:
            return cls.model_validate({name: v for name, v in given.items() if v is not None})
        except ValidationError as error:
            first = error.errors(include_context=False, include_url=False)[0]
            name = str(first["loc"][0])
            variable = name if name.isupper() else f"DEVSTACK_{name.upper()}"
            raise SettingsError(
                f"{variable} cannot be used: {first['msg'].removeprefix('Value error, ')}.",
                "Correct it, or leave it out.",
            ) from None

    @field_validator("comfyui_urls", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("comfyui_urls")
    @classmethod
    def _are_http(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
                raise ValueError(f"{url!r} is not like http://HOST:PORT")
        return urls


def default_data_folder(here: Path) -> Path:
    """Return where the data of the checkout around a folder are kept, outside of it."""
    checkout = next((f for f in (here, *here.parents) if (f / "pants.toml").exists()), here)
    digest = hashlib.sha256(str(checkout.resolve()).encode()).hexdigest()[:8]
    return platformdirs.user_state_path("kijko") / "devstack" / f"{checkout.name}-{digest}"
