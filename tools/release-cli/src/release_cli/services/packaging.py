"""Packages what is released, stamped with the versions that were planned."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from release_cli.clients.artifacts import PackedArtifact
from release_cli.clients.git import Repository
from release_cli.clients.pants import Pants, PantsFailed
from release_cli.errors import ReleaseCliError
from release_cli.services.plan import AppPlan


def package(
    plans: Sequence[AppPlan], repository: Repository, pants: Pants, given: Mapping[str, Path]
) -> dict[str, ReleaseCliError]:
    """Package every artifact that is not there, or is there of another release.

    Args:
        plans: what is released.
        repository: the checkout.
        pants: of the checkout.
        given: artifacts by the app's name that are used as they are.

    Returns:
        Why packaging failed, by the app's name, where it did.
    """
    wanted = [
        plan
        for plan in plans
        if plan.name not in given and plan.app.artifact and not _is_there(plan, repository)
    ]
    if not wanted:
        return {}
    try:
        _package(wanted, pants)
    except PantsFailed as error:
        if len(wanted) == 1:
            return {wanted[0].name: error}
    else:
        return {}
    failed: dict[str, ReleaseCliError] = {}
    for plan in wanted:  # one of them is to blame; the others are packaged all the same
        try:
            _package([plan], pants)
        except PantsFailed as error:
            failed[plan.name] = error
    return failed


def _package(plans: Sequence[AppPlan], pants: Pants) -> None:
    pants.package(
        [plan.app.artifact.address for plan in plans if plan.app.artifact],
        {plan.name: str(plan.version) for plan in plans},
    )


def _is_there(plan: AppPlan, repository: Repository) -> bool:
    if plan.app.artifact is None:
        return True
    path = repository.root / plan.app.artifact.path
    try:
        return PackedArtifact(path).release(plan.app.project) == plan.release
    except ReleaseCliError:
        return False
