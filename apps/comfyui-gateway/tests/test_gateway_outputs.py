"""Finished files over HTTP."""

import hashlib
from pathlib import Path

import pytest

from gateway_processes import GatewayProcess


@pytest.fixture(scope="module")
def output(gateway: GatewayProcess) -> dict[str, object]:
    job = gateway.execute("still", {"color": 0x336699}, wait=30)
    outputs = job["outputs"]
    assert isinstance(outputs, list)
    found: dict[str, object] = outputs[0]
    return found


def test_a_file_is_what_its_document_says(
    gateway: GatewayProcess, output: dict[str, object]
) -> None:
    answer = gateway.client.get(str(output["url"]))

    assert hashlib.sha256(answer.content).hexdigest() == output["sha256"]
    assert answer.headers["etag"] == f'"{output["sha256"]}"'
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith('inline; filename="still_')
    assert "immutable" in answer.headers["cache-control"]


def test_a_file_that_the_client_has_is_not_sent_again(
    gateway: GatewayProcess, output: dict[str, object]
) -> None:
    same = {"if-none-match": f'"other", W/"{output["sha256"]}"'}
    other = {"if-none-match": '"other"'}

    assert gateway.client.get(str(output["url"]), headers=same).status_code == 304
    assert gateway.client.get(str(output["url"]), headers=other).status_code == 200


def test_a_part_of_a_file_is_sent_on_request(
    gateway: GatewayProcess, output: dict[str, object]
) -> None:
    whole = gateway.client.get(str(output["url"])).content
    part = gateway.client.get(str(output["url"]), headers={"range": "bytes=1-3"})
    end = gateway.client.get(str(output["url"]), headers={"range": "bytes=-4"})
    beyond = gateway.client.get(str(output["url"]), headers={"range": "bytes=99999999-"})

    assert (part.status_code, part.content) == (206, b"PNG")
    assert part.headers["content-range"] == f"bytes 1-3/{len(whole)}"
    assert end.content == whole[-4:]
    assert beyond.status_code == 416


def test_a_range_of_an_older_file_gets_the_whole(
    gateway: GatewayProcess, output: dict[str, object]
) -> None:
    headers = {"range": "bytes=1-3", "if-range": '"another"'}

    assert gateway.client.get(str(output["url"]), headers=headers).status_code == 200


def test_the_head_of_a_file_has_its_length(
    gateway: GatewayProcess, output: dict[str, object]
) -> None:
    answer = gateway.client.head(str(output["url"]))

    assert answer.content == b""
    assert answer.headers["content-length"] == str(output["bytes"])


def test_a_file_can_be_asked_for_as_a_download(
    gateway: GatewayProcess, output: dict[str, object]
) -> None:
    answer = gateway.client.get(str(output["url"]), params={"download": "true"})

    assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize("name", ["nosuch.png", "..%2Fjobs", "%2e%2e", "..%5C..%5Cx", "a%00b"])
def test_only_the_jobs_own_names_are_served(
    gateway: GatewayProcess, output: dict[str, object], name: str
) -> None:
    folder = str(output["url"]).rsplit("/", 1)[0]
    answer = gateway.client.get(f"{folder}/{name}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_that_somebody_deleted_is_gone_not_broken(gateway: GatewayProcess) -> None:
    job = gateway.execute("still", {"color": 5}, wait=30)
    outputs = job["outputs"]
    assert isinstance(outputs, list)
    for file in Path(gateway.data, "outputs", str(job["id"])).rglob("*.png"):
        file.unlink()

    answer = gateway.client.get(outputs[0]["url"])
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:kijko:problem:output-missing"


def test_the_file_itself_can_be_the_answer(gateway: GatewayProcess) -> None:
    answer = gateway.client.post(
        "/api/workflows/still/execute?answer=output&wait=60", json={"parameters": {"color": 0x1155}}
    )

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    (output,) = gateway.client.get(answer.headers["location"]).json()["outputs"]
    assert hashlib.sha256(answer.content).hexdigest() == output["sha256"]
    assert answer.headers["content-location"] == output["url"]


def test_without_a_file_in_time_the_answer_is_the_job(gateway: GatewayProcess) -> None:
    path = "/api/workflows/still/execute"
    accepted = gateway.client.post(f"{path}?answer=output", json={"parameters": {}})
    wrong = gateway.client.post(f"{path}?answer=song", json={"parameters": {}})

    assert accepted.status_code == 202
    assert accepted.headers["location"] == f"/api/jobs/{accepted.json()['id']}"
    assert wrong.status_code == 422
    assert wrong.headers["content-type"] == "application/problem+json"


def test_a_job_that_fails_is_answered_as_a_job(gateway: GatewayProcess) -> None:
    answer = gateway.client.post(
        "/api/workflows/unknown-node/execute?answer=output&wait=60", json={"parameters": {}}
    )

    assert answer.json()["status"] == "failed"
