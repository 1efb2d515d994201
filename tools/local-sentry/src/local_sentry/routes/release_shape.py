"""Sentry's JSON shapes of releases, commits, deploys and repositories.

Source: Sentry's OpenAPI description (https://github.com/getsentry/sentry-api-schema).
"""

import re
from collections.abc import Sequence

from local_sentry.protocol.lenient_json import Document
from local_sentry.services.timestamps import isoformat
from local_sentry.store.commits import Commit, Deploy, Repository, Touched
from local_sentry.store.health import Health
from local_sentry.store.releases import Release, ReleaseProject

_SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?")


def _time(micros: int | None) -> str | None:
    return isoformat(micros) if micros is not None else None


def version_info(version: str) -> Document:
    """The parts of `package@1.2.3-pre+build`."""
    package, _, rest = version.rpartition("@")
    parts: Document = {"raw": rest}
    build = None
    if match := _SEMVER.fullmatch(rest):
        major, minor, patch, pre, build = match.groups()
        parts |= {
            "major": int(major[:9]), "minor": int(minor[:9]), "patch": int(patch[:9]),
            "pre": pre, "buildCode": build, "components": 3,
        }  # fmt: skip
    return {
        "package": package or None,
        "version": parts,
        "description": rest if build is None else f"{rest.partition('+')[0]} ({build})",
        "buildHash": build,
    }


def short_version(version: str) -> str:
    """The version without its package."""
    return version.rpartition("@")[2]


def author(name: str | None, email: str | None) -> Document:
    """Who wrote a commit."""
    return {"name": name, "email": email or ""}


def repository(found: Repository) -> Document:
    """A repository; none here is connected to a host."""
    return {
        "id": str(found.id),
        "name": found.name,
        "url": found.url,
        "provider": {"id": "unknown", "name": "Unknown Provider"},
        "status": "active",
        "dateCreated": isoformat(found.date_created),
        "integrationId": None,
        "externalSlug": found.name,
        "externalId": None,
        "settings": None,
    }


def commit(found: Commit, repositories: Sequence[Repository]) -> Document:
    """A commit."""
    home = next((each for each in repositories if each.name == found.repository), None)
    shape: Document = {
        "id": found.sha,
        "message": found.message,
        "dateCreated": isoformat(found.timestamp),
        "pullRequest": None,
        "suspectCommitType": "",
        "author": author(found.author_name, found.author_email),
        "releases": [],
    }
    return shape if home is None else shape | {"repository": repository(home)}


def file_change(number: int, touched: Touched, release: Release) -> Document:
    """What a commit of a release did to a file."""
    return {
        "id": str(number),
        "orgId": 1,
        "commitMessage": touched.commit.message,
        "commitId": touched.commit.sha,
        "filename": touched.path,
        "type": touched.change,
        "author": author(touched.commit.author_name, touched.commit.author_email),
        "dateCreated": isoformat(release.date_created),
        "repoName": touched.commit.repository,
    }


def deploy(found: Deploy) -> Document:
    """A deploy."""
    return {
        "id": str(found.id),
        "environment": found.environment,
        "name": found.name,
        "url": found.url,
        "dateStarted": _time(found.date_started),
        "dateFinished": isoformat(found.date_finished),
    }


def project(found: ReleaseProject, health: "ProjectHealth | None") -> Document:
    """A project of a release."""
    shape: Document = {
        "id": found.id,
        "slug": found.slug,
        "name": found.name,
        "platform": found.platform,
        "platforms": [found.platform] if found.platform else [],
        "newGroups": found.new_issues,
        "hasHealthData": health is not None and health.own.sessions > 0,
    }
    return shape if health is None else shape | {"healthData": health.shape()}


class ProjectHealth:
    """The health of a release in one of its projects, beside all of the project."""

    def __init__(self, own: Health, day: Health, everything: Health) -> None:
        """Compares.

        Args:
            own: of the release, in the period asked for.
            day: of the release, in the last 24 hours.
            everything: of all releases of the project, in the last 24 hours.
        """
        self.own = own
        self._day = day
        self._everything = everything

    @property
    def adoption(self) -> float | None:
        """Percent of the last day's sessions that were of this release."""
        if not self._everything.sessions:
            return None
        return 100.0 * self._day.sessions / self._everything.sessions

    @property
    def stage(self) -> str | None:
        """How far the release has come, in Sentry's words."""
        adoption = self.adoption
        if adoption is None:
            return None
        return "adopted" if adoption >= 10 else "low_adoption" if adoption else "replaced"

    def shape(self) -> Document:
        """`healthData`."""
        users = self._everything.users
        return {
            "adoption": 100.0 * self._day.users / users if users else None,
            "sessionsAdoption": self.adoption,
            "totalUsers": self.own.users,
            "totalUsers24h": self._day.users,
            "totalProjectUsers24h": users,
            "totalSessions": self.own.sessions,
            "totalSessions24h": self._day.sessions,
            "totalProjectSessions24h": self._everything.sessions,
            "crashFreeSessions": self.own.crash_free_sessions,
            "crashFreeUsers": self.own.crash_free_users,
            "sessionsCrashed": self.own.crashed,
            "sessionsErrored": self.own.errored,
            "durationP50": None,
            "durationP90": None,
            "hasHealthData": self.own.sessions > 0,
            "stats": {},
        }


def release(
    found: Release,
    projects: Sequence[ReleaseProject],
    commits: Sequence[Commit],
    deploys: Sequence[Deploy],
    repositories: Sequence[Repository],
    health: dict[int, ProjectHealth] | None,
) -> Document:
    """A release.

    Args:
        found: its row.
        projects: where it went.
        commits: what it has, newest first.
        deploys: newest first.
        repositories: of the organization.
        health: by project id, when the client asks for it.
    """
    authors = {(c.author_name, c.author_email): None for c in commits if c.author_email}
    shape: Document = {
        "id": found.id,
        "version": found.version,
        "status": found.status,
        "shortVersion": short_version(found.version),
        "versionInfo": version_info(found.version),
        "ref": found.ref,
        "url": found.url,
        "dateReleased": _time(found.date_released),
        "dateCreated": isoformat(found.date_created),
        "dateStarted": _time(found.date_started),
        "owner": None,
        "data": {},
        "newGroups": found.new_issues,
        "commitCount": found.commits,
        "lastCommit": commit(commits[0], repositories) if commits else None,
        "deployCount": found.deploys,
        # Here, and not in lists of deploys, the name is never null.
        "lastDeploy": deploy(deploys[0]) | {"name": deploys[0].name or ""} if deploys else None,
        "authors": [author(name, email) for name, email in authors],
        "projects": [
            project(each, health.get(each.id) if health is not None else None) for each in projects
        ],
        "firstEvent": _time(found.first_event),
        "lastEvent": _time(found.last_event),
        "currentProjectMeta": {},
        "userAgent": None,
    }
    if health is not None:
        stages = {each.slug: health[each.id] for each in projects if each.id in health}
        shape["adoptionStages"] = {
            slug: {"stage": found.stage, "adopted": None, "unadopted": None}
            for slug, found in stages.items()
        }
    return shape
