"""How far releases have come: their share of their projects' sessions, and how many went well."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from local_sentry.store.health import SessionCount


@dataclass(frozen=True, slots=True)
class Adoption:
    """The sessions of one release in a stretch of time, beside all of its projects.

    Attributes:
        own: sessions of the release, per hour.
        all: sessions of all releases of the same projects, per hour.
        crashed: sessions of the release that crashed.
    """

    own: tuple[int, ...]
    all: tuple[int, ...]
    crashed: int

    @property
    def sessions(self) -> int:
        """Sessions of the release."""
        return sum(self.own)

    @property
    def share(self) -> float | None:
        """Percent of its projects' sessions; None without sessions."""
        total = sum(self.all)
        return 100.0 * self.sessions / total if total else None

    @property
    def crash_free(self) -> float | None:
        """Percent of its sessions that did not crash; None without sessions."""
        return 100.0 * (1 - self.crashed / self.sessions) if self.sessions else None


def adoption(
    counts: Iterable[SessionCount], version: str, project_ids: Iterable[int], hours: Sequence[int]
) -> Adoption:
    """The adoption of a release.

    Args:
        counts: sessions per hour, project, release and status.
        version: of the release.
        project_ids: the release's projects.
        hours: the hours (since the epoch) to count, in order.
    """
    projects = set(project_ids)
    own, everything = dict.fromkeys(hours, 0), dict.fromkeys(hours, 0)
    crashed = 0
    for count in counts:
        if count.project_id not in projects or count.hour not in own:
            continue
        everything[count.hour] += count.sessions
        if count.release == version:
            own[count.hour] += count.sessions
            crashed += count.sessions if count.status == "crashed" else 0
    return Adoption(tuple(own.values()), tuple(everything.values()), crashed)
