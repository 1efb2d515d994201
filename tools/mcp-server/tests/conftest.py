"""One local-sentry with the whole story in it, for all tests that only read."""

from collections.abc import Iterator

import pytest

from mcp_local_sentry import LocalSentry, local_sentry
from mcp_story import Story, tell


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("local-sentry")) as running:
        yield running


@pytest.fixture(scope="session")
def story(server: LocalSentry, tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell(server, tmp_path_factory.mktemp("story"))
