"""Which folder is a project, and whose a file is."""

from __future__ import annotations

import pytest

from workspace.projects import Project, ProjectRegistry, WorkspaceError


def project(name: str, folder: str) -> Project:
    return Project(name=name, folder=folder, kind="app", address=f"{folder}:project")


def test_a_file_belongs_to_the_nearest_project_above_it() -> None:
    registry = ProjectRegistry([project("web", "apps/web"), project("player", "apps/web/player")])
    owners = {
        path: getattr(registry.owner_of_file(path), "name", None)
        for path in (
            "apps/web/src/a.py",
            "apps/web/BUILD",
            "apps/web/player/src/deep/b.py",
            "apps/website/a.py",
            "README.md",
        )
    }
    assert owners == {
        "apps/web/src/a.py": "web",
        "apps/web/BUILD": "web",
        "apps/web/player/src/deep/b.py": "player",
        "apps/website/a.py": None,
        "README.md": None,
    }


def test_a_project_at_the_root_has_what_no_other_has() -> None:
    registry = ProjectRegistry([project("all", ""), project("web", "apps/web")])
    owner = registry.owner_of_file("README.md")
    assert owner is not None
    assert owner.name == "all"


def test_two_projects_cannot_share_a_name() -> None:
    with pytest.raises(WorkspaceError, match=r"apps/a and apps/b both name their project x\."):
        ProjectRegistry([project("x", "apps/b"), project("x", "apps/a")])


def test_two_projects_cannot_share_a_folder() -> None:
    with pytest.raises(WorkspaceError, match=r"two project\(\) targets: x and y"):
        ProjectRegistry([project("x", "apps/a"), project("y", "apps/a")])


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    registry = ProjectRegistry([project("x", "apps/x"), project("y", "apps/y")])
    with pytest.raises(WorkspaceError, match=r"no project z\. The projects here: x, y\."):
        registry.named("z")
