"""Globs over paths."""

from __future__ import annotations

import pytest

from workspace.affected.paths import first_match


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("pants.toml", "pants.toml", True),
        ("pants.toml", "apps/pants.toml", False),
        ("**/pants.toml", "pants.toml", True),
        ("**/pants.toml", "apps/web/pants.toml", True),
        ("plugins/*.py", "plugins/a.py", True),
        ("plugins/*.py", "plugins/a/b.py", False),
        ("plugins/**", "plugins/a/b.py", True),
        ("plugins/**/*.py", "plugins/b.py", True),
        ("a+b(c).txt", "a+b(c).txt", True),
        ("a?", "a/", False),
    ],
)
def test_globs(glob: str, path: str, matches: bool) -> None:
    assert first_match([glob], path) == (glob if matches else None)


def test_an_exclamation_mark_takes_back() -> None:
    globs = ["plugins/**", "!plugins/**/tests/**"]
    assert first_match(globs, "plugins/x/rules.py") == "plugins/**"
    assert first_match(globs, "plugins/x/tests/test_rules.py") is None
