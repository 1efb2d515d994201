"""Which tool a question from the terminal means. Plain rules: a person sees at once what was done.

In the editor the model chooses the tool itself; this is for `mcp-server ask`.
"""

import re
from dataclasses import dataclass, field

from kijko_mcp.errors import Unclear

_PERIODS = r"today|yesterday|this week|last week|this month|last \d+ \w+"
_PROJECT = re.compile(
    r"\b(kijko-[a-z-]+)\b|\b(?:in|of|from|for) (?:the )?(web|api|editor|gateway)\b"
)
_ISSUE = re.compile(r"\b([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-[0-9A-Z]+)\b")
_HEX = re.compile(r"\b([0-9a-f]{32})\b")
_JOB = re.compile(r"\bjob ([A-Za-z0-9][A-Za-z0-9-]{5,63})\b")
_ADDRESS = re.compile(r"(?:https?|sentry)://\S+")
_FILE = re.compile(r"(\S+/\S+|\S+\.(?:py|tsx?|jsx?))")
_GIVEN = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """A tool and its arguments."""

    tool: str
    arguments: dict[str, object] = field(default_factory=dict)


def understood(words: list[str], tools: set[str]) -> Asked:
    """What words from the command line ask for.

    Args:
        words: a tool's name and `key=value`, or a question in English.
        tools: the names of the tools.

    Raises:
        Unclear: no rule fits; the advice says how to name a tool.
    """
    if words and words[0] in tools:
        return Asked(words[0], dict(_given(each) for each in words[1:]))
    text = " ".join(words).strip()
    for pattern, tool, fixed in _RULES:
        if re.search(pattern, text, re.IGNORECASE):
            return Asked(tool, _details(tool, text) | fixed)
    named = ", ".join(sorted(tools))
    raise Unclear(
        "That question is not understood.", f"Name a tool and key=value. The tools are: {named}."
    )


_RULES: tuple[tuple[str, str, dict[str, object]], ...] = (
    (r"\breproduce\b", "ask_workspace", {}),
    (r"would be released|unreleased", "ask_workspace", {"unreleased": True}),
    (r"\bowns?\b.*\S[/.]\S|which project", "ask_workspace", {}),
    (r"\baffected by\b", "ask_workspace", {}),
    (r"all (?:sessions|replays)", "show_replay", {"all_sessions": True}),
    (r"replay|session|recording|last crash", "show_replay", {}),
    (r"failed (?:api )?call", "explain_trace", {"which": "failed_api_call"}),
    (r"failed workflow|last failed", "explain_trace", {"which": "failed_workflow"}),
    (r"bottleneck|where .*time", "find_bottleneck", {}),
    (r"\btrace\b|\bjob\b", "explain_trace", {}),
    (r"slow.*quer|database quer", "find_slow", {"what": "queries"}),
    (r"slow|p95|average", "find_slow", {}),
    (r"fix(?:ed)? .*(?:released|stop)|did .*stop", "release_status", {}),
    (r"introduced", "find_errors", {"introduced": True, "release": "latest"}),
    (r"(?:check|health|status).*release|release.*(?:check|health|status)", "release_status", {}),
    (r"current commit|this commit", "find_errors", {"release": "current"}),
    (r"most frequent|frequent|common", "find_errors", {"sort": "frequent"}),
    (r"ffmpeg", "find_errors", {"about": "ffmpeg"}),
    (r"errors .*workflow", "find_errors", {"about": "workflow"}),
    (r"(?:last|latest) (?:error|issue)|explain|why|suspect|who", "explain_issue", {}),
    (r"errors?|issues?|broke|crash", "find_errors", {}),
)


def _details(tool: str, text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    address, issue, identity = _ADDRESS.search(text), _ISSUE.search(text), _HEX.search(text)
    job, file, project = _JOB.search(text), _FILE.search(text), _PROJECT.search(text)
    target = address.group() if address else None
    if project and tool not in ("ask_workspace", "find_bottleneck"):
        found["project"] = project[1] or project[2]
    if tool in ("explain_issue", "release_status", "show_replay") and issue:
        found["issue"] = issue[1]
    if tool == "explain_issue" and (target or identity):
        found["issue"] = target or (identity[1] if identity else "")
    if tool == "explain_trace" and (target or identity):
        found["trace"] = target or (identity[1] if identity else "")
    if tool in ("explain_trace", "ask_workspace") and job:
        found["job"] = job[1]
    if tool == "ask_workspace" and not job:
        is_affected = re.search(r"(\S+) affected by (\S+?)\??$", text)
        if is_affected:
            found |= {"path": is_affected[1], "affected_by": is_affected[2]}
        elif file:
            found["path"] = file[1].rstrip("?")
    if (period := re.search(_PERIODS, text, re.IGNORECASE)) and tool in _WITH_PERIOD:
        found["period"] = period.group().lower()
    return found


_WITH_PERIOD = ("find_errors", "find_slow", "find_bottleneck", "show_replay", "explain_trace")


def _given(word: str) -> tuple[str, object]:
    match = _GIVEN.fullmatch(word)
    if match is None:
        raise Unclear(f"{word[:60]!r} is no argument.", "Write key=value, such as project=web.")
    value: object = match[2]
    if value in ("true", "false"):
        value = value == "true"
    elif match[1] == "limit" and match[2].isdecimal():
        value = int(match[2])
    elif match[1] == "fields":
        value = match[2].split(",")
    return match[1], value
