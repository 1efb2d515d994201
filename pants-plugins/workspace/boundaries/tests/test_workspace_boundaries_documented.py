"""The table in docs/ARCHITECTURE.md says what pants.toml enforces."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from workspace.boundaries.table import Table
from workspace.projects import Project, ProjectRegistry

KINDS = {"apps": "app", "packages": "package", "tools": "tool"}
DOCUMENT = Path("docs/ARCHITECTURE.md").read_text(encoding="utf-8")


def rows_of_settings() -> dict[str, list[str]]:
    """`[boundaries.may_import]`, whose lines are also Python's way to write a list."""
    section = Path("pants.toml").read_text().partition("[boundaries.may_import]\n")[2]
    lines = re.findall(r'^"?([\w:-]+)"? = (\[.*?])', section.partition("\n[")[0], re.MULTILINE)
    return {name: ast.literal_eval(values) for name, values in lines}


def folders_of_house() -> dict[str, str]:
    """The kind of each folder that the document's picture of the house shows."""
    kinds, kind = {}, None
    for line in DOCUMENT.partition("## The house")[2].partition("\n## ")[0].splitlines():
        if re.match(r"\S", line):
            kind = KINDS.get(line.split("/")[0])
        elif kind and re.match(r"  \S+/", line):
            kinds[line.split("/")[0].strip()] = kind
    return kinds


def table_of_document() -> dict[str, dict[str, str]]:
    """What the cells of the document's table say, by row and column."""
    text = DOCUMENT.partition("## Who may know whom")[2].partition("\n## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|--")
    ]
    return {row[0]: dict(zip(cells[0][1:], row[1:])) for row in cells[1:]}


def test_every_cell_of_the_documented_table_is_what_is_enforced() -> None:
    documented = table_of_document()
    columns = next(iter(documented.values()))
    house = folders_of_house()
    projects = {}
    for name in columns:
        (kind,) = {kind for folder, kind in house.items() if f"-{folder}".endswith(f"-{name}")}
        projects[name] = Project(name=name, folder=f"{kind}s/{name}", kind=kind, address=name)
    table = Table.read(rows_of_settings(), ProjectRegistry(projects.values()))
    rows = {name: row for name, row in documented.items() if name in projects}
    assert rows.keys() == projects.keys()
    for name, row in rows.items():
        for other, cell in row.items():
            importer, imported = projects[name].folder, projects[other].folder
            allowed = table.breach(f"{importer}/src", f"{imported}/src") is None
            assert (cell == "yes" or name == other) == allowed, f"{name} → {other}: {cell or 'no'}"
            # Tests may start any program.
            assert table.breach(f"{importer}/tests", f"{imported}/src") is None
    assert "[boundaries.may_import]" in DOCUMENT


def test_the_enforced_table_says_what_the_document_says_in_words() -> None:
    """Apps never import apps; packages never import apps or tools."""
    ones = [
        Project(name=name, folder=f"{kind}s/{name}", kind=kind, address=name)
        for kind in ("app", "package", "tool")
        for name in (f"new-{kind}", f"other-{kind}")
    ]
    table = Table.read(rows_of_settings(), ProjectRegistry(ones))
    allowed = {
        (one.kind, other.kind)
        for one in ones
        for other in ones
        if one != other and table.breach(f"{one.folder}/src", f"{other.folder}/src") is None
    }
    assert allowed == {("app", "package"), ("tool", "package")}
