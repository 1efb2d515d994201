"""Upload one artifact: `python -m sentry.upload SANDBOX PIPE`.

A program of its own, which Pants starts: it takes the secrets, sees that the artifact names the
release that is uploaded, and becomes the release tool.

A folder is put where `./pants package` puts it, and is uploaded from there: the upload writes debug
ids into its scripts and takes their maps away, so only that folder is the one to deploy.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from sentry.handover import take

PLAN = "upload.json"
PROJECTS = "sentry-projects.json"


class NotPackaged(Exception):
    """What was packaged is not where the mapping has it; the message says where that is."""


class WrongStamp(Exception):
    """The artifact names another release, or none; the message says which."""


def check_stamp(artifact: Path, stamp: str, slug: str, release: str) -> None:
    """See that an artifact names its release as the upload does.

    Pants stamps files. Of a folder without a stamp the release tool decides.

    Args:
        artifact: a zip file, as a pex is, or a folder.
        stamp: path of the stamp in it.
        slug: the Sentry project.
        release: its release.

    Raises:
        WrongStamp: it does not.
    """
    if artifact.is_dir() and not (artifact / stamp).exists():
        return
    try:
        if artifact.is_dir():
            content = (artifact / stamp).read_bytes()
        else:
            with zipfile.ZipFile(artifact) as packed:
                content = packed.read(stamp)
        named = json.loads(content)["releases"].get(slug)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        named = None
    if named != release:
        raise WrongStamp(
            f"{artifact.name} names the release {named or 'nothing'}, and {release} is to be "
            "uploaded. Nothing was uploaded; publish again."
        )


def place(folder: Path, target: Path) -> None:
    """Copy a folder to where it is deployed from, in place of what is there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        shutil.copytree(folder, beside / target.name, symlinks=True)
        if target.exists():
            target.rename(beside / "before")
        (beside / target.name).rename(target)
    finally:
        shutil.rmtree(beside)


def main() -> None:
    """Read the plan in the sandbox, and become the release tool, with what the pipe has."""
    sandbox, pipe = Path(sys.argv[1]), sys.argv[2]
    environment = take(pipe)
    plan = json.loads((sandbox / PLAN).read_text())
    artifact = sandbox / plan["artifact"]
    try:
        if not artifact.exists():
            raise NotPackaged(
                f"Packaging made no {plan['artifact']}. "
                "Give the artifact's target that output_path."
            )
        check_stamp(artifact, plan["stamp"], plan["project"], plan["release"])
    except (NotPackaged, WrongStamp) as wrong:
        sys.exit(str(wrong))
    if artifact.is_dir():
        artifact = Path(plan["placed"]).absolute()
        place(sandbox / plan["artifact"], artifact)
        sys.stdout.write(f"Deploy {plan['placed']}: it is what is uploaded.\n")
    command = [one.replace("{chroot}", str(sandbox)) for one in plan["command"]]
    command += ["upload", "--projects", str(sandbox / PROJECTS), "--project", plan["project"]]
    command += ["--release", plan["release"], "--artifact", str(artifact)]
    sys.stdout.flush()
    os.execve(command[0], command, {**environment, **plan["environment"]})  # noqa: S606


if __name__ == "__main__":
    main()
