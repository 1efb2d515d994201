"""What clients see of the tools is checked in: a change of it is a change of this file."""

import json

import mcp_contract

MOST_TOOLS = 10
# 0.4 of what the list of the official server (npm @sentry/mcp-server 0.39) costs: 5 562.
MOST_TOKENS = 2224


async def test_the_tool_list_is_the_one_that_is_checked_in() -> None:
    now = await mcp_contract.contract()
    known = json.loads(mcp_contract.FILE.read_text(encoding="utf-8"))
    assert now == known, (
        "The tools changed. Look at the difference; if it is meant, run `python -m mcp_contract`"
        " in tools/mcp-server/tests."
    )
    assert mcp_contract.FILE.read_text(encoding="utf-8") == mcp_contract.written(now)


async def test_the_tools_are_few_and_cheap() -> None:
    now = await mcp_contract.contract()
    assert len(now["tools"]) <= MOST_TOOLS
    assert now["tokens"] <= MOST_TOKENS
    only_that_writes = [
        each["name"] for each in now["tools"] if not each["annotations"].get("readOnlyHint")
    ]
    assert only_that_writes == ["update_issue"]
    assert all(each["description"] for each in now["tools"])
