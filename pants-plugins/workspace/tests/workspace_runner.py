"""A small workspace in Pants: two projects, a locked package and a tool."""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.python import register as python
from pants.core import register as core
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from workspace.register import rules, target_types
from workspace.target_types import ProjectSymbol

LOCK = """\
requests==2.0 \\
    --hash=sha256:aa
    # via -r p.txt
idna==3.0 \\
    --hash=sha256:bb
    # via requests
certifi==1.0 \\
    --hash=sha256:cc
    # via -r p.txt
"""
DATA = "resources(name='data', sources=['*.json'])"
SUPPORT = "python_test_utils(name='support', sources=['support.py'])"
FILES = {
    "3rdparty/BUILD": "python_requirements(name='p', source='p.txt')",
    "3rdparty/p.txt": "requests>=2\ncertifi\n",
    "3rdparty/p.lock": LOCK,
    "3rdparty/pytest.lock": "pytest==7.0 \\\n    --hash=sha256:dd\n",
    "lib/BUILD": "project(kind='package')",
    "lib/src/BUILD": f"python_sources(dependencies=[':data'])\n{DATA}",
    "lib/src/lib.py": "import requests\n",
    "lib/src/data.json": "{}",
    "app/BUILD": "project(kind='app')\npex_binary(name='app', entry_point='main:main')",
    "app/README.md": "What it is.",
    "app/src/BUILD": "python_sources()",
    "app/src/main.py": "\nimport lib\n",
    "app/tests/BUILD": f"python_tests()\n{SUPPORT}",
    "app/tests/test_main.py": "import main\nimport support\n",
    "app/tests/support.py": "",
}
OPTIONS = (
    "--source-root-patterns=['/*/src', '/*/tests']",
    "--python-enable-resolves",
    "--python-resolves={'p': '3rdparty/p.lock', 'pytest': '3rdparty/pytest.lock'}",
    "--python-default-resolve=p",
    "--python-infer-use-rust-parser",
    "--workspace-tools={'pytest': ['python_test']}",
)


def make_runner(queries: Iterable[QueryRule] = ()) -> RuleRunner:
    """Start Pants' engine on a copy of the workspace, with this plugin and Python."""
    runner = RuleRunner(
        rules=[*rules(), *python.rules(), *core.rules(), *queries],
        target_types=[*target_types(), *python.target_types(), *core.target_types()],
        context_aware_object_factories={ProjectSymbol.alias: ProjectSymbol},
    )
    runner.set_options(OPTIONS, env_inherit={"PATH", "HOME", "PYENV_ROOT"})
    runner.write_files(FILES)
    return runner
