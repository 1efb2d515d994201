"""Every question of the team gets its full answer from one call; the facts are what was sent."""

import dataclasses
from pathlib import Path

import httpx
import pytest

import mcp_checkout
import mcp_story
import mcp_traces
from mcp_asking import DEADLINE, Editor
from mcp_story import Story


@pytest.fixture
def editor(story: Story, tmp_path: Path) -> Editor:
    return Editor.open(story, tmp_path)


# Errors


async def test_recent_errors_of_a_project(editor: Editor) -> None:
    answer = await editor.ask("find_errors", project="api")
    story = editor.story
    listed = [each["id"] for each in answer.facts["issues"]]
    assert {story.workflow_failed.short_id, story.ffmpeg_failed.short_id} <= set(listed)
    assert story.key_error.short_id not in listed  # resolved
    assert "kijko-api" in answer.conclusion
    assert "libx266" in answer.text


async def test_the_most_frequent_this_week(editor: Editor) -> None:
    answer = await editor.ask(
        "find_errors", project="kijko-api", sort="frequent", period="this week"
    )
    first = answer.facts["issues"][0]
    assert first["id"] == editor.story.ffmpeg_failed.short_id
    assert first["events"] == sum(mcp_story.FFMPEG_FAILED)
    assert editor.story.ffmpeg_failed.short_id in answer.conclusion


async def test_unresolved_for_the_current_commit(editor: Editor) -> None:
    answer = await editor.ask("find_errors", project="api", release="current commit")
    story = editor.story
    assert answer.facts["release"] == story.second_release
    listed = {each["id"] for each in answer.facts["issues"]}
    assert {
        story.workflow_failed.short_id,
        story.ffmpeg_failed.short_id,
        story.pool_empty.short_id,
    } <= listed
    assert "checked out" in answer.text


async def test_introduced_by_the_latest_release(editor: Editor) -> None:
    answer = await editor.ask("find_errors", project="api", release="latest", introduced=True)
    listed = [each["id"] for each in answer.facts["issues"]]
    assert editor.story.workflow_failed.short_id in listed
    assert editor.story.ffmpeg_failed.short_id not in listed
    assert "introduced by" in answer.conclusion


async def test_errors_in_workflow_execution(editor: Editor) -> None:
    answer = await editor.ask("find_errors", about="workflow")
    listed = [each["id"] for each in answer.facts["issues"]]
    assert editor.story.workflow_failed.short_id in listed


async def test_ffmpeg_errors(editor: Editor) -> None:
    answer = await editor.ask("find_errors", about="ffmpeg")
    listed = [each["id"] for each in answer.facts["issues"]]
    assert listed == [editor.story.ffmpeg_failed.short_id]


async def test_what_changed_between_two_releases(editor: Editor) -> None:
    story = editor.story
    answer = await editor.ask(
        "release_status",
        project="api",
        release=story.second_release,
        compared_to=story.first_release,
    )
    assert answer.facts["new"] == [story.workflow_failed.short_id]
    assert answer.facts["gone"] == [story.key_error.short_id]
    assert set(answer.facts["stayed"]) == {
        story.ffmpeg_failed.short_id,
        story.pool_empty.short_id,
    }
    assert answer.facts["commits"] == [story.checkout.second]
    assert "limit the memory of workflows" in answer.text


async def test_where_it_fails_whose_it_is_and_which_commit_is_suspect(editor: Editor) -> None:
    story = editor.story
    answer = await editor.ask("explain_issue", issue=story.workflow_failed.short_id)
    at = story.checkout.line(mcp_checkout.EXECUTOR, "raise Workflow", story.checkout.second)
    assert answer.facts["place"] == f"{mcp_checkout.EXECUTOR}:{at}"
    assert answer.facts["unchanged"] is True
    assert answer.facts["suspect"] == story.checkout.second
    assert answer.facts["owners"] == ["#kijko", "video (project comfyui-gateway)"]
    assert answer.facts["trace"] == story.failed_trace
    assert "Bo" in answer.conclusion
    assert f">{at}:         raise WorkflowFailedError" in answer.text
    assert story.failed_job in answer.facts["reproduce"]


async def test_the_last_error_of_a_project(editor: Editor) -> None:
    answer = await editor.ask("explain_issue", project="web")
    assert answer.facts["project"] == "kijko-web"
    assert answer.conclusion


async def test_a_line_that_moved_is_found_again(editor: Editor) -> None:
    story = editor.story
    file = story.checkout.folder / mcp_checkout.FFMPEG
    before = file.read_text()
    file.write_text("# a new first line\n" + before)
    try:
        answer = await editor.ask("explain_issue", issue=story.ffmpeg_failed.short_id)
    finally:
        file.write_text(before)
    at = story.checkout.line(mcp_checkout.FFMPEG, "raise FFmpeg", story.checkout.second)
    assert answer.facts["place"] == f"{mcp_checkout.FFMPEG}:{at + 1}"
    assert answer.facts["unchanged"] is False
    assert f"was line {at}" in answer.text


# Performance


async def test_slow_transactions_in_the_timeline_editor(editor: Editor) -> None:
    answer = await editor.ask("find_slow", project="web", name="timeline editor")
    assert mcp_traces.EDITOR in answer.conclusion
    times = [each * 1000 for each in mcp_traces.EDITOR_SECONDS]
    assert answer.facts["slowest_first"][0]["average_ms"] == pytest.approx(sum(times) / len(times))
    assert answer.facts["slowest_first"][0]["count"] == len(times)


async def test_average_and_p95_of_the_workflow_api(editor: Editor) -> None:
    answer = await editor.ask("find_slow", project="api", name="workflow", period="24h")
    first = answer.facts["slowest_first"][0]
    assert mcp_traces.EXECUTE in answer.text
    flows = mcp_traces.SLOW_TRACES + 1
    times = [*mcp_traces.EXECUTE_SECONDS, *[mcp_traces.CALL] * flows]
    assert first["count"] == len(times)
    assert first["average_ms"] == pytest.approx(1000 * sum(times) / len(times), rel=0.01)
    assert 1700 <= first["p95_ms"] <= 2000
    assert "p95" in answer.conclusion


async def test_slowest_database_queries(editor: Editor) -> None:
    answer = await editor.ask("find_slow", what="queries")
    times = [each * 1000 for each in mcp_traces.SLOW_QUERY_SECONDS]
    first = answer.facts["slowest_first"][0]
    assert mcp_traces.SLOW_QUERY in answer.text
    assert first["average_ms"] == pytest.approx(sum(times) / len(times), rel=0.01)
    assert f"{mcp_traces.REPEATED} per trace, so probably N+1" in answer.text


async def test_the_bottleneck_of_the_whole_flow(editor: Editor) -> None:
    answer = await editor.ask("find_bottleneck", period="24h")
    assert "ComfyUI node `KSampler`" in answer.conclusion
    assert editor.story.slow_trace in answer.facts["traces"]
    parts = {each["kind"]: each["ms"] for each in answer.facts["parts"]}
    assert parts["queue wait"] > 0
    assert "UNUSUAL" in answer.text
    assert "KSampler" in answer.conclusion.split("Unusual against last week")[1]


# Traces


async def test_the_last_failed_workflow_execution(editor: Editor) -> None:
    story = editor.story
    answer = await editor.ask("explain_trace", which="failed_workflow")
    assert answer.facts["trace"] == story.failed_trace
    assert answer.facts["job"] == story.failed_job
    assert set(answer.facts["projects"]) == {"kijko-web", "kijko-api"}
    assert "failed in `" in answer.conclusion
    assert "WorkflowFailedError" in answer.text
    assert story.failed_job in answer.facts["reproduce"]


async def test_the_last_failed_api_call(editor: Editor) -> None:
    answer = await editor.ask("explain_trace", which="failed_api_call")
    assert answer.facts["trace"] == editor.story.failed_call
    assert mcp_traces.FAILED_CALL in answer.conclusion


@pytest.mark.parametrize("given", ["job", "trace", "address"])
async def test_a_trace_by_job_by_id_and_by_pasted_address(editor: Editor, given: str) -> None:
    story = editor.story
    arguments = {
        "job": {"job": story.failed_job},
        "trace": {"trace": story.failed_trace},
        "address": {
            "trace": f"{story.server.url}/organizations/kijko/traces/trace/{story.failed_trace}/"
        },
    }[given]
    answer = await editor.ask("explain_trace", **arguments)
    assert answer.facts["trace"] == story.failed_trace


async def test_where_the_time_of_one_trace_went(editor: Editor) -> None:
    answer = await editor.ask("explain_trace", trace=editor.story.slow_trace)
    assert "47 % of that ComfyUI node `KSampler`" in answer.conclusion
    assert "5.5 s (47 %) ComfyUI node KSampler, UNUSUAL: 5.0 times last week's 1.1 s" in answer.text
    assert "4 s (34 %) queue wait jobs" in answer.text


async def test_a_query_for_every_row_is_one_line(editor: Editor) -> None:
    slow = await editor.ask("find_slow", what="queries", name="assets")
    answer = await editor.ask("explain_trace", trace=slow.facts["example"])
    assert (
        f"480ms db.query {mcp_traces.REPEATED_QUERY} ({mcp_traces.REPEATED} times)" in answer.text
    )


# Replays


async def test_the_replay_of_an_error(editor: Editor) -> None:
    story = editor.story
    answer = await editor.ask("show_replay", issue=story.crash.short_id)
    assert answer.facts["replay"] in story.replays
    assert answer.facts["link"] in answer.conclusion
    async with httpx.AsyncClient(timeout=DEADLINE) as http:
        page = await http.get(answer.facts["link"], follow_redirects=True)
    assert page.status_code == 200
    assert answer.facts["replay"] in page.text
    told = answer.structured["untrusted"]["what happened (seconds from the start, *** is masked)"]
    assert told == [
        "0.0 navigation /",
        "0.8 input *** = ***",  # what was masked stays masked
        "0.8 navigation / → /",
        "1.5 timeline drag start a start=0",
        "1.7 drag div clip-a from 28,136 to 228,136",
        "1.7 timeline drop a from=0 to=200",
        "1.7 click div clip-a",
        "1.8 input *** = ***",
        "1.8 click button render",
        "1.8 network POST http[:]//[ip]:8000/prompt → 200 in 49 ms",
        "2.0 click button render-proxy",
        "2.0 network POST /api/gw → 200 in 93 ms",
        "3.5 click button boom",
        f"3.5 ERROR {story.crash.short_id}: {mcp_story.CRASH}: {mcp_story.CRASH_MESSAGE}",
        "3.6 click button pii",
        "3.6 ERROR KIJKO-WEB-2: Error: bad login [email] from [ip] [token]",
        "3.7 click button ro",
    ]


async def test_the_last_crash_of_the_timeline(editor: Editor) -> None:
    answer = await editor.ask("show_replay", project="web")
    assert answer.facts["replay"] in editor.story.replays
    assert answer.facts["project"] == "kijko-web"


async def test_all_sessions_that_met_an_issue(editor: Editor) -> None:
    story = editor.story
    answer = await editor.ask("show_replay", issue=story.crash.short_id, all_sessions=True)
    assert set(answer.facts["replays"]) == set(story.replays)


# Workspace


async def test_which_project_owns_a_file(editor: Editor) -> None:
    answer = await editor.ask("ask_workspace", path=mcp_checkout.EXECUTOR)
    assert answer.facts["project"] == "comfyui-gateway"
    assert answer.facts["owners"] == ["video (project comfyui-gateway)"]


async def test_whether_one_is_affected_by_another(editor: Editor) -> None:
    yes = await editor.ask(
        "ask_workspace", path="web", affected_by="packages/editor/src/timeline.ts"
    )
    assert yes.facts["affected"] is True
    assert yes.conclusion.startswith("Yes: web needs editor")
    no = await editor.ask("ask_workspace", path="comfyui-gateway", affected_by="editor")
    assert no.facts["affected"] is False
    assert no.conclusion.startswith("No")


async def test_what_would_be_released(editor: Editor, tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    editor.story.checkout.git("clone", "-q", ".", str(folder))
    clone = dataclasses.replace(editor.story.checkout, folder=folder)
    build = (folder / "apps/comfyui-gateway/BUILD").read_text()
    declared = build.replace("    owners", '    artifact=":gateway",\n    owners')
    clone.commit(
        "fix: declare what is deployed",
        {"apps/comfyui-gateway/BUILD": f'{declared}sentry_project(project="kijko-api")\n'},
    )
    here = Editor(editor.story, editor.settings.model_copy(update={"workspace": folder}))
    answer = await here.ask("ask_workspace", unreleased=True)
    since = editor.story.second_release.rpartition("+")[2]
    head = clone.git("rev-parse", "HEAD")
    assert answer.facts["projects"] == [
        {"project": "comfyui-gateway", "commits": 1, "since": since, "newest": head}
    ]
    assert "declare what is deployed" in answer.text


async def test_whether_a_fix_is_released_and_the_error_stopped(editor: Editor) -> None:
    story = editor.story
    stopped = await editor.ask("release_status", issue=story.key_error.short_id)
    assert stopped.facts["fixed_in"] == story.second_release
    assert stopped.facts["released"] is True
    assert stopped.facts["stopped"] is True
    assert stopped.facts["deployed_to"] == ["production"]
    again = await editor.ask("release_status", issue=story.pool_empty.short_id)
    assert again.facts["fixed_in"] == story.first_release
    assert again.facts["stopped"] is False
    assert "did NOT stop" in again.conclusion


async def test_the_check_after_a_release(editor: Editor) -> None:
    answer = await editor.ask("release_status", project="api")
    story = editor.story
    assert answer.facts["release"] == story.second_release
    assert answer.facts["compared_to"] == story.first_release
    assert "needs a look" in answer.conclusion
    assert "deployed to `production`" in answer.conclusion


async def test_the_command_that_reproduces_a_failed_job(editor: Editor) -> None:
    job = editor.story.failed_encode
    answer = await editor.ask("ask_workspace", job=job)
    address = f"http://127.0.0.1:8080/api/jobs/{job}/again?wait=60"
    assert answer.facts["command"] == f"curl -X POST '{address}'"


async def test_a_query_of_ones_own_turns_pages(editor: Editor) -> None:
    given = {"dataset": "logs", "fields": ["message", "severity"], "limit": 1, "sort": "message"}
    first = await editor.ask("search", **given)
    second = await editor.ask("search", **given, cursor=first.structured["cursor"])
    assert "failed its first try" in first.text
    assert "failed its first try" in second.text
