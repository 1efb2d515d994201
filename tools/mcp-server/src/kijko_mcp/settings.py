"""Every knob of the server, from the environment's ``MCP_…`` names; Sentry's are sentry_api's."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kijko_mcp.errors import BadSettings


class McpSettings(BaseSettings):
    """What the server may do, and with what.

    Attributes:
        workspace: ``MCP_WORKSPACE``: the checkout; the current folder when not given.
        graph: ``MCP_GRAPH``: what ``./pants project-graph --format=json`` printed; Pants is asked
            when not given.
        gateway: ``MCP_GATEWAY``: where jobs are run, for the command that runs one again.
        tokens: ``MCP_TOKENS``: an answer's budget, in tokens.
        call_timeout: ``MCP_CALL_TIMEOUT``: seconds for one tool call.
        at_once: ``MCP_AT_ONCE``: tool calls that work at the same time; the others wait.
        allow_write: ``MCP_ALLOW_WRITE``: offer the tool that changes issues.
        resident_seconds: ``MCP_RESIDENT_SECONDS``: seconds that a server stays for later
            sessions; 0 for none that stays.
        http_token: ``MCP_HTTP_TOKEN``: what HTTP clients must send; one is made when not given.
    """

    model_config = SettingsConfigDict(
        env_prefix="MCP_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    workspace: Path | None = None
    graph: Path | None = None
    gateway: str = Field(default="http://127.0.0.1:8080", pattern=r"^https?://[^\s\x00-\x20]+$")
    tokens: int = Field(default=1500, ge=400, le=50_000)
    call_timeout: float = Field(default=90.0, gt=0, le=3600)
    at_once: int = Field(default=16, ge=1, le=256)
    allow_write: bool = False
    resident_seconds: int = Field(default=900, ge=0, le=604_800)
    http_token: SecretStr | None = Field(default=None, min_length=16)

    def offering(self, *, write: bool) -> Self:
        """These settings, and the tool that changes issues if that is wanted."""
        return self.model_copy(update={"allow_write": True}) if write else self

    @classmethod
    def read(cls) -> Self:
        """The settings from the environment.

        Raises:
            BadSettings: a value cannot be used; the sentence names the variable.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            name = f"MCP_{first['loc'][0]}".upper() if first["loc"] else "MCP_…"
            raise BadSettings(
                f"{name} cannot be used: {first['msg']}.", f"Correct {name} in the environment."
            ) from None
