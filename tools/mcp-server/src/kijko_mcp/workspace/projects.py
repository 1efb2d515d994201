"""The workspace's projects, read from their BUILD files; how they need each other, asked of Pants.

BUILD files are Python in form: what is literal in them is read, nothing is run.
"""

import ast
import asyncio
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from kijko_mcp.errors import CheckoutUnreadable
from kijko_mcp.workspace.checkout import Checkout
from kijko_mcp.workspace.running import run

# Pants runs on a Python of its own, and asks nobody in our name.
_KEPT_BACK = ("SENTRY_AUTH_TOKEN", "MCP_HTTP_TOKEN", "PYTHON", "PEX_")
_BUILD_FILES = 1024  # how many that were read are remembered, by their text


@dataclass(frozen=True, slots=True)
class LocalProject:
    """A project of the workspace.

    Attributes:
        sentry: its project in Sentry; None without one.
        releasable: whether it packages something.
    """

    name: str
    folder: str
    kind: str = ""
    owners: tuple[str, ...] = ()
    sentry: str | None = None
    releasable: bool = False


class Edge(BaseModel):
    """That a project needs another."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    dependent: str
    dependency: str
    tests_only: bool = False


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str
    folder: str = ""


class Graph(BaseModel):
    """What `./pants project-graph --format=json` says."""

    model_config = ConfigDict(extra="ignore")

    projects: tuple[_Named, ...] = ()
    edges: tuple[Edge, ...] = ()

    def chain(self, dependent: str, dependency: str) -> tuple[Edge, ...] | None:
        """The shortest way in which one project needs another; what is deployed before tests."""
        for tests in (False, True):
            edges = [each for each in self.edges if tests or not each.tests_only]
            waiting: list[tuple[Edge, ...]] = [(e,) for e in edges if e.dependent == dependent]
            seen = {dependent}
            while waiting:
                way = waiting.pop(0)
                at = way[-1].dependency
                if at == dependency:
                    return way
                if at not in seen:
                    seen.add(at)
                    waiting += [(*way, e) for e in edges if e.dependent == at]
        return None

    def needs(self, name: str) -> set[str]:
        """What a project needs to be deployed, itself included."""
        found, waiting = {name}, [name]
        while waiting:
            at = waiting.pop()
            for each in self.edges:
                if each.dependent == at and not each.tests_only and each.dependency not in found:
                    found.add(each.dependency)
                    waiting.append(each.dependency)
        return found

    def needed_by(self, name: str) -> list[str]:
        """What a change of a project affects, itself left out."""
        return sorted(
            each.name
            for each in self.projects
            if each.name != name and name in self.needs(each.name)
        )


async def projects(checkout: Checkout) -> list[LocalProject]:
    """The projects that BUILD files declare, by folder."""
    builds = [path for path in await checkout.files() if PurePosixPath(path).name == "BUILD"]
    texts = await asyncio.to_thread(lambda: [checkout.text_now(path) for path in builds])
    found = [
        project
        for path, text in zip(builds, texts, strict=True)
        if text and (project := _declared(path, text)) is not None
    ]
    return sorted(found, key=lambda each: each.folder)


def owning(known: list[LocalProject], path: str) -> LocalProject | None:
    """The project a file is in: the deepest whose folder holds it."""
    within = [each for each in known if path == each.folder or path.startswith(f"{each.folder}/")]
    return max(within, key=lambda each: len(each.folder), default=None)


async def printed_graph(file: Path) -> Graph:
    """Which project needs which, as a file says.

    Raises:
        CheckoutUnreadable: it is not what Pants prints.
    """
    try:
        return Graph.model_validate_json(await asyncio.to_thread(file.read_bytes))
    except (OSError, ValidationError):
        raise CheckoutUnreadable(
            "MCP_GRAPH names no graph.", "Make it: ./pants project-graph --format=json > FILE"
        ) from None


async def graph(checkout: Checkout, seconds: float) -> Graph:
    """Which project needs which, as Pants says within that many seconds.

    Raises:
        CheckoutUnreadable: Pants cannot say.
    """
    if not (checkout.root / "pants").is_file():
        raise CheckoutUnreadable("This checkout has no ./pants.", "Set MCP_WORKSPACE.")
    # Where Pants itself started this server, a second one would wait for it, and it for us.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_KEPT_BACK)}
    said = await run(
        [str(checkout.root / "pants"), "--no-dynamic-ui", "project-graph", "--format=json"],
        checkout.root,
        {**inherited, **({"PANTS_CONCURRENT": "true"} if _runs_below_pants() else {})},
        seconds,
    )
    try:
        return Graph.model_validate_json(said)
    except ValidationError:
        raise CheckoutUnreadable(
            "`./pants project-graph` printed something else.", "Run it by hand and look."
        ) from None


def _runs_below_pants() -> bool:
    """Whether Pants started this program, directly or not."""
    import psutil  # here, because most calls ask nothing of Pants

    try:
        commands = [process.cmdline() for process in psutil.Process().parents()]
    except psutil.Error:
        return False
    words = [word for command in commands for word in command[:3] if not word.startswith("-")]
    return any(Path(word).name == "pants" or word.startswith("pantsd") for word in words)


@lru_cache(maxsize=_BUILD_FILES)
def _declared(path: str, text: str) -> LocalProject | None:
    try:
        calls = [
            (node.func.id, {k.arg: _literal(k.value) for k in node.keywords if k.arg})
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
    except (SyntaxError, RecursionError, ValueError):
        return None
    declared = next((given for kind, given in calls if kind == "project"), None)
    sentry = next((given for kind, given in calls if kind == "sentry_project"), {})
    if declared is None:
        return None
    # Pants calls a target without a name as its folder.
    name = declared.get("name", PurePosixPath(path).parent.name)
    if not isinstance(name, str) or not name:
        return None
    owners = declared.get("owners")
    slug = sentry.get("project")
    return LocalProject(
        name,
        str(PurePosixPath(path).parent),
        str(declared.get("kind") or ""),
        tuple(map(str, owners)) if isinstance(owners, list) else (),
        slug if isinstance(slug, str) else None,
        declared.get("artifact") is not None,
    )


def _literal(value: ast.expr) -> object:
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
