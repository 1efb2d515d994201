"""One name in artifact, Sentry and service; coverage; the way back."""

from contextlib import AbstractContextManager
from typing import Any

from release_cli_checkout import GATEWAY, MCP, Checkout, Done, release
from release_cli_sentry import LocalSentry
from release_cli_server import answering


def service(health: dict[str, Any]) -> AbstractContextManager[str]:
    """A running service that says this on /healthz."""
    return answering({"/healthz": health}.get)


def released(checkout: Checkout, server: LocalSentry, message: str, version: str) -> str:
    """Release the gateway once more; the release's name."""
    checkout.commit(message, {"apps/gateway/src/gateway/app.py": f"# {message}\n"}, [GATEWAY])
    name = checkout.release_name(GATEWAY, version)
    checkout.package(GATEWAY, name)
    done = ask(checkout, server, "run", GATEWAY, *checkout.inputs()[2:])
    assert done.status == 0, done.errors
    return name


def ask(checkout: Checkout, server: LocalSentry, *arguments: str, **more: str) -> Done:
    """Run a verb that knows the projects."""
    projects = checkout.inputs()[:2]
    return release(checkout, *arguments, *projects, url=server.url, token=server.token, **more)


def test_a_complete_release_is_right_from_every_side(
    checkout: Checkout, server: LocalSentry
) -> None:
    name = released(checkout, server, "feat: serve", "0.1.0")
    with service({"status": "ok", "release": name}) as url:
        done = ask(checkout, server, "verify", GATEWAY, "--url", url, "--json")
    assert done.status == 0, done.output
    assert {each["name"]: each["ok"] for each in done.json["checks"]} == dict.fromkeys(
        ("artifact", "sentry", "service", "commits", "files", "deploy"), True
    )


def test_what_does_not_agree_is_told(checkout: Checkout, server: LocalSentry) -> None:
    name = released(checkout, server, "feat: serve", "0.1.0")
    with service({"status": "ok", "release": "kijko-api@0.0.9+0123456"}) as url:
        old = ask(checkout, server, "verify", GATEWAY, "--url", url)
    assert old.status == 1
    assert "runs kijko-api@0.0.9+0123456" in old.output
    silent = ask(checkout, server, "verify", GATEWAY, "--url", "http://127.0.0.1:9")
    assert (silent.status, "does not answer" in silent.output) == (1, True)
    elsewhere = ask(checkout, server, "verify", GATEWAY, "-e", "moon")
    assert (elsewhere.status, "went to production" in elsewhere.output) == (1, True)
    checkout.package(GATEWAY, "kijko-api@7.0.0+0123456")
    stamped = ask(checkout, server, "verify", GATEWAY, "--release", name)
    assert (stamped.status, "is stamped kijko-api@7.0.0+0123456" in stamped.output) == (1, True)
    unknown = ask(checkout, server, "verify", GATEWAY)
    assert (unknown.status, "has no release" in unknown.output) == (1, True)


def test_before_the_last_steps_only_the_first_are_expected(
    checkout: Checkout, server: LocalSentry
) -> None:
    checkout.commit("feat: it", {"apps/gateway/src/gateway/app.py": "a = 1\n"}, [GATEWAY])
    checkout.package(GATEWAY, checkout.release_name(GATEWAY, "0.1.0"))
    half = ("run", GATEWAY, "--until", "upload", *checkout.inputs()[2:])
    assert ask(checkout, server, *half).status == 0
    assert ask(checkout, server, "verify", GATEWAY, "--until", "upload").status == 0
    assert ask(checkout, server, "verify", GATEWAY).status == 1


def test_status_names_commits_and_services_without_a_release(
    checkout: Checkout, server: LocalSentry
) -> None:
    released(checkout, server, "feat: serve", "0.1.0")
    late = checkout.commit("fix: late", {"apps/gateway/src/gateway/app.py": "late\n"}, [GATEWAY])
    arguments = ("status", GATEWAY, MCP, *checkout.inputs()[2:])
    with service({"status": "ok", "release": "kijko-api@6.6.6+0123456"}) as url:
        done = ask(checkout, server, *arguments, "--url", url, "--check", "--json")
    assert done.status == 1
    gateway, mcp = done.json["apps"]
    assert (gateway["commits"], [each["sha"] for each in gateway["unreleased"]]) == (2, [late])
    assert (mcp["commits"], mcp["unreleased"]) == (0, [])
    (stranger,) = done.json["services_without_release"]
    assert stranger["release"] == "kijko-api@6.6.6+0123456"
    released(checkout, server, "fix: now", "0.1.1")
    table = ask(checkout, server, "status", GATEWAY, *checkout.inputs()[2:])
    assert "in no release" not in table.output


def test_the_way_back_is_noted_and_the_hook_is_told(
    checkout: Checkout, server: LocalSentry
) -> None:
    place = {"SENTRY_ENVIRONMENT": f"rollback-{checkout.head[:8]}"}

    def run(message: str, version: str) -> str:
        checkout.commit(message, {"apps/gateway/src/gateway/app.py": f"# {message}\n"}, [GATEWAY])
        name = checkout.release_name(GATEWAY, version)
        checkout.package(GATEWAY, name)
        done = ask(checkout, server, "run", GATEWAY, *checkout.inputs()[2:], **place)
        assert done.status == 0, done.errors
        return name

    nothing = ask(checkout, server, "rollback", GATEWAY, **place)
    assert (nothing.status, "Nothing was deployed there" in nothing.errors) == (1, True)
    first = run("feat: one", "0.1.0")
    first_commit = checkout.head
    second = run("feat: two", "0.2.0")
    trial = ask(checkout, server, "rollback", GATEWAY, "--dry-run", "--json", **place)
    assert (trial.json["to"], trial.json["recorded"]) == (first, False)
    back = ask(checkout, server, "rollback", GATEWAY, "--json", **place)
    assert (back.json["from"], back.json["to"]) == (second, first)
    assert f"Deploy the artifact stamped {first} (commit {first_commit})" in back.json["hook"]
    listed = ask(checkout, server, "deploys", GATEWAY, "-e", place["SENTRY_ENVIRONMENT"], "--json")
    assert [each["release"] for each in listed.json] == [first, second, first]
    again = ask(checkout, server, "rollback", GATEWAY, "--to", first, **place)
    assert f"{first} is in {place['SENTRY_ENVIRONMENT']} already" in again.output
