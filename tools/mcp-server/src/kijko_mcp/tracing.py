"""One tool call, as this server's own Sentry project sees it: which tool, how it ended, how large.

Arguments hold what people look for, and answers hold events of other projects: neither is recorded.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import observability

PROJECT = "kijko-mcp-server"


@contextmanager
def tool_call(tool: str) -> Iterator[observability.Span]:
    """Records a call of a tool as a transaction of its own."""
    with observability.continued_trace(None, name=f"tools/call {tool}", op="mcp.server") as span:
        span.set_data("mcp.method.name", "tools/call")
        span.set_data("mcp.tool.name", tool)
        yield span
