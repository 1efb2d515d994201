"""The command line and the environment with which a managed ComfyUI runs."""

import json
import os
from pathlib import Path

from devstack.comfyui.installation import Installation
from devstack.ports import LOOPBACK

_FOLDERS = ("input", "output", "temp", "user", "models", "custom_nodes")


def make_base(folder: Path) -> Path:
    """Make the folders that ComfyUI expects to find in its base directory."""
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder.absolute()


def command_line(
    installation: Installation, base: Path, *, port: int, custom_nodes: Path | None = None
) -> list[str]:
    """Return the command that serves on a port of this machine.

    Args:
        installation: What to run.
        base: The folder for inputs, outputs, models, the user's settings and the database.
        port: Where to listen.
        custom_nodes: One more folder of custom nodes, beside the one in `base`.
    """
    command = [
        *(str(installation.python), "-s", "main.py", "--cpu"),
        *("--listen", LOOPBACK, "--port", str(port)),
        *("--base-directory", str(base)),
        *("--front-end-root", str(installation.front_end)),
        *("--database-url", f"sqlite:///{base / 'comfyui.sqlite'}"),
        *("--disable-api-nodes", "--disable-auto-launch"),
    ]
    if custom_nodes is not None:
        # JSON is YAML that needs no rules about what to quote.
        paths = base / "custom-node-paths.yaml"
        paths.write_text(json.dumps({"kijko": {"custom_nodes": str(custom_nodes.absolute())}}))
        command += ["--extra-model-paths-config", str(paths)]
    return command


def environment(installation: Installation) -> dict[str, str]:
    """Return the environment: ours, without our Python, and with the hub switched off."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {
        "PYTHONPATH": str(installation.stand_ins),
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
        "DO_NOT_TRACK": "1",
    }
