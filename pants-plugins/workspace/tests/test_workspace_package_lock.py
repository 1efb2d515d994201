"""npm's lockfiles: which packages moved, and which depend on which."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from workspace.graph import Graph, Node, influence
from workspace.package_lock import (
    claimed,
    lockfile_of,
    manifest_id,
    manifests,
    package_ids,
    read_package_lock,
)

LOCK = "web/package-lock.json"
PACKAGES: dict[str, dict[str, Any]] = {
    "": {"name": "web", "workspaces": ["ui"], "dependencies": {"react": "^19"}},
    "ui": {"name": "ui", "version": "1.0.0", "devDependencies": {"react": "^18", "left": "1"}},
    "node_modules/ui": {"resolved": "ui", "link": True},
    "node_modules/react": {
        "version": "19.0.0",
        "integrity": "sha512-a",
        "resolved": "https://one.example/react",
        "dependencies": {"loose": "^1"},
        "peerDependencies": {"nobody-has-it": "*"},
    },
    "ui/node_modules/react": {"version": "18.0.0", "integrity": "sha512-b"},
    "node_modules/loose": {"version": "1.0.0", "integrity": "sha512-c"},
    "node_modules/left": {"version": "1.0.0", "dependencies": {"loose": "^2"}},
    "node_modules/left/node_modules/loose": {
        "version": "2.0.0",
        "dependencies": {"@scope/deep": "1", "left": "1"},
    },
    "node_modules/@scope/deep": {"version": "1.0.0"},
}


def read(packages: dict[str, dict[str, Any]]) -> dict[str, Node]:
    text = json.dumps({"lockfileVersion": 3, "packages": packages})
    nodes = read_package_lock(LOCK, text)
    assert nodes is not None
    return nodes


def test_each_package_knows_what_node_would_find_for_it() -> None:
    nodes = read(PACKAGES)
    assert {
        one[len(LOCK) + 1 :]: [need[len(LOCK) + 1 :] for need in node.dependencies]
        for one, node in nodes.items()
    } == {
        "(web/package.json)": ["react"],
        "(web/ui/package.json)": ["left", "ui/node_modules/react"],
        "ui": ["(web/ui/package.json)"],
        "react": ["loose"],
        "ui/node_modules/react": [],
        "loose": [],
        "left": ["left/node_modules/loose"],
        "left/node_modules/loose": ["@scope/deep", "left"],
        "@scope/deep": [],
    }


def moved(change: Callable[[dict[str, dict[str, Any]]], object]) -> set[str]:
    """Whose needs a change of the lockfile reaches."""
    after = copy.deepcopy(PACKAGES)
    change(after)
    found = influence(Graph(read(PACKAGES)), Graph(read(after)), [])
    return {one[len(LOCK) + 1 :] for one in found.ids if one.endswith(")")}


def test_only_who_asks_for_what_moved_directly_or_not_is_reached() -> None:
    web, ui = "(web/package.json)", "(web/ui/package.json)"
    assert moved(lambda ones: ones["node_modules/react"].update(version="19.1.0")) == {web}
    assert moved(lambda ones: ones["node_modules/loose"].update(version="1.1.0")) == {web}
    assert moved(lambda ones: ones["ui/node_modules/react"].update(integrity="sha512-z")) == {ui}
    assert moved(lambda ones: ones["node_modules/@scope/deep"].update(version="2.0.0")) == {ui}
    assert moved(lambda ones: ones[""]["dependencies"].update(left="1")) == {web}
    # React is hoisted: what ui asks for is now found elsewhere.
    assert moved(lambda ones: ones.pop("ui/node_modules/react")) == {ui}


def test_where_a_package_came_from_is_not_what_it_is() -> None:
    other = "https://two.example/react"
    assert moved(lambda ones: ones["node_modules/react"].update(resolved=other)) == set()
    # Without a digest the address is all that tells what it is.
    assert moved(lambda ones: ones["node_modules/left"].update(resolved=other)) != set()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"lockfileVersion": 1, "packages": {}}', '{"lockfileVersion": 3}',
     '{"lockfileVersion": 3, "packages": []}', '{"lockfileVersion": 3, "packages": {"": 1}}'],
)  # fmt: skip
def test_another_format_is_not_understood(text: str) -> None:
    assert read_package_lock(LOCK, text) is None
    assert manifests(LOCK, text) == []


def test_a_lockfile_counts_by_package_where_every_manifest_is_a_targets() -> None:
    text = json.dumps({"lockfileVersion": 3, "packages": PACKAGES})
    ones = {LOCK: manifests(LOCK, text)}
    assert ones[LOCK] == ["web/package.json", "web/ui/package.json"]
    assert claimed(ones, {"web/package.json", "web/ui/package.json", "x"}) == {LOCK}
    assert claimed(ones, {"web/package.json"}) == set()


def test_the_nearest_lockfile_holds() -> None:
    locks = ["package-lock.json", LOCK]
    assert lockfile_of("web/ui/package.json", locks) == LOCK
    assert lockfile_of("other/package.json", locks) == "package-lock.json"
    assert lockfile_of("other/package.json", [LOCK]) is None
    assert manifest_id(LOCK, "web/package.json") == f"{LOCK}/(web/package.json)"
    assert package_ids("react", "web", LOCK) == [f"{LOCK}/react"]
    assert package_ids("react", "web/ui", LOCK) == [
        f"{LOCK}/ui/node_modules/react",
        f"{LOCK}/react",
    ]
