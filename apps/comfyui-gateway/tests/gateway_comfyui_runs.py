"""Prompts run by the client in tasks of their own, with all that it told about them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from comfyui_gateway.clients.comfyui import ComfyUI, Execution, ExecutionEvent, Graph

E = TypeVar("E", bound=BaseException)

SECONDS = 240.0
"""Far more than anything takes: a test that waits so long has failed."""


class Run:
    """One `run`."""

    def __init__(
        self, client: ComfyUI, prompt_id: str, graph: Graph, *, resume: bool = False
    ) -> None:
        self.events: list[ExecutionEvent] = []
        self.task = asyncio.create_task(
            client.run(prompt_id, graph, on_event=self.events.append, resume=resume)
        )

    @property
    def kinds(self) -> list[str]:
        """What happened so far."""
        return [event.kind for event in self.events]

    async def ended(self) -> Execution:
        """Wait for its good end."""
        async with asyncio.timeout(SECONDS):
            return await self.task

    async def failed(self, kind: type[E]) -> E:
        """Wait for its bad end, which is of this kind."""
        with pytest.raises(kind) as caught:
            await self.ended()
        return caught.value


def files(execution: Execution) -> set[tuple[str, str, str, str]]:
    """Node, file name, folder and kind of every file."""
    return {
        (asset.node_id, asset.filename, asset.subfolder, asset.kind) for asset in execution.outputs
    }


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
