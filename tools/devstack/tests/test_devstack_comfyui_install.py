"""A ComfyUI is installed once, whole or not at all."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from filelock import FileLock

from devstack import comfyui
from devstack.comfyui import ComfyUIInstallError, ComfyUINotInstalledError, installation, pins
from devstack.comfyui.torch_source import DRY_RUN
from devstack_processes import eventually, everything_below, is_gone, python


class Notes:
    """A progress that can be read afterwards."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.activities: list[str] = []

    def notice(self, sentence: str) -> None:
        """Keep what was said."""
        self.notices.append(sentence)

    def at(self, fraction: float, activity: str) -> None:
        """Keep what was done."""
        assert 0 <= fraction <= 1
        self.activities.append(activity)


def test_the_cache_is_where_the_person_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    monkeypatch.setenv("KIJKO_CACHE", "/k")
    assert installation.cache_folder() == Path("/k")
    monkeypatch.delenv("KIJKO_CACHE")
    assert installation.cache_folder() == Path("/x/kijko")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert installation.cache_folder() == Path.home() / ".cache/kijko"


def test_everything_but_torch_is_pinned_by_hash() -> None:
    lock = pins.resource(pins.REQUIREMENTS).decode()
    apart = pins.resource(pins.WITHOUT_DEPENDENCIES).decode()
    entries = [line for line in lock.splitlines() if line[:1].isalnum()]
    assert len(entries) == pins.locked_packages() > 40
    assert lock.count("--hash=sha256:") >= len(entries)
    assert not [entry for entry in entries if entry.startswith(("torch", "nvidia", "horde"))]
    assert "://" not in lock
    assert apart.count("--hash=sha256:") == 2
    assert f"torch=={pins.TORCH_VERSION}" in DRY_RUN


async def test_nothing_is_installed_against_the_persons_will(tmp_path: Path) -> None:
    with pytest.raises(ComfyUINotInstalledError, match="COMFYUI_URL"):
        await comfyui.installed(install=False, cache=tmp_path)
    assert not os.listdir(tmp_path)  # noqa: PTH208


async def test_who_comes_second_waits_and_uses_what_the_first_installed(tmp_path: Path) -> None:
    real = await comfyui.installed()
    folder = installation.folder_in(tmp_path)
    folder.parent.mkdir(parents=True)
    notes = Notes()
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        second = asyncio.create_task(comfyui.installed(cache=tmp_path, progress=notes))
        async with asyncio.timeout(30):
            while not notes.notices:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert "waiting" in notes.notices[0]
        folder.symlink_to(real.root)
    found = await second
    assert found.root == folder
    assert found.version == real.version
    assert not notes.activities


async def test_a_folder_without_the_mark_is_not_an_installation(tmp_path: Path) -> None:
    folder = installation.folder_in(tmp_path)
    (folder / "venv" / "bin").mkdir(parents=True)
    (folder / "venv" / "bin" / "python").touch()
    (folder / "installation.json").write_text("")
    with pytest.raises(ComfyUINotInstalledError):
        await comfyui.installed(install=False, cache=tmp_path)


INSTALL = """
import asyncio, sys
from pathlib import Path
from devstack.comfyui import installed
asyncio.run(installed(cache=Path(sys.argv[1])))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_installation_is_no_installation(tmp_path: Path, number: int) -> None:
    cache = tmp_path / "cache"
    folder = installation.folder_in(cache)

    def building() -> list[Path]:
        return list(folder.parent.glob(f".{folder.name}.*/venv/bin/python"))

    with python(
        "-c", INSTALL, cache, stdout=tmp_path / "out", stderr=tmp_path / "err"
    ) as installer:
        assert eventually(lambda: bool(building()))
        below = everything_below(installer.pid)
        assert below
        installer.send_signal(number)
        installer.wait(60)
    assert eventually(lambda: all(is_gone(pid) for pid in below))
    assert installation.find(folder) is None
    if number == signal.SIGINT:
        assert not list(folder.parent.glob(".*"))


async def test_what_an_interrupted_installation_left_is_removed_by_the_next(tmp_path: Path) -> None:
    folder = installation.folder_in(tmp_path)
    left = folder.parent / f".{folder.name}.left"
    left.mkdir(parents=True)
    notes = Notes()
    task = asyncio.create_task(comfyui.installed(cache=tmp_path, progress=notes))
    async with asyncio.timeout(60):
        while not notes.activities:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert not left.exists()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not list(folder.parent.glob(".*"))


async def test_without_an_index_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setattr("devstack.comfyui.torch_source.CPU_INDEX", "http://127.0.0.1:9")
    with pytest.raises(ComfyUIInstallError, match="could not reach its package index"):
        await comfyui.installed(cache=tmp_path, progress=Notes())
    assert installation.find(installation.folder_in(tmp_path)) is None


async def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "comfyui").write_text("a file where the folder should be")
    with pytest.raises(ComfyUIInstallError, match="KIJKO_CACHE"):
        await comfyui.installed(cache=tmp_path, progress=Notes())


async def test_a_full_disk_is_seen_before_anything_is_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pins, "ROOM_NEEDED", 10**18)
    notes = Notes()
    with pytest.raises(ComfyUIInstallError, match=r"needs .* GB .* Free some"):
        await comfyui.installed(cache=tmp_path, progress=notes)
    assert not notes.activities
