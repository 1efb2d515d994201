"""One running local-sentry for all tests, and a checkout for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from release_cli_checkout import Checkout
from release_cli_sentry import LocalSentry, local_sentry


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("local-sentry")) as running:
        yield running


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout.make(tmp_path)
