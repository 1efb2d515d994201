"""Questions about the checkout: whose a file is, what a change reaches, what would be released."""

import re
from dataclasses import dataclass

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line
from kijko_mcp.answers.words import ago, many
from kijko_mcp.desk import Desk, revision_of
from kijko_mcp.errors import NothingFound, Unclear
from kijko_mcp.progress import step
from kijko_mcp.questions.reproduce import reproduce
from kijko_mcp.workspace.checkout import Checkout
from kijko_mcp.workspace.owners import owners_of
from kijko_mcp.workspace.projects import Graph, LocalProject, owning, projects
from sentry_api import SentryApiError
from sentry_api.models.catalog import ProjectName

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class WorkspaceWanted:
    """See the tool of the same name."""

    path: str = ""
    affected_by: str = ""
    unreleased: bool = False
    job: str = ""


async def ask_workspace(desk: Desk, wanted: WorkspaceWanted) -> Answer:
    """Answers from the checkout.

    Raises:
        Unclear: nothing was asked, or what was named is not there.
        CheckoutUnreadable: git or Pants cannot say.
    """
    if wanted.job:
        return _reproduce(desk, wanted.job.strip())
    checkout = desk.checkout
    if checkout is None:
        raise Unclear(
            "This server was not started in a git checkout.",
            "Start it there, or set MCP_WORKSPACE.",
        )
    if wanted.unreleased:
        return await _unreleased(desk, checkout, wanted.path)
    if not wanted.path:
        raise Unclear(
            "Nothing was asked.", "Give path, path with affected_by, unreleased=true, or job."
        )
    known = await projects(checkout)
    one = await _project(checkout, known, wanted.path)
    if wanted.affected_by:
        other = await _project(checkout, known, wanted.affected_by)
        return await _affected(desk, checkout, one, other)
    return await _owner(desk, checkout, known, wanted.path, one)


async def _project(checkout: Checkout, known: list[LocalProject], named: str) -> LocalProject:
    """The project that a path is in, or that is called so."""
    text = named.strip().removeprefix("./").rstrip("/")
    text = re.sub(r":\d+(:\d+)?$", "", text)
    root = str(checkout.root)
    text = text.removeprefix(f"{root}/")
    by_name = {each.name: each for each in known} | {
        each.sentry: each for each in known if each.sentry
    }
    found = by_name.get(text) or owning(known, text)
    if found is None:
        ending = [each for each in await checkout.files() if f"/{each}".endswith(f"/{text}")]
        within = {project.name: project for each in ending if (project := owning(known, each))}
        found = next(iter(within.values())) if len(within) == 1 else None
    if found is None:
        listed = ", ".join(each.name for each in known) or "none"
        raise Unclear("No project has that file or name.", f"The projects are: {listed}.")
    return found


async def _owner(
    desk: Desk, checkout: Checkout, known: list[LocalProject], path: str, project: LocalProject
) -> Answer:
    files = await checkout.files()
    clean = path.removeprefix("./").split(":")[0]
    file = next(
        (each for each in files if each == clean or f"/{each}".endswith(f"/{clean}")), clean
    )
    sentry = None
    if project.sentry:
        found = [each for each in await desk.projects() if each.slug == project.sentry]
        sentry = ProjectName(id=found[0].id, slug=found[0].slug) if found else None
    owners = await owners_of(desk, file, sentry)
    history = await checkout.log("--max-count=3", "HEAD", "--", file)
    kind = f"{project.kind} " if project.kind else ""
    whose = f", owned by {', '.join(owners)}" if owners else ", owned by nobody by name"
    in_sentry = f"; its errors go to {project.sentry}" if project.sentry else ""
    answer = Answer(f"{file} is in the {kind}{project.name} ({project.folder}){whose}{in_sentry}.")
    answer.facts = {
        "file": file,
        "project": project.name,
        "folder": project.folder,
        "sentry": project.sentry,
        "owners": owners,
    }
    answer.tell(
        "last changes",
        *(
            f"{c.short} by {line(c.author, 40)}, {ago(c.at)}: {line(c.subject, 100)}"
            for c in history
        ),
    )
    answer.next.append(f'ask_workspace(path="PROJECT", affected_by="{project.name}")')
    return answer


async def _affected(
    desk: Desk, checkout: Checkout, one: LocalProject, other: LocalProject
) -> Answer:
    await step(1, 2, "asking Pants for the graph")
    found = await desk.graph(checkout)
    chain = found.chain(one.name, other.name) if one.name != other.name else ()
    others = found.needed_by(other.name)
    if chain is None:
        said = f"No: {one.name} does not need {other.name}, directly or not."
    elif not chain:
        said = f"Yes: it is {one.name} itself."
    else:
        names = [chain[0].dependent, *(each.dependency for each in chain)]
        tests = ", by its tests only" if any(each.tests_only for each in chain) else ""
        said = f"Yes{tests}: {' needs '.join(names)}."
    answer = Answer(
        f"{said} A change of {other.name} reaches {many(len(others), 'other project')}."
    )
    answer.facts = {
        "affected": chain is not None,
        "chain": [each.dependency for each in chain or ()],
        "reaches": others,
    }
    answer.tell("reached by a change of it", *others[:40])
    return answer


async def _unreleased(desk: Desk, checkout: Checkout, only: str) -> Answer:
    """The commits since each project's newest release that touch what it is made of."""
    known = await projects(checkout)
    deployed = [each for each in known if each.releasable]
    if only:
        deployed = [await _project(checkout, known, only)]
    await step(1, 3, "asking Pants for the graph")
    try:
        needed: Graph | None = await desk.graph(checkout)
    except Exception as error:
        if not hasattr(error, "advice"):
            raise
        needed = None
    await step(2, 3, "reading the commits since each release")
    lines, facts, without = [], [], []
    for project in deployed:
        since = await _newest_release(desk, checkout, project)
        names = needed.needs(project.name) if needed else {project.name}
        folders = [each.folder for each in known if each.name in names]
        limits = [f"{since}..HEAD"] if since else ["HEAD"]
        commits = await checkout.log("--no-merges", "--max-count=500", *limits, "--", *folders)
        if since is None:
            without.append(project.name)
        if not commits:
            continue
        began = f"since {since}" if since else "never released"
        newest = commits[0]
        lines.append(
            f"{project.name}: {many(len(commits), 'commit')} {began}; newest {newest.short}"
            f" {ago(newest.at)}: {line(newest.subject, 100)}"
        )
        facts.append(
            {"project": project.name, "commits": len(commits), "since": since, "newest": newest.sha}
        )
    if not facts:
        answer = Answer("Nothing would be released: no project has commits since its release.")
    else:
        listed = ", ".join(f"{each['project']} ({each['commits']})" for each in facts)
        answer = Answer(f"{many(len(facts), 'project')} would be released (commits): {listed}.")
    answer.facts = {"projects": facts, "never_released": without}
    answer.tell("unreleased", *lines)
    if needed is None:
        answer.notes.append(
            "Pants could not be asked, so changes in packages that a project needs are not counted."
        )
    answer.next.append("./pants run tools/release-cli:release -- plan, for versions and changelogs")
    return answer


async def _newest_release(desk: Desk, checkout: Checkout, project: LocalProject) -> str | None:
    """The commit or tag of a project's newest release that is in this history."""
    if project.sentry:
        try:
            async for each in desk.sentry.releases.of_project(project.sentry, limit=20):
                revision = revision_of(each.version)
                if revision and await checkout.distance(revision) is not None:
                    return revision
        except SentryApiError:
            pass  # one that Sentry does not know, or may not be read: tags may tell
    slugs = (project.sentry, project.name)
    for tag in await checkout.tags():
        if tag.partition("@")[0] in slugs and "@" in tag:
            return tag
    return None


def _reproduce(desk: Desk, job: str) -> Answer:
    command = reproduce(job, desk.settings.gateway)
    if command is None:
        raise NothingFound(
            "That is no job's id.", "A job's id has letters, digits and dashes only."
        )
    answer = Answer(f"Reproduce job {job}: {command}")
    answer.facts = {"job": job, "command": command}
    answer.next.append(f'explain_trace(job="{job}")')
    return answer
