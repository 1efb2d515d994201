"""Changes an issue: resolves, assigns, comments. Offered only where writing was allowed."""

from dataclasses import dataclass
from typing import Literal

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line
from kijko_mcp.desk import Desk
from kijko_mcp.errors import Unclear
from kijko_mcp.questions.targets import find_issue
from sentry_api.models.issues import Issue

Action = Literal["resolve", "assign", "comment"]
_LONGEST_COMMENT = 5000


@dataclass(frozen=True, slots=True)
class ChangeWanted:
    """See the tool of the same name."""

    issue: str
    action: Action
    to: str = ""
    text: str = ""
    in_next_release: bool = False


async def asked_about(desk: Desk, wanted: ChangeWanted) -> tuple[Issue, str]:
    """The issue, and what would happen to it, in one sentence for the person who is asked.

    Raises:
        Unclear: something is missing.
        NothingFound: there is no such issue.
    """
    if wanted.action == "assign" and not wanted.to.strip():
        raise Unclear("Nobody is named.", "Give `to`: an e-mail address, a user name, or #team.")
    if wanted.action == "comment" and not wanted.text.strip():
        raise Unclear("The comment is empty.", "Give `text`.")
    if len(wanted.text) > _LONGEST_COMMENT:
        raise Unclear("The comment is too long.", f"At most {_LONGEST_COMMENT} characters.")
    issue, _ = await find_issue(desk, wanted.issue, "")
    what = {
        "resolve": "Resolve" + (" in the next release" if wanted.in_next_release else ""),
        "assign": f"Assign to {line(wanted.to, 80)}:",
        "comment": f"Comment “{line(wanted.text, 300)}” on",
    }[wanted.action]
    return issue, f"{what} {issue.short_id} ({line(issue.title, 120)})?"


async def change(desk: Desk, issue: Issue, wanted: ChangeWanted) -> Answer:
    """Makes the change.

    Raises:
        Unclear: there is no such team.
    """
    sentry = desk.sentry
    if wanted.action == "comment":
        made = await sentry.issues.comment(issue.id, wanted.text)
        answer = Answer(f"Commented on {issue.short_id}.")
        answer.facts = {"issue": issue.short_id, "comment": made.id}
        return answer
    if wanted.action == "assign":
        changed = await sentry.issues.update(issue.id, assigned_to=await _assignee(desk, wanted.to))
        answer = Answer(f"Assigned {issue.short_id}.")
    else:
        changed = await sentry.issues.update(
            issue.id,
            status="resolved",
            status_details={"inNextRelease": True} if wanted.in_next_release else None,
        )
        later = " in the next release" if wanted.in_next_release else ""
        answer = Answer(f"Resolved {issue.short_id}{later}.")
    answer.facts = {
        "issue": issue.short_id,
        "status": changed.status,
        "assigned_to": changed.assigned_to.id if changed.assigned_to else None,
    }
    return answer


async def _assignee(desk: Desk, named: str) -> str:
    text = named.strip()
    if not text.startswith("#"):
        return text
    teams = [each async for each in desk.sentry.organizations.teams()]
    for team in teams:
        if team.slug == text[1:]:
            return f"team:{team.id}"
    listed = ", ".join(f"#{each.slug}" for each in teams)
    raise Unclear("There is no such team.", f"The teams are: {listed or 'none'}.")
