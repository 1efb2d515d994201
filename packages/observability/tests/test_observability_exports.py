"""What this package offers is a promise to the whole workspace."""

import inspect

import observability


def test_the_exported_names_are_these() -> None:
    assert observability.__all__ == [
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


def test_every_exported_name_is_documented() -> None:
    for name in observability.__all__:
        assert inspect.getdoc(getattr(observability, name)), name
