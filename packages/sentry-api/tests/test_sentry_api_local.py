"""Every resource against a real local-sentry."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentry_api import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Period,
    SentryClient,
)
from sentry_api.models.releases import NewCommit, PatchFile
from sentry_api.models.settings import NewAlertRule
from sentry_api_local import LocalSentry, eventually, local_sentry, token
from sentry_api_story import PROJECT, tell

RELEASE = "kijko-api@1.0.0+abc1234"
FIRST_SEEN = {"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}


async def test_organizations_teams_and_projects(server: LocalSentry) -> None:
    async with SentryClient(server.settings()) as sentry:
        assert "kijko" in [found.slug async for found in sentry.organizations.list()]
        assert (await sentry.organizations.get()).slug == "kijko"
        assert (await sentry.organizations.who_am_i()).scopes
        assert [member async for member in sentry.organizations.members()]
        other = await sentry.organizations.create("empty", "Empty")
        empty = sentry.of(other.slug)
        assert [found async for found in empty.projects.list()] == []
        team = await empty.organizations.create_team("makers")
        with pytest.raises(Conflict):
            await empty.organizations.create_team("makers")
        made = await empty.projects.create(team.slug, "shop", platform="python")
        assert (made.slug, [found.slug for found in made.teams]) == ("shop", ["makers"])
        await empty.organizations.create_team("others")
        await empty.projects.add_team("shop", "others")
        changed = await empty.projects.update("shop", {"platform": "javascript"})
        assert changed.platform == "javascript"
        teams = {found.slug: found async for found in empty.organizations.teams()}
        assert [project.slug for project in teams["others"].projects] == ["shop"]
        await empty.projects.create_key("shop", "second")
        keys = [key async for key in empty.projects.keys("shop")]
        assert {key.name for key in keys} == {"Default", "second"}
        assert keys[0].public not in repr(keys)


async def arrived(sentry: SentryClient, event: str) -> None:
    """Waits until an event that was sent can be found."""

    async def there() -> bool:
        try:
            return bool(await sentry.events.find(event))
        except NotFound:
            return False

    await eventually(there, "the event")


async def test_an_error_from_search_to_attachment(server: LocalSentry) -> None:
    async with SentryClient(server.settings()) as sentry:
        story = await tell(sentry, "the attachment story")
        await arrived(sentry, story.event)
        found = [i async for i in sentry.issues.search("attachment", projects=[PROJECT])]
        issue = await sentry.issues.get(found[0].short_id)
        assert (issue.id, issue.count) == (found[0].id, 1)
        event = await sentry.events.get_of_issue(issue.id)
        assert (event.event_id, event.trace_id) == (story.event, story.trace)
        frames = event.failures[0].stacktrace
        assert frames is not None
        assert [frame.function for frame in frames.frames or []] == ["main"]
        assert [e.id async for e in sentry.events.of_issue(issue.id)] == [event.id]
        assert [e.id async for e in sentry.events.of_project(PROJECT)]
        assert (await sentry.events.get_of_project(PROJECT, story.event)).id == event.id
        (file,) = [file async for file in sentry.events.attachments(PROJECT, story.event)]
        async with sentry.events.download(PROJECT, story.event, file.id) as download:
            pieces = [piece async for piece in download.chunks]
        assert b"".join(pieces) == b"line\n" * 50_000
        assert (await sentry.issues.tag(issue.id, "shop")).top_values[0].value == "blue"
        assert [v.value async for v in sentry.issues.tag_values(issue.id, "shop")] == ["blue"]
        assert "shop" in [tag.key for tag in await sentry.issues.tags(issue.id)]
        assert "shop" in [key.key for key in await sentry.issues.tag_keys()]
        comment = await sentry.issues.comment(issue.id, "seen")
        assert [c.text async for c in sentry.issues.comments(issue.id)] == [comment.text]
        changed = await sentry.issues.update(issue.id, status="resolved", priority="high")
        assert (changed.status, changed.priority) == ("resolved", "high")
        kinds = [entry.type for entry in await sentry.issues.activity(issue.id)]
        assert {"note", "set_resolved"} <= set(kinds)
        assert [report async for report in sentry.issues.user_reports(issue.id)] == []
        await sentry.issues.delete(issue.id)
        with pytest.raises(NotFound):
            await sentry.issues.get(issue.id)


async def test_pages_of_a_long_list_are_all_there(server: LocalSentry) -> None:
    async with SentryClient(server.settings()) as sentry:
        several = [f"kijko-web@0.0.{n}+abc1234" for n in range(5)]
        for version in several:
            await sentry.releases.create(version, ["kijko-web"])
        page = sentry.releases.of_project("kijko-web", limit=2)
        assert len([release async for release in page]) == 2
        everything = [r.version async for r in sentry.releases.of_project("kijko-web")]
        assert sorted(everything) == several


async def test_traces_tables_and_series(server: LocalSentry) -> None:
    async with SentryClient(server.settings()) as sentry:
        story = await tell(sentry, "the trace story")
        day = Period("24h")

        async def complete() -> list[str | None]:
            nodes = [n for root in await sentry.explore.trace(story.trace) for n in root.walk()]
            return [n.op for n in nodes] if len(nodes) > 1 else []

        assert set(await eventually(complete, "the trace")) >= {"http.server", "db.query"}
        asked = ["span.status", "span.op", "nobody.knows"]
        for root in await sentry.explore.trace(story.trace, attributes=asked):
            for node in root.walk():
                assert node.additional_attributes["span.op"] == node.op
                assert set(node.additional_attributes) == {"span.status", "span.op"}
            assert root.additional_attributes["span.status"] == "ok"
        meta = await sentry.explore.trace_meta(story.trace)
        assert (meta.spans, meta.spans_by_op["db.query"]) == (2, 1)
        where = f"trace:{story.trace}"
        table = await sentry.explore.table(
            "spans", ["span.op", "p95(span.duration)"], query=where, sort="-span.op", period=day
        )
        assert [row["span.op"] for row in table.data] == ["http.server", "db.query"]
        assert table.meta.fields["p95(span.duration)"] == "duration"
        rows = sentry.explore.rows(
            "spans", ["span.op"], query=where, projects=[PROJECT], limit=1, period=day
        )
        assert len([row async for row in rows]) == 1
        now = datetime.now(UTC)
        hours = Period(start=now - timedelta(hours=2), end=now + timedelta(minutes=1))
        (series,) = await sentry.explore.timeseries(
            "spans", ["count()"], query=where, interval_ms=3_600_000, period=hours
        )
        assert sum(point.value or 0 for point in series.values) == 2
        found = sentry.explore.attributes("spans", "string", substring="span.op")
        assert "span.op" in [attribute.key async for attribute in found]
        with pytest.raises(InvalidRequest):
            await sentry.explore.table("spans", ["count()"], query="((")


async def test_replays_and_their_recordings(server: LocalSentry) -> None:
    async with SentryClient(server.settings()) as sentry:
        story = await tell(sentry, "the replay story")

        async def recorded() -> list[object]:
            try:
                return [s async for s in sentry.replays.segments(PROJECT, story.replay)]
            except NotFound:
                return []

        (segment,) = await eventually(recorded, "the recording")
        assert [event["type"] for event in segment] == [4]  # type: ignore[attr-defined]
        replay = await sentry.replays.get(story.replay)
        assert replay.urls == ["http://localhost/editor"]
        ids = [r.id async for r in sentry.replays.search(projects=[PROJECT], limit=50)]
        assert replay.id in ids
        async with sentry.replays.download_segment(PROJECT, story.replay, 0) as download:
            body = b"".join([piece async for piece in download.chunks])
        assert json.loads(body) == segment
        (issue,) = [i async for i in sentry.issues.search("replay story")]
        assert (await sentry.replays.count_of_issues([issue.id])).get(issue.id) == 1


async def test_a_release_from_new_to_deployed(server: LocalSentry) -> None:
    commits = [
        NewCommit(
            id=f"{n}" * 40,
            repository="kijko/mono",
            message=f"fix: {n}",
            author_name="Ada",
            author_email="ada@example.org",
            timestamp=datetime(2026, 1, n, tzinfo=UTC),
            patch_set=(PatchFile(path=f"apps/{n}.py", type="A"),),
        )
        for n in (1, 2)
    ]
    async with SentryClient(server.settings()) as sentry:
        for _ in range(2):  # again changes nothing
            release = await sentry.releases.create(RELEASE, [PROJECT], commits=commits)
        assert [project.slug for project in release.projects] == [PROJECT]
        assert {c.id async for c in sentry.releases.commits(RELEASE)} == {"1" * 40, "2" * 40}
        files = [f.filename async for f in sentry.releases.commit_files(RELEASE)]
        assert sorted(files) == ["apps/1.py", "apps/2.py"]
        done = await sentry.releases.update(RELEASE, released=datetime.now(UTC))
        assert done.date_released is not None
        deploy = await sentry.releases.deploy(RELEASE, "production", name="first")
        assert [d.id async for d in sentry.releases.deploys(RELEASE)] == [deploy.id]
        following = await sentry.releases.create("kijko-api@1.0.1+abc1234", [PROJECT])
        before = await sentry.releases.previous_with_commits(following.version)
        assert before is not None
        assert before.version == RELEASE
        assert await sentry.releases.find("kijko-api@9.9.9+abc1234") is None
        (repository,) = [r async for r in sentry.sources.repositories()]
        assert repository.id is not None
        assert len([c async for c in sentry.sources.commits(repository.id)]) == 2
        await sentry.releases.delete(following.version)
        assert await sentry.releases.find(following.version) is None


async def test_the_commits_that_sentry_suspects(server: LocalSentry) -> None:
    release = "kijko-api@2.0.0+def5678"
    touching = NewCommit(
        id="d" * 40,
        repository="kijko/mono",
        message="feat: a hotter editor",
        author_name="Bo",
        author_email="bo@example.org",
        patch_set=(PatchFile(path="apps/gateway/cli.py"),),
    )
    elsewhere = touching.model_copy(
        update={"id": "e" * 40, "patch_set": (PatchFile(path="docs/editor.md"),)}
    )
    async with SentryClient(server.settings()) as sentry:
        await sentry.releases.create(release, [PROJECT], commits=[elsewhere, touching])
        story = await tell(sentry, "the suspect story", release)
        await arrived(sentry, story.event)
        (committer,) = await sentry.events.committers(PROJECT, story.event)
        assert committer.author is not None
        assert committer.author.name == "Bo"
        (commit,) = committer.commits
        assert (commit.id, commit.message) == ("d" * 40, "feat: a hotter editor")
        assert commit.suspect_commit_type
        with pytest.raises(NotFound):
            await sentry.events.committers(PROJECT, "0" * 32)


def bundle(release: str) -> bytes:
    """An artifact bundle with one Python file."""
    manifest = {
        "org": "kijko",
        "project": PROJECT,
        "release": release,
        "files": {
            "files/_/_/cli.py": {"type": "source", "url": "~/cli.py", "headers": {}},
        },
    }
    packed = io.BytesIO()
    packed.write(b"SYSB\x01\x00\x00\x00")
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        archive.writestr("files/_/_/cli.py", "print('hello')\n")
    return packed.getvalue()


async def test_a_bundle_is_uploaded_once(server: LocalSentry) -> None:
    data = bundle(RELEASE)
    checksum = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    async with SentryClient(server.settings()) as sentry:
        await sentry.releases.create(RELEASE, [PROJECT])
        options = await sentry.artifacts.options()
        assert options.chunk_size >= len(data)
        wanted = (checksum, [checksum], [PROJECT])
        missing = await sentry.artifacts.assemble(*wanted, release=RELEASE)
        assert (missing.is_done, missing.missing_chunks) == (False, (checksum,))
        await sentry.artifacts.upload([(checksum, data)])

        async def assembled() -> bool:
            return (await sentry.artifacts.assemble(*wanted, release=RELEASE)).is_done

        await eventually(assembled, "the bundle")


async def test_code_mappings_ownership_and_alert_rules(server: LocalSentry) -> None:
    async with SentryClient(server.settings()) as sentry:
        made = await sentry.sources.put_mappings(
            PROJECT, "kijko/mono", [("gateway", "apps/gateway/src/gateway")]
        )
        assert (made.created, made.errors) == (1, 0)
        (mapping,) = [m async for m in sentry.sources.mappings()]
        assert (mapping.stack_root, mapping.project_slug) == ("gateway", PROJECT)
        await sentry.sources.delete_mapping(mapping.id)
        assert [m async for m in sentry.sources.mappings()] == []
        await sentry.alerts.set_ownership(PROJECT, "path:apps/* #kijko")
        assert (await sentry.alerts.ownership(PROJECT)).raw == "path:apps/* #kijko"
        wanted = NewAlertRule(
            name="tell me",
            conditions=[FIRST_SEEN],
            actions=[{"id": "local_sentry.actions.log"}],
        )
        rule = await sentry.alerts.create_rule(PROJECT, wanted)
        changed = await sentry.alerts.update_rule(
            PROJECT, rule.id, wanted.model_copy(update={"frequency": 60})
        )
        assert (changed.id, changed.frequency) == (rule.id, 60)
        assert [r.name async for r in sentry.alerts.rules(PROJECT)] == ["tell me"]
        await sentry.alerts.delete_rule(PROJECT, rule.id)
        with pytest.raises(NotFound):
            await sentry.alerts.delete_rule(PROJECT, rule.id)


async def test_a_token_that_may_little_is_told_what_it_lacks(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        little = token(tmp_path, "org:ci")
        async with SentryClient(server.settings(little)) as sentry:
            await sentry.releases.create(RELEASE, [PROJECT])
            with pytest.raises(NotAllowed) as caught:
                await sentry.projects.create("kijko", "more")
            assert caught.value.scopes[0] in ("project:write", "team:write")
        async with SentryClient(server.settings("nobodys")) as sentry:
            with pytest.raises(NotAuthenticated):
                await sentry.organizations.get()
