"""`mcp-server doctor`: can this server answer here, and if not, what is to be done."""

import asyncio
import json
import os
import sys
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from kijko_mcp.errors import Trouble
from kijko_mcp.resident.residents import counted, running
from kijko_mcp.settings import McpSettings
from kijko_mcp.workspace.checkout import Checkout
from sentry_api import NotAllowed, NotAuthenticated, SentryApiError, SentryClient, SentrySettings

# What the tools read, and the scope that a token needs for it.
_WANTED_SCOPES = ("org:read", "project:read", "event:read")
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: which.
        ok: whether it is as it must be.
        found: what was found.
        todo: what to do, where it is not.
    """

    name: str
    ok: bool
    found: str
    todo: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check Sentry, the token, the projects, the checkout; exits with 1 when something is wrong."""
    checks = asyncio.run(examine())
    if as_json:
        sys.stdout.write(f"{json.dumps([asdict(each) for each in checks])}\n")
    else:
        for each in checks:
            sys.stdout.write(f"{'ok  ' if each.ok else 'BAD '} {each.name}: {each.found}\n")
            if not each.ok:
                sys.stdout.write(f"     {each.todo}\n")
    if not all(each.ok for each in checks):
        raise SystemExit(1)


async def examine() -> list[Check]:
    """All checks; those that need what failed before are left out."""
    try:
        settings, where = McpSettings.read(), SentrySettings.read()
    except (Trouble, SentryApiError) as trouble:
        return [Check("settings", False, trouble.problem, trouble.advice)]
    checkout, mapped = await _checkout(settings)
    try:
        async with asyncio.timeout(_SECONDS), SentryClient(where) as sentry:
            about_sentry = await _sentry(sentry, where, mapped)
    except TimeoutError:
        found = f"no answer from {where.url} in {_SECONDS:.0f} s"
        about_sentry = [Check("sentry", False, found, "Look at SENTRY_URL and the network.")]
    return [*about_sentry, checkout, _resident(settings)]


def _resident(settings: McpSettings) -> Check:
    """Which servers stay for later sessions; without one, each start is slow but not wrong."""
    if not settings.resident_seconds:
        return Check("resident", True, "MCP_RESIDENT_SECONDS=0: each session starts afresh")
    try:
        found = running(os.environ)
    except Trouble as trouble:
        return Check("resident", False, trouble.problem, trouble.advice)
    said = [
        f"process {each.pid} holds {counted(each.sessions)}, since"
        f" {each.since.astimezone():%Y-%m-%d %H:%M}, log {each.log}"
        for each in found
    ]
    return Check("resident", True, "; ".join(said) or "none runs; the next session starts one")


async def _checkout(settings: McpSettings) -> tuple[Check, Checkout | None]:
    folder = settings.workspace or Path.cwd()
    checkout = await Checkout.find(folder)
    if checkout is None:
        todo = "Start the server inside the checkout, or set MCP_WORKSPACE to it."
        return Check("checkout", False, f"{folder} is in no git checkout", todo), None
    try:
        async with aclosing(checkout):
            head = await checkout.head()
    except Trouble as trouble:
        return Check("checkout", False, trouble.problem, trouble.advice), None
    return Check("checkout", True, f"{checkout.root} at {head[:10]}"), checkout


async def _sentry(
    sentry: SentryClient, where: SentrySettings, checkout: Checkout | None
) -> list[Check]:
    try:
        who = await sentry.organizations.who_am_i()
        if who.user is None and where.auth_token is None:
            return _no_token(where)
    except NotAuthenticated:
        return _no_token(where)
    except SentryApiError as error:
        return [Check("sentry", False, error.problem, error.advice)]
    checks = [Check("sentry", True, f"{where.url} answers")]
    scopes = set(who.scopes)
    missing = [scope for scope in _WANTED_SCOPES if not _allows(scopes, scope)]
    if missing:
        todo = f"Make a token that also has {', '.join(missing)}, for SENTRY_AUTH_TOKEN."
        checks.append(Check("token", False, f"it lacks {', '.join(missing)}", todo))
    else:
        checks.append(Check("token", True, "it has the scopes that reading needs"))
    try:
        slugs = sorted([project.slug async for project in sentry.projects.list()])
        todo = "Look at SENTRY_ORG, and at the projects this token may see."
        listed = ", ".join(slugs) or "there are none"
        checks.append(Check("projects", bool(slugs), listed, "" if slugs else todo))
        mappings = [each async for each in sentry.sources.mappings()]
    except NotAllowed as error:
        wanted = " or ".join(error.scopes)
        checks.append(Check("projects", False, error.problem, f"The token needs {wanted}."))
        return checks
    except SentryApiError as error:
        checks.append(Check("projects", False, error.problem, error.advice))
        return checks
    return [*checks, _mappings([each.source_root for each in mappings], checkout)]


def _no_token(where: SentrySettings) -> list[Check]:
    found = "Sentry knows no such token" if where.auth_token else "there is no token"
    todo = (
        "Make one in Sentry under Settings > Auth Tokens (locally: local-sentry token --name"
        " editor) and put it into SENTRY_AUTH_TOKEN."
    )
    return [Check("sentry", True, f"{where.url} answers"), Check("token", False, found, todo)]


def _mappings(roots: list[str], checkout: Checkout | None) -> Check:
    todo = "Upload them: ./pants run tools/release-cli:release -- sync"
    if not roots:
        return Check("code mappings", False, "there are none; frames lead to no file", todo)
    astray = [root for root in roots if checkout and not (checkout.root / root).exists()]
    if astray:
        found = f"{', '.join(astray)} is not in this checkout"
        return Check("code mappings", False, found, todo)
    return Check("code mappings", True, ", ".join(roots))


def _allows(has: set[str], wanted: str) -> bool:
    """Whether scopes include one: the stronger include the weaker."""
    part, _, _ = wanted.partition(":")
    return not has or any(f"{part}:{way}" in has for way in ("read", "write", "admin"))
