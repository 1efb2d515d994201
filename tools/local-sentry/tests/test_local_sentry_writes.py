"""What clients change: organizations, keys, the state of issues, merges, ownership."""

from collections.abc import Iterator
from typing import Any

import pytest

from local_sentry_process import LocalSentry, envelope, error_envelope, eventually, local_sentry

ORGANIZATION = "/api/0/organizations/kijko"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("writes")) as running:
        yield running


def an_issue(server: LocalSentry, name: str, **fields: Any) -> str:
    """Sends an error and returns the address of its issue."""
    server.send(error_envelope(name, fingerprint=[name], **fields))
    found = eventually(lambda: server.issues(query=f'"{name}"'), "the issue")
    return f"{ORGANIZATION}/issues/{found[0]['id']}/"


def change(server: LocalSentry, address: str, expected: int = 200, /, **body: Any) -> Any:
    answer = server.client.put(address, json=body)
    assert answer.status_code == expected, answer.text
    return answer.json()


def test_an_organization_has_its_own_projects_and_issues(server: LocalSentry) -> None:
    made = server.client.post("/api/0/organizations/", json={"name": "Second House"})
    assert (made.status_code, made.json()["slug"]) == (201, "second-house")
    again = server.client.post("/api/0/organizations/", json={"name": "Second House"})
    assert again.status_code == 409
    own = "/api/0/organizations/second-house"
    team = server.get(f"{own}/teams/")[0]["slug"]
    body = {"name": "Cellar", "platform": "python"}
    created = server.client.post(f"/api/0/teams/second-house/{team}/projects/", json=body)
    assert created.status_code == 201
    (key,) = server.get("/api/0/projects/second-house/cellar/keys/")
    # The key works at once, without waiting for anything to be read again.
    sent = server.client.post(
        f"/api/{key['projectId']}/envelope/?sentry_key={key['public']}",
        content=error_envelope("in the cellar"),
    )
    assert sent.status_code == 200
    (issue,) = eventually(lambda: server.get(f"{own}/issues/"), "the issue")
    assert "/organizations/second-house/" in issue["permalink"]
    assert server.issues(query="cellar") == []
    assert server.client.get(f"{ORGANIZATION}/issues/{issue['id']}/").status_code == 404


def test_a_key_is_switched_off_at_once(server: LocalSentry) -> None:
    keys = "/api/0/projects/kijko/kijko-editor/keys/"
    made = server.client.post(keys, json={"name": "for a while"}).json()
    target = f"/api/{made['projectId']}/envelope/?sentry_key={made['public']}"
    body = envelope(({"type": "event"}, b"{}"), event_id="0" * 31 + "1")
    assert server.client.post(target, content=body).status_code == 200
    assert change(server, f"{keys}{made['id']}/", isActive=False)["isActive"] is False
    assert server.client.post(target, content=body).status_code == 403
    assert server.client.delete(f"{keys}{made['id']}/").status_code == 204
    assert len(server.get(keys)) == 1


def test_resolved_in_the_next_release_stays_so_until_it_comes(server: LocalSentry) -> None:
    issue = an_issue(server, "next release", release="kijko-api@1.0.0")
    resolved = change(server, issue, status="resolved", statusDetails={"inNextRelease": True})
    assert resolved["statusDetails"] == {"inNextRelease": True}
    server.send(error_envelope("next release", fingerprint=["next release"],
                               release="kijko-api@1.0.0"))  # fmt: skip
    eventually(lambda: server.get(issue)["count"] == "2", "the second event")
    assert server.get(issue)["status"] == "resolved"
    server.send(error_envelope("next release", fingerprint=["next release"],
                               release="kijko-api@1.1.0"))  # fmt: skip
    eventually(lambda: server.get(issue)["status"] == "unresolved", "the regression")
    types = [entry["type"] for entry in server.get(f"{issue}activities/")["activity"]]
    assert types[0] == "set_regression"
    assert "set_resolved_in_release" in types


def test_issues_are_archived_assigned_and_prioritized(server: LocalSentry) -> None:
    issue = an_issue(server, "to be archived")
    archived = change(server, issue, status="ignored", statusDetails={"ignoreCount": 10})
    assert archived["substatus"] == "archived_until_condition_met"
    assert archived["statusDetails"] == {"ignoreCount": 10}
    assert change(server, issue, assignedTo="#kijko")["assignedTo"]["type"] == "team"
    assert [i["id"] for i in server.issues(query="assigned:#kijko")] == [archived["id"]]
    assert change(server, issue, assignedTo="me", priority="low")["priority"] == "low"
    assert change(server, issue, assignedTo="")["assignedTo"] is None
    assert "assignedTo" in change(server, issue, 400, assignedTo="nobody@example.org")
    assert change(server, issue, 400, status="nonsense")


def test_comments_are_written_changed_and_taken_back(server: LocalSentry) -> None:
    issue = an_issue(server, "to be discussed")
    note = server.client.post(f"{issue}comments/", json={"text": "hm"}).json()
    assert server.get(issue)["numComments"] == 1
    change(server, f"{issue}comments/{note['id']}/", text="aha")
    assert server.get(f"{issue}comments/")[0]["data"]["text"] == "aha"
    assert server.client.delete(f"{issue}comments/{note['id']}/").status_code == 204
    assert server.get(issue)["numComments"] == 0


def test_issues_are_merged_and_deleted(server: LocalSentry) -> None:
    one, two = an_issue(server, "half one"), an_issue(server, "half two")
    numbers = [address.rstrip("/").rpartition("/")[2] for address in (one, two)]
    answer = server.client.put(
        f"{ORGANIZATION}/issues/", params={"id": numbers}, json={"merge": True}
    )
    merged = answer.json()["merge"]
    parent = f"{ORGANIZATION}/issues/{merged['parent']}/"
    assert server.get(parent)["count"] == "2"
    assert server.client.get(f"{ORGANIZATION}/issues/{merged['children'][0]}/").status_code == 404
    server.send(error_envelope("half two", fingerprint=["half two"]))
    server.send(error_envelope("half one", fingerprint=["half one"]))
    eventually(lambda: server.get(parent)["count"] == "4", "later events of both")
    assert server.client.delete(parent).status_code == 202
    assert server.client.get(parent).status_code == 404


def test_ownership_rules_are_checked(server: LocalSentry) -> None:
    rules = "/api/0/projects/kijko/kijko-api/ownership/"
    kept = change(server, rules, 202, raw="# comment\npath:src/* #kijko me")
    assert kept["schema"]["rules"][0]["owners"] == [
        {"type": "team", "id": "1", "name": "1"},
        {"type": "user", "id": "1", "name": "1"},
    ]
    assert "Line 1" in change(server, rules, 400, raw="path:src/* #nobody")["raw"][0]
