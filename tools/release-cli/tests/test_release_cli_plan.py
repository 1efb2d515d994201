"""Plans: which commits, which version, why."""

from typing import Any

import pytest

from release_cli_checkout import GATEWAY, MCP, Checkout, release

_APP, _OTHER = "apps/gateway/src/gateway/app.py", "tools/mcp-server/src/mcp_server/app.py"
_SHARED = "packages/observability/src/observability/x.py"


def plans(checkout: Checkout, *more: str) -> dict[str, dict[str, Any]]:
    """What `release plan --json` says, by app; no Sentry is asked."""
    done = release(checkout, "plan", "--json", *more, *checkout.inputs())
    assert done.status == 0, done.errors
    return {each["app"]: each for each in done.json}


def edit(checkout: Checkout, message: str, path: str, *apps: str) -> str:
    """Commit a change of one file."""
    return checkout.commit(message, {path: f"# {message}\n"}, apps)


def test_an_app_has_the_commits_that_affect_it_since_its_last_release(checkout: Checkout) -> None:
    edit(checkout, "feat: old", _APP, GATEWAY)
    checkout.git("tag", "gateway@0.1.0")
    mine = edit(checkout, "fix: mine", _APP, GATEWAY)
    edit(checkout, "feat: theirs", _OTHER, MCP)
    shared = edit(checkout, "feat: shared", _SHARED, GATEWAY, MCP)
    edit(checkout, "docs: nobody's", "apps/gateway/README.md")
    plan = plans(checkout)[GATEWAY]
    assert [each["sha"] for each in plan["commits"]] == [shared, mine]
    assert [each["own"] for each in plan["commits"]] == [False, True]
    assert plan["last"]["version"] == "0.1.0"
    assert plan["release"] == f"kijko-api@0.1.1+{checkout.head[:12]}"
    assert plan["commits"][1]["files"] == [{"path": _APP, "type": "M"}]


@pytest.mark.parametrize(
    ("before", "message", "after"),
    [
        ("1.2.3", "fix: it", "1.2.4"),
        ("1.2.3", "Say it better", "1.2.4"),
        ("1.2.3", "feat(api): more", "1.3.0"),
        ("1.2.3", "feat!: other", "2.0.0"),
        ("1.2.3", "fix: it\n\nBREAKING CHANGE: other answers", "2.0.0"),
        ("0.2.3", "feat!: other", "0.3.0"),  # 1.0.0 is a decision, not an accident
        (None, "fix: it", "0.1.0"),
    ],
)
def test_versions_move_as_the_commits_say(
    checkout: Checkout, before: str | None, message: str, after: str
) -> None:
    if before:
        checkout.git("tag", f"gateway@{before}")
    edit(checkout, message, _APP, GATEWAY)
    assert plans(checkout)[GATEWAY]["version"] == after


def test_versions_are_independent_and_dependents_move_by_a_patch(checkout: Checkout) -> None:
    checkout.git("tag", "gateway@1.0.0")
    checkout.git("tag", "mcp-server@3.1.0")
    edit(checkout, "feat!: of shared code", _SHARED, GATEWAY, MCP)
    edit(checkout, "feat: of the server", _OTHER, MCP)
    found = plans(checkout)
    assert (found[GATEWAY]["version"], found[GATEWAY]["reason"]) == ("1.0.1", "shared code")
    assert found[MCP]["version"] == "3.2.0"


def test_a_version_plan_decides_and_is_used_once(checkout: Checkout) -> None:
    checkout.git("tag", "gateway@0.9.0")
    edit(checkout, "fix: it", _APP, GATEWAY)
    text = "---\ngateway: major\n---\nThe API is stable.\n"
    checkout.commit("chore: plan 1.0", {".release/stable.md": text}, affects=())
    plan = plans(checkout)[GATEWAY]
    assert (plan["version"], plan["reason"]) == ("1.0.0", ".release/stable.md")
    assert "The API is stable." in plan["changelog"]
    checkout.git("tag", "gateway@1.0.0")
    edit(checkout, "fix: more", _APP, GATEWAY)
    assert plans(checkout)[GATEWAY]["version"] == "1.0.1"


def test_a_wrong_version_plan_is_named(checkout: Checkout) -> None:
    checkout.commit("chore: plan", {".release/bad.md": "---\ngateway: huge\n---\n"}, affects=())
    done = release(checkout, "plan", *checkout.inputs())
    assert done.status == 1
    assert (
        ".release/bad.md says 'gateway: huge'. Write PROJECT: patch, minor, major." in done.errors
    )


def test_a_tagged_commit_is_the_release_of_its_tag(checkout: Checkout) -> None:
    first = edit(checkout, "feat: it", _APP, GATEWAY)
    checkout.git("tag", "gateway@4.0.0")
    plan = plans(checkout)[GATEWAY]
    assert (plan["state"], plan["version"]) == ("tagged", "4.0.0")
    assert [each["sha"] for each in plan["commits"]] == [first]


def test_nothing_new_is_nothing_to_release(checkout: Checkout) -> None:
    edit(checkout, "feat: it", _APP, GATEWAY)
    found = plans(checkout)
    assert (found[MCP]["state"], found[MCP]["commits"]) == ("unchanged", [])


def test_a_first_release_looks_at_the_newest_commits_and_says_so(checkout: Checkout) -> None:
    for number in range(4):
        edit(checkout, f"fix: {number}", _APP, GATEWAY)
    plan = plans(checkout, "--initial-depth", "2")[GATEWAY]
    assert len(plan["commits"]) == 2
    assert "only the newest 2 commits" in plan["warnings"][0]


def test_patch_sets_say_what_was_added_changed_and_deleted(checkout: Checkout) -> None:
    edit(checkout, "feat: it", _APP, GATEWAY)
    checkout.git("tag", "gateway@0.1.0")
    checkout.git("mv", _APP, "apps/gateway/src/gateway/näme with space.py")
    checkout.commit("fix: move", {}, [GATEWAY])
    (commit,) = plans(checkout)[GATEWAY]["commits"]
    assert commit["files"] == [
        {"path": _APP, "type": "D"},
        {"path": "apps/gateway/src/gateway/näme with space.py", "type": "A"},
    ]


def test_a_message_may_hold_any_character(checkout: Checkout) -> None:
    sha = edit(checkout, "fix: \x1e it \x1f\n\n: odd\x1e", _APP, GATEWAY)
    (commit,) = plans(checkout)[GATEWAY]["commits"]
    assert (commit["sha"], commit["subject"]) == (sha, "fix: \x1e it \x1f")
    assert [file["path"] for file in commit["files"]] == [_APP]


def test_a_commit_of_which_nothing_is_said_is_named(checkout: Checkout) -> None:
    sha = edit(checkout, "fix: forgotten", _APP, GATEWAY)
    del checkout.affects[sha]
    done = release(checkout, "plan", "--json", *checkout.inputs())
    assert done.status == 1
    assert done.json["error"] == "effects-unknown"
    assert f"{sha[:12]} (fix: forgotten)" in done.errors


def test_the_table_is_for_people(checkout: Checkout) -> None:
    edit(checkout, "feat: [bold] it", _APP, GATEWAY)
    done = release(checkout, "plan", *checkout.inputs())
    assert f"kijko-api@0.1.0+{checkout.head[:12]}" in done.output
    assert "feat: [bold] it" in done.output
    assert "first release" in done.output


def test_a_plan_names_what_is_packaged_and_uploaded(checkout: Checkout) -> None:
    edit(checkout, "feat: it", _APP, GATEWAY)
    plan = plans(checkout)[GATEWAY]
    artifact = {"address": "apps/gateway:gateway", "path": "dist/gateway.pex"}
    assert plan["artifact"] == artifact
    assert plan["uploads"] == ["sources in dist/gateway.pex", "code mappings"]
    assert plan["tag"] == "gateway@0.1.0"
    assert plan["changelog"].startswith("## gateway 0.1.0\n\n### Features\n\n- it (")
    table = release(checkout, "plan", *checkout.inputs()).output
    assert "sources in dist/gateway.pex, code mappings" in table


def test_the_changelog_groups_what_changed(checkout: Checkout) -> None:
    checkout.git("tag", "gateway@1.0.0")
    first = edit(checkout, "feat(api)!: answer otherwise", _APP, GATEWAY)
    second = edit(checkout, "fix: scrub", _SHARED, GATEWAY)
    third = edit(checkout, "Say it better", _APP, GATEWAY)
    done = release(checkout, "changelog", GATEWAY, *checkout.inputs())
    assert done.output == (
        "## gateway 2.0.0\n\n"
        f"### Breaking\n\n- answer otherwise ({first[:12]})\n\n"
        f"### Features\n\n- **api:** answer otherwise ({first[:12]})\n\n"
        f"### Fixes\n\n- scrub ({second[:12]}, in shared code)\n\n"
        f"### Other changes\n\n- Say it better ({third[:12]})\n"
    )


def test_an_unknown_app_is_named_with_those_there_are(checkout: Checkout) -> None:
    done = release(checkout, "plan", "gatewya", *checkout.inputs())
    assert done.status == 1
    assert "gatewya is not mapped to Sentry. Choose among gateway, mcp-server" in done.errors
