"""What the buttons of an issue's page do: resolve, archive, open again, assign."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import write
from local_sentry.routes.api.issue_changes import IssueChanges, apply
from local_sentry.routes.pages.forms import posted
from local_sentry.store.session import WriteSession

_CHANGES = {
    "resolve": IssueChanges(status="resolved"),
    "resolve-in-next-release": IssueChanges(status="resolvedInNextRelease"),
    "archive": IssueChanges(status="ignored", substatus="archived_until_escalating"),
    "archive-forever": IssueChanges(status="ignored", substatus="archived_forever"),
    "unresolve": IssueChanges(status="unresolved"),
}


async def change_issue(request: Request) -> Response:
    """`POST /organizations/{org}/issues/{issue}/change/`: a form with `action` or `assignee`.

    Raises:
        BadParameterError: the form asks for nothing that is known here.
    """
    resources.require(request, resources.EVENT.needed("PUT"))
    form = await posted(request)
    changes = _CHANGES.get(form.get("action", ""))
    if "assignee" in form:
        changes = IssueChanges(assignedTo=form["assignee"])
    if changes is None:
        raise api.BadParameterError("There is no such action.")

    def command(session: WriteSession) -> int:
        issue = api.find_issue(session.connection, request)
        apply(session, issue, changes)
        return issue.id

    number = await write(request, command)
    return RedirectResponse(f"/organizations/kijko/issues/{number}/", status_code=303)


routes = [
    Route("/organizations/{organization}/issues/{issue}/change/", change_issue, methods=["POST"])
]
