"""What is done of a release, on disk: a run that was cut off continues from here.

Every step may be done twice (the server is asked, or takes the same again as nothing new), so the
journal may be lost, with the machine's power too; it saves the questions.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

Step = Literal["create", "upload", "finalize", "deploy", "tag"]


class _Entry(BaseModel):
    release: str
    steps: dict[str, str] = Field(default_factory=dict)


class Journal:
    """The journal of one release on one server.

    Args:
        folder: where journals are kept.
        server: the server's address and organization; elsewhere nothing is done yet.
        release: the whole name.
    """

    def __init__(self, folder: Path, server: str, release: str) -> None:
        name = re.sub(r"[^A-Za-z0-9@+._-]", "_", f"{server.partition('://')[2]}--{release}")
        self._file = folder / f"{name}.json"
        try:
            self._entry = _Entry.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError):
            self._entry = _Entry(release=release)

    def is_done(self, step: str) -> bool:
        """Whether a step was done; of files that differ from the commit it is never known."""
        return step in self._entry.steps and not self._entry.release.endswith(".dirty")

    def note(self, step: str) -> None:
        """Say that a step is done, before the next begins."""
        self._entry.steps[step] = datetime.now(UTC).isoformat(timespec="seconds")
        self._write()

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(f".{os.getpid()}")
        partial.write_text(self._entry.model_dump_json(indent=1))
        partial.replace(self._file)
