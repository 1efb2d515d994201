"""How long and how much the client waits for and takes from ComfyUI."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes; the defaults suit a ComfyUI beside us or in the next rack.

    Attributes:
        connect_seconds: For a TCP connection and its TLS.
        request_seconds: For any answer but a file.
        silence_seconds: For the next bytes of a file, and for the answer to an upload.
        quiet_seconds: After so long without a word about a running prompt, ``/queue`` is asked.
        patience_seconds: How long a running prompt may stay unknown while ComfyUI does not answer.
        cancel_seconds: How long ``cancel`` insists.
        heartbeat_seconds: Between pings on the WebSocket.
        connections: At most this many at once.
        answer_bytes: Of a JSON answer.
        message_bytes: Of one WebSocket message, preview images among them.
        asset_bytes: Of a file read with ``view``.
        slowest_upload: Bytes a second; an upload that takes longer counts as dead.
    """

    connect_seconds: float = 5.0
    request_seconds: float = 30.0
    silence_seconds: float = 60.0
    quiet_seconds: float = 10.0
    patience_seconds: float = 60.0
    cancel_seconds: float = 10.0
    heartbeat_seconds: float = 20.0
    connections: int = 64
    answer_bytes: int = 64 * 1024 * 1024
    message_bytes: int = 64 * 1024 * 1024
    asset_bytes: int = 4 * 1024 * 1024 * 1024
    slowest_upload: int = 256 * 1024
