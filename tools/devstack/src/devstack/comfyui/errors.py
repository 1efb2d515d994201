"""What can go wrong with the managed ComfyUI."""

from devstack.errors import DevstackError


class ComfyUINotInstalledError(DevstackError):
    """There is no managed ComfyUI here, and the caller does not want one installed."""


class ComfyUIInstallError(DevstackError):
    """The managed ComfyUI could not be installed."""
