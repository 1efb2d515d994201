"""A plan as JSON."""

from release_cli.services.changelog import changelog
from release_cli.services.plan import AppPlan, PlannedCommit


def shape(plan: AppPlan) -> dict[str, object]:
    """One app's plan."""
    app = plan.app
    return {
        "app": plan.name,
        "project": app.project,
        "state": "tagged" if plan.is_tagged else "new" if plan.is_needed else "unchanged",
        "last": {"version": str(plan.last.version), "commit": plan.last.commit}
        if plan.last
        else None,
        "version": str(plan.version),
        "reason": plan.reason,
        "release": plan.release,
        "commit": plan.head,
        "tag": plan.tag,
        "commits": [_commit(each) for each in plan.commits],
        "changelog": changelog(plan),
        "artifact": app.artifact.model_dump() if app.artifact else None,
        "uploads": uploads(plan),
        "warnings": list(plan.warnings),
    }


def uploads(plan: AppPlan) -> list[str]:
    """What would be uploaded, in words."""
    app = plan.app
    if app.is_javascript:
        return [f"source maps of {app.artifact.path}"] if app.artifact else []
    where = f"in {app.artifact.path}" if app.artifact else f"below {app.root}"
    mappings = ["code mappings"] if app.code_mappings else []
    return [f"sources {where}", *mappings]


def _commit(each: PlannedCommit) -> dict[str, object]:
    commit = each.commit
    return {
        "sha": commit.sha,
        "subject": commit.subject,
        "author": commit.author_name,
        "at": commit.at.isoformat(),
        "level": each.level.word,
        "own": each.own,
        "files": [{"path": file.path, "type": file.type} for file in commit.files],
    }
