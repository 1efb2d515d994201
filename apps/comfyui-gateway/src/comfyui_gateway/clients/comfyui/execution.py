"""What a prompt is while it runs and what is left of it afterwards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EventKind = Literal[
    "submitted",
    "started",
    "cached",
    "node_started",
    "node_progress",
    "node_finished",
    "files",
    "finished",
]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that ComfyUI keeps.

    Attributes:
        node_id: The output node that made it.
        filename: Its name, without folders.
        subfolder: Folder below the root of its kind, with forward slashes; empty for none.
        kind: ``output``, ``temp`` or ``input``.
        media: Media type, told from the name.
        animated: ComfyUI called it animated: several frames.
        cached: The node did not run; the file may be an earlier prompt's.
    """

    node_id: str
    filename: str
    subfolder: str
    kind: str
    media: str
    animated: bool = False
    cached: bool = False


@dataclass(frozen=True, slots=True)
class ExecutionEvent:
    """One step of a running prompt, for a person to watch; never the source of a result.

    Attributes:
        kind: What happened.
        prompt_id: The prompt it happened to.
        fraction: Progress of the whole prompt by nodes, 0 to 1, never falling.
        node_id: The node, for the node's own events.
        class_type: The node's class, when the graph names it.
        value: Steps done within the node, for ``node_progress``.
        maximum: Steps of the node in all, for ``node_progress``.
        assets: What the node says that it made, for ``files``; `Execution.outputs` is the truth.
    """

    kind: EventKind
    prompt_id: str
    fraction: float
    node_id: str | None = None
    class_type: str | None = None
    value: float | None = None
    maximum: float | None = None
    assets: tuple[Asset, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeRun:
    """When one node ran, by this machine's clock in UTC, as seen through the WebSocket."""

    node_id: str
    class_type: str | None
    started: datetime
    ended: datetime
    cached: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """A prompt that succeeded.

    ``nodes`` may lack nodes that ran while the WebSocket was down; ``outputs`` comes from
    ComfyUI's history and is whole.
    """

    prompt_id: str
    outputs: tuple[Asset, ...]
    nodes: tuple[NodeRun, ...]


@dataclass(frozen=True, slots=True)
class UploadedInput:
    """A file now in ComfyUI's input folder; ``reference`` is what LoadImage takes."""

    filename: str
    subfolder: str

    @property
    def reference(self) -> str:
        """The name to put into a graph."""
        return f"{self.subfolder}/{self.filename}" if self.subfolder else self.filename


class SystemInfo(BaseModel):
    """The part of ``system`` in ``GET /system_stats`` that the gateway reads."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    comfyui_version: str = "unknown"
    python_version: str = "unknown"
    pytorch_version: str = "unknown"
    os: str = "unknown"
    ram_total: int | None = None
    ram_free: int | None = None


class Device(BaseModel):
    """One entry of ``devices`` in ``GET /system_stats``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    type: str
    vram_total: int | None = None
    vram_free: int | None = None


class SystemStats(BaseModel):
    """``GET /system_stats``: what ComfyUI says about itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    system: SystemInfo
    devices: tuple[Device, ...] = Field(default=())
