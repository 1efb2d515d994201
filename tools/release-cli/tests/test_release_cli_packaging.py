"""Packaging: asked for what is not there, told the versions and no secret, no trouble of others.

A launcher stands where a workspace has its own; that Pants itself stamps artifacts so, its plugin's
tests see.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from release_cli_checkout import (
    GATEWAY,
    MCP,
    Checkout,
    release,
)  # fmt: skip
from release_cli_kill import killed
from release_cli_sentry import LocalSentry

_LAUNCHER = """\
#!{python}
import json, os, pathlib, subprocess, sys, time, zipfile
root, aside = pathlib.Path(__file__).resolve().parent, pathlib.Path({aside!r})
verb, *addresses = [word for word in sys.argv[1:] if not word.startswith("-")]
told = {{k: v for k, v in os.environ.items() if k.startswith(("RELEASE_VERSION_", "SENTRY_AUTH"))}}
with (aside / "asked.jsonl").open("a") as asked:
    asked.write(json.dumps({{"verb": verb, "addresses": addresses, "told": told}}) + "\\n")
sha = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=root, text=True)[:12]
for address in addresses:
    app = address.rpartition(":")[2]
    project, module = {{"gateway": ("kijko-api", "gateway"),
                        "mcp-server": ("kijko-mcp-server", "mcp_server")}}[app]
    if (aside / "broken").exists() and (aside / "broken").read_text() == app:
        sys.exit("[ERROR] it does not compile")
    version = os.environ["RELEASE_VERSION_" + app.upper().replace("-", "_")]
    stamp = {{"releases": {{project: f"{{project}}@{{version}}+{{sha}}"}}}}
    (root / "dist").mkdir(exist_ok=True)
    with zipfile.ZipFile(root / f"dist/{{app}}.pex", "w") as packed:
        packed.writestr(f"{{module}}/app.py", "a = 1\\n")
        if (aside / "hold").exists():
            (aside / "held").touch()
            while (aside / "hold").exists():
                time.sleep(0.1)
        packed.writestr("observability/release.json", json.dumps(stamp))
"""


@dataclass(frozen=True)
class Workspace:
    """A checkout with a launcher, and two apps that have something new."""

    checkout: Checkout

    def asked(self) -> list[dict[str, Any]]:
        """What the launcher was asked, in order."""
        file = self.checkout.aside / "asked.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()]

    def arguments(self) -> list[str]:
        """The command line that releases both."""
        return ["run", "--affected", "--json", *self.checkout.inputs()]


@pytest.fixture
def workspace(checkout: Checkout) -> Workspace:
    checkout.write("pants", _LAUNCHER.format(python=sys.executable, aside=str(checkout.aside)))
    (checkout.folder / "pants").chmod(0o755)
    checkout.commit("chore: launch", {}, affects=[])
    for app, path in ((GATEWAY, "apps/gateway"), (MCP, "tools/mcp-server")):
        checkout.commit(f"feat: begin {app}", {f"{path}/src/app.py": f"# {app}\n"}, [app])
    return Workspace(checkout)


def test_what_is_not_there_is_packaged_once_and_no_secret_is_told(
    workspace: Workspace, server: LocalSentry
) -> None:
    done = release(workspace.checkout, *workspace.arguments(), url=server.url, token=server.token)
    assert done.status == 0, done.errors
    (asked,) = workspace.asked()
    assert asked["verb"] == "package"
    assert asked["addresses"] == ["apps/gateway:gateway", "tools/mcp-server:mcp-server"]
    assert asked["told"] == {
        "RELEASE_VERSION_GATEWAY": "0.1.0",
        "RELEASE_VERSION_MCP_SERVER": "0.1.0",
    }
    again = release(workspace.checkout, *workspace.arguments(), url=server.url, token=server.token)
    assert again.status == 0, again.errors
    assert len(workspace.asked()) == 1


def test_an_app_that_cannot_be_packaged_does_not_stop_the_others(
    workspace: Workspace, server: LocalSentry
) -> None:
    (workspace.checkout.aside / "broken").write_text(GATEWAY)
    done = release(workspace.checkout, *workspace.arguments(), url=server.url, token=server.token)
    assert done.status == 1
    assert {each["app"]: each["status"] for each in done.json} == {
        GATEWAY: "failed",
        MCP: "released",
    }
    assert "./pants package failed: [ERROR] it does not compile" in done.errors
    assert "Done: nothing. Not done: create, upload, finalize, deploy, tag." in done.errors
    (workspace.checkout.aside / "broken").unlink()
    put_right = release(
        workspace.checkout, *workspace.arguments(), url=server.url, token=server.token
    )
    assert put_right.status == 0, put_right.errors
    assert workspace.asked()[-1]["addresses"] == ["apps/gateway:gateway"]


def test_killed_while_packaging_it_begins_that_again(
    workspace: Workspace, server: LocalSentry
) -> None:
    checkout = workspace.checkout
    hold, held = checkout.aside / "hold", checkout.aside / "held"
    hold.touch()
    arguments = workspace.arguments()
    assert killed(checkout, server.url, server.token, arguments, when=held.exists)
    hold.unlink()
    assert (checkout.folder / "dist/gateway.pex").exists(), "half of it"
    done = release(checkout, *workspace.arguments(), url=server.url, token=server.token)
    assert done.status == 0, done.errors
    assert [each["status"] for each in done.json] == ["released", "released"]
