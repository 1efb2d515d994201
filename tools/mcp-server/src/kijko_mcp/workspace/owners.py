"""Whose a file is: by Sentry's ownership rules, then by the project that it is in."""

from fnmatch import fnmatchcase

from kijko_mcp.desk import Desk
from kijko_mcp.workspace.projects import owning, projects
from sentry_api import SentryApiError
from sentry_api.models.catalog import ProjectName


async def owners_of(desk: Desk, path: str, project: ProjectName | None) -> list[str]:
    """Who is asked about a file, without repetition; none where nobody is named."""
    found: list[str] = []
    if project is not None:
        try:
            found += by_rules(await desk.ownership(project.slug), path)
        except SentryApiError:
            found = []  # a token that may not read the rules still gets what the checkout says
    if desk.checkout is not None:
        local = owning(await projects(desk.checkout), path)
        found += [f"{owner} (project {local.name})" for owner in local.owners] if local else []
    return list(dict.fromkeys(found))


def by_rules(raw: str, path: str) -> list[str]:
    """The owners that the last fitting rule of Sentry's ownership language names."""
    owners: list[str] = []
    for written in raw.splitlines():
        pattern, *named = written.split("#!")[0].split() or [""]
        if written.lstrip().startswith("#") or not named:
            continue
        matcher, colon, glob = pattern.partition(":")
        if not colon:
            matcher, glob = "codeowners", pattern
        if matcher in ("path", "codeowners") and _fits(glob, path):
            owners = named
    return owners


def _fits(glob: str, path: str) -> bool:
    bare = glob.lstrip("/")
    if bare.endswith("/"):
        bare += "*"
    return any(fnmatchcase(path, each) for each in (bare, f"*/{bare}", f"{bare}/*"))
