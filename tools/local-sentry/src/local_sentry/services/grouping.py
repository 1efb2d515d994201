"""Decides which events are the same issue.

In this order, as Sentry does: the fingerprint the client set, the in-app stack frames, type and
value of the exception or the message with its variable parts taken out.
"""

import hashlib
import re
from collections.abc import Iterable

from local_sentry.protocol.lenient_json import JsonObject, as_list, as_object, as_text
from local_sentry.services.parameterization import parameterize
from local_sentry.services.stacktrace import (
    ExceptionValue,
    Frame,
    relevant_frame,
    thread_frames,
)
from local_sentry.services.titles import message_of

_VARIABLE = re.compile(r"\{\{\s*([a-zA-Z][\w.]*)\s*\}\}")
_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")
# What bundlers put into file names: it changes with every build.
_BUILD_HASH = re.compile(r"(?=[0-9a-z_]*\d)(?=[0-9a-z_]*[a-z])[0-9a-z_]{8,}(?=[.\-/]|$)")
_ANONYMOUS = {"", "?", "<anonymous>", "<unknown>", "anonymous", "<lambda>", "lambda"}


def group_hash(event: JsonObject, chain: tuple[ExceptionValue, ...], tags: dict[str, str]) -> bytes:
    """The 16 bytes that all events of an issue have in common. `chain` is its exceptions."""
    fingerprint = [as_text(part, 1024) for part in as_list(event.get("fingerprint"))[:64]]
    fingerprint = [part for part in fingerprint if part]
    parts: list[str] = []
    if not fingerprint:
        parts = default_components(event, chain)
    for part in fingerprint:
        if _DEFAULT.fullmatch(part.strip()):
            parts += ["default", *default_components(event, chain)]
        else:
            parts.append(_VARIABLE.sub(lambda match: _variable(match[1], event, chain, tags), part))
    return hash_of(parts)


def hash_of(parts: Iterable[str]) -> bytes:
    """The 16 bytes that stand for what describes a group."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode("utf-8", "replace") + b"\0")
    return digest.digest()


def default_components(event: JsonObject, chain: tuple[ExceptionValue, ...]) -> list[str]:
    """What describes the event's group when the client has not said it, most telling part last."""
    if chain:
        return [part for value in chain for part in _exception_components(value)]
    template, _ = message_of(event)
    if template:
        return ["message", parameterize(template)]
    if frames := thread_frames(event):
        return ["stack", *_frame_components(frames)]
    return ["unlabeled", as_text(event.get("transaction"))]


def _exception_components(value: ExceptionValue) -> list[str]:
    components = ["exception", value.type]
    frames = _frame_components(value.frames)
    return components + (frames or [parameterize(value.value)])


def _frame_components(frames: tuple[Frame, ...]) -> list[str]:
    in_app = [frame for frame in frames if frame.in_app]
    described = (_describe(frame) for frame in in_app or frames)
    return list(_without_repetition(part for part in described if part))


def _without_repetition(parts: Iterable[str]) -> Iterable[str]:
    previous = None
    for part in parts:
        if part != previous:  # Recursion to another depth is the same error.
            yield part
        previous = part


def _describe(frame: Frame) -> str:
    where = frame.module or _BUILD_HASH.sub("<hash>", frame.filename.split("?", 1)[0].lower())
    function = frame.function.rsplit("/", 1)[-1]
    what = frame.context_line.strip() if function in _ANONYMOUS else function
    return f"{where}|{what}" if where or what else ""


def _variable(
    name: str, event: JsonObject, chain: tuple[ExceptionValue, ...], tags: dict[str, str]
) -> str:
    frame = relevant_frame(chain[-1].frames if chain else thread_frames(event))
    if name.startswith("tags."):
        return tags.get(name[5:], "<no-value-for-tag>")
    match name:
        case "error.type" | "type":
            return chain[-1].type if chain else "<no-type>"
        case "error.value" | "value":
            return chain[-1].value if chain else "<no-value>"
        case "message":
            return message_of(event)[1]
        case "transaction" | "level" | "logger":
            return as_text(event.get(name)) or f"<no-{name}>"
        case "function" | "stack.function":
            return frame.function if frame is not None else "<no-function>"
        case "module" | "stack.module":
            return frame.module if frame is not None else "<no-module>"
        case "package" | "stack.package":
            return as_text(as_object(event.get("sdk")).get("name")) or "<no-package>"
    return f"{{{{ {name} }}}}"
