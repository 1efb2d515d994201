"""What a merge takes over from another data folder, table by table, and what it counts anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from local_sentry.store.issues import HOUR


@dataclass(frozen=True, slots=True)
class Table:
    """How the rows of a table are taken over.

    Attributes:
        name: of the table.
        key: columns that make a row the same in both; of a table that no other refers to by id,
            and that SQLite itself keeps unique, none are needed.
        refers: columns that hold ids, and of which table.
        is_loose: SQLite keeps the key of this table not unique, so it is looked for.
        only: a condition on the rows `s` of the other database.
        overrides: columns that are not taken over as they are, in SQL.
    """

    name: str
    key: tuple[str, ...] = ()
    refers: Mapping[str, str] = field(default_factory=dict)
    is_loose: bool = False
    only: str = "1"
    overrides: Mapping[str, str] = field(default_factory=dict)


PLACE = {"project_id": "projects", "release_id": "releases", "environment_id": "environments"}
PROJECT = {"project_id": "projects"}
_ISSUE = {"issue_id": "issues"}
OWNER = (
    "CASE WHEN s.{column} LIKE 'team:%' THEN 'team:' || (SELECT new FROM temp.ids"
    " WHERE kind = 'teams' AND old = CAST(substr(s.{column}, 6) AS INTEGER)) ELSE s.{column} END"
)
_NEW_ISSUES = "s.issue_id IN (SELECT old FROM temp.new_issues)"

BEFORE_ISSUES = (
    Table("organizations", ("slug",)),
    Table("teams", ("slug",), {"organization_id": "organizations"}),
    Table("projects", ("slug",), {"organization_id": "organizations"}),
    Table("project_teams", (), PROJECT | {"team_id": "teams"}),
    Table("project_keys", ("public_key",), PROJECT),
    Table("strings", ("value",)),
    Table("tags", ("key", "value")),
    Table("environments", ("name",)),
    Table("releases", ("version",), {"organization_id": "organizations"}),
    Table("release_projects", (), PLACE),
    Table("project_environments", (), PLACE),
)
AFTER_ISSUES = (
    Table("issue_hashes", (), PROJECT | _ISSUE),
    Table("issue_users", (), _ISSUE),
    Table("issue_frames", (), _ISSUE | {"value_id": "strings"}),
    Table("issue_hours", (), _ISSUE, only=_NEW_ISSUES),
    Table("issue_tags", (), _ISSUE | {"tag_id": "tags"}, only=_NEW_ISSUES),
    Table("issue_activity", ("issue_id", "type", "timestamp", "data"), PROJECT | _ISSUE,
          is_loose=True),
    Table("events", ("project_id", "event_id"),
          PLACE | _ISSUE | {"transaction_id": "strings"}),
    Table("event_payloads", (), {"event_row": "events"}),
    Table("event_tags", (), {"event_row": "events", "tag_id": "tags"}),
    Table("items", (), PROJECT),
    Table("logs", (), PLACE),
    Table("metrics", (), PLACE | {"name_id": "strings"}),
    Table("attribute_keys", (), PROJECT),
    Table("replays", ("replay_id",), PLACE),
    Table("replay_segments", (), {"replay_row": "replays"}),
    Table("replay_errors", (), {"replay_row": "replays"}),
    Table("replay_traces", (), {"replay_row": "replays"}),
    Table("sessions", (), PLACE),
    Table("session_counts", (), PLACE),
    Table("monitors", ("project_id", "slug"), PROJECT,
          overrides={"owner": OWNER.format(column="owner")}),
    Table("monitor_environments", (), {"monitor_id": "monitors"} | PLACE),
    Table("check_ins", (), {"monitor_id": "monitors"} | PLACE),
    Table("feedback", (), PLACE),
    Table("attachments", (), PROJECT),
    Table("profiles", (), PLACE | {"transaction_id": "strings"}),
    Table("outcomes", (), PROJECT),
    Table("chunks"),
    Table("artifact_bundles", ("checksum",)),
    Table("artifact_bundle_releases", (), PROJECT | {"bundle_id": "artifact_bundles"}),
    Table("artifact_files", (), {"bundle_id": "artifact_bundles"}),
    Table("repositories", ("organization_id", "name"), {"organization_id": "organizations"}),
    Table("commits", ("repository_id", "sha"), {"repository_id": "repositories"}),
    Table("commit_files", (), {"commit_id": "commits"}),
    Table("release_commits", (), {"release_id": "releases", "commit_id": "commits"},
          only="s.release_id NOT IN (SELECT i.old FROM temp.ids i JOIN main.release_commits c"
               " ON c.release_id = i.new WHERE i.kind = 'releases')"),
    Table("deploys", ("release_id", "environment", "date_finished"), {"release_id": "releases"},
          is_loose=True),
    Table("code_mappings", (), PROJECT | {"repository_id": "repositories"}),
    Table("ownership_rules", (), PROJECT),
    Table("project_options", (), PROJECT),
    Table("alert_rules", ("project_id", "name"), PROJECT, is_loose=True),
    Table("detectors", ("project_id", "name"), PROJECT, is_loose=True,
          overrides={"owner": OWNER.format(column="owner")}),
)  # fmt: skip
MERGED = frozenset(t.name for t in (*BEFORE_ISSUES, *AFTER_ISSUES)) | {"issues", "spans"}
# What stays behind, and why.
LEFT_OUT = {
    "alert_firings": "what rules said elsewhere",
    "alert_position": "how far rules have looked here",
    "journal_position": "how far the journal here is processed",
    "span_attributes": "stored with their spans",
    "span_hours": "counted when spans are stored",
    "tokens": "who may enter here is said here",
}

# Issues that both have count the events that came in; the rest is told from the rows.
_CAME_IN = """
    FROM other.events e JOIN temp.new_events n ON n.old = e.id
    JOIN temp.ids i ON i.kind = 'issues' AND i.old = e.issue_id
    WHERE e.issue_id NOT IN (SELECT old FROM temp.new_issues)
"""
COUNTED = (
    f"""
    UPDATE main.issues AS m SET times_seen = m.times_seen + c.events,
        first_seen = min(m.first_seen, c.first), last_seen = max(m.last_seen, c.last)
    FROM (SELECT i.new AS issue, count(*) AS events, min(e.timestamp) AS first,
            max(e.timestamp) AS last {_CAME_IN} GROUP BY 1) c
    WHERE m.id = c.issue
    """,  # noqa: S608 - constants
    f"""
    INSERT INTO main.issue_hours SELECT i.new, e.timestamp / {HOUR}, count(*) {_CAME_IN}
    GROUP BY 1, 2 ON CONFLICT DO UPDATE SET events = events + excluded.events
    """,
    f"""
    INSERT INTO main.issue_tags
    SELECT i.new, (SELECT new FROM temp.ids WHERE kind = 'tags' AND old = t.tag_id), count(*),
        min(e.timestamp), max(e.timestamp)
    {_CAME_IN.replace("WHERE", "JOIN other.event_tags t ON t.event_row = e.id WHERE", 1)}
    GROUP BY 1, 2 ON CONFLICT DO UPDATE SET events = events + excluded.events,
        first_seen = min(first_seen, excluded.first_seen),
        last_seen = max(last_seen, excluded.last_seen)
    """,  # noqa: S608 - constants
    """
    UPDATE main.issues AS m SET
        users_seen = (SELECT count(*) FROM main.issue_users u WHERE u.issue_id = m.id)
    WHERE id IN (SELECT new FROM temp.ids WHERE kind = 'issues')
    """,
    """
    UPDATE main.release_projects AS m SET new_issues = (SELECT count(*) FROM main.issues i
        WHERE i.first_release_id = m.release_id AND i.project_id = m.project_id)
    WHERE release_id IN (SELECT new FROM temp.ids WHERE kind = 'releases')
    """,
    """
    UPDATE main.projects AS m SET
        first_event = min(coalesce(m.first_event, s.first_event),
                          coalesce(s.first_event, m.first_event)),
        item_types = (SELECT json_group_array(value) FROM (
            SELECT value FROM json_each(m.item_types)
            UNION SELECT value FROM json_each(s.item_types)))
    FROM other.projects s JOIN temp.ids i ON i.kind = 'projects' AND i.old = s.id
    WHERE m.id = i.new
    """,
    """
    UPDATE main.replays AS m SET
        segments = (SELECT count(*) FROM main.replay_segments g WHERE g.replay_row = m.id)
    WHERE id IN (SELECT new FROM temp.ids WHERE kind = 'replays')
    """,
    # What happened elsewhere is no news here.
    """
    UPDATE main.alert_position SET
        activity_id = (SELECT coalesce(max(id), 0) FROM main.issue_activity),
        event_row = (SELECT coalesce(max(id), 0) FROM main.events)
    """,
)
