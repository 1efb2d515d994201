"""Recordings of a real ComfyUI 0.3.75: what was sent to it, and every word it answered."""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "fixtures" / "comfyui"

Json = dict[str, object]


@dataclass(frozen=True)
class Answer:
    """One recorded answer of its HTTP side."""

    status: int
    media: str
    body: object

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Recording:
    """One prompt from its submission to its end.

    Attributes:
        messages: All that the WebSocket said, in order; binary ones as a summary.
        entry: What the history kept of it; None when it never ran.
    """

    name: str
    graph: dict[str, Json]
    prompt_id: str
    client_id: str
    submitted: Answer
    messages: tuple[Json, ...]
    entry: Json | None
    end: str

    @property
    def outputs(self) -> set[tuple[str, str, str, str]]:
        """Node, file name, subfolder and type of every file it made."""
        assert self.entry is not None
        return {
            (node_id, str(file["filename"]), str(file["subfolder"]), str(file["type"]))
            for node_id, output in as_object(self.entry["outputs"]).items()
            for files in as_object(output).values()
            if isinstance(files, list)
            for file in files
            if isinstance(file, dict)
        }

    @property
    def targets(self) -> list[object]:
        """The output nodes that ComfyUI meant to run."""
        assert self.entry is not None
        prompt = self.entry["prompt"]
        assert isinstance(prompt, list)
        targets: list[object] = prompt[4]
        return targets


def as_object(value: object) -> Json:
    """The value, which is a JSON object."""
    assert isinstance(value, dict)
    return value


@cache
def document(name: str) -> Json:
    """A recording as it lies on the disk."""
    return as_object(json.loads((_FOLDER / f"{name}.json").read_bytes()))


def answer(recorded: object) -> Answer:
    """A recorded answer."""
    fields = as_object(recorded)
    status = fields["status"]
    assert isinstance(status, int)
    return Answer(status, str(fields.get("content_type") or "text/plain"), fields["body"])


def refusal(name: str) -> Answer:
    """The answer to a malformed submission."""
    recorded = document(name)
    return answer(recorded.get("submit", recorded))


@cache
def recording(name: str) -> Recording:
    """The recording of a prompt."""
    recorded = document(name)
    submit = as_object(recorded["submit"])
    body = as_object(as_object(submit["request"])["body"])
    submitted = answer(submit)
    accepted = as_object(submitted.body) if submitted.status == 200 else {}
    prompt_id = str(accepted.get("prompt_id", ""))
    entry = None
    if "history" in recorded:
        entry = as_object(as_object(as_object(recorded["history"])["body"])[prompt_id])
    messages = recorded["ws"]
    assert isinstance(messages, list)
    graph = as_object(body["prompt"])
    return Recording(
        name=name,
        graph={node_id: as_object(node) for node_id, node in graph.items()},
        prompt_id=prompt_id,
        client_id=str(body.get("client_id", "")),
        submitted=submitted,
        messages=tuple(messages),
        entry=entry,
        end=str(recorded.get("end", "")),
    )


def names(start: str, *, ran: bool) -> list[str]:
    """The recordings of prompts whose name begins so, and that ran (or were refused)."""
    return sorted(
        path.stem
        for path in _FOLDER.glob(f"{start}*.json")
        if "submit" in document(path.stem) and ("history" in document(path.stem)) is ran
    )


def frame(summary: Mapping[str, object]) -> bytes:
    """A binary message as long as the recorded one, with the same head."""
    length = summary["len"]
    assert isinstance(length, int)
    magic = bytes.fromhex(str(summary["image_magic"]))
    if metadata := summary.get("metadata"):
        described = json.dumps(metadata).encode()
        head = struct.pack(">II", 4, len(described)) + described + magic
    else:
        head = bytes.fromhex(str(summary["head_hex"]))
    return head.ljust(length, b"\0")


def renamed(value: object, names: Mapping[str, str]) -> object:
    """The value with some of its strings replaced, keys among them."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    return value


def binaries(messages: tuple[Json, ...]) -> Iterator[Json]:
    """The summaries of the binary messages among all."""
    return (message for message in messages if message.get("binary"))
