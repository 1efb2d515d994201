"""Boundaries as Pants enforces them: `lint` names the import, and dependencies are refused."""

from __future__ import annotations

import re

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as python_inference
from pants.backend.python.target_types import PythonSourcesGeneratorTarget
from pants.core.goals.lint import LintResult
from pants.core.target_types import FilesGeneratorTarget
from pants.core.util_rules.partitions import _EmptyMetadata as EmptyMetadata
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.target import Dependencies, DependenciesRequest
from pants.testutil.rule_runner import QueryRule, RuleRunner

from workspace import rules as workspace_rules
from workspace.boundaries import rules as boundary_rules
from workspace.boundaries.rules import BoundaryFieldSet, BoundaryRequest
from workspace.target_types import ProjectSymbol, ProjectTarget

TABLE = "{'kind:app': ['kind:package'], 'kind:package': []}"


@pytest.fixture
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *workspace_rules.rules(),
            *boundary_rules.rules(),
            *python_inference.rules(),
            *target_types_rules.rules(),
            QueryRule(LintResult, [BoundaryRequest.Batch]),
            QueryRule(Addresses, [DependenciesRequest]),
        ],
        target_types=[ProjectTarget, PythonSourcesGeneratorTarget, FilesGeneratorTarget],
        context_aware_object_factories={ProjectSymbol.alias: ProjectSymbol},
    )
    runner.write_files(
        {
            "apps/one/BUILD": "project(kind='app')\npython_sources(dependencies=['apps/two:data'])",
            "apps/one/one.py": "import shared\n\nimport two\n",
            "apps/two/BUILD": "project(kind='app')\npython_sources()\n"
            "files(name='data', sources=['*.txt'])",
            "apps/two/two.py": "import shared\n",
            "apps/two/a.txt": "",
            "packages/shared/BUILD": "project(kind='package')\npython_sources()",
            "packages/shared/shared.py": "",
        }
    )
    runner.set_options(
        [
            f"--boundaries-may-import={TABLE}",
            "--source-root-patterns=['apps/*', 'packages/*']",
            "--python-interpreter-constraints=['==3.9.*']",
            "--python-infer-use-rust-parser",
        ],
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )
    return runner


def lint(runner: RuleRunner, *folders: str) -> LintResult:
    targets = [
        runner.get_target(Address(folder, relative_file_path=f"{folder.split('/')[1]}.py"))
        for folder in folders
    ]
    field_sets = tuple(BoundaryFieldSet.create(target) for target in targets)
    batch = BoundaryRequest.Batch("", field_sets, partition_metadata=EmptyMetadata())
    return runner.request(LintResult, [batch])


def test_lint_names_the_import_the_rule_and_what_is_allowed(runner: RuleRunner) -> None:
    result = lint(runner, "apps/one", "apps/two", "packages/shared")
    assert result.exit_code == 1
    assert result.stdout == (
        "apps/one/BUILD: one may not depend on apps/two:data of two\n"
        "apps/one/one.py:3: one may not import two of two\n"
        '  rule: row "kind:app" of [boundaries.may_import] does not name "two"\n'
        "  allowed to one: shared, and third-party packages"
    )


def test_lint_is_silent_about_what_is_allowed(runner: RuleRunner) -> None:
    result = lint(runner, "apps/two", "packages/shared")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_forbidden_dependency_stops_every_goal_that_follows_it(runner: RuleRunner) -> None:
    one = runner.get_target(Address("apps/one", relative_file_path="one.py"))
    with pytest.raises(ExecutionError, match=re.escape('does not name "two"')):
        runner.request(Addresses, [DependenciesRequest(one.get(Dependencies))])
    two = runner.get_target(Address("apps/two", relative_file_path="two.py"))
    assert Address("packages/shared", relative_file_path="shared.py") in runner.request(
        Addresses, [DependenciesRequest(two.get(Dependencies))]
    )
