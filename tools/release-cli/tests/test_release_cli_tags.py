"""Tags: they make a release the last one, go to a remote together, and survive a kill."""

from pathlib import Path

import pytest

from release_cli_checkout import (
    GATEWAY,
    MCP,
    Checkout,
    release,
)  # fmt: skip
from release_cli_kill import killed
from release_cli_sentry import LocalSentry


@pytest.fixture
def remote(checkout: Checkout) -> Path:
    """Two apps to be released, and a bare repository beside their checkout."""
    for app, path in ((GATEWAY, "apps/gateway"), (MCP, "tools/mcp-server")):
        checkout.commit(f"feat: begin {app}", {f"{path}/src/app.py": f"# {app}\n"}, [app])
    for app in (GATEWAY, MCP):
        checkout.package(app, checkout.release_name(app, "0.1.0"))
    bare = checkout.aside / "remote.git"
    checkout.git("init", "-q", "--bare", str(bare))
    checkout.git("remote", "add", "origin", str(bare))
    checkout.git("push", "-q", "origin", "main")
    return bare


def tags_of(checkout: Checkout, bare: Path) -> dict[str, str]:
    """What a repository's tags name."""
    lines = checkout.git("ls-remote", "--tags", str(bare)).splitlines()
    return {line.split("refs/tags/")[1]: line.split()[0] for line in lines}


def arguments(checkout: Checkout) -> list[str]:
    """The command line that releases both and pushes."""
    return ["run", "--affected", "--push", "origin", *checkout.inputs()]


def test_tags_are_pushed(checkout: Checkout, server: LocalSentry, remote: Path) -> None:
    done = release(checkout, *arguments(checkout), url=server.url, token=server.token)
    assert done.status == 0, done.errors
    both = dict.fromkeys(("gateway@0.1.0", "mcp-server@0.1.0"), checkout.head)
    assert tags_of(checkout, remote) == both
    again = release(checkout, *arguments(checkout), url=server.url, token=server.token)
    assert again.status == 0, again.errors


def test_a_remote_that_knows_another_tag_stops_that_app_alone(
    checkout: Checkout, server: LocalSentry, remote: Path
) -> None:
    first = checkout.git("rev-list", "--max-parents=0", "HEAD")
    checkout.git("push", "-q", "origin", f"{first}:refs/tags/gateway@0.1.0")
    done = release(checkout, *arguments(checkout), url=server.url, token=server.token)
    assert done.status == 1
    assert "gateway: git push failed" in done.errors
    assert "Done: create, upload, finalize, deploy. Not done: tag." in done.errors
    assert "mcp-server: " not in done.errors
    assert tags_of(checkout, remote) == {
        "gateway@0.1.0": first,
        "mcp-server@0.1.0": checkout.head,
    }


def test_without_a_wish_to_tag_there_is_no_tag(
    checkout: Checkout, server: LocalSentry, remote: Path
) -> None:
    untagged = [*arguments(checkout), "--no-tag"]
    done = release(checkout, *untagged, url=server.url, token=server.token)
    assert done.status == 0, done.errors
    assert (checkout.tags(), tags_of(checkout, remote)) == ([], {})


@pytest.mark.parametrize("hook", ["reference-transaction", "pre-push"])
def test_killed_while_git_tags_or_pushes_it_continues(
    checkout: Checkout, server: LocalSentry, remote: Path, hook: str
) -> None:
    held, go = checkout.aside / "held", checkout.aside / "go"
    script = checkout.folder / ".git/hooks" / hook
    script.parent.mkdir(exist_ok=True)
    # Git says `committed` when the tags are written and nobody was told yet.
    script.write_text(
        "#!/bin/sh\n"
        f'[ "{hook}" = pre-push ] || [ "$1" = committed ] || exit 0\n'
        f"touch '{held}'\n"
        f"until [ -e '{go}' ]; do sleep 0.1; done\n"
    )
    script.chmod(0o755)
    assert killed(checkout, server.url, server.token, arguments(checkout), when=held.exists)
    script.unlink()
    done = release(checkout, *arguments(checkout), url=server.url, token=server.token)
    assert done.status == 0, done.errors
    both = dict.fromkeys(("gateway@0.1.0", "mcp-server@0.1.0"), checkout.head)
    assert tags_of(checkout, remote) == both
    for app in (GATEWAY, MCP):
        name = checkout.release_name(app, "0.1.0")
        assert server.deploys(name) == [("production", "release")]
