"""How any Python part of Kijko talks to Sentry: set up once, traced everywhere, nothing private.

Without a DSN every function here does nothing and the SDK is not even imported.
"""

from observability._contract import Span
from observability._face import (
    capture_exception,
    capture_trace,
    close,
    comfyui_api_call,
    comfyui_node,
    continued_trace,
    current_trace_id,
    ffmpeg_process,
    flush,
    init,
    is_enabled,
    queue_process,
    queue_publish,
    tag_job,
    workflow_prepare,
)
from observability._scrub.text import scrub_text
from observability.errors import ObservabilityError, ReleaseError, SettingsError
from observability.release import Release, stamped_release
from observability.settings import ObservabilitySettings

__all__ = [
    "ObservabilityError",
    "ObservabilitySettings",
    "Release",
    "ReleaseError",
    "SettingsError",
    "Span",
    "capture_exception",
    "capture_trace",
    "close",
    "comfyui_api_call",
    "comfyui_node",
    "continued_trace",
    "current_trace_id",
    "ffmpeg_process",
    "flush",
    "init",
    "is_enabled",
    "queue_process",
    "queue_publish",
    "scrub_text",
    "stamped_release",
    "tag_job",
    "workflow_prepare",
]
