"""The real sentry-sdk as sender: errors, transactions over two projects, sessions, sampling."""

import os
import subprocess
import sys
import textwrap
from typing import Any

from local_sentry_process import LocalSentry, eventually


def run_sender(code: str, *arguments: str) -> str:
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return finished.stdout.strip()


SENDER = """
    import sys, sentry_sdk
    from sentry_sdk import continue_trace, start_span, start_transaction

    def send(dsn, release, work):
        sentry_sdk.init(dsn, traces_sample_rate=1.0, release=release, environment="test",
                        auto_session_tracking=True)
        work()
        sentry_sdk.get_client().close()

    headers = {}

    def front():
        with start_transaction(op="ui.action", name="press render") as transaction:
            with start_span(op="http.client", name="POST /render") as span:
                headers["sentry-trace"] = sentry_sdk.get_traceparent()
                headers["baggage"] = sentry_sdk.get_baggage()
            print(transaction.trace_id)

    def inner(number):
        secret_local = "visible"
        return 1 / number

    def back():
        transaction = continue_trace(headers, op="http.server", name="POST /render")
        with start_transaction(transaction):
            sentry_sdk.set_tag("job_id", "job-17")
            sentry_sdk.set_user({"id": "u1"})
            sentry_sdk.add_breadcrumb(category="queue", message="picked up")
            with start_span(op="db", name="SELECT 1"):
                try:
                    inner(0)
                except ZeroDivisionError as error:
                    sentry_sdk.capture_exception(error)

    send(sys.argv[1], "kijko-web@1.0.0", front)
    send(sys.argv[2], "kijko-api@2.0.0", back)
"""


def test_one_trace_runs_over_two_projects_and_the_error_hangs_on_its_span(
    server: LocalSentry,
) -> None:
    trace_id = run_sender(SENDER, server.dsn("kijko-web"), server.dsn("kijko-api"))
    path = f"/api/0/organizations/kijko/trace/{trace_id}/"

    def complete() -> Any:
        tree = server.get(path)
        return tree if tree and tree[0]["children"] and tree[0]["children"][0]["children"] else None

    (root,) = eventually(complete, "the whole trace")
    client = root["children"][0]
    handler = client["children"][0]
    query = handler["children"][0]
    assert (root["project_slug"], root["op"]) == ("kijko-web", "ui.action")
    assert (client["op"], client["is_transaction"]) == ("http.client", False)
    assert (handler["project_slug"], handler["is_transaction"]) == ("kijko-api", True)
    assert query["description"] == "SELECT 1"
    (issue,) = server.issues(query="job_id:job-17")
    assert [error["issue_id"] for error in query["errors"]] == [int(issue["id"])]

    assert issue["title"] == "ZeroDivisionError: division by zero"
    assert issue["shortId"].startswith("KIJKO-API-")
    assert issue["userCount"] == 1
    event = server.get(f"/api/0/organizations/kijko/issues/{issue['id']}/events/latest/")
    assert event["contexts"]["trace"]["trace_id"] == trace_id
    assert {"key": "release", "value": "kijko-api@2.0.0"} in event["tags"]
    entries = {entry["type"]: entry["data"] for entry in event["entries"]}
    frames = entries["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "inner"
    assert frames[-1]["vars"]["secret_local"] == "'visible'"
    assert entries["breadcrumbs"]["values"][-1]["message"] == "picked up"

    page = server.client.get(f"/explore/traces/trace/{trace_id}/").text
    assert "kijko-web" in page
    assert "SELECT 1" in page
    assert (
        "division by zero" in server.client.get(f"/organizations/kijko/issues/{issue['id']}/").text
    )


def test_releases_and_environments_are_kept(server: LocalSentry) -> None:
    run_sender(SENDER, server.dsn("kijko-web"), server.dsn("kijko-api"))
    eventually(lambda: server.issues(query="job_id:job-17"))
    projects = {p["slug"]: p for p in server.get("/api/0/organizations/kijko/projects/")}
    assert "test" in projects["kijko-api"]["environments"]
    assert projects["kijko-api"]["firstTransactionEvent"]
    (issue,) = server.issues(query="job_id:job-17 environment:test release:kijko-api@2.0.0")
    detail = server.get(f"/api/0/organizations/kijko/issues/{issue['id']}/")
    assert detail["firstRelease"]["version"] == "kijko-api@2.0.0"
