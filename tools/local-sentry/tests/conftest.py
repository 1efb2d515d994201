"""One running server for all tests that do not need their own."""

from collections.abc import Iterator

import pytest

from local_sentry_process import LocalSentry, local_sentry


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("local-sentry")) as running:
        yield running
