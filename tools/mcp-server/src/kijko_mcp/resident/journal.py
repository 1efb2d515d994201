"""Where log lines go: those of a session to its client, the others to a file that stays small."""

import logging
import logging.handlers
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

_LARGEST = 256 * 1024  # bytes; one older file is kept beside it
_FOR_CLIENTS = logging.Formatter("%(levelname)s %(name)s: %(message)s")
_FOR_THE_FILE = logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
_hearer: ContextVar[Callable[[str], None] | None] = ContextVar("hearer", default=None)


def tell(hearer: Callable[[str], None] | None) -> None:
    """Sets who is told what is logged from here on, in this task and those it starts."""
    _hearer.set(hearer)


def keep(file: Path) -> None:
    """Keeps what is logged by this process."""
    logging.basicConfig(handlers=[_Journal(file)], level=logging.WARNING)
    logging.getLogger("kijko_mcp.resident").setLevel(logging.INFO)
    logging.captureWarnings(True)


class _Journal(logging.handlers.RotatingFileHandler):
    def __init__(self, file: Path) -> None:
        super().__init__(file, maxBytes=_LARGEST, backupCount=1, encoding="utf-8")
        self.setFormatter(_FOR_THE_FILE)

    def emit(self, record: logging.LogRecord) -> None:
        hearer = _hearer.get()
        if hearer is None:
            super().emit(record)
        else:
            hearer(_FOR_CLIENTS.format(record))
