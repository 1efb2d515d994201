"""Each release has exactly the commits that affect its app, and is made once."""

from release_cli_checkout import API, GATEWAY, MCP, Checkout, release
from release_cli_sentry import LocalSentry


def two_apps(checkout: Checkout) -> tuple[str, str, str]:
    """Commits of the gateway, of the MCP server, and of what both share; both apps packaged."""
    first = checkout.commit(
        "feat(gateway): serve", {"apps/gateway/src/gateway/app.py": "a = 1\n"}, [GATEWAY]
    )
    second = checkout.commit(
        "fix: answer", {"tools/mcp-server/src/mcp_server/app.py": "b = 1\n"}, [MCP]
    )
    third = checkout.commit(
        "fix: scrub", {"packages/observability/src/observability/x.py": "c = 1\n"}, [GATEWAY, MCP]
    )
    checkout.commit("docs: explain", {"apps/gateway/README.md": "docs\n"}, [])
    for app in (GATEWAY, MCP):
        checkout.package(app, checkout.release_name(app, "0.1.0"))
    return first, second, third


def test_each_app_gets_its_own_commits_and_no_others(
    checkout: Checkout, server: LocalSentry
) -> None:
    first, second, third = two_apps(checkout)
    done = release(
        checkout, "run", "--affected", "-e", "staging", "--json", *checkout.inputs(),
        url=server.url, token=server.token,
    )  # fmt: skip
    assert done.status == 0, done.errors
    assert {each["app"]: each["status"] for each in done.json} == {
        GATEWAY: "released",
        MCP: "released",
    }
    gateway, mcp = (checkout.release_name(app, "0.1.0") for app in (GATEWAY, MCP))
    assert server.commits(gateway) == [third, first]
    assert server.commits(mcp) == [third, second]
    assert server.commit_files(gateway) == {
        (first, "apps/gateway/src/gateway/app.py", "A"),
        (third, "packages/observability/src/observability/x.py", "A"),
    }
    for name in (gateway, mcp):
        made = server.release(name)
        assert made["dateReleased"]
        assert made["ref"] == checkout.head
        assert server.deploys(name) == [("staging", "release")]
    assert sorted(checkout.tags()) == ["gateway@0.1.0", "mcp-server@0.1.0"]


def test_the_same_command_again_changes_nothing(checkout: Checkout, server: LocalSentry) -> None:
    two_apps(checkout)
    arguments = ("run", "--affected", "--json", *checkout.inputs())
    once = release(checkout, *arguments, url=server.url, token=server.token)
    assert once.status == 0, once.errors
    names = [each["release"] for each in once.json]
    before = [server.release(name) for name in names]
    again = release(checkout, *arguments, url=server.url, token=server.token)
    assert again.status == 0, again.errors
    assert [each["release"] for each in again.json] == names
    assert all(each["already_done"] == each["done"] for each in again.json)
    # Nor does it on a machine that has no journal: there the server is asked.
    for journal in (checkout.folder / ".pants.d/release/journal").iterdir():
        journal.unlink()
    elsewhere = release(checkout, *arguments, url=server.url, token=server.token)
    assert elsewhere.status == 0, elsewhere.errors
    assert all(each["upload"]["skipped"] for each in elsewhere.json)
    assert [server.release(name) for name in names] == before
    assert [server.deploys(name) for name in names] == [[("production", "release")]] * 2


def test_the_next_release_has_what_came_after(checkout: Checkout, server: LocalSentry) -> None:
    two_apps(checkout)
    arguments = ("run", "--affected", "--json")
    first = release(checkout, *arguments, *checkout.inputs(), url=server.url, token=server.token)
    assert first.status == 0, first.errors
    fix = checkout.commit(
        "fix: hurry", {"apps/gateway/src/gateway/app.py": "a = 2\n"}, affects=[GATEWAY]
    )
    name = checkout.release_name(GATEWAY, "0.1.1")
    checkout.package(GATEWAY, name)
    second = release(checkout, *arguments, *checkout.inputs(), url=server.url, token=server.token)
    assert second.status == 0, second.errors
    (only,) = second.json
    assert (only["app"], only["release"], only["commits"]) == (GATEWAY, name, [fix])
    assert server.commits(name) == [fix]
    # The sources are those of the release before, so the server has them all.
    assert only["upload"]["skipped"]
    nothing = checkout.commit("docs: more", {"README.md": "more\n"}, affects=[])
    third = release(checkout, *arguments, *checkout.inputs(), url=server.url, token=server.token)
    assert (third.status, third.json) == (0, []), nothing


def test_an_app_that_fails_does_not_stop_the_others(
    checkout: Checkout, server: LocalSentry
) -> None:
    two_apps(checkout)
    wrong = checkout.release_name(GATEWAY, "9.9.9")
    path = checkout.package(GATEWAY, wrong)
    arguments = ("run", "--affected", "--artifact", f"gateway={path}", *checkout.inputs())
    done = release(checkout, *arguments, url=server.url, token=server.token)
    assert done.status == 1
    assert "is stamped kijko-api@9.9.9" in done.errors
    assert "Done: create. Not done: upload, finalize, deploy, tag." in done.errors
    assert server.release(checkout.release_name(MCP, "0.1.0"))["dateReleased"]
    unfinished = checkout.release_name(GATEWAY, "0.1.0")
    assert server.release(unfinished)["dateReleased"] is None
    assert checkout.tags() == ["mcp-server@0.1.0"]
    # The same command, put right, goes on where it was.
    checkout.package(GATEWAY, unfinished)
    put_right = release(checkout, *arguments, "--json", url=server.url, token=server.token)
    assert put_right.status == 0, put_right.errors
    assert put_right.json[0]["already_done"] == ["create"]
    assert server.release(unfinished)["dateReleased"]


def test_best_effort_never_fails_a_deploy(checkout: Checkout) -> None:
    two_apps(checkout)
    arguments = ("run", "--affected", "--best-effort", *checkout.inputs())
    nobody = {"url": "http://127.0.0.1:9", "token": "secret-of-a-build"}
    done = release(checkout, *arguments, SENTRY_API_PATIENCE="1", **nobody)
    assert done.status == 0
    assert "Not done: create, upload, finalize, deploy, tag." in done.errors
    strict = [each for each in arguments if each != "--best-effort"]
    assert release(checkout, *strict, SENTRY_API_PATIENCE="1", **nobody).status == 1
    wrong = release(checkout, *arguments, url="nonsense")
    assert (wrong.status, "SENTRY_URL" in wrong.errors) == (0, True)
    missing = release(checkout, "run", "--affected", "--best-effort", "--projects", "nowhere")
    assert missing.status == 0
    assert "nowhere cannot be read" in missing.errors


def test_a_run_ends_where_it_is_told_to_and_the_next_goes_on(
    checkout: Checkout, server: LocalSentry
) -> None:
    two_apps(checkout)
    arguments = ("run", GATEWAY, *checkout.inputs())
    half = release(checkout, *arguments, "--until", "upload", url=server.url, token=server.token)
    assert half.status == 0, half.errors
    assert half.output.startswith("begun kijko-api@0.1.0+")
    name = checkout.release_name(GATEWAY, "0.1.0")
    assert server.release(name)["dateReleased"] is None
    assert server.bundles(API, name)
    assert server.deploys(name) == []
    whole = release(checkout, *arguments, "--json", url=server.url, token=server.token)
    assert whole.json[0]["already_done"] == ["create", "upload"]
    assert server.release(name)["dateReleased"]


def test_sentry_cli_decides_the_commits_where_that_is_wished(
    checkout: Checkout, server: LocalSentry
) -> None:
    two_apps(checkout)
    done = release(
        checkout, "run", GATEWAY, "--auto", *checkout.inputs(),
        url=server.url, token=server.token,
    )  # fmt: skip
    assert done.status == 0, done.errors
    # All of them, docs and the other app's too: what the build graph is for.
    assert len(server.commits(checkout.release_name(GATEWAY, "0.1.0"))) == 5


def test_files_that_differ_from_the_commit_are_not_released(checkout: Checkout) -> None:
    two_apps(checkout)
    checkout.write("apps/gateway/src/gateway/app.py", "unsaved = 1\n")
    done = release(checkout, "run", GATEWAY, *checkout.inputs())
    assert done.status == 1
    assert "--allow-dirty" in done.errors


def test_the_token_is_told_to_nobody(checkout: Checkout, server: LocalSentry) -> None:
    two_apps(checkout)
    done = release(
        checkout, "run", "--affected", *checkout.inputs(), url=server.url, token=server.token
    )
    journals = [file.read_text() for file in (checkout.folder / ".pants.d").glob("**/*.json")]
    assert len(journals) == 2
    assert server.token not in "".join((done.output, done.errors, *journals))
