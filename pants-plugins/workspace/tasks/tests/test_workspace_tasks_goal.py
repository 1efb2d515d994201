"""`./pants tasks` on a small workspace: order, cache, outputs, failures and what is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.target_types import PythonRequirementTarget
from pants.core.goals import package, test
from pants.core.target_types import ArchiveTarget, FilesGeneratorTarget
from pants.core.target_types import rules as core_target_rules
from pants.core.util_rules import archive, distdir, source_files, system_binaries
from pants.testutil.rule_runner import GoalRuleResult, QueryRule, RuleRunner

from workspace import rules as workspace_rules
from workspace.affected import rules as affected_rules
from workspace.target_types import ProjectSymbol, ProjectTarget
from workspace.tasks import declared, goal, run
from workspace.tasks.goal import Tasks
from workspace.tasks.outcome import State
from workspace.tasks.plan import Plan, TaskId
from workspace.tasks.run import FinishedTask, Session, TaskRequest
from workspace.tasks.target_types import TaskTarget
from workspace.tests.workspace_git import History

COPY = (
    "import pathlib, sys; print('copied'); "
    "pathlib.Path('out.txt').write_text(pathlib.Path(sys.argv[1]).read_text())"
)
DATA = 'files(name="data", sources=["in.txt"])\n'
BUILD_LIB = f"""
project(kind="package")
{DATA}
task(name="build", run=["python3", "-c", {COPY!r}, "in.txt"], outputs=["out.txt"])
task(name="fail", run=["sh", "-c", "echo before; echo oops >&2; exit 3"])
"""
BUILD_APP = f"""
project(kind="app")
files(name="data", sources=["*.txt"], dependencies=["packages/lib:data"])
task(
    name="build",
    run=["python3", "-c", {COPY!r}, "../../packages/lib/out.txt"],
    needs=["^build"],
    outputs=["out.txt", "made/"],
)
task(name="fail", run=["true"], needs=["^fail"])
task(name="after", run=["true"], needs=["fail"], cache=False)
task(name="free", run=["true"], inputs=[], cache=False)
task(
    name="say",
    run=["sh", "-c", "echo $WORD $GIVEN $SECRET"],
    env=["WORD=hello", "GIVEN"],
    inputs=[],
)
task(name="round", run=["true"], needs=["about"])
task(name="about", run=["true"], needs=["round"])
"""


BUILD_OTHER = """
project(kind="app")
task(name="build", run=["true"], inputs=[])
"""


@pytest.fixture
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *affected_rules.rules(),
            *archive.rules(),
            *core_target_rules(),
            *declared.rules(),
            *distdir.rules(),
            *goal.rules(),
            *package.rules(),
            *run.rules(),
            *source_files.rules(),
            *system_binaries.rules(),
            *target_types_rules.rules(),
            *test.rules(),
            *workspace_rules.rules(),
            QueryRule(FinishedTask, [TaskRequest]),
        ],
        target_types=[
            ArchiveTarget,
            FilesGeneratorTarget,
            ProjectTarget,
            PythonRequirementTarget,
            TaskTarget,
        ],
        context_aware_object_factories={ProjectSymbol.alias: ProjectSymbol},
        isolated_local_store=True,  # what another run cached is not ours
    )
    runner.set_options([], env_inherit={"PATH", "HOME"})
    runner.write_files(
        {
            "packages/lib/BUILD": BUILD_LIB,
            "packages/lib/in.txt": "one\n",
            "apps/app/BUILD": BUILD_APP,
            "apps/app/a.txt": "",
        }
    )
    return runner


def tasks(runner: RuleRunner, *words: str, env: dict[str, str] | None = None) -> GoalRuleResult:
    return runner.run_goal_rule(
        Tasks, args=["--", *words], env=env or {}, env_inherit={"PATH", "HOME"}
    )


def made(runner: RuleRunner, path: str) -> str:
    return Path(runner.build_root, path).read_text()


def states(result: GoalRuleResult) -> dict[str, str]:
    return dict(
        re.findall(r"^(\w+:\w+) +(cached|ran|failed|skipped)\b", result.stdout, re.MULTILINE)
    )


def test_tasks_run_after_what_they_need_and_leave_their_outputs(runner: RuleRunner) -> None:
    result = tasks(runner, "build")
    assert result.exit_code == 0, result
    assert states(result) == {"lib:build": "ran", "app:build": "ran"}
    assert made(runner, "packages/lib/out.txt") == "one\n"
    assert made(runner, "apps/app/out.txt") == "one\n"
    assert "lib:build ran in" in result.stdout
    assert "(1 line; --logs shows them)" in result.stdout
    assert "2 tasks: 0 cached, 2 ran, 0 failed, 0 skipped; 0.0 s saved" in result.stdout


def test_a_cached_task_replays_what_it_printed_and_made(runner: RuleRunner) -> None:
    tasks(runner, "build")
    Path(runner.build_root, "packages/lib/out.txt").unlink()
    Path(runner.build_root, "apps/app/out.txt").write_text("stale\n")
    result = tasks(runner, "build", "--logs")
    assert states(result) == {"lib:build": "cached", "app:build": "cached"}
    assert result.stdout.count("copied\n") == 2
    assert made(runner, "packages/lib/out.txt") == made(runner, "apps/app/out.txt") == "one\n"
    runner.write_files({"packages/lib/in.txt": "two\n"})
    assert states(tasks(runner, "build")) == {"lib:build": "ran", "app:build": "ran"}
    assert made(runner, "apps/app/out.txt") == "two\n"


def test_programs_read_json(runner: RuleRunner) -> None:
    assert json.loads(tasks(runner, "--json").stdout)["build"] == ["app", "lib"]
    plan = json.loads(tasks(runner, "build", "--dry-run", "--json").stdout)
    assert plan == [
        {"task": "lib:build", "needs": []},
        {"task": "app:build", "needs": ["lib:build"]},
    ]
    first, second = json.loads(tasks(runner, "build", "--json").stdout)
    assert (first["task"], first["outcome"], first["log"]) == ("lib:build", "ran", "copied\n")
    assert (second["task"], second["outcome"]) == ("app:build", "ran")


MEET = "touch {folder}/{own}; until [ -e {folder}/{other} ]; do sleep 0.05; done"


def test_tasks_that_do_not_need_each_other_run_at_once(runner: RuleRunner, tmp_path: Path) -> None:
    """Each waits for the other to have started, so that one after the other would never end."""
    for folder, own, other in (("packages/lib", "a", "b"), ("apps/app", "b", "a")):
        command = MEET.format(folder=tmp_path, own=own, other=other)
        runner.write_files(
            {
                f"{folder}/BUILD": f"""
project(kind="tool")
task(name="meet", run=["timeout", "300", "sh", "-c", {command!r}], inputs=[], cache=False)
"""
            }
        )
    assert states(tasks(runner, "meet")) == {"lib:meet": "ran", "app:meet": "ran"}


def test_a_task_with_side_effects_is_never_cached(runner: RuleRunner) -> None:
    assert states(tasks(runner, "free")) == {"app:free": "ran"}
    assert states(tasks(runner, "free")) == {"app:free": "ran"}


def test_a_failure_is_shown_whole_and_what_needs_it_is_skipped(runner: RuleRunner) -> None:
    result = tasks(runner, "after", "free")
    assert result.exit_code == 1
    assert states(result) == {
        "lib:fail": "failed",
        "app:fail": "skipped",
        "app:after": "skipped",
        "app:free": "ran",
    }
    assert "── lib:fail failed: exit code 3\nbefore\noops\n" in result.stdout
    assert "needs lib:fail" in result.stdout


def test_fail_fast_starts_nothing_after_a_failure(runner: RuleRunner) -> None:
    free, failed = TaskId("app", "free"), TaskId("lib", "fail")
    plan = Plan({failed: (), free: ()})
    for fail_fast, state in ((True, State.SKIPPED), (False, State.RAN)):
        session = Session(plan, fail_fast, [failed])
        finished = runner.request(FinishedTask, [TaskRequest(session, free)])
        assert finished.outcome.state is state
    result = tasks(runner, "fail", "--fail-fast")
    assert states(result) == {"lib:fail": "failed", "app:fail": "skipped"}


def test_a_task_sees_the_environment_it_names(runner: RuleRunner) -> None:
    result = tasks(runner, "say", "--logs", env={"GIVEN": "world", "SECRET": "no"})
    assert "hello world\n" in result.stdout
    assert "hello world no" not in result.stdout


def test_a_program_that_is_not_there_is_named(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "packages/lib/BUILD": """
project(kind="package")
files(name="data", sources=["in.txt"])
task(name="build", run=["no-such-program"])
"""
        }
    )
    result = tasks(runner, "build", "--project=lib")
    assert states(result) == {"lib:build": "failed"}
    assert "no-such-program cannot be started; is it on the PATH?" in result.stdout


def test_package_is_a_task_of_every_project_that_packages(runner: RuleRunner) -> None:
    runner.write_files(
        {
            "packages/lib/BUILD": BUILD_LIB + 'archive(name="a", format="tar", files=[":data"])',
        }
    )
    result = tasks(runner, "package")
    assert states(result) == {"lib:package": "ran"}
    assert Path(runner.build_root, "dist/packages.lib/a.tar").exists()


def test_a_plan_is_printed_without_running_it(runner: RuleRunner) -> None:
    assert tasks(runner, "build", "--dry-run").stdout == (
        "1. lib:build\n2. app:build  after lib:build\n"
    )
    assert tasks(runner, "build", "--graph").stdout == (
        'flowchart LR\n  t0["lib:build"]\n  t1["app:build"]\n  t0 --> t1\n'
    )
    assert not Path(runner.build_root, "packages/lib/out.txt").exists()


def test_only_what_a_change_affects_is_chosen(runner: RuleRunner) -> None:
    history = History(Path(runner.build_root))
    runner.write_files({".gitignore": ".pants.d\n", "apps/other/BUILD": BUILD_OTHER})
    history.commit()
    assert tasks(runner, "build", "--affected", "--since=HEAD", "--dry-run").stdout == (
        "Nothing to do.\n"
    )
    runner.write_files({"packages/lib/in.txt": "two\n"})
    assert tasks(runner, "build", "--affected", "--since=HEAD", "--dry-run").stdout == (
        "1. lib:build\n2. app:build  after lib:build\n"
    )


def test_a_project_can_be_chosen(runner: RuleRunner) -> None:
    assert tasks(runner, "build", "--project", "lib", "--dry-run").stdout == "1. lib:build\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["round"], "app:round → app:about → app:round"),
        (["biuld"], "No project has a task biuld."),
        (["build", "--project", "nothing"], "There is no project nothing."),
        (["build", "--no-such"], "Unrecognized arguments: --no-such."),
        (["build", "--since=main"], "--since says what --affected compares with"),
    ],
)
def test_what_cannot_be_done_is_said(runner: RuleRunner, words: list[str], sentence: str) -> None:
    result = tasks(runner, *words)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_without_a_name_the_tasks_are_listed(runner: RuleRunner) -> None:
    assert "build: app, lib\n" in tasks(runner).stdout
    assert "usage: ./pants tasks" in tasks(runner, "--help").stdout
