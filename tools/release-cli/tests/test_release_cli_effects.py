"""What Pants answers about a commit, and which apps that means."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from release_cli.clients.git import Repository
from release_cli.clients.pants import AffectedAnswer, Pants, PantsFailed
from release_cli.projects import SentryProject
from release_cli.services.effects import Effect, GraphEffects
from release_cli_checkout import DEADLINE, GATEWAY, Checkout

ADDRESS = "apps/gateway:gateway"


def app(**changes: object) -> SentryProject:
    """The gateway, or a library where `artifact` is None."""
    given = {
        "address": "apps/gateway:sentry", "project": "kijko-api", "platform": "python",
        "workspace_project": GATEWAY, "root": "apps/gateway",
        "artifact": {"address": ADDRESS, "path": "dist/gateway.pex"},
    }  # fmt: skip
    return SentryProject.model_validate(given | changes)


def answer(*targets: str, everything: str | None = None) -> AffectedAnswer:
    """An answer in the shape of `./pants affected --json --targets`."""
    document = {
        "since": "a", "until": "b", "base": "c", "everything": everything, "changes": [],
        "projects": [{"name": GATEWAY, "kind": "app", "chain": []}],
        "targets": list(targets), "gone": [], "ignored": [],
    }  # fmt: skip
    return AffectedAnswer.model_validate_json(json.dumps(document))


def test_an_app_is_what_its_artifact_is_built_from() -> None:
    assert Effect.of(answer(ADDRESS)).touches(app())
    # Its tests changed, which the project's name alone does not tell.
    assert not Effect.of(answer("apps/gateway/tests:tests")).touches(app())


def test_a_library_is_its_sources_without_its_tests() -> None:
    library = app(artifact=None)
    assert Effect.of(answer("apps/gateway/src/gateway/app.py:../src")).touches(library)
    assert not Effect.of(answer("apps/gateway/tests:tests")).touches(library)


def test_what_can_influence_everything_touches_everything() -> None:
    wide = "pants.toml can influence everything (global_inputs in pants.toml: pants.toml)."
    effect = Effect.of(answer("::", everything=wide))
    assert (effect.touches(app()), effect.trouble) == (True, None)


def test_what_cannot_be_known_touches_everything_and_says_why() -> None:
    effect = Effect.of(answer(everything="Pants cannot read the workspace as it was then."))
    assert effect.touches(app())
    assert effect.trouble == "Pants cannot read the workspace as it was then."


def test_a_merge_counts_where_it_is_like_none_of_its_parents() -> None:
    mine, theirs = Effect.of(answer(ADDRESS)), Effect.of(answer("tools/mcp:mcp"))
    assert not (mine & theirs).touches(app())
    assert (mine & mine).touches(app())
    unknown = Effect(trouble="a shallow clone")
    assert (mine & unknown).trouble == "a shallow clone"


def test_the_first_commit_brought_everything(checkout: Checkout, tmp_path: Path) -> None:
    repository = Repository(checkout.folder)
    (first,) = repository.commits(None, "HEAD")
    effects = GraphEffects(repository, Pants(checkout.folder), tmp_path, lambda remark: None)
    assert effects.of(first).touches(app())


def test_where_there_is_no_pants_it_is_said(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit("feat: it", {"a": "1"}, [])
    repository = Repository(checkout.folder)
    effects = GraphEffects(repository, Pants(repository.root), tmp_path, lambda remark: None)
    with pytest.raises(PantsFailed, match=r"has no \./pants"):
        effects.of(repository.commits(None, "HEAD")[0])


@pytest.mark.parametrize("name", ["pantsd [/workspace]", "pants"])
def test_a_program_below_pants_knows_it(tmp_path: Path, name: str) -> None:
    """The daemon names itself so; without it, the program is called pants."""
    above = tmp_path / "above.py"
    check = "from release_cli.clients.pants import runs_below_pants; print(runs_below_pants())"
    above.write_text(
        f"import subprocess\nsubprocess.run([{sys.executable!r}, '-c', {check!r}], check=True)\n"
    )
    argv = [name, str(above)]
    ran = subprocess.run(
        argv, executable=sys.executable, capture_output=True, text=True, check=True,
        timeout=DEADLINE, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert ran.stdout.strip() == "True", ran.stderr
