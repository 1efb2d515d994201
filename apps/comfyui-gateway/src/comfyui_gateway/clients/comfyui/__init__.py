"""ComfyUI as the gateway sees it: ``async with ComfyUI(url) as comfyui: await comfyui.run(…)``."""

from comfyui_gateway.clients.comfyui.client import ComfyUI
from comfyui_gateway.clients.comfyui.errors import (
    AssetMissing,
    AssetTooLarge,
    ComfyUIError,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
    ExecutionFailed,
    GraphInvalid,
    Interrupted,
    NodeProblem,
    PromptBusy,
    PromptLost,
    PromptRejected,
    UploadRejected,
)
from comfyui_gateway.clients.comfyui.execution import (
    Asset,
    Execution,
    ExecutionEvent,
    NodeRun,
    SystemStats,
    UploadedInput,
)
from comfyui_gateway.clients.comfyui.files import AssetBody
from comfyui_gateway.clients.comfyui.graph import Graph, check_graph
from comfyui_gateway.clients.comfyui.limits import Limits

__all__ = [
    "Asset",
    "AssetBody",
    "AssetMissing",
    "AssetTooLarge",
    "ComfyUI",
    "ComfyUIError",
    "ComfyUIProtocolError",
    "ComfyUIUnavailable",
    "Execution",
    "ExecutionEvent",
    "ExecutionFailed",
    "Graph",
    "GraphInvalid",
    "Interrupted",
    "Limits",
    "NodeProblem",
    "NodeRun",
    "PromptBusy",
    "PromptLost",
    "PromptRejected",
    "SystemStats",
    "UploadRejected",
    "UploadedInput",
    "check_graph",
]
