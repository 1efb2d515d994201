"""How a project reacts: alert rules and when they fired, ownership, inbound filters."""

from collections.abc import AsyncIterator
from datetime import datetime

from pydantic import TypeAdapter

from sentry_api._call import delete, get, post, put
from sentry_api.models.base import reader
from sentry_api.models.settings import (
    AlertFiring,
    AlertRule,
    InboundFilter,
    NewAlertRule,
    Ownership,
    RuleParts,
)
from sentry_api.resources.base import Resource

_RULE = TypeAdapter(AlertRule)
_RULES = reader(list[AlertRule])
_PARTS = TypeAdapter(RuleParts)
_FIRINGS = reader(list[AlertFiring])
_OWNERSHIP = TypeAdapter(Ownership)
_FILTERS = reader(list[InboundFilter])
_PROJECT = "/projects/{organization}/{project}"
_ALL = f"{_PROJECT}/rules/"
_ONE = f"{_ALL}{{rule}}/"


class Alerts(Resource):
    """``…/rules/``, ``…/ownership/``, ``…/filters/`` of a project, named by its slug."""

    def rules(self, project: str) -> AsyncIterator[AlertRule]:
        """A project's issue alert rules."""
        call = get(_ALL, "alerts:read", organization=self._organization, project=project)
        return self._each(call, _RULES)

    async def rule_parts(self, project: str) -> RuleParts:
        """What rules can be made of here."""
        call = get(
            f"{_ALL}configuration/",
            "alerts:read",
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _PARTS)

    async def create_rule(self, project: str, rule: NewAlertRule) -> AlertRule:
        """Makes a rule; twice is two."""
        call = post(
            _ALL,
            "alerts:write",
            body=rule.model_dump(mode="json", by_alias=True),
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _RULE)

    async def update_rule(self, project: str, rule_id: str, rule: NewAlertRule) -> AlertRule:
        """Sets the whole rule."""
        call = put(
            _ONE,
            "alerts:write",
            body=rule.model_dump(mode="json", by_alias=True),
            organization=self._organization,
            project=project,
            rule=rule_id,
        )
        return await self._transport.fetch(call, _RULE)

    async def delete_rule(self, project: str, rule_id: str) -> None:
        """Removes a rule.

        Raises:
            NotFound: there is none.
        """
        call = delete(
            _ONE,
            "alerts:write",
            organization=self._organization,
            project=project,
            rule=rule_id,
        )
        await self._transport.send(call)

    def firings(
        self,
        project: str,
        rule_id: str,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> AsyncIterator[AlertFiring]:
        """For which issues a rule fired, and when last."""
        call = get(
            f"{_ONE}group-history/",
            "alerts:read",
            query={"start": start, "end": end},
            organization=self._organization,
            project=project,
            rule=rule_id,
        )
        return self._each(call, _FIRINGS)

    async def ownership(self, project: str) -> Ownership:
        """Who is asked first about what."""
        call = get(
            f"{_PROJECT}/ownership/",
            "project:read",
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _OWNERSHIP)

    async def set_ownership(
        self,
        project: str,
        raw: str,
        *,
        fallthrough: bool = True,
        auto_assignment: str = "Auto Assign to Issue Owner",
    ) -> Ownership:
        """Sets the ownership rules.

        Args:
            project: The project's slug.
            raw: The rules, one a line, such as ``path:src/* #team``.
            fallthrough: Whether everybody is an owner of what no rule names.
            auto_assignment: Who is assigned, in Sentry's words.
        """
        call = put(
            f"{_PROJECT}/ownership/",
            "project:write",
            body={"raw": raw, "fallthrough": fallthrough, "autoAssignment": auto_assignment},
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _OWNERSHIP)

    async def filters(self, project: str) -> list[InboundFilter]:
        """What a project does not take in."""
        call = get(
            f"{_PROJECT}/filters/",
            "project:read",
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _FILTERS)

    async def set_filter(self, project: str, name: str, *, active: bool) -> None:
        """Switches an inbound filter, such as ``web-crawlers`` or ``filtered-transaction``."""
        call = put(
            f"{_PROJECT}/filters/{{filter}}/",
            "project:write",
            body={"active": active},
            organization=self._organization,
            project=project,
            filter=name,
        )
        await self._transport.send(call)
