"""Lockfiles as uv writes them: which packages moved, and which depend on which."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspace.graph import Graph, Node, influence
from workspace.lockfiles import package_id, read_lockfile

LOCKED = """\
# Written by ./pants lock; do not edit. Inputs: sha256:00
anyio==4.1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via
    #   httpx
    #   starlette
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
    # via -r product.txt
httpx==0.27.0 \\
    --hash=sha256:dd
    # via
    #   -r product.txt
    #   starlette[full]
Starlette==0.40.0 \\
    --hash=sha256:ee
    # via -r product.txt
"""


def read(resolve: str, text: str) -> dict[str, Node]:
    nodes = read_lockfile(resolve, text)
    assert nodes is not None
    return nodes


def test_each_package_knows_what_it_depends_on() -> None:
    nodes = read("product", LOCKED)
    assert {name: node.dependencies for name, node in nodes.items()} == {
        "product/anyio": (),
        "product/colorama": (),
        "product/httpx": ("product/anyio",),
        "product/starlette": ("product/anyio", "product/httpx"),
    }


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("anyio==4.1.0", "anyio==4.2.0", {"anyio", "httpx", "starlette"}),
        ("sha256:dd", "sha256:d1", {"httpx", "starlette"}),
        ("== 'win32'", "== 'darwin'", {"colorama"}),
        ("sha256:00", "sha256:11", set()),
        ("    #   starlette[full]\n", "", {"starlette"}),
    ],
)
def test_what_moved_reaches_what_depends_on_it(old: str, new: str, moved: set[str]) -> None:
    assert old in LOCKED
    before, after = (Graph(read("p", text)) for text in (LOCKED, LOCKED.replace(old, new, 1)))
    assert influence(before, after, ()).ids == {package_id("p", name) for name in moved}


def test_a_package_locked_twice_for_two_platforms_is_one() -> None:
    text = """\
numpy==1.0 ; python_version < '3.12' \
    --hash=sha256:aa
numpy==2.0 ; python_version >= '3.12' \
    --hash=sha256:bb
"""
    (node,) = read("p", text).values()
    assert node.definition.startswith("1.0, 2.0 (")


@pytest.mark.parametrize("text", ['{"locked_resolves": []}', "    --hash=sha256:aa\n", "numpy\n"])
def test_another_format_is_refused(text: str) -> None:
    assert read_lockfile("p", text) is None


def test_the_lockfiles_of_this_workspace_are_understood() -> None:
    for path in Path("3rdparty/python").glob("*.lock"):
        nodes = read(path.stem, path.read_text())
        assert nodes
        assert all(one in nodes for node in nodes.values() for one in node.dependencies)


@given(st.text(st.sampled_from("aB3-_.")))
def test_names_are_compared_as_pip_compares_them(name: str) -> None:
    assert package_id("p", name.upper().replace("_", "-")) == package_id("p", name)
