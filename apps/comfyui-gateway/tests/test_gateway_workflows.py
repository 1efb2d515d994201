"""Running workflows: what comes out, how it is waited for, and what a key makes of a repetition."""

import io

import av
import httpx
import pytest
from PIL import Image

from gateway_processes import GatewayProcess


def _outputs(job: dict[str, object]) -> list[dict[str, object]]:
    outputs = job["outputs"]
    assert isinstance(outputs, list)
    return outputs


def _fetch(gateway: GatewayProcess, output: dict[str, object]) -> bytes:
    answer = gateway.client.get(str(output["url"]))
    assert answer.status_code == 200
    assert len(answer.content) == output["bytes"]
    return answer.content


def test_the_shipped_image_workflow_makes_the_picture_that_was_asked_for(
    gateway: GatewayProcess,
) -> None:
    colours = {"top_left": "#ff0000", "bottom_right": "#0000ff", "vignette": 0.0, "grain": 0.0}
    job = gateway.execute("gradient-backdrop", {"width": 320, "height": 192, **colours}, wait=60)

    assert job["status"] == "succeeded"
    assert job["progress"] == {"fraction": 1.0, "stage": "done", "detail": ""}
    (output,) = _outputs(job)
    assert output["media_type"] == "image/png"
    with Image.open(io.BytesIO(_fetch(gateway, output))) as picture:
        assert picture.size == (320, 192)
        red, blue = picture.getpixel((2, 2)), picture.getpixel((317, 189))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]


def test_the_shipped_video_workflow_ends_in_a_playable_video_and_a_thumbnail(
    gateway: GatewayProcess,
) -> None:
    job = gateway.execute("gradient-loop", {"width": 128, "height": 64, "loops": 1}, wait=60)

    assert job["status"] == "succeeded", job
    rendered, video, thumbnail = _outputs(job)
    assert [o["media_type"] for o in (rendered, video, thumbnail)] == [
        "video/mp4",
        "video/mp4",
        "image/jpeg",
    ]
    with av.open(io.BytesIO(_fetch(gateway, video)), "r") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 128, 64)
        assert len(list(container.decode(stream))) == 24
    with Image.open(io.BytesIO(_fetch(gateway, thumbnail))) as picture:
        assert picture.format == "JPEG"


def test_workflows_are_listed_with_the_schema_of_their_parameters(gateway: GatewayProcess) -> None:
    listed = gateway.client.get("/api/workflows").json()["workflows"]
    shown = gateway.client.get("/api/workflows/gradient-backdrop").json()

    assert {"gradient-backdrop", "gradient-loop", "still"} <= {w["id"] for w in listed}
    assert shown in listed
    width = shown["parameters"]["properties"]["width"]
    assert (width["type"], width["minimum"], width["multipleOf"], width["default"]) == (
        "integer",
        64,
        8,
        1280,
    )
    assert shown["parameters"]["properties"]["top_left"]["format"] == "color"
    assert shown["parameters"]["additionalProperties"] is False


def test_without_a_wait_the_job_is_accepted_and_found_where_location_says(
    gateway: GatewayProcess,
) -> None:
    answer = gateway.client.post("/api/workflows/still/execute", json={"parameters": {"color": 1}})

    assert answer.status_code == 202
    job_id = answer.json()["id"]
    assert answer.headers["location"] == f"/api/jobs/{job_id}"
    assert gateway.ended(job_id)["status"] == "succeeded"


def test_an_empty_object_runs_a_workflow_with_its_defaults(gateway: GatewayProcess) -> None:
    answer = gateway.client.post(
        "/api/workflows/still/execute", json={}, headers={"prefer": "respond-async, wait=30"}
    )

    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=30"


def test_a_wait_that_is_too_short_gives_the_job_as_it_stands(
    lonely_gateway: GatewayProcess,
) -> None:
    answer = lonely_gateway.client.post(
        "/api/workflows/still/execute", json={}, headers={"prefer": "wait=1"}
    )

    assert answer.status_code == 202
    assert answer.json()["finished_at"] is None


def test_the_same_key_and_request_give_the_same_job(gateway: GatewayProcess) -> None:
    key = {"idempotency-key": "a-first-key"}
    first = gateway.execute("still", {"color": 7}, wait=30, **key)
    again = gateway.client.post(
        "/api/workflows/still/execute", json={"parameters": {"color": 7}}, headers=key
    )

    assert again.json() == first
    assert again.status_code == 200
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_with_another_request_is_refused(gateway: GatewayProcess) -> None:
    key = {"idempotency-key": "a-second-key"}
    gateway.execute("still", {"color": 8}, wait=0, **key)
    other = gateway.client.post(
        "/api/workflows/still/execute", json={"parameters": {"color": 9}}, headers=key
    )

    assert other.status_code == 422
    assert other.json()["type"] == "urn:kijko:problem:idempotency-key-reused"


def test_identical_jobs_keep_their_own_files(gateway: GatewayProcess) -> None:
    one = gateway.execute("still", {"color": 3}, wait=30)
    two = gateway.execute("still", {"color": 3}, wait=30)

    assert one["id"] != two["id"]
    assert _outputs(one)[0]["url"] != _outputs(two)[0]["url"]
    assert _fetch(gateway, _outputs(two)[0])[:4] == b"\x89PNG"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_healthy_gateway_says_so(gateway: GatewayProcess, path: str) -> None:
    answer = gateway.client.get(path)

    assert answer.status_code == 200
    assert answer.json()["status"] in {"ok", "ready"}


def test_a_client_that_goes_away_while_waiting_does_not_stop_its_job(
    gateway: GatewayProcess,
) -> None:
    key = {"idempotency-key": "left-alone"}
    with pytest.raises(httpx.ReadTimeout), httpx.Client(base_url=gateway.url, timeout=0.3) as hasty:
        hasty.post(
            "/api/workflows/slow/execute",
            json={"parameters": {"color": 5}},
            headers={"prefer": "wait=60", **key},
        )
    job = gateway.execute("slow", {"color": 5}, wait=60, **key)

    assert job["status"] == "succeeded"
