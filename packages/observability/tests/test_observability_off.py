"""Without a DSN nothing happens, and nothing is loaded for it."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import observability

_PROGRAM = """
import json, sys
from datetime import UTC, datetime
import observability

observability.init("kijko-api")
now = datetime.now(UTC)
with observability.continued_trace({}, name="job", op="x") as span:
    span.set_data("key", 1)
    span.set_status("ok")
with observability.queue_publish("jobs", message_id="1") as headers:
    assert headers == {}
with observability.queue_process("jobs", message_id="1", headers=headers, enqueued_at=now):
    observability.tag_job("1")
with observability.workflow_prepare("w"), observability.comfyui_api_call("GET", "/queue"):
    observability.comfyui_node(
        prompt_id="p", node_id="1", class_type="A", started=now, ended=now
    )
with observability.ffmpeg_process("transcode"):
    pass
assert observability.capture_exception(ValueError()) is None
assert observability.capture_trace() == {}
assert observability.current_trace_id() is None
assert not observability.is_enabled()
observability.flush()
observability.close()
print(json.dumps([name for name in sys.modules if name.split(".")[0] in {"sentry_sdk", "urllib3"}]))
"""


@pytest.mark.parametrize("dsn", [None, "", "http://public@127.0.0.1:9/1"])
def test_the_sdk_is_loaded_only_for_a_dsn(dsn: str | None) -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    if dsn is not None:
        environment["SENTRY_DSN"] = dsn
    program = _PROGRAM if not dsn else "import observability, sys; observability.init('kijko-api');"
    if dsn:
        program += "print('sentry_sdk' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.stderr == ""
    assert finished.stdout.strip() == ("True" if dsn else "[]")


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
def test_errors_pass_through_a_span_that_is_off(error: BaseException) -> None:
    now = datetime.now(UTC)
    with (
        pytest.raises(type(error)) as raised,
        observability.queue_publish("jobs", message_id="1"),
        observability.queue_process("jobs", message_id="1", headers={}, enqueued_at=now),
    ):
        raise error
    assert raised.value is error


def test_headers_belong_to_the_caller() -> None:
    with observability.queue_publish("jobs", message_id="1") as headers:
        headers["mine"] = "yes"
    observability.capture_trace()["mine"] = "yes"
    with observability.queue_publish("jobs", message_id="2") as headers:
        assert headers == {}
    assert observability.capture_trace() == {}
