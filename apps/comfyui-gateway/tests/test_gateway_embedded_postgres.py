"""The Postgres that comes with the gateway: shared, found again, stopped, and its refusals told."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway_processes import (
    GatewayProcess,
    is_gone,
    on_a_small_disk,
    postgres_pid,
    run_gateway,
    stop_postgres,
)


def test_processes_that_start_at_once_share_one_and_the_last_stops_it(tmp_path: Path) -> None:
    data = tmp_path / "it's their folder"

    def look(_: int) -> str:
        found = run_gateway("jobs", "list", "--json", data=data)
        return found.stderr or found.stdout

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(look, range(3))) == ["[]\n"] * 3
    assert postgres_pid(data) is None


def test_one_that_was_killed_is_found_by_the_next_gateway(tmp_path: Path) -> None:
    with GatewayProcess(tmp_path / "data") as gateway:
        job_id = gateway.execute("gradient-backdrop")["id"]
        before = postgres_pid(gateway.data)
        gateway.kill()
        gateway.start()

        assert postgres_pid(gateway.data) == before
        assert gateway.job(job_id)["id"] == job_id


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another account")
def test_a_way_there_that_was_closed_to_its_account_keeps_it_neither_up_nor_down(
    tmp_path: Path,
) -> None:
    """As pytest does to the folder above every session's own when another session starts."""
    above = tmp_path / "above"
    with GatewayProcess(above / "data") as gateway:
        postgres = postgres_pid(gateway.data)
        above.chmod(0o700)
        gateway.stop()

        assert postgres is not None
        assert is_gone(postgres)
        gateway.start()
        assert above.stat().st_mode & 0o777 == 0o701


def test_why_it_does_not_start_is_one_sentence_with_the_right_log(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "postgres"
    refused = run_gateway(
        "jobs", "list", data=tmp_path / "data", prefix=on_a_small_disk(folder, "1m")
    )
    stop_postgres(tmp_path / "data")

    assert refused.returncode == 1
    assert "initdb ended with 1: " in refused.stderr
    assert "No space left on device" in refused.stderr
    assert str(folder / "commands.log") in refused.stderr
    assert "Traceback" not in refused.stderr
