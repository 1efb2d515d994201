"""What a person reads about forbidden imports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workspace.boundaries.table import Breach


@dataclass(frozen=True)
class Finding:
    """A forbidden dependency and where it stands.

    Attributes:
        importer: the file that imports, or the BUILD file that names it.
        dependency: address of what it depends on.
        breach: what is wrong with that.
        imports: modules that are imported from it and the lines that do; none for a dependency that
            a BUILD file names.
    """

    importer: str
    dependency: str
    breach: Breach
    imports: tuple[tuple[str, int], ...] = ()

    def lines(self) -> list[str]:
        """One sentence for each import, or one for the BUILD file's."""
        if self.imports:
            return [
                f"{self.importer}:{line}: {self._may_not('import', module)}"
                for module, line in self.imports
            ]
        return [f"{self.importer}: {self._may_not('depend on', self.dependency)}"]

    def _may_not(self, verb: str, what: str) -> str:
        return f"{self.breach.importer} may not {verb} {what} of {self.breach.imported}"


def report(findings: Iterable[Finding]) -> str:
    """Say each import, then the rule and the alternatives once for all that they are about."""
    by_breach: dict[Breach, list[str]] = {}
    for finding in findings:
        by_breach.setdefault(finding.breach, []).extend(finding.lines())
    return "\n\n".join(
        "\n".join(
            [
                *sorted(set(by_breach[breach])),
                f"  rule: {breach.rule}",
                f"  allowed to {breach.importer}: {breach.alternatives}",
            ]
        )
        for breach in sorted(by_breach, key=lambda one: (one.importer, one.imported))
    )
