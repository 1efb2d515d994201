"""Sentry's own program, for what it does best: debug ids, source maps, commits as it finds them.

The token goes to it in the environment, as it wants it, and never on its command line.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from release_cli.errors import ReleaseCliError
from sentry_api import SentrySettings

_PROGRAM = "sentry-cli"
_TIMEOUT = 600.0
_KEPT = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "NO_PROXY",
)


class SentryCliFailed(ReleaseCliError):
    """sentry-cli is not there, failed, or did not come to an end."""

    kind = "sentry-cli-failed"


@dataclass(frozen=True, slots=True)
class SentryCli:
    """The program, with the address and token it works with."""

    settings: SentrySettings

    async def inject(self, folder: Path) -> None:
        """Give every script and its map the same debug id; those that have one keep it."""
        await self._run("sourcemaps", "inject", str(folder))

    async def upload_source_maps(
        self, folders: Sequence[Path], release: str, projects: Sequence[str]
    ) -> None:
        """Upload scripts and maps; what the server has already is not sent again.

        Args:
            folders: where they are.
            release: the whole name.
            projects: slugs of those whose errors they explain.
        """
        chosen = [part for project in projects for part in ("--project", project)]
        where = [str(folder) for folder in folders]
        await self._run("sourcemaps", "upload", "--release", release, *chosen, "--wait", *where)

    async def set_commits_auto(self, release: str, project: str, checkout: Path) -> None:
        """Let it decide which commits a release has: all since the last, of whatever app."""
        await self._run(
            *("releases", "set-commits", release, "--auto", "--ignore-missing"),
            *("--project", project),
            folder=checkout,
        )

    async def _run(self, *arguments: str, folder: Path | None = None) -> str:
        process = await asyncio.create_subprocess_exec(
            program(),
            *arguments,
            cwd=folder,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(_TIMEOUT):
                output, _ = await process.communicate()
        except TimeoutError:
            raise SentryCliFailed(
                f"sentry-cli {' '.join(arguments[:2])} did not end in {_TIMEOUT:.0f} s.",
                f"Look whether {self.settings.url} answers, and run the release again.",
            ) from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        said = output.decode(errors="replace")
        if process.returncode:
            raise SentryCliFailed(
                f"sentry-cli {' '.join(arguments[:2])} failed: {self._complaint(said)}",
                "Put right what it names, and run the release again: it continues here.",
            )
        return said

    def _environment(self) -> dict[str, str]:
        token = self.settings.auth_token
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "SENTRY_URL": self.settings.url,
            "SENTRY_ORG": self.settings.org,
            # It refuses to work without one, also where the server asks for none.
            "SENTRY_AUTH_TOKEN": token.get_secret_value() if token else "none",
            "SENTRY_LOAD_DOTENV": "0",
            "SENTRY_DISABLE_UPDATE_CHECK": "1",
            "SENTRY_NO_PROGRESS_BAR": "1",
            "SENTRY_CLI_NO_TELEMETRY": "1",
            "SENTRY_LOG_LEVEL": "warn",
        }

    def _complaint(self, said: str) -> str:
        token = self.settings.auth_token
        if token is not None:
            said = said.replace(token.get_secret_value(), "[token]")
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith(("error", "caused by"))]
        return " ".join(errors[:2] or lines[-1:] or ["it said nothing."])


def program() -> str:
    """The binary of the wheel: it lies beside the interpreter, or on the PATH.

    Raises:
        SentryCliFailed: there is none.
    """
    for folder in (Path(sys.executable).parent, *(Path(p).parent / "bin" for p in sys.path)):
        if (folder / _PROGRAM).is_file():
            return str(folder / _PROGRAM)
    found = shutil.which(_PROGRAM)
    if found is None:
        raise SentryCliFailed(
            "sentry-cli is not installed.", "Use the packaged release.pex, which has it."
        )
    return found
