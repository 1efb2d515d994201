"""A web app's release that is killed anywhere is completed, and loses no source map."""

import pytest

from release_cli.clients.served import look_at
from release_cli_checkout import Checkout, release
from release_cli_kill import killed
from release_cli_proxy import When, proxy
from release_cli_sentry import LocalSentry
from release_cli_web import PROJECT, WEB, build

MOST_REQUESTS = 40


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_request_it_continues_where_it_was(
    checkout: Checkout, server: LocalSentry, when: When
) -> None:
    """The requests of sentry-cli are among them; it is killed with the program."""
    with proxy(server.url) as between:
        for number in range(1, MOST_REQUESTS):
            sha = checkout.commit(
                f"fix: {number}", {"apps/web/src/app.ts": f"// {when} {number}\n"}, affects=["web"]
            )
            name = f"{WEB}@0.1.{number - 1}+{sha[:12]}"
            folder = build(checkout, f"{when} {number} {checkout.folder}")
            arguments = ["run", "web", "--artifact", "web=dist/web", *checkout.inputs(PROJECT)]
            between.hold(number, when)
            was_killed = killed(
                checkout, between.url, server.token, arguments, when=between.is_held
            )
            between.let_go()
            done = release(checkout, *arguments, url=between.url, token=server.token)
            assert done.status == 0, (number, done.errors, between.requests)
            assert server.commits(name) == [sha], between.requests
            assert server.release(name)["dateReleased"]
            assert server.deploys(name) == [("production", "release")], between.requests
            (served,) = look_at([folder])
            assert (len(served.ids), served.maps) == (1, ())
            (debug_id,) = served.ids
            assert server.get(f"projects/kijko/{WEB}/artifact-lookup/", debug_id=debug_id)
            if not was_killed:
                assert number > 10, "a release takes more requests than that"
                return
    pytest.fail("a release takes fewer requests than that")
