"""Which project needs which, asked of a real Pants, and remembered until a file is another."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import mcp_checkout
from kijko_mcp.desk import open_desk
from kijko_mcp.questions.workspace import WorkspaceWanted, ask_workspace
from kijko_mcp.settings import McpSettings
from sentry_api import SentrySettings

ROOT = Path.cwd()
PATIENCE = 1800.0  # seconds, for a machine that does much else and has not installed Pants yet
SKELETON = ("pants", "pants.toml", "pyproject.toml", ".circleci/config.yml")
PROJECT = 'project(kind="{kind}", description="A {kind}.", owners=["ada"])\n'
SOURCES = 'python_sources(sources=["**/*.py"])\n'
FILES = {
    ".gitignore": "/.pants.d/\n/.pids\n/dist/\n__pycache__/\n",
    "3rdparty/python/BUILD": (
        'python_requirements(name="product", source="product.txt", resolve="product")\n'
        'python_requirements(name="pytest", source="pytest.txt", resolve="pytest")\n'
        'python_requirements(name="tools", source="tools.txt", resolve="tools")\n'
    ),
    "apps/shop/BUILD": PROJECT.format(kind="app"),
    "apps/shop/src/BUILD": SOURCES,
    "apps/shop/src/shop/__init__.py": '"""A shop."""\n',
    "packages/greeter/BUILD": PROJECT.format(kind="package"),
    "packages/greeter/src/BUILD": SOURCES,
    "packages/greeter/src/greeter/__init__.py": '"""Greets."""\n\nHELLO = "Hello"\n',
}
# Every test of this module waits for Pants.
pytestmark = pytest.mark.timeout(2 * PATIENCE)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[mcp_checkout.Checkout]:
    """This workspace's settings and plugins, with an app and a package, in git."""
    # What is meant for the Pants that runs this test would lead the other one astray.
    for name in [*os.environ]:
        if name.startswith(("PANTS_", "GIT_", "CIRCLE")):
            monkeypatch.delenv(name)
    made = mcp_checkout.Checkout(tmp_path / "workspace", tmp_path / "home")
    for each in (made.folder, made.home):
        each.mkdir()
    for path in SKELETON:
        (made.folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, made.folder / path)
    for path, passed_over in (("3rdparty/python", "*.py"), ("pants-plugins", "*.md")):
        ignored = shutil.ignore_patterns("BUILD", "__pycache__", "tests", passed_over)
        shutil.copytree(ROOT / path, made.folder / path, ignore=ignored)
    made.git("init", "-q", "-b", "main")
    made.commit("feat: begin", FILES)
    yield made
    for file in made.folder.glob(".pids/*/pantsd/pid"):
        with suppress(OSError, ValueError):  # it may be about to end by itself
            os.kill(int(file.read_text()), signal.SIGTERM)


async def test_pants_is_asked_itself_and_again_when_a_file_is_another(
    copy: mcp_checkout.Checkout,
) -> None:
    settings = McpSettings.model_validate({"workspace": copy.folder, "call_timeout": PATIENCE})
    sentry = SentrySettings.model_validate({"url": "http://127.0.0.1:9", "org": "kijko"})
    asked = copy.folder / "asked"
    launcher = copy.folder / "pants"
    # Notes each start, and starts what it always does.
    real = launcher.rename(copy.folder / "pants-itself")
    launcher.write_text(f'#!/bin/sh\necho "$*" >> "{asked}"\nexec "{real}" "$@"\n')
    launcher.chmod(0o755)
    copy.commit("chore: note", {".git/info/exclude": "asked\n"})
    async with open_desk(settings, sentry) as desk:

        async def affected() -> str:
            given = WorkspaceWanted("shop", "packages/greeter/src/greeter/__init__.py")
            return (await ask_workspace(desk, given)).conclusion

        for _ in range(2):
            assert (await affected()).startswith("No: shop does not need greeter")
        assert len(asked.read_text().splitlines()) == 1
        module = copy.folder / "apps/shop/src/shop/__init__.py"
        module.write_text('"""A shop."""\n\nfrom greeter import HELLO\n\nSAID = HELLO\n')
        for _ in range(2):
            assert (await affected()).startswith("Yes: shop needs greeter")
        assert len(asked.read_text().splitlines()) == 2
