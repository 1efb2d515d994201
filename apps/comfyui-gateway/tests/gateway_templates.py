"""Workflow templates that tests write."""

import json
from pathlib import Path


def write_workflow(folder: Path, graph: object, **template: object) -> None:
    """Write a template folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph.json").write_text(json.dumps(graph))
    (folder / "template.json").write_text(json.dumps({"title": folder.name, **template}))
