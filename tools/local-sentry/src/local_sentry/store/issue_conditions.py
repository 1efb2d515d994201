"""Sentry's search keys of issues, each as SQL; text of clients only ever becomes a parameter."""

from collections.abc import Callable

from local_sentry.models import ISSUE_CATEGORIES, LocalUser
from local_sentry.services.search import (
    All,
    Condition,
    Either,
    Filter,
    FreeText,
    InvalidQueryError,
)
from local_sentry.services.search_moments import compared_moment
from local_sentry.services.short_ids import parse_short_id
from local_sentry.store.issue_frames import FIELDS
from local_sentry.store.like import like_pattern

_HEX = frozenset("0123456789abcdefABCDEF")
_PRIORITY = (
    "coalesce(i.priority, CASE WHEN i.level IN ('error', 'fatal') THEN 'high' ELSE 'medium' END)"
)
# The newest release of the issue's project.
_LATEST = (
    "SELECT r.id FROM release_projects rp JOIN releases r ON r.id = rp.release_id"
    " WHERE rp.project_id = i.project_id ORDER BY r.date_created DESC, r.id DESC LIMIT 1"
)
_CATEGORY = (
    "CASE i.issue_type "
    + " ".join(f"WHEN '{kind}' THEN '{name}'" for kind, name in ISSUE_CATEGORIES.items())
    + " END"
)
# Sentry's names for what is a tag here.
_TAGS = {"error.mechanism": "mechanism", "http.url": "url", "device.family": "device"} | {
    "device.model": "device",
}
_STATUSES = {"unresolved": "unresolved", "resolved": "resolved"} | dict.fromkeys(
    ("ignored", "archived", "muted"), "ignored"
)
_SUBSTATUSES = {"new", "ongoing", "escalating", "regressed"} | {
    "archived_until_escalating", "archived_until_condition_met", "archived_forever",
}  # fmt: skip
_USER_FIELDS = {"user.id": "id", "user.email": "email", "user.username": "username"} | {
    "user.ip": "ip"
}


class IssueConditions:
    """Builds SQL from left to right, so that `values` stay in the order of the question marks."""

    def __init__(self, now: int) -> None:
        """Begins; `now` (µs since the epoch) is what relative times count from."""
        self.values: list[object] = []
        self._now = now
        self._keys: dict[str, Callable[[Filter], str]] = {
            "is": self._is,
            "status": self._is,
            "has": self._has,
            "issue": self._issue,
            "issue.id": lambda f: self._text("CAST(i.id AS TEXT)", f),
            "id": lambda f: self._event_ids("event_id", f),
            "trace": lambda f: self._event_ids("trace_id", f),
            "replayId": lambda f: self._event_ids("replay_id", f),
            "replay_id": lambda f: self._event_ids("replay_id", f),
            "release": self._release,
            "assigned": self._assigned,
            "assigned_to": self._assigned,
            "assigned_or_suggested": self._assigned_or_suggested,
            "issue.priority": lambda f: self._text(_PRIORITY, f),
            "priority": lambda f: self._text(_PRIORITY, f),
            "issue.substatus": lambda f: self._text("i.substatus", f),
            "substatus": lambda f: self._text("i.substatus", f),
            "logger": lambda f: self._text("coalesce(i.logger, '')", f),
            "event.type": lambda f: self._text("i.kind", f),
            "type": lambda f: self._text("i.kind", f),
            "project": lambda f: self._text("p.slug", f),
            "project.name": lambda f: self._text("p.slug", f),
            "project.id": lambda f: self._text("CAST(p.id AS TEXT)", f),
            "level": lambda f: self._text("i.level", f),
            "platform": lambda f: self._text("i.platform", f),
            "title": lambda f: self._text("i.title", f),
            "culprit": lambda f: self._text("i.culprit", f),
            "location": lambda f: self._text("i.metadata ->> 'filename'", f),
            "error.type": lambda f: self._text("i.metadata ->> 'type'", f),
            "error.value": lambda f: self._text("i.metadata ->> 'value'", f),
            "message": lambda f: self._any_of(f, self._contains),
            "issue.type": lambda f: self._text("i.issue_type", f),
            "issue.category": lambda f: self._text(_CATEGORY, f),
            "bookmarks": lambda f: "0",
            "subscribed": lambda f: "0",
            "regressed_in_release": self._regressed,
            "firstRelease": lambda f: self._version("i.first_release_id", f),
            "first_release": lambda f: self._version("i.first_release_id", f),
            "lastRelease": lambda f: self._version("i.last_release_id", f),
            "times_seen": lambda f: self._number("i.times_seen", f),
            "timesSeen": lambda f: self._number("i.times_seen", f),
            "userCount": lambda f: self._number("i.users_seen", f),
            "age": lambda f: self._time("i.first_seen", f),
            "firstSeen": lambda f: self._time("i.first_seen", f),
            "first_seen": lambda f: self._time("i.first_seen", f),
            "last_seen": lambda f: self._time("i.last_seen", f),
            "timestamp": lambda f: self._time("i.last_seen", f),
            "lastSeen": lambda f: self._time("i.last_seen", f),
            "error.unhandled": lambda f: self._flag("i.unhandled", f),
            "error.handled": lambda f: self._flag("NOT i.unhandled", f),
        }

    def condition(self, condition: Condition) -> str:
        """SQL for a condition on the issue `i` of the project `p`.

        Raises:
            InvalidQueryError: a key does not take that value.
        """
        match condition:
            case All(conditions):
                return self._group(" AND ", conditions) if conditions else "1"
            case Either(conditions):
                return self._group(" OR ", conditions)
            case FreeText(text):
                return self._contains(text)
            case Filter():
                sql = self._keys.get(condition.key, self._tag_filter)(condition)
                return f"NOT ({sql})" if condition.negated else sql

    def _group(self, word: str, conditions: tuple[Condition, ...]) -> str:
        return "(" + word.join(self.condition(inner) for inner in conditions) + ")"

    def _any_of(self, found: Filter, build: Callable[[str], str]) -> str:
        return "(" + " OR ".join(build(value) for value in found.values) + ")"

    def _contains(self, text: str) -> str:
        pattern = f"%{like_pattern(text)}%"
        parsed = parse_short_id(text)
        self.values += [pattern, pattern, *(parsed or ("", 0))]
        return (
            "(i.title LIKE ? ESCAPE '\\' OR i.culprit LIKE ? ESCAPE '\\'"
            " OR (p.slug = ? AND i.short_id = ?))"
        )

    def _text(self, column: str, found: Filter) -> str:
        return self._any_of(found, lambda value: self._equals(column, value))

    def _equals(self, column: str, value: str) -> str:
        if "*" in value:
            self.values.append(like_pattern(value))
            return f"{column} LIKE ? ESCAPE '\\'"
        self.values.append(value)
        return f"{column} = ?"

    def _is(self, found: Filter) -> str:
        return self._any_of(found, self._state)

    def _state(self, value: str) -> str:
        if value in _STATUSES:
            self.values.append(_STATUSES[value])
            return "i.status = ?"
        if value in _SUBSTATUSES:
            self.values.append(value)
            return "(i.status != 'resolved' AND i.substatus = ?)"
        if value in ("unassigned", "assigned"):
            return f"i.assigned_to IS {'NOT ' if value == 'assigned' else ''}NULL"
        if value == "for_review":
            return "(i.status = 'unresolved' AND i.substatus IN ('new', 'regressed'))"
        if value in ("linked", "unlinked"):
            return "0" if value == "linked" else "1"
        known = ", ".join(sorted([*_STATUSES, *_SUBSTATUSES, "assigned", "unassigned"]))
        raise InvalidQueryError(f'"is:{value}" is not known. It may be one of: {known}.')

    def _has(self, found: Filter) -> str:
        return self._any_of(found, self._has_tag)

    def _regressed(self, found: Filter) -> str:
        def one(value: str) -> str:
            version = self._equals("a.data ->> 'version'", value)
            return (
                "EXISTS (SELECT 1 FROM issue_activity a WHERE a.issue_id = i.id"  # noqa: S608 - built from constants
                f" AND a.type = 'set_regression' AND {version})"
            )

        return self._any_of(found, one)

    def _stack(self, field: str, found: Filter) -> str:
        """Issues with an event one of whose frames has one of some values."""

        def one(value: str) -> str:
            self.values.append(field)
            return (
                "i.id IN (SELECT issue_id FROM issue_frames WHERE field = ? AND value_id IN"  # noqa: S608 - as above
                f" (SELECT id FROM strings WHERE {self._equals('value', value)}))"
            )

        return self._any_of(found, one)

    def _version(self, column: str, found: Filter) -> str:
        """A release by its version; `latest` is the newest of the issue's project."""

        def one(value: str) -> str:
            if value == "latest":
                return f"coalesce({column} = ({_LATEST}), 0)"
            version = f"(SELECT version FROM releases WHERE id = {column})"  # noqa: S608 - constants
            return self._equals(f"coalesce({version}, '')", value)

        return self._any_of(found, one)

    def _release(self, found: Filter) -> str:
        latest = (
            "EXISTS (SELECT 1 FROM issue_tags it JOIN tags t ON t.id = it.tag_id"  # noqa: S608 - constants
            " WHERE it.issue_id = i.id AND t.key = 'release' AND t.value ="
            f" (SELECT version FROM releases WHERE id = ({_LATEST})))"
        )
        named = tuple(value for value in found.values if value != "latest")
        parts = [latest] if len(named) < len(found.values) else []
        if named == ("",):
            parts.append(f"NOT {self._has_tag('release')}")
        elif named:
            parts.append(self.tag("release", named))
        return "(" + " OR ".join(parts) + ")"

    def _assigned(self, found: Filter) -> str:
        return self._any_of(found, lambda value: self._given("i.assigned_to", value))

    def _assigned_or_suggested(self, found: Filter) -> str:
        """Assigned to somebody, or to nobody with somebody as the owner that rules suggest."""

        def one(value: str) -> str:
            assigned = self._given("i.assigned_to", value)
            if value.lower() == "none":
                return f"({assigned} AND i.owners = '[]')"
            suggested = self._given("o.value ->> 'owner'", value)
            return (
                f"({assigned} OR (i.assigned_to IS NULL AND EXISTS"  # noqa: S608 - built from constants
                f" (SELECT 1 FROM json_each(i.owners) o WHERE {suggested})))"
            )

        return self._any_of(found, one)

    def _given(self, column: str, value: str) -> str:
        """Whether `column`, which is `user:N` or `team:N`, is whom a client wrote."""
        if value.lower() == "none":
            return f"{column} IS NULL"
        if value.lower() in ("my_teams", "[my_teams]"):
            return f"coalesce({column} LIKE 'team:%', 0)"
        if value.startswith("#"):
            self.values.append(value[1:])
            teams = "SELECT 'team:' || id FROM teams WHERE slug = ?"
            return f"coalesce({column} IN ({teams}), 0)"
        person = LocalUser()
        known = value.lower() in ("me", person.username, person.email)
        return f"coalesce({column} = 'user:{person.id}', 0)" if known else "0"

    def _event_ids(self, column: str, found: Filter) -> str:
        """Issues with an event that has that id, or is of that trace or replay."""

        def one(value: str) -> str:
            text = value.replace("-", "")
            known = len(text) == 32 and all(letter in _HEX for letter in text)
            self.values.append(bytes.fromhex(text) if known else b"")
            return f"i.id IN (SELECT issue_id FROM events WHERE {column} = ?)"  # noqa: S608 - constants

        return self._any_of(found, one)

    def _has_tag(self, key: str) -> str:
        if key in ("assigned", "assigned_to"):
            return "i.assigned_to IS NOT NULL"
        if key.startswith("stack.") and key[6:] in FIELDS:
            self.values.append(key[6:])
            return "EXISTS (SELECT 1 FROM issue_frames WHERE issue_id = i.id AND field = ?)"
        key = _TAGS.get(key, key)
        self.values.append(key)
        return (
            "EXISTS (SELECT 1 FROM issue_tags it JOIN tags t ON t.id = it.tag_id"
            " WHERE it.issue_id = i.id AND t.key = ?)"
        )

    def _issue(self, found: Filter) -> str:
        def one(value: str) -> str:
            self.values += parse_short_id(value) or ("", 0)
            return "(p.slug = ? AND i.short_id = ?)"

        return self._any_of(found, one)

    def _number(self, column: str, found: Filter) -> str:
        try:
            self.values.append(float(found.values[0]))
        except ValueError:
            raise InvalidQueryError(
                f'"{found.key}:" takes a number, like {found.key}:>5.'
            ) from None
        return f"{column} {found.operator} ?"

    def _time(self, column: str, found: Filter) -> str:
        operator, moment = compared_moment(found, found.values[0], self._now)
        self.values.append(moment)
        return f"{column} {operator} ?"

    def _flag(self, expression: str, found: Filter) -> str:
        wanted = found.values[0].lower() in ("1", "true", "yes")
        return expression if wanted else f"NOT ({expression})"

    def _tag_filter(self, found: Filter) -> str:
        if found.key in _USER_FIELDS:
            field = _USER_FIELDS[found.key]
            return self.tag("user", tuple(f"{field}:{value}" for value in found.values))
        if found.key.startswith("stack.") and found.key[6:] in FIELDS:
            return self._stack(found.key[6:], found)
        key = found.key[5:-1] if found.key.startswith("tags[") else found.key
        key = _TAGS.get(key, key)
        if found.values == ("",):
            return f"NOT {self._has_tag(key)}"
        return self.tag(key, found.values)

    def tag(self, key: str, values: tuple[str, ...]) -> str:
        """Issues with an event that has one of the values of a tag."""
        self.values.append(key)
        matches = " OR ".join(self._equals("value", value) for value in values)
        return (
            "i.id IN (SELECT issue_id FROM issue_tags WHERE tag_id IN"  # noqa: S608 - built from constants
            f" (SELECT id FROM tags WHERE key = ? AND ({matches})))"
        )
