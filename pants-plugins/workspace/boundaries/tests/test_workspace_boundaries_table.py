"""The table of who may import whom: which row decides, and what it allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from workspace.boundaries.table import BadTable, Table
from workspace.projects import Project, ProjectRegistry


def project(name: str, kind: str, folder: str, tags: tuple[str, ...] = ()) -> Project:
    return Project(name, folder, kind, f"{folder}:project", tags=tags)


MEMBERS = (
    project("gateway", "app", "apps/gateway", ("python",)),
    project("web", "app", "apps/web", ("browser",)),
    project("editor", "package", "packages/editor", ("browser",)),
    project("observability", "package", "packages/observability", ()),
    project("devstack", "tool", "tools/devstack", ()),
)
ROWS: dict[str, list[str]] = {
    "kind:app": ["kind:package"],
    "kind:package": [],
    "tag:browser": ["tag:browser"],
    "devstack": ["gateway", "//docs"],
    "tests": ["*"],
}


def table(rows: Mapping[str, Sequence[str]] = ROWS, *more: Project) -> Table:
    return Table.read(rows, ProjectRegistry((*MEMBERS, *more)))


def judge(importer: str, imported: str) -> str | None:
    breach = table().breach(importer, imported)
    return None if breach is None else f"{breach.rule}; {breach.alternatives}"


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("apps/gateway/src/a.py", "apps/gateway/src/b.py"),
        ("apps/gateway/src/a.py", "packages/observability/src/b.py"),
        ("apps/gateway/src/a.py", "3rdparty/python"),
        ("apps/web/src/a.ts", "packages/editor/src"),
        ("tools/devstack/src/a.py", "apps/gateway/src/a.py"),
        ("tools/devstack/src/a.py", "docs/images"),
        ("apps/gateway/tests/test_a.py", "tools/devstack/src/a.py"),
        ("apps/gateway/tests", "docs"),
        ("apps/gateway/part/tests/test_b.py", "docs"),
        ("benchmarks/speed.py", "apps/gateway/src/a.py"),
    ],
)
def test_what_the_table_allows(importer: str, imported: str) -> None:
    assert judge(importer, imported) is None


def test_an_app_may_not_import_an_app() -> None:
    assert judge("apps/gateway/src/a.py", "apps/web/src/a.ts") == (
        'row "kind:app" of [boundaries.may_import] does not name "web"; '
        "editor, observability, and third-party packages"
    )


def test_a_tag_decides_before_the_kind_and_the_name_before_both() -> None:
    breach = table().breach("packages/editor/src/a.ts", "packages/observability/a")
    assert breach
    assert (breach.row, breach.allowed) == ("tag:browser", ("web",))
    named = table({**ROWS, "editor": []}).breach("packages/editor/a.ts", "apps/web/a.ts")
    assert named
    assert (named.row, named.alternatives) == ("editor", "third-party packages only")


def test_rows_of_several_tags_add_up() -> None:
    member = project("both", "app", "apps/both", ("x", "y"))
    rows = {"tag:x": ["gateway"], "tag:y": ["devstack"], "kind:app": ["*"]}
    assert table(rows, member).row_of(member) == ("tag:x + tag:y", ("gateway", "devstack"))


def test_a_project_that_no_row_is_about_may_import_nothing() -> None:
    breach = table({"kind:tool": []}).breach("apps/web/src/a.ts", "packages/editor/a.ts")
    assert breach
    assert breach.rule == 'no row of [boundaries.may_import] is about "web"'
    assert table({}).breach("apps/web/src/a.ts", "packages/editor/a.ts") is None


def test_a_folder_in_no_project_is_closed_unless_named() -> None:
    assert judge("apps/gateway/src/a.py", "docs/images") is not None
    assert judge("tools/devstack/src/a.py", "docs-of-others") is not None


def test_the_name_of_a_folder_is_not_the_beginning_of_another() -> None:
    assert judge("apps/gateway-two/src/a.py", "apps/web/src/a.ts") is None


def test_the_innermost_project_holds_a_file() -> None:
    inner = project("inner", "package", "apps/gateway/src/inner")
    assert table(ROWS, inner).breach("apps/gateway/src/inner/a.py", "apps/gateway/src/a.py")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"kind:app": "kind:package"}, "not a list"),
        ({"kind:app": [1]}, "not a list"),
        ({"kind:app": ["type:package"]}, '"type:package", which means nothing'),
        ({"kind:": []}, '"kind:", which means nothing'),
        ({"app": [""]}, '"", which means nothing'),
    ],
)
def test_a_row_that_means_nothing_is_refused(rows: dict[str, list[str]], words: str) -> None:
    with pytest.raises(BadTable, match=words):
        table(rows)
