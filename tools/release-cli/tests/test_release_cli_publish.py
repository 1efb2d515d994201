"""`./pants publish`: the real Pants, release program and `sentry-cli` against a real Sentry."""

import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sentry_program import make_token
from release_cli.services.javascript_upload import debug_ids
from release_cli_esbuild import build
from release_cli_sentry import DEADLINE, LocalSentry
from release_cli_workspace import GATEWAY, RELEASE_CLI, Workspace, workspace_in_small

pytestmark = pytest.mark.timeout(7200)
CLI = f"{GATEWAY}/src/comfyui_gateway/cli.py"
# Of a web app, Pants 2.17 packages what npm built; what built it is no matter here.
SITE_PLUGIN = """
from dataclasses import dataclass

from pants.core.goals.package import (
    BuiltPackage, BuiltPackageArtifact, OutputPathField, PackageFieldSet,
)
from pants.engine.fs import AddPrefix, Digest, RemovePrefix
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import (
    COMMON_TARGET_FIELDS, HydratedSources, HydrateSourcesRequest, MultipleSourcesField, Target,
)
from pants.engine.unions import UnionRule


class SiteSources(MultipleSourcesField):
    pass


class Site(Target):
    alias = "site"
    core_fields = (*COMMON_TARGET_FIELDS, SiteSources, OutputPathField)


@dataclass(frozen=True)
class SiteFieldSet(PackageFieldSet):
    required_fields = (SiteSources, OutputPathField)
    sources: SiteSources
    output_path: OutputPathField


@rule
async def package_site(site: SiteFieldSet) -> BuiltPackage:
    sources = await Get(HydratedSources, HydrateSourcesRequest(site.sources))
    built = f"{site.address.spec_path}/built"
    folder = site.output_path.value_or_default(file_ending=None)
    below = await Get(Digest, RemovePrefix(sources.snapshot.digest, built))
    digest = await Get(Digest, AddPrefix(below, folder))
    return BuiltPackage(digest, (BuiltPackageArtifact(folder),))


def rules():
    return [*collect_rules(), UnionRule(PackageFieldSet, SiteFieldSet)]


def target_types():
    return [Site]
"""
WEB = """
project(kind="app", artifact=":web", sentry=":sentry")
site(name="web", sources=["built/**/*"])
sentry_project(name="sentry", project="kijko-web", platform="javascript", artifact=":web")
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, server: LocalSentry) -> Iterator[Workspace]:
    with workspace_in_small(tmp_path_factory.mktemp("publish"), server) as made:
        yield made


def publish(
    workspace: Workspace, *words: str, token: str | None = None
) -> tuple[list[Any], subprocess.CompletedProcess[str]]:
    """Publish; the JSON that says what, and the run."""
    output = workspace.folder / "dist/published.json"
    output.unlink(missing_ok=True)
    output.parent.mkdir(exist_ok=True)  # Pants wants the folder to be there
    done = workspace.pants(f"--publish-output={output}", *words, token=token)
    # Where there is nothing to publish, Pants writes nothing.
    return json.loads(output.read_text()) if output.exists() else [], done


def built(done: subprocess.CompletedProcess[str], artifact: str) -> bool:
    """Whether a run of Pants built an artifact, and did not find it built."""
    return bool(re.search(rf"Completed: (Building|Extracting).*{artifact}", done.stderr))


def test_what_is_packaged_is_uploaded_and_the_token_is_nowhere(workspace: Workspace) -> None:
    server = workspace.server
    head = workspace.change("feat: publish it", CLI)
    name = f"kijko-api@0.0.0+{head[:12]}"
    # At its most talkative; without the daemon, whose log has the level that it was started with.
    command = ("-ldebug", "--no-pantsd", "publish", f"{GATEWAY}:sentry")
    told, first = publish(workspace, *command)
    assert told == [
        {
            "artifact": "apps.comfyui-gateway/gateway.pex",
            "exit_code": 0,
            "names": [name],
            "project": "kijko-api",
            "published": True,
            "release": name,
            "status": f"published to {server.url}",
            "target": f"{GATEWAY}:sentry",
        }
    ]
    assert built(first, "gateway.pex")
    (bundle,) = server.bundles("kijko-api", name)
    packaged = workspace.pants("package", f"{GATEWAY}:gateway")
    with zipfile.ZipFile(workspace.folder / "dist/apps.comfyui-gateway/gateway.pex") as artifact:
        stamp = json.loads(artifact.read("observability/release.json"))
        ours = [file for file in artifact.namelist() if re.match(r"(comf|obs)\w+/.*\.py$", file)]
    assert stamp["releases"] == {"kijko-api": name}
    assert bundle["fileCount"] == len(ours)
    assert not built(packaged, "gateway.pex")

    # Another token is no other package, and what is there is not sent again.
    other = make_token(server.data, "org:ci", "project:read", deadline=DEADLINE)
    again, second = publish(workspace, *command, token=other)
    assert again == told
    assert not built(second, "gateway.pex")
    assert "all there before" in second.stdout
    for token, run in ((server.token, first), (other, second)):
        assert "Execute InteractiveProcess(" in run.stderr  # which says arguments and environment
        assert token not in run.stdout + run.stderr + json.dumps(told)
        assert not kept(workspace.folder / ".pants.d", token)


def kept(folder: Path, secret: str) -> list[Path]:
    """The files below a folder that have a secret in them."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.suffix == ".log" for file in files)
    return [file for file in files if secret.encode() in file.read_bytes()]


def test_what_a_change_affects_is_published(workspace: Workspace) -> None:
    before = workspace.git("rev-parse", "HEAD")
    changed = (f"--changed-since={before}", "--changed-dependents=transitive", "publish")
    head = workspace.change("fix: the release program", f"{RELEASE_CLI}/src/release_cli/cli.py")
    told, _ = publish(workspace, *changed)
    assert [each["release"] for each in told] == [f"kijko-release-cli@0.0.0+{head[:12]}"]
    head = workspace.change("test: nothing that is published", f"{GATEWAY}/tests/test_gateway.py")
    told, _ = publish(workspace, f"--changed-since={head}~1", *changed[1:])
    assert told == []


def test_the_folder_to_deploy_is_the_one_whose_source_maps_were_uploaded(
    workspace: Workspace, tmp_path: Path
) -> None:
    web = build(tmp_path / "web", "published")
    settings = (workspace.folder / "pants.toml").read_text()
    head = workspace.commit(
        "feat: a web app",
        {
            "pants.toml": settings.replace('"workspace",\n]', '"workspace",\n  "folders",\n]'),
            "pants-plugins/folders/__init__.py": "",
            "pants-plugins/folders/register.py": SITE_PLUGIN,
            "apps/web/BUILD": WEB,
            "apps/web/built/index.html": "<script src=assets/app.js></script>\n",
            "apps/web/built/assets/app.js": web.script.read_text(),
            "apps/web/built/assets/app.js.map": web.script.with_suffix(".js.map").read_text(),
        },
    )
    deployed = workspace.folder / "dist/apps.web/web"
    for _ in range(2):  # the second time the folder of the first is there
        told, done = publish(workspace, "publish", "apps/web:sentry")
        assert [each["release"] for each in told] == [f"kijko-web@0.0.0+{head[:12]}"]
        assert "Deploy dist/apps.web/web: it is what is uploaded." in done.stdout
        files = sorted(str(file.relative_to(deployed)) for file in deployed.rglob("*.*"))
        assert files == ["assets/app.js", "index.html"]
        (debug_id,) = debug_ids(deployed)
        found = workspace.server.get("projects/kijko/kijko-web/artifact-lookup/", debug_id=debug_id)
        assert [each["resolved_with"] for each in found] == ["debug-id"]
    # What is committed is as it was built.
    assert not debug_ids(workspace.folder / "apps/web/built")
