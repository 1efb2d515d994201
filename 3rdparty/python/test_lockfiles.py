"""The lockfiles are current with their inputs, and the check would notice if they were not."""

from pathlib import Path

import pytest

from lock import HEADER, RESOLVES, Resolve, digest, problems

ROOT = Path.cwd()


@pytest.mark.parametrize("resolve", RESOLVES, ids=lambda resolve: resolve.name)
def test_lockfile_is_current(resolve: Resolve) -> None:
    assert problems(resolve, ROOT) == []


DEMO = Resolve("demo", "3.11")
LOCKED = "left==1.0 \\\n    --hash=sha256:00\n    # via -r demo.txt\n"


def written(folder: Path, wanted: str, locked: str, *, header: str | None = None) -> list[str]:
    DEMO.input(folder).write_text(wanted)
    first = HEADER + digest(DEMO, wanted) if header is None else header
    DEMO.lockfile(folder).write_text(f"{first}\n{locked}")
    return problems(DEMO, folder)


def test_comments_and_order_do_not_make_a_lockfile_stale(tmp_path: Path) -> None:
    stamp = HEADER + digest(DEMO, "left\nright")
    assert HEADER + digest(DEMO, "# why\nright # because\n\nleft\n") == stamp
    assert written(tmp_path, "left\n", LOCKED) == []


@pytest.mark.parametrize(
    ("wanted", "locked", "header", "sentence"),
    [
        ("left>=1", LOCKED, HEADER + "0", "older than"),
        ("left\nright", LOCKED, None, "lacks right"),
        ("left>=2", LOCKED, None, "has left 1.0, not >=2"),
        ("left", LOCKED.replace("--hash=sha256:00", "# nothing"), None, "no hash for left==1.0"),
        ("left", LOCKED + "# from https://index.example\n", None, "names an address"),
    ],
)
def test_a_stale_lockfile_is_named(
    tmp_path: Path, wanted: str, locked: str, header: str | None, sentence: str
) -> None:
    (problem,) = written(tmp_path, wanted, locked, header=header)
    assert sentence in problem


def test_a_missing_lockfile_is_named(tmp_path: Path) -> None:
    assert problems(DEMO, tmp_path) == ["demo.lock is missing."]
