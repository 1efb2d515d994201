"""One local-sentry with the story in it, for all tests that only read; a place for residents."""

import os
from collections.abc import Iterator

import pytest

from kijko_mcp.resident import residents
from mcp_local_sentry import LocalSentry, local_sentry
from mcp_story import Story, tell


@pytest.fixture(scope="session", autouse=True)
def runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where the programs of these tests look for a resident, and none but theirs is found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        yield
        residents.stop(os.environ)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("local-sentry")) as running:
        yield running


@pytest.fixture(scope="session")
def story(server: LocalSentry, tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(server, tmp_path_factory.mktemp("story"))
