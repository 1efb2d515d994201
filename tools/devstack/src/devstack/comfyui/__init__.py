"""A real ComfyUI: installed once into the user's cache, run for as long as a block lasts.

ComfyUI is a program of its own, under its own licence: this package starts it and never imports it.
"""

from devstack.comfyui.errors import ComfyUIInstallError, ComfyUINotInstalledError
from devstack.comfyui.install import installed
from devstack.comfyui.installation import Installation
from devstack.comfyui.process import ComfyUIProcess, running
from devstack.comfyui.progress import InstallProgress, Unseen

__all__ = [
    "ComfyUIInstallError",
    "ComfyUINotInstalledError",
    "ComfyUIProcess",
    "InstallProgress",
    "Installation",
    "Unseen",
    "installed",
    "running",
]
