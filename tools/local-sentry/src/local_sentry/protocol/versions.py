"""Compares release names: by semantic version where both are one, else by age.

Source: https://docs.sentry.io/product/releases/naming-releases/ (`package@version+build`).
"""

import re

_SEMVER = re.compile(
    r"(?:(?P<package>[^@]*)@)?v?(?P<numbers>\d{1,9}(?:\.\d{1,9}){1,3})"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+(?P<build>.*))?"
)

_Part = tuple[int, int, str]
_Order = tuple[tuple[int, ...], bool, tuple[_Part, ...]]


def package_of(version: str) -> str:
    """What stands before the `@`; empty when nothing does."""
    package, at, _ = version.rpartition("@")
    return package if at else ""


def _order(version: str) -> tuple[str, _Order] | None:
    match = _SEMVER.fullmatch(version)
    if match is None:
        return None
    numbers = tuple(int(number) for number in match["numbers"].split("."))
    numbers += (0,) * (4 - len(numbers))
    pre = match["pre"]
    parts = tuple(
        (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part)
        for part in (pre.split(".") if pre else [])
    )
    # Without a pre-release part a version is later than with one.
    return match["package"] or "", (numbers, pre is None, parts)


def is_later(version: str, other: str, *, is_younger: bool) -> bool:
    """Whether a release comes after another.

    Args:
        version: the release asked about.
        other: the one it is compared with.
        is_younger: whether it was created later; decides where versions cannot.
    """
    mine, theirs = _order(version), _order(other)
    if mine is None or theirs is None or mine[0] != theirs[0] or mine[1] == theirs[1]:
        return is_younger
    return mine[1] > theirs[1]
