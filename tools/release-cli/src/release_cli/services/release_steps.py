"""The steps of a release: each leaves the server, or the checkout, in a state that can be told.

    create → upload → finalize → deploy → tag

A step that was done is done again for nothing: creating sets the same commits, uploading sends no
chunk twice, finalizing looks first, a deploy is noted under a name once, a tag is a name. So after
a kill at any point the same command continues.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from release_cli.clients.git import Repository
from release_cli.clients.sentry import Sentry, new_commit
from release_cli.services.journal import Step
from release_cli.services.plan import AppPlan
from release_cli.services.tagging import Tagger
from release_cli.services.uploaded import Uploaded
from release_cli.services.uploads import UploadRequest, upload
from sentry_api.models.releases import Deploy, Release

STEPS: tuple[Step, ...] = ("create", "upload", "finalize", "deploy", "tag")


@dataclass(frozen=True, slots=True)
class Wishes:
    """How releases are to be made.

    Attributes:
        environment: where they go; None notes no deploy.
        deploy_name: by which the deploy is known; the same name is the same deploy.
        deploy_url: where people see what was deployed.
        auto_commits: let sentry-cli decide the commits.
        until: the last step; what follows is for another run.
        tag: whether the commit is tagged.
        push: the remote that tags are sent to.
        artifacts: paths by the app's name, where they are not where packaging puts them.
        shared: folders of shared packages, by the app's name.
        keep_maps: leave source maps in what is served.
    """

    environment: str | None = "production"
    deploy_name: str = "release"
    deploy_url: str | None = None
    auto_commits: bool = False
    until: Step = "tag"
    tag: bool = True
    push: str | None = None
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    shared: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    keep_maps: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is to be done, in order."""
        wanted = STEPS[: STEPS.index(self.until) + 1]
        unwanted = {
            *(() if self.environment else ("deploy",)),
            *(() if self.tag else ("tag",)),
        }
        return tuple(step for step in wanted if step not in unwanted)


@dataclass(slots=True)
class ReleaseSteps:
    """The steps of one app's release."""

    plan: AppPlan
    sentry: Sentry
    repository: Repository
    repository_name: str
    wishes: Wishes
    tagger: Tagger
    uploaded: Uploaded | None = None
    _made: Release | None = None

    def artifact(self) -> Path | None:
        """Where what is deployed lies."""
        given = self.wishes.artifacts.get(self.plan.name)
        if given is not None or self.plan.app.artifact is None:
            return given
        return self.repository.root / self.plan.app.artifact.path

    def of(self, step: Step) -> Callable[[], Awaitable[None]]:
        """What does a step."""
        steps: dict[Step, Callable[[], Awaitable[None]]] = {
            "create": self._create,
            "upload": self._upload,
            "finalize": self._finalize,
            "deploy": self._deploy,
            "tag": self._tag,
        }
        return steps[step]

    def key(self, step: Step) -> str:
        """What the journal calls a step: a deploy is another one in another environment."""
        if step == "deploy":
            return f"deploy {self.wishes.environment} {self.wishes.deploy_name}"
        return step

    async def _create(self) -> None:
        plan = self.plan
        commits = None
        if not self.wishes.auto_commits:
            commits = [new_commit(each.commit, self.repository_name) for each in plan.commits]
        self._made = await self.sentry.create(
            plan.release, plan.app.project, ref=plan.head, commits=commits
        )
        if self.wishes.auto_commits:
            root = self.repository.root
            await self.sentry.set_commits_auto(plan.release, plan.app.project, root)

    async def _upload(self) -> None:
        self.uploaded = await upload(
            self.sentry,
            UploadRequest(
                self.plan.app,
                self.plan.release,
                self.artifact(),
                self.repository_name,
                self.repository.root,
                self.wishes.shared.get(self.plan.name, ()),
                self.wishes.keep_maps,
            ),
        )

    async def _finalize(self) -> None:
        # What this very run made is as the server said then; else it is asked.
        known = self._made or await self.sentry.find(self.plan.release)
        if known is None or known.date_released is None:
            await self.sentry.finalize(self.plan.release)

    async def _deploy(self) -> None:
        wishes, release = self.wishes, self.plan.release
        if wishes.environment is None:
            return
        wanted = (wishes.environment, wishes.deploy_name)
        if wanted in {(each.environment, each.name) for each in await self._deploys()}:
            return
        await self.sentry.deploy(
            release, wishes.environment, name=wishes.deploy_name, url=wishes.deploy_url
        )

    async def _deploys(self) -> Sequence[Deploy]:
        # What this very run made is as the server said then: mostly it went nowhere, or once.
        made = self._made
        if made is not None and made.deploy_count == 0:
            return ()
        if made is not None and made.deploy_count == 1 and made.last_deploy is not None:
            return (made.last_deploy,)
        return await self.sentry.deploys(self.plan.release)

    async def _tag(self) -> None:
        await self.tagger.tag(self.plan.tag, self.plan.head)
