"""What the gateway's tests share: one real ComfyUI a run, one gateway a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_comfyui_server import ComfyUIServer, find_comfyui
from gateway_processes import GatewayProcess
from gateway_templates import write_workflow


@pytest.fixture(scope="session")
def comfyui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyUIServer]:
    """A real ComfyUI that nobody may kill."""
    with ComfyUIServer(find_comfyui(), tmp_path_factory.mktemp("comfyui")) as server:
        yield server


@pytest.fixture(scope="session")
def workflow_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Workflows that only tests want."""
    folder = tmp_path_factory.mktemp("workflows")
    still: dict[str, object] = {
        "1": _node("EmptyImage", width=64, height=64, batch_size=1, color=0),
        "2": _node("SaveImage", images=["1", 0], filename_prefix="still"),
    }
    colour = {"type": "integer", "default": 0, "minimum": 0, "maximum": 0xFFFFFF}
    write_workflow(
        folder / "still",
        still,
        parameters={"color": colour},
        bindings={"color": [{"node": "1", "input": "color"}]},
        outputs=["2"],
    )
    # Steps of half a second: ComfyUI stops a prompt between nodes.
    slow: dict[str, object] = {
        "1": _node("EmptyImage", width=512, height=512, batch_size=1, color=0)
    }
    for number in range(2, 10):
        slow[str(number)] = _node(
            "ImageBlur", image=[str(number - 1), 0], blur_radius=31, sigma=5.0
        )
    slow["10"] = _node("SaveImage", images=["9", 0], filename_prefix="slow")
    write_workflow(
        folder / "slow",
        slow,
        parameters={"color": colour},
        bindings={"color": [{"node": "1", "input": "color"}]},
        outputs=["10"],
    )
    write_workflow(folder / "unknown-node", {**still, "1": _node("NoSuchNode")}, outputs=["2"])
    minus = _node("EmptyImage", width=-5, height=64, batch_size=1, color=0)
    write_workflow(folder / "refused-value", {**still, "1": minus}, outputs=["2"])
    not_a_video = {"use": "ffmpeg", "node": "2"}
    write_workflow(folder / "picture-as-video", still, outputs=["2"], steps=[not_a_video])
    return folder


def _node(class_type: str, **inputs: object) -> dict[str, object]:
    return {"class_type": class_type, "inputs": inputs}


@pytest.fixture(scope="module")
def gateway(
    tmp_path_factory: pytest.TempPathFactory, comfyui: ComfyUIServer, workflow_dir: Path
) -> Iterator[GatewayProcess]:
    """A gateway in front of the real ComfyUI."""
    with GatewayProcess(
        tmp_path_factory.mktemp("gateway"),
        comfyui=comfyui.url,
        GATEWAY_WORKFLOW_DIRS=str(workflow_dir),
    ) as process:
        yield process


@pytest.fixture(scope="module")
def lonely_gateway(
    tmp_path_factory: pytest.TempPathFactory, workflow_dir: Path
) -> Iterator[GatewayProcess]:
    """A gateway whose ComfyUI is not there."""
    with GatewayProcess(
        tmp_path_factory.mktemp("lonely"), GATEWAY_WORKFLOW_DIRS=str(workflow_dir)
    ) as process:
        yield process
