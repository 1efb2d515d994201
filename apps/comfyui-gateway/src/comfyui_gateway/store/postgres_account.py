"""The account that Postgres runs as when we are root, which Postgres refuses to be."""

import os
import pwd
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

NAME = "pgserver"
_PATIENCE = 60.0


class PostgresAccount:
    """Made when it is missing, and let in to what it needs.

    All gateways of a machine share the account and often the programs, so they take turns.
    """

    def __init__(self, lock_folder: Path) -> None:
        """`lock_folder` is one place for the whole machine."""
        self._turn = FileLock(lock_folder / "account.lock", timeout=_PATIENCE)

    def let_in(self, *, folder: Path, programs: Path) -> None:
        """Let the account find what is in `folder`, and read and run `programs`.

        Of the folders above them it may pass through each, and read none.

        Raises:
            OSError: permissions cannot be changed here.
            subprocess.CalledProcessError: the account cannot be made.
            filelock.Timeout: another gateway has been at it for a minute.
        """
        with self._turn:
            self.entry()
            for path in (folder / "any", programs, programs.resolve()):
                for parent in path.parents:
                    _allow(parent, stat.S_IXOTH)
            for path in (programs, *programs.rglob("*")):
                _allow(path, stat.S_IROTH | (stat.S_IXOTH if _may_enter(path) else 0))

    def entry(self) -> pwd.struct_passwd:
        """The account."""
        with suppress(KeyError):
            return pwd.getpwnam(NAME)
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd is None:
            raise OSError(f"it refuses to run as root, and there is no useradd to make {NAME!r}")
        subprocess.run(
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return pwd.getpwnam(NAME)

    def own(self, path: Path) -> None:
        """Give the account a file or folder."""
        entry = self.entry()
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _may_enter(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXUSR)


def _allow(path: Path, wanted: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & wanted != wanted:
        path.chmod(mode | wanted)
