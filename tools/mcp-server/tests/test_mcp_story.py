"""The story is told as it says it is: what tests expect of answers is what Sentry was sent."""

import mcp_checkout
import mcp_story
import mcp_traces
from mcp_story import Story
from sentry_api import SentryClient


async def test_the_failed_job_is_one_trace_of_all_hops(story: Story) -> None:
    async with SentryClient(story.server.settings()) as sentry:
        nodes = [
            node for root in await sentry.explore.trace(story.failed_trace) for node in root.walk()
        ]
        ops = {(node.project_slug, node.op) for node in nodes}
        assert {
            ("kijko-web", "ui.action.click"),
            ("kijko-web", "http.server"),
            ("kijko-api", "http.server"),
            ("kijko-api", "queue.process"),
            ("kijko-api", "comfyui.api_call"),
        } <= ops
        issue = await sentry.issues.get(story.workflow_failed.short_id)
        latest = await sentry.events.get_of_issue(issue.id)
    tags = {tag.key: tag.value for tag in latest.tags}
    assert tags["job_id"] == story.failed_job
    assert issue.first_release is not None
    assert issue.first_release.version == story.second_release


async def test_issues_stand_as_the_story_says(story: Story) -> None:
    async with SentryClient(story.server.settings()) as sentry:
        issues = {
            issue.short_id: issue
            async for issue in sentry.issues.search("", projects=["kijko-api"], period="14d")
        }
        ffmpeg = await sentry.events.get_of_issue(story.ffmpeg_failed.id)
        ownership = await sentry.alerts.ownership("kijko-api")
        mappings = [each async for each in sentry.sources.mappings()]
        replays = [each.id async for each in sentry.replays.search()]
    status = {short: issue.status for short, issue in issues.items()}
    assert status[story.key_error.short_id] == "resolved"
    assert status[story.pool_empty.short_id] == "unresolved"
    assert issues[story.pool_empty.short_id].substatus == "regressed"
    assert issues[story.ffmpeg_failed.short_id].count == sum(mcp_story.FFMPEG_FAILED)
    assert max(issues.values(), key=lambda issue: issue.count).id == story.ffmpeg_failed.id
    assert "libx266" in (ffmpeg.title or "")
    assert ownership.raw
    assert [each.stack_root for each in mappings] == ["comfyui_gateway/"]
    assert set(story.replays) <= set(replays)
    line = story.checkout.line(mcp_checkout.EXECUTOR, "raise Workflow", story.checkout.second)
    assert line == 11


async def test_times_are_those_of_the_story(story: Story) -> None:
    async with SentryClient(story.server.settings()) as sentry:
        slow = {
            node.description: node.duration
            for root in await sentry.explore.trace(story.slow_trace)
            for node in root.walk()
            if node.op == "comfyui.node"
        }
    assert slow["KSampler"] == mcp_traces.SLOW["KSampler"] * 1000
