"""Runs prompts on one ComfyUI: each once, whatever happens to the connection or to ComfyUI."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Self

import orjson
from pydantic import ValidationError

from comfyui_gateway.clients.comfyui import files
from comfyui_gateway.clients.comfyui.answers import (
    HistoryEntry,
    mapping,
    read_history,
    read_rejection,
)
from comfyui_gateway.clients.comfyui.errors import (
    ComfyUIError,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
    ExecutionFailed,
    GraphInvalid,
    Interrupted,
    NodeProblem,
    PromptLost,
    PromptRejected,
)
from comfyui_gateway.clients.comfyui.execution import Asset, Execution, SystemStats, UploadedInput
from comfyui_gateway.clients.comfyui.follower import Follower
from comfyui_gateway.clients.comfyui.graph import Graph, check_graph
from comfyui_gateway.clients.comfyui.http import Http
from comfyui_gateway.clients.comfyui.limits import Limits
from comfyui_gateway.clients.comfyui.watch import OnEvent, Watch

_HISTORY_DELAYS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.5, 1.0)
_ACCEPTANCE_DELAYS = (0.2, 0.5, 1.0)


class ComfyUI:
    """One ComfyUI server, spoken to over one HTTP session and one WebSocket.

    An async context manager. Progress comes from the WebSocket as a hint; what a prompt came to is
    read from ``/history``. Protocol: ComfyUI's ``server.py`` and ``execution.py``.
    """

    def __init__(self, url: str, *, limits: Limits | None = None) -> None:
        """Prepares a client of the ComfyUI at ``url``; nothing is sent yet.

        Raises:
            ValueError: ``url`` is not an http(s) URL.
        """
        self.limits = limits or Limits()
        self._http = Http(url, self.limits)
        self._follower = Follower(self._http, self.limits)
        self._makes_output: dict[str, bool] = {}
        self.name = self._http.name

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the socket and the session, for good; prompts go on in ComfyUI, runs end here."""
        await self._follower.close()
        await self._http.close()

    async def run(
        self,
        prompt_id: str,
        graph: Graph,
        *,
        on_event: OnEvent,
        extra_data: Mapping[str, object] | None = None,
        resume: bool = False,
    ) -> Execution:
        """Runs ``graph`` as the prompt ``prompt_id`` and returns what it made.

        A prompt id stands for one run: give each its own. ``on_event`` is called in order, on the
        event loop, and must not block. Cancelling this call leaves the prompt in ComfyUI, to be
        taken up with ``resume`` or stopped with ``cancel``.

        Args:
            prompt_id: The caller's id for this run.
            graph: API-format graph. Give its outputs a file name prefix of the run's own.
            on_event: Told of each step.
            extra_data: Sent beside the graph; never written into images.
            resume: The prompt may have been submitted before: look for it first, submit it only
                when ComfyUI does not know it.

        Raises:
            GraphInvalid: Nothing was sent.
            PromptRejected: ComfyUI refused it; nothing runs.
            ExecutionFailed: A node raised.
            Interrupted: It was stopped.
            PromptLost: ComfyUI forgot it; run it again.
            PromptBusy: This client is already running that id.
            ComfyUIUnavailable: No answer for ``limits.patience_seconds``; run it again with resume.
            ComfyUIProtocolError: The answers are not ComfyUI's.
        """
        watch = Watch(prompt_id, check_graph(graph), on_event)
        with self._follower.following(watch):
            await self._follower.socket.ready()
            known, entry = await self._find(watch) if resume else (False, None)
            if known:
                watch.accept()
            else:
                await self._submit(watch, extra_data or {})
            if watch.cancel_requested and entry is None:
                await self.cancel(prompt_id)
            return _result(watch, entry or await self._outcome(watch))

    async def cancel(self, prompt_id: str) -> bool:
        """Removes the prompt from the queue, or interrupts it when it runs.

        ComfyUI stops a node only where the node looks, and forgets an interruption that arrives
        just before a prompt begins: so this insists until the prompt is gone.

        Returns:
            Whether it is gone; ``False`` when it still runs after ``limits.cancel_seconds``.

        Raises:
            ComfyUIUnavailable: ComfyUI does not answer.
            ComfyUIProtocolError: The answers are not ComfyUI's.
        """
        deadline = time.monotonic() + self.limits.cancel_seconds
        delay = 0.02
        self._mark_cancelled(prompt_id)
        while True:
            await self._http.tell("/queue", {"delete": [prompt_id]})
            queue = await self._follower.queue()
            watch = self._mark_cancelled(prompt_id)  # its run may have begun meanwhile
            if prompt_id in queue.running:
                await self._http.tell("/interrupt", {"prompt_id": prompt_id})
            elif prompt_id not in queue.pending:
                if watch is not None and watch.waiting:
                    self._follower.doubt(watch)
                return True
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.0)

    @asynccontextmanager
    async def view(
        self, asset: Asset, *, limit: int | None = None
    ) -> AsyncIterator[files.AssetBody]:
        """The bytes of ``asset``, streamed.

        Args:
            asset: From an ``Execution``.
            limit: Bytes allowed; ``limits.asset_bytes`` by default.

        Raises:
            AssetMissing: ComfyUI no longer has it.
            AssetTooLarge: It is larger than ``limit``; may be raised while reading.
            ComfyUIUnavailable: No answer, or it was cut short; may be raised while reading.
            ComfyUIProtocolError: The answer is not ComfyUI's.
        """
        limit = self.limits.asset_bytes if limit is None else limit
        async with files.opened(self._http, asset, limit) as body:
            yield body

    async def upload(
        self, source: files.Source, *, filename: str, subfolder: str = "", overwrite: bool = False
    ) -> UploadedInput:
        """Puts a file into ComfyUI's input folder; ComfyUI may give it another name.

        Raises:
            UploadRejected: ComfyUI will not have that name, folder or size.
            ComfyUIUnavailable: No answer.
            ComfyUIProtocolError: The answer is not ComfyUI's.
        """
        return await files.upload(
            self._http, source, filename=filename, subfolder=subfolder, overwrite=overwrite
        )

    async def ready(self) -> SystemStats:
        """What ComfyUI says about itself, when it is there.

        Raises:
            ComfyUIUnavailable: It is not.
            ComfyUIProtocolError: Something else is.
        """
        try:
            return SystemStats.model_validate(await self._http.get("/system_stats"))
        except ValidationError as error:
            raise ComfyUIProtocolError(f"What answers at {self.name} is not ComfyUI.") from error

    async def object_info(self, class_type: str | None = None) -> Mapping[str, object]:
        """The nodes ComfyUI has, by class; of one class only when named (empty if unknown).

        Raises:
            ComfyUIUnavailable: No answer.
            ComfyUIProtocolError: The answer is not ComfyUI's.
        """
        return mapping(await self._http.get("/object_info", class_type), "node list")

    def _mark_cancelled(self, prompt_id: str) -> Watch | None:
        if (watch := self._follower.watch_of(prompt_id)) is not None:
            watch.cancel_requested = True
        return watch

    async def _submit(self, watch: Watch, extra_data: Mapping[str, object]) -> None:
        if watch.cancel_requested:
            raise Interrupted(node_id=None, requested=True)
        watch.client_id = self._follower.socket.client_id
        document = {
            "prompt": watch.graph,
            "prompt_id": watch.prompt_id,
            "client_id": watch.client_id,
            "extra_data": dict(extra_data),
        }
        try:
            status, answer = await self._http.ask("/prompt", document)
            if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                raise PromptRejected(
                    f"{self.name} does not take a graph of this size.",
                    kind="too_large",
                    advice="Upload large inputs as files and name them in the graph.",
                )
            body = mapping(answer, "answer to a prompt")
        except orjson.JSONEncodeError as error:
            raise GraphInvalid(
                f"The graph cannot be written as JSON: {error}.",
                advice="Use plain text and numbers of at most 64 bits.",
            ) from error
        except (ComfyUIUnavailable, ComfyUIProtocolError) as error:
            if not await self._was_accepted(watch, error):
                raise
            watch.accept()
            return
        if status != HTTPStatus.OK:
            raise read_rejection(body)
        if body.get("prompt_id") != watch.prompt_id:
            await self._refuse_other_id(body.get("prompt_id"))
        if body.get("node_errors"):
            await self.cancel(watch.prompt_id)
            raise read_rejection(body)
        watch.accept()

    async def _was_accepted(self, watch: Watch, error: ComfyUIError) -> bool:
        """Whether a prompt without a usable answer is in ComfyUI all the same."""
        try:
            known, _ = await self._find(watch)
            for delay in _ACCEPTANCE_DELAYS if isinstance(error, ComfyUIUnavailable) else ():
                if known:
                    break
                await asyncio.sleep(delay)
                known, _ = await self._find(watch)
        except (ComfyUIUnavailable, ComfyUIProtocolError):
            return False
        return known

    async def _refuse_other_id(self, other: object) -> None:
        if isinstance(other, str):
            await self.cancel(other)
        raise ComfyUIProtocolError(
            f"ComfyUI at {self.name} gave the prompt another id than ours.",
            advice="Use ComfyUI 0.3.45 or newer, which keeps the ids it is given.",
        )

    async def _find(self, watch: Watch) -> tuple[bool, HistoryEntry | None]:
        """Whether ComfyUI knows the prompt, and its end when it has ended.

        The queue is asked before the history: a prompt moves only in that direction.
        """
        prompt_id = watch.prompt_id
        queue = await self._follower.queue()
        entry = await self._history(prompt_id)
        surplus = queue.copies.get(prompt_id, 0) - (1 if entry is None else 0)
        if surplus > 0 and prompt_id in queue.pending:
            await self._http.tell("/queue", {"delete": [prompt_id] * surplus})
        targets = queue.running.get(prompt_id) or queue.pending.get(prompt_id)
        targets = entry.targets if entry is not None else targets
        if targets:
            await self._refuse_part(watch, targets)
        return entry is not None or prompt_id in queue, entry

    async def _refuse_part(self, watch: Watch, targets: frozenset[str]) -> None:
        """A prompt of which ComfyUI took only some outputs must not pass for the whole."""
        problems = []
        for node_id, node in watch.graph.items():
            class_type = str(node["class_type"])
            if node_id in targets:
                continue
            if class_type not in self._makes_output:
                info = (await self.object_info(class_type)).get(class_type)
                self._makes_output[class_type] = (
                    isinstance(info, dict) and info.get("output_node") is True
                )
            if self._makes_output[class_type]:
                problems.append(
                    NodeProblem(
                        node_id, class_type, "output_refused", "this output was left out", None
                    )
                )
        if problems:
            await self.cancel(watch.prompt_id)
            raise PromptRejected(
                f"ComfyUI refused {problems[0]}.",
                kind="partly_invalid",
                problems=tuple(problems),
                partial=True,
            )

    async def _outcome(self, watch: Watch) -> HistoryEntry:
        """Waits for the prompt's end and reads it from the history."""
        while True:
            await watch.wait()
            gone = watch.gone
            try:
                entry = await self._history(watch.prompt_id)
                for delay in (
                    () if gone else _HISTORY_DELAYS
                ):  # written after the message of the end
                    if entry is not None:
                        break
                    await asyncio.sleep(delay)
                    entry = await self._history(watch.prompt_id)
            except ComfyUIUnavailable:
                self._follower.doubt(watch)
                continue
            if entry is not None:
                return entry
            if not gone:
                self._follower.doubt(watch)
            elif watch.cancel_requested:
                raise Interrupted(node_id=None, requested=True)
            else:
                raise PromptLost(
                    f"ComfyUI at {self.name} no longer knows prompt {watch.prompt_id}."
                )

    async def _history(self, prompt_id: str) -> HistoryEntry | None:
        return read_history(await self._http.get("/history", prompt_id), prompt_id)


def _result(watch: Watch, entry: HistoryEntry) -> Execution:
    if entry.interrupted_in is not None:
        raise Interrupted(
            node_id=entry.interrupted_in or None,
            requested=watch.cancel_requested,
            nodes=watch.node_runs(entry.cached, open_as="interrupted"),
        )
    if (failure := entry.failure) is not None:
        raise ExecutionFailed(
            node_id=failure.node_id,
            class_type=failure.class_type,
            exception_type=failure.exception_type,
            reason=failure.reason,
            traceback=failure.traceback,
            nodes=watch.node_runs(entry.cached, open_as="interrupted"),
        )
    watch.finish()
    return Execution(watch.prompt_id, entry.outputs, watch.node_runs(entry.cached))
