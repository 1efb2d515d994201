"""Chooses where torch comes from, so that nobody downloads gigabytes of CUDA unawares.

`pip install torch` takes a build for the CPU where one is at hand, and on Linux a build for CUDA
elsewhere, which is ten times as large. Preferred, in this order: a CPU build that pip finds in a
local folder, the CPU index of the PyTorch project, and what pip's own index has.
"""

import asyncio
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from devstack.comfyui.pins import TORCH_VERSION

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_SECONDS_TO_ANSWER = 6.0


@dataclass(frozen=True)
class TorchSource:
    """Where torch is taken from.

    Attributes:
        pip_arguments: What to give to `pip install`.
        description: What that means, for a person: the build and the size of the download.
    """

    pip_arguments: tuple[str, ...]
    description: str


class _Download(BaseModel):
    url: str


class _Choice(BaseModel):
    download_info: _Download


class PipReport(BaseModel):
    """The part read here of what `pip install --dry-run --report` prints."""

    install: list[_Choice]

    def torch_url(self) -> str | None:
        """Return the address of the one wheel that pip would take."""
        return self.install[0].download_info.url if self.install else None


# To be followed by the file for the report.
DRY_RUN = (
    *("install", "--dry-run", "--quiet", "--no-deps", "--ignore-installed"),
    *(f"torch=={TORCH_VERSION}", "--report"),
)


async def choose_torch(pip_would_take: str | None) -> TorchSource:
    """Choose between what pip would take by itself and the PyTorch project's CPU index.

    Args:
        pip_would_take: The address of the wheel that pip finds; None if it finds none.
    """
    requirement = f"torch=={TORCH_VERSION}"
    wheel = urllib.parse.unquote((pip_would_take or "").rpartition("/")[2])
    for_cpu = "+cpu" in wheel or sys.platform == "darwin"
    if pip_would_take and for_cpu:
        what = await asyncio.to_thread(_size, pip_would_take)
        return TorchSource(("--no-deps", requirement), f"{_build(wheel)}, {what}")
    if await asyncio.to_thread(_answers, f"{CPU_INDEX}/torch/"):
        return TorchSource(
            ("--no-deps", "--index-url", CPU_INDEX, requirement),
            f"torch {TORCH_VERSION} for the CPU, about 200 MB to download from PyTorch's own index",
        )
    # A CUDA build does not load without the libraries it names, so these come too.
    return TorchSource(
        (requirement,),
        f"torch {TORCH_VERSION} as pip's index has it: on Linux that is the CUDA build, several "
        "GB with its libraries, because the CPU index of PyTorch does not answer",
    )


def _build(wheel: str) -> str:
    return f"torch {wheel.split('-')[1]}" if "-" in wheel else "torch"


def _size(url: str) -> str:
    if url.startswith("file:"):
        path = Path(urllib.request.url2pathname(urllib.parse.urlsplit(url).path))
        return f"{path.stat().st_size / 1e6:.0f} MB, from a folder of this machine"
    length = _content_length(url)
    return f"{length / 1e6:.0f} MB to download" if length else "to download"


def _content_length(url: str) -> int:
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - pip's own index
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS_TO_ANSWER) as answer:  # noqa: S310
            return int(answer.headers.get("content-length", 0))
    except (OSError, ValueError):
        return 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS_TO_ANSWER) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False
