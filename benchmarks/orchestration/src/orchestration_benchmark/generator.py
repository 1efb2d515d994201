"""A workspace of many projects, written twice: for Pants with our plugins, and for Nx.

Both copies have the same folders, files and dependencies between projects. Nx does not read
Python, so there each project names what it depends on; in Pants' copy the imports say it.
"""

import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

_PANTS_TOML = """\
[GLOBAL]
pants_version = "{version}"
backend_packages = ["pants.backend.python", "workspace"]
pythonpath = ["%(buildroot)s/pants-plugins"]
pants_ignore.add = ["/node_modules"]
[anonymous-telemetry]
enabled = false
[source]
root_patterns = ["/projects/*/src", "/projects/*/tests"]
[python]
interpreter_constraints = ["==3.11.*"]
[python-infer]
use_rust_parser = true
"""


@dataclass(frozen=True)
class Shape:
    """How large the workspace is.

    Attributes:
        projects: how many.
        files: Python files in each, of which a quarter are tests.
        seed: decides who depends on whom.
    """

    projects: int = 200
    files: int = 20
    seed: int = 1

    @property
    def tests(self) -> int:
        """Test files in each project."""
        return self.files // 4

    def dependencies(self) -> list[list[int]]:
        """Which projects each one needs: up to three of the forty before it."""
        chance = random.Random(self.seed)  # noqa: S311  # nothing secret about it
        return [
            sorted({chance.randrange(max(0, one - 40), one) for _ in range(chance.randint(1, 3))})
            if one
            else []
            for one in range(self.projects)
        ]

    def leaf(self) -> int:
        """The last project that nothing depends on."""
        needed = {one for needs in self.dependencies() for one in needs}
        return max(set(range(self.projects)) - needed)


def name(number: int) -> str:
    """What a project is called."""
    return f"p{number:03}"


def write_pants(root: Path, shape: Shape, repository: Path) -> None:
    """Write the copy for Pants.

    Args:
        root: where to.
        shape: how large.
        repository: this repository, of which it takes the launcher and the plugins.
    """
    _write_python(root, shape)
    launcher = repository / "3rdparty/python/launcher"
    shutil.copytree(
        launcher,
        root / "3rdparty/python/launcher",
        ignore=shutil.ignore_patterns("BUILD*", "test_*", "__pycache__"),
    )
    shutil.copy(repository / "pants", root / "pants")
    lock = (launcher / "pants.lock").read_text()
    version = lock.partition("pantsbuild-pants==")[2].split()[0]
    _write(root / "pants.toml", _PANTS_TOML.format(version=version))
    # A copy, so that whoever works on the plugin meanwhile does not restart what is measured.
    shutil.copytree(
        repository / "pants-plugins/workspace",
        root / "pants-plugins/workspace",
        ignore=shutil.ignore_patterns("BUILD", "tests", "__pycache__"),
    )
    for number in range(shape.projects):
        folder = root / "projects" / name(number)
        kind = "app" if number % 5 == 0 else "package"
        _write(folder / "BUILD", f"project(kind={kind!r})\n")
        _write(folder / "src/BUILD", "python_sources(sources=['**/*.py'])\n")
        _write(folder / "tests/BUILD", "python_tests()\n")
    _write(root / ".gitignore", "/.pants.d/\n/.pids\n/dist/\n")


def write_nx(root: Path, shape: Shape) -> None:
    """Write the copy for Nx, which is yet to be installed there."""
    _write_python(root, shape)
    _write(root / "nx.json", json.dumps({"defaultBase": "main", "analytics": False}))
    _write(root / ".gitignore", "node_modules\n.nx\n")
    for number, needs in enumerate(shape.dependencies()):
        project = {
            "name": name(number),
            "root": f"projects/{name(number)}",
            "implicitDependencies": [name(one) for one in needs],
            "targets": {"test": {"command": "true"}},
        }
        _write(root / "projects" / name(number) / "project.json", json.dumps(project))


def _write_python(root: Path, shape: Shape) -> None:
    for number, needs in enumerate(shape.dependencies()):
        own = name(number)
        folder = root / "projects" / own
        sources = shape.files - shape.tests
        _write(folder / "src" / own / "__init__.py", f'"""Project {own}."""\n')
        for module in range(sources - 1):
            # The first module uses the other projects; each next one uses the one before.
            imports = [f"from {name(one)} import m{sources - 2:02}\n" for one in needs]
            imports = imports if module == 0 else [f"from {own} import m{module - 1:02}\n"]
            _write(folder / "src" / own / f"m{module:02}.py", "".join(imports) + "\nVALUE = 1\n")
        for test in range(shape.tests):
            text = (
                f"from {own} import m{test:02}\n\n\ndef test_it() -> None:\n    assert m{test:02}\n"
            )
            _write(folder / "tests" / f"test_{own}_{test:02}.py", text)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
