"""The mapping as Pants reads it: `sentry-projects`, and what `lint` says."""

from __future__ import annotations

import json

import pytest
from pants.backend.javascript.package_json import NodeBuildScriptTarget
from pants.backend.python import register as python
from pants.core import register as core
from pants.core.goals.lint import LintResult
from pants.core.util_rules.partitions import _EmptyMetadata as EmptyMetadata
from pants.engine.addresses import Address
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.target import AllTargets
from pants.testutil.rule_runner import QueryRule, RuleRunner

from sentry import register as sentry_plugin
from sentry.goals import SentryProjects
from sentry.lint import (
    ProjectFieldSet,
    ProjectsInSentryRequest,
    SentryMappingRequest,
    SentryProjectFieldSet,
)
from sentry.rules import packaged_as
from workspace import register as workspace_plugin

SHOP = """
project(kind='app', artifact=':shop', sentry=':sentry')
pex_binary(name='shop', entry_point='shop.cli:main')
sentry_project(
    name='sentry', project='kijko-shop', platform='python', artifact=':shop', owners=['#kijko'],
    alert_rules=[alert_rule(name='New', trigger='new_issue')],
    code_mappings={'shop': 'apps/shop/src/shop', 'shared': 'packages/shared/src/shared'},
)
"""
SHARED = """
project(kind='package', sentry=':sentry')
sentry_project(
    name='sentry', project='kijko-shared', platform='python',
    code_mappings={'shared': 'packages/shared/src/shared'},
)
"""
SOURCES = "python_sources(sources=['**/*.py'], dependencies=[':data'])\n"
DATA = "resources(name='data', sources=['**/*.json'])\n"
FILES = {
    "apps/shop/BUILD": SHOP,
    "apps/shop/src/BUILD": "python_sources(sources=['**/*.py'])",
    "apps/shop/src/shop/__init__.py": "",
    "apps/shop/src/shop/cli.py": "import shared\n\n\ndef main():\n    pass\n",
    "packages/shared/BUILD": SHARED,
    "packages/shared/src/BUILD": SOURCES + DATA,
    "packages/shared/src/shared/__init__.py": "",
    "packages/shared/src/shared/words.json": "{}",
    "packages/shared/tests/BUILD": "python_test_utils(sources=['*.py'])",
    "packages/shared/tests/support.py": "",
    "tools/up/BUILD": "project(kind='tool', artifact=':up', not_in_sentry='A local tool.')\n"
    "pex_binary(name='up', script='up')",
}
OPTIONS = (
    "--source-root-patterns=['/apps/*/src', '/packages/*/src', '/packages/*/tests']",
    "--python-interpreter-constraints=['==3.9.*']",
    "--python-infer-use-rust-parser",
)


@pytest.fixture(scope="module")
def engine() -> RuleRunner:
    return RuleRunner(
        rules=[
            *core.rules(),
            *python.rules(),
            *workspace_plugin.rules(),
            *sentry_plugin.rules(),
            QueryRule(AllTargets, []),
            QueryRule(LintResult, [ProjectsInSentryRequest.Batch]),
            QueryRule(LintResult, [SentryMappingRequest.Batch]),
        ],
        target_types=[
            *core.target_types(),
            *python.target_types(),
            *workspace_plugin.target_types(),
            *sentry_plugin.target_types(),
        ],
        context_aware_object_factories=dict(
            workspace_plugin.build_file_aliases().context_aware_object_factories
        ),
        objects=dict(sentry_plugin.build_file_aliases().objects),
    )


@pytest.fixture
def runner(engine: RuleRunner) -> RuleRunner:
    engine.write_files(FILES)
    return engine


def lint(runner: RuleRunner, folder: str) -> tuple[int, str]:
    """Lint the project of a folder, and its place in Sentry if it has one."""
    runner.set_options(OPTIONS, env_inherit={"PATH", "HOME", "PYENV_ROOT"})
    targets = runner.request(AllTargets, [])
    kinds = (
        (ProjectsInSentryRequest, ProjectFieldSet),
        (SentryMappingRequest, SentryProjectFieldSet),
    )
    results = [
        runner.request(
            LintResult,
            [
                request.Batch(
                    "",
                    tuple(
                        field_set.create(target)
                        for target in targets
                        if target.address.spec_path == folder and field_set.is_applicable(target)
                    ),
                    partition_metadata=EmptyMetadata(),
                )
            ],
        )
        for request, field_set in kinds
    ]
    return max(one.exit_code for one in results), "\n".join(one.stdout for one in results)


def listed(runner: RuleRunner, *arguments: str) -> str:
    result = runner.run_goal_rule(
        SentryProjects,
        global_args=OPTIONS,
        args=arguments,
        env_inherit={"PATH", "HOME", "PYENV_ROOT"},
    )
    assert result.exit_code == 0
    return result.stdout


def test_the_mapping_is_told_to_tools_with_every_source(runner: RuleRunner) -> None:
    shared, shop = sorted(json.loads(listed(runner, "--json")), key=lambda one: one["project"])
    assert (shop["address"], shop["workspace_project"]) == ("apps/shop:sentry", "shop")
    assert shop["artifact"] == {"address": "apps/shop:shop", "path": "dist/apps.shop/shop.pex"}
    assert shop["alert_rules"][0]["trigger"] == "new_issue"
    assert shop["sources"] == [
        "apps/shop/src/shop/__init__.py",
        "apps/shop/src/shop/cli.py",
        "packages/shared/src/shared/__init__.py",
        "packages/shared/src/shared/words.json",
    ]
    # A library has no artifact; its sources are its own, and its tests are none.
    assert shared["artifact"] is None
    assert shared["sources"] == shop["sources"][2:]
    # Nothing here is in git.
    assert (shop["version"], shop["release"]) == ("0.0.0", None)


@pytest.mark.parametrize(
    ("output_path", "path"), [(None, "out"), ("apps.web/web", "apps.web/web/out")]
)
def test_what_a_node_build_script_packages_is_its_folder(
    output_path: str | None, path: str
) -> None:
    said = {"entry_point": "build", "output_directories": ["out"], "output_path": output_path}
    target = NodeBuildScriptTarget(said, Address("apps/web", generated_name="build"))
    assert str(packaged_as(target)) == path


def test_people_read_a_table(runner: RuleRunner) -> None:
    heading, *rows = listed(runner).splitlines()
    assert heading.split() == [
        *("SENTRY", "PROJECT", "PROJECT", "PLATFORM", "RELEASE", "OWNERS", "ARTIFACT", "SOURCES")
    ]
    assert [row.split()[0] for row in rows] == ["kijko-shop", "kijko-shared"]


def test_lint_is_content_with_a_good_mapping(runner: RuleRunner) -> None:
    for folder in ("apps/shop", "packages/shared", "tools/up"):
        assert lint(runner, folder) == (0, "\n")


def test_lint_names_what_is_missing_from_where_it_is_missing(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "tools/up/BUILD": "project(kind='tool', artifact=':up')\n"
            "pex_binary(name='up', script='up')",
            "packages/shared/BUILD": SHARED.replace("kijko-shared", "kijko-shop"),
        }
    )
    said = {folder: lint(runner, folder) for folder in ("apps/shop", "packages/shared", "tools/up")}
    assert {code for code, _ in said.values()} == {1}
    taken = "is mapped to kijko-shop, too."
    assert f"apps/shop/BUILD: packages/shared:sentry {taken}" in said["apps/shop"][1]
    assert f"packages/shared/BUILD: apps/shop:sentry {taken}" in said["packages/shared"][1]
    missing = "tools/up/BUILD: up deploys tools/up:up, and nothing maps it to Sentry."
    assert missing in said["tools/up"][1]


def test_lint_wants_every_packaged_source_mapped(runner: RuleRunner) -> None:
    runner.write_files({"apps/shop/BUILD": SHOP.replace("packages/shared/src", "packages/shared")})
    code, said = lint(runner, "apps/shop")
    assert code == 1
    assert (
        "leads a stack trace to packages/shared/src/shared/__init__.py.\n"
        '  Write into code_mappings of sentry_project(...): "shared": "packages/shared/src/shared".'
    ) in said


def test_an_artifact_that_is_not_there_is_named(runner: RuleRunner) -> None:
    build = SHOP.replace(
        "platform='python', artifact=':shop'", "platform='python', artifact=':pos'"
    )
    runner.write_files({"apps/shop/BUILD": build})
    with pytest.raises(ExecutionError, match=r"The address apps/shop:pos from the `artifact`"):
        lint(runner, "apps/shop")


def test_an_alert_rule_that_cannot_be_meant_is_refused_with_its_file(runner: RuleRunner) -> None:
    runner.write_files({"apps/shop/BUILD": SHOP.replace("'new_issue'", "'often'")})
    with pytest.raises(ExecutionError, match=r"apps/shop/BUILD(.|\n)*trigger must be one of"):
        lint(runner, "apps/shop")
