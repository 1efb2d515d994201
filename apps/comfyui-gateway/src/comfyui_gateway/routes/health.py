"""Is the process alive, and would a job run now?"""

import asyncio

from fastapi import APIRouter, Response

from comfyui_gateway.models import Health, Readiness
from comfyui_gateway.routes.dependencies import TheGateway

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the gateway alive?")
async def health(gateway: TheGateway) -> Health:
    """Answers as long as the process does."""
    return Health(status="ok", release=gateway.release)


@router.get(
    "/readyz",
    summary="Would a job run now?",
    responses={
        503: {"model": Readiness, "description": "Jobs are accepted or wait; see `checks`."}
    },
)
async def readiness(gateway: TheGateway, response: Response) -> Readiness:
    """Asks Postgres and every ComfyUI. While ComfyUI is away, jobs are still accepted and wait."""
    async with asyncio.timeout(15):
        checks = await gateway.checks()
    ready = all(check.ok for check in checks)
    response.status_code = 200 if ready else 503
    return Readiness(status="ready" if ready else "waiting", checks=checks)
