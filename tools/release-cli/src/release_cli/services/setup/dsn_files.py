"""DSNs where programs read them: `.env.sentry` in each project's folder, for its owner's eyes only.

A DSN lets anybody send events, so it is in no log, no terminal and no commit.
"""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from release_cli.errors import ReleaseCliError
from release_cli.services.setup.wanted import WantedProject
from sentry_api import SentryClient

NAME = ".env.sentry"
_KEY = "SENTRY_DSN"
_BROWSER_KEY = "NEXT_PUBLIC_SENTRY_DSN"  # what is built into pages; Next.js takes no other name
_MODE = 0o600


class DsnFileUnsafe(ReleaseCliError):
    """A DSN would be written where it could be committed, or not to a file of its own."""

    kind = "dsn-file-unsafe"


class Written(StrEnum):
    """What became of a file."""

    NEW = "written"
    CHANGED = "changed"
    SAME = "as it was"
    NOWHERE = "no folder yet"


@dataclass(frozen=True, slots=True)
class DsnFile:
    """A project's file, and what became of it; `path` is None where it has no folder."""

    project: str
    path: Path | None
    written: Written


async def write_dsns(
    sentry: SentryClient, projects: Sequence[WantedProject], workspace: Path
) -> tuple[DsnFile, ...]:
    """Write each project's DSN into its folder in the workspace, and nothing where it is there.

    Raises:
        DsnFileUnsafe: a file could be committed, is a link, or has no active key to hold.
        SentryApiError: the keys cannot be read.
    """
    found = []
    for project in projects:
        folder = workspace / project.folder if project.folder else None
        if folder is None or not folder.is_dir():
            found.append(DsnFile(project.slug, None, Written.NOWHERE))
            continue
        path = folder / NAME
        _refuse_to_be_committed(path)
        dsn = await _dsn(sentry, project.slug)
        values = {_KEY: dsn}
        if project.platform.startswith("javascript"):
            values[_BROWSER_KEY] = dsn
        found.append(DsnFile(project.slug, path, write_values(path, values)))
    return tuple(found)


async def _dsn(sentry: SentryClient, project: str) -> SecretStr:
    async for key in sentry.projects.keys(project):
        if key.is_active:
            return key.dsn.public
    return (await sentry.projects.create_key(project, "Default")).dsn.public


def _refuse_to_be_committed(path: Path) -> None:
    if path.is_symlink():
        raise DsnFileUnsafe(f"{path} is a link.", "Remove it: the file is written anew.")
    try:
        done = subprocess.run(
            ["git", "-C", str(path.parent), "check-ignore", "--quiet", path.name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return  # where there is no git, nothing is committed
    # 0 is ignored, 1 is not, 128 is no repository.
    if done.returncode == 1:
        raise DsnFileUnsafe(
            f"{path} could be committed by mistake.", f"Add {NAME} to .gitignore, and run again."
        )


def write_values(path: Path, values: dict[str, SecretStr]) -> Written:
    """Set variables in a file, keep its other lines, and close it to everybody else.

    The file is replaced at once: it is never half written, and never open to others in between.
    """
    before = path.read_text(encoding="utf-8") if path.is_file() else None
    lines = (before or "").splitlines()
    others = [line for line in lines if line.partition("=")[0].strip() not in values]
    ours = [f"{name}={value.get_secret_value()}" for name, value in values.items()]
    text = "\n".join([*others, *ours]) + "\n"
    if text == before:
        path.chmod(_MODE)
        return Written.SAME
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # made as 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Written.NEW if before is None else Written.CHANGED
