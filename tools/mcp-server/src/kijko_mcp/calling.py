"""Turns a question into what the client gets: an answer within its budget, or a helpful refusal.

Here is the only place that knows how calls are limited, timed, recorded and refused.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, TextContent

import observability
from kijko_mcp.answers.answer import Answer, render
from kijko_mcp.answers.untrusted import line
from kijko_mcp.desk import Desk
from kijko_mcp.errors import Trouble
from kijko_mcp.progress import listen
from kijko_mcp.tracing import tool_call
from sentry_api import (
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RateLimited,
    SentryApiError,
    TookTooLong,
)

Call = Context[Any, Any]
_T = TypeVar("_T")


class Calls:
    """The calls of one server; only so many work at once, and each has its time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turns = asyncio.Semaphore(desk.settings.at_once)

    async def answer(
        self, tool: str, question: Awaitable[Answer], call: Call | None
    ) -> CallToolResult:
        """Answers a question."""
        if call is not None:
            listen(call.report_progress)
        try:
            async with self._turns:
                with tool_call(tool) as span:
                    result = await cancelled_once(self._within_time(question))
                    span.set_data("mcp.tool.result.is_error", bool(result.is_error))
                    if result.is_error:
                        span.set_status("failed_precondition")
                    return result
        finally:
            if asyncio.iscoroutine(question):
                question.close()  # one that was cancelled before its turn

    async def _within_time(self, question: Awaitable[Answer]) -> CallToolResult:
        settings = self._desk.settings
        try:
            async with asyncio.timeout(settings.call_timeout):
                await self._desk.find_organization()
                shown = render(await question, settings.tokens)
        except TimeoutError:
            return refused(
                f"The answer was not there within {settings.call_timeout:.0f} s.",
                "Narrow it: name a project, take a shorter period (24h), or a smaller limit.",
            )
        except Trouble as trouble:
            return refused(trouble.problem, trouble.advice)
        except SentryApiError as error:
            return refused(*explained(error, self._desk.url))
        except Exception as error:
            # Its text may hold anything; the client gets a sentence, and Sentry the error.
            observability.capture_exception(error)
            return refused(
                f"This server failed ({type(error).__name__}).",
                "Report it; another question may work.",
            )
        return CallToolResult(
            content=[TextContent(type="text", text=shown.text)],
            structured_content=shown.structured,
        )


async def cancelled_once(work: Coroutine[Any, Any, _T]) -> _T:
    """Does work in a task of its own; where the call is cancelled, so is the work, and awaited.

    The SDK's cancellation comes again at every `await` until the call is over, and `asyncio.gather`
    hands each on to what it waits for, which then can close neither connections nor processes.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({task})
        raise


def refused(problem: str, advice: str) -> CallToolResult:
    """No answer: what is wrong and what to do. What a server said in it is made harmless."""
    said = {"problem": line(problem, 400), "advice": line(advice, 600)}
    return CallToolResult(
        content=[TextContent(type="text", text=f"{said['problem']} {said['advice']}")],
        structured_content=said,
        is_error=True,
    )


def explained(error: SentryApiError, url: str) -> tuple[str, str]:
    """What is wrong between us and Sentry, and what to do, for somebody in an editor."""
    match error:
        case NotAuthenticated():
            command = (
                "./pants run tools/local-sentry:local-sentry -- token --name editor"
                if "127.0.0.1" in url or "localhost" in url
                else "npx sentry-cli login, or Settings > Auth Tokens in Sentry"
            )
            return (
                "Sentry does not know this token, or there is none.",
                f"Get one with: {command}; put it into SENTRY_AUTH_TOKEN and restart this server.",
            )
        case NotAllowed():
            wanted = " or ".join(error.scopes) or "more scopes"
            return (
                f"The token may not do this: it lacks the scope {wanted}.",
                f"Make a token with {wanted}, put it into SENTRY_AUTH_TOKEN, restart this server.",
            )
        case TookTooLong():
            return (
                "Sentry did not answer in time.",
                "Narrow it: name a project, take a shorter period (24h), or a smaller limit.",
            )
        case RateLimited():
            return (
                f"Sentry asks for a pause of {error.retry_after:.0f} s.",
                "Ask again then, or ask for less at once.",
            )
        case NotFound():
            return (
                "Sentry has nothing like that, or this token may not see it.",
                "Check the id and SENTRY_ORG.",
            )
    return error.problem, error.advice
