"""Our shapes read the answers of Sentry itself, where those are at hand.

They are looked for in ``SENTRY_FIXTURES``, and in ``shared`` beside the checkout.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from sentry_api.models import catalog, events, explore, issues, releases, replays, traces

SHAPES: dict[str, Any] = {
    "client-key": catalog.ProjectKey,
    "default-event": events.Event,
    "event": events.Event,
    "event-attachments": list[events.Attachment],
    "events-errors": explore.Table,
    "events-errors-empty": explore.Table,
    "events-spans": explore.Table,
    "events-spans-empty": explore.Table,
    "events-tracemetrics": explore.Table,
    "events-tracemetrics-aggregate": explore.Table,
    "events-tracemetrics-empty": explore.Table,
    "generic-event": events.Event,
    "issue": issues.Issue,
    "issue-activity": issues.ActivityList,
    "issue-comments": list[issues.Comment],
    "issue-null-culprit": issues.Issue,
    "issue-tag-values": issues.TagValues,
    "issue-user-reports": list[issues.UserReport],
    "organization": catalog.Organization,
    "performance-event": events.Event,
    "performance-issue": issues.Issue,
    "project": catalog.Project,
    "regressed-issue": issues.Issue,
    "release": releases.Release,
    "release-commits": list[releases.Commit],
    "release-deploys": list[releases.Deploy],
    "replay-details": replays.Replay,
    "replay-recording-segments": list[replays.Segment],
    "tags": list[issues.TagKey],
    "team": catalog.Team,
    "trace": list[traces.TraceNode],
    "trace-event": events.Event,
    "trace-meta": traces.TraceMeta,
    "trace-meta-with-nulls": traces.TraceMeta,
    "trace-mixed": list[traces.TraceNode],
    "user": catalog.Person,
} | dict.fromkeys(
    (
        "trace-items-attributes", "trace-items-attributes-logs-number",
        "trace-items-attributes-logs-string", "trace-items-attributes-spans-number",
        "trace-items-attributes-spans-string", "trace-items-attributes-tracemetrics-number",
        "trace-items-attributes-tracemetrics-string",
    ),
    list[explore.Attribute],
)  # fmt: skip


def _folder() -> Path:
    named = os.environ.get("SENTRY_FIXTURES", "")
    beside = (each / "shared/contracts/sentry/fixtures" for each in Path(__file__).parents)
    folder = Path(named) if named else next(filter(Path.is_dir, beside), None)
    if folder is None:
        pytest.skip("SENTRY_FIXTURES names no folder of Sentry's own answers")
    return folder


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_reads_sentrys_answer(name: str) -> None:
    file = _folder() / f"{name}.json"
    body = file.read_bytes()
    if not body:
        pytest.skip(f"{file.name} is empty")
    read = TypeAdapter(SHAPES[name]).validate_json(body)
    assert read or b"[]" in body


def test_every_answer_has_a_shape() -> None:
    assert {file.stem for file in _folder().glob("*.json")} == set(SHAPES)


def test_what_matters_is_read() -> None:
    event = events.Event.model_validate_json((_folder() / "event.json").read_bytes())
    assert event.failures[0].stacktrace
    nodes = TypeAdapter(list[traces.TraceNode]).validate_json(
        (_folder() / "trace-mixed.json").read_bytes()
    )
    assert len([node for root in nodes for node in root.walk()]) > len(nodes)
    meta = traces.TraceMeta.model_validate_json((_folder() / "trace-meta.json").read_bytes())
    assert meta.spans == 112


def test_what_sentry_never_counted_is_nothing() -> None:
    release = releases.Release.model_validate(
        {"version": "a@1.0.0", "deployCount": None, "commitCount": None, "newGroups": None}
    )
    assert (release.deploy_count, release.commit_count, release.new_groups) == (0, 0, 0)
