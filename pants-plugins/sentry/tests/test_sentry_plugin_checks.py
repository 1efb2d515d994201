"""What lint says of a mapping that cannot work, one mistake at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from sentry.checks import Finding, Mapped, mapping_findings, project_findings
from sentry.mapping import Artifact, SentryProject, code_mappings
from workspace.projects import Project, ProjectRegistry

SHOP = Project(
    "shop",
    "apps/shop",
    "app",
    "apps/shop:project",
    artifact="apps/shop:shop",
    sentry="apps/shop:sentry",
)
SENTRY = SentryProject(
    "apps/shop:sentry",
    "kijko-shop",
    "python",
    ("#kijko",),
    Artifact("apps/shop:shop", "dist/apps.shop/shop.pex"),
    code_mappings=code_mappings({"shop": "apps/shop/src/shop"}),
)
SOURCES = {"apps/shop/src/shop/cli.py": "shop/cli.py", "apps/shop/src/shop/a.json": "shop/a.json"}
GOOD = Mapped(SENTRY, "apps/shop", SOURCES)


def of_project(project: Project, *mapped: Mapped, excuse: str | None = None) -> list[Finding]:
    return project_findings(project, excuse, mapped, ProjectRegistry([project]))


def mapped(sources: Mapping[str, str] = SOURCES, **changes: object) -> Mapped:
    return Mapped(replace(SENTRY, **changes), "apps/shop", sources)  # type: ignore[arg-type]


def problems(findings: Sequence[Finding]) -> list[str]:
    return [finding.problem for finding in findings]


def test_nothing_is_wrong_with_a_good_mapping() -> None:
    assert of_project(SHOP, GOOD) == []
    assert mapping_findings(GOOD, [GOOD]) == []


def test_a_project_that_deploys_something_needs_a_place_in_sentry() -> None:
    (finding,) = of_project(replace(SHOP, sentry=None))
    assert str(finding) == (
        "apps/shop/BUILD: shop deploys apps/shop:shop, and nothing maps it to Sentry.\n"
        '  Add sentry=":sentry" to project(...), and sentry_project(name="sentry", '
        'project="kijko-shop", platform="python", artifact=":shop", owners=["#kijko"], '
        'code_mappings={"MODULE": "FOLDER"}); or say in project(...) why it is not deployed to '
        'Sentry: not_in_sentry="…".'
    )


def test_a_project_may_say_why_it_has_none_and_then_has_none() -> None:
    assert of_project(replace(SHOP, sentry=None), excuse="A tool.") == []
    assert problems(of_project(SHOP, GOOD, excuse="A tool.")) == [
        "shop says not_in_sentry, and apps/shop:sentry maps it to Sentry."
    ]


def test_a_library_needs_none() -> None:
    assert of_project(replace(SHOP, artifact=None, sentry=None)) == []


def test_a_project_has_one() -> None:
    other = mapped(address="apps/shop:second", slug="kijko-second")
    assert problems(of_project(SHOP, GOOD, other)) == [
        "shop has several: apps/shop:second and apps/shop:sentry."
    ]


def test_a_project_names_its_own() -> None:
    (finding,) = of_project(replace(SHOP, sentry=None), GOOD)
    assert finding.remedy == 'Write into project(...): sentry=":sentry".'


def test_what_is_stamped_is_what_is_deployed() -> None:
    other = mapped(artifact=Artifact("apps/shop:other", "dist/o.pex"))
    assert problems(of_project(SHOP, other)) == [
        "apps/shop:sentry stamps apps/shop:other, but shop deploys apps/shop:shop."
    ]
    assert problems(of_project(replace(SHOP, artifact=None), GOOD)) == [
        "apps/shop:sentry stamps apps/shop:shop, but shop deploys nothing."
    ]


def test_a_slug_is_used_once() -> None:
    other = mapped(address="apps/other:sentry")
    assert problems(mapping_findings(GOOD, [GOOD, other])) == [
        "apps/other:sentry is mapped to kijko-shop, too."
    ]


@pytest.mark.parametrize("slug", ["Kijko", "kijko_shop", "kijko--shop", "kijko-", "1kijko", "a@b"])
def test_a_slug_must_fit_into_a_releases_name(slug: str) -> None:
    (finding,) = mapping_findings(mapped(slug=slug), [])
    assert "cannot be a project's slug" in finding.problem


def test_an_owner_is_a_team_or_a_person() -> None:
    assert mapping_findings(mapped(owners=("#a-team", "ada@example.org")), []) == []
    (finding,) = mapping_findings(mapped(owners=("platform",)), [])
    assert finding.remedy == 'Write a team as "#kijko", a person as "ada@example.org".'


def test_every_source_can_be_found_from_a_stack_trace() -> None:
    sources = {
        **SOURCES,
        "packages/shared/src/shared/a.py": "shared/a.py",
        "packages/shared/src/shared/deep/b.py": "shared/deep/b.py",
        "lib/single.py": "single.py",
    }
    findings = mapping_findings(mapped(sources), [])
    missing = "No code mapping of apps/shop:sentry leads a stack trace to"
    assert problems(findings) == [
        f"{missing} lib/single.py.",
        f"{missing} packages/shared/src/shared/a.py and 1 more.",
    ]
    said = "Write into code_mappings of sentry_project(...): "
    assert [finding.remedy for finding in findings] == [
        f'{said}"": "lib".',
        f'{said}"shared": "packages/shared/src/shared".',
    ]


def test_a_code_mapping_that_leads_elsewhere_does_not_count() -> None:
    wrong = mapped(code_mappings=code_mappings({"store": "apps/shop/src/shop"}))
    (finding,) = mapping_findings(wrong, [])
    assert '"shop": "apps/shop/src/shop"' in finding.remedy


def test_what_lint_tells_to_write_is_what_it_wants() -> None:
    sources = {"lib/single.py": "single.py"}
    said = mapped(sources, code_mappings=code_mappings({"": "lib"}))
    assert mapping_findings(said, []) == []
