"""Where managed ComfyUIs are kept, and what one consists of."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from devstack.comfyui.pins import fingerprint, wheel_root

_MARK = "installation.json"


@dataclass(frozen=True)
class Installation:
    """A ComfyUI that is completely installed and has been seen to start.

    Attributes:
        root: The folder that holds all of it.
        version: ComfyUI's version.
        torch: The version of torch in it.
    """

    root: Path
    version: str
    torch: str

    @property
    def python(self) -> Path:
        """The interpreter that has what ComfyUI needs."""
        return self.root / "venv" / "bin" / "python"

    @property
    def source(self) -> Path:
        """The folder with `main.py`."""
        return self.root / wheel_root()

    @property
    def stand_ins(self) -> Path:
        """A folder for PYTHONPATH."""
        return self.root / "stand-ins"

    @property
    def front_end(self) -> Path:
        """A folder with an index page."""
        return self.root / "front-end"


class _Mark(BaseModel):
    version: str
    torch: str


def cache_folder() -> Path:
    """Return where this user's downloads for Kijko are kept: KIJKO_CACHE, else as XDG says."""
    if chosen := os.environ.get("KIJKO_CACHE"):
        return Path(chosen).expanduser().absolute()
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base).expanduser().absolute() / "kijko"
    return Path.home() / ".cache" / "kijko"


def folder_in(cache: Path) -> Path:
    """Return the folder of the installation that this version of the code wants."""
    return cache / "comfyui" / fingerprint()


def find(folder: Path) -> Installation | None:
    """Return the installation in a folder, or None where there is no finished one."""
    try:
        mark = _Mark.model_validate_json((folder / _MARK).read_bytes())
    except (OSError, ValidationError):
        return None
    found = Installation(folder, mark.version, mark.torch)
    return found if found.python.exists() and (found.source / "main.py").exists() else None


def mark_finished(installation: Installation) -> None:
    """Write the mark without which a folder is not an installation."""
    mark = _Mark(version=installation.version, torch=installation.torch)
    (installation.root / _MARK).write_text(mark.model_dump_json() + "\n")
