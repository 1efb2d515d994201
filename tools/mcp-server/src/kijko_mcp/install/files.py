"""Writes a settings file so that it is whole at every moment, and the old one is kept."""

import os
import shutil
import tempfile
from pathlib import Path

from kijko_mcp.errors import Trouble

_LARGEST = 4 * 1024 * 1024


class CannotWrite(Trouble):
    """A settings file cannot be read or written."""


def read(file: Path) -> str:
    """What a file holds; a file that is not there holds nothing.

    Raises:
        CannotWrite: it is not readable text.
    """
    try:
        if file.stat().st_size > _LARGEST:
            raise CannotWrite(f"{file} is too large for settings.", "Look at what it is.")
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CannotWrite(
            f"{file} cannot be read ({type(error).__name__}).", "Make it readable UTF-8 text."
        ) from None


def replace(file: Path, old: str, new: str) -> Path | None:
    """Puts ``new`` in the place of ``old``; returns where the old one is kept, if there was one.

    A symbolic link stays one: what it points to is written.

    Raises:
        CannotWrite: the folder or file is not writable, or it changed since it was read.
    """
    target = file.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if read(target) != old:
            raise CannotWrite(f"{file} changed meanwhile.", "Run the command again.")
        backup = _kept(target) if target.exists() else None
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8", newline="") as written:
                written.write(new)
                written.flush()
                os.fsync(written.fileno())
            if backup is not None:
                shutil.copymode(target, name)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CannotWrite(
            f"{file} cannot be written ({type(error).__name__}).",
            "Make it and its folder writable.",
        ) from None
    return backup


def _kept(file: Path) -> Path:
    """A copy beside the file, under a name that is free."""
    number = 0
    while True:
        number += 1
        backup = file.with_name(f"{file.name}.before-kijko.{number}")
        try:
            with backup.open("xb") as copy, file.open("rb") as original:
                shutil.copyfileobj(original, copy)
        except FileExistsError:
            continue
        shutil.copymode(file, backup)
        return backup
