"""What can go wrong between the gateway and ComfyUI, each with what to do about it."""

from dataclasses import dataclass
from typing import ClassVar

from comfyui_gateway.clients.comfyui.execution import NodeRun


class ComfyUIError(Exception):
    """Something went wrong with ComfyUI; the message is one sentence, ``advice`` another.

    ``retryable`` says whether the same call may succeed later without anybody changing anything.
    """

    retryable: ClassVar[bool] = False
    default_advice: ClassVar[str] = ""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = self.default_advice if advice is None else advice


class GraphInvalid(ComfyUIError):
    """The graph has a shape that ComfyUI cannot judge; nothing was sent."""

    def __init__(self, message: str, *, advice: str, node_id: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.node_id = node_id


@dataclass(frozen=True, slots=True)
class NodeProblem:
    """One reason why ComfyUI refuses a node."""

    node_id: str
    class_type: str | None
    kind: str
    message: str
    input_name: str | None

    def __str__(self) -> str:
        name = (
            f"node {self.node_id} ({self.class_type})"
            if self.class_type
            else f"node {self.node_id}"
        )
        where = f"{name}, input {self.input_name!r}" if self.input_name else name
        return f"{where}: {self.message}"


class PromptRejected(ComfyUIError):
    """ComfyUI refused the graph, or part of it; nothing of it will run."""

    default_advice = "Correct the nodes named here; their allowed values are in /object_info."

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        problems: tuple[NodeProblem, ...] = (),
        partial: bool = False,
        advice: str | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.kind = kind
        self.problems = problems
        self.partial = partial


class ExecutionFailed(ComfyUIError):
    """A node raised. ``traceback`` holds the server's own paths: log it, do not show it."""

    default_advice = "Change the inputs of this node, or look at ComfyUI's log for the cause."

    def __init__(
        self,
        *,
        node_id: str | None,
        class_type: str | None,
        exception_type: str | None,
        reason: str,
        traceback: tuple[str, ...] = (),
        nodes: tuple[NodeRun, ...] = (),
    ) -> None:
        where = f"Node {node_id} ({class_type})" if node_id is not None else "The prompt"
        what = f"{exception_type}: {reason}" if exception_type else reason
        super().__init__(f"{where} failed: {what}")
        self.node_id = node_id
        self.class_type = class_type
        self.exception_type = exception_type
        self.reason = reason
        self.traceback = traceback
        self.nodes = nodes


class Interrupted(ComfyUIError):
    """The prompt was stopped; ``requested`` says whether this client asked for it."""

    default_advice = "Run it again if it was not meant to stop."

    def __init__(
        self, *, node_id: str | None, requested: bool, nodes: tuple[NodeRun, ...] = ()
    ) -> None:
        where = f" in node {node_id}" if node_id else " before it began"
        super().__init__(f"The prompt was stopped{where}.")
        self.node_id = node_id
        self.requested = requested
        self.nodes = nodes


class PromptLost(ComfyUIError):
    """ComfyUI no longer knows an accepted prompt, as after its restart."""

    retryable = True
    default_advice = "Submit it again."


class PromptBusy(ComfyUIError):
    """This client is already following that prompt id."""

    default_advice = "Wait for the first call; a prompt id is used once."


class ComfyUIUnavailable(ComfyUIError):
    """ComfyUI does not answer."""

    retryable = True
    default_advice = "Check that ComfyUI runs and that COMFYUI_URL names it."


class ComfyUIProtocolError(ComfyUIError):
    """What answers is not ComfyUI as we know it."""

    retryable = True
    default_advice = "Check that COMFYUI_URL names a ComfyUI (0.3.45 or newer), not something else."


class AssetMissing(ComfyUIError):
    """ComfyUI no longer has a file that it announced."""

    default_advice = "Run the prompt again; somebody may have emptied ComfyUI's output folder."


class AssetTooLarge(ComfyUIError):
    """A file is larger than allowed, in bytes; the rest of it was not read."""

    default_advice = "Make the output smaller or raise the limit."


class UploadRejected(ComfyUIError):
    """ComfyUI did not take an input file."""

    default_advice = "Choose a plain file name and a smaller file."
