"""A server that is down, busy or slow: waited for as long as it makes sense, then said plainly."""

from collections.abc import Iterator

import pytest

from release_cli_checkout import GATEWAY, Checkout, release
from release_cli_proxy import Proxy, Refusal, proxy
from release_cli_sentry import LocalSentry, eventually


@pytest.fixture
def between(server: LocalSentry) -> Iterator[Proxy]:
    with proxy(server.url) as running:
        yield running


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    checkout.commit("feat: serve", {"apps/gateway/src/gateway/app.py": "a = 1\n"}, [GATEWAY])
    checkout.package(GATEWAY, checkout.release_name(GATEWAY, "0.1.0"))
    return checkout


def test_a_server_that_is_down_is_named(ready: Checkout) -> None:
    done = release(
        ready, "run", GATEWAY, "--json", *ready.inputs(),
        url="http://127.0.0.1:9", token="t", SENTRY_API_PATIENCE="1",
    )  # fmt: skip
    assert done.status == 1
    (outcome,) = done.json
    assert outcome["error"]["error"] == "sentry-failed"
    assert outcome["not_done"] == ["create", "upload", "finalize", "deploy", "tag"]
    assert "Check SENTRY_URL and the network." in done.errors


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(
    ready: Checkout, server: LocalSentry, between: Proxy, status: int
) -> None:
    between.refusals.append(Refusal(status, {"Retry-After": "0"}, times=2))
    done = release(ready, "run", GATEWAY, *ready.inputs(), url=between.url, token=server.token)
    assert done.status == 0, done.errors
    name = ready.release_name(GATEWAY, "0.1.0")
    assert server.release(name)["dateReleased"]
    assert server.deploys(name) == [("production", "release")]


def test_a_server_that_stays_busy_ends_the_run_and_the_next_one_completes_it(
    ready: Checkout, server: LocalSentry, between: Proxy
) -> None:
    between.refusals.append(Refusal(429, {"Retry-After": "0"}, times=10_000))
    given = {"url": between.url, "token": server.token, "SENTRY_API_PATIENCE": "1"}
    done = release(ready, "run", GATEWAY, *ready.inputs(), **given)
    assert done.status == 1
    assert "Not done: create" in done.errors
    between.refusals.clear()
    assert release(ready, "run", GATEWAY, *ready.inputs(), **given).status == 0


def test_a_slow_server_is_waited_for(ready: Checkout, server: LocalSentry, between: Proxy) -> None:
    between.delay = 0.3
    done = release(ready, "run", GATEWAY, *ready.inputs(), url=between.url, token=server.token)
    assert done.status == 0, done.errors


def test_a_server_slower_than_allowed_is_named(
    ready: Checkout, server: LocalSentry, between: Proxy
) -> None:
    between.hold(1, "before")
    done = release(
        ready, "run", GATEWAY, *ready.inputs(), url=between.url, token=server.token,
        SENTRY_API_TIMEOUT="0.2", SENTRY_API_TRIES="1",
    )  # fmt: skip
    assert done.status == 1
    assert "Done: nothing." in done.errors


def test_a_token_that_is_refused_is_named_and_not_shown(
    ready: Checkout, server: LocalSentry
) -> None:
    done = release(
        ready, "run", GATEWAY, *ready.inputs(), url=server.url, token="sntryu_of-somebody-else"
    )
    assert done.status == 1
    assert "SENTRY_AUTH_TOKEN" in done.errors
    assert "of-somebody-else" not in done.errors + done.output


def test_what_goes_wrong_is_seen_in_the_programs_own_project(
    ready: Checkout, server: LocalSentry
) -> None:
    dsn = server.dsn("kijko-release-cli")
    refused = {"url": server.url, "token": "sntryu_of-nobody", "SENTRY_DSN": dsn}
    run = release(ready, "run", GATEWAY, *ready.inputs(), **refused)
    plan = release(ready, "plan", "--projects", "nowhere.json", SENTRY_DSN=dsn)
    assert (run.status, plan.status) == (1, 1)

    def kinds() -> set[str]:
        issues = server.get("projects/kijko/kijko-release-cli/issues/")
        return {each["metadata"]["type"] for each in issues}

    eventually(lambda: {"SentryRefused", "ProjectsInvalid"} <= kinds(), "both errors")


def test_a_wrong_setting_of_telemetry_is_named(ready: Checkout) -> None:
    wrong = {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "SENTRY_SAMPLE_RATE": "7"}
    done = release(ready, "plan", "--json", *ready.inputs(), **wrong)
    assert (done.status, done.json["error"]) == (2, "settings-invalid")
    assert done.json["what"] == "SENTRY_SAMPLE_RATE=7 cannot be used."
    assert done.json["advice"].startswith("It must be the share of errors to send")
