"""What a question from the terminal is understood to mean."""

import pytest

from kijko_mcp.errors import Unclear
from kijko_mcp.phrases import Asked, understood

TOOLS = {"find_errors", "explain_issue"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("recent errors of kijko-api", Asked("find_errors", {"project": "kijko-api"})),
        (
            "most frequent errors this week",
            Asked("find_errors", {"sort": "frequent", "period": "this week"}),
        ),
        ("unresolved errors for the current commit", Asked("find_errors", {"release": "current"})),
        (
            "errors introduced by the latest release",
            Asked("find_errors", {"introduced": True, "release": "latest"}),
        ),
        ("errors in workflow execution", Asked("find_errors", {"about": "workflow"})),
        ("FFmpeg errors", Asked("find_errors", {"about": "ffmpeg"})),
        ("the last failed workflow", Asked("explain_trace", {"which": "failed_workflow"})),
        ("last failed API call", Asked("explain_trace", {"which": "failed_api_call"})),
        ("slowest database queries", Asked("find_slow", {"what": "queries"})),
        ("where does the time go", Asked("find_bottleneck", {})),
        ("replay of KIJKO-WEB-1", Asked("show_replay", {"issue": "KIJKO-WEB-1"})),
        (
            "all sessions of KIJKO-WEB-1",
            Asked("show_replay", {"issue": "KIJKO-WEB-1", "all_sessions": True}),
        ),
        ("is the fix of KIJKO-API-2 released", Asked("release_status", {"issue": "KIJKO-API-2"})),
        ("what would be released", Asked("ask_workspace", {"unreleased": True})),
        (
            "is web affected by packages/editor",
            Asked("ask_workspace", {"path": "web", "affected_by": "packages/editor"}),
        ),
        ("reproduce job 0199-abcdef", Asked("ask_workspace", {"job": "0199-abcdef"})),
        (
            "which project owns apps/web/page.tsx",
            Asked("ask_workspace", {"path": "apps/web/page.tsx"}),
        ),
        ("find_errors project=web limit=3", Asked("find_errors", {"project": "web", "limit": 3})),
    ],
)
def test_questions_find_their_tool(question: str, expected: Asked) -> None:
    assert understood(question.split(), TOOLS) == expected


def test_what_is_not_understood_names_the_tools() -> None:
    with pytest.raises(Unclear, match="explain_issue, find_errors"):
        understood(["hello"], TOOLS)
