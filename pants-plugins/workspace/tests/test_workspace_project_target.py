"""The `project` target in BUILD files, read by Pants."""

from __future__ import annotations

import pytest
from pants.core.target_types import FilesGeneratorTarget
from pants.engine.internals.scheduler import ExecutionError
from pants.testutil.rule_runner import QueryRule, RuleRunner

from workspace.projects import Project
from workspace.register import rules
from workspace.rules import WorkspaceProjects
from workspace.target_types import ProjectSymbol, ProjectTarget


@pytest.fixture
def runner() -> RuleRunner:
    return RuleRunner(
        rules=[*rules(), QueryRule(WorkspaceProjects, [])],
        target_types=[ProjectTarget, FilesGeneratorTarget],
        context_aware_object_factories={ProjectSymbol.alias: ProjectSymbol},
    )


def projects(runner: RuleRunner) -> list[Project]:
    return list(runner.request(WorkspaceProjects, []).registry)


def test_a_project_is_read_with_all_its_fields(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "apps/gateway/a.txt": "",
            "apps/gateway/BUILD": """
files(name="gateway", sources=["*.txt"])
project(
    name="gateway",
    kind="app",
    owners=["ada"],
    tags=["python"],
    description="Takes jobs.",
    artifact=":gateway",
    sentry="apps/gateway:gateway",
)
""",
        }
    )
    assert projects(runner) == [
        Project(
            name="gateway",
            folder="apps/gateway",
            kind="app",
            address="apps/gateway:project",
            owners=("ada",),
            tags=("python",),
            description="Takes jobs.",
            artifact="apps/gateway:gateway",
            sentry="apps/gateway:gateway",
        )
    ]


def test_a_project_is_named_as_its_folder_unless_it_says_otherwise(runner: RuleRunner) -> None:
    runner.write_files({"tools/devstack/BUILD": "project(kind='tool')"})
    assert [project.name for project in projects(runner)] == ["devstack"]


def test_defaults_reach_projects(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "BUILD": "__defaults__({project: dict(owners=['ada'])})",
            "tools/x/BUILD": "project(kind='tool')",
        }
    )
    assert [project.owners for project in projects(runner)] == [("ada",)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("kind='toool'", "kind"),
        ("kind='app', artifact=':missing'", "missing"),
        ("name='x'", "kind"),
    ],
)
def test_a_wrong_project_is_refused(runner: RuleRunner, fields: str, message: str) -> None:
    runner.write_files({"apps/x/BUILD": f"project({fields})"})
    with pytest.raises(ExecutionError, match=message):
        projects(runner)
