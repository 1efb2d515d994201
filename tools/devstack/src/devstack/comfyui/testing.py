"""A real ComfyUI for tests, without a word of asyncio: for fixtures that outlive one test."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from devstack.comfyui.install import installed
from devstack.comfyui.process import ComfyUIProcess, running


@contextmanager
def comfyui_for_tests(
    base_directory: Path, *, port: int = 0, custom_nodes: Path | None = None
) -> Iterator[ComfyUIProcess]:
    """Install the managed ComfyUI where it is missing and run it while the block lasts.

    What it yields belongs to an event loop of its own: use its `url`, `pid` and `log`, and
    `os.kill` to end it early.

    Args:
        base_directory: The folder for its inputs, outputs and settings.
        port: Where to listen; 0 takes a free one.
        custom_nodes: One more folder of custom nodes.

    Raises:
        ComfyUIInstallError: It could not be installed.
        ChildEndedError: It ended before it answered.
        NotReadyError: It did not answer in time.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="comfyui for tests")
    thread.start()
    stack = AsyncExitStack()

    async def start() -> ComfyUIProcess:
        return await stack.enter_async_context(
            running(
                await installed(),
                base_directory=base_directory,
                port=port,
                custom_nodes=custom_nodes,
            )
        )

    try:
        yield asyncio.run_coroutine_threadsafe(start(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
