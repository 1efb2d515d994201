"""Ownership rules and commits name who should look at an issue, and give it to them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local_sentry.models import LocalUser
from local_sentry.services import glob
from local_sentry.services.code_paths import CodePaths
from local_sentry.services.ownership import Subject, matching, parse_ownership
from local_sentry.services.stacktrace import frames_newest_first
from local_sentry.services.suspects import suspects
from local_sentry.store.catalog import Team
from local_sentry.store.code_mappings import CodeMapping
from local_sentry.store.commits import Commit, Touched
from local_sentry_process import LocalSentry, error_envelope, eventually, local_sentry

ORGANIZATION = "/api/0/organizations/kijko"
PROJECT = "/api/0/projects/kijko/kijko-api"
AUTO = "Auto Assign to Issue Owner"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("owners")) as running:
        made = running.client.post(f"{ORGANIZATION}/teams/", json={"name": "Video"})
        assert made.status_code == 201
        yield running


def error_at(name: str, *frames: dict[str, Any]) -> dict[str, Any]:
    exception = {"type": "BoomError", "value": name, "stacktrace": {"frames": list(frames)}}
    return {"exception": {"values": [exception]}, "fingerprint": [name]}


def frame(filename: str, **fields: Any) -> dict[str, Any]:
    return {"filename": filename, "function": "go", "lineno": 1, "in_app": True} | fields


def rules(server: LocalSentry, raw: str, how: str = AUTO) -> None:
    body = {"raw": raw, "autoAssignment": how}
    answer = server.client.put(f"{PROJECT}/ownership/", json=body)
    assert answer.status_code == 202, answer.text


def issue_of(server: LocalSentry, name: str, *frames: dict[str, Any], **fields: Any) -> Any:
    server.send(error_envelope(**error_at(name, *frames) | fields))
    found = eventually(lambda: server.issues(query=f'"{name}"'), "the issue")
    return server.get(f"{ORGANIZATION}/issues/{found[0]['id']}/")


def test_the_last_rule_that_matches_assigns_and_all_of_them_suggest(server: LocalSentry) -> None:
    rules(server, "path:src/* #video\nmodule:render.* me\ntags.shop:blue #kijko\nurl:*/never* me")
    place = frame("src/render/cut.py", module="render.cut")
    issue = issue_of(server, "three rules", place, tags={"shop": "blue"})
    assert (issue["assignedTo"]["type"], issue["assignedTo"]["name"]) == ("team", "kijko")
    assert [(o["type"], o["owner"]) for o in issue["owners"]] == [
        ("ownershipRule", "team:1"), ("ownershipRule", "user:1"), ("ownershipRule", "team:2"),
    ]  # fmt: skip
    activity = server.get(f"{ORGANIZATION}/issues/{issue['id']}/activities/")["activity"]
    (assigned,) = [entry for entry in activity if entry["type"] == "assigned"]
    assert assigned["data"]["integration"] == "ownershipRule"
    assert assigned["user"] is None
    event = server.get(f"{ORGANIZATION}/issues/{issue['id']}/events/latest/")["id"]
    named = server.get(f"{PROJECT}/events/{event}/owners/")
    assert [each["name"] for each in named["owners"]] == ["kijko", "Local User", "video"]
    assert named["rule"] == ["tags.shop", "blue"]


def test_without_auto_assignment_owners_are_suggested_and_found(server: LocalSentry) -> None:
    rules(server, "path:src/suggest/* #video", "Turn off Auto-Assignment")
    issue = issue_of(server, "only suggested", frame("src/suggest/a.py"))
    assert issue["assignedTo"] is None
    other = issue_of(server, "nobody's", frame("lib/b.py"))

    def found(query: str) -> list[str]:
        return [each["id"] for each in server.issues(query=f"{query} is:unresolved")]

    assert found("assigned_or_suggested:#video") == [issue["id"]]
    assert issue["id"] not in found("assigned:#video")
    assert issue["id"] in found("assigned:none")
    assert found("assigned_or_suggested:none") == [other["id"]]
    assert issue["id"] not in found("assigned_or_suggested:me")
    page = server.client.get(f"/organizations/kijko/issues/{issue['id']}/").text
    assert "Suggested" in page
    assert "path:src/suggest/*" in page
    change = f"/organizations/kijko/issues/{issue['id']}/change/"
    assert server.client.post(change, data={"assignee": "#video"}).status_code == 303
    assert found("assigned:#video") == [issue["id"]]
    assert "Suggested" not in server.client.get(f"/organizations/kijko/issues/{issue['id']}/").text


def test_what_a_person_decided_stays_when_the_issue_comes_again(server: LocalSentry) -> None:
    rules(server, "path:src/stay/* #video")
    issue = issue_of(server, "decided", frame("src/stay/a.py"))
    assert issue["assignedTo"]["name"] == "video"
    address = f"{ORGANIZATION}/issues/{issue['id']}/"
    server.client.put(address, json={"assignedTo": "me", "status": "resolved"})
    server.send(error_envelope(**error_at("decided", frame("src/stay/a.py"))))
    eventually(lambda: server.get(address)["status"] == "unresolved", "the regression")
    assert server.get(address)["assignedTo"]["type"] == "user"


def commit(sha: str, path: str, **fields: Any) -> dict[str, Any]:
    return {"id": sha * 40, "repository": "kijko/kijko", "message": f"Change {path}",
            "timestamp": "2026-11-20T10:00:00Z", "author_name": "Ada",
            "author_email": "ada@example.org",
            "patch_set": [{"path": path, "type": "M"}]} | fields  # fmt: skip


def test_suspect_commits_go_by_code_mappings_newest_first(server: LocalSentry) -> None:
    rules(server, "", "Auto Assign to Suspect Commits")
    release = "kijko-api@7.0.0"
    mapping = {"project": "kijko-api", "repository": "kijko/kijko", "mappings": [
        {"stackRoot": "gateway/", "sourceRoot": "apps/gateway/src/gateway/"}]}  # fmt: skip
    answer = server.client.post(f"{ORGANIZATION}/code-mappings/bulk/", json=mapping)
    assert answer.status_code == 200
    mine = {"author_name": LocalUser().name, "author_email": LocalUser().email}
    body = {
        "version": release,
        "projects": ["kijko-api"],
        "commits": [
            commit("d", "apps/gateway/src/gateway/cut.py", **mine),
            commit("c", "apps/other/gateway/cut.py"),  # the same ending, another place
            commit("b", "apps/gateway/src/gateway/api.py"),
            commit("a", "README.md"),
        ],
    }
    assert server.client.post(f"{ORGANIZATION}/releases/", json=body).status_code == 201
    frames = (frame("gateway/api.py"), frame("gateway/cut.py"), frame("a/README.md", in_app=False))
    issue = issue_of(server, "after a commit", *frames, release=release)
    assert issue["assignedTo"]["email"] == LocalUser().email
    assert [(o["type"], o["owner"]) for o in issue["owners"]] == [("suspectCommit", "user:1")]
    event = server.get(f"{ORGANIZATION}/issues/{issue['id']}/events/latest/")["id"]
    found = server.get(f"{PROJECT}/events/{event}/committers/")["committers"]
    assert [(each["author"]["name"], [c["id"][0] for c in each["commits"]]) for each in found] == [
        ("Local User", ["d"]), ("Ada", ["b"]),
    ]  # fmt: skip
    page = server.client.get(f"/organizations/kijko/issues/{issue['id']}/").text
    assert page.index("dddddddd") < page.index("bbbbbbbb")
    assert "cccccccc" not in page
    assert "Ada" in page
    files = server.get(f"{ORGANIZATION}/releases/{release}/commitfiles/")
    assert files[0]["author"]["email"] == LocalUser().email
    assert files[0]["repoName"] == "kijko/kijko"


TEAMS = [Team(1, "video", "Video", 0)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("path:src/app/*", True),
        ("path:*/cut.py", True),
        ("path:SRC/APP/cut.py", True),
        ("path:app/cut.py", False),
        ("path:apps/gateway/app/cut.py", True),
        ("module:app.cut", True),
        ("module:app", False),
        ("url:https://kijko.example/*", True),
        ("url:*/other", False),
        ("tags.shop:re*", True),
        ("tags.shop:blue", False),
        ("tags.other:*", False),
        ("codeowners:apps/gateway/", True),
        ("codeowners:*.py", True),
        ("codeowners:*.js", False),
    ],
)
def test_rules_are_compared_with_the_event(rule: str, expected: bool) -> None:
    event: Any = {"request": {"url": "https://kijko.example/render"}} | error_at(
        "x", frame("src/app/cut.py", module="app.cut", abs_path="/srv/src/app/cut.py")
    )
    paths = CodePaths([CodeMapping(1, 1, "p", 1, "r", "src/", "apps/gateway/", "main")])
    subject = Subject.of(event, frames_newest_first(event), {"shop": "red"}, paths)
    found = matching(parse_ownership(f"{rule} #video", TEAMS), subject)
    assert bool(found) is expected


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/b/a.md", False),
        ("/docs/", "docs/b/a.md", True),
        ("docs/", "apps/docs/a.md", True),
        ("/docs/", "apps/docs/a.md", False),
        ("apps/**/cut.py", "apps/a/b/cut.py", True),
        ("apps/**/cut.py", "apps/cut.py", True),
        ("apps/**/cut.py", "apps/uncut.py", False),
        ("*", "any/thing", True),
        ("apps/web", "apps/web/src/a.ts", True),
        ("apps/web", "apps/webx/a.ts", False),
    ],
)
def test_codeowners_patterns_are_those_of_repositories(
    pattern: str, path: str, expected: bool
) -> None:
    assert bool(glob.codeowners(pattern).fullmatch(path)) is expected


def test_no_path_makes_many_stars_slow() -> None:
    path = "a" * 2000
    for compiled in (glob.glob("*a" * 30 + "b"), glob.codeowners("/" + "*a" * 30 + "b")):
        assert not compiled.fullmatch(path)
    assert glob.glob("*a*a*b").fullmatch("xaxaxb")
    assert glob.glob("a*b*c").fullmatch("abbcbc")
    assert not glob.glob("a*b*c").fullmatch("acb")


def test_a_commit_that_deleted_the_file_is_no_suspect() -> None:
    frames = frames_newest_first(json.loads(json.dumps(error_at("x", frame("src/a.py")))))
    made = Commit("a" * 40, "r", "m", None, None, 0)
    for change, expected in (("M", 1), ("A", 1), ("D", 0)):
        found = suspects(frames, [Touched(made, "src/a.py", change)], CodePaths([]))
        assert len(found) == expected
