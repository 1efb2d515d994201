"""A run that is killed anywhere is completed by the same command, and nothing is there twice."""

from collections.abc import Iterator

import pytest

from release_cli_checkout import (
    API,
    GATEWAY,
    Checkout,
    release,
)  # fmt: skip
from release_cli_kill import killed
from release_cli_proxy import Proxy, When, proxy
from release_cli_sentry import LocalSentry

MOST_REQUESTS = 40


@pytest.fixture
def between(server: LocalSentry) -> Iterator[Proxy]:
    with proxy(server.url) as running:
        yield running


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_request_it_continues_where_it_was(
    checkout: Checkout, server: LocalSentry, between: Proxy, when: When
) -> None:
    """`before`: the server never saw the request; `after`: the program never saw the answer."""
    for number in range(1, MOST_REQUESTS):
        sha = checkout.commit(
            f"fix: number {number}",
            {"apps/gateway/src/gateway/app.py": f"a = {number}\n"},
            affects=[GATEWAY],
        )
        version = f"0.1.{number - 1}"
        name = checkout.release_name(GATEWAY, version)
        # Other sources each time, so that there is something to upload.
        checkout.package(
            GATEWAY, name, {"gateway/more.py": f"number = {number}\nwhen = '{when}'\n"}
        )
        arguments = ["run", GATEWAY, *checkout.inputs()]
        between.hold(number, when)
        was_killed = killed(checkout, between.url, server.token, arguments, when=between.is_held)
        between.let_go()
        done = release(checkout, *arguments, url=between.url, token=server.token)
        assert done.status == 0, (number, done.errors, between.requests)
        assert server.commits(name) == [sha], between.requests
        assert server.release(name)["dateReleased"]
        assert server.deploys(name) == [("production", "release")], between.requests
        (bundle,) = server.bundles(API, name)
        assert bundle["fileCount"] == 4
        assert f"gateway@{version}" in checkout.tags()
        if not was_killed:
            assert number > 8, "a release takes more requests than that"
            return
    pytest.fail("a release takes fewer requests than that")
