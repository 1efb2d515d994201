"""The FastAPI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from comfyui_gateway.problems import Problem
from comfyui_gateway.routes import health, jobs, outputs, workflows
from comfyui_gateway.routes.guards import BearerToken, BodyLimit
from comfyui_gateway.routes.problem_answers import install_problem_answers
from comfyui_gateway.services.gateway import open_gateway
from comfyui_gateway.settings import Settings

_DESCRIPTION = """\
Runs workflows in ComfyUI and FFmpeg as jobs that are never lost.

A job is on disk before it is accepted, ends exactly once, and keeps its files here. Every error is
an RFC 9457 problem of one shape.
"""

_TAGS = [
    {"name": "workflows", "description": "What can be run, and running it."},
    {"name": "jobs", "description": "How a job stands, how it goes, and stopping it."},
    {"name": "outputs", "description": "The files a job made; they never change."},
    {"name": "health", "description": "For those who look after the gateway."},
]


def create_app(settings: Settings, *, worker: bool) -> FastAPI:
    """The application; it starts Postgres, and the worker if wanted, when it is served."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_gateway(settings, worker=worker) as gateway:
            app.state.gateway = gateway
            yield

    app = FastAPI(
        title="Kijko gateway",
        summary="Workflows, media and jobs in front of ComfyUI and FFmpeg.",
        description=_DESCRIPTION,
        version="1",
        openapi_tags=_TAGS,
        lifespan=lifespan,
        responses={"default": {"model": Problem, "description": "A problem (RFC 9457)."}},
    )
    for router in (workflows.router, jobs.router, outputs.router, health.router):
        app.include_router(router)
    install_problem_answers(app)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    if settings.api_tokens:
        tokens = [token.get_secret_value() for token in settings.api_tokens]
        app.add_middleware(BearerToken, tokens=tokens)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "HEAD"],
        allow_headers=[
            "authorization",
            "content-type",
            "sentry-trace",
            "baggage",
            "prefer",
            "idempotency-key",
            "last-event-id",
        ],
        expose_headers=["location", "etag", "preference-applied", "idempotent-replayed"],
        max_age=600,
    )
    return app
