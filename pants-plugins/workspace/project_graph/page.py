"""The graph of projects as one HTML page that needs nothing else, not even a network."""

from __future__ import annotations

import json
import re
from pathlib import Path

from workspace.project_graph.model import ProjectGraph

_PARTS = Path(__file__).parent / "page"
_SLOT = re.compile(r"(?:/\*)?\{\{(?P<name>\w+)}}(?:\*/)?")


def as_html(graph: ProjectGraph) -> str:
    """Fill the page with the graph, its script, its style and the library that draws it."""
    # A name may say "</script>"; in JSON its first character can be written otherwise.
    data = json.dumps(graph.as_json(), separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "data": data,
        "css": _part("page.css"),
        "library": _part("cytoscape.min.js"),
        "script": _part("page.js"),
    }
    return _SLOT.sub(lambda match: parts[match["name"]], _part("page.html"))


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")
