"""Setting Sentry up: from nothing to all of it, once; and as the BUILD files say, without harm."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from release_cli_sentry import DEADLINE
from release_cli_setup import GATEWAY, HOOK, TEAM, Place, empty_organization

PLAN = {
    "kijko-api", "kijko-editor", "kijko-mcp-server", "kijko-observability", "kijko-release-cli",
    "kijko-web",
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with empty_organization(tmp_path) as made:
        yield made


def bootstrap(place: Place, *more: str, **environment: str) -> Any:
    targets = place.targets(GATEWAY)
    arguments = ("--team", TEAM, "--projects", targets, "--json", *more)
    said = place.release("bootstrap", *arguments, **environment)
    assert said.code == 0, said.err
    return said.json


def test_bootstrap_makes_the_plans_setup_once(place: Place) -> None:
    made = bootstrap(place)
    assert made["failures"] == []
    projects = {p["slug"]: p for p in place.ask("GET", "organizations/fresh/projects/")}
    assert set(projects) == PLAN
    assert [team["slug"] for team in projects["kijko-api"]["teams"]] == ["video"]
    assert [team["slug"] for team in projects["kijko-web"]["teams"]] == [TEAM]
    assert place.of("kijko-api", "ownership/")["raw"] == "path:apps/gateway/* #video"
    rules = {rule["name"]: rule for rule in place.of("kijko-api", "rules/")}
    assert set(rules) == {"New", "Back", "Many"}
    assert rules["New"]["actions"] == [{"id": "local_sentry.actions.webhook", "url": HOOK}]
    many = rules["Many"]["conditions"][0]
    assert (many["value"], many["interval"]) == (10, "5m")
    assert place.of("kijko-api")["options"] == {"filters:error_messages": "*ClientDisconnect*"}
    on = {each["id"] for each in place.of("kijko-web", "filters/") if each["active"]}
    assert on == {"browser-extensions", "filtered-transaction", "web-crawlers"}
    mappings = place.ask("GET", "organizations/fresh/code-mappings/")
    assert {
        ("kijko-api", "gateway/", "apps/gateway/src/gateway/", "kijko/mono"),
        ("kijko-mcp-server", "kijko_mcp/", "tools/mcp-server/src/kijko_mcp/", "kijko/mono"),
    } <= {(m["projectSlug"], m["stackRoot"], m["sourceRoot"], m["repoName"]) for m in mappings}
    again = bootstrap(place)
    assert (again["changes"], again["failures"]) == ([], [])
    assert {file["written"] for file in again["dsn_files"]} == {"as it was", "no folder yet"}


@pytest.mark.parametrize("rules", [1, 3])
def test_killed_anywhere_it_continues_where_it_was(place: Place, rules: int) -> None:
    targets = ("--team", TEAM, "--projects", place.targets(GATEWAY))
    begun = place.begin("bootstrap", *targets)
    deadline = time.monotonic() + DEADLINE
    while begun.poll() is None:
        made = place.ask("GET", "organizations/fresh/projects/")
        if made and len(place.of(made[0]["slug"], "rules/")) >= rules:
            break
        assert time.monotonic() < deadline
    begun.kill()
    begun.wait(DEADLINE)
    assert bootstrap(place)["failures"] == []
    assert len(place.of("kijko-api", "rules/")) == 3
    assert {p["slug"] for p in place.ask("GET", "organizations/fresh/projects/")} == PLAN
    assert bootstrap(place)["changes"] == []


def test_a_dsn_is_where_it_belongs_and_nowhere_else(place: Place) -> None:
    file = place.workspace / "apps/gateway/.env.sentry"
    file.write_text("OTHER=kept\nSENTRY_DSN=old\n")
    file.chmod(0o644)
    arguments = ("bootstrap", "--team", TEAM, "--projects", place.targets(GATEWAY))
    said = place.release(*arguments)
    dsn = place.of("kijko-api", "keys/")[0]["dsn"]["public"]
    assert file.read_text() == f"OTHER=kept\nSENTRY_DSN={dsn}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    web = (place.workspace / "apps/web/.env.sentry").read_text()
    assert "NEXT_PUBLIC_SENTRY_DSN=http" in web
    key = place.of("kijko-api", "keys/")[0]["public"]
    assert key not in said.out + said.err
    assert HOOK not in said.out + said.err
    left = [p.name for p in (place.workspace / "apps/gateway").iterdir()]
    assert left == [".env.sentry"]


@pytest.mark.parametrize("trap", ["committed", "link"])
def test_a_dsn_is_not_written_where_it_could_be_seen(place: Place, trap: str) -> None:
    outside = place.workspace / "outside"
    if trap == "link":
        outside.write_text("untouched")
        (place.workspace / "apps/gateway/.env.sentry").symlink_to(outside)
    else:
        (place.workspace / ".gitignore").write_text("")
    said = place.release(
        "bootstrap", "--team", TEAM, "--projects", place.targets(GATEWAY), "--json"
    )
    assert (said.code, said.json["error"]) == (1, "dsn-file-unsafe")
    assert not outside.exists() or outside.read_text() == "untouched"


def test_no_organization_is_said(place: Place) -> None:
    said = place.release("bootstrap", "--projects", place.targets(), SENTRY_ORG="nowhere")
    assert (said.code, "--create-organization" in said.err) == (1, True)
    made = bootstrap(place, "--create-organization", SENTRY_ORG="elsewhere")
    assert made["organization"] == "elsewhere"


def sync(place: Place, *arguments: str, **environment: str) -> Any:
    targets = place.targets(GATEWAY)
    said = place.release("sync", "--projects", targets, "--json", *arguments, **environment)
    assert said.code == 0, (said.out, said.err)
    return said.json


def test_sync_shows_then_does_and_then_has_nothing_to_do(place: Place) -> None:
    plan = sync(place, "--plan")
    assert not plan["applied"]
    assert place.ask("GET", "organizations/fresh/projects/") == []
    assert {change["action"] for change in plan["changes"]} == {"create", "update"}
    done = sync(place, "--apply")
    assert done["changes"] == plan["changes"]
    assert sync(place, "--plan")["changes"] == []
    assert sync(place, "--apply")["changes"] == []


def test_exit_codes_tell_whether_something_would_change(place: Place) -> None:
    arguments = ("sync", "--plan", "--detailed-exitcode", "--projects", place.targets(GATEWAY))
    assert place.release(*arguments).code == 2
    sync(place, "--apply")
    assert place.release(*arguments).code == 0
    assert place.release(*arguments, SENTRY_URL="http://127.0.0.1:1").code == 1
    assert place.release(*arguments, HOOK="").code == 1  # a wrong setting is no change
    assert place.release("sync", "--plan", "--apply").code == 2


def drift(place: Place) -> None:
    """What somebody did by hand: some of it added, some of it changed."""
    where = "projects/fresh/kijko-api"
    raw = "path:x/* #fresh\npath:apps/gateway/* #video"
    place.ask(
        "PUT", f"{where}/ownership/", {"raw": raw, "autoAssignment": "Turn off Auto-Assignment"}
    )
    place.ask(
        "PUT", f"{where}/", {"options": {"filters:error_messages": "*theirs*"}, "platform": "node"}
    )
    place.ask("PUT", f"{where}/filters/web-crawlers/", {"active": False})
    place.ask("POST", "organizations/fresh/code-mappings/bulk/", {
        "project": "kijko-api", "repository": "kijko/other",
        "mappings": [{"stackRoot": "theirs/", "sourceRoot": "x/"},
                     {"stackRoot": "gateway/", "sourceRoot": "wrong/"}]})  # fmt: skip
    rules = {rule["name"]: rule for rule in place.of("kijko-api", "rules/")}
    place.ask("PUT", f"{where}/rules/{rules['Back']['id']}/", rules["Back"] | {"frequency": 7})
    place.ask("POST", f"{where}/rules/", rules["Back"] | {"name": "Theirs"})
    place.ask("DELETE", f"{where}/rules/{rules['Many']['id']}/")


def test_what_others_added_stays_without_prune(place: Place) -> None:
    sync(place, "--apply")
    drift(place)
    done = sync(place, "--apply")
    assert [c["name"] for c in done["changes"] if c["action"] == "delete"] == []
    assert {kept["name"] for kept in done["kept"]} == {"ownership", "messages", "Theirs", "theirs/"}
    assert place.of("kijko-api")["platform"] == "python-fastapi"
    ownership = place.of("kijko-api", "ownership/")
    assert "path:x/* #fresh" in ownership["raw"]
    ignored = place.of("kijko-api")["options"]["filters:error_messages"].splitlines()
    assert ignored == ["*theirs*", "*ClientDisconnect*"]
    assert {r["name"]: r["frequency"] for r in place.of("kijko-api", "rules/")} == {
        "New": 30, "Back": 30, "Many": 30, "Theirs": 30,
    }  # fmt: skip
    assert sync(place, "--plan")["changes"] == []


def test_prune_leaves_what_the_targets_say(place: Place) -> None:
    sync(place, "--apply")
    place.ask("POST", "teams/fresh/fresh/projects/", {"name": "theirs", "slug": "theirs"})
    drift(place)
    before = sync(place, "--plan", "--prune")
    deleted = {c["name"] for c in before["changes"] if c["action"] == "delete"}
    assert deleted == {"Theirs", "theirs/"}
    assert sync(place, "--apply", "--prune")["failures"] == []
    ownership = place.of("kijko-api", "ownership/")
    assert ownership["raw"] == "path:apps/gateway/* #video"
    assert ownership["autoAssignment"] == "Turn off Auto-Assignment"  # somebody chose that
    assert place.of("kijko-api")["options"]["filters:error_messages"] == "*ClientDisconnect*"
    assert {rule["name"] for rule in place.of("kijko-api", "rules/")} == {"New", "Back", "Many"}
    assert place.of("theirs")["slug"] == "theirs"  # projects never go
    assert sync(place, "--plan", "--prune") == {
        "changes": [], "kept": [], "applied": False, "failures": [],
    }  # fmt: skip


def test_a_failing_project_does_not_stop_the_others(place: Place) -> None:
    bad = GATEWAY | {"project": "kijko-web", "ownership_rules": ["path:x/* #unknown!"]}
    good = GATEWAY | {"project": "kijko-api"}
    said = place.release("sync", "--apply", "--projects", place.targets(bad, good), "--json")
    assert said.code == 1
    assert {failure["project"] for failure in said.json["failures"]} <= {"kijko-web", ""}
    assert said.json["failures"]
    assert {rule["name"] for rule in place.of("kijko-api", "rules/")} == {"New", "Back", "Many"}


def test_people_read_a_diff_without_secrets(place: Place) -> None:
    said = place.release("sync", "--plan", "--projects", place.targets(GATEWAY))
    assert "+ alert rule New: a new issue → webhook $HOOK" in said.out
    assert "+ path:apps/gateway/* #video" in said.out
    assert HOOK not in said.out
    assert place.release("sync", "--apply", "-q", "--projects", place.targets(GATEWAY)).out == ""


def test_a_token_that_may_not_is_told_what_it_lacks(place: Place) -> None:
    little = place.sentry.token
    said = place.release("sync", "--plan", "--projects", place.targets(GATEWAY),
                         SENTRY_AUTH_TOKEN=little)  # fmt: skip
    assert said.code == 1
    assert ":read" in said.err


def test_where_nothing_worked_it_does_not_say_that_all_is_well(place: Place) -> None:
    # On one machine a team has its name alone, and this one is of another organization.
    said = place.release("bootstrap", "--team", "kijko", "--projects", place.targets())
    assert said.code == 1
    assert "A team is called 'kijko' already" in said.err
    assert said.out == ""
