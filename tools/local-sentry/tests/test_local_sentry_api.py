"""The read API: search, pages of results, shapes, access."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local_sentry_process import LocalSentry, error_envelope, eventually, local_sentry

ISSUES = "/api/0/organizations/kijko/issues/"


def raised(shop: str, user: int) -> dict[str, Any]:
    """An exception with a frame of its own for each shop, and one for each user in a library."""
    frames = [
        {"filename": f"lib/user_{user}.py", "function": "call", "in_app": False},
        {"filename": f"shops/{shop}.py", "module": f"shops.{shop}", "function": "burn",
         "abs_path": f"/srv/shops/{shop}.py", "lineno": 7, "in_app": True},
    ]  # fmt: skip
    return {
        "type": "ValueError",
        "value": f"{shop} shop burns",
        "stacktrace": {"frames": frames},
        "mechanism": {"type": "logging", "handled": True},
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with local_sentry(tmp_path_factory.mktemp("api")) as server:
        for shop, level, release in (
            ("red", "error", "kijko-api@1.0.0"),
            ("blue", "fatal", "kijko-api@1.1.0"),
            ("green", "warning", "kijko-api@1.1.0"),
        ):
            for user in range({"red": 3, "blue": 2, "green": 1}[shop]):
                server.send(
                    error_envelope(
                        f"{shop} shop burns", level=level, release=release, environment="prod",
                        tags={"shop": shop}, user={"id": str(user)}, fingerprint=[shop],
                        exception={"values": [raised(shop, user)]},
                    )
                )  # fmt: skip
        server.send(error_envelope("another project", environment="dev"), "kijko-web")
        eventually(lambda: sum(int(i["count"]) for i in server.issues(query="")) == 7)
        yield server


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"red", "blue", "green", "another"}),
        ("is:unresolved", {"red", "blue", "green", "another"}),
        ("is:resolved", set()),
        ("level:fatal", {"blue"}),
        ("!level:fatal", {"red", "green", "another"}),
        ("level:[error,warning] shop:*", {"red", "green"}),
        ("shop:red", {"red"}),
        ("shop:r*", {"red"}),
        ("!shop:red", {"blue", "green", "another"}),
        ("has:shop", {"red", "blue", "green"}),
        ("!has:shop", {"another"}),
        ("burns", {"red", "blue", "green"}),
        ('"blue shop"', {"blue"}),
        ("BLUE", {"blue"}),
        ("shop:red OR level:fatal", {"red", "blue"}),
        ("burns (shop:red OR shop:blue) !level:error", {"blue"}),
        ("release:kijko-api@1.1.0", {"blue", "green"}),
        ("firstRelease:kijko-api@1.0.0", {"red"}),
        ("release:latest", {"blue", "green"}),
        ("firstRelease:latest", {"blue", "green"}),
        ("release:[latest,kijko-api@1.0.0] !shop:green", {"red", "blue"}),
        ('release:""', {"another"}),
        ("assigned:none", {"red", "blue", "green", "another"}),
        ("assigned:me", set()),
        ("is:unassigned issue.priority:high", {"red", "blue", "another"}),
        ("status:[resolved,unresolved] times_seen:1", {"green", "another"}),
        ("is:for_review lastSeen:-1h", {"red", "blue", "green", "another"}),
        ("environment:dev", {"another"}),
        ("timesSeen:>2", {"red"}),
        ("user.id:2", {"red"}),
        ("age:-1h", {"red", "blue", "green", "another"}),
        ("age:+1h", set()),
        ("issue:KIJKO-WEB-1", {"another"}),
        ("project:kijko-web", {"another"}),
        ("error.type:ValueError error.value:*green*", {"green"}),
        ("stack.filename:shops/red.py", {"red"}),
        ("stack.filename:shops/*", {"red", "blue", "green"}),
        ("stack.filename:lib/user_2.py", {"red"}),  # of one of its events only
        ("!stack.filename:*red* has:shop", {"blue", "green"}),
        ("stack.abs_path:/srv/shops/blue.py", {"blue"}),
        ("stack.module:shops.green", {"green"}),
        ("stack.function:[burn,other] level:fatal", {"blue"}),
        ("stack.lineno:7 stack.filename:*red*", {"red"}),
        ("has:stack.filename", {"red", "blue", "green"}),
        ("!has:stack.module", {"another"}),
        ("error.mechanism:logging", {"red", "blue", "green"}),
        ("error.unhandled:false", {"red", "blue", "green", "another"}),
        ("error.handled:true", {"red", "blue", "green", "another"}),
        ("assigned_or_suggested:none", {"red", "blue", "green", "another"}),
        ("assigned_or_suggested:[me,#kijko]", set()),
        ("issue.type:error issue.category:error", {"red", "blue", "green", "another"}),
        ("issue.category:outage", set()),
        ("is:archived", set()),
        ("is:new", {"red", "blue", "green", "another"}),
        ("regressed_in_release:*", set()),
        ("bookmarks:me", set()),
        ("title:*green*", {"green"}),
        ("message:green", {"green"}),
        ("location:shops/red.py", {"red"}),
        ("culprit:*shops.blue*", {"blue"}),
        ("platform:python shop:blue", {"blue"}),
        ("lastRelease:kijko-api@1.0.0", {"red"}),
        ("userCount:>=2", {"red", "blue"}),
        ("user:id:2", {"red"}),
        ("tags[shop]:red", {"red"}),
        ("(shop:red AND level:error) OR (shop:blue AND !level:error)", {"red", "blue"}),
        ("100%_", set()),
        ("shop:r_d", set()),
    ],
)
def test_search_finds_exactly(filled: LocalSentry, query: str, expected: set[str]) -> None:
    found = filled.issues(query=query)
    assert {issue["metadata"]["value"].split()[0] for issue in found} == expected


def test_parameters_narrow_and_sort(filled: LocalSentry) -> None:
    assert [i["count"] for i in filled.issues(sort="freq", project="kijko-api")] == ["3", "2", "1"]
    assert len(filled.issues(environment="dev")) == 1
    assert len(filled.issues(statsPeriod="24h")) == 4
    for bad in ({"query": "is:nonsense"}, {"query": "("}, {"sort": "x"}, {"project": "nobody"},
                {"cursor": "x"}, {"limit": "x"}, {"statsPeriod": "x"}):  # fmt: skip
        answer = filled.client.get(ISSUES, params=bad)
        assert answer.status_code == 400, bad
        assert answer.json()["detail"]


def test_pages_are_turned_by_the_link_header(filled: LocalSentry) -> None:
    first = filled.client.get(ISSUES, params={"limit": 3, "query": ""})
    assert 'rel="previous"; results="false"' in first.headers["link"]
    following = first.links["next"]["url"]
    assert first.links["next"]["results"] == "true"
    second = filled.client.get(following)
    assert len(first.json()) == 3
    assert len(second.json()) == 1
    assert second.links["next"]["results"] == "false"
    assert not {i["id"] for i in first.json()} & {i["id"] for i in second.json()}


def test_events_of_an_issue_know_their_neighbours(filled: LocalSentry) -> None:
    (issue,) = filled.issues(query="shop:red")
    base = f"{ISSUES}{issue['id']}/events"
    newest = filled.get(f"{base}/latest/")
    middle = filled.get(f"{base}/{newest['previousEventID']}/")
    oldest = filled.get(f"{base}/oldest/")
    assert newest["nextEventID"] is None
    assert middle["nextEventID"] == newest["eventID"]
    assert middle["previousEventID"] == oldest["eventID"]
    assert filled.get(f"/api/0/issues/{issue['shortId']}/")["id"] == issue["id"]
    assert filled.client.get(f"{base}/{'0' * 31}1/").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/api/0/nothing/", f"{ISSUES}999/", "/api/0/organizations/other/issues/",
     "/api/0/organizations/kijko/trace/xyz/", "/api/0/projects/kijko/nobody/keys/"],
)  # fmt: skip
def test_what_is_not_there_is_said_in_sentrys_shape(filled: LocalSentry, path: str) -> None:
    answer = filled.client.get(path)
    assert answer.status_code == 404
    assert answer.json()["detail"]


def test_without_authentication_only_loopback_names_are_answered(filled: LocalSentry) -> None:
    for host, status in (("localhost:1", 200), ("[::1]:1", 200), ("evil.example", 421),
                         ("127.0.0.1.evil.example", 421)):  # fmt: skip
        for path in (ISSUES, "/organizations/kijko/issues/"):
            assert filled.client.get(path, headers={"Host": host}).status_code == status


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local_sentry", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


def test_tokens_open_the_api_and_the_pages(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    secret = command("token", *data).stdout.strip()
    assert secret.startswith("sntryu_")
    with local_sentry(tmp_path, "--host", "127.0.0.1") as server:
        client = server.client
        assert client.get(ISSUES).status_code == 401
        assert client.get(ISSUES, headers={"Authorization": "Bearer x"}).status_code == 401
        bearer = {"Authorization": f"Bearer {secret}"}
        assert client.get(ISSUES, headers=bearer).status_code == 200
        assert client.get("/", headers=bearer).status_code == 307
        page = client.get("/organizations/kijko/issues/")
        assert (page.status_code, page.headers["location"]) == (303, "/login/")
        assert client.post("/login/", data={"token": "wrong"}).status_code == 403
        signed_in = client.post("/login/", data={"token": secret})
        assert "HttpOnly" in signed_in.headers["set-cookie"]
        assert "SameSite=strict" in signed_in.headers["set-cookie"]
        assert client.get("/organizations/kijko/issues/").status_code == 200
        client.cookies.clear()
        (listed,) = json.loads(command("token", "list", "--json", *data).stdout)
        assert secret.endswith(listed["hint"])
        assert command("token", "revoke", str(listed["id"]), *data).returncode == 0
        assert client.get(ISSUES, headers=bearer).status_code == 401


def test_commands_fail_with_a_sentence(tmp_path: Path) -> None:
    opened = command("serve", "--host", "0.0.0.0", "--no-auth", "--data", str(tmp_path))  # noqa: S104
    assert opened.returncode == 1
    assert "--no-auth is for this machine only" in opened.stderr
    port = command("serve", "--port", "70000", "--data", str(tmp_path))
    assert port.returncode == 1
    assert "port is not valid" in port.stderr
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert command("serve", "--port", "0", "--data", str(blocked)).returncode == 1
    for result in (opened, port):
        assert "Traceback" not in result.stderr


def test_doctor_says_what_a_folder_holds(tmp_path: Path) -> None:
    assert command("doctor", "--data", str(tmp_path / "none")).returncode == 1
    with local_sentry(tmp_path) as server:
        server.send(error_envelope("for the doctor"))
        eventually(lambda: server.issues())
    report = command("doctor", "--json", "--data", str(tmp_path))
    assert report.returncode == 0, report.stdout + report.stderr
    assert json.loads(report.stdout)["ok"]
    assert "1 issues" in report.stdout
