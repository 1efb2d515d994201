"""Stands in for torchvision in the managed ComfyUI, where no node that we run needs the real one.

ComfyUI imports torchvision when it starts; installing it would cost a second heavy wheel tied to
the exact build of torch. Copied beside ComfyUI as `torchvision.py`, never imported here.
"""

import sys
from types import ModuleType


class _Absent(ModuleType):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        message = (
            f"{self.__name__}.{name} is not there: this ComfyUI is installed without torchvision"
        )
        raise AttributeError(message)


for _part in ("transforms", "models", "io", "ops", "utils"):
    sys.modules[f"torchvision.{_part}"] = globals()[_part] = _Absent(f"torchvision.{_part}")
