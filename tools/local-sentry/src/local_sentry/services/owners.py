"""Gives a new issue to whom ownership rules and suspect commits name."""

import sqlite3
from collections.abc import Iterator
from functools import lru_cache

import structlog

from local_sentry.models import ErrorEvent
from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.services.assignees import UnknownAssigneeError, parse_assignee
from local_sentry.services.code_paths import CodePaths
from local_sentry.services.ownership import (
    InvalidOwnershipError,
    Rule,
    Subject,
    matching,
    parse_ownership,
)
from local_sentry.services.stacktrace import frames_newest_first
from local_sentry.services.suspects import Suspect, of_event
from local_sentry.store import catalog, code_mappings, issue_changes
from local_sentry.store.catalog import Team
from local_sentry.store.code_mappings import Ownership
from local_sentry.store.issues import Owner
from local_sentry.store.session import WriteSession

TO_OWNERS = "Auto Assign to Issue Owner"
TO_COMMITTERS = "Auto Assign to Suspect Commits"
TO_NOBODY = "Turn off Auto-Assignment"
SUSPECT_COMMIT = "suspectCommit"
_MOST_OWNERS = 20
_log = structlog.get_logger(__name__)


@lru_cache(maxsize=64)
def _rules(raw: str, teams: tuple[Team, ...]) -> tuple[Rule, ...]:
    return tuple(parse_ownership(raw, teams))


def matching_rules(
    connection: sqlite3.Connection,
    project_id: int,
    kept: Ownership,
    event: JsonObject,
    tags: dict[str, str],
) -> list[Rule]:
    """The rules of a project that are about an event, in their order."""
    organization_id = catalog.organization_of_project(connection, project_id)
    try:
        rules = _rules(kept.raw, tuple(catalog.teams(connection, organization_id)))
    except InvalidOwnershipError as error:
        # They were right when they were written: an owner has gone since.
        _log.warning("ownership_rules_unusable", project=project_id, reason=str(error))
        return []
    paths = CodePaths(code_mappings.of_project(connection, project_id))
    return matching(rules, Subject.of(event, frames_newest_first(event), tags, paths))


def _of_rules(rules: list[Rule], at: int) -> Iterator[Owner]:
    """Owners by rule, the one who counts most first."""
    for rule in reversed(rules):
        kind = "codeowners" if rule.matcher == "codeowners" else "ownershipRule"
        for owner in rule.owners:
            yield Owner(owner, kind, str(rule), at)


def _of_suspects(suspects: list[Suspect], teams: list[Team], at: int) -> Iterator[Owner]:
    """Committers who are somebody here."""
    for suspect in suspects:
        for name in filter(None, (suspect.commit.author_email, suspect.commit.author_name)):
            try:
                owner = parse_assignee(f"user:{name}", teams)
            except UnknownAssigneeError:
                continue
            if owner is not None:
                yield Owner(owner, SUSPECT_COMMIT, suspect.commit.sha, at)
                break


def give_owners(
    session: WriteSession,
    issue_id: int,
    event: ErrorEvent,
    payload: JsonObject,
    release_id: int | None,
) -> None:
    """Notes who may own an issue, and assigns it if nobody has it and the project wants that."""
    connection, project_id = session.connection, event.origin.project_id
    kept = code_mappings.ownership(connection, project_id)
    by_rule: list[Owner] = []
    if kept is not None and kept.raw:
        rules = matching_rules(connection, project_id, kept, payload, event.tags)
        by_rule = list(_of_rules(rules, event.timestamp))
    by_commit: list[Owner] = []
    if suspects := of_event(connection, project_id, payload, release_id):
        organization_id = catalog.organization_of_project(connection, project_id)
        teams = catalog.teams(connection, organization_id)
        by_commit = list(_of_suspects(suspects, teams, event.timestamp))
    found = [*by_commit, *by_rule]
    if not found:
        return
    issue_changes.set_owners(session, issue_id, found[:_MOST_OWNERS])
    how = kept.auto_assignment if kept is not None else TO_NOBODY
    chosen = {TO_OWNERS: by_rule, TO_COMMITTERS: found}.get(how, [])
    if chosen:
        issue_changes.assign_if_free(
            session, issue_id, event.timestamp, assignee=chosen[0].owner, reason=chosen[0].type
        )
