"""The generator makes what the benchmark says it measures."""

import ast
import json
from pathlib import Path

import pytest

from orchestration_benchmark.cli import ratios
from orchestration_benchmark.generator import Shape, name, write_nx


def imported_projects(folder: Path) -> set[str]:
    """The projects that the sources below a folder import, whichever way."""
    found = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return found - {folder.name}


def test_a_full_workspace_has_200_projects_and_4000_files() -> None:
    shape = Shape()
    assert shape.projects * shape.files == 4000
    assert all(max(needs, default=-1) < one for one, needs in enumerate(shape.dependencies()))
    assert shape.dependencies() == Shape().dependencies()


def test_both_copies_have_the_same_files_and_dependencies(tmp_path: Path) -> None:
    shape = Shape(projects=6, files=8)
    write_nx(tmp_path, shape)
    assert len(list(tmp_path.rglob("*.py"))) == 48
    for number, needs in enumerate(shape.dependencies()):
        folder = tmp_path / "projects" / name(number)
        project = json.loads((folder / "project.json").read_text())
        assert project["implicitDependencies"] == [name(one) for one in needs]
        assert imported_projects(folder) == set(project["implicitDependencies"])


def test_a_leaf_is_needed_by_nobody() -> None:
    shape = Shape(projects=30)
    assert all(shape.leaf() not in needs for needs in shape.dependencies())


def test_ratios_leave_out_who_did_not_take_part() -> None:
    found = ratios(
        "here: ",
        {"here: affected": 3.0, "here: pants list": 2.0, "here: pants list with dependents": 3.0},
        0.1,
    )
    assert found == pytest.approx(
        {
            "here: affected, of pants list": 1.5,
            "here: affected, of pants list with dependents": 1.0,
            "here: tests run for a change in a leaf, of all": 0.1,
        }
    )
