"""Nobody downloads a CUDA build of torch without being told."""

from pathlib import Path

import pytest

from devstack.comfyui import torch_source
from devstack.comfyui.torch_source import PipReport, choose_torch

UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _cpu_index_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_source, "CPU_INDEX", UNREACHABLE)


async def test_a_cpu_build_in_a_local_folder_is_taken(tmp_path: Path) -> None:
    wheel = tmp_path / "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl"
    wheel.write_bytes(bytes(3_000_000))
    source = await choose_torch(wheel.as_uri())
    assert "--no-deps" in source.pip_arguments
    assert source.description == "torch 2.13.0+cpu, 3 MB, from a folder of this machine"


@pytest.mark.skipif("sys.platform == 'darwin'", reason="torch has no CUDA build there")
@pytest.mark.parametrize("found", [None, "https://index/torch-2.13.0-cp311-manylinux_x86_64.whl"])
async def test_a_cuda_build_comes_with_its_libraries_and_a_warning(found: str | None) -> None:
    source = await choose_torch(found)
    assert "--no-deps" not in source.pip_arguments
    assert "CUDA build, several GB" in source.description


def test_the_report_of_pip_names_the_wheel() -> None:
    report = '{"version": "1", "install": [{"download_info": {"url": "file:///w.whl", "x": 1}}]}'
    assert PipReport.model_validate_json(report).torch_url() == "file:///w.whl"
    assert PipReport.model_validate_json('{"install": []}').torch_url() is None
