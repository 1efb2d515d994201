"""The pages by their HTML: issues and what is done to them, logs, releases, projects, live."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.routes.rendering import age, ago, percent
from local_sentry.services.event_view import view_event
from local_sentry.services.snippets import Target, snippets
from local_sentry.services.suspects import is_same_file
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_event,
    event_id,
    eventually,
    local_sentry,
)

RELEASE = "kijko-api@3.1.4+abcdef0"
ORGANIZATION = "/organizations/kijko"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    """A server with one release, one issue and all that can hang on it."""
    with local_sentry(tmp_path_factory.mktemp("pages")) as server:
        _send_release(server)
        _send_event(server)
        _send_logs(server)
        eventually(lambda: server.issues(query="boom"), "the issue")
        eventually(lambda: "line 3" in server.client.get("/explore/logs/").text, "the logs")
        eventually(lambda: "It broke" in issue_page(server), "the feedback")
        yield server


def _send_release(server: LocalSentry) -> None:
    made = {
        "version": RELEASE,
        "projects": ["kijko-api"],
        "commits": [
            {"id": "a" * 40, "repository": "kijko/kijko", "message": f"Render {EVIL}\n\nbody",
             "author_name": "Ada", "author_email": "ada@example.org",
             "patch_set": [{"path": "apps/gateway/src/gateway/render.py", "type": "M"}]},
            {"id": "b" * 40, "repository": "kijko/kijko", "message": "Change the readme",
             "patch_set": [{"path": "README.md", "type": "M"}]},
        ],
    }  # fmt: skip
    releases = "/api/0/organizations/kijko/releases/"
    assert server.client.post(releases, json=made).status_code == 201
    deploys = f"{releases}{RELEASE}/deploys/"
    assert server.client.post(deploys, json={"environment": "production"}).status_code == 201
    for status in ("exited", "exited", "exited", "crashed"):
        session = {
            "sid": event_id(), "init": True, "status": status, "errors": 0,
            "started": time.time(), "timestamp": time.time(), "attrs": {"release": RELEASE},
        }  # fmt: skip
        server.send(envelope(({"type": "session"}, json.dumps(session).encode())))


def _send_event(server: LocalSentry) -> None:
    number = event_id()
    frame = {"filename": "gateway/render.py", "function": "go", "lineno": 1, "in_app": True}
    exception = {"type": "BoomError", "value": "boom", "stacktrace": {"frames": [frame]}}
    event = error_event(
        release=RELEASE,
        exception={"values": [exception]},
        breadcrumbs=[{"category": "http", "data": {"http.query": "[Filtered]", "empty": "",
                                                   "url": "/prompt"}}],
    )  # fmt: skip
    report = {"event_id": number, "name": "Grace", "comments": f"It broke {EVIL}"}
    server.send(
        envelope(
            ({"type": "event"}, json.dumps(event).encode()),
            ({"type": "attachment", "filename": f"{EVIL}.json"}, b"{}"),
            event_id=number,
        )
    )
    server.send(envelope(({"type": "user_report"}, json.dumps(report).encode()), event_id=number))


def _send_logs(server: LocalSentry) -> None:
    items = [
        {"timestamp": time.time(), "level": level, "body": f"line {number} {EVIL}",
         "trace_id": event_id(),
         "attributes": {"job": {"value": f"job-{number}", "type": "string"}}}
        for number, level in enumerate(("debug", "info", "warn", "error"))
    ]  # fmt: skip
    header = {"type": "log", "item_count": len(items),
              "content_type": "application/vnd.sentry.items.log+json"}  # fmt: skip
    server.send(envelope((header, json.dumps({"items": items}).encode())))


def issue_page(server: LocalSentry) -> str:
    (issue,) = server.issues(query="boom is:unresolved") or server.issues(query="boom")
    return server.client.get(f"{ORGANIZATION}/issues/{issue['id']}/").text


def test_an_issue_shows_what_belongs_to_it(filled: LocalSentry) -> None:
    page = issue_page(filled)
    assert "Suspect commits" in page
    assert "apps/gateway/src/gateway/render.py" in page
    assert "Change the readme" not in page
    assert "Grace" in page
    assert "?download" in page
    assert "/prompt" in page
    assert "http.query" not in page
    assert EVIL not in page


def test_an_issue_is_resolved_assigned_and_opened_again(filled: LocalSentry) -> None:
    (issue,) = filled.issues(query="boom")
    change = f"{ORGANIZATION}/issues/{issue['id']}/change/"

    def post(**fields: str) -> Any:
        answer = filled.client.post(change, data=fields, headers={"origin": filled.url})
        assert answer.status_code == 303
        return filled.get(f"/api/0/organizations/kijko/issues/{issue['id']}/")

    assert post(action="resolve")["status"] == "resolved"
    assert "Open again" in filled.client.get(f"{ORGANIZATION}/issues/{issue['id']}/").text
    assert post(action="archive")["status"] == "ignored"
    assert post(action="unresolve")["status"] == "unresolved"
    assert post(assignee="me")["assignedTo"]["type"] == "user"
    assert post(assignee="#kijko")["assignedTo"]["name"] == "kijko"
    assert post(assignee="")["assignedTo"] is None
    assert filled.client.post(change, data={"action": "burn"}).status_code == 400
    assert filled.client.post(change, data={"assignee": "nobody here"}).status_code == 400
    assert filled.client.post(change, content=b"x" * 5000).status_code == 413
    assert filled.client.get(change).status_code in (404, 405)


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"origin": "http://evil.example"}, True),
        ({"origin": "null"}, True),
        ({}, False),
    ],
)
def test_pages_of_others_change_nothing(
    filled: LocalSentry, headers: dict[str, str], is_refused: bool
) -> None:
    (issue,) = filled.issues(query="boom")
    for path, options in (
        (f"{ORGANIZATION}/issues/{issue['id']}/change/", {"data": {"action": "unresolve"}}),
        (f"/api/0/issues/{issue['id']}/comments/", {"content": '{"text": "forged"}'}),
    ):
        answer = filled.client.post(path, headers=headers, **options)
        assert (answer.status_code == 403) == is_refused, path
    assert filled.client.get("/", headers=headers, follow_redirects=True).status_code == 200


def test_logs_are_searched_and_filtered_by_level(filled: LocalSentry) -> None:
    def lines(**parameters: str) -> list[int]:
        text = filled.client.get("/explore/logs/", params=parameters).text
        assert EVIL not in text
        return [number for number in range(4) if f"line {number} &lt;" in text]

    assert lines() == [0, 1, 2, 3]
    assert lines(level="warn") == [2, 3]
    assert lines(query="job:job-1") == [1]
    assert lines(query='"line 2"', level="error") == []
    assert lines(project="kijko-web") == []
    for bad in ({"query": "("}, {"project": "nobody"}):
        answer = filled.client.get("/explore/logs/", params=bad)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


def test_a_release_shows_adoption_commits_deploys_and_new_issues(filled: LocalSentry) -> None:
    listed = eventually(
        lambda: (
            text if "75%" in (text := filled.client.get(f"{ORGANIZATION}/releases/").text) else None
        ),
        "the sessions",
    )
    assert RELEASE in listed
    assert "production" in listed
    page = filled.client.get(f"{ORGANIZATION}/releases/{RELEASE}/").text
    for said in ("BoomError", "Render &lt;script&gt;", "aaaaaaaa", "production", "100%", "75%"):
        assert said in page, said
    assert EVIL not in page
    assert RELEASE not in filled.client.get(f"{ORGANIZATION}/releases/?query=nothing").text
    assert filled.client.get(f"{ORGANIZATION}/releases/nothing@1/").status_code == 404
    assert filled.client.get(f"{ORGANIZATION}/releases/?project=nobody").status_code == 400


def test_projects_show_a_dsn_that_works_and_what_to_paste(filled: LocalSentry) -> None:
    page = filled.client.get(f"{ORGANIZATION}/projects/").text
    for project in ("kijko-api", "kijko-web"):
        assert filled.dsn(project) in page
    assert "@sentry/nextjs" in page
    assert "sentry_sdk.init(" in page


@pytest.mark.parametrize(
    ("platform", "title"),
    [("python-django", "Python"), ("javascript-nextjs", "Next.js"), ("node-express", "Node.js"),
     ("javascript-react", "JavaScript"), ("native", "Environment"), (None, "Environment")],
)  # fmt: skip
def test_every_platform_has_something_to_paste(platform: str | None, title: str) -> None:
    target = Target("http://k@h/1", "http://h", "kijko", "web", 1, "k")
    found = snippets(platform, target)
    assert found[0].title == title
    assert any(target.dsn in snippet.text for snippet in found)


def test_a_release_of_any_name_has_a_page(filled: LocalSentry) -> None:
    version = "odd/../name?x=1#y%2F&<b>'\"{{7*7}}"
    body = json.dumps(error_event("odd release", release=version)).encode()
    filled.send(envelope(({"type": "event"}, body), event_id=event_id()))
    eventually(lambda: filled.issues(query='"odd release"'))
    listed = filled.client.get(f"{ORGANIZATION}/releases/", params={"query": "odd"}).text
    assert "<b>" not in listed.replace("<b>odd", "")
    address = re.search(rf'href="({ORGANIZATION}/releases/odd[^"]*)"', listed)
    assert address is not None
    # As a server receives it: what a browser makes of dots is not what is looked at here.
    page = filled.client.get(f"{ORGANIZATION}/releases/{quote(version, safe='')}/")
    assert page.status_code == 200
    assert "{{7*7}}" in page.text
    assert "odd release" in page.text


def test_what_is_newest_moves_when_something_arrives(filled: LocalSentry) -> None:
    before = filled.get("/live/")
    body = json.dumps(error_event("something new")).encode()
    filled.send(envelope(({"type": "event"}, body), event_id=event_id()))
    after = eventually(
        lambda: (found := filled.get("/live/"))["events"] > before["events"] and found
    )
    assert after["logs"] == before["logs"]


@pytest.mark.parametrize(
    ("frame", "file", "expected"),
    [
        ("gateway/render.py", "apps/gateway/src/gateway/render.py", True),
        ("/home/ada/kijko/apps/api/render.py", "apps/api/render.py", True),
        ("app:///src/app.ts", "apps/web/src/app.ts", True),
        ("render.py", "apps/api/render.py", False),
        ("README.md", "README.md", True),
        ("other/render.py", "apps/api/render.py", False),
        ("", "README.md", False),
    ],
)
def test_a_frame_and_a_committed_file_are_the_same(frame: str, file: str, expected: bool) -> None:
    assert is_same_file(frame, file) is expected


def test_empty_values_are_left_out_but_for_variables() -> None:
    frame: JsonObject = {"function": "f", "vars": {"name": "", "job": None}, "in_app": True}
    view = view_event(
        {
            "user": {"id": "1", "email": "", "username": None},
            "contexts": {"os": {"name": ""}, "browser": {"name": "Chrome", "version": ""}},
            "request": {"url": "http://app/", "query_string": "[Filtered]", "data": "[Filtered]"},
            "exception": {"values": [{"type": "E", "stacktrace": {"frames": [frame]}}]},
        }
    )
    assert view.user == (("id", "1"),)
    assert view.contexts == (("browser", (("name", "Chrome"),)),)
    assert view.request == (("url", "http://app/"), ("data", "[Filtered]"))
    assert len(view.stacks[0].groups[0].frames[0].variables) == 2


def test_times_and_shares_read_well() -> None:
    now = time.time_ns() // 1000
    minute = 60_000_000
    assert (ago(now), ago(now - 5 * minute), age(now - 5 * minute)) == (
        "just now", "5 min ago", "5 min",
    )  # fmt: skip
    assert ago(0) == "1 Jan 1970"
    assert [percent(share) for share in (None, 0.0, 99.96, 100.0)] == ["—", "0%", "99.9%", "100%"]
