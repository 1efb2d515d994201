"""What is wrong in a request is said in one shape, and leaves no job behind."""

from collections.abc import Iterator

import httpx
import psutil
import pytest

from gateway_processes import GatewayProcess, Json, run_gateway

EXECUTE = "/api/workflows/gradient-backdrop/execute"


def _problem(answer: httpx.Response, status: int, kind: str) -> Json:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: Json = answer.json()
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert (problem["status"], answer.status_code) == (status, status)
    assert problem["type"] == f"urn:kijko:problem:{kind}"
    assert str(problem["detail"]).endswith((".", ".`"))
    return problem


@pytest.mark.parametrize(
    ("parameters", "where"),
    [
        ({"width": "640"}, "parameters.width"),
        ({"width": 640.0}, "parameters.width"),
        ({"width": True}, "parameters.width"),
        ({"width": None}, "parameters.width"),
        ({"width": 0}, "parameters.width"),
        ({"width": 65}, "parameters.width"),
        ({"height": 10**30}, "parameters.height"),
        ({"vignette": 1.5}, "parameters.vignette"),
        ({"vignette": "strong"}, "parameters.vignette"),
        ({"top_left": "red"}, "parameters.top_left"),
        ({"top_left": "#ff00zz"}, "parameters.top_left"),
        ({"top_left": "#ffffff\n"}, "parameters.top_left"),
        ({"seed": -1}, "parameters.seed"),
        ({"colour": "#ffffff"}, "parameters.colour"),
        ({"width": {"a": [1]}}, "parameters.width"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(
    lonely_gateway: GatewayProcess, parameters: Json, where: str
) -> None:
    answer = lonely_gateway.client.post(EXECUTE, json={"parameters": parameters})

    problem = _problem(answer, 422, "parameters-invalid")
    assert [error["where"] for error in problem["errors"]] == [where]  # type: ignore[attr-defined]


def test_every_parameter_that_does_not_fit_is_named_at_once(lonely_gateway: GatewayProcess) -> None:
    answer = lonely_gateway.client.post(EXECUTE, json={"parameters": {"width": 1, "nosuch": 2}})

    assert len(_problem(answer, 422, "parameters-invalid")["errors"]) == 2  # type: ignore[arg-type]


def test_an_unknown_workflow_is_no_workflow(lonely_gateway: GatewayProcess) -> None:
    answer = lonely_gateway.client.post("/api/workflows/nosuch/execute", json={})

    assert "GET /api/workflows" in str(_problem(answer, 404, "workflow-unknown")["detail"])


DEEP = b'{"parameters": {"width": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}"


@pytest.mark.parametrize(
    "body",
    [b"not json", b'{"parameters": ', b"\xff\xfe", b"{]", b"\x00", DEEP],
    ids=["words", "half", "no text", "wrong bracket", "zero", "deep"],
)
def test_a_body_that_is_not_json_is_refused(lonely_gateway: GatewayProcess, body: bytes) -> None:
    answer = lonely_gateway.client.post(
        EXECUTE, content=body, headers={"content-type": "application/json"}
    )

    _problem(answer, 400, "body-not-json")


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", "request-invalid"), (b'{"parameters": {"width": NaN}}', "parameters-invalid")],
)
def test_a_body_that_says_nothing_is_refused(
    lonely_gateway: GatewayProcess, body: bytes, kind: str
) -> None:
    answer = lonely_gateway.client.post(
        EXECUTE, content=body, headers={"content-type": "application/json"}
    )

    _problem(answer, 422, kind)


@pytest.mark.parametrize("body", [[], "text", 5, {"parameters": []}, {"params": {}}])
def test_json_of_another_shape_is_refused(lonely_gateway: GatewayProcess, body: object) -> None:
    _problem(lonely_gateway.client.post(EXECUTE, json=body), 422, "request-invalid")


def test_a_body_of_50_megabytes_is_refused_and_the_client_hears_of_it(
    lonely_gateway: GatewayProcess,
) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(800):
            yield b" " * 65536

    headers = {"content-type": "application/json", "content-length": str(50 * 1024 * 1024)}
    answer = lonely_gateway.client.post(EXECUTE, content=body(), headers=headers)

    _problem(answer, 413, "body-too-large")
    assert psutil.Process(lonely_gateway.pid).memory_info().rss < 200 * 1024**2


def test_a_body_of_unknown_length_is_refused_once_it_is_too_long(
    lonely_gateway: GatewayProcess,
) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65536

    answer = lonely_gateway.client.post(
        EXECUTE, content=body(), headers={"content-type": "application/json"}
    )

    _problem(answer, 413, "body-too-large")


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nosuch", 404, "not-found"),
        ("GET", EXECUTE, 405, "method-not-allowed"),
        ("DELETE", "/api/workflows", 405, "method-not-allowed"),
        ("GET", "/api/jobs/not-a-uuid", 422, "request-invalid"),
        ("GET", "/api/jobs/00000000-0000-0000-0000-000000000000", 404, "job-unknown"),
        ("POST", "/api/jobs/00000000-0000-0000-0000-000000000000/cancel", 404, "job-unknown"),
        ("GET", "/api/jobs/00000000-0000-0000-0000-000000000000/events", 404, "job-unknown"),
        ("GET", "/api/jobs/00000000-0000-0000-0000-000000000000/outputs/a", 404, "job-unknown"),
        ("GET", "/api/jobs/00000000-0000-0000-0000-000000000000?wait=-1", 422, "request-invalid"),
        ("GET", "/api/jobs/00000000-0000-0000-0000-000000000000?wait=x", 422, "request-invalid"),
    ],
)
def test_the_frameworks_own_errors_have_the_same_shape(
    lonely_gateway: GatewayProcess, method: str, path: str, status: int, kind: str
) -> None:
    _problem(lonely_gateway.client.request(method, path), status, kind)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ключ"])
def test_a_key_that_is_no_key_is_refused(lonely_gateway: GatewayProcess, key: str) -> None:
    answer = lonely_gateway.client.post(
        EXECUTE, json={}, headers=[(b"idempotency-key", key.encode())]
    )

    _problem(answer, 400, "request-invalid")


@pytest.mark.parametrize(
    "prefer", ["wait", "wait=x", "wait=-1", "wait=99999999", "wait=1.5", "=,;"]
)
def test_a_preference_that_cannot_be_read_is_ignored(
    lonely_gateway: GatewayProcess, prefer: str
) -> None:
    answer = lonely_gateway.client.post(
        "/api/workflows/still/execute", json={}, headers={"prefer": prefer}
    )

    assert answer.status_code == 202


def test_what_was_refused_left_no_job(lonely_gateway: GatewayProcess) -> None:
    listed = run_gateway("jobs", "list", "--json", data=lonely_gateway.data)

    assert '"gradient-backdrop"' not in listed.stdout
    assert listed.returncode == 0


@pytest.mark.parametrize(
    ("workflow", "kind", "named"),
    [
        ("unknown-node", "prompt-rejected", "NoSuchNode"),
        ("refused-value", "prompt-rejected", "width"),
        ("picture-as-video", "video-unreadable", "video"),
    ],
)
def test_what_only_comfyui_or_ffmpeg_can_judge_fails_the_job_with_a_problem(
    gateway: GatewayProcess, workflow: str, kind: str, named: str
) -> None:
    job = gateway.execute(workflow, wait=60)

    assert job["status"] == "failed"
    error = job["error"]
    assert isinstance(error, dict)
    assert error["type"] == f"urn:kijko:problem:{kind}"
    assert named in str(error)
    assert job["outputs"] == []
