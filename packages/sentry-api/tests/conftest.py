"""One running local-sentry for all tests that need a Sentry."""

from collections.abc import Iterator

import pytest

from sentry_api_local import LocalSentry, local_sentry


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("local-sentry"), "--no-auth") as running:
        yield running
