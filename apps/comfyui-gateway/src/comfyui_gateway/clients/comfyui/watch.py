"""Follows one prompt: turns ComfyUI's WebSocket messages into events and node timings."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from comfyui_gateway.clients.comfyui.answers import read_files
from comfyui_gateway.clients.comfyui.execution import Asset, EventKind, ExecutionEvent, NodeRun
from comfyui_gateway.clients.comfyui.graph import Graph

OnEvent = Callable[[ExecutionEvent], None]
_ENDINGS = frozenset({"execution_success", "execution_error", "execution_interrupted"})

_LAST_WORD_SECONDS = 0.02
"""How long the message that comes once the history is written may follow the one of the end."""


class Watch:
    """One prompt being followed.

    Attributes:
        graph: What runs.
        client_id: The socket its messages go to; empty when they go to none of ours.
        submitted: ComfyUI has accepted it.
        cancel_requested: ``cancel`` was called for it here.
        gone: It was no longer in ComfyUI's queue when that was last asked.
        heard: ``time.monotonic()`` of its last message.
    """

    def __init__(self, prompt_id: str, graph: Graph, on_event: OnEvent) -> None:
        self.prompt_id = prompt_id
        self.client_id = ""
        self.submitted = False
        self.cancel_requested = False
        self.gone = False
        self.heard = time.monotonic()
        self.graph = graph
        self._on_event = on_event
        self._woken = asyncio.Event()
        self._last_word: asyncio.TimerHandle | None = None
        self._failure: BaseException | None = None
        self._fraction = 0.0
        self._started: dict[str, datetime] = {}
        self._runs: dict[str, NodeRun] = {}
        self._steps: tuple[str, float, float] | None = None

    def accept(self) -> None:
        """ComfyUI has the prompt, as its answer or its first message about it says."""
        if not self.submitted:
            self.submitted = True
            self.heard = time.monotonic()
            self._emit("submitted")

    def feed(self, kind: str, data: Mapping[str, object]) -> None:
        """Takes one WebSocket message about this prompt; a strange one changes nothing."""
        self.accept()
        self.heard = time.monotonic()
        node = data.get("node")
        if kind == "progress_state":
            self._states(data.get("nodes"))
        elif kind == "progress" and isinstance(node, str):
            self._step(node, data.get("value"), data.get("max"))
        elif kind == "executing" and isinstance(node, str):
            self._start(node)
        elif kind == "executed" and isinstance(node, str):
            self._emit("files", node, assets=read_files(node, data.get("output")))
        elif kind == "execution_start":
            self._emit("started")
        elif kind == "execution_cached":
            self._cached(data.get("nodes"))
        elif kind in _ENDINGS:
            self._end(kind, data)
        elif kind == "executing" and node is None:
            self._woken.set()

    def vanish(self) -> None:
        """ComfyUI's queue was asked and no longer has the prompt."""
        self.gone = True
        self._woken.set()

    def fail(self, failure: BaseException) -> None:
        """Ends the wait with ``failure``."""
        self._failure = failure
        self._woken.set()

    def doubt(self) -> None:
        """Forgets what messages said: only ComfyUI's queue can end the wait now."""
        self.client_id = ""
        self.gone = False
        self._woken.clear()
        if self._last_word is not None:
            self._last_word.cancel()
            self._last_word = None

    async def wait(self) -> None:
        """Waits until the prompt seems to have ended.

        Raises:
            ComfyUIUnavailable: ComfyUI stayed away for too long.
        """
        await self._woken.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def waiting(self) -> bool:
        """Accepted, and nothing has yet ended the wait."""
        return self.submitted and not self._woken.is_set()

    def finish(self) -> None:
        """The result is known to be good."""
        self._fraction = 1.0
        self._emit("finished")

    def node_runs(
        self, cached: frozenset[str], *, open_as: str | None = None
    ) -> tuple[NodeRun, ...]:
        """Every node seen, in the order of their start; the open ones end now as ``open_as``."""
        self._cached(list(cached), quietly=True)
        for node_id in list(self._started):
            self._finish(node_id, error=open_as, quietly=True)
        return tuple(sorted(self._runs.values(), key=lambda run: run.started))

    def _end(self, kind: str, data: Mapping[str, object]) -> None:
        if kind == "execution_error" and isinstance(failed := data.get("node_id"), str):
            self._finish(failed, error=str(data.get("exception_type") or "error"))
        # ComfyUI says that a prompt ended, writes its history, and then says that no node of it
        # executes. Who reads the history at the first of these mostly comes too early.
        if self._last_word is None:
            loop = asyncio.get_running_loop()
            self._last_word = loop.call_later(_LAST_WORD_SECONDS, self._woken.set)

    def _states(self, nodes: object) -> None:
        for node_id, state in nodes.items() if isinstance(nodes, dict) else ():
            if not isinstance(state, dict) or node_id in self._runs:
                continue
            phase = state.get("state")
            if phase == "running":
                self._start(node_id)
            elif phase == "finished":
                self._finish(node_id)

    def _step(self, node_id: str, value: object, maximum: object) -> None:
        if (
            not isinstance(value, int | float)
            or not isinstance(maximum, int | float)
            or maximum <= 0
        ):
            return
        steps = (node_id, float(value), float(maximum))
        if node_id not in self._runs and steps != self._steps:
            self._steps = steps
            self._emit("node_progress", node_id, steps[1], steps[2])

    def _start(self, node_id: str) -> None:
        if node_id not in self._started and node_id not in self._runs:
            self._started[node_id] = _now()
            self._emit("node_started", node_id)

    def _finish(self, node_id: str, *, error: str | None = None, quietly: bool = False) -> None:
        now = _now()
        known = self._runs.get(node_id)
        started = known.started if known is not None else self._started.pop(node_id, now)
        self._runs[node_id] = NodeRun(node_id, self._class_of(node_id), started, now, error=error)
        if known is None and not quietly:
            self._emit("node_finished", node_id)

    def _cached(self, nodes: object, *, quietly: bool = False) -> None:
        if not isinstance(nodes, list):
            return
        now = _now()
        for node_id in nodes:
            if isinstance(node_id, str) and node_id not in self._runs and node_id in self.graph:
                self._runs[node_id] = NodeRun(
                    node_id, self._class_of(node_id), now, now, cached=True
                )
                if not quietly:
                    self._emit("cached", node_id)

    def _class_of(self, node_id: str) -> str | None:
        node = self.graph.get(node_id)
        class_type = node.get("class_type") if node is not None else None
        return class_type if isinstance(class_type, str) else None

    def _emit(
        self,
        kind: EventKind,
        node_id: str | None = None,
        value: float | None = None,
        maximum: float | None = None,
        assets: tuple[Asset, ...] = (),
    ) -> None:
        done = float(sum(1 for run in self._runs if run in self.graph))
        if self._steps is not None and self._steps[0] in self._started:
            done += min(1.0, self._steps[1] / self._steps[2])
        self._fraction = max(self._fraction, min(1.0, done / len(self.graph)))
        class_type = self._class_of(node_id) if node_id is not None else None
        event = ExecutionEvent(
            kind, self.prompt_id, self._fraction, node_id, class_type, value, maximum, assets
        )
        try:
            self._on_event(event)
        except Exception as error:
            self.fail(error)


def _now() -> datetime:
    return datetime.now(UTC)
