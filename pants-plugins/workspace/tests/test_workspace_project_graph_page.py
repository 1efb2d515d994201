"""The page of `./pants project-graph` in a real Chromium, with a mouse and a keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workspace.project_graph.model import Edge, Evidence, ProjectGraph
from workspace.project_graph.page import as_html
from workspace.projects import Project
from workspace.tests.workspace_browser import CHROMIUM, PATIENCE, Page, browser

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here"),
    pytest.mark.timeout(4 * PATIENCE),
]
# A folder to keep pictures in, for whoever wants to see what the tests see.
PICTURES = os.environ.get("WORKSPACE_PICTURES")


def project(name: str, kind: str, *tags: str, owner: str = "platform") -> Project:
    folder = f"{kind}s/{name}"
    return Project(
        name=name, folder=folder, kind=kind, address=f"{folder}:project", owners=(owner,),
        tags=tags, description=f"What {name} is for.",
    )  # fmt: skip


def edge(dependent: str, dependency: str, *, tests_only: bool = False, count: int = 1) -> Edge:
    reason = f"imports {dependency} (line 7)"
    evidence = Evidence(f"{dependent}/main.py", f"{dependency}/lib.py", reason)
    return Edge(dependent, dependency, tests_only, count, (evidence,))


TEN = ProjectGraph(
    (
        project("gateway", "app", "python", "service", owner="video"),
        project("web", "app", "typescript", owner="video"),
        project("editor", "package", "typescript", owner="video"),
        project("observability", "package", "python"),
        project("sentry-api", "package", "python"),
        project("comfyui-tracing", "package", "python", owner="video"),
        project("devstack", "tool", "python"),
        project("local-sentry", "tool", "python"),
        project("mcp-server", "tool", "python"),
        project("release-cli", "tool", "python"),
    ),
    (
        edge("devstack", "comfyui-tracing"),
        edge("devstack", "gateway", count=4),
        edge("devstack", "local-sentry"),
        edge("gateway", "local-sentry", tests_only=True),
        edge("gateway", "observability", count=3),
        edge("mcp-server", "observability"),
        edge("mcp-server", "sentry-api"),
        edge("release-cli", "sentry-api"),
        edge("web", "editor"),
    ),
)
LISTED = "[...document.querySelectorAll('#list button')].map(one => one.dataset.name)"
DRAWN = "graph.nodes().filter(one => one.visible()).map(one => one.id()).sort()"
TIP = "document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText"
DETAILS = "document.getElementById('details').innerText"
COUNT = "document.getElementById('count').textContent"


@contextmanager
def shown(graph: ProjectGraph, folder: Path) -> Iterator[Page]:
    """The page of a graph, opened; afterwards, that the browser complained of nothing."""
    file = folder / "page.html"
    file.write_text(as_html(graph), encoding="utf-8")
    with browser(folder / "profile") as page:
        page.open(file.as_uri())
        assert page.evaluate("document.documentElement.dataset.ready") == "true"
        yield page
        assert page.complaints == []


def keep_picture(page: Page, name: str) -> None:
    if PICTURES:
        page.picture(Path(PICTURES, f"{name}.png"))


def point(page: Page, expression: str) -> tuple[float, float]:
    """Where in the window a point of the drawing is."""
    x, y = page.evaluate(
        f"(() => {{ const at = {expression};"
        " const box = document.getElementById('graph').getBoundingClientRect();"
        " return [box.left + at.x, box.top + at.y]; })()"
    )
    return x, y


def node_of(name: str) -> str:
    return f"graph.getElementById({name!r}).renderedPosition()"


def middle_of(dependent: str, dependency: str) -> str:
    return (
        f"graph.edges().filter(one => one.source().id() == {dependent!r}"
        f" && one.target().id() == {dependency!r}).renderedMidpoint()"
    )


def press_button(page: Page, label: str) -> None:
    """Click the first button that has this text."""
    x, y = page.evaluate(
        f"(() => {{ const one = [...document.querySelectorAll('button')]"
        f".find(one => one.textContent.trim() == {label!r});"
        " one.scrollIntoView({block: 'nearest'}); const box = one.getBoundingClientRect();"
        " return [box.left + box.width / 2, box.top + box.height / 2]; })()"
    )
    page.click(x, y)


def test_an_edge_says_its_reason_to_whoever_points_at_it(tmp_path: Path) -> None:
    with shown(TEN, tmp_path) as page:
        page.move(*point(page, middle_of("gateway", "observability")))
        page.eventually(f"({TIP}).includes('gateway → observability')")
        assert "gateway/main.py imports observability (line 7)" in page.evaluate(TIP)
        assert "and 2 more" in page.evaluate(TIP)
        keep_picture(page, "edge")
        page.move(*point(page, node_of("web")))
        page.eventually(f"({TIP}).includes('What web is for.')")
        page.move(700, 5)
        page.eventually(f"({TIP}) == ''")


def test_what_is_searched_for_is_left(tmp_path: Path) -> None:
    with shown(TEN, tmp_path) as page:
        page.press("/")
        page.type("sentry")
        page.eventually(f"({COUNT}) == '2 of 10'")
        assert page.evaluate(LISTED) == ["sentry-api", "local-sentry"]
        page.eventually(f"String({DRAWN}) == 'local-sentry,sentry-api'")
        page.evaluate("document.activeElement.select()")
        page.type("video typescript")  # an owner and a tag
        page.eventually(f"String({LISTED}) == 'web,editor'")
        keep_picture(page, "search")
        page.evaluate("document.activeElement.select()")
        page.type("no such project")
        page.eventually(f"({COUNT}) == '0 of 10'")


def test_kinds_and_tags_are_filters(tmp_path: Path) -> None:
    with shown(TEN, tmp_path) as page:
        press_button(page, "app")
        page.eventually(f"String({LISTED}) == 'gateway,web'")
        press_button(page, "package")
        page.eventually(f"({COUNT}) == '6 of 10'")
        press_button(page, "typescript")
        page.eventually(f"String({LISTED}) == 'web,editor'")
        page.eventually(f"String({DRAWN}) == 'editor,web'")
        keep_picture(page, "filters")
        press_button(page, "typescript")
        press_button(page, "app")
        press_button(page, "package")
        page.eventually(f"({COUNT}) == '10 of 10'")


def test_a_click_shows_what_a_project_needs_and_what_needs_it(tmp_path: Path) -> None:
    with shown(TEN, tmp_path) as page:
        page.click(*point(page, node_of("gateway")))
        page.eventually(f"({DETAILS}).includes('What gateway is for.')")
        assert "Needs\nlocal-sentry (tests)observability\nNeeded by\ndevstack" in page.evaluate(
            DETAILS
        )
        dim = "graph.nodes('.dim').map(one => one.id()).sort()"
        assert page.evaluate(dim) == [
            "comfyui-tracing", "editor", "mcp-server", "release-cli", "sentry-api", "web",
        ]  # fmt: skip
        keep_picture(page, "held")
        press_button(page, "devstack")  # of the words beside it, which lead on
        page.eventually(f"({DETAILS}).includes('What devstack is for.')")
        page.press("Escape")
        page.eventually(f"({DETAILS}) == '' && ({dim}).length == 0")


def test_what_a_change_affects_is_lit(tmp_path: Path) -> None:
    affected = ProjectGraph(TEN.projects, TEN.edges, frozenset({"gateway", "devstack"}))
    with shown(affected, tmp_path) as page:
        assert page.evaluate(COUNT) == "10 of 10, 2 affected"
        assert sorted(page.evaluate("graph.nodes('.lit').map(one => one.id())")) == [
            "devstack",
            "gateway",
        ]
        assert page.evaluate("document.querySelectorAll('#list .lit').length") == 2
        keep_picture(page, "affected")
        page.evaluate("document.getElementById('affected').click()")
        page.eventually(f"({COUNT}) == '2 of 10, 2 affected'")
        assert page.evaluate(LISTED) == ["gateway", "devstack"]


def test_a_thousand_projects_are_shown_searched_and_explained(tmp_path: Path) -> None:
    kinds = ("app", "package", "tool")
    projects = tuple(
        project(f"p{number}", kinds[number % 3], f"team{number % 12}") for number in range(1000)
    )
    edges = tuple(edge(f"p{number}", f"p{number // 2}") for number in range(1, 1000))
    with shown(ProjectGraph(projects, edges, frozenset({"p1", "p500"})), tmp_path) as page:
        assert page.evaluate(COUNT) == "1000 of 1000, 2 affected"
        assert len(page.evaluate(LISTED)) == 1000
        keep_picture(page, "thousand")
        page.press("/")
        page.type("p99")
        page.eventually(f"({COUNT}).startsWith('11 of 1000')")
        keep_picture(page, "thousand-search")
        page.click(*point(page, node_of("p99")))
        page.eventually(f"({DETAILS}).includes('What p99 is for.')")
        keep_picture(page, "thousand-held")
        press_button(page, "p49")  # which the search has hidden: it is found all the same
        page.eventually(f"({DETAILS}).includes('What p49 is for.')")
        assert page.evaluate(COUNT) == "1000 of 1000, 2 affected"
        keep_picture(page, "thousand-led-on")
