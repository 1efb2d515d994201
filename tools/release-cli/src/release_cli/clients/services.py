"""Running services: which release each says it is (`/healthz`)."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

_TIMEOUT = 30.0
_LARGEST = 64 * 1024


class _Health(BaseModel):
    release: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """What a service says.

    Attributes:
        release: the whole name; None when it names none or does not answer.
        trouble: why there is no release.
    """

    url: str
    release: str | None
    trouble: str | None = None


async def ask_services(urls: Sequence[str], token: SecretStr | None) -> list[Running]:
    """Ask services which release they are, one after another.

    Args:
        urls: their base addresses, or those of their health checks.
        token: a bearer token, for those that ask for one.
    """
    headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    async with httpx.AsyncClient(timeout=_TIMEOUT, headers=headers) as http:
        return [await _ask(http, url) for url in urls]


async def _ask(http: httpx.AsyncClient, url: str) -> Running:
    address = url if url.rstrip("/").endswith("healthz") else f"{url.rstrip('/')}/healthz"
    try:
        answer = await http.get(address)
        if answer.status_code != 200:
            return Running(url, None, f"{address} answered {answer.status_code}")
        health = _Health.model_validate_json(answer.content[:_LARGEST])
    except (httpx.HTTPError, httpx.InvalidURL):
        return Running(url, None, f"{address} does not answer")
    except ValidationError:
        return Running(url, None, f"{address} is no health check of ours")
    named = None if health.release else f"{address} names no release"
    return Running(url, health.release, named)
