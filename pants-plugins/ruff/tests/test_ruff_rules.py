"""The goals lint, fix and fmt with the real ruff, each on a file that is wrong."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pants.backend.python.lint.ruff.subsystem import RuffFieldSet
from pants.backend.python.target_types import PythonSourceTarget
from pants.core.goals.fix import FixResult
from pants.core.goals.fmt import FmtResult
from pants.core.goals.lint import LintResult
from pants.core.util_rules import config_files, source_files
from pants.core.util_rules.partitions import _EmptyMetadata as EmptyMetadata
from pants.engine.addresses import Address
from pants.engine.fs import Snapshot
from pants.engine.internals.scheduler import ExecutionError
from pants.testutil.rule_runner import QueryRule, RuleRunner

from ruff.register import rules
from ruff.rules import RuffCheckRequest, RuffFixRequest, RuffFormatRequest

TOOLS = Path("3rdparty/python/tools.lock")
UNUSED_IMPORT = "import os\n"
BADLY_SPACED = "x = {  'a':1 }\n"
GOOD = 'x = {"a": 1}\n'


# Pants finds its own pex tool and the Pythons by what the launcher says.
LAUNCHER = ("PATH", "HOME", "PYENV_ROOT", "SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_FIND_LINKS")


def lockfile_of_ruff() -> str:
    """What the workspace locks of ruff, and nothing else, so that nothing else is installed."""
    match = re.search(r"^ruff==.*?(?=^\S|\Z)", TOOLS.read_text(), re.MULTILINE | re.DOTALL)
    assert match
    return match.group()


@pytest.fixture(scope="module")
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *rules(),
            *source_files.rules(),
            *config_files.rules(),
            QueryRule(LintResult, [RuffCheckRequest.Batch]),
            QueryRule(FixResult, [RuffFixRequest.Batch]),
            QueryRule(FmtResult, [RuffFormatRequest.Batch]),
        ],
        target_types=[PythonSourceTarget],
    )
    runner.write_files({"ruff.lock": lockfile_of_ruff()})
    runner.set_options(
        [
            "--backend-packages=ruff",
            "--python-enable-resolves",
            "--python-resolves={'ruff': 'ruff.lock'}",
            "--python-default-resolve=ruff",
            "--python-invalid-lockfile-behavior=ignore",
            "--python-pip-version=latest",
            "--python-interpreter-constraints=['==3.9.*']",
            "--ruff-install-from-resolve=ruff",
        ],
        env={name: value for name, value in os.environ.items() if name.startswith("PANTS_")},
        env_inherit=set(LAUNCHER),
    )
    try:
        lint(runner, GOOD)
    except ExecutionError as error:
        if "No matching distribution" in str(error):
            pytest.skip("ruff cannot be installed: the package index cannot be reached")
        raise
    return runner


def field_sets(runner: RuleRunner, text: str) -> list[RuffFieldSet]:
    runner.write_files({"f.py": text, "BUILD": "python_source(name='t', source='f.py')"})
    return [RuffFieldSet.create(runner.get_target(Address("", target_name="t")))]


def snapshot(runner: RuleRunner, text: str) -> Snapshot:
    return runner.make_snapshot({"f.py": text})


def lint(runner: RuleRunner, text: str) -> LintResult:
    batch = RuffCheckRequest.Batch(
        "", tuple(field_sets(runner, text)), partition_metadata=EmptyMetadata()
    )
    return runner.request(LintResult, [batch])


def fix(runner: RuleRunner, text: str) -> FixResult:
    batch = RuffFixRequest.Batch(
        "", ("f.py",), partition_metadata=EmptyMetadata(), snapshot=snapshot(runner, text)
    )
    return runner.request(FixResult, [batch])


def fmt(runner: RuleRunner, text: str) -> FmtResult:
    batch = RuffFormatRequest.Batch(
        "", ("f.py",), partition_metadata=EmptyMetadata(), snapshot=snapshot(runner, text)
    )
    return runner.request(FmtResult, [batch])


def test_lint_reports_what_ruff_finds(runner: RuleRunner) -> None:
    result = lint(runner, UNUSED_IMPORT)
    assert result.exit_code == 1
    assert "F401" in result.stdout
    assert lint(runner, GOOD).exit_code == 0


def test_fix_mends_what_can_be_mended_and_leaves_the_rest(runner: RuleRunner) -> None:
    result = fix(runner, UNUSED_IMPORT + GOOD)
    assert result.did_change
    assert result.output == snapshot(runner, GOOD)
    undefined = "print(nothing)\n"
    assert not fix(runner, undefined).did_change


def test_fmt_formats(runner: RuleRunner) -> None:
    result = fmt(runner, BADLY_SPACED)
    assert result.did_change
    assert result.output == snapshot(runner, GOOD)
    assert not fmt(runner, GOOD).did_change


def test_fmt_of_a_file_that_does_not_parse_names_the_line(runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError, match=r"f\.py:1"):
        fmt(runner, "def (:\n")
