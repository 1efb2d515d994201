"""Reads ComfyUI's answers: nothing here trusts a shape it has not looked at."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from comfyui_gateway.clients.comfyui.errors import (
    ComfyUIProtocolError,
    NodeProblem,
    PromptRejected,
)
from comfyui_gateway.clients.comfyui.execution import Asset

_MARKS = re.compile(r"[/\\\x00-\x1f\x7f]")
_KINDS = frozenset({"output", "temp", "input"})
_MEDIA = {
    ".apng": "image/apng",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".exr": "image/x-exr",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".glb": "model/gltf-binary",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".m4a": "audio/mp4",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".txt": "text/plain",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a prompt failed, from an ``execution_error`` message."""

    node_id: str | None
    class_type: str | None
    exception_type: str | None
    reason: str
    traceback: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What ``/history/{id}`` keeps of a prompt that ended.

    ``interrupted_in`` is the node it was stopped in; ``None`` when it was not stopped.
    """

    outputs: tuple[Asset, ...]
    cached: frozenset[str]
    targets: frozenset[str]
    failure: Failure | None
    interrupted_in: str | None


@dataclass(frozen=True, slots=True)
class QueueSnapshot:
    """Prompt ids in ``/queue``, each with the output nodes that will run."""

    running: Mapping[str, frozenset[str]]
    pending: Mapping[str, frozenset[str]]
    copies: Mapping[str, int]

    def __contains__(self, prompt_id: object) -> bool:
        return prompt_id in self.running or prompt_id in self.pending


def media_type(filename: str) -> str:
    """The media type that a file's name promises."""
    return _MEDIA.get(PurePosixPath(filename).suffix.lower(), "application/octet-stream")


def is_plain(name: str) -> bool:
    """Whether ``name`` names a file or folder, and cannot be taken for a path or for a header."""
    return name not in {"", ".", ".."} and not _MARKS.search(name)


def folders(path: str) -> list[str]:
    """The folders of a relative path as ComfyUI writes it, be it on Windows."""
    path = path.replace("\\", "/").strip("/")
    return path.split("/") if path else []


def mapping(value: object, what: str) -> Mapping[str, object]:
    """``value`` as a JSON object.

    Raises:
        ComfyUIProtocolError: It is something else.
    """
    if not isinstance(value, dict):
        raise ComfyUIProtocolError(f"ComfyUI's {what} is not a JSON object.")
    return value


def sequence(value: object, what: str) -> Sequence[object]:
    """``value`` as a JSON array.

    Raises:
        ComfyUIProtocolError: It is something else.
    """
    if not isinstance(value, list):
        raise ComfyUIProtocolError(f"ComfyUI's {what} is not a JSON array.")
    return value


def text_or_none(value: object) -> str | None:
    """``value`` when it is a non-empty string."""
    return value if isinstance(value, str) and value else None


def read_queue(answer: object) -> QueueSnapshot:
    """Reads ``GET /queue``."""
    body = mapping(answer, "queue")
    copies: dict[str, int] = {}

    def ids(key: str) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for item in sequence(body.get(key), f"queue ({key})"):
            fields = sequence(item, f"queue entry ({key})")
            prompt_id = fields[1] if len(fields) > 1 else None
            if not isinstance(prompt_id, str):
                raise ComfyUIProtocolError("An entry of ComfyUI's queue has no prompt id.")
            copies[prompt_id] = copies.get(prompt_id, 0) + 1
            found[prompt_id] = _targets(fields)
        return found

    return QueueSnapshot(running=ids("queue_running"), pending=ids("queue_pending"), copies=copies)


def read_history(answer: object, prompt_id: str) -> HistoryEntry | None:
    """Reads ``GET /history/{prompt_id}``; ``None`` when ComfyUI does not know that prompt (yet)."""
    body = mapping(answer, "history")
    if prompt_id not in body:
        if body:
            raise ComfyUIProtocolError("ComfyUI's history answers for another prompt.")
        return None
    entry = mapping(body[prompt_id], "history entry")
    status = mapping(entry.get("status"), "history status")
    messages = dict(_messages(status))
    cached = messages.get("execution_cached", {}).get("nodes")
    cached_ids = (
        frozenset(str(node) for node in cached) if isinstance(cached, list) else frozenset()
    )
    failure: Failure | None = None
    interrupted_in: str | None = None
    if (stop := messages.get("execution_interrupted")) is not None:
        interrupted_in = str(stop.get("node_id") or "")
    elif (error := messages.get("execution_error")) is not None:
        failure = read_failure(error)
    elif status.get("status_str") != "success":
        failure = Failure(None, None, None, "ComfyUI gave no reason.", ())
    prompt = entry.get("prompt")
    return HistoryEntry(
        outputs=tuple(_assets(mapping(entry.get("outputs"), "history outputs"), cached_ids)),
        cached=cached_ids,
        targets=_targets(prompt) if isinstance(prompt, list) else frozenset(),
        failure=failure,
        interrupted_in=interrupted_in,
    )


def read_files(node_id: str, output: object) -> tuple[Asset, ...]:
    """Reads the ``output`` of an ``executed`` message; nothing where it cannot be read."""
    try:
        return tuple(_assets({node_id: output}, frozenset()))
    except ComfyUIProtocolError:
        return ()


def read_failure(error: Mapping[str, object]) -> Failure:
    """Reads the data of an ``execution_error`` message."""
    lines = error.get("traceback")
    reason = text_or_none(error.get("exception_message"))
    return Failure(
        node_id=text_or_none(error.get("node_id")),
        class_type=text_or_none(error.get("node_type")),
        exception_type=text_or_none(error.get("exception_type")),
        reason=reason.strip() if reason and reason.strip() else "no message",
        traceback=tuple(str(line) for line in lines) if isinstance(lines, list) else (),
    )


def read_rejection(answer: Mapping[str, object]) -> PromptRejected:
    """Reads a 400 of ``POST /prompt``, or the ``node_errors`` beside a 200.

    Raises:
        ComfyUIProtocolError: It does not say what was refused.
    """
    error, node_errors = answer.get("error"), answer.get("node_errors")
    if isinstance(error, str):  # as older ComfyUIs have it
        error = {"message": error}
    error = error if isinstance(error, dict) else {}
    kind = text_or_none(error.get("type")) or ("refused" if error else "partly_invalid")
    problems = tuple(_problems(node_errors if isinstance(node_errors, dict) else {}))
    reason = text_or_none(error.get("message"))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        message = f"ComfyUI refused {problems[0]}{more}."
    elif reason is not None:
        details = text_or_none(error.get("details"))
        message = f"ComfyUI refused the prompt: {reason.rstrip('.')}"
        message += f" ({details})." if details and details != reason else "."
    else:
        raise ComfyUIProtocolError("What answers refused the prompt and does not say why.")
    return PromptRejected(message, kind=kind, problems=problems, partial=not error)


def _problems(node_errors: Mapping[str, object]) -> Iterator[NodeProblem]:
    for node_id, report in node_errors.items():
        report = report if isinstance(report, dict) else {}
        errors = report.get("errors")
        for error in errors if isinstance(errors, list) and errors else [{}]:
            error = error if isinstance(error, dict) else {}
            extra = error.get("extra_info")
            extra = extra if isinstance(extra, dict) else {}
            message = text_or_none(error.get("message")) or "not valid"
            details = text_or_none(error.get("details"))
            input_name = text_or_none(extra.get("input_name"))
            if details and details != input_name:
                message = f"{message}: {details}"
            yield NodeProblem(
                node_id=node_id,
                class_type=text_or_none(report.get("class_type")),
                kind=text_or_none(error.get("type")) or "unknown",
                message=message,
                input_name=input_name,
            )


def _messages(status: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    messages = status.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, list) and len(message) == 2:
            name, data = message
            if isinstance(name, str) and isinstance(data, dict):
                yield name, data


def _targets(fields: Sequence[object]) -> frozenset[str]:
    targets = fields[4] if len(fields) > 4 else None
    return frozenset(str(node) for node in targets) if isinstance(targets, list) else frozenset()


def _assets(outputs: Mapping[str, object], cached: frozenset[str]) -> Iterator[Asset]:
    for node_id, output in outputs.items():
        if not isinstance(output, dict):
            raise ComfyUIProtocolError(f"The output of node {node_id} is not a JSON object.")
        flags = output.get("animated")
        animated = isinstance(flags, list | tuple) and any(flag is True for flag in flags)
        for key, files in output.items():
            for file in files if isinstance(files, list) else ():
                if isinstance(file, dict) and "filename" in file:
                    yield _asset(node_id, file, animated or key == "gifs", node_id in cached)


def _asset(node_id: str, file: Mapping[str, object], animated: bool, cached: bool) -> Asset:
    filename, subfolder = file["filename"], file.get("subfolder", "")
    kind = text_or_none(file.get("type", "output"))
    if not isinstance(filename, str) or not isinstance(subfolder, str) or kind is None:
        raise ComfyUIProtocolError(f"Node {node_id} announces a file that has no usable name.")
    subfolder = "/".join(folders(subfolder))
    if kind not in _KINDS or not all(map(is_plain, [filename, *folders(subfolder)])):
        raise ComfyUIProtocolError(f"Node {node_id} announces a file outside ComfyUI's folders.")
    return Asset(
        node_id=node_id,
        filename=filename,
        subfolder=subfolder,
        kind=kind,
        media=media_type(filename),
        animated=animated,
        cached=cached,
    )
